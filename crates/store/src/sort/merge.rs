//! The k-way merge.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::run::RunReader;
use super::sorter::SorterMemory;
use crate::error::Result;
use crate::record::RecordScan;

/// One sorted input.
#[derive(Debug)]
pub(super) enum Source {
    Disk(RunReader),
    Memory {
        part: Arc<SorterMemory>,
        next: usize,
        end: usize,
    },
    /// A table that is already sorted on disk.
    Table(RecordScan),
}

impl Source {
    pub(super) fn memory(part: Arc<SorterMemory>, bucket: usize) -> Self {
        let (next, end) = part.range(bucket);
        Self::Memory { part, next, end }
    }

    fn advance(&mut self) -> Result<bool> {
        match self {
            Self::Disk(reader) => reader.advance(),
            Self::Table(scan) => scan.advance(),
            Self::Memory { next, end, .. } => {
                let is_there = next < end;
                *next += 1;
                Ok(is_there)
            }
        }
    }

    fn key(&self) -> &[u8] {
        match self {
            Self::Disk(reader) => reader.key(),
            Self::Table(scan) => scan.key(),
            Self::Memory { part, next, .. } => part.key(next - 1),
        }
    }

    fn value(&self) -> &[u8] {
        match self {
            Self::Disk(reader) => reader.value(),
            Self::Table(scan) => scan.value(),
            Self::Memory { part, next, .. } => part.value(next - 1),
        }
    }
}

/// A source by its current record; the heap's greatest is the next one.
#[derive(Debug)]
struct Head {
    source: Box<Source>,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (&self.source, &other.source);
        theirs.key().cmp(ours.key()).then_with(|| theirs.value().cmp(ours.value()))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

/// Records of several sorted inputs, in the order of their keys, then of their values.
#[derive(Debug)]
pub struct Merge {
    heap: BinaryHeap<Head>,
    /// The input whose record was given out last and which must move on first.
    current: Option<Head>,
}

impl Merge {
    pub(super) fn new(sources: Vec<Source>) -> Result<Self> {
        let mut heap = BinaryHeap::with_capacity(sources.len());
        for mut source in sources {
            if source.advance()? {
                heap.push(Head { source: Box::new(source) });
            }
        }
        Ok(Self { heap, current: None })
    }

    /// Merges tables that are sorted on disk.
    pub(crate) fn of_tables(tables: Vec<RecordScan>) -> Result<Self> {
        Self::new(tables.into_iter().map(Source::Table).collect())
    }

    /// Moves to the next record; `false` at the end.
    pub fn advance(&mut self) -> Result<bool> {
        if let Some(mut head) = self.current.take()
            && head.source.advance()?
        {
            // Most often the same input goes on; then the heap need not be touched.
            if self.heap.peek().is_none_or(|top| *top < head) {
                self.current = Some(head);
            } else {
                self.heap.push(head);
            }
        }
        if self.current.is_none() {
            self.current = self.heap.pop();
        }
        Ok(self.current.is_some())
    }

    /// Key of the current record; empty before the first and after the last.
    pub fn key(&self) -> &[u8] {
        self.current.as_ref().map_or(&[], |head| head.source.key())
    }

    /// Value of the current record; empty before the first and after the last.
    pub fn value(&self) -> &[u8] {
        self.current.as_ref().map_or(&[], |head| head.source.value())
    }
}
