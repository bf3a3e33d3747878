//! Twelve crawls of a web with churn, outages, moves and returns: the life of every stored link equals the
//! truth that `synthweb` computes by itself.

use std::collections::BTreeMap;
use std::ops::Range;

use model::{KeyRange, LostReason, NewReason, Target, Visit};
use query::{Backlink, BacklinksQuestion, Index, LinkStatus, Rows};
use store::{FullRow, RowId, Snapshot};
use synthweb::{HopKind, TruthRow, Web, WebOptions};

use crate::oracle::host_of;
use crate::shared::{index_of, open};

/// Steps of the web.
pub(crate) const STEPS: Range<u32> = 0..12;

/// A web in which everything happens that can happen to a page in twelve crawls.
pub(crate) fn web(seed: u64, pages: u64) -> Web {
    let mut options = WebOptions { steps: STEPS.end, ..WebOptions::new(seed, pages) };
    (options.shares.cut, options.shares.unsteady, options.shares.outage) = (5, 200, 50);
    Web::new(options)
}

/// Every row of a snapshot, direct ones first.
pub(crate) fn every_row(snapshot: &Snapshot) -> Vec<FullRow> {
    let mut rows = Vec::new();
    let everything = KeyRange { start: Vec::new(), end: vec![0xFF; 8] };
    for section in 0..2 {
        for bucket in snapshot.buckets().all() {
            let reader = snapshot.bucket(bucket).unwrap();
            let range = reader.rows(&everything).unwrap()[section].clone();
            let ids: Vec<RowId> = range.rows.map(|row| RowId { section: range.section, row }).collect();
            rows.extend(reader.fetch(&ids).unwrap());
        }
    }
    rows
}

/// The truth of one stored row, and how many links it stands for: of several chains between two pages the
/// index keeps the best, which lives as its own first link does.
struct Expected<'a> {
    /// More than one where chains are equally good.
    best: Vec<&'a TruthRow>,
    count: u32,
}

impl Expected<'_> {
    /// The one with these hops.
    fn with_path(&self, path: &[(HopKind, u16, String)]) -> Option<&TruthRow> {
        let hops = |row: &TruthRow| -> Vec<(HopKind, u16, String)> {
            row.path.iter().map(|hop| (hop.kind, hop.status, hop.url.to_string())).collect()
        };
        self.best.iter().copied().find(|row| hops(row) == path)
    }
}

type Pair = (String, String, bool);

fn expected(truth: &[TruthRow]) -> BTreeMap<Pair, Expected<'_>> {
    let mut pairs: BTreeMap<Pair, Vec<&TruthRow>> = BTreeMap::new();
    for row in truth {
        let pair = (row.url_from.to_string(), row.url_to.to_string(), !row.path.is_empty());
        pairs.entry(pair).or_default().push(row);
    }
    let place = |row: &TruthRow| (row.life.is_lost(), !row.link.dofollow, row.path.len());
    let mut expected = BTreeMap::new();
    for (pair, rows) in pairs {
        let best = rows.iter().map(|row| place(row)).min().unwrap();
        let count = rows.iter().filter(|row| row.life.is_lost() == best.0).map(|row| row.count).sum();
        let best = rows.into_iter().filter(|row| place(row) == best).collect();
        expected.insert(pair, Expected { best, count });
    }
    expected
}

