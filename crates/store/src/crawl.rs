//! A crawl: what came in, as sorted visits, immutable.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Bucket, BucketCount, CrawlId, Timestamp, Visit};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::block::Compression;
use crate::error::{Result, StoreError, bad_manifest, corrupt};
use crate::facts::{VisitFacts, encode_visit};
use crate::layout::{DataDir, TemporaryFolder, file_name, publish_folder};
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::parallel::for_each;
use crate::partial;
use crate::record::{RecordScan, RecordWriter};
use crate::sort::{SortedRuns, Sorter};
use crate::stop::kill_point;

/// Bytes of a visit's key after the URL key: time (8), offset in the archive (8), hash of the archive's
/// name (8). So visits of one second are in the order of their archive.
pub(crate) const VISIT_SUFFIX: usize = 24;

/// Crawls are kept, and read once or twice.
pub(crate) const VISITS_COMPRESSION: Compression = Compression::Zstd(3);

/// Where the first skips of a reason were, at most this many for each input.
pub const SKIP_EXAMPLES: usize = 100;

/// Records of one input that could not be used for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skips {
    /// How many.
    pub count: u64,
    /// Byte offsets of the first [`SKIP_EXAMPLES`].
    pub offsets: Vec<u64>,
}

/// One input of a crawl and what became of its records.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrawlInput {
    /// File name, without its folder.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Records read.
    pub records: u64,
    /// Records that became visits.
    pub pages: u64,
    /// Links of those pages that are stored.
    pub links: u64,
    /// Records that hold no page (requests, metadata …), by kind.
    pub other: BTreeMap<String, u64>,
    /// Pages that were used although something was wrong with them, by what it was.
    pub tolerated: BTreeMap<String, u64>,
    /// Why the input could not be read, or not to its end.
    pub rejected: Option<String>,
    /// Records that were left out, by reason.
    pub skips: BTreeMap<String, Skips>,
}

impl CrawlInput {
    /// Counts a record that was left out.
    pub fn skip(&mut self, reason: &str, offset: u64) {
        let skips = self.skips.entry(reason.to_owned()).or_default();
        skips.count += 1;
        if skips.offsets.len() < SKIP_EXAMPLES {
            skips.offsets.push(offset);
        }
    }
}

/// The manifest of a crawl.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrawlManifest {
    /// The crawl's name.
    pub crawl: String,
    /// Buckets of the index.
    pub buckets: u16,
    /// Visits stored.
    pub visits: u64,
    /// Links stored in them.
    pub links: u64,
    /// Visits left out because the same bytes were there already (same URL, time and digest).
    pub duplicates: u64,
    /// Seconds since 1970 of the first and the last visit; `None` without visits.
    pub fetched: Option<(i64, i64)>,
    /// What was read.
    pub inputs: Vec<CrawlInput>,
    /// The files.
    pub files: Vec<FileEntry>,
}

impl CrawlManifest {
    /// Reads the manifest of a crawl.
    pub fn read(data: &DataDir, crawl: &CrawlId) -> Result<Self> {
        let path = data.crawl(crawl).join(MANIFEST);
        let manifest: Self = manifest::read(&path)?;
        if manifest.buckets != data.buckets().get() || manifest.files.len() != usize::from(manifest.buckets) {
            return Err(bad_manifest(&path, "the crawl has other buckets than the index"));
        }
        Ok(manifest)
    }

    /// A checksum of what the crawl holds: the same for the same visits, whatever its files are called.
    pub(crate) fn checksum(&self) -> String {
        let lines: Vec<String> = self.files.iter().map(|file| format!("{} {}\n", file.rows, file.checksum)).collect();
        format!("{:016x}", xxh3_64(lines.concat().as_bytes()))
    }

    pub(crate) fn visits(&self, folder: &Path, bucket: Bucket) -> Result<RecordScan> {
        let entry = self.files.get(usize::from(bucket.0));
        let entry = entry.ok_or_else(|| bad_manifest(&folder.join(MANIFEST), "a bucket is missing"))?;
        RecordScan::open(folder, entry)
    }
}

