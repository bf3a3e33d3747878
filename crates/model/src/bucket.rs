//! Buckets: the unit of work of every stage, and of every file.

use xxhash_rust::xxh3::xxh3_64;

use crate::host::Host;

/// How many buckets an index has; fixed when the index is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BucketCount(u16);

/// One bucket, below the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(pub u16);

impl BucketCount {
    /// The most buckets an index can have.
    pub const MAX: u16 = 4096;

    /// For an index of up to some hundred million links.
    pub const DEFAULT: Self = Self(16);

    /// `None` unless 1 ≤ `count` ≤ [`Self::MAX`].
    pub const fn new(count: u16) -> Option<Self> {
        if count >= 1 && count <= Self::MAX { Some(Self(count)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Every bucket.
    pub fn all(self) -> impl Iterator<Item = Bucket> {
        (0..self.0).map(Bucket)
    }

    /// The bucket of a host: by the ICANN registrable domain, so that any domain a user can ask for
    /// lies in one bucket with all its subdomains.
    pub fn of(self, host: &Host) -> Bucket {
        let hash = xxh3_64(host.icann_registrable().as_bytes());
        Bucket((hash % u64::from(self.0)) as u16)
    }
}
