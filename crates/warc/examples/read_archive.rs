//! Reads archives and prints, for each, what is in it and how fast it was read.
//!
//! `cargo run --release -p warc --example read_archive -- FILE...`
#![expect(clippy::print_stdout, reason = "an example talks")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use warc::http::BodyLimits;
use warc::{Item, ReaderOptions, WarcError};

fn main() {
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read(&path) {
            Ok(line) => println!("{name}\t{line}"),
            Err(error) => println!("{name}\t{error}"),
        }
    }
}

fn read(path: &std::path::Path) -> Result<String, WarcError> {
    let start = Instant::now();
    let (mut records, mut responses, mut block_bytes, mut body_bytes) = (0_u64, 0_u64, 0, 0);
    let mut notes: BTreeMap<&str, u64> = BTreeMap::new();
    for item in warc::open(path, ReaderOptions::default())? {
        match item? {
            Item::Skip(skip) => *notes.entry(skip.reason.as_str()).or_default() += 1,
            Item::Record(record) => {
                records += 1;
                block_bytes += record.payload.len();
                if let Some(damage) = record.damage {
                    *notes.entry(damage.as_str()).or_default() += 1;
                }
                if let Ok(response) = record.http_response(&BodyLimits::default()) {
                    responses += 1;
                    body_bytes += response.body.len();
                }
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok(format!(
        "{records} records\t{responses} answers\t{body_bytes} body bytes\t{:.0} records/s\t{:.1} MB/s\t{notes:?}",
        records as f64 / seconds,
        block_bytes as f64 / 1e6 / seconds
    ))
}
