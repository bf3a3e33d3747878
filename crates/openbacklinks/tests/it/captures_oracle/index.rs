//! What an index of the same archives holds, row by row, beside the history computed here.

use std::collections::BTreeMap;
use std::path::Path;

use model::{BucketCount, Timestamp};
use openbacklinks::pipeline::{IngestOptions, build, ingest};
use openbacklinks::terminal::Progress;
use store::{BuildOptions, DataDir, FullRow, RowId, Snapshot};

use super::life::{self, Life, Turn};
use super::{File, History, Link, SeenLink};

const MEMORY_BYTES: usize = 256 << 20;
const BUCKETS: u16 = 5;

/// Differences shown of each kind.
const SHOWN: usize = 20;

/// Texts of links are cut by the index at 4096 bytes.
const CUT_BYTES: usize = 4000;

/// What comparing found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Snapshots compared, and their rows.
    pub(crate) snapshots: usize,
    pub(crate) rows: usize,
    /// Rows of links that any capture has in `noscript` or that the tree builder cloned.
    pub(crate) rows_apart: usize,
    pub(crate) differences: Vec<String>,
    /// Those of the rows apart.
    pub(crate) differences_apart: Vec<String>,
}

/// A row, in the words of the history.
struct Row {
    life: Life,
    link: SeenLink,
}

type Rows = BTreeMap<Link, Row>;

/// Makes indexes of the files, each a crawl, in several orders, and compares them after each build: file
/// by file, file by file from the last, and all at once. Prints what became new and lost.
pub(crate) fn check_orders(files: &[File]) -> Findings {
    for file in files {
        println!("{}: {} captures, left out {:?}", file.path.display(), file.captures.len(), file.left_out);
    }
    let mut findings = Findings::default();
    let forwards: Vec<&File> = files.iter().collect();
    let backwards: Vec<&File> = files.iter().rev().collect();
    println!("file by file:");
    check(&forwards, 1, true, &mut findings);
    check(&backwards, 1, false, &mut findings);
    check(&forwards, files.len().max(1), false, &mut findings);
    tell_turns(&forwards);
    let Findings { snapshots, rows, rows_apart, differences, differences_apart } = &findings;
    println!(
        "{snapshots} snapshots, {rows} rows: {} differences; {} among the {rows_apart} rows of links in noscript or \
         cloned by the tree builder",
        differences.len(),
        differences_apart.len()
    );
    for difference in differences.iter().take(SHOWN).chain(differences_apart.iter().take(SHOWN)) {
        println!("  {difference}");
    }
    findings
}

/// Ingests `step` files at a time, and builds and compares after each step.
fn check(files: &[&File], step: usize, tells: bool, findings: &mut Findings) {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open_or_create(&folder.path().join("index"), BucketCount::new(BUCKETS).unwrap()).unwrap();
    let mut before = Rows::new();
    for end in (step..=files.len()).step_by(step) {
        for file in &files[end - step..end] {
            add_crawl(&data, &file.path);
        }
        let options = BuildOptions { memory_bytes: MEMORY_BYTES, threads: 2, is_full: false };
        build(&data, options, Timestamp::from_seconds(0), &Progress::new(true)).unwrap();
        let rows = read_rows(&data, findings);
        compare(&rows, &History::of(&files[..end]), findings);
        if tells {
            tell_news(files[end - 1], &before, &rows);
        }
        before = rows;
    }
}

fn add_crawl(data: &DataDir, path: &Path) {
    let options = IngestOptions {
        crawl: None,
        memory_bytes: MEMORY_BYTES as u64,
        threads: 2,
        checkpoint: std::time::Duration::from_secs(10),
    };
    let report = ingest(data, &[path.to_owned()], &options, &Progress::new(true)).unwrap();
    let input = &report.manifest.inputs[0];
    assert!(input.rejected.is_none() && input.skips.is_empty(), "{}: {input:?}", path.display());
}

/// Every direct row of every bucket. An indirect row must live as the direct link that it goes on from.
fn read_rows(data: &DataDir, findings: &mut Findings) -> Rows {
    let id = data.current().unwrap().unwrap();
    let snapshot = Snapshot::open(data, id, 0).unwrap();
    let (mut rows, mut indirect) = (Rows::new(), Vec::new());
    for bucket in data.buckets().all() {
        let reader = snapshot.bucket(bucket).unwrap();
        for range in reader.hosts().unwrap().into_iter().flat_map(|host| host.ranges) {
            let ids: Vec<RowId> = range.rows.map(|row| RowId { section: range.section, row }).collect();
            for row in ids.chunks(1000).flat_map(|ids| reader.fetch(ids).unwrap()) {
                let first = row.path.as_ref().map(|path| path[0].url.clone());
                let key = (row.url_from.clone(), first.clone().unwrap_or_else(|| row.url_to.clone()));
                let row = of_row(&row, snapshot.newest_visit());
                if first.is_some() {
                    indirect.push((key, row));
                } else if rows.insert(key.clone(), row).is_some() {
                    findings.differences.push(format!("twice {key:?}"));
                }
            }
        }
    }
    for (key, row) in indirect {
        if rows.get(&key).is_none_or(|direct| direct.life != row.life) {
            findings.differences.push(format!("indirect {key:?}: {:?}", row.life));
        }
    }
    let totals = snapshot.manifest().totals;
    assert_eq!(rows.len() as u64, totals.links, "the manifest counts the direct rows");
    rows
}

