//! Where the bytes behind a fact are, so that anyone can look again.

use std::fmt;

/// A digest as an archive writes it, for instance `sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub String);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One archived record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evidence {
    /// File name of the archive, without its folder.
    pub archive: String,
    /// Byte offset in that file of the record (of its compressed member, where it has one).
    pub offset: u64,
    /// Length in that file in bytes.
    pub length: u64,
    /// Digest of the payload: as the record declares it, else computed by us.
    pub digest: Option<Digest>,
}