/// Takes visits in any order; each ingesting thread has one.
#[derive(Debug)]
pub struct VisitSorter {
    sorter: Sorter,
    buckets: BucketCount,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl VisitSorter {
    /// A sorter that holds about `memory_bytes` and spills into `folder`.
    pub fn new(folder: &Path, buckets: BucketCount, memory_bytes: usize) -> Self {
        let sorter = Sorter::new(folder, buckets.get().into(), memory_bytes).compressed();
        Self { sorter, buckets, key: Vec::new(), value: Vec::new() }
    }

    /// Adds a visit.
    pub fn push(&mut self, visit: &Visit) -> Result<()> {
        self.key.clear();
        self.key.extend_from_slice(visit.key.as_bytes());
        // Flipping the sign bit makes byte order the order of time.
        let time = (visit.page.fetched_at.seconds() as u64) ^ (1 << 63);
        self.key.extend_from_slice(&time.to_be_bytes());
        self.key.extend_from_slice(&visit.evidence.offset.to_be_bytes());
        self.key.extend_from_slice(&xxh3_64(visit.evidence.archive.as_bytes()).to_be_bytes());
        self.value.clear();
        encode_visit(visit, &mut self.value);
        self.sorter.push(self.buckets.of(&visit.key.host()).0, &self.key, &self.value)
    }

    /// The visits so far, on disk; the sorter goes on empty.
    pub fn take(&mut self) -> Result<SortedRuns> {
        self.sorter.take()
    }

    /// Ends the sorter.
    pub fn finish(self) -> Result<SortedRuns> {
        self.sorter.finish(true)
    }
}

/// What one bucket of a crawl came to.
struct BucketOutcome {
    entry: FileEntry,
    links: u64,
    duplicates: u64,
    fetched: Option<(i64, i64)>,
}

/// Merges sorted visits into the files of a crawl and publishes it; what was kept of its ingest goes.
///
/// A crawl of that name made from inputs of the same names and sizes is left as it is, so that a
/// repeated ingest is harmless; one made from others is [`StoreError::CrawlExists`].
pub fn publish_crawl(
    data: &DataDir,
    crawl: &CrawlId,
    runs: Vec<SortedRuns>,
    inputs: Vec<CrawlInput>,
    threads: usize,
    staging: &TemporaryFolder,
) -> Result<CrawlManifest> {
    let folder = staging.path().join("crawl");
    std::fs::create_dir_all(&folder).map_err(|source| StoreError::Io {
        operation: "create",
        path: folder.clone(),
        source,
    })?;
    let runs = match SortedRuns::join(runs) {
        Some(runs) => runs?,
        None => SortedRuns::empty(staging.path(), data.buckets().get().into()),
    };
    let outcomes =
        for_each(data.buckets().get().into(), threads, |bucket| write_bucket(&folder, Bucket(bucket as u16), &runs))?;
    let manifest = CrawlManifest {
        crawl: crawl.to_string(),
        buckets: data.buckets().get(),
        visits: outcomes.iter().map(|outcome| outcome.entry.rows).sum(),
        links: outcomes.iter().map(|outcome| outcome.links).sum(),
        duplicates: outcomes.iter().map(|outcome| outcome.duplicates).sum(),
        fetched: outcomes.iter().fold(None, |all, outcome| joined(all, outcome.fetched)),
        inputs,
        files: outcomes.into_iter().map(|outcome| outcome.entry).collect(),
    };
    kill_point("crawl.merged");
    manifest::write(&folder.join(MANIFEST), &manifest)?;
    kill_point("crawl.named");
    publish_folder(&folder, &data.crawl(crawl))?;
    kill_point("crawl.published");
    partial::remove_published(data)?;
    Ok(manifest)
}

/// Whether a crawl of this name is there; an error if it was made from other inputs (names and sizes).
pub fn is_ingested(data: &DataDir, crawl: &CrawlId, inputs: &[(String, u64)]) -> Result<bool> {
    let folder = data.crawl(crawl);
    let is_there = folder.join(MANIFEST).try_exists();
    if !is_there.map_err(|source| StoreError::Io { operation: "look for", path: folder, source })? {
        return Ok(false);
    }
    let manifest = CrawlManifest::read(data, crawl)?;
    let mut known: Vec<(&str, u64)> =
        manifest.inputs.iter().map(|input| (input.name.as_str(), input.size_bytes)).collect();
    let mut asked: Vec<(&str, u64)> = inputs.iter().map(|(name, size)| (name.as_str(), *size)).collect();
    known.sort_unstable();
    asked.sort_unstable();
    if known == asked { Ok(true) } else { Err(StoreError::CrawlExists { crawl: crawl.to_string() }) }
}

/// The first and the last time of two spans together.
pub(crate) fn joined(one: Option<(i64, i64)>, other: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

fn write_bucket(folder: &Path, bucket: Bucket, runs: &SortedRuns) -> Result<BucketOutcome> {
    let name = file_name("visits", bucket);
    let path = folder.join(&name);
    let mut writer = RecordWriter::create(folder, name, VISITS_COMPRESSION)?;
    let mut merge = runs.merge(bucket.0)?;
    let (mut links, mut duplicates, mut fetched) = (0, 0, None::<(i64, i64)>);
    let mut last_visit: Vec<u8> = Vec::new();
    let mut seen_digests: Vec<String> = Vec::new();
    while merge.advance()? {
        let (key, value) = (merge.key(), merge.value());
        let visit = VisitFacts::decode(value).map_err(|error| corrupt(&path, "run", error.0))?;
        let url_and_time = &key[..key.len() - VISIT_SUFFIX + 8];
        if last_visit != url_and_time {
            url_and_time.clone_into(&mut last_visit);
            seen_digests.clear();
        }
        if let Some(digest) = visit.evidence.digest {
            if seen_digests.iter().any(|seen| seen == digest) {
                duplicates += 1;
                continue;
            }
            seen_digests.push(digest.to_owned());
        }
        links += visit.links.len() as u64;
        let at = Timestamp::seconds(visit.page.fetched_at);
        fetched = joined(fetched, Some((at, at)));
        writer.push(key, value)?;
    }
    Ok(BucketOutcome { entry: writer.finish()?, links, duplicates, fetched })
}
