//! The bounds of the work on one question.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::index::QueryError;

/// Bounds of the work on one question. Whoever asks keeps a clone, to call the work off.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Stored links that it may scan, each counted again for every condition, sort key and grouping. A
    /// question that a ready list answers scans none.
    pub rows: u64,
    /// Bytes that it may hold beside the cache of blocks.
    pub memory_bytes: u64,
    /// Threads that may scan for it.
    pub threads: usize,
    /// The fewest rows that are worth a thread, which takes as long to begin as tens of thousands of them take.
    pub rows_of_a_thread: usize,
    is_called_off: Arc<AtomicBool>,
}

impl Bounds {
    /// So many rows and bytes, and one thread.
    pub fn new(rows: u64, memory_bytes: u64) -> Self {
        Self { rows, memory_bytes, threads: 1, rows_of_a_thread: 250_000, is_called_off: Arc::default() }
    }

    /// None, but that it can be called off.
    pub fn none() -> Self {
        Self::new(u64::MAX, u64::MAX)
    }

    /// The bounds of one of so many parts of the work, called off with the whole.
    pub(crate) fn of_part(&self, parts: usize) -> Self {
        Self { memory_bytes: self.memory_bytes / parts.max(1) as u64, threads: 1, ..self.clone() }
    }

    /// Nobody waits for the answer any more: work on the question ends at its next block.
    pub fn call_off(&self) {
        self.is_called_off.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    pub fn is_called_off(&self) -> bool {
        self.is_called_off.load(Ordering::Relaxed)
    }

    /// Asked at every lot of rows, with the bytes that are held there.
    pub(crate) fn check(&self, held_bytes: usize) -> Result<(), QueryError> {
        if self.is_called_off() {
            return Err(QueryError::CalledOff);
        }
        if held_bytes as u64 > self.memory_bytes {
            return Err(QueryError::TooLarge { memory_bytes: self.memory_bytes });
        }
        Ok(())
    }
}
