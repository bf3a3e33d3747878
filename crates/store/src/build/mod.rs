//! Building a snapshot from crawls: named files in, named files out, one bucket at a time.
//!
//! ```text
//! sources   visits of all crawls, by page       → sources; links sorted by target
//! targets   links by target ⋈ pages of bucket   → links/body, pages; edges; chains of one hop
//! chains    chains ⋈ pages, hop by hop          → links/indirect
//! (rank)    edges                               → ranks, by the caller
//! scores    rows ⋈ ranks                        → links/*/scan, links/*/scores, hosts, page scores
//! (order)   scan                                → order, by the caller
//! publish   manifest, rename, CURRENT
//! ```
//!
//! A page's bucket as a source and as a target is the same, because both follow its registrable
//! domain; so every join here is a merge of two sorted streams of one bucket.

mod chains;
mod domains;
mod enrichment;
mod scores;
mod sitewide;
mod sources;
mod targets;

use std::path::Path;

use model::{Bucket, BucketCount, Host, HostKey, KEY_VERSION, SUFFIX_LIST_VERSION, SnapshotId, Timestamp, UrlKey};

use crate::crawl::CrawlManifest;
use crate::error::{IoContext, Result, StoreError, corrupt};
use crate::group::{Block, GroupShape};
use crate::layout::{DataDir, TemporaryFolder, file_name, publish_folder};
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::order::OrderWriter;
use crate::pages::{DOMAINS, PAGES, PageRow};
use crate::parallel::for_each;
use crate::snapshot::{RankSummary, Snapshot, SnapshotManifest, Totals};
use crate::sort::{Merge, SortedRuns, Sorter};

pub(crate) use domains::domain_key;
pub use enrichment::{Assess, AssessedPage, CountryOf, KnownPage, Scoring, Standing};
pub(crate) use scores::{HOSTS, SECTIONS};

/// How much a build may use.
#[derive(Debug, Clone, Copy)]
pub struct BuildOptions {
    /// Memory in bytes for everything together.
    pub memory_bytes: usize,
    /// Threads.
    pub threads: usize,
}

/// What the stages of a build share.
struct Context<'a> {
    data: &'a DataDir,
    /// Where the snapshot is made.
    folder: &'a Path,
    /// Where runs are spilled.
    runs: &'a Path,
    crawls: &'a [CrawlManifest],
    previous: Option<&'a Snapshot>,
    buckets: BucketCount,
    options: BuildOptions,
    assess: Assess<'a>,
}

impl Context<'_> {
    /// A sorter's share if `count` of them fill at once on every thread.
    fn sorter(&self, count: usize) -> Sorter {
        // Half of the memory sorts; the rest is for what is being read, written and merged.
        let budget = self.options.memory_bytes / 2 / self.options.threads.max(1) / count;
        Sorter::new(self.runs, self.buckets.get().into(), budget)
    }
}

/// A build between its stages.
#[derive(Debug)]
pub struct Build {
    data: DataDir,
    staging: TemporaryFolder,
    options: BuildOptions,
    snapshot: SnapshotId,
    crawls: Vec<CrawlManifest>,
    files: Vec<FileEntry>,
    totals: Totals,
    page_counts: Vec<u32>,
    domain_counts: Vec<u32>,
    page_edges: SortedRuns,
    domain_edges: SortedRuns,
}

