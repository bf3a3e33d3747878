//! What can go wrong with files.

use std::io;
use std::path::{Path, PathBuf};

use model::SnapshotId;

/// An error of the store. Bytes that do not match their checksum are always an error, never data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system said no.
    #[error("cannot {operation} {}", path.display())]
    Io {
        /// What was tried, as a verb: `read`, `create`, `rename` …
        operation: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A stored block is not what was written.
    #[error("{}: block {block} is corrupt: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Which part of it: a number, `directory 3`, `root`, `footer`.
        block: String,
        /// What does not fit.
        reason: &'static str,
    },
    /// A manifest, pointer or settings file cannot be used.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The index is of a format that this program does not read.
    #[error("{}: the index has format {found}, this program reads format {read}", path.display())]
    Format {
        /// The file that says so.
        path: PathBuf,
        /// The format of the index.
        found: u32,
        /// The format of this program.
        read: u32,
    },
    /// Something asked for by name is not there.
    #[error("{what} not found in {}", path.display())]
    NotFound {
        /// What: `an index`, `a snapshot`, `crawl x`.
        what: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A name is taken by something else.
    #[error("crawl `{crawl}` exists already and was made from other inputs")]
    CrawlExists {
        /// The crawl.
        crawl: String,
    },
    /// The snapshot that is served is never removed.
    #[error("snapshot {} is the one that is served", snapshot.0)]
    Served {
        /// Its number.
        snapshot: SnapshotId,
    },
    /// Another process works on this data directory.
    #[error("{} is locked by another process", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A number outgrew its width.
    #[error("too many {what} in one bucket: make an index with more buckets")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
}

/// The result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Names the operation and the file of an I/O error.
pub(crate) trait IoContext<T> {
    fn during(self, operation: &'static str, path: &Path) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn during(self, operation: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| StoreError::Io { operation, path: path.to_owned(), source })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "called with numbers and texts alike")]
pub(crate) fn corrupt<B: ToString>(path: &Path, block: B, reason: &'static str) -> StoreError {
    StoreError::Corrupt { path: path.to_owned(), block: block.to_string(), reason }
}

pub(crate) fn bad_manifest(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Manifest { path: path.to_owned(), reason: reason.into() }
}
