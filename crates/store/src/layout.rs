//! Where things are in a data directory.
//!
//! ```text
//! DATA/index.json                      settings fixed when the index was made
//! DATA/lock                            held by the process that writes
//! DATA/keys.json                       API keys (the server's)
//! DATA/forgotten.json                  hosts that are kept out
//! DATA/crawls/NAME/manifest.json       and visits-0000.blk …, one file a bucket
//! DATA/ingest/NAME/…                   what an ingest that is not finished has read so far
//! DATA/snapshots/000001/manifest.json  and the tables of the snapshot
//! DATA/snapshots/CURRENT               the number of the snapshot that is served
//! DATA/tmp/…                           what is being made; nothing in it outlives its command
//! ```

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use model::{Bucket, BucketCount, CrawlId, KEY_VERSION, SUFFIX_LIST_VERSION, SnapshotId};
use serde::{Deserialize, Serialize};

use crate::crawl_folder;
use crate::durable;
use crate::error::{IoContext, Result, StoreError, bad_manifest};
use crate::manifest;
use crate::partial;
use crate::stop::kill_point;

/// 3: links know why they are new or lost; pages are numbered by their place in the table.
const FORMAT: u32 = 3;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexFile {
    format: u32,
    buckets: u16,
    key_version: u32,
    suffix_list: String,
}

/// The pointer to the snapshot that is served.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrentFile {
    snapshot: u32,
}

/// A data directory whose settings have been read.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
    buckets: BucketCount,
}

/// The right to write into a data directory; ends with the value.
#[derive(Debug)]
pub struct WriteLock {
    file: File,
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // Closing alone would leave the lock to a child that another thread is starting, until that runs its
        // own program. If this fails the lock ends with the file.
        let _ = self.file.unlock();
    }
}

/// A folder for temporary files, removed with the value.
#[derive(Debug)]
pub struct TemporaryFolder {
    path: PathBuf,
}

impl TemporaryFolder {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What stays behind is removed by the next writer.
        let _ = durable::remove_folder(&self.path);
    }
}

impl DataDir {
    /// Opens an index, or makes an empty one with `buckets` buckets if there is none. Of several who come at once one
    /// makes it, and all others open that.
    pub fn open_or_create(root: &Path, buckets: BucketCount) -> Result<Self> {
        let path = root.join("index.json");
        while !path.try_exists().during("look for", &path)? {
            for folder in [root.to_owned(), root.join("crawls"), root.join("snapshots")] {
                fs::create_dir_all(&folder).during("create", &folder)?;
            }
            match try_lock(root) {
                Ok(_lock) => create(root, buckets)?,
                // Another makes it.
                Err(StoreError::Locked { .. }) => thread::sleep(Duration::from_millis(5)),
                Err(error) => return Err(error),
            }
        }
        Self::open(root)
    }

