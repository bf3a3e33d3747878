//! One sorted run on disk.
//!
//! ```text
//! run   := block* start*                            a start (8, little-endian) for each bucket, and the end of the last
//! block := stored length (4)  raw length (4)  checksum (8)  payload (LZ4; as it is if both lengths are the same)
//! ```
//!
//! The checksum is XXH3 of the payload, with the raw length for its seed. Most runs die with the process, but all are
//! checked: a bad disk must not turn into wrong rows. Those that are kept, and those of visits, are compressed: LZ4 is
//! enough, as zstd at level 1 takes 1.6 times as long to make them a quarter smaller. Those of a build are not: LZ4
//! halves rows of links, and takes twice the time that writing and reading the other half does. A run is opened when it
//! is first read and closed with its last user, so that there may be many of them.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::RUN_BLOCK_BYTES;
use crate::codec::Encode;
use crate::error::{IoContext, Result, corrupt};
use crate::manifest::FileEntry;
use crate::record::Cursor;
use crate::whole_writes::WholeWrites;

/// Header of a stored block: stored length (4), raw length (4), checksum (8).
const BLOCK_HEADER: usize = 16;

/// The file of a run. It goes with its last user, unless it is kept.
#[derive(Debug)]
struct RunFile {
    path: PathBuf,
    buckets: usize,
    about: FileEntry,
    is_kept: AtomicBool,
    opened: OnceLock<Opened>,
}

/// What is known of a run once it is read.
#[derive(Debug)]
struct Opened {
    file: File,
    /// Start of each bucket's blocks, and the end of the last.
    starts: Vec<u64>,
}

impl Drop for RunFile {
    fn drop(&mut self) {
        if !*self.is_kept.get_mut() {
            // The folder of temporary files is removed as a whole at the end; a failure here only delays it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A sorted run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    file: Arc<RunFile>,
}

pub(super) struct RunWriter {
    path: PathBuf,
    file: WholeWrites,
    offset: u64,
    starts: Vec<u64>,
    block: Vec<u8>,
    packing: Packing,
    compressed: Vec<u8>,
    rows: u64,
}

/// What becomes of the bytes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// They are written as they are.
    Plain,
    Lz4,
}

impl RunWriter {
    pub(super) fn create(path: &Path, packing: Packing) -> Result<Self> {
        let file = WholeWrites::create(path).during("create", path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            offset: 0,
            starts: Vec::new(),
            block: Vec::with_capacity(RUN_BLOCK_BYTES + 4096),
            packing,
            compressed: Vec::new(),
            rows: 0,
        })
    }

    /// Appends a record; buckets must come in order.
    pub(super) fn push(&mut self, bucket: usize, key: &[u8], value: &[u8]) -> Result<()> {
        if bucket >= self.starts.len() {
            self.end_block()?;
            self.starts.resize(bucket + 1, self.offset);
        }
        self.rows += 1;
        self.block.put_bytes(key);
        self.block.put_bytes(value);
        if self.block.len() >= RUN_BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        if self.packing == Packing::Lz4 {
            self.compressed.resize(lz4_flex::block::get_maximum_output_size(self.block.len()), 0);
            let length = lz4_flex::block::compress_into(&self.block, &mut self.compressed);
            self.compressed.truncate(length.map_err(std::io::Error::other).during("compress for", &self.path)?);
        }
        let is_smaller = self.packing == Packing::Lz4 && self.compressed.len() < self.block.len();
        let stored = if is_smaller { &self.compressed } else { &self.block };
        let mut header = Vec::with_capacity(BLOCK_HEADER);
        header.put_raw(&(stored.len() as u32).to_le_bytes());
        header.put_raw(&(self.block.len() as u32).to_le_bytes());
        let checksum = xxh3_64_with_seed(stored, self.block.len() as u64);
        header.put_raw(&checksum.to_le_bytes());
        self.file.write_all(&header).and_then(|()| self.file.write_all(stored)).during("write", &self.path)?;
        self.offset += (header.len() + stored.len()) as u64;
        self.block.clear();
        Ok(())
    }

    pub(super) fn finish(mut self, buckets: usize) -> Result<Run> {
        self.end_block()?;
        self.starts.resize(buckets + 1, self.offset);
        let starts: Vec<u8> = self.starts.iter().flat_map(|start| start.to_le_bytes()).collect();
        self.file.write_all(&starts).and_then(|()| self.file.into_file()).during("write", &self.path)?;
        let about = FileEntry {
            name: self.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            size_bytes: self.offset + starts.len() as u64,
            rows: self.rows,
            checksum: format!("{:016x}", xxh3_64(&starts)),
        };
        Ok(Run::new(self.path, buckets, about, false))
    }
}

