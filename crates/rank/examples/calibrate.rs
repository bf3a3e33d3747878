//! How far the scale is from published figures: the fit of [`rank::scale::B`].
//!
//! ```text
//! cargo run --release -p rank --example calibrate -- CC_RANKS.json [ROWS]
//! ```
//!
//! CC_RANKS.json holds the top 1,000 domains (by harmonic centrality) of a Common Crawl domain graph with their published
//! PageRank, ROWS (default 20) is how many of them the table shows, evenly by PageRank.
//!
//! The vendor's figures are ranks of five of these domains in published samples of 2021 to 2024, made on the vendor's own
//! graph; and page rank less link rank in 14 sample rows. See `docs/metrics.md`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use model::PageRank;
use rank::scale::{B, DAMPING, passed, relative, score};

/// Nodes of that graph, of April to June 2026: 121.09 million.
const NODES: u32 = 121_090_000;

/// Domains with a published rank, the middle where samples differ (bit.ly: 754 to 828).
const VENDOR: [(&str, f64); 5] = [
    ("com.google", 970.0),
    ("ly.bit", 791.0),
    ("com.forbes", 650.0),
    ("com.stackoverflow", 740.0),
    ("com.marketwatch", 688.0),
];

/// External links of the page, and its rank less the rank of the link, in 14 rows. Seven are redirects.
const LOSSES: [(u32, f64); 14] = [
    (1, 11.0),
    (1, 11.0),
    (1, 12.0),
    (1, 12.0),
    (1, 11.0),
    (1, 11.0),
    (1, 11.0),
    (2, 70.0),
    (6, 90.0),
    (9, 146.0),
    (10, 142.0),
    (19, 181.0),
    (19, 183.0),
    (42, 213.0),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which file of ranks?")?;
    let shown: usize = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let file: serde_json::Value = serde_json::from_reader(std::io::BufReader::new(std::fs::File::open(path)?))?;
    let mut domains = Vec::new();
    for row in file["rows"].as_array().ok_or("no rows")? {
        let text = |column: usize| row[column].as_str().ok_or("not a text");
        let (place, rank): (u32, f64) = (text(2)?.parse()?, text(3)?.parse()?);
        domains.push((place, relative(PageRank(rank), NODES), text(4)?.to_owned()));
    }
    domains.sort_by_key(|&(place, ..)| place);

    println!("{} domains by PageRank, mapped (every {}th)\n", domains.len(), domains.len().div_ceil(shown));
    println!("{:>7} {:28} {:>12} {:>6}", "place", "domain", "x", "S");
    for (place, x, name) in domains.iter().step_by(domains.len().div_ceil(shown)) {
        println!("{place:7} {name:28} {x:12.1} {:6}", score(*x));
    }
    let clamped = domains.iter().filter(|(_, x, _)| score(*x).get() == 1000).count();
    println!("\n{clamped} of {} at 1000", domains.len());

    println!("\nPublished ranks of domains\n\n{:20} {:>8} {:>6} {:>6}", "domain", "vendor", "S", "S - v");
    let mut pairs = Vec::new();
    for (name, vendor) in VENDOR {
        let (_, x, _) = domains.iter().find(|(.., other)| other == name).ok_or("a domain is missing")?;
        let ours = f64::from(score(*x).get());
        println!("{name:20} {vendor:8.0} {ours:6.0} {:+6.0}", ours - vendor);
        pairs.push((x.ln(), vendor));
    }
    println!("\n{:>6} {:>22}", "B", "mean abs. difference");
    let slope = pairs.iter().map(|(ln, v)| ln * v).sum::<f64>() / pairs.iter().map(|(ln, _)| ln * ln).sum::<f64>();
    for b in [55.0, 60.0, slope, B, 70.0] {
        let off = |(ln, vendor): &(f64, f64)| ((b * ln).clamp(0.0, 1000.0) - vendor).abs();
        println!("{b:6.1} {:22.1}", pairs.iter().map(off).sum::<f64>() / pairs.len() as f64);
    }
    println!("({slope:.1} is the least-squares slope through 0)");

    println!(
        "\nA link that is one of k: B·ln(k/d), B·ln k of it for the k\n\n{:>6} {:>8} {:>8} {:>8} {:>8}",
        "k", "loss", "S - S_k", "row", "off"
    );
    let x = 1e6;
    let fall = |links| f64::from(score(x).get()) - f64::from(score(passed(x, links)).get());
    for (links, row) in LOSSES.iter().skip(6) {
        let loss = B * (f64::from(*links) / DAMPING).ln();
        println!("{links:6} {loss:8.1} {:8.0} {row:8.0} {:+8.1}", fall(*links), loss - row);
    }
    println!("\n{:>6} {:>22} {:>22}", "B", "mean abs. diff., 14", "of the 7 with k > 1");
    for b in [55.0, 60.0, B, 70.0] {
        let off = |(links, row): &(u32, f64)| (b * (f64::from(*links) / DAMPING).ln() - row).abs();
        let mean = |rows: &[(u32, f64)]| rows.iter().map(off).sum::<f64>() / rows.len() as f64;
        println!("{b:6.1} {:22.1} {:22.1}", mean(&LOSSES), mean(&LOSSES[7..]));
    }
    Ok(())
}
