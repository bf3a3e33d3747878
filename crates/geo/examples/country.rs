//! Says in which country addresses are: one address a line on standard input, its country (or `-`) on standard output.
//!
//! ```text
//! cargo run --release -p geo --example country -- FILE... < addresses
//! ```
//!
//! The last line is about the files: entries and bytes in memory, time to read them and time of a look-up.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::io::Write;
use std::net::IpAddr;
use std::time::Instant;

use geo::Countries;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let countries = Countries::open(std::env::args().skip(1))?;
    let open_ms = start.elapsed().as_millis();
    let addresses: Vec<IpAddr> = std::io::stdin()
        .lines()
        .map(|line| Ok(line?.trim().parse()?))
        .collect::<Result<_, Box<dyn std::error::Error>>>()?;
    let start = Instant::now();
    let found: Vec<_> = addresses.iter().map(|&address| countries.country(address)).collect();
    let elapsed_ns = start.elapsed().as_nanos();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for country in &found {
        writeln!(out, "{}", country.as_ref().map_or("-", geo::CountryCode::as_str))?;
    }
    out.flush()?;
    drop(out);
    println!(
        "# {} entries, {} bytes, read in {open_ms} ms, {} ns a look-up",
        countries.entries(),
        countries.memory_bytes(),
        elapsed_ns / found.len().max(1) as u128
    );
    Ok(())
}
