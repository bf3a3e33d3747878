//! A published snapshot, open for questions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use model::{Bucket, BucketCount, SnapshotId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::bucket::BucketReader;
use crate::build::FoldedCrawl;
use crate::cache::BlockCache;
use crate::error::{Result, bad_manifest};
use crate::group::{GroupFile, GroupShape};
use crate::layout::DataDir;
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::record::RecordScan;

/// What a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Pages that were visited or are linked to.
    pub pages: u64,
    /// Pages that were visited.
    pub visited_pages: u64,
    /// Registrable domains.
    pub domains: u64,
    /// Direct links.
    pub links: u64,
    /// Links through redirects and canonicals.
    pub indirect_links: u64,
    /// The newest visit, seconds since 1970.
    pub newest_visit: i64,
}

/// How the ranks were computed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankSummary {
    /// Version of the scale.
    pub scale_version: u32,
    /// Version of the signals of spam.
    pub spam_version: u32,
    /// Damping factor.
    pub damping: f64,
    /// Sweeps over the page graph.
    pub page_iterations: u32,
    /// Bound of the L1 error of the page ranks.
    pub page_l1_bound: f64,
    /// Sweeps over the domain graph.
    pub domain_iterations: u32,
    /// Bound of the L1 error of the domain ranks.
    pub domain_l1_bound: f64,
    /// Edges of the page graph.
    pub page_edges: u64,
    /// Edges of the domain graph.
    pub domain_edges: u64,
    /// Whether edges were read from disk in every sweep, because the graph did not fit into memory.
    pub streamed: bool,
}

/// The manifest of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotManifest {
    /// Its number.
    pub snapshot: u32,
    /// When it was made, seconds since 1970.
    pub created_at: i64,
    /// Buckets of the index.
    pub buckets: u16,
    /// Version of the key format.
    pub key_version: u32,
    /// Version of the public suffix list.
    pub suffix_list: String,
    /// The crawls it was made from, in order of their names.
    pub crawls: Vec<FoldedCrawl>,
    /// What it holds.
    pub totals: Totals,
    /// How the ranks were computed.
    pub rank: RankSummary,
    /// The files.
    pub files: Vec<FileEntry>,
}

/// A row of a bucket: its section and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// 0 for direct links, 1 for indirect ones.
    pub section: u8,
    /// Number in the section, below 2^31.
    pub row: u32,
}

impl RowId {
    pub(crate) fn pack(self) -> u32 {
        self.row | u32::from(self.section) << 31
    }

    pub(crate) fn unpack(packed: u32) -> Self {
        Self { section: (packed >> 31) as u8, row: packed & !(1 << 31) }
    }
}

/// An open snapshot. Files are opened when a question first touches their bucket; decoded blocks are
/// kept in a cache that all threads share.
#[derive(Debug)]
pub struct Snapshot {
    folder: PathBuf,
    manifest: SnapshotManifest,
    buckets: BucketCount,
    files: HashMap<String, usize>,
    cache: Option<Arc<BlockCache>>,
    readers: Vec<OnceLock<BucketReader>>,
}

impl Snapshot {
    /// Opens a snapshot with a cache of `cache_bytes` (0: none).
    pub fn open(data: &DataDir, id: SnapshotId, cache_bytes: u64) -> Result<Self> {
        let folder = data.snapshot(id);
        let path = folder.join(MANIFEST);
        let manifest: SnapshotManifest = manifest::read(&path)?;
        if manifest.buckets != data.buckets().get() || manifest.snapshot != id.0 {
            return Err(bad_manifest(&path, "the manifest is of another snapshot or index"));
        }
        Ok(Self::of_manifest(folder, data.buckets(), manifest, cache_bytes))
    }

    pub(crate) fn of_manifest(
        folder: PathBuf,
        buckets: BucketCount,
        manifest: SnapshotManifest,
        cache_bytes: u64,
    ) -> Self {
        let files = manifest.files.iter().enumerate().map(|(at, entry)| (entry.name.clone(), at)).collect();
        let cache = (cache_bytes > 0).then(|| Arc::new(BlockCache::new(cache_bytes)));
        let readers = buckets.all().map(|_| OnceLock::new()).collect();
        Self { folder, manifest, buckets, files, cache, readers }
    }

    /// The manifest.
    pub fn manifest(&self) -> &SnapshotManifest {
        &self.manifest
    }

    /// The snapshot's number.
    pub fn id(&self) -> SnapshotId {
        SnapshotId(self.manifest.snapshot)
    }

    /// When it was made.
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.manifest.created_at)
    }

    /// When the newest page was visited.
    pub fn newest_visit(&self) -> Timestamp {
        Timestamp::from_seconds(self.manifest.totals.newest_visit)
    }

    /// How many buckets there are.
    pub fn buckets(&self) -> BucketCount {
        self.buckets
    }

    /// The reader of a bucket; opens its files at the first call.
    pub fn bucket(&self, bucket: Bucket) -> Result<&BucketReader> {
        let cell = self
            .readers
            .get(usize::from(bucket.0))
            .ok_or_else(|| bad_manifest(&self.folder.join(MANIFEST), "no such bucket"))?;
        if let Some(reader) = cell.get() {
            return Ok(reader);
        }
        let reader = BucketReader::open(self, bucket)?;
        Ok(cell.get_or_init(|| reader))
    }

    /// Opens one file of the manifest.
    pub(crate) fn group(&self, name: &str, shape: &'static GroupShape) -> Result<GroupFile> {
        GroupFile::open(&self.folder, self.entry(name)?, shape, self.cache.clone())
    }

    /// Whether the manifest has a file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    pub(crate) fn entry(&self, name: &str) -> Result<&FileEntry> {
        let entry = self.files.get(name).and_then(|at| self.manifest.files.get(*at));
        entry.ok_or_else(|| bad_manifest(&self.folder.join(MANIFEST), format!("names no file {name}")))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The records of one table of a bucket, in order.
    pub(crate) fn records(&self, name: &str) -> Result<RecordScan> {
        RecordScan::open(&self.folder, self.entry(name)?)
    }
}
