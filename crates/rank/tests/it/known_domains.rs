//! The scale on published PageRanks: domains of the Common Crawl graph of April to June 2026.

use std::fs;

use model::PageRank;
use rank::scale;

use crate::support::shared_data;

/// Nodes of that graph: 121.09 million.
const NODES: u32 = 121_090_000;

/// Domain, its rank at the vendor whose scale this resembles (ranges: several samples), and ours, by hand:
/// 65·ln(121.09e6·PR/0.15), clamped.
const DOMAINS: [(&str, &str, u16); 5] = [
    ("com.google", "970", 1000),
    ("ly.bit", "754 to 828", 815),
    ("com.forbes", "about 650", 762),
    ("com.stackoverflow", "about 740", 730),
    ("com.marketwatch", "688", 637),
];

#[test]
fn known_domains_stand_where_the_formula_puts_them() {
    let Some(path) = shared_data("cc-ranks/domain-cc-main-2026-apr-may-jun.json") else { return };
    let file: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let rows = file["rows"].as_array().unwrap();
    println!("{:20} {:>12} {:>6}  vendor", "domain", "PageRank", "score");
    for (domain, vendor, expected) in DOMAINS {
        let row = rows.iter().find(|row| row[4] == domain).unwrap();
        let rank: f64 = row[3].as_str().unwrap().parse().unwrap();
        let score = scale::score(scale::relative(PageRank(rank), NODES)).get();
        println!("{domain:20} {rank:12.4e} {score:6}  {vendor}");
        assert_eq!(score, expected, "{domain}");
    }
}
