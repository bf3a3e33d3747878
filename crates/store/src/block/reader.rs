//! Reading a file of checked blocks. Every read is positioned: a reader has no place in the file
//! that another could move.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use xxhash_rust::xxh3::xxh3_64;

use super::{BLOCKS_PER_LEAF, CODEC_LZ4, CODEC_RAW, CODEC_ZSTD, Directory, Entry, FOOTER_BYTES, Footer, MAX_RAW_BYTES};
use crate::codec::Malformed;
use crate::error::{IoContext, Result, corrupt};
use crate::manifest::FileEntry;

/// A file of checked blocks, open for reading by any number of threads.
#[derive(Debug)]
pub(crate) struct BlockFile {
    path: PathBuf,
    file: File,
    root: Directory,
    leaves: Vec<OnceLock<Directory>>,
    blocks: u64,
    rows: u64,
}

impl BlockFile {
    /// Opens `folder/entry.name`, checking its size, footer and root against the manifest.
    pub(crate) fn open(folder: &Path, entry: &FileEntry) -> Result<Self> {
        let path = folder.join(&entry.name);
        let file = File::open(&path).during("open", &path)?;
        let size = file.metadata().during("read the size of", &path)?.len();
        if size != entry.size_bytes || size < FOOTER_BYTES as u64 {
            return Err(corrupt(&path, "footer", "the file has another size than its manifest says"));
        }
        let mut bytes = [0; FOOTER_BYTES];
        file.read_exact_at(&mut bytes, size - FOOTER_BYTES as u64).during("read", &path)?;
        if format!("{:016x}", xxh3_64(&bytes)) != entry.checksum {
            return Err(corrupt(&path, "footer", "checksum"));
        }
        let footer = Footer::decode(&bytes).map_err(|error| corrupt(&path, "footer", error.0))?;
        let root_entry = Entry {
            stored_bytes: footer.root_stored_bytes,
            raw_bytes: footer.root_raw_bytes,
            rows: footer.rows,
            checksum: footer.root_checksum,
            first_key: Vec::new(),
        };
        let root = read_block(&file, &path, &root_entry, footer.root_offset, &"root")?;
        let root = Directory::root(&root, footer.leaves_offset).map_err(|error| corrupt(&path, "root", error.0))?;
        let mut this = Self {
            path,
            file,
            leaves: root.entries.iter().map(|_| OnceLock::new()).collect(),
            root,
            blocks: 0,
            rows: footer.rows,
        };
        this.blocks = match this.root.entries.len() {
            0 => 0,
            leaves => ((leaves - 1) * BLOCKS_PER_LEAF + this.leaf(leaves - 1)?.entries.len()) as u64,
        };
        Ok(this)
    }

