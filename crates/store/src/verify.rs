//! Reading everything once, to know that it is what was written.

use std::path::{Path, PathBuf};

use model::CrawlId;

use crate::block::BlockFile;
use crate::crawl::CrawlManifest;
use crate::error::{Result, StoreError};
use crate::forgotten::forgotten_hosts;
use crate::layout::DataDir;
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::snapshot::SnapshotManifest;

/// What a check of an index found.
#[derive(Debug, Default)]
pub struct Verification {
    /// Files read.
    pub files: u64,
    /// Blocks read.
    pub blocks: u64,
    /// Bytes read.
    pub bytes: u64,
    /// What does not fit: each names its file and block.
    pub problems: Vec<StoreError>,
}

/// Reads every file of every crawl and snapshot and checks every block. Problems are collected, so
/// that one does not hide another; `progress` gets the path and number of each file.
pub fn verify(data: &DataDir, mut progress: impl FnMut(&Path, u64)) -> Result<Verification> {
    let mut found = Verification::default();
    for crawl in data.crawls()? {
        collect_crawl(data, &crawl, &mut found, &mut progress);
    }
    for snapshot in data.snapshots()? {
        let folder = data.snapshot(snapshot);
        match manifest::read::<SnapshotManifest>(&folder.join(MANIFEST)) {
            Ok(manifest) => check_files(&folder, &manifest.files, &mut found, &mut progress),
            Err(error) => found.problems.push(error),
        }
    }
    found.problems.extend(forgotten_hosts(data).err());
    match data.current() {
        Ok(Some(id)) if !data.snapshots()?.contains(&id) => {
            found.problems.push(StoreError::NotFound { what: format!("snapshot {id}"), path: data.root().to_owned() });
        }
        Ok(_) => {}
        Err(error) => found.problems.push(error),
    }
    Ok(found)
}

fn collect_crawl(data: &DataDir, crawl: &CrawlId, found: &mut Verification, progress: &mut impl FnMut(&Path, u64)) {
    match CrawlManifest::read(data, crawl) {
        Ok(manifest) => check_files(&data.crawl(crawl), &manifest.files, found, progress),
        Err(error) => found.problems.push(error),
    }
}

fn check_files(folder: &Path, files: &[FileEntry], found: &mut Verification, progress: &mut impl FnMut(&Path, u64)) {
    for entry in files {
        let path: PathBuf = folder.join(&entry.name);
        progress(&path, found.files);
        found.files += 1;
        found.bytes += entry.size_bytes;
        match BlockFile::open(folder, entry).and_then(|file| file.verify()) {
            Ok(blocks) => found.blocks += blocks,
            Err(error) => found.problems.push(error),
        }
    }
}
