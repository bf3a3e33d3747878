//! Building a snapshot from crawls: named files in, named files out, one bucket at a time.
//!
//! ```text
//! sources   sources ⋈ visits of new crawls, by page      → sources; rows of touched pages
//! targets   links/body ⋈ those rows, by target           → links/body, mentions
//! pages     sources ⋈ targets ⋈ mentions                 → pages, domains
//! chains    pages, hop by hop; ⋈ links/body              → links/indirect
//! edges     links/body ⋈ pages                           → edges of two graphs
//! (rank)    edges                                        → ranks, by the caller
//! scores    rows ⋈ ranks                                 → links/*/{scan, scores, by_rank}, hosts, page scores
//! (order)   scan                                         → order, by the caller
//! publish   manifest, rename, CURRENT
//! ```
//!
//! The first three work on what new crawls touch, and share the files of all other buckets with the
//! snapshot before, as hard links. The others run over everything. All tables are a function of the
//! visits alone: in which order crawls came, and how many builds it took, leaves no trace.
//!
//! A page's bucket as a source and as a target is the same, because both follow its registrable
//! domain; so every join here is a merge of two sorted streams of one bucket.

mod by_rank;
mod carried;
mod chains;
mod context;
mod domains;
mod edges;
mod enrichment;
mod history;
mod host_of_key;
mod made;
mod mentions;
mod nodes;
mod page_table;
mod plan;
mod scores;
mod sightings;
mod sitewide;
mod sources;
mod targets;
mod told;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::{Bucket, Host, HostKey, KEY_VERSION, SUFFIX_LIST_VERSION, SnapshotId, Timestamp, UrlKey};

use crate::error::{IoContext, Result, corrupt};
use crate::group::{Block, GroupShape};
use crate::layout::{DataDir, TemporaryFolder, file_name, publish_folder};
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::order::OrderWriter;
use crate::pages::{DOMAINS, PAGES, PageRow};
use crate::parallel::for_each;
use crate::snapshot::{RankSummary, Snapshot, SnapshotManifest, Totals};
use crate::sort::SortedRuns;

pub(crate) use carried::CarriedVisit;
use context::Context;
pub(crate) use domains::domain_key;
pub use edges::Edges;
pub use enrichment::{Assess, AssessedPage, CountryOf, KnownPage, Scoring, Standing};
pub(crate) use history::check_history;
#[cfg(test)]
pub(crate) use history::history_of;
use host_of_key::HostOfKey;
use made::Made;
use nodes::Nodes;
pub use plan::FoldedCrawl;
use plan::Plan;
pub(crate) use scores::{HOSTS, SECTIONS};

/// The folder of the groups of direct links.
const BODY_TABLE: &str = "links/body";

/// How much a build may use, and what it may take over.
#[derive(Debug, Clone, Copy)]
pub struct BuildOptions {
    /// Memory in bytes for everything together.
    pub memory_bytes: usize,
    /// Threads.
    pub threads: usize,
    /// Make everything anew, whatever the snapshot before holds.
    pub is_full: bool,
}

/// A build between its stages.
#[derive(Debug)]
pub struct Build {
    data: DataDir,
    staging: TemporaryFolder,
    options: BuildOptions,
    snapshot: SnapshotId,
    plan: Plan,
    files: Vec<FileEntry>,
    shared: Mutex<BTreeSet<String>>,
    seconds: Mutex<Vec<(&'static str, f64)>>,
    totals: Totals,
    nodes: Nodes,
    page_edges: SortedRuns,
    domain_edges: SortedRuns,
}

/// What of a table a build wrote and what it took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Files written.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Files shared with the snapshot before.
    pub shared_files: u64,
    /// Bytes in them.
    pub shared_bytes: u64,
}

