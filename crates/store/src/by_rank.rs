//! The rows of large domains that rank highest, highest first: `by_rank`.
//!
//! A question that asks for ranks from some number up needs few of a large target's rows, but they lie
//! scattered. So up to an eighth of the rows of each large domain are stored once more: whole ranks, from
//! the highest down, with all that `scan` has of a row, and its anchor, which filters read most. A list is
//! of neighbours in row order, whatever their target is; so it serves every target among them.
//!
//! What a list is of stands in the keys of its blocks, so that the directory tells whether there is one.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::block::Compression;
use crate::codec::Decoder;
use crate::error::Result;
use crate::group::{Block, ColumnKind, GroupFile, GroupShape, GroupWriter};
use crate::manifest::FileEntry;
use crate::sort::Merge;

use ColumnKind::{Bytes, Number};

/// Rows of one block.
const CHUNK: u32 = 1024;

/// The columns of `scan`, then those of [`columns`].
pub(crate) static BY_RANK: GroupShape = GroupShape {
    name: "by_rank",
    rows_per_block: CHUNK,
    columns: &[Number, Number, Number, Number, Number, Number, Number, Number, Number, Bytes],
    compression: Compression::Lz4,
};

/// Columns of [`BY_RANK`] behind those of `scan`.
pub(crate) mod columns {
    /// Number of the row in its section.
    pub(crate) const ROW: usize = 8;
    pub(crate) const ANCHOR: usize = 9;
}

/// What a list is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// The rows of which the best are listed.
    pub(crate) rows: Range<u32>,
    /// All of them that rank so high, and no others, are.
    pub(crate) lowest: u16,
    /// How many they are.
    pub(crate) listed: u32,
}

const KEY_BYTES: usize = 18;

impl Span {
    /// The key of a chunk of the list: keys ascend with the rows.
    fn key(&self, chunk: u32) -> [u8; KEY_BYTES] {
        let mut key = [0; KEY_BYTES];
        key[..4].copy_from_slice(&self.rows.start.to_be_bytes());
        key[4..8].copy_from_slice(&self.rows.end.to_be_bytes());
        key[8..12].copy_from_slice(&self.listed.to_be_bytes());
        key[12..14].copy_from_slice(&self.lowest.to_be_bytes());
        key[14..].copy_from_slice(&chunk.to_be_bytes());
        key
    }

    /// What a key says: the span, and the number of the chunk.
    fn of_key(key: &[u8]) -> Option<(Self, u32)> {
        let number = |at: usize| key.get(at..at + 4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        let lowest = u16::from_be_bytes(*key.get(12..14)?.first_chunk()?);
        let span = Self { rows: number(0)?..number(4)?, lowest, listed: number(8)? };
        (key.len() == KEY_BYTES).then_some((span, number(14)?))
    }
}

/// Writes the lists of a section.
pub(crate) struct ByRankWriter {
    group: GroupWriter,
}

impl ByRankWriter {
    pub(crate) fn create(folder: &Path, name: String) -> Result<Self> {
        Ok(Self { group: GroupWriter::create(folder, name, &BY_RANK)? })
    }

    /// Adds a list, of cells that [`put_cells`](crate::group::put_cells) wrote; spans must come in ascending order.
    pub(crate) fn push(&mut self, span: &Span, rows: &mut Merge) -> Result<()> {
        let mut pushed = 0;
        while rows.advance()? {
            self.group.push_encoded(&span.key(pushed / CHUNK), &mut Decoder::new(rows.value()))?;
            pushed += 1;
        }
        self.group.cut()
    }

    pub(crate) fn finish(self) -> Result<FileEntry> {
        self.group.finish()
    }
}

/// A list, open for reading.
#[derive(Debug)]
pub(crate) struct RankedList<'a> {
    file: &'a GroupFile,
    /// Its first block.
    first: u64,
    span: Span,
}

impl<'a> RankedList<'a> {
    /// The list that has all of some rows that rank at least `lowest`, if there is one and it is shorter
    /// than they are.
    pub(crate) fn find(file: &'a GroupFile, rows: &Range<u32>, lowest: u16) -> Result<Option<Self>> {
        let mut key = [u8::MAX; KEY_BYTES];
        key[..4].copy_from_slice(&rows.start.to_be_bytes());
        let Some((block, key)) = file.last_block_up_to(&key)? else { return Ok(None) };
        let place = Span::of_key(key).and_then(|(span, chunk)| Some((span, block.checked_sub(chunk.into())?)));
        let Some((span, first)) = place else { return Err(file.corrupt(block, "key of a list")) };
        let is_of_all = span.rows.start <= rows.start && rows.end <= span.rows.end && span.lowest <= lowest;
        let serves = is_of_all && (span.listed as usize) < rows.len();
        Ok(serves.then_some(Self { file, first, span }))
    }

    /// Whether it has rows besides these.
    pub(crate) fn has_others_than(&self, rows: &Range<u32>) -> bool {
        self.span.rows != *rows
    }

    /// Its blocks, highest ranks first.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Result<Arc<Block>>> {
        (0..u64::from(self.span.listed.div_ceil(CHUNK))).map(|chunk| self.file.block(self.first + chunk))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_say_what_they_were_made_of_and_ascend(
            start in any::<u32>(), more in any::<u32>(), listed in any::<u32>(), lowest in any::<u16>(), chunk in 0..u32::MAX,
        ) {
            let span = Span { rows: start..start.saturating_add(more), lowest, listed };
            prop_assert_eq!(Span::of_key(&span.key(chunk)), Some((span.clone(), chunk)));
            prop_assert!(span.key(chunk) < span.key(chunk + 1));
            if let Some(next) = start.checked_add(1) {
                let behind = Span { rows: next..next, lowest: 0, listed: 0 };
                prop_assert!(span.key(chunk) < behind.key(0));
            }
        }

        #[test]
        fn any_key_is_read_or_refused(key in prop::collection::vec(any::<u8>(), 0..24)) {
            prop_assert_eq!(Span::of_key(&key).is_some(), key.len() == KEY_BYTES);
        }
    }
}
