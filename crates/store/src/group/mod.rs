//! Groups of columns: rows cut into blocks, columns inside a block.
//!
//! A table is one or more groups that agree row by row. A question reads the narrow groups to decide
//! which rows win, and fetches only those from the wide ones; a block of a wide group holds few rows,
//! so that one row costs one small decompression (see `docs/adr/0001-row-blocks.md`).
//!
//! ```text
//! block  := rows (LEB128) column*
//! column := width (1 byte: 0, 1, 2, 4 or 8) · rows little-endian numbers of that width
//!           and for a column of bytes: the bytes of all rows, back to back
//! number := 0 for null, else value + 1;  for bytes: 0 for null, else length + 1
//! ```

mod block;
mod file;
mod writer;

pub(crate) use block::Block;
pub(crate) use file::{GroupFile, RowCursor, RowScan};
pub(crate) use writer::{Cell, GroupWriter, put_cells};

use crate::block::Compression;

/// What a column holds. Every column can be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Numbers up to `u64::MAX - 1`.
    Number,
    /// Bytes or text.
    Bytes,
}

/// The fixed shape of a group.
#[derive(Debug)]
pub(crate) struct GroupShape {
    /// Part of the file's name.
    pub(crate) name: &'static str,
    /// Rows in every block but the last, and those that were cut off.
    pub(crate) rows_per_block: u32,
    /// The columns, in order.
    pub(crate) columns: &'static [ColumnKind],
    /// What compresses its blocks.
    pub(crate) compression: Compression,
}

#[cfg(test)]
mod tests;