impl Run {
    fn new(path: PathBuf, buckets: usize, about: FileEntry, is_kept: bool) -> Self {
        let file = RunFile { path, buckets, about, is_kept: AtomicBool::new(is_kept), opened: OnceLock::new() };
        Self { file: Arc::new(file) }
    }

    /// A run that was kept, to be read again. Nothing is opened yet.
    pub(super) fn of_kept(folder: &Path, buckets: usize, about: FileEntry) -> Self {
        Self::new(folder.join(&about.name), buckets, about, true)
    }

    /// Moves the run to a place where it stays, its bytes synced. The folder is for the caller to sync.
    pub(super) fn keep(self, to: &Path) -> Result<FileEntry> {
        let path = &self.file.path;
        File::open(path).and_then(|file| file.sync_all()).during("sync", path)?;
        std::fs::rename(path, to).during("rename", path)?;
        self.file.is_kept.store(true, Ordering::Relaxed);
        let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(FileEntry { name, ..self.file.about.clone() })
    }

    /// Reads and checks every block.
    pub(super) fn verify(&self) -> Result<()> {
        for bucket in 0..self.file.buckets {
            let mut reader = self.bucket(bucket)?;
            while reader.next < reader.end {
                reader.read_block()?;
            }
        }
        Ok(())
    }

    /// One bucket's records.
    pub(super) fn bucket(&self, bucket: usize) -> Result<RunReader> {
        let starts = &self.file.opened()?.starts;
        let end = starts.get(bucket + 1).copied().unwrap_or_default();
        let next = starts.get(bucket).copied().unwrap_or(end);
        Ok(RunReader { run: Arc::clone(&self.file), next, end, compressed: Vec::new(), cursor: Cursor::default() })
    }

    #[cfg(test)]
    pub(super) fn about(&self) -> &FileEntry {
        &self.file.about
    }
}

impl RunFile {
    fn opened(&self) -> Result<&Opened> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = self.open()?;
        Ok(self.opened.get_or_init(|| opened))
    }

    fn open(&self) -> Result<Opened> {
        let file = File::open(&self.path).during("open", &self.path)?;
        let size_bytes = file.metadata().during("read the size of", &self.path)?.len();
        let mut bytes = vec![0; (self.buckets + 1) * 8];
        let at = size_bytes.checked_sub(bytes.len() as u64).filter(|_| size_bytes == self.about.size_bytes);
        let at = at.ok_or_else(|| corrupt(&self.path, "footer", "size"))?;
        file.read_exact_at(&mut bytes, at).during("read", &self.path)?;
        if format!("{:016x}", xxh3_64(&bytes)) != self.about.checksum {
            return Err(corrupt(&self.path, "footer", "checksum"));
        }
        let start = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
        Ok(Opened { file, starts: bytes.chunks_exact(8).map(start).collect() })
    }
}

/// Reads one bucket of a run in order.
#[derive(Debug)]
pub(super) struct RunReader {
    run: Arc<RunFile>,
    next: u64,
    end: u64,
    compressed: Vec<u8>,
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
        self.cursor.advance().map_err(|error| corrupt(&self.run.path, self.next, error.0))?;
        Ok(true)
    }

    fn read_block(&mut self) -> Result<()> {
        let (path, file) = (&self.run.path, &self.run.opened()?.file);
        let mut header = [0; BLOCK_HEADER];
        file.read_exact_at(&mut header, self.next).during("read", path)?;
        let stored_bytes = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let raw_bytes = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        if stored_bytes as u64 > self.run.about.size_bytes {
            return Err(corrupt(path, self.next, "length"));
        }
        let mut block = self.cursor.end();
        let is_plain = stored_bytes == raw_bytes;
        let stored = if is_plain { &mut block } else { &mut self.compressed };
        stored.resize(stored_bytes, 0);
        file.read_exact_at(stored, self.next + BLOCK_HEADER as u64).during("read", path)?;
        if xxh3_64_with_seed(stored, raw_bytes as u64).to_le_bytes() != header[8..] {
            return Err(corrupt(path, self.next, "checksum"));
        }
        if !is_plain {
            block.resize(raw_bytes, 0);
            let length = lz4_flex::block::decompress_into(&self.compressed, &mut block);
            if !length.is_ok_and(|length| length == raw_bytes) {
                return Err(corrupt(path, self.next, "compression"));
            }
        }
        self.cursor.start(block);
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
