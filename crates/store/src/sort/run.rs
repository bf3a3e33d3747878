//! One sorted run on disk.
//!
//! A run is a temporary file that dies with the process, but its blocks are checked all the same: a
//! bad disk must not turn into wrong rows.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::RUN_BLOCK_BYTES;
use crate::codec::Encode;
use crate::error::{IoContext, Result, corrupt};
use crate::record::Cursor;

/// Header of a stored block: stored length (4), raw length (4), checksum (8).
const BLOCK_HEADER: usize = 16;

/// Removes the file when the last user is gone.
#[derive(Debug)]
struct TemporaryFile {
    file: File,
    path: PathBuf,
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // The folder of temporary files is removed as a whole at the end; a failure here only delays it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A sorted run: where each bucket's records begin.
#[derive(Debug, Clone)]
pub(super) struct Run {
    file: Arc<TemporaryFile>,
    /// Start of each bucket's blocks, and the end of the last.
    offsets: Vec<u64>,
}

pub(super) struct RunWriter {
    path: PathBuf,
    file: BufWriter<File>,
    compressor: zstd::bulk::Compressor<'static>,
    offset: u64,
    offsets: Vec<u64>,
    block: Vec<u8>,
}

impl RunWriter {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = File::options().create(true).truncate(true).read(true).write(true).open(path);
        let file = file.during("create", path)?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 16, file),
            compressor: zstd::bulk::Compressor::new(1).during("prepare compression of", path)?,
            offset: 0,
            offsets: Vec::new(),
            block: Vec::with_capacity(RUN_BLOCK_BYTES + 4096),
        })
    }

    /// Appends a record; buckets must come in order.
    pub(super) fn push(&mut self, bucket: usize, key: &[u8], value: &[u8]) -> Result<()> {
        if bucket >= self.offsets.len() {
            self.end_block()?;
            self.offsets.resize(bucket + 1, self.offset);
        }
        self.block.put_bytes(key);
        self.block.put_bytes(value);
        if self.block.len() >= RUN_BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        let compressed = self.compressor.compress(&self.block).during("compress for", &self.path)?;
        let mut header = Vec::with_capacity(BLOCK_HEADER);
        header.put_raw(&(compressed.len() as u32).to_le_bytes());
        header.put_raw(&(self.block.len() as u32).to_le_bytes());
        header.put_raw(&xxh3_64(&compressed).to_le_bytes());
        self.file.write_all(&header).and_then(|()| self.file.write_all(&compressed)).during("write", &self.path)?;
        self.offset += (header.len() + compressed.len()) as u64;
        self.block.clear();
        Ok(())
    }

    pub(super) fn finish(mut self, buckets: usize) -> Result<Run> {
        self.end_block()?;
        self.offsets.resize(buckets + 1, self.offset);
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error).during("write", &self.path)?;
        Ok(Run { file: Arc::new(TemporaryFile { file, path: self.path }), offsets: self.offsets })
    }
}

impl Run {
    pub(super) fn bucket(&self, bucket: usize) -> RunReader {
        let end = self.offsets.get(bucket + 1).copied().unwrap_or_default();
        RunReader {
            file: Arc::clone(&self.file),
            next: self.offsets.get(bucket).copied().unwrap_or(end),
            end,
            cursor: Cursor::default(),
        }
    }
}

/// Reads one bucket of a run in order.
#[derive(Debug)]
pub(super) struct RunReader {
    file: Arc<TemporaryFile>,
    next: u64,
    end: u64,
    cursor: Cursor,
}

impl RunReader {
    /// Moves to the next record; `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool> {
        if self.cursor.is_at_end() {
            if self.next >= self.end {
                return Ok(false);
            }
            self.read_block()?;
        }
        self.cursor.advance().map_err(|error| corrupt(&self.file.path, self.next, error.0))?;
        Ok(true)
    }

    fn read_block(&mut self) -> Result<()> {
        let path = &self.file.path;
        let mut header = [0; BLOCK_HEADER];
        self.file.file.read_exact_at(&mut header, self.next).during("read", path)?;
        let stored_bytes = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let raw_bytes = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let mut compressed = vec![0; stored_bytes];
        self.file.file.read_exact_at(&mut compressed, self.next + BLOCK_HEADER as u64).during("read", path)?;
        if xxh3_64(&compressed).to_le_bytes() != header[8..] {
            return Err(corrupt(path, self.next, "checksum"));
        }
        self.cursor.start(zstd::bulk::decompress(&compressed, raw_bytes).during("decompress", path)?);
        self.next += (BLOCK_HEADER + stored_bytes) as u64;
        Ok(())
    }

    pub(super) fn key(&self) -> &[u8] {
        self.cursor.key()
    }

    pub(super) fn value(&self) -> &[u8] {
        self.cursor.value()
    }
}
