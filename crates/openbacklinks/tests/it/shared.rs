//! Folders, indexes and test data that several tests use.

use std::path::{Path, PathBuf};

use model::{BucketCount, Timestamp, Visit};
use openbacklinks::pipeline::{build, visits_of_archive};
use openbacklinks::terminal::Progress;
use query::Index;
use store::{BuildOptions, CrawlInput, DataDir, VisitSorter};

pub(crate) const OPTIONS: BuildOptions = BuildOptions { memory_bytes: 128 << 20, threads: 2, is_full: false };

/// The shared test data, if it is there; says so if it is not.
pub(crate) fn shared_data(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(part);
    if path.try_exists().unwrap_or(false) {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// Every file of a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Every visit of the real captures, if they are there.
pub(crate) fn captures() -> Option<Vec<Visit>> {
    let folder = shared_data("captures")?;
    Some(files(&folder).iter().flat_map(|file| visits_of_archive(file).unwrap().0).collect())
}

/// An index of visits, one crawl for each slice.
pub(crate) fn index_of(folder: &Path, crawls: &[&[Visit]], buckets: u16) -> DataDir {
    let data = DataDir::open_or_create(folder, BucketCount::new(buckets).unwrap()).unwrap();
    for (number, visits) in crawls.iter().enumerate() {
        add_crawl(&data, &format!("crawl-{number}"), visits);
    }
    build(&data, OPTIONS, Timestamp::from_seconds(0), &Progress::new(true)).unwrap();
    data
}

pub(crate) fn add_crawl(data: &DataDir, name: &str, visits: &[Visit]) {
    let staging = data.temporary("test").unwrap();
    let mut sorter = VisitSorter::new(staging.path(), data.buckets(), 1 << 20);
    for visit in visits {
        sorter.push(visit).unwrap();
    }
    let runs = vec![sorter.finish().unwrap()];
    let input = CrawlInput { name: name.to_owned(), ..CrawlInput::default() };
    store::publish_crawl(data, &name.parse().unwrap(), runs, vec![input], 2, &staging).unwrap();
}

pub(crate) fn open(data: &DataDir) -> Index {
    Index::open(data.root(), 16 << 20).unwrap()
}
