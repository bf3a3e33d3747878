//! Indirect links through graphs of redirects and canonicals equal what is known of how the graphs are made.

use std::collections::BTreeMap;

use model::{BucketCount, Timestamp, Visit};
use openbacklinks::pipeline::build;
use openbacklinks::terminal::Progress;
use store::{CrawlInput, DataDir, FullRow, VisitSorter};
use synthweb::{ChainRow, ChainWeb, HopKind, LongChain};

use crate::history::every_row;
use crate::shared::{OPTIONS, open};

/// A row as it is compared: path, count, whether it is lost.
type Compared = (Vec<(HopKind, u16, String)>, u32, bool);
/// By page, target, and whether the row is indirect.
type Rows = BTreeMap<(String, String, bool), Compared>;

/// Publishes visits as a crawl without holding them.
fn add_visits(data: &DataDir, name: &str, visits: impl Iterator<Item = Visit>) {
    let staging = data.temporary("test").unwrap();
    let mut sorter = VisitSorter::new(staging.path(), data.buckets(), 8 << 20);
    for visit in visits {
        sorter.push(&visit).unwrap();
    }
    let input = CrawlInput { name: name.to_owned(), ..CrawlInput::default() };
    store::publish_crawl(data, &name.parse().unwrap(), vec![sorter.finish().unwrap()], vec![input], 2, &staging)
        .unwrap();
}

fn expected(rows: impl Iterator<Item = ChainRow>) -> Rows {
    let row = |row: ChainRow| {
        let path: Vec<_> = row.path.iter().map(|hop| (hop.kind, hop.status, hop.url.to_string())).collect();
        ((row.url_from.to_string(), row.url_to.to_string(), !path.is_empty()), (path, row.count, row.is_lost))
    };
    rows.map(row).collect()
}

fn found(rows: Vec<FullRow>) -> Rows {
    let kind = |kind: store::HopKind| match kind {
        store::HopKind::Redirect => HopKind::Redirect,
        store::HopKind::Canonical => HopKind::Canonical,
    };
    let row = |row: FullRow| {
        let path: Vec<_> = row.path.iter().flatten().map(|hop| (kind(hop.kind), hop.status, hop.url.clone())).collect();
        ((row.url_from, row.url_to, row.path.is_some()), (path, row.count, row.life.is_lost()))
    };
    rows.into_iter().map(row).collect()
}

fn assert_equal(found: &Rows, expected: &Rows) {
    for (place, row) in found {
        assert_eq!(Some(row), expected.get(place), "{place:?} (found, expected)");
    }
    for (place, row) in expected {
        assert!(found.contains_key(place), "missing: {place:?} {row:?}");
    }
}

/// Builds the crawls one after the other.
fn index_of(crawls: impl Iterator<Item = impl Iterator<Item = Visit>>, buckets: u16) -> Rows {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open_or_create(folder.path(), BucketCount::new(buckets).unwrap()).unwrap();
    for (number, visits) in crawls.enumerate() {
        add_visits(&data, &format!("crawl-{number}"), visits);
        build(&data, OPTIONS, Timestamp::from_seconds(0), &Progress::new(true)).unwrap();
    }
    let snapshot = open(&data).snapshot();
    found(every_row(&snapshot))
}

#[test]
fn every_path_through_redirects_and_canonicals_equals_the_truth() {
    let web = ChainWeb::new(5, 1);
    let found = index_of((0..ChainWeb::CRAWLS).map(|crawl| web.visits(crawl)), 4);
    let expected = expected(web.rows());
    assert_equal(&found, &expected);
    let mut lengths: BTreeMap<usize, u32> = BTreeMap::new();
    for (path, ..) in found.values() {
        *lengths.entry(path.len()).or_default() += 1;
    }
    println!("{} rows by hops: {lengths:?}", found.len());
    assert_eq!(lengths.keys().copied().collect::<Vec<_>>(), (0..=10).collect::<Vec<_>>());
    // The crawls the other way round.
    let backwards = index_of((0..ChainWeb::CRAWLS).rev().map(|crawl| web.visits(crawl)), 4);
    assert_equal(&backwards, &expected);
}

#[test]
fn a_chain_of_a_million_hops_is_cut_where_it_must_be() {
    let chain = LongChain::new(1_000_000, 1000);
    let found = index_of([chain.visits()].into_iter(), 4);
    assert_equal(&found, &expected(chain.rows()));
    println!("a million hops, {} rows", found.len());
}
