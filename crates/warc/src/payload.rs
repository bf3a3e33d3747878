//! The bytes of a block: a record's own, or lent by the buffer that its member was decoded into.
//!
//! A reader that gets its buffer back, because the record is dropped before the next one is read, decodes the next
//! member into it. So a block is neither copied nor is its memory fetched anew.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The bytes of a block. Keeping it keeps up to eight times their memory.
#[derive(Clone, Default)]
pub struct Payload {
    buffer: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Payload {
    /// The bytes of `buffer` in `range`; none if it does not lie inside.
    pub(crate) fn lent(buffer: &Arc<Vec<u8>>, range: Range<usize>) -> Self {
        Self { buffer: Arc::clone(buffer), range }
    }

    /// Keeps the first `length` bytes.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.range.end = self.range.end.min(self.range.start + length);
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), buffer: Arc::new(bytes) }
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.buffer.get(self.range.clone()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Payload {
    fn eq(&self, other: &T) -> bool {
        **self == *other.as_ref()
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