/// What a stage tells while it works: its name, buckets done, buckets in all.
pub type StageProgress<'a> = &'a (dyn Fn(&'static str, usize, usize) + Sync);

impl Build {
    /// Runs the stages before the ranks: sources, targets, chains.
    pub fn begin(
        data: &DataDir,
        options: BuildOptions,
        assess: Assess<'_>,
        progress: StageProgress<'_>,
    ) -> Result<Self> {
        let staging = data.temporary("build")?;
        let folder = staging.path().join("snapshot");
        let runs = staging.path().join("runs");
        for path in [folder.join("links/body"), folder.join("links/indirect"), runs.clone()] {
            std::fs::create_dir_all(&path).during("create", &path)?;
        }
        let crawl_ids = data.crawls()?;
        if crawl_ids.is_empty() {
            return Err(StoreError::NotFound { what: "a crawl".to_owned(), path: data.root().to_owned() });
        }
        let crawls: Vec<CrawlManifest> =
            crawl_ids.iter().map(|crawl| CrawlManifest::read(data, crawl)).collect::<Result<_>>()?;
        let previous = data.current()?.map(|id| Snapshot::open(data, id, 0)).transpose()?;
        let newest = data.snapshots()?.last().copied();
        let context = Context {
            data,
            folder: &folder,
            runs: &runs,
            crawls: &crawls,
            previous: previous.as_ref(),
            buckets: data.buckets(),
            options,
            assess,
        };
        let buckets = usize::from(data.buckets().get());
        let mut files = Vec::new();
        let mut totals = Totals::default();

        let sources = context.stage("sources", progress, |bucket| sources::merge(&context, bucket))?;
        let mut link_runs = Vec::new();
        for outcome in &sources {
            totals.visited_pages += outcome.pages;
            totals.newest_visit = totals.newest_visit.max(outcome.newest_visit);
            files.push(outcome.entry.clone());
            link_runs.push(outcome.links.clone());
        }
        let links = joined(link_runs, &runs, buckets)?;
        let (entries, ordinals): (Vec<_>, Vec<_>) =
            sources.into_iter().map(|outcome| (outcome.entry, outcome.ordinals)).unzip();

        let targets = context.stage("targets", progress, |bucket| {
            targets::merge(&context, bucket, &entries[usize::from(bucket.0)], &ordinals[usize::from(bucket.0)], &links)
        })?;
        drop(links);
        let (mut page_edges, mut domain_edges, mut chains) = (Vec::new(), Vec::new(), Vec::new());
        let mut pages = Vec::new();
        let (mut page_counts, mut domain_counts) = (Vec::new(), Vec::new());
        for outcome in targets {
            totals.pages += outcome.pages.rows;
            totals.domains += outcome.domains.rows;
            totals.links += outcome.body[0].rows;
            page_counts.push(outcome.page_count);
            domain_counts.push(outcome.domain_count);
            pages.push(outcome.pages.clone());
            files.extend(outcome.body);
            files.extend([outcome.pages, outcome.domains]);
            page_edges.push(outcome.page_edges);
            domain_edges.push(outcome.domain_edges);
            chains.push(outcome.chains);
        }
        let page_edges = joined(page_edges, &runs, buckets)?;
        let domain_edges = joined(domain_edges, &runs, buckets)?;
        let chains = joined(chains, &runs, buckets)?;
        for section in chains::resolve(&context, &pages, chains, progress)? {
            totals.indirect_links += section[0].rows;
            files.extend(section);
        }
        Ok(Self {
            data: data.clone(),
            staging,
            options,
            snapshot: SnapshotId(newest.map_or(1, |id| id.0 + 1)),
            crawls,
            files,
            totals,
            page_counts,
            domain_counts,
            page_edges,
            domain_edges,
        })
    }

    /// What has been counted so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Nodes of the page graph: every page has a number below this.
    pub fn page_nodes(&self) -> u64 {
        self.page_counts.iter().copied().map(u64::from).sum()
    }

    /// Nodes of the domain graph.
    pub fn domain_nodes(&self) -> u64 {
        self.domain_counts.iter().copied().map(u64::from).sum()
    }

    /// The most edges that [`Self::page_edges`] can give.
    pub fn page_edge_bound(&self) -> u64 {
        self.page_edges.records()
    }

    /// The most edges that [`Self::domain_edges`] can give.
    pub fn domain_edge_bound(&self) -> u64 {
        self.domain_edges.records()
    }

    /// Edges between pages that pass rank, by source then target; the same edge may come again.
    pub fn page_edges(&self) -> Edges<'_> {
        Edges::new(&self.page_edges, bases(&self.page_counts))
    }

    /// Edges between registrable domains that pass rank, by source then target; see
    /// [`Self::page_edges`].
    pub fn domain_edges(&self) -> Edges<'_> {
        Edges::new(&self.domain_edges, bases(&self.domain_counts))
    }

    /// Where whoever runs the build may put files for its time.
    pub fn scratch(&self) -> &Path {
        self.staging.path()
    }

    /// Every page that is known, bucket by bucket in key order. Cost: one pass over `pages`.
    pub fn pages(&self, mut each: impl FnMut(KnownPage<'_>)) -> Result<()> {
        let (page_bases, domain_bases) = (bases(&self.page_counts), bases(&self.domain_counts));
        self.rows_of(&PAGES, |folder, bucket, block, at| {
            let page = PageRow::of(block, at).map_err(|error| corrupt(folder, bucket, error.0))?;
            let base = |bases: &[u64]| bases.get(bucket).copied().unwrap_or_default();
            each(KnownPage {
                node: base(&page_bases) + u64::from(page.ordinal),
                domain: base(&domain_bases) + u64::from(page.domain),
                host_key: UrlKey::host_key_bytes(page.key).unwrap_or_default(),
                is_home: UrlKey::is_home_page(page.key),
                visited: page.evidence.map(|evidence| (page.platforms, evidence)),
            });
            Ok(())
        })
    }

    /// Every registrable domain with its node, bucket by bucket in key order.
    pub fn domains(&self, mut each: impl FnMut(u64, &Host)) -> Result<()> {
        let bases = bases(&self.domain_counts);
        self.rows_of(&DOMAINS, |folder, bucket, block, at| {
            let key = block.bytes(0, at).unwrap_or_default();
            let host = HostKey::host_of(key).map_err(|_| corrupt(folder, bucket, "domain key"))?;
            let base = bases.get(bucket).copied().unwrap_or_default();
            each(base + block.number(1, at).unwrap_or_default(), &host);
            Ok(())
        })
    }

    /// Walks a table through all its buckets.
    fn rows_of(
        &self,
        table: &'static GroupShape,
        mut each: impl FnMut(&Path, usize, &Block, usize) -> Result<()>,
    ) -> Result<()> {
        let folder = self.staging.path().join("snapshot");
        let files = scores::FilesByName::new(&self.files);
        for bucket in self.data.buckets().all() {
            let mut rows = files.in_folder(&folder, &file_name(table.name, bucket), table)?.rows_in_order();
            while let Some((block, at)) = rows.advance()? {
                each(&folder, usize::from(bucket.0), block, at)?;
            }
        }
        Ok(())
    }

    /// Writes scores for every row, page and domain.
    pub fn scores(&mut self, scoring: &Scoring<'_>, progress: StageProgress<'_>) -> Result<()> {
        let folder = self.staging.path().join("snapshot");
        let runs = self.staging.path().join("runs");
        let context = Context {
            data: &self.data,
            folder: &folder,
            runs: &runs,
            crawls: &self.crawls,
            previous: None,
            buckets: self.data.buckets(),
            options: self.options,
            // Pages were assessed when they were written.
            assess: &|_| 0,
        };
        let (page_bases, domain_bases) = (bases(&self.page_counts), bases(&self.domain_counts));
        let files = scores::FilesByName::new(&self.files);
        let scored = context.stage("scores", progress, |bucket| {
            scores::write(&context, bucket, &files, scoring, &page_bases, &domain_bases)
        })?;
        self.files.extend(scored.into_iter().flatten());
        Ok(())
    }

    /// Opens what has been made, for questions about single buckets before it is published.
    pub fn preview(&self) -> Snapshot {
        let cache_bytes = (self.options.memory_bytes as u64 / 4).min(64 << 20);
        let manifest = self.manifest(Timestamp::default(), RankSummary::default());
        Snapshot::of_manifest(self.staging.path().join("snapshot"), self.data.buckets(), manifest, cache_bytes)
    }

    /// Writes the `order` table of every bucket: `fill` gives each bucket's lists to its writer.
    pub fn order(
        &mut self,
        fill: impl Fn(Bucket, &mut OrderWriter) -> Result<()> + Sync,
        progress: StageProgress<'_>,
    ) -> Result<()> {
        let folder = self.staging.path().join("snapshot");
        let count = usize::from(self.data.buckets().get());
        let done = std::sync::atomic::AtomicUsize::new(0);
        let written = for_each(count, self.options.threads, |bucket| {
            let bucket = Bucket(bucket as u16);
            let mut writer = OrderWriter::create(&folder, bucket)?;
            fill(bucket, &mut writer)?;
            let entry = writer.finish()?;
            progress("order", done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, count);
            Ok(entry)
        })?;
        self.files.extend(written);
        Ok(())
    }

    fn manifest(&self, created_at: Timestamp, rank: RankSummary) -> SnapshotManifest {
        SnapshotManifest {
            snapshot: self.snapshot.0,
            created_at: created_at.seconds(),
            buckets: self.data.buckets().get(),
            key_version: KEY_VERSION,
            suffix_list: SUFFIX_LIST_VERSION.to_owned(),
            crawls: self.crawls.iter().map(|crawl| crawl.crawl.clone()).collect(),
            totals: self.totals,
            rank,
            files: self.files.clone(),
        }
    }

    /// Publishes: from here on, readers that open the index see the new snapshot.
    pub fn publish(self, created_at: Timestamp, rank: RankSummary) -> Result<(SnapshotId, SnapshotManifest)> {
        let folder = self.staging.path().join("snapshot");
        let manifest = self.manifest(created_at, rank);
        manifest::write(&folder.join(MANIFEST), &manifest)?;
        for sub in ["links/body", "links/indirect", "links"] {
            crate::durable::sync_folder(&folder.join(sub))?;
        }
        publish_folder(&folder, &self.data.snapshot(self.snapshot))?;
        self.data.set_current(self.snapshot)?;
        Ok((self.snapshot, manifest))
    }
}

impl Context<'_> {
    /// Runs a stage over all buckets.
    fn stage<T: Send>(
        &self,
        name: &'static str,
        progress: StageProgress<'_>,
        work: impl Fn(Bucket) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let count = usize::from(self.buckets.get());
        let done = std::sync::atomic::AtomicUsize::new(0);
        progress(name, 0, count);
        for_each(count, self.options.threads, |bucket| {
            let outcome = work(Bucket(bucket as u16))?;
            progress(name, done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, count);
            Ok(outcome)
        })
    }
}

