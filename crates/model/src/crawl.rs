//! Names of what comes in (crawls) and of what is served (snapshots).

use std::fmt;
use std::str::FromStr;

/// A name that cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a name: 1 to 64 of a-z, A-Z, 0-9, `-`, `_`, `.`, and no leading dot")]
pub struct IdError(String);

/// The name of a crawl, safe as a folder name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrawlId(String);

impl CrawlId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CrawlId {
    type Err = IdError;

    fn from_str(name: &str) -> Result<Self, IdError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.bytes().all(is_allowed) {
            return Err(IdError(name.to_owned()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for CrawlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The number of a snapshot: 1, 2, 3 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub u32);

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl FromStr for SnapshotId {
    type Err = IdError;

    fn from_str(name: &str) -> Result<Self, IdError> {
        name.parse().map(Self).map_err(|_| IdError(name.to_owned()))
    }
}
