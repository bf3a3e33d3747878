//! The default answers of large targets, kept ready: `order`.
//!
//! For each scope (an exact host, or a host with everything below it) over a thousand rows, the
//! numbers of the rows that win, in the default order, and their counters; so that a first page, an
//! offset and a count cost what they show. The lists are made by whoever asks questions, this table
//! only keeps them.
//!
//! A list is cut into chunks of [`CHUNK`] rows, each a block of its own; the counters stand in every
//! chunk, so that one read answers a first page.

use std::path::Path;

use model::{Bucket, Host, HostKey, Target};

use crate::block::Compression;
use crate::error::Result;
use crate::group::{ColumnKind, GroupFile, GroupShape, GroupWriter};
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::snapshot::RowId;

use ColumnKind::{Bytes, Number};

/// Rows of one chunk.
const CHUNK: usize = 512;

pub(crate) static ORDER: GroupShape = GroupShape {
    name: "order",
    rows_per_block: 1,
    columns: &[Bytes, Number, Number, Number, Number, Number, Number, Bytes],
    compression: Compression::Zstd(1),
};

/// What a list is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Vec<u8>);

impl Scope {
    /// The scope of a host target; `None` for a page.
    pub fn of(target: &Target) -> Option<Self> {
        match target {
            Target::Page(_) => None,
            Target::Host { host, include_subdomains } => Some(Self::of_host(host, *include_subdomains)),
        }
    }

    /// An exact host (`www.` folded), or a host with everything below it.
    pub fn of_host(host: &Host, include_subdomains: bool) -> Self {
        let mut key = HostKey::new(host).as_bytes().to_vec();
        key.push(u8::from(include_subdomains));
        Self(key)
    }
}

/// One row of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderedRow {
    /// The row.
    pub id: RowId,
    /// Links of its page to the scope.
    pub links: u32,
}

/// Counters of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Rows of the default answer: live, not internal, one for each referring page.
    pub referring_pages: u64,
    /// Stored links that are live.
    pub live: u64,
    /// Stored links that are lost.
    pub lost: u64,
    /// Stored links from the target's own registrable domain.
    pub internal: u64,
    /// Stored links that are indirect.
    pub indirect: u64,
}

/// Writes the lists of one bucket.
pub struct OrderWriter {
    group: GroupWriter,
}

impl std::fmt::Debug for OrderWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderWriter").finish_non_exhaustive()
    }
}

impl OrderWriter {
    pub(crate) fn create(folder: &Path, bucket: Bucket) -> Result<Self> {
        Ok(Self { group: GroupWriter::create(folder, file_name(ORDER.name, bucket), &ORDER)? })
    }

    /// Adds a list; scopes must come in ascending order.
    pub fn push(&mut self, scope: &Scope, counters: Counters, rows: &[OrderedRow]) -> Result<()> {
        for (number, chunk) in rows.chunks(CHUNK).enumerate() {
            let key = chunk_key(scope, number as u32);
            let packed: Vec<u8> =
                chunk.iter().flat_map(|row| [row.id.pack().to_le_bytes(), row.links.to_le_bytes()].concat()).collect();
            let counts = [counters.referring_pages, counters.live, counters.lost, counters.internal, counters.indirect];
            let [pages, live, lost, internal, indirect] = counts.map(Into::into);
            let kept = (rows.len() as u64).into();
            self.group.push(
                &key,
                &[key.as_slice().into(), kept, pages, live, lost, internal, indirect, packed.as_slice().into()],
            )?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<FileEntry> {
        self.group.finish()
    }
}

fn chunk_key(scope: &Scope, chunk: u32) -> Vec<u8> {
    let mut key = scope.0.clone();
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// A list that is kept ready.
#[derive(Debug)]
pub struct OrderedList<'a> {
    file: &'a GroupFile,
    /// Row of its first chunk.
    first: u64,
    /// Rows kept; the list may be longer.
    kept: u64,
    counters: Counters,
}

impl<'a> OrderedList<'a> {
    pub(crate) fn find(file: &'a GroupFile, scope: &Scope) -> Result<Option<Self>> {
        let key = chunk_key(scope, 0);
        let first = file.lower_bound(&key, 0)?;
        if first >= file.rows() {
            return Ok(None);
        }
        let block = file.block(first)?;
        if block.bytes(0, 0) != Some(key.as_slice()) {
            return Ok(None);
        }
        let number = |column| block.number(column, 0).unwrap_or_default();
        let counters = Counters {
            referring_pages: number(2),
            live: number(3),
            lost: number(4),
            internal: number(5),
            indirect: number(6),
        };
        Ok(Some(Self { file, first, kept: number(1), counters }))
    }

    /// The counters.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Rows `offset..offset + limit` of the list; `None` if they reach past what is kept.
    pub fn rows(&self, offset: u64, limit: u64) -> Result<Option<Vec<OrderedRow>>> {
        let end = offset.saturating_add(limit).min(self.counters.referring_pages);
        if end > self.kept {
            return Ok(None);
        }
        let mut rows = Vec::new();
        let mut at = offset;
        while at < end {
            let (chunk, place) = (at / CHUNK as u64, (at % CHUNK as u64) as usize);
            let block = self.file.block(self.first + chunk)?;
            let packed = block.bytes(7, 0).unwrap_or_default();
            let wanted = packed.chunks_exact(8).skip(place).take((end - at) as usize);
            let before = rows.len();
            rows.extend(wanted.map(|bytes| OrderedRow {
                id: RowId::unpack(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
                links: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            }));
            if rows.len() == before {
                return Ok(None);
            }
            at += (rows.len() - before) as u64;
        }
        Ok(Some(rows))
    }
}