fn joined(parts: Vec<SortedRuns>, folder: &Path, buckets: usize) -> Result<SortedRuns> {
    SortedRuns::join(parts).unwrap_or_else(|| Ok(SortedRuns::empty(folder, buckets)))
}

/// The number of the first node of each bucket.
fn bases(counts: &[u32]) -> Vec<u64> {
    let mut next = 0;
    counts
        .iter()
        .map(|count| {
            let base = next;
            next += u64::from(*count);
            base
        })
        .collect()
}

/// Key of an edge: number of the source in its bucket (4), bucket (2) and number (4) of the target.
fn edge_key(source: u32, target_bucket: u16, target: u32) -> [u8; 10] {
    let mut key = [0; 10];
    key[..4].copy_from_slice(&source.to_be_bytes());
    key[4..6].copy_from_slice(&target_bucket.to_be_bytes());
    key[6..].copy_from_slice(&target.to_be_bytes());
    key
}

/// Edges of a graph, in the order of their sources and targets.
#[derive(Debug)]
pub struct Edges<'a> {
    runs: &'a SortedRuns,
    bases: Vec<u64>,
    bucket: usize,
    merge: Option<Merge>,
}

impl<'a> Edges<'a> {
    fn new(runs: &'a SortedRuns, bases: Vec<u64>) -> Self {
        Self { runs, bases, bucket: 0, merge: None }
    }