/// What a stage tells while it works: its name, buckets done, buckets in all.
pub type StageProgress<'a> = &'a (dyn Fn(&'static str, usize, usize) + Sync);

impl Build {
    /// Runs the stages before the ranks: sources, targets, pages, chains, edges.
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
        let plan = Plan::new(data, options.is_full)?;
        let newest = data.snapshots()?.last().copied();
        let (shared, seconds) = (Mutex::default(), Mutex::default());
        let context = Context {
            data,
            folder: &folder,
            runs: &runs,
            plan: &plan,
            buckets: data.buckets(),
            options,
            assess,
            shared: &shared,
            seconds: &seconds,
        };
        let made = Made::of(&context, progress)?;
        let Made { files, totals, nodes, page_edges, domain_edges } = made;
        let snapshot = SnapshotId(newest.map_or(1, |id| id.0 + 1));
        let data = data.clone();
        Ok(Self {
            data,
            staging,
            options,
            snapshot,
            plan,
            files,
            shared,
            seconds,
            totals,
            nodes,
            page_edges,
            domain_edges,
        })
    }

    /// What has been counted so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Seconds that each stage took so far, in their order.
    pub fn stage_seconds(&self) -> Vec<(&'static str, f64)> {
        self.seconds.lock().expect("no thread panics while it holds the lock").clone()
    }

    /// What of a table that crawls are folded into was written: `sources`, `pages`, or the groups of
    /// `links/body` that hold what visits say.
    pub fn folded(&self, table: &str) -> Written {
        let shared = self.shared.lock().expect("no thread panics while it holds the lock");
        let is_of_table = |file: &&FileEntry| match file.name.strip_prefix(table) {
            Some(rest) if table == BODY_TABLE => {
                targets::BODY.iter().any(|group| rest.get(1..).is_some_and(|rest| rest.starts_with(group.name)))
            }
            Some(rest) => {
                rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
            }
            None => false,
        };
        let mut written = Written::default();
        for file in self.files.iter().filter(is_of_table) {
            if shared.contains(&file.name) {
                written.shared_files += 1;
                written.shared_bytes += file.size_bytes;
            } else {
                written.files += 1;
                written.bytes += file.size_bytes;
            }
        }
        written
    }

    /// Nodes of the page graph: every page has a number below this.
    pub fn page_nodes(&self) -> u64 {
        self.totals.pages
    }

    /// Nodes of the domain graph.
    pub fn domain_nodes(&self) -> u64 {
        self.totals.domains
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
        Edges::new(&self.page_edges, self.nodes.page_bases())
    }

    /// Edges between registrable domains that pass rank, by source then target; see
    /// [`Self::page_edges`].
    pub fn domain_edges(&self) -> Edges<'_> {
        Edges::new(&self.domain_edges, self.nodes.domain_bases())
    }

    /// Where whoever runs the build may put files for its time.
    pub fn scratch(&self) -> &Path {
        self.staging.path()
    }

    /// Every page that is known, bucket by bucket in key order. Cost: one pass over `pages`.
    pub fn pages(&self, mut each: impl FnMut(KnownPage<'_>)) -> Result<()> {
        let mut node = 0;
        self.rows_of(&PAGES, |folder, bucket, block, at| {
            let page = PageRow::of(block, at).map_err(|error| corrupt(folder, bucket.0, error.0))?;
            each(KnownPage {
                // Nodes are rows, one bucket after the other.
                node,
                domain: self.nodes.domain(bucket, page.domain.into()),
                host_key: UrlKey::host_key_bytes(page.key).unwrap_or_default(),
                is_home: UrlKey::is_home_page(page.key),
                visited: page.evidence.map(|evidence| (page.platforms, evidence)),
            });
            node += 1;
            Ok(())
        })
    }

    /// Every registrable domain with its node, bucket by bucket in key order.
    pub fn domains(&self, mut each: impl FnMut(u64, &Host)) -> Result<()> {
        self.rows_of(&DOMAINS, |folder, bucket, block, at| {
            let key = block.bytes(0, at).unwrap_or_default();
            let host = HostKey::host_of(key).map_err(|_| corrupt(folder, bucket.0, "domain key"))?;
            each(self.nodes.domain(bucket, block.number(1, at).unwrap_or_default()), &host);
            Ok(())
        })
    }

    /// Walks a table through all its buckets.
    fn rows_of(
        &self,
        table: &'static GroupShape,
        mut each: impl FnMut(&Path, Bucket, &Block, usize) -> Result<()>,
    ) -> Result<()> {
        let folder = self.staging.path().join("snapshot");
        let files = scores::FilesByName::new(&self.files);
        for bucket in self.data.buckets().all() {
            let mut rows = files.in_folder(&folder, &file_name(table.name, bucket), table)?.rows_in_order();
            while let Some((block, at)) = rows.advance()? {
                each(&folder, bucket, block, at)?;
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
            plan: &self.plan,
            buckets: self.data.buckets(),
            options: self.options,
            // Pages were assessed when they were written.
            assess: &|_| 0,
            shared: &self.shared,
            seconds: &self.seconds,
        };
        let files = scores::FilesByName::new(&self.files);
        let given = scores::Given { context: &context, files: &files, scoring, nodes: &self.nodes };
        let scored = context.stage("scores", progress, |bucket| scores::write(given, bucket))?;
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
        let done = AtomicUsize::new(0);
        let written = for_each(count, self.options.threads, |bucket| {
            let bucket = Bucket(bucket as u16);
            let mut writer = OrderWriter::create(&folder, bucket)?;
            fill(bucket, &mut writer)?;
            let entry = writer.finish()?;
            progress("order", done.fetch_add(1, Ordering::Relaxed) + 1, count);
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
            crawls: self.plan.folded.clone(),
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
