//! How often each field of a row is there: `fill_rates DATA_DIR`. Reads every row of the newest
//! snapshot as the API writes it, and prints the share of rows in which the field is not null, as a
//! table for `docs/metrics.md`.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use store::{DataDir, RowId, Snapshot};

/// Rows fetched at once.
const BATCH: usize = 4096;

fn main() -> anyhow::Result<()> {
    let Some(root) = std::env::args().nth(1) else { bail!("usage: fill_rates DATA_DIR") };
    let data = DataDir::open(Path::new(&root))?;
    let snapshot = Snapshot::open(&data, data.current()?.context("there is no snapshot yet")?, 0)?;
    let (mut rows, mut filled) = (0_u64, Vec::<(String, u64)>::new());
    for bucket in snapshot.buckets().all() {
        let reader = snapshot.bucket(bucket)?;
        let ranges = reader.hosts()?.into_iter().flat_map(|host| host.ranges);
        let ids: Vec<RowId> =
            ranges.flat_map(|range| range.rows.clone().map(move |row| RowId { section: range.section, row })).collect();
        for part in ids.chunks(BATCH) {
            let fetched = reader.fetch(part)?.into_iter();
            let items: Vec<_> = fetched.map(|row| query::backlink(row, 1, 0, snapshot.newest_visit())).collect();
            let items = serde_json::to_value(server::items(&items, query::RankScale::OneThousand))?;
            let items: Vec<Map<String, Value>> = serde_json::from_value(items)?;
            for item in items {
                rows += 1;
                for (at, (name, value)) in item.into_iter().enumerate() {
                    if filled.len() == at {
                        filled.push((name, 0));
                    }
                    filled[at].1 += u64::from(!value.is_null());
                }
            }
        }
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{rows} rows\n\n| field | filled |\n|---|---|")?;
    for (name, filled) in filled {
        writeln!(out, "| `{name}` | {:.1} % |", filled as f64 / rows.max(1) as f64 * 100.0)?;
    }
    Ok(())
}