    fn read(&mut self) -> Result<Option<(u32, u32)>> {
        while let Some(base) = self.bases.get(self.bucket) {
            if self.merge.is_none() {
                self.merge = Some(self.runs.merge(self.bucket as u16)?);
            }
            let Some(merge) = self.merge.as_mut() else { break };
            if merge.advance()? {
                return nodes(&self.bases, *base, merge.key()).map(Some);
            }
            self.merge = None;
            self.bucket += 1;
        }
        Ok(None)
    }
}

impl Iterator for Edges<'_> {
    type Item = Result<(u32, u32)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// The nodes of an edge whose source's bucket begins at `base`.
fn nodes(bases: &[u64], base: u64, key: &[u8]) -> Result<(u32, u32)> {
    let bad = || corrupt(Path::new("edges"), "run", "key");
    let number = |range: std::ops::Range<usize>| {
        let bytes = key.get(range)?;
        Some(bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)))
    };
    let (source, (bucket, target)) = number(0..4).zip(number(4..6).zip(number(6..10))).ok_or_else(bad)?;
    let target_base = bases.get(bucket as usize).ok_or_else(bad)?;
    let node = |number: u64| u32::try_from(number).map_err(|_| StoreError::TooMany { what: "pages" });
    Ok((node(base + source)?, node(target_base + target)?))
}

/// Finds buckets and hosts of keys; remembers the last host, since keys come sorted.
#[derive(Debug, Default)]
struct HostOfKey {
    prefix: Vec<u8>,
    host: Option<Host>,
}

impl HostOfKey {
    /// The host of a checked key.
    fn get(&mut self, key: &[u8], path: &Path) -> Result<&Host> {
        let is_same = !self.prefix.is_empty() && key.starts_with(&self.prefix);
        if !is_same || self.host.is_none() {
            let (_, host) = UrlKey::url_and_host(key).map_err(|_| corrupt(path, "run", "URL key"))?;
            HostKey::new(&host).as_bytes().clone_into(&mut self.prefix);
            self.host = Some(host);
        }
        Ok(self.host.as_ref().expect("set above"))
    }
}
