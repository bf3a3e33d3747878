//! Crawls folded one by one, some at a time or all at once, in any order, give the same index.

use model::{BucketCount, Timestamp, Visit};
use openbacklinks::pipeline::build;
use openbacklinks::terminal::Progress;
use store::{DataDir, FileEntry, FullRow};

use crate::dice::Dice;
use crate::history::{STEPS, every_row, web};
use crate::shared::{OPTIONS, add_crawl, open};

/// A way to fold crawls: their order, and after how many of them a snapshot is built, besides the last.
#[derive(Debug)]
struct Way {
    order: Vec<usize>,
    builds_after: Vec<usize>,
}

impl Way {
    /// By time and all at once; by time one by one; the newest first, one by one; and some drawn ones.
    fn all(crawls: usize) -> Vec<Self> {
        let by_time: Vec<usize> = (0..crawls).collect();
        let newest_first = by_time.iter().rev().copied().collect();
        let after_each: Vec<usize> = (1..crawls).collect();
        let mut ways = vec![
            Self { order: by_time.clone(), builds_after: Vec::new() },
            Self { order: by_time.clone(), builds_after: after_each.clone() },
            Self { order: newest_first, builds_after: after_each.clone() },
        ];
        for seed in 0..3 {
            let mut dice = Dice::new(seed);
            let mut order = by_time.clone();
            for at in (1..crawls).rev() {
                order.swap(at, dice.below(at + 1));
            }
            let builds_after = after_each.iter().copied().filter(|_| dice.chance(40)).collect();
            ways.push(Self { order, builds_after });
        }
        ways
    }
}

/// What an index of the crawls, folded in one way, holds.
struct Folded {
    rows: Vec<FullRow>,
    /// By name.
    files: Vec<FileEntry>,
}

fn fold(crawls: &[Vec<Visit>], way: &Way) -> Folded {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open_or_create(folder.path(), BucketCount::new(4).unwrap()).unwrap();
    for (done, number) in way.order.iter().enumerate() {
        if way.builds_after.contains(&done) {
            build_now(&data);
        }
        add_crawl(&data, &format!("crawl-{number}"), &crawls[*number]);
    }
    build_now(&data);
    let snapshot = open(&data).snapshot();
    let mut files = snapshot.manifest().files.clone();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Folded { rows: every_row(&snapshot), files }
}

fn build_now(data: &DataDir) {
    build(data, OPTIONS, Timestamp::from_seconds(0), &Progress::new(true)).unwrap();
}

/// The steps of a small web. One of them comes as two crawls: each has some of its pages.
fn crawls() -> Vec<Vec<Visit>> {
    let web = web(31, 250);
    let mut crawls: Vec<Vec<Visit>> = STEPS.map(|step| web.visits(step).collect()).collect();
    let half = crawls[5].len() / 2;
    let rest = crawls[5].split_off(half);
    crawls.push(rest);
    crawls
}

#[test]
fn every_order_of_folding_gives_the_same_rows() {
    let crawls = crawls();
    let mut first: Option<Folded> = None;
    for way in Way::all(crawls.len()) {
        let folded = fold(&crawls, &way);
        let expected = first.get_or_insert_with(|| Folded { rows: folded.rows.clone(), files: Vec::new() });
        assert_eq!(folded.rows.len(), expected.rows.len(), "{way:?}");
        for (row, expected) in folded.rows.iter().zip(&expected.rows) {
            assert_eq!(row, expected, "{way:?}");
        }
    }
    let rows = first.map_or(0, |folded| folded.rows.len());
    println!("{rows} rows, equal in every order");
    assert!(rows > 4000, "{rows}");
}

#[test]
fn every_order_of_folding_gives_the_same_bytes() {
    let crawls = crawls();
    let mut first: Option<Vec<FileEntry>> = None;
    for way in Way::all(crawls.len()) {
        let files = fold(&crawls, &way).files;
        let expected = first.get_or_insert_with(|| files.clone());
        let names = |files: &[FileEntry]| files.iter().map(|file| file.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&files), names(expected), "{way:?}");
        for (file, expected) in files.iter().zip(&*expected) {
            assert_eq!(file, expected, "{way:?}");
        }
    }
    println!("{} files, equal in every order", first.map_or(0, |files| files.len()));
}
