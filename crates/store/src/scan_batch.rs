//! Rows of a target with their narrow columns, many at once: what decides which rows win.

use std::ops::Range;
use std::sync::Arc;

use crate::bucket::{BucketReader, RowRange};
use crate::by_rank::{self, RankedList};
use crate::error::{Result, StoreError, corrupt};
use crate::group::Block;
use crate::links::{scan, scan_flags};
use crate::text_batch::TextBatch;

/// A narrow column that is read for the rows that are still in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanColumn {
    /// Last sighting, seconds since 1970, clamped to 32 bits.
    LastSeen,
    /// Number of the referring page in the bucket, in the byte order of `url_from`.
    Page,
    /// Number of the row in the bucket, in the byte order of `url_from`, then `url_to`.
    Tie,
    /// Identical links of the page that the row stands for.
    Count,
    /// Number of the page's host in the bucket: equal for equal hosts.
    Host,
}

impl ScanColumn {
    const fn place(self) -> usize {
        match self {
            Self::LastSeen => scan::LAST_SEEN,
            Self::Page => scan::PAGE,
            Self::Tie => scan::TIE,
            Self::Count => scan::COUNT,
            Self::Host => scan::HOST,
        }
    }
}

/// Rows with their narrow columns, for deciding which rows win: consecutive ones, or some of a list that is
/// kept by rank.
#[derive(Debug, Default)]
pub struct ScanBatch {
    block: Option<Arc<Block>>,
    /// Place of the first row in the block.
    from: usize,
    /// The first row, of consecutive ones.
    first: u32,
    /// The numbers of all rows, of listed ones; else empty.
    listed: Vec<u32>,
    /// If not all rows of the list are asked for: those that are.
    asked: Option<Range<u32>>,
    /// [`ScanBatch::LOST`] and the others, for each row.
    pub flags: Vec<u8>,
    /// Rank that the link passes, for each row.
    pub rank: Vec<u16>,
    /// For each indirect row: labels that an earlier hop shares with the target. Empty for direct ones.
    pub hop_labels: Vec<u8>,
}

impl ScanBatch {
    /// The link or its page is gone.
    pub const LOST: u8 = scan_flags::LOST;
    /// Source and target share their registrable domain.
    pub const INTERNAL: u8 = scan_flags::INTERNAL;
    /// The link is followed.
    pub const DOFOLLOW: u8 = scan_flags::DOFOLLOW;
    /// An earlier hop is on the target's host.
    pub const HOP_SAME_HOST: u8 = scan_flags::HOP_SAME_HOST;

    fn fill(&mut self, block: Arc<Block>, rows: Range<usize>, is_indirect: bool) {
        block.fill(scan::FLAGS, rows.clone(), &mut self.flags, |value| value as u8);
        block.fill(scan::RANK, rows.clone(), &mut self.rank, |value| value as u16);
        if is_indirect {
            block.fill(scan::HOP_LABELS, rows.clone(), &mut self.hop_labels, |value| value as u8);
        }
        self.from = rows.start;
        self.block = Some(block);
    }

    fn fill_listed(&mut self, block: Arc<Block>, is_indirect: bool) {
        let rows = 0..block.rows();
        block.fill(by_rank::columns::ROW, rows.clone(), &mut self.listed, |value| value as u32);
        self.fill(block, rows, is_indirect);
    }

    /// The number of the row at a place of the batch.
    pub fn row(&self, at: u32) -> u32 {
        self.listed.get(at as usize).copied().unwrap_or(self.first + at)
    }

    /// Takes the marks of rows away that are not among those that were asked for.
    pub fn unmark_others(&self, marks: &mut [u8]) {
        let Some(asked) = &self.asked else { return };
        for (mark, row) in marks.iter_mut().zip(&self.listed) {
            *mark &= u8::from(asked.contains(row));
        }
    }

    /// Whether the anchors of the rows are at hand.
    pub fn has_anchors(&self) -> bool {
        !self.listed.is_empty()
    }

