//! The stored bytes: a buffered reader that knows its offset and can take bytes back.
//!
//! Bytes are taken back where a broken member ran over the start of the next one. What may be taken
//! back is limited by a budget that grows with what was read, so that no file can make the reader
//! go over the same bytes for ever.

use std::io::{self, BufRead};

use crate::error::WarcError;

/// How many bytes may be read again for every byte read for the first time.
const BUDGET_PER_BYTE: u64 = 4;
/// What the budget starts with, in bytes.
const BUDGET_START: u64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct Source<R> {
    inner: R,
    /// Bytes that come before the rest of `inner`, from `ahead_at` on.
    ahead: Vec<u8>,
    ahead_at: usize,
    offset: u64,
    budget: u64,
}

impl<R: BufRead> Source<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, ahead: Vec::new(), ahead_at: 0, offset: 0, budget: BUDGET_START }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.inner
    }

    /// Offset in the file of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// At least one byte, unless the file is at its end.
    pub(crate) fn fill(&mut self) -> Result<&[u8], WarcError> {
        if self.ahead_at < self.ahead.len() {
            return Ok(self.ahead.get(self.ahead_at..).unwrap_or_default());
        }
        let offset = self.offset;
        fill_inner(&mut self.inner, offset)
    }

    /// Passes over `count` bytes that [`Self::fill`] or [`Self::peek`] showed.
    pub(crate) fn consume(&mut self, count: usize) {
        let from_ahead = count.min(self.ahead.len() - self.ahead_at);
        self.ahead_at += from_ahead;
        if self.ahead_at == self.ahead.len() {
            self.ahead.clear();
            self.ahead_at = 0;
        }
        self.inner.consume(count - from_ahead);
        self.offset += count as u64;
        self.budget = self.budget.saturating_add((count - from_ahead) as u64 * BUDGET_PER_BYTE);
    }

    /// The next `want` bytes, fewer only at the end of the file.
    pub(crate) fn peek(&mut self, want: usize) -> Result<&[u8], WarcError> {
        if self.ahead_at == self.ahead.len() {
            // Most often the reader's own buffer is long enough.
            let offset = self.offset;
            if fill_inner(&mut self.inner, offset)?.len() >= want {
                return Ok(fill_inner(&mut self.inner, offset)?.get(..want).unwrap_or_default());
            }
        }
        if self.ahead.len() - self.ahead_at < want {
            // Only now: what lies ahead is asked for many times, and moving it costs as much as reading it.
            self.ahead.drain(..self.ahead_at);
            self.ahead_at = 0;
        }
        while self.ahead.len() - self.ahead_at < want {
            let offset = self.offset + self.ahead.len() as u64;
            let more = fill_inner(&mut self.inner, offset)?;
            let taken = more.len().min(want - self.ahead.len());
            if taken == 0 {
                break;
            }
            self.ahead.extend_from_slice(more.get(..taken).unwrap_or_default());
            self.inner.consume(taken);
            self.budget = self.budget.saturating_add(taken as u64 * BUDGET_PER_BYTE);
        }
        let ahead = self.ahead.get(self.ahead_at..).unwrap_or_default();
        Ok(ahead.get(..want).unwrap_or(ahead))
    }

    /// Takes back bytes that were just consumed.
    pub(crate) fn take_back(&mut self, bytes: &[u8]) {
        self.ahead.splice(..self.ahead_at, bytes.iter().copied());
        self.ahead_at = 0;
        self.offset -= bytes.len() as u64;
    }

    /// Whether `count` bytes may be gone over once more; they are paid for if so.
    pub(crate) fn pay(&mut self, count: usize) -> bool {
        let left = self.budget.checked_sub(count as u64);
        self.budget = left.unwrap_or(self.budget);
        left.is_some()
    }
}

fn fill_inner<R: BufRead>(inner: &mut R, offset: u64) -> Result<&[u8], WarcError> {
    loop {
        // Asked twice, because a borrow that is returned cannot also be dropped in a loop.
        match inner.fill_buf() {
            Ok(_) => break,
            Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(WarcError::Read { offset, source }),
        }
    }
    inner.fill_buf().map_err(|source| WarcError::Read { offset, source })
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn peeked_and_taken_back_bytes_come_in_order() {
        for capacity in [1, 2, 64] {
            let mut source = Source::new(BufReader::with_capacity(capacity, &b"0123456789"[..]));
            assert_eq!(source.peek(4).unwrap(), b"0123");
            source.consume(1);
            assert_eq!(source.peek(2).unwrap(), b"12");
            source.consume(2);
            assert_eq!(source.offset(), 3);
            source.take_back(b"12");
            assert_eq!(source.offset(), 1);
            assert_eq!(source.peek(100).unwrap(), b"123456789");
            source.consume(9);
            assert_eq!(source.fill().unwrap(), b"");
        }
    }

    #[test]
    fn the_budget_ends_and_grows_with_what_is_read() {
        let mut source = Source::new(&b"0123456789"[..]);
        assert!(source.pay(BUDGET_START as usize));
        assert!(!source.pay(1));
        source.consume(10);
        assert!(source.pay(40));
        assert!(!source.pay(1));
    }
}
