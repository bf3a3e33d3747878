//! Files of sorted records: a key and a value of any size. For tables that are read from end to end
//! (visits, sources).

use std::path::Path;
use std::sync::Arc;

use crate::block::{BlockFile, BlockWriter, Compression, Scan};
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, corrupt};
use crate::manifest::FileEntry;

/// Raw bytes after which a block ends.
const BLOCK_BYTES: usize = 128 * 1024;

/// Writes records in key order.
pub(crate) struct RecordWriter {
    writer: BlockWriter,
    name: String,
    raw: Vec<u8>,
    rows: u64,
    first_key: Vec<u8>,
}

impl RecordWriter {
    pub(crate) fn create(folder: &Path, name: String, compression: Compression) -> Result<Self> {
        let writer = BlockWriter::create(&folder.join(&name), compression)?;
        Ok(Self { writer, name, raw: Vec::new(), rows: 0, first_key: Vec::new() })
    }

    pub(crate) fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        if self.rows == 0 {
            key.clone_into(&mut self.first_key);
        }
        self.raw.put_bytes(key);
        self.raw.put_bytes(value);
        self.rows += 1;
        if self.raw.len() >= BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<()> {
        self.writer.push(&self.raw, self.rows, &self.first_key)?;
        self.raw.clear();
        self.rows = 0;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<FileEntry> {
        if self.rows > 0 {
            self.end_block()?;
        }
        self.writer.finish(&self.name)
    }
}

/// Walks the records of one decoded block.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    block: Vec<u8>,
    at: usize,
    key: (usize, usize),
    value: (usize, usize),
}

impl Cursor {
    /// Starts on another block.
    pub(crate) fn start(&mut self, block: Vec<u8>) {
        self.block = block;
        self.at = 0;
    }

    /// Ends the block, whose memory the next one may take.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        (self.at, self.key, self.value) = (0, (0, 0), (0, 0));
        std::mem::take(&mut self.block)
    }

    /// Whether every record was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.block.len()
    }

    /// Moves to the next record of the block.
    pub(crate) fn advance(&mut self) -> Result<(), Malformed> {
        let mut decoder = Decoder::new(&self.block[self.at..]);
        let key = decoder.bytes()?.len();
        let key_end = self.block.len() - decoder.rest().len();
        let value = decoder.bytes()?.len();
        let value_end = self.block.len() - decoder.rest().len();
        self.key = (key_end - key, key_end);
        self.value = (value_end - value, value_end);
        self.at = value_end;
        Ok(())
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.block[self.key.0..self.key.1]
    }

    pub(crate) fn value(&self) -> &[u8] {
        &self.block[self.value.0..self.value.1]
    }
}

/// Reads records in key order.
#[derive(Debug)]
pub(crate) struct RecordScan {
    scan: Scan,
    cursor: Cursor,
}

impl RecordScan {
    pub(crate) fn open(folder: &Path, entry: &FileEntry) -> Result<Self> {
        let file = Arc::new(BlockFile::open(folder, entry)?);
        Ok(Self { scan: file.scan(), cursor: Cursor::default() })
    }

    /// Moves to the next record; `false` at the end.
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if self.cursor.is_at_end() {
            let Some(block) = self.scan.next_block()? else { return Ok(false) };
            self.cursor.start(block);
        }
        self.cursor.advance().map_err(|error| corrupt(self.scan.path(), "scan", error.0))?;
        Ok(true)
    }

    pub(crate) fn key(&self) -> &[u8] {
        self.cursor.key()
    }

    pub(crate) fn value(&self) -> &[u8] {
        self.cursor.value()
    }
}