    /// Rows in the file.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn leaf(&self, number: usize) -> Result<&Directory> {
        let root = &self.root;
        let parts =
            (self.leaves.get(number), root.entries.get(number), root.offsets.get(number), root.first_rows.get(number));
        let (Some(cell), Some(entry), Some(offset), Some(row)) = parts else {
            return Err(corrupt(&self.path, number, "no such leaf"));
        };
        if let Some(leaf) = cell.get() {
            return Ok(leaf);
        }
        let name = format!("directory {number}");
        let bytes = read_block(&self.file, &self.path, entry, *offset, &name)?;
        let leaf = Directory::leaf(&bytes, *row).map_err(|error| corrupt(&self.path, &name, error.0))?;
        Ok(cell.get_or_init(|| leaf))
    }

    fn place(&self, block: u64) -> Result<(&Directory, usize)> {
        let leaf = self.leaf(usize::try_from(block).unwrap_or(usize::MAX) / BLOCKS_PER_LEAF)?;
        let at = (block % BLOCKS_PER_LEAF as u64) as usize;
        if at >= leaf.entries.len() {
            return Err(corrupt(&self.path, block, "no such block"));
        }
        Ok((leaf, at))
    }

    /// The decoded bytes of a block.
    pub(crate) fn block(&self, block: u64) -> Result<Vec<u8>> {
        let (leaf, at) = self.place(block)?;
        read_block(&self.file, &self.path, &leaf.entries[at], leaf.offsets[at], &block)
    }

    /// The number of the first row of a block.
    pub(crate) fn first_row(&self, block: u64) -> Result<u64> {
        let (leaf, at) = self.place(block)?;
        Ok(leaf.first_rows[at])
    }

    /// The last block whose first key is below `key`, or block 0: the first row at or after `key` is
    /// in it or is the first of the next one. `None` for an empty file.
    pub(crate) fn block_before(&self, key: &[u8]) -> Result<Option<u64>> {
        if self.root.entries.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.last_block_where(|first_key| first_key < key)?.map_or(0, |(block, _)| block)))
    }

    /// The last block whose first key is not above `key`, and that key. `None` if there is none.
    pub(crate) fn last_block_up_to(&self, key: &[u8]) -> Result<Option<(u64, &[u8])>> {
        self.last_block_where(|first_key| first_key <= key)
    }

    /// The last block of those at the start of the file whose first keys are so.
    fn last_block_where(&self, is_so: impl Fn(&[u8]) -> bool) -> Result<Option<(u64, &[u8])>> {
        let is_up_to = |entry: &Entry| is_so(&entry.first_key);
        let Some(number) = self.root.entries.partition_point(is_up_to).checked_sub(1) else { return Ok(None) };
        let leaf = self.leaf(number)?;
        let at = leaf.entries.partition_point(is_up_to).saturating_sub(1);
        let first_key = leaf.entries.get(at).map(|entry| entry.first_key.as_slice());
        Ok(first_key.map(|key| ((number * BLOCKS_PER_LEAF + at) as u64, key)))
    }

    /// Reads every block in order.
    pub(crate) fn scan(self: &Arc<Self>) -> Scan {
        Scan { file: Arc::clone(self), next: 0 }
    }

    /// Gives the decoded bytes of every block, and the first keys of the directory.
    pub(crate) fn parts(&self, mut each: impl FnMut(&[u8])) -> Result<()> {
        self.root.entries.iter().for_each(|entry| each(&entry.first_key));
        for number in 0..self.root.entries.len() {
            self.leaf(number)?.entries.iter().for_each(|entry| each(&entry.first_key));
        }
        (0..self.blocks).try_for_each(|block| self.block(block).map(|bytes| each(&bytes)))
    }

    /// Reads and checks every block; returns their number.
    pub(crate) fn verify(&self) -> Result<u64> {
        for block in 0..self.blocks {
            self.block(block)?;
        }
        Ok(self.blocks)
    }
}

/// The blocks of a file in order, past any cache.
#[derive(Debug)]
pub(crate) struct Scan {
    file: Arc<BlockFile>,
    next: u64,
}

impl Scan {
    /// The next block, decoded; `None` at the end.
    pub(crate) fn next_block(&mut self) -> Result<Option<Vec<u8>>> {
        if self.next >= self.file.blocks {
            return Ok(None);
        }
        let bytes = self.file.block(self.next)?;
        self.next += 1;
        Ok(Some(bytes))
    }

    /// The file that is scanned.
    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }
}

pub(super) fn read_block(
    file: &File,
    path: &Path,
    entry: &Entry,
    offset: u64,
    name: &dyn fmt::Display,
) -> Result<Vec<u8>> {
    let bad = |reason| corrupt(path, name, reason);
    let mut stored = vec![0; entry.stored_bytes as usize];
    file.read_exact_at(&mut stored, offset).during("read", path)?;
    if xxh3_64(&stored) != entry.checksum {
        return Err(bad("checksum"));
    }
    unpacked(stored, entry.raw_bytes).map_err(|error| bad(error.0))
}

/// What a stored block holds, which must be so many bytes.
pub(crate) fn unpacked(mut stored: Vec<u8>, raw_bytes: u32) -> Result<Vec<u8>, Malformed> {
    let is_possible = u64::from(raw_bytes) <= MAX_RAW_BYTES;
    let wanted = raw_bytes as usize;
    let raw = match stored.split_first() {
        Some((&CODEC_RAW, raw)) if raw.len() == wanted => {
            stored.remove(0);
            return Ok(stored);
        }
        Some((&CODEC_ZSTD, compressed)) if is_possible => decompress(compressed, wanted).ok(),
        Some((&CODEC_LZ4, compressed)) if is_possible => {
            let mut raw = vec![0; wanted];
            let length = lz4_flex::block::decompress_into(compressed, &mut raw);
            length.ok().map(|length| {
                raw.truncate(length);
                raw
            })
        }
        _ => return Err(Malformed("codec")),
    };
    let raw = raw.ok_or(Malformed("compression"))?;
    if raw.len() == wanted { Ok(raw) } else { Err(Malformed("length")) }
}

/// Decompresses with the thread's own context: making one costs more than a small block.
fn decompress(compressed: &[u8], raw_bytes: usize) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static CONTEXT: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
    }
    CONTEXT.with_borrow_mut(|context| {
        let context = match context {
            Some(context) => context,
            None => context.insert(zstd::bulk::Decompressor::new()?),
        };
        context.decompress(compressed, raw_bytes)
    })
}
