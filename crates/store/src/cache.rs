//! Decoded blocks that all readers of a snapshot share, bounded in bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::group::Block;

/// A cache of decoded blocks, by file and number.
pub(crate) struct BlockCache {
    blocks: quick_cache::sync::Cache<(FileNumber, u64), Arc<Block>, ByBytes>,
}

/// Distinguishes open files in a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileNumber(u64);

impl FileNumber {
    /// A number that no other open file has.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Debug, Clone)]
struct ByBytes;

impl quick_cache::Weighter<(FileNumber, u64), Arc<Block>> for ByBytes {
    fn weight(&self, _: &(FileNumber, u64), block: &Arc<Block>) -> u64 {
        block.bytes_in_memory()
    }
}

impl BlockCache {
    /// A cache of at most `bytes` bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let expected_blocks = usize::try_from(bytes / 16_384).unwrap_or(usize::MAX).max(64);
        Self { blocks: quick_cache::sync::Cache::with_weighter(expected_blocks, bytes, ByBytes) }
    }

    /// The block, from the cache or from `load`.
    pub(crate) fn get(&self, file: FileNumber, block: u64, load: impl FnOnce() -> Result<Block>) -> Result<Arc<Block>> {
        self.blocks.get_or_insert_with(&(file, block), || load().map(Arc::new))
    }
}

impl fmt::Debug for BlockCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCache").field("blocks", &self.blocks.len()).finish()
    }
}