fn of_row(row: &FullRow, newest: Timestamp) -> Row {
    let link = SeenLink {
        kind: row.kind.as_str(),
        rel: row.rel.clone(),
        dofollow: row.dofollow,
        anchor: row.anchor.clone().unwrap_or_default(),
        in_noscript: row.in_noscript,
        is_cloned: false,
        count: row.count,
    };
    let shown = query::backlink(row.clone(), 0, 0, newest);
    let life = Life {
        first_seen: shown.first_seen.seconds(),
        prev_seen: shown.prev_seen.map(Timestamp::seconds),
        last_seen: shown.last_seen.seconds(),
        lost_at: shown.lost_at.map(Timestamp::seconds),
        is_lost: shown.is_lost,
        is_new: shown.is_new,
        original: shown.original,
        new_reason: row.life.new_reason.to_string(),
        lost_reason: row.life.lost_reason.map(|reason| reason.to_string()),
    };
    Row { life, link }
}

fn compare(rows: &Rows, history: &History<'_>, findings: &mut Findings) {
    findings.snapshots += 1;
    findings.rows += rows.len();
    let links = history.links();
    for (key, visits) in &links {
        let is_apart = visits.iter().filter_map(|(_, link)| *link).any(|link| link.in_noscript || link.is_cloned);
        findings.rows_apart += usize::from(is_apart);
        let list = if is_apart { &mut findings.differences_apart } else { &mut findings.differences };
        let Some(row) = rows.get(key) else {
            list.push(format!("missing {key:?}"));
            continue;
        };
        let life = Life::of(visits, history.newest);
        if row.life != life {
            list.push(format!("life {key:?}: {:?} is {life:?}", row.life));
        }
        let last = visits.iter().rev().find_map(|(_, link)| *link).expect("some visit has the link");
        if !is_same(&row.link, last) {
            list.push(format!("link {key:?}: {:?} is {last:?}", row.link));
        }
    }
    findings.differences.extend(rows.keys().filter(|key| !links.contains_key(key)).map(|key| format!("extra {key:?}")));
}

fn is_same(row: &SeenLink, expected: &SeenLink) -> bool {
    let is_cut = expected.anchor.len() > CUT_BYTES && row.anchor.len() > CUT_BYTES - 100;
    let is_anchor = row.anchor == expected.anchor || is_cut && expected.anchor.starts_with(&row.anchor);
    let rest = |link: &SeenLink| (link.kind, link.rel.clone(), link.dofollow, link.count);
    // Several elements may make one link, some in `noscript`: what the row says is then either.
    is_anchor && rest(row) == rest(expected) && (expected.in_noscript || !row.in_noscript)
}

/// What a build changed, from the rows before and after.
fn tell_news(file: &File, before: &Rows, after: &Rows) {
    let (mut new, mut lost, mut restored) = (0, 0, 0);
    for (key, row) in after {
        match before.get(key).map(|before| before.life.is_lost) {
            None => new += 1,
            Some(false) if row.life.is_lost => lost += 1,
            Some(true) if !row.life.is_lost => restored += 1,
            Some(_) => {}
        }
    }
    let lost_in_it = after.iter().filter(|(key, row)| !before.contains_key(key) && row.life.is_lost).count();
    let live = after.values().filter(|row| !row.life.is_lost).count();
    let name = file.path.file_name().unwrap().to_string_lossy();
    println!(
        "  {name:<24} {:>4} captures: {new:>6} links new, {:>6} lost, {restored:>4} restored; {live} of {} live",
        file.captures.len(),
        lost + lost_in_it,
        after.len()
    );
}

/// Every change by year, as the history has it: by the dates of the captures.
fn tell_turns(files: &[&File]) {
    let history = History::of(files);
    let mut years: BTreeMap<String, BTreeMap<Turn, usize>> = BTreeMap::new();
    for visits in history.links().values() {
        for (at, turn) in life::turns(visits) {
            let year = Timestamp::from_seconds(at).to_string().chars().take(4).collect();
            *years.entry(year).or_default().entry(turn).or_default() += 1;
        }
    }
    let visits: usize = history.pages.values().map(Vec::len).sum();
    println!("{visits} visits of {} pages, {} links; by year:", history.pages.len(), history.links().len());
    for (year, turns) in years {
        let count = |wanted: Turn| turns.get(&wanted).copied().unwrap_or_default();
        let lost: BTreeMap<&str, usize> = turns
            .iter()
            .filter_map(|(turn, count)| if let Turn::Lost(reason) = turn { Some((*reason, *count)) } else { None })
            .collect();
        println!(
            "  {year}: {:>6} new ({} with their page, {} added later), {:>5} lost {lost:?}, {:>4} restored",
            count(Turn::PageFound) + count(Turn::LinkAdded),
            count(Turn::PageFound),
            count(Turn::LinkAdded),
            lost.values().sum::<usize>(),
            count(Turn::Restored)
        );
    }
}
