//! Writing a file of checked blocks.

use std::io::Write;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::{BLOCKS_PER_LEAF, CODEC_LZ4, CODEC_RAW, CODEC_ZSTD, Compression, Entry, Footer};
use crate::codec::Encode;
use crate::error::{IoContext, Result};
use crate::manifest::FileEntry;
use crate::whole_writes::WholeWrites;

/// Blocks below this size are not worth a compression frame.
const SMALLEST_COMPRESSED: usize = 128;

/// Writes blocks one after another. Memory: one block, the file's next write, and 24 bytes and a key for each block.
pub(crate) struct BlockWriter {
    path: PathBuf,
    file: WholeWrites,
    /// `None` for LZ4, which needs nothing prepared.
    zstd: Option<zstd::bulk::Compressor<'static>>,
    stored: Vec<u8>,
    offset: u64,
    rows: u64,
    leaves: Vec<Vec<u8>>,
    leaf_entries: Vec<(u64, Vec<u8>)>,
    leaf: Vec<u8>,
    blocks_in_leaf: usize,
    rows_in_leaf: u64,
    key_of_leaf: Vec<u8>,
}

impl BlockWriter {
    /// Creates the file.
    pub(crate) fn create(path: &Path, compression: Compression) -> Result<Self> {
        let file = WholeWrites::create(path).during("create", path)?;
        let zstd = match compression {
            Compression::Lz4 => None,
            Compression::Zstd(level) => {
                Some(zstd::bulk::Compressor::new(level).during("prepare compression of", path)?)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            zstd,
            stored: Vec::new(),
            offset: 0,
            rows: 0,
            leaves: Vec::new(),
            leaf_entries: Vec::new(),
            leaf: Vec::new(),
            blocks_in_leaf: 0,
            rows_in_leaf: 0,
            key_of_leaf: Vec::new(),
        })
    }

    /// Appends a block of `rows` rows whose first has `first_key` (empty in tables without keys).
    pub(crate) fn push(&mut self, raw: &[u8], rows: u64, first_key: &[u8]) -> Result<()> {
        if self.blocks_in_leaf == 0 {
            first_key.clone_into(&mut self.key_of_leaf);
            self.leaf.put_int(self.offset);
        }
        let entry = self.write(raw, rows, first_key)?;
        entry.encode(&mut self.leaf);
        self.blocks_in_leaf += 1;
        self.rows_in_leaf += rows;
        self.rows += rows;
        if self.blocks_in_leaf == BLOCKS_PER_LEAF {
            self.end_leaf();
        }
        Ok(())
    }

    fn end_leaf(&mut self) {
        if self.blocks_in_leaf > 0 {
            self.leaves.push(std::mem::take(&mut self.leaf));
            self.leaf_entries.push((self.rows_in_leaf, std::mem::take(&mut self.key_of_leaf)));
            self.blocks_in_leaf = 0;
            self.rows_in_leaf = 0;
        }
    }

    fn write(&mut self, raw: &[u8], rows: u64, first_key: &[u8]) -> Result<Entry> {
        let is_smaller =
            raw.len() >= SMALLEST_COMPRESSED && self.compress(raw).during("compress for", &self.path)? < raw.len();
        if !is_smaller {
            self.stored.clear();
            self.stored.push(CODEC_RAW);
            self.stored.extend_from_slice(raw);
        }
        self.file.write_all(&self.stored).during("write", &self.path)?;
        self.offset += self.stored.len() as u64;
        Ok(Entry {
            stored_bytes: self.stored.len() as u32,
            raw_bytes: raw.len() as u32,
            rows,
            checksum: xxh3_64(&self.stored),
            first_key: first_key.to_vec(),
        })
    }

    /// Fills `stored` with the compressed block; the length of its payload.
    fn compress(&mut self, raw: &[u8]) -> std::io::Result<usize> {
        let (codec, most) = match self.zstd {
            None => (CODEC_LZ4, lz4_flex::block::get_maximum_output_size(raw.len())),
            Some(_) => (CODEC_ZSTD, zstd::zstd_safe::compress_bound(raw.len())),
        };
        // What is left of the block before need not be cleared.
        self.stored.resize(1 + most, 0);
        self.stored[0] = codec;
        let payload = &mut self.stored[1..];
        let length = match &mut self.zstd {
            None => lz4_flex::block::compress_into(raw, payload).map_err(std::io::Error::other)?,
            Some(zstd) => zstd.compress_to_buffer(raw, payload)?,
        };
        self.stored.truncate(1 + length);
        Ok(length)
    }

    /// Writes directory and footer, syncs, and says what the manifest must hold.
    pub(crate) fn finish(mut self, name: &str) -> Result<FileEntry> {
        self.end_leaf();
        let leaves_offset = self.offset;
        let mut root = Vec::new();
        for (leaf, (rows, key)) in std::mem::take(&mut self.leaves).iter().zip(std::mem::take(&mut self.leaf_entries)) {
            self.write(leaf, rows, &key)?.encode(&mut root);
        }
        let root_offset = self.offset;
        let root = self.write(&root, self.rows, &[])?;
        let footer = Footer {
            root_offset,
            root_stored_bytes: root.stored_bytes,
            root_raw_bytes: root.raw_bytes,
            root_checksum: root.checksum,
            leaves_offset,
            rows: self.rows,
        }
        .encode();
        self.file.write_all(&footer).during("write", &self.path)?;
        let file = self.file.into_file().during("write", &self.path)?;
        file.sync_all().during("sync", &self.path)?;
        Ok(FileEntry {
            name: name.to_owned(),
            size_bytes: self.offset + footer.len() as u64,
            rows: self.rows,
            checksum: format!("{:016x}", xxh3_64(&footer)),
        })
    }
}
