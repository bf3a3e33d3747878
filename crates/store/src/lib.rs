#![doc = include_str!("../README.md")]

mod block;
mod bucket;
mod build;
mod cache;
mod codec;
mod columns;
mod crawl;
mod durable;
mod error;
mod events;
mod facts;
mod group;
mod hop;
mod layout;
mod links;
mod manifest;
mod order;
mod pages;
mod parallel;
mod partial;
mod record;
mod retention;
mod snapshot;
mod sort;
mod standing;
mod stop;
mod verify;

pub use bucket::{BucketReader, FullRow, HostRows, RowRange, ScanBatch};
pub use build::{
    Assess, AssessedPage, Build, BuildOptions, CountryOf, Edges, FoldedCrawl, KnownPage, Scoring, StageProgress,
    Standing, Written,
};
pub use columns::{NumberColumn, Side, TextColumn, country_text};
pub use crawl::{CrawlInput, CrawlManifest, SKIP_EXAMPLES, Skips, VisitSorter, is_ingested, publish_crawl};
pub use error::{Result, StoreError};
pub use events::{Event, Follow, LinkChange, LinkEvent, TargetEvent};
pub use hop::{Hop, HopKind};
pub use layout::{DataDir, TemporaryFolder, WriteLock};
pub use manifest::FileEntry;
pub use order::{Counters, OrderWriter, OrderedList, OrderedRow, Scope};
pub use partial::{FinishedInput, PartialIngest, PartialSummary, partial_ingests};
pub use retention::retire;
pub use snapshot::{RankSummary, RowId, Snapshot, SnapshotManifest, Totals};
pub use sort::{Merge, SortedRuns, Sorter};
pub use standing::{NodeRank, NodeSpam};
#[doc(hidden)]
pub use stop::kill_point;
pub use verify::{Verification, verify};

/// The checksum that names and blocks are made with: XXH3, 64 bits. For accidents, not for attackers.
pub fn checksum(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}
