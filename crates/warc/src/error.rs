//! What ends the reading of an archive. A broken record does not: see [`crate::Skip`].

use std::io;
use std::path::PathBuf;

/// Why an archive cannot be read, or cannot be read further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WarcError {
    /// The file could not be opened.
    #[error("cannot open the archive {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The reader failed; what was read before is good.
    #[error("cannot read the archive at byte {offset}")]
    Read {
        /// Byte offset in the file, as stored.
        offset: u64,
        /// The cause.
        source: io::Error,
    },
    /// The file is a container that holds archives, or none that this crate knows.
    #[error("unsupported container: {container}")]
    UnsupportedContainer {
        /// What it is, for instance `zip or wacz`.
        container: &'static str,
    },
    /// The file is a zip that cannot be read as one.
    #[error("broken zip: {problem}")]
    BrokenZip {
        /// What is wrong.
        problem: String,
    },
    /// A decoder could not be made.
    #[error("cannot make a zstd decoder")]
    Decoder(#[source] io::Error),
}
