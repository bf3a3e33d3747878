//! Lists the rows of large domains that rank highest: see [`crate::by_rank`].

use std::collections::BTreeMap;
use std::ops::Range;

use model::{Bucket, HostKey};

use super::Context;
use super::scores::FilesByName;
use crate::by_rank::{BY_RANK, ByRankWriter, Span};
use crate::error::{Result, corrupt};
use crate::group::{Cell, GroupFile, put_cells};
use crate::links::{ANCHORS, SCAN, group_name, scan};
use crate::manifest::FileEntry;
use crate::sort::{SortedRuns, Sorter};

/// A domain with fewer rows is read as fast in the order of its rows.
const LEAST_ROWS: usize = 1024;

/// So many rows of each domain, at most, are listed: one in eight.
const SHARE: u64 = 8;

/// Writes the lists of a section. `hosts` gives the rows of each host, some of which have none, in the order of
/// their keys.
///
/// Cost: `scan` is read twice and anchors once. Memory: the part of a sorter.
pub(super) fn write<'a>(
    context: &Context<'_>,
    bucket: Bucket,
    section: &str,
    files: &FilesByName<'_>,
    scan_file: &FileEntry,
    hosts: impl Iterator<Item = (&'a [u8], Range<u32>)>,
) -> Result<FileEntry> {
    let scan_file = GroupFile::open(context.folder, scan_file, &SCAN, None)?;
    let anchors = files.section(context, bucket, section, &ANCHORS)?;
    let mut writer = ByRankWriter::create(context.folder, group_name(section, &BY_RANK, bucket))?;
    for rows in domains(context, bucket, hosts)? {
        if rows.len() < LEAST_ROWS {
            continue;
        }
        if let Some(span) = span(&scan_file, rows)? {
            writer.push(&span, &mut sorted(context, &scan_file, &anchors, &span)?.merge(0)?)?;
        }
    }
    writer.finish()
}

/// The rows of each domain, by the ICANN part of the public suffix list: hosts below it are neighbours.
fn domains<'a>(
    context: &Context<'_>,
    bucket: Bucket,
    hosts: impl Iterator<Item = (&'a [u8], Range<u32>)>,
) -> Result<Vec<Range<u32>>> {
    let mut domains: Vec<(String, Range<u32>)> = Vec::new();
    for (key, rows) in hosts.filter(|(_, rows)| !rows.is_empty()) {
        let host = HostKey::host_of(key).map_err(|_| corrupt(context.folder, bucket.0, "host key"))?;
        let name = host.icann_registrable();
        match domains.last_mut() {
            Some((last, known)) if last == name => known.end = rows.end,
            _ => domains.push((name.to_owned(), rows)),
        }
    }
    Ok(domains.into_iter().map(|(_, rows)| rows).collect())
}

/// Down to which rank rows are listed: as many whole ranks as fit. `None` if not even the highest does.
fn span(file: &GroupFile, rows: Range<u32>) -> Result<Option<Span>> {
    let mut rows_of_rank: BTreeMap<u16, u64> = BTreeMap::new();
    let mut cursor = file.cursor();
    for row in rows.clone() {
        let (block, at) = cursor.row(row.into())?;
        *rows_of_rank.entry(rank(block.number(scan::RANK, at))).or_default() += 1;
    }
    let most = rows.len() as u64 / SHARE;
    let (mut lowest, mut listed) = (None, 0);
    for (rank, count) in rows_of_rank.into_iter().rev() {
        if listed + count > most {
            break;
        }
        (lowest, listed) = (Some(rank), listed + count);
    }
    Ok(lowest.map(|lowest| Span { rows, lowest, listed: listed as u32 }))
}

/// The rows of a list, highest ranks first.
fn sorted(context: &Context<'_>, scan_file: &GroupFile, anchors: &GroupFile, span: &Span) -> Result<SortedRuns> {
    let mut sorter = Sorter::new(context.runs, 1, context.options.memory_bytes / 8 / context.options.threads.max(1));
    let (mut scan_rows, mut anchor_rows) = (scan_file.cursor(), anchors.cursor());
    let mut value = Vec::new();
    for row in span.rows.clone() {
        let (block, at) = scan_rows.row(row.into())?;
        let rank = rank(block.number(scan::RANK, at));
        if rank < span.lowest {
            continue;
        }
        let mut key = [0; 6];
        key[..2].copy_from_slice(&(u16::MAX - rank).to_be_bytes());
        key[2..].copy_from_slice(&row.to_be_bytes());
        let (anchor_block, anchor) = anchor_rows.row(row.into())?;
        let mut cells = [Cell::NULL; BY_RANK.columns.len()];
        let (numbers, own) = cells.split_at_mut(SCAN.columns.len());
        for (column, cell) in numbers.iter_mut().enumerate() {
            *cell = block.number(column, at).into();
        }
        own.copy_from_slice(&[u64::from(row).into(), Cell::Bytes(anchor_block.bytes(0, anchor))]);
        value.clear();
        put_cells(&mut value, &cells);
        sorter.push(0, &key, &value)?;
    }
    sorter.finish(true)
}

/// A rank as questions compare it.
fn rank(stored: Option<u64>) -> u16 {
    stored.unwrap_or_default() as u16
}
