//! Targets of an index to ask about: `targets DATA_DIR [COUNT]`.
//!
//! Prints JSON: stored rows and domains, the domains with the most rows, those with about 75, and COUNT domains as
//! evenly spaced rows name them, so that a domain is as likely as its links are many.

#![expect(clippy::print_stdout, reason = "an example that reports")]

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use query::Index;
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = arguments.first().context("usage: targets DATA_DIR [COUNT]")?;
    let count: usize = arguments.get(1).map_or(Ok(1000), |text| text.parse())?;
    let index = Index::open(Path::new(root), 0)?;
    let snapshot = index.snapshot();
    let mut rows_of: BTreeMap<String, usize> = BTreeMap::new();
    for bucket in snapshot.buckets().all() {
        for host in snapshot.bucket(bucket)?.hosts()? {
            let rows: usize = host.ranges.iter().map(|range| range.rows.len()).sum();
            *rows_of.entry(host.host.icann_registrable().to_owned()).or_default() += rows;
        }
    }
    let rows: usize = rows_of.values().sum();
    let mut sampled = Vec::with_capacity(count);
    let mut before = 0;
    for (domain, its_rows) in &rows_of {
        while sampled.len() < count && (sampled.len() * rows + rows / 2) / count < before + its_rows {
            sampled.push(domain);
        }
        before += its_rows;
    }
    let mut by_rows: Vec<(usize, &String)> = rows_of.iter().map(|(domain, rows)| (*rows, domain)).collect();
    by_rows.sort_by(|left, right| right.cmp(left));
    let named = |domains: &mut dyn Iterator<Item = &(usize, &String)>| -> Value {
        domains.take(10).map(|(rows, domain)| json!({ "domain": domain, "rows": rows })).collect()
    };
    println!(
        "{}",
        json!({
            "rows": rows,
            "domains": by_rows.len(),
            "largest": named(&mut by_rows.iter()),
            "small": named(&mut by_rows.iter().filter(|(rows, _)| (74..=76).contains(rows))),
            "sampled": sampled,
        })
    );
    Ok(())
}
