//! Files of checked blocks: the one container that every table on disk uses.
//!
//! ```text
//! file   := block* leaf* root footer
//! block  := codec (1 byte: 0 raw, 1 zstd, 2 LZ4) payload
//! leaf   := a block that lists up to 256 blocks: offset of the first, then for each its stored
//!           length, raw length, rows, checksum, first key
//! root   := a block that lists all leaves the same way, without the offset
//! footer := magic (8) · offset of the root (8) · stored and raw length of the root (4, 4) ·
//!           checksum of the root (8) · offset of the first leaf (8) · rows (8), all little-endian
//! ```
//!
//! Checksums are XXH3-64 over the stored bytes, codec included. The manifest holds the checksum of
//! the footer, the footer that of the root, the root those of the leaves, the leaves those of the
//! blocks: every byte of the file is covered, and reading one block checks one block, not a file.
//! Opening costs three reads; a look-up by key or row costs one leaf (kept) and one block.

mod directory;
mod reader;
mod writer;

pub(crate) use directory::Directory;
use directory::Entry;
pub(crate) use reader::{BlockFile, Scan, unpacked};
pub(crate) use writer::BlockWriter;

use crate::codec::{Decoder, Encode, Malformed};

/// The first bytes of every footer.
const MAGIC: &[u8; 8] = b"OBLBLK01";
pub(crate) const FOOTER_BYTES: usize = 48;
const BLOCKS_PER_LEAF: usize = 256;
/// No block decodes to more than this; a larger claim is corruption.
const MAX_RAW_BYTES: u64 = 1 << 30;

const CODEC_RAW: u8 = 0;
const CODEC_ZSTD: u8 = 1;
const CODEC_LZ4: u8 = 2;

/// What compresses the blocks of a file. Reading asks each block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Twice as fast to make as zstd at level 1 and four times as fast to read, for a third more bytes.
    Lz4,
    /// At a level.
    Zstd(i32),
}

/// The fixed end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footer {
    root_offset: u64,
    root_stored_bytes: u32,
    root_raw_bytes: u32,
    root_checksum: u64,
    leaves_offset: u64,
    rows: u64,
}

impl Footer {
    pub(crate) fn encode(&self) -> [u8; FOOTER_BYTES] {
        let mut bytes = Vec::with_capacity(FOOTER_BYTES);
        bytes.put_raw(MAGIC);
        bytes.put_raw(&self.root_offset.to_le_bytes());
        bytes.put_raw(&self.root_stored_bytes.to_le_bytes());
        bytes.put_raw(&self.root_raw_bytes.to_le_bytes());
        bytes.put_raw(&self.root_checksum.to_le_bytes());
        bytes.put_raw(&self.leaves_offset.to_le_bytes());
        bytes.put_raw(&self.rows.to_le_bytes());
        bytes.try_into().expect("the fields add up to the footer")
    }

    pub(crate) fn decode(bytes: &[u8; FOOTER_BYTES]) -> Result<Self, Malformed> {
        let mut decoder = Decoder::new(bytes);
        if decoder.raw(8)? != MAGIC {
            return Err(Malformed("magic"));
        }
        let mut wide = || -> Result<u64, Malformed> {
            Ok(u64::from_le_bytes(decoder.raw(8)?.try_into().map_err(|_| Malformed("footer"))?))
        };
        let (root_offset, lengths, root_checksum, leaves_offset, rows) = (wide()?, wide()?, wide()?, wide()?, wide()?);
        let (root_stored_bytes, root_raw_bytes) = (lengths as u32, (lengths >> 32) as u32);
        Ok(Self { root_offset, root_stored_bytes, root_raw_bytes, root_checksum, leaves_offset, rows })
    }
}

#[cfg(test)]
mod tests;