    /// Opens an index. [`StoreError::NotFound`] if there is none.
    pub fn open(root: &Path) -> Result<Self> {
        let path = root.join("index.json");
        if !path.try_exists().during("look for", &path)? {
            return Err(StoreError::NotFound { what: "an index".to_owned(), path: root.to_owned() });
        }
        let settings: IndexFile = manifest::read(&path)?;
        if settings.format != FORMAT {
            return Err(StoreError::Format { path, found: settings.format, read: FORMAT });
        }
        if settings.key_version != KEY_VERSION {
            return Err(bad_manifest(&path, "the index was made with another form of keys; ingest it anew"));
        }
        if settings.suffix_list != SUFFIX_LIST_VERSION {
            return Err(bad_manifest(&path, "the index was made with another public suffix list; ingest it anew"));
        }
        let buckets = BucketCount::new(settings.buckets).ok_or_else(|| bad_manifest(&path, "no buckets"))?;
        Ok(Self { root: root.to_owned(), buckets })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How many buckets the index has.
    pub fn buckets(&self) -> BucketCount {
        self.buckets
    }

    /// The folder of a crawl.
    pub fn crawl(&self, crawl: &CrawlId) -> PathBuf {
        self.root.join("crawls").join(crawl.as_str())
    }

    /// The folder of a snapshot.
    pub fn snapshot(&self, snapshot: SnapshotId) -> PathBuf {
        self.root.join("snapshots").join(snapshot.to_string())
    }

    /// The crawls, in order of their names.
    pub fn crawls(&self) -> Result<Vec<CrawlId>> {
        let mut crawls: Vec<CrawlId> =
            names(&self.root.join("crawls"))?.iter().filter_map(|name| name.parse().ok()).collect();
        crawls.sort();
        Ok(crawls)
    }

    /// The snapshots, oldest first.
    pub fn snapshots(&self) -> Result<Vec<SnapshotId>> {
        let names = names(&self.root.join("snapshots"))?;
        let mut found: Vec<SnapshotId> = names
            .iter()
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .filter_map(|name| name.parse().ok())
            .collect();
        found.sort();
        Ok(found)
    }

    /// The snapshot that is served; `None` before the first build.
    pub fn current(&self) -> Result<Option<SnapshotId>> {
        let path = self.root.join("snapshots").join("CURRENT");
        if !path.try_exists().during("look for", &path)? {
            return Ok(None);
        }
        let current: CurrentFile = manifest::read(&path)?;
        Ok(Some(SnapshotId(current.snapshot)))
    }

    /// Makes a snapshot the one that is served.
    pub(crate) fn set_current(&self, snapshot: SnapshotId) -> Result<()> {
        kill_point("current.before");
        manifest::write(&self.root.join("snapshots").join("CURRENT"), &CurrentFile { snapshot: snapshot.0 })?;
        kill_point("current.after");
        Ok(())
    }

    /// Takes the right to write, and clears what a killed writer left behind.
    pub fn lock(&self) -> Result<WriteLock> {
        let lock = try_lock(&self.root)?;
        kill_point("lock.taken");
        durable::remove_folder(&self.root.join("tmp"))?;
        partial::remove_published(self)?;
        crawl_folder::remove_unnamed(self)?;
        Ok(lock)
    }

    /// A new folder for temporary files.
    pub fn temporary(&self, name: &str) -> Result<TemporaryFolder> {
        let path = self.root.join("tmp").join(name);
        durable::remove_folder(&path)?;
        fs::create_dir_all(&path).during("create", &path)?;
        Ok(TemporaryFolder { path })
    }
}

/// Writes the settings of a new index, unless another has done so meanwhile. The caller has the right to write.
fn create(root: &Path, buckets: BucketCount) -> Result<()> {
    let path = root.join("index.json");
    if path.try_exists().during("look for", &path)? {
        return Ok(());
    }
    let settings = IndexFile {
        format: FORMAT,
        buckets: buckets.get(),
        key_version: KEY_VERSION,
        suffix_list: SUFFIX_LIST_VERSION.to_owned(),
    };
    manifest::write(&path, &settings)?;
    durable::sync_folder(root)?;
    durable::sync_parent(root)
}

/// Takes the right to write, and does nothing with it. [`StoreError::Locked`] if another has it.
fn try_lock(root: &Path) -> Result<WriteLock> {
    let path = root.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path).during("open", &path)?;
    match file.try_lock() {
        Ok(()) => Ok(WriteLock { file }),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
        Err(TryLockError::Error(source)) => Err(StoreError::Io { operation: "lock", path, source }),
    }
}

/// Moves a finished folder to its place, for good.
pub(crate) fn publish_folder(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).during("create", parent)?;
    }
    durable::sync_folder(from)?;
    kill_point("folder.synced");
    fs::rename(from, to).during("rename", from)?;
    kill_point("folder.renamed");
    durable::sync_parent(to)
}

/// Takes a folder out of sight in one step, then removes it and all in it.
pub(crate) fn discard(data: &DataDir, path: &Path) -> Result<()> {
    let rubbish = data.temporary("removed")?;
    let moved = rubbish.path().join(path.file_name().unwrap_or_default());
    kill_point("retire.before");
    fs::rename(path, &moved).during("rename", path)?;
    kill_point("retire.moved");
    durable::sync_parent(path)?;
    durable::remove_folder(&moved)
}

/// The name of a bucket's file: `visits-0007.blk`.
pub(crate) fn file_name(table: &str, bucket: Bucket) -> String {
    format!("{table}-{:04}.blk", bucket.0)
}

pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    // A copy of an index may lack a folder that was empty.
    if !folder.try_exists().during("look for", folder)? {
        return Ok(names);
    }
    for entry in fs::read_dir(folder).during("list", folder)? {
        names.extend(entry.during("list", folder)?.file_name().into_string());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn of_many_who_make_an_index_at_once_one_does() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let root = folder.path().join(round.to_string());
            let start = Barrier::new(8);
            let make = |buckets| {
                start.wait();
                DataDir::open_or_create(&root, BucketCount::new(buckets).unwrap()).unwrap().buckets()
            };
            let found: Vec<BucketCount> = thread::scope(|scope| {
                let makers: Vec<_> = (1..=8).map(|buckets| scope.spawn(move || make(buckets))).collect();
                makers.into_iter().map(|maker| maker.join().unwrap()).collect()
            });
            let made = DataDir::open(&root).unwrap().buckets();
            assert!(found.iter().all(|buckets| *buckets == made), "{found:?}");
        }
    }

    #[test]
    fn an_index_that_is_there_is_opened_while_another_writes() {
        let folder = tempfile::tempdir().unwrap();
        let make = |buckets| DataDir::open_or_create(folder.path(), BucketCount::new(buckets).unwrap()).unwrap();
        let data = make(3);
        let _lock = data.lock().unwrap();
        assert_eq!(make(5).buckets(), data.buckets());
        create(folder.path(), BucketCount::new(5).unwrap()).unwrap();
        assert_eq!(make(5).buckets(), data.buckets(), "made while this one waited");
        assert!(matches!(data.lock(), Err(StoreError::Locked { .. })));
    }
}
