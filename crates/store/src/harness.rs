//! What tests of the whole program need to see.

use std::path::Path;

use crate::block::BlockFile;
use crate::error::Result;
use crate::manifest::FileEntry;

/// Calls `each` with the decoded bytes of every part of a block file: its blocks, and its directory.
pub fn parts(folder: &Path, entry: &FileEntry, each: impl FnMut(&[u8])) -> Result<()> {
    BlockFile::open(folder, entry)?.parts(each)
}
