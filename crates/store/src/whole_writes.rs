//! Writing a file in whole pages.
//!
//! A write that ends inside a page of the system's cache makes the next one come back to that page, and takes half again
//! as long for the same bytes. `BufWriter` hands on what it has whenever more would not fit, at whatever length that is;
//! here all writes but the last are of one size, from the start of the file on.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Bytes of a write: more is no faster, as it no longer lies in the processor's own cache.
const WRITE_BYTES: usize = 256 * 1024;

/// A file that is written from start to end. What is still here when it is dropped is lost: see [`Self::into_file`].
#[derive(Debug)]
pub(crate) struct WholeWrites {
    file: File,
    waiting: Vec<u8>,
}

impl WholeWrites {
    /// Creates the file.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, waiting: Vec::with_capacity(WRITE_BYTES) })
    }

    /// The file with all that was written.
    pub(crate) fn into_file(mut self) -> io::Result<File> {
        self.file.write_all(&self.waiting)?;
        Ok(self.file)
    }
}

impl Write for WholeWrites {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(WRITE_BYTES - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        if self.waiting.len() == WRITE_BYTES {
            self.file.write_all(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(taken)
    }

    /// Does nothing: the last write would not be the last one.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_file_has_what_was_written_and_grows_by_whole_writes(
            lengths in prop::collection::vec(prop_oneof![0..100_usize, 0..3 * WRITE_BYTES, Just(WRITE_BYTES)], 0..6),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            let mut writes = WholeWrites::create(&path).unwrap();
            let mut expected = Vec::new();
            for (number, length) in lengths.into_iter().enumerate() {
                let part: Vec<u8> = (0..length).map(|at| (at % 251 + number) as u8).collect();
                writes.write_all(&part).unwrap();
                expected.extend(part);
                let written = std::fs::metadata(&path).unwrap().len() as usize;
                prop_assert_eq!(written, expected.len() / WRITE_BYTES * WRITE_BYTES);
            }
            drop(writes.into_file().unwrap());
            prop_assert_eq!(std::fs::read(&path).unwrap(), expected);
        }
    }
}