    /// The anchors of the rows at some places, as bytes of UTF-8, if they are at hand.
    pub fn anchors(&self, places: &[u32], each: impl FnMut(Option<&[u8]>)) {
        if let Some((block, rows)) = self.anchor_rows(places) {
            block.each_bytes(by_rank::columns::ANCHOR, &rows, each);
        }
    }

    /// Appends the same to a batch.
    pub fn anchor_batch(&self, places: &[u32], into: &mut TextBatch) {
        if let Some((block, rows)) = self.anchor_rows(places) {
            block.put_texts(by_rank::columns::ANCHOR, &rows, into);
        }
    }

    fn anchor_rows(&self, places: &[u32]) -> Option<(&Block, Vec<usize>)> {
        let block = self.block.as_ref().filter(|_| self.has_anchors())?;
        Some((block, places.iter().map(|place| *place as usize).filter(|place| *place < self.rows()).collect()))
    }

    /// Rows in the batch.
    pub fn rows(&self) -> usize {
        self.flags.len()
    }

    /// Fills `into` with the values of the rows at some places of the batch, ascending and all different.
    pub fn values(&self, column: ScanColumn, places: &[u32], into: &mut Vec<u32>) {
        let Some(block) = &self.block else { return into.clear() };
        if places.len() == self.rows() {
            block.fill(column.place(), self.from..self.from + self.rows(), into, |value| value as u32);
        } else {
            block.gather(column.place(), self.from, places, into);
        }
    }

    /// Fills `into` with the values of all rows of the batch.
    pub fn all_values(&self, column: ScanColumn, into: &mut Vec<u32>) {
        let Some(block) = &self.block else { return into.clear() };
        block.fill(column.place(), self.from..self.from + self.rows(), into, |value| value as u32);
    }

    /// The value of the row at a place of the batch.
    pub fn value(&self, column: ScanColumn, at: usize) -> u32 {
        let block = self.block.as_ref().filter(|_| at < self.rows());
        block.and_then(|block| block.number(column.place(), self.from + at)).unwrap_or_default() as u32
    }
}

impl BucketReader {
    /// Reads the rows of a range, batch by batch. Cost: 3 bytes a row, and 1 to 4 for each column that is
    /// asked for.
    pub fn scan<E: From<StoreError>>(
        &self,
        range: &RowRange,
        mut each: impl FnMut(&ScanBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let group = &self.section(range.section).scan;
        let mut batch = ScanBatch::default();
        let mut next = range.rows.start;
        while next < range.rows.end {
            let (number, from) = group.block_of(u64::from(next));
            let block = group.block(number)?;
            let to = block.rows().min(from + (range.rows.end - next) as usize);
            if from >= to {
                return Err(corrupt(&self.path, number, "a row is missing").into());
            }
            batch.first = next;
            batch.fill(block, from..to, range.section == 1);
            each(&batch)?;
            next += (to - from) as u32;
        }
        Ok(())
    }

    /// The same, where rows that rank below `lowest` may be left out, and others may come besides: see
    /// [`ScanBatch::unmark_others`]. Cost: if a list by rank has them, its rows down to that rank.
    pub fn scan_from_rank<E: From<StoreError>>(
        &self,
        range: &RowRange,
        lowest: u16,
        mut each: impl FnMut(&ScanBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let file = self.section(range.section).by_rank.as_ref().filter(|_| lowest > 0);
        let list = file.map(|file| RankedList::find(file, &range.rows, lowest)).transpose()?.flatten();
        let Some(list) = list else { return self.scan(range, each) };
        let asked = list.has_others_than(&range.rows).then(|| range.rows.clone());
        let mut batch = ScanBatch { asked, ..ScanBatch::default() };
        for block in list.blocks() {
            batch.fill_listed(block?, range.section == 1);
            each(&batch)?;
            if batch.rank.last().is_none_or(|last| *last < lowest) {
                break;
            }
        }
        Ok(())
    }
}
