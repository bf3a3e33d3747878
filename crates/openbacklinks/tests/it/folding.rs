//! Crawls are folded one by one, all at once, in any order, and taken out again: the tables are the same
//! bytes, and what no crawl touches is not written.

use model::{Timestamp, Visit};
use openbacklinks::pipeline::{BuildReport, build};
use openbacklinks::terminal::Progress;
use store::{BuildOptions, DataDir, FileEntry, Snapshot};
use synthweb::{Web, WebOptions};

use crate::shared::{OPTIONS, add_crawl, captures, index_of};

/// Visits of each crawl of a synthetic web.
fn crawls(pages: u64, steps: u32) -> Vec<Vec<Visit>> {
    let web = Web::new(WebOptions { steps, ..WebOptions::new(11, pages) });
    (0..steps).map(|step| web.visits(step).collect()).collect()
}

fn build_now(data: &DataDir, options: BuildOptions) -> BuildReport {
    build(data, options, Timestamp::from_seconds(0), &Progress::new(true)).unwrap()
}

/// The files of the snapshot that is served, by name: sizes, rows, checksums.
fn files(data: &DataDir) -> Vec<FileEntry> {
    let snapshot = Snapshot::open(data, data.current().unwrap().unwrap(), 0).unwrap();
    let mut files = snapshot.manifest().files.clone();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    files
}

/// An index that crawls of these numbers come to in this order, with a build after each group.
fn folded(crawls: &[Vec<Visit>], groups: &[&[usize]]) -> Vec<FileEntry> {
    let folder = tempfile::tempdir().unwrap();
    let data = index_of_none(folder.path());
    for group in groups {
        for number in *group {
            add_crawl(&data, &format!("crawl-{number}"), &crawls[*number]);
        }
        build_now(&data, OPTIONS);
    }
    assert!(store::verify(&data, |_, _| ()).unwrap().problems.is_empty());
    files(&data)
}

fn index_of_none(folder: &std::path::Path) -> DataDir {
    DataDir::open_or_create(folder, model::BucketCount::new(5).unwrap()).unwrap()
}

#[test]
fn the_order_of_folding_leaves_no_trace() {
    let crawls = crawls(400, 4);
    let at_once = folded(&crawls, &[&[0, 1, 2, 3]]);
    for groups in
        [&[&[0][..], &[1], &[2], &[3]][..], &[&[3], &[2], &[1], &[0]], &[&[2], &[0, 3], &[1]], &[&[1, 2], &[3], &[0]]]
    {
        assert!(folded(&crawls, groups) == at_once, "{groups:?}");
    }
}

#[test]
fn real_captures_give_the_same_bytes_in_either_order() {
    let Some(visits) = captures() else { return };
    let mut years: std::collections::BTreeMap<i64, Vec<Visit>> = std::collections::BTreeMap::new();
    for visit in visits {
        years.entry(visit.page.fetched_at.seconds() / 31_557_600).or_default().push(visit);
    }
    let crawls: Vec<Vec<Visit>> = years.into_values().collect();
    let numbers: Vec<usize> = (0..crawls.len()).collect();
    let forth: Vec<&[usize]> = numbers.chunks(1).collect();
    let back: Vec<&[usize]> = numbers.chunks(1).rev().collect();
    let at_once = folded(&crawls, &[&numbers]);
    assert!(folded(&crawls, &forth) == at_once);
    assert!(folded(&crawls, &back) == at_once);
}

#[test]
fn a_crawl_that_comes_again_under_another_name_changes_nothing() {
    let crawls = crawls(200, 2);
    let once = folded(&crawls, &[&[0, 1]]);
    let folder = tempfile::tempdir().unwrap();
    let data = index_of_none(folder.path());
    for (name, crawl) in [("a", 0), ("b", 1), ("c", 0)] {
        add_crawl(&data, name, &crawls[crawl]);
        build_now(&data, OPTIONS);
    }
    assert!(files(&data) == once);
}

#[test]
fn a_full_build_gives_the_same_bytes_and_what_is_untouched_is_shared() {
    let crawls = crawls(400, 2);
    let folder = tempfile::tempdir().unwrap();
    let data = index_of(folder.path(), &[&crawls[0]], 64);
    // One page alone, with its links: few buckets.
    let visit = crawls[1].iter().find(|visit| !visit.links.is_empty()).unwrap();
    let touched: std::collections::BTreeSet<u16> =
        visit.links.iter().map(|link| data.buckets().of(&link.key.host()).0).collect();
    add_crawl(&data, "one-page", std::slice::from_ref(visit));
    let report = build_now(&data, OPTIONS);
    let written = |table: &str| report.written.iter().find(|(name, _)| *name == table).unwrap().1;
    assert_eq!((written("sources").files, written("sources").shared_files), (1, 63));
    let body = written("links/body");
    assert_eq!(body.files % 5, 0);
    assert!(body.files / 5 >= touched.len() as u64, "{body:?}");
    assert!(body.shared_files > body.files && body.shared_bytes > body.bytes, "{body:?}");
    let folded = files(&data);
    let full = build_now(&data, BuildOptions { is_full: true, ..OPTIONS });
    assert!(full.written.iter().all(|(_, written)| written.shared_files == 0));
    assert!(files(&data) == folded);
    // Nothing new: everything is shared.
    let nothing = build_now(&data, OPTIONS);
    assert!(nothing.written.iter().all(|(_, written)| written.files == 0));
    assert!(files(&data) == folded);
}

#[test]
fn a_crawl_that_is_removed_leaves_no_trace() {
    let crawls = crawls(400, 3);
    let expected = folded(&crawls, &[&[0, 2]]);
    let folder = tempfile::tempdir().unwrap();
    let data = index_of_none(folder.path());
    for number in [0, 1, 2] {
        add_crawl(&data, &format!("crawl-{number}"), &crawls[number]);
        build_now(&data, OPTIONS);
    }
    assert!(files(&data) != expected);
    std::fs::remove_dir_all(data.crawl(&"crawl-1".parse().unwrap())).unwrap();
    build_now(&data, OPTIONS);
    assert!(files(&data) == expected);
}
