//! Archives read record by record: heads of WARC and HTTP parsed, blocks in memory.

use std::io::Read;
use std::path::PathBuf;

use fastwarc::warc::iter::{ArchiveIterator, ArchiveIteratorOptions};
use warc::{Item, ReaderOptions};

use crate::Work;

/// Our reader. Bytes are those of the blocks.
pub(crate) fn ours(files: &[PathBuf]) -> anyhow::Result<Work> {
    let mut work = Work::default();
    for path in files {
        for item in warc::open(path, ReaderOptions::default())? {
            if let Item::Record(record) = item? {
                work.items += 1;
                work.bytes += record.payload.len() as u64;
            }
        }
    }
    Ok(work)
}

/// The crate `fastwarc`, one record after the other in place, each block read into the same memory.
pub(crate) fn fastwarc(files: &[PathBuf]) -> anyhow::Result<Work> {
    let mut work = Work::default();
    let mut block = Vec::new();
    // `parse_http` off, as our reader leaves that to whoever asks for the answer.
    let options = ArchiveIteratorOptions { inplace: true, parse_http: false, ..ArchiveIteratorOptions::default() };
    for path in files {
        for record in ArchiveIterator::from_path_with_options(path, options)? {
            let record = record?;
            let mut record = record.borrow_mut();
            block.clear();
            if let Some(reader) = record.reader_mut() {
                work.bytes += reader.read_to_end(&mut block)? as u64;
            }
            work.items += 1;
        }
    }
    Ok(work)
}

/// The same without the blocks: they are decoded and passed over.
pub(crate) fn fastwarc_skipping(files: &[PathBuf]) -> anyhow::Result<Work> {
    let mut work = Work::default();
    let options = ArchiveIteratorOptions { inplace: true, parse_http: false, ..ArchiveIteratorOptions::default() };
    for path in files {
        for record in ArchiveIterator::from_path_with_options(path, options)? {
            work.bytes += record?.borrow().content_length();
            work.items += 1;
        }
    }
    Ok(work)
}
