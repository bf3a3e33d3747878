//! Writes the rows of the newest snapshot as lines of JSON: `export_rows DATA_DIR [TARGET]`.
//!
//! With a target, only the rows of its bucket. A line is the item of the API (47 fields and our own
//! two), then what a question needs of a row to decide whether and where it is shown; so that another
//! engine can be asked the same question of the same rows. `bench/query` and `bench/row_blocks` read it.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use model::{Bucket, Target};
use serde_json::json;
use store::{BucketReader, DataDir, HostRows, RowId, RowRange, ScanBatch, ScanColumn, Snapshot};

/// Rows fetched at once.
const BATCH: u32 = 4096;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(root) = arguments.first() else { bail!("usage: export_rows DATA_DIR [TARGET]") };
    let data = DataDir::open(Path::new(root))?;
    let snapshot = Snapshot::open(&data, data.current()?.context("there is no snapshot yet")?, 0)?;
    let buckets: Vec<Bucket> = match arguments.get(1) {
        Some(target) => vec![snapshot.buckets().of(&Target::parse(target, true)?.host())],
        None => snapshot.buckets().all().collect(),
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut numbers = Numbers::default();
    for bucket in buckets {
        let reader = snapshot.bucket(bucket)?;
        for section in 0..2 {
            for host in reader.hosts()? {
                let range = &host.ranges[section];
                for start in range.rows.clone().step_by(BATCH as usize) {
                    let rows = start..range.rows.end.min(start.saturating_add(BATCH));
                    let batch = RowRange { section: range.section, rows };
                    export((&snapshot, bucket, reader), &host, &batch, &mut numbers, &mut out)?;
                }
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// Numbers in place of names, as an engine without a table of hosts would have them; by first appearance.
#[derive(Debug, Default)]
struct Numbers {
    targets: HashMap<String, usize>,
    sources: HashMap<String, usize>,
}

fn number(known: &mut HashMap<String, usize>, name: &str) -> usize {
    let next = known.len();
    known.get(name).copied().unwrap_or_else(|| *known.entry(name.to_owned()).or_insert(next))
}

fn export(
    (snapshot, bucket, reader): (&Snapshot, Bucket, &BucketReader),
    host: &HostRows,
    range: &RowRange,
    numbers: &mut Numbers,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    // Flags, labels of hops, page and tie of each row.
    let mut narrow: Vec<(u8, u8, u32, u32)> = Vec::new();
    reader.scan(range, |batch| {
        for (at, flags) in batch.flags.iter().enumerate() {
            let hop_labels = batch.hop_labels.get(at).copied().unwrap_or_default();
            narrow.push((*flags, hop_labels, batch.value(ScanColumn::Page, at), batch.value(ScanColumn::Tie, at)));
        }
        Ok::<(), store::StoreError>(())
    })?;
    let ids: Vec<RowId> = range.rows.clone().map(|row| RowId { section: range.section, row }).collect();
    let mut line = Vec::new();
    for ((id, row), (flags, hop_labels, page, tie)) in ids.iter().zip(reader.fetch(&ids)?).zip(narrow) {
        // Its `links_count` is that of the registrable domain as target.
        let links = row.domain_count;
        let item = query::backlink(row, links, 0, snapshot.newest_visit());
        let helpers = json!({
            "bucket": bucket.0,
            "section": id.section,
            "row": id.row,
            // ICANN registrable domain and host without `www.` of `url_to`.
            "target_domain": host.host.icann_registrable(),
            "target_host": host.host.without_www(),
            // The same as numbers: target and host of `url_from`. Those of one bucket are neighbours.
            "target": number(&mut numbers.targets, host.host.icann_registrable()),
            "host_from": number(&mut numbers.sources, &item.domain_from),
            "is_internal": flags & ScanBatch::INTERNAL != 0,
            // An indirect row with an earlier hop on the target's host, and the labels that an earlier
            // hop shares with the target: such a row counts only for hosts with more.
            "hop_same_host": flags & ScanBatch::HOP_SAME_HOST != 0,
            "hop_labels": hop_labels,
            // Numbers of page and row in the bucket, in the byte order of `url_from`, then `url_to`.
            "page": page,
            "tie": tie,
            "last_seen_seconds": item.last_seen.seconds(),
        });
        // `[{item}]` and `{helpers}` become one object.
        line.clear();
        serde_json::to_writer(&mut line, &server::items(std::slice::from_ref(&item), query::RankScale::OneThousand))?;
        line.remove(0);
        line.truncate(line.len() - 2);
        line.push(b',');
        let helpers = serde_json::to_vec(&helpers)?;
        line.extend_from_slice(&helpers[1..]);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}