#[test]
fn the_life_of_every_row_after_twelve_crawls_equals_the_truth() {
    let web = web(12, 700);
    let crawls: Vec<Vec<Visit>> = STEPS.map(|step| web.visits(step).collect()).collect();
    let slices: Vec<&[Visit]> = crawls.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &slices, 4));
    let truth = web.truth(&STEPS.collect::<Vec<_>>());
    let expected = expected(&truth.rows);

    let rows = every_row(&index.snapshot());
    for row in &rows {
        let pair = (row.url_from.clone(), row.url_to.clone(), row.path.is_some());
        let place = format!("{} → {}", row.url_from, row.url_to);
        let expected = expected.get(&pair).unwrap_or_else(|| panic!("{place} {:?} is not true", row.path));
        let path: Vec<_> = row.path.iter().flatten().map(|hop| (kind(hop.kind), hop.status, hop.url.clone())).collect();
        let best = expected.with_path(&path).unwrap_or_else(|| panic!("{place}: {:?} is not the best", row.path));
        assert_eq!(row.life, best.life, "{place}");
        assert_eq!((row.count, row.target_status), (expected.count, best.target_status), "{place}");
        assert_eq!((&row.anchor, row.dofollow), (&best.link.anchor, best.link.dofollow), "{place}");
        assert_eq!(row.rel, best.link.rel.as_str(), "{place}");
        assert_eq!(row.status, best.page.status, "{place}");
        assert_eq!(row.target_redirect, best.target_redirect.as_ref().map(ToString::to_string), "{place}");
    }
    assert_eq!(rows.len(), expected.len());
    tell(&rows);
    // The same through questions.
    let answered = every_answer(&index, &rows);
    let domain = |url: &str| host_of(url).registrable().to_owned();
    // What was on the target before its last hop is no further link to it.
    let enters = |row: &&FullRow| !row.path.iter().flatten().any(|hop| domain(&hop.url) == domain(&row.url_to));
    assert_eq!(answered.len(), rows.iter().filter(enters).count());
    let lives: BTreeMap<Pair, &FullRow> =
        rows.iter().map(|row| ((row.url_from.clone(), row.url_to.clone(), row.path.is_some()), row)).collect();
    for row in &answered {
        let life = lives[&(row.url_from.clone(), row.url_to.clone(), row.is_indirect_link)].life;
        let newest = index.snapshot().newest_visit();
        let is_recent = newest.seconds() - life.first_seen.seconds() <= 30 * 86_400;
        assert_eq!(
            (row.first_seen, row.prev_seen, row.last_seen, row.lost_at, row.original, row.is_lost),
            (life.first_seen, life.prev_seen, life.last_seen, life.lost_at, life.original, life.lost_at.is_some())
        );
        assert_eq!(row.is_new, life.found_at_last_visit && life.lost_at.is_none() && is_recent, "{}", row.url_from);
    }
}

fn kind(kind: store::HopKind) -> HopKind {
    match kind {
        store::HopKind::Redirect => HopKind::Redirect,
        store::HopKind::Canonical => HopKind::Canonical,
    }
}

/// Every row of every domain, live and lost, links inside the domain too.
fn every_answer(index: &Index, rows: &[FullRow]) -> Vec<Backlink> {
    let mut domains: Vec<String> = rows.iter().map(|row| host_of(&row.url_to).registrable().to_owned()).collect();
    domains.sort();
    domains.dedup();
    let mut found = Vec::new();
    for domain in domains {
        let question = BacklinksQuestion {
            status: LinkStatus::All,
            exclude_internal: false,
            rows: Rows::PerLink,
            limit: 100_000,
            ..BacklinksQuestion::new(Target::parse(&domain, true).unwrap())
        };
        found.extend(index.backlinks(&question).unwrap().rows);
    }
    found
}

/// Says what was compared, and that all kinds of life were among it.
fn tell(rows: &[FullRow]) {
    let mut new: BTreeMap<&str, u32> = BTreeMap::new();
    let mut lost: BTreeMap<&str, u32> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.path.is_none()) {
        *new.entry(row.life.new_reason.as_str()).or_default() += 1;
        *lost.entry(row.life.lost_reason.map_or("live", LostReason::as_str)).or_default() += 1;
    }
    let indirect = rows.iter().filter(|row| row.path.is_some()).count();
    println!("{} rows, {indirect} of them indirect; direct ones: {new:?}, {lost:?}", rows.len());
    assert_eq!((new.len(), lost.len()), (NewReason::ALL.len(), LostReason::ALL.len() + 1));
    assert!(new.values().chain(lost.values()).all(|count| *count >= 20), "{new:?} {lost:?}");
}
