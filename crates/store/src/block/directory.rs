//! Where the parts of a file of blocks lie: what its root says of the leaves, and a leaf of its blocks.

use crate::codec::{Decoder, Encode, Malformed};

/// What a directory says of one block or leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) stored_bytes: u32,
    pub(super) raw_bytes: u32,
    pub(super) rows: u64,
    pub(super) checksum: u64,
    pub(super) first_key: Vec<u8>,
}

impl Entry {
    pub(super) fn encode(&self, into: &mut Vec<u8>) {
        into.put_int(self.stored_bytes.into());
        into.put_int(self.raw_bytes.into());
        into.put_int(self.rows);
        into.put_raw(&self.checksum.to_le_bytes());
        into.put_bytes(&self.first_key);
    }

    fn decode(from: &mut Decoder<'_>) -> Result<Self, Malformed> {
        let (stored_bytes, raw_bytes, rows) = (from.int_as()?, from.int_as()?, from.int()?);
        let checksum = from.raw(8)?.try_into().map_err(|_| Malformed("checksum"))?;
        let first_key = from.bytes()?.to_vec();
        Ok(Self { stored_bytes, raw_bytes, rows, checksum: u64::from_le_bytes(checksum), first_key })
    }
}

/// Entries, with where in the file their blocks begin and which rows are the first of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(super) entries: Vec<Entry>,
    pub(super) offsets: Vec<u64>,
    pub(super) first_rows: Vec<u64>,
}

impl Directory {
    /// Reads a root; the first leaf is at `offset`.
    pub(super) fn root(bytes: &[u8], offset: u64) -> Result<Self, Malformed> {
        Self::decode(Decoder::new(bytes), offset, 0)
    }

    /// Reads a leaf, whose first block has `first_row` for its first.
    pub(crate) fn leaf(bytes: &[u8], first_row: u64) -> Result<Self, Malformed> {
        let mut from = Decoder::new(bytes);
        let offset = from.int()?;
        Self::decode(from, offset, first_row)
    }

    fn decode(mut from: Decoder<'_>, mut offset: u64, mut row: u64) -> Result<Self, Malformed> {
        let mut this = Self { entries: Vec::new(), offsets: Vec::new(), first_rows: Vec::new() };
        while !from.is_empty() {
            let entry = Entry::decode(&mut from)?;
            this.offsets.push(offset);
            this.first_rows.push(row);
            offset = offset.checked_add(entry.stored_bytes.into()).ok_or(Malformed("offset"))?;
            row = row.checked_add(entry.rows).ok_or(Malformed("rows"))?;
            this.entries.push(entry);
        }
        Ok(this)
    }

    /// What [`Self::leaf`] reads.
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        into.put_int(self.offsets.first().copied().unwrap_or_default());
        self.entries.iter().for_each(|entry| entry.encode(into));
    }
}
