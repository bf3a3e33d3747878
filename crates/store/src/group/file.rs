//! Reading a group: any row, a key's place, or all rows in order.

use std::path::Path;
use std::sync::Arc;

use super::{Block, GroupShape};
use crate::block::{BlockFile, Scan};
use crate::cache::{BlockCache, FileNumber};
use crate::error::{Result, StoreError, corrupt};
use crate::manifest::FileEntry;

/// A group's file, open for reading.
#[derive(Debug)]
pub(crate) struct GroupFile {
    file: Arc<BlockFile>,
    cache: Option<(Arc<BlockCache>, FileNumber)>,
    shape: &'static GroupShape,
}

impl GroupFile {
    /// Opens the file that the manifest names.
    pub(crate) fn open(
        folder: &Path,
        entry: &FileEntry,
        shape: &'static GroupShape,
        cache: Option<Arc<BlockCache>>,
    ) -> Result<Self> {
        let cache = cache.map(|cache| (cache, FileNumber::next()));
        Ok(Self { file: Arc::new(BlockFile::open(folder, entry)?), cache, shape })
    }

    /// Rows in the group.
    pub(crate) fn rows(&self) -> u64 {
        self.file.rows()
    }

    /// Rows in every block but the last.
    pub(crate) fn rows_per_block(&self) -> usize {
        self.shape.rows_per_block as usize
    }

    /// The block that holds a row, and the row's place in it.
    pub(crate) fn block_of(&self, row: u64) -> (u64, usize) {
        let size = u64::from(self.shape.rows_per_block);
        (row / size, (row % size) as usize)
    }

    /// A decoded block.
    pub(crate) fn block(&self, block: u64) -> Result<Arc<Block>> {
        let load = || {
            let raw = self.file.block(block)?;
            Block::decode(raw, self.shape).map_err(|error| corrupt(self.file.path(), block, error.0))
        };
        match &self.cache {
            None => load().map(Arc::new),
            Some((cache, file)) => cache.get(*file, block, load),
        }
    }

    /// The first row whose key is not below `key`; keys are in column `key_column`.
    pub(crate) fn lower_bound(&self, key: &[u8], key_column: usize) -> Result<u64> {
        let Some(number) = self.file.block_before(key)? else { return Ok(0) };
        let block = self.block(number)?;
        let (mut low, mut high) = (0, block.rows());
        while low < high {
            let middle = low + (high - low) / 2;
            if block.bytes(key_column, middle).unwrap_or_default() < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(self.file.first_row(number)? + low as u64)
    }

    /// The last block whose first key is not above `key`, and that key.
    pub(crate) fn last_block_up_to(&self, key: &[u8]) -> Result<Option<(u64, &[u8])>> {
        self.file.last_block_up_to(key)
    }

    /// What is wrong with a block.
    pub(crate) fn corrupt(&self, block: u64, reason: &'static str) -> StoreError {
        corrupt(self.file.path(), block, reason)
    }

    /// Rows in any order.
    pub(crate) fn cursor(&self) -> RowCursor<'_> {
        RowCursor { group: self, current: None }
    }

    /// Rows in order, from the first.
    pub(crate) fn rows_in_order(&self) -> RowScan {
        RowScan { scan: self.file.scan(), shape: self.shape, block: None, row: 0 }
    }
}

/// Goes from row to row of a group, where neighbours share their block.
#[derive(Debug)]
pub(crate) struct RowCursor<'a> {
    group: &'a GroupFile,
    current: Option<(u64, Arc<Block>)>,
}

impl RowCursor<'_> {
    /// The block of a row, and its place there.
    pub(crate) fn row(&mut self, row: u64) -> Result<(&Block, usize)> {
        let (number, at) = self.group.block_of(row);
        if self.current.as_ref().is_none_or(|(known, _)| *known != number) {
            self.current = Some((number, self.group.block(number)?));
        }
        match &self.current {
            Some((_, block)) if at < block.rows() => Ok((block, at)),
            _ => Err(corrupt(self.group.file.path(), number, "a row is missing")),
        }
    }
}

/// Reads a group row by row.
#[derive(Debug)]
pub(crate) struct RowScan {
    scan: Scan,
    shape: &'static GroupShape,
    block: Option<Block>,
    row: usize,
}

impl RowScan {
    /// Moves to the next row; its block and its place there. `None` at the end.
    pub(crate) fn advance(&mut self) -> Result<Option<(&Block, usize)>> {
        self.row += 1;
        if self.block.as_ref().is_none_or(|block| self.row >= block.rows()) {
            let Some(raw) = self.scan.next_block()? else {
                self.block = None;
                return Ok(None);
            };
            let block = Block::decode(raw, self.shape);
            self.block = Some(block.map_err(|error| corrupt(self.scan.path(), "scan", error.0))?);
            self.row = 0;
        }
        Ok(self.current())
    }

    /// The row that [`Self::advance`] moved to.
    pub(crate) fn current(&self) -> Option<(&Block, usize)> {
        self.block.as_ref().filter(|block| self.row < block.rows()).map(|block| (block, self.row))
    }
}
