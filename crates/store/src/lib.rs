#![doc = include_str!("../README.md")]

mod block;
mod bucket;
mod build;
mod by_rank;
mod cache;
mod codec;
mod columns;
mod crawl;
mod crawl_folder;
mod difference;
mod durable;
mod erase;
mod error;
mod events;
mod facts;
mod forgotten;
mod group;
#[doc(hidden)]
pub mod harness;
mod hop;
mod layout;
mod link_rows;
mod links;
mod manifest;
mod newer_events;
mod order;
mod pages;
mod parallel;
mod partial;
mod record;
mod retention;
mod scan_batch;
mod sharing;
mod snapshot;
mod sort;
mod standing;
mod stop;
mod text_batch;
mod verify;
mod whole_writes;

pub use bucket::{BucketReader, FullRow, HostRows, RowRange};
pub use build::{
    Assess, AssessedPage, Build, BuildOptions, CountryOf, Edges, FoldedCrawl, KnownPage, Scoring, StageProgress,
    Standing, Written,
};
pub use columns::{NumberColumn, Side, TextColumn, country_text};
pub use crawl::{CrawlInput, CrawlManifest, SKIP_EXAMPLES, Skips, VisitSorter, is_ingested, publish_crawl};
pub use crawl_folder::remove_crawls;
pub use difference::{Difference, DifferenceCounts, LinkDifference, LinkVersion, difference};
pub use erase::Erased;
pub use error::{Result, StoreError};
pub use events::{Event, Follow, LinkChange, LinkEvent, TargetEvent};
pub use forgotten::{ForgottenHost, forget, forgotten, forgotten_hosts, snapshots_to_forget};
pub use hop::{Hop, HopKind};
pub use layout::{DataDir, TemporaryFolder, WriteLock};
pub use manifest::FileEntry;
pub use order::{Counters, OrderWriter, OrderedList, OrderedRow, Scope};
pub use partial::{FinishedInput, PartialIngest, PartialSummary, partial_ingests};
pub use retention::{Retention, remove_snapshots, retire};
pub use scan_batch::{ScanBatch, ScanColumn};
pub use sharing::{SnapshotBytes, snapshot_bytes};
pub use snapshot::{RankSummary, RowId, Snapshot, SnapshotManifest, Totals};
pub use sort::{Merge, SortedRuns, Sorter};
pub use standing::{NodeRank, NodeSpam};
#[doc(hidden)]
pub use stop::kill_point;
pub use text_batch::TextBatch;
pub use verify::{Verification, verify};

/// The checksum that names and blocks are made with: XXH3, 64 bits. For accidents, not for attackers.
pub fn checksum(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}
