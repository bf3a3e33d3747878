//! One answered task as bytes, framed so that damage costs what it hits and no more.
//!
//! A frame begins with a mark that no UTF-8 text holds, so that what was posted cannot look like one,
//! and a checksum covers everything behind it, the length too. After damage the next frame is found
//! by its mark.

use model::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::money::Usd;

/// The third byte is the version of the records.
const MARK: [u8; 4] = [0xFF, b'U', b'1', 0xFE];
/// Mark, checksum, length.
const HEAD_BYTES: usize = 16;
/// No payload is longer.
const MAX_PAYLOAD_BYTES: usize = 64 << 10;
/// Bytes of what was posted that are kept; of more nothing is.
const MAX_METADATA_BYTES: usize = 16 << 10;
/// Bytes of each other text that are kept.
const MAX_TEXT_BYTES: usize = 2 << 10;
const NO_TEXT: u32 = u32::MAX;

/// What an entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// The task of a request that was run, or refused.
    Task,
    /// A further task of a request, which is always refused.
    FurtherTask,
    /// A request that was refused whole. Its id was told nobody.
    Request,
}

/// An answered task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) fixed: Fixed,
    pub(crate) id: String,
    /// Such as `backlinks/backlinks`.
    pub(crate) function: String,
    pub(crate) method: String,
    /// The path that was asked.
    pub(crate) url: String,
    pub(crate) message: String,
    /// What was posted, as JSON.
    pub(crate) metadata: Option<String>,
}

/// The part of an entry that has a fixed size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixed {
    pub(crate) account: u16,
    pub(crate) kind: EntryKind,
    pub(crate) code: u16,
    pub(crate) http_status: u16,
    pub(crate) posted: Timestamp,
    pub(crate) done: Timestamp,
    pub(crate) elapsed_micros: u32,
    pub(crate) cost: Usd,
    pub(crate) rows: u32,
}

/// An entry in its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) fixed: Fixed,
    texts: &'a [u8],
}

/// What stands at the start of some bytes.
#[derive(Debug)]
pub(super) enum Frame<'a> {
    /// A whole frame of `length` bytes.
    Whole { record: Record<'a>, length: usize },
    /// Perhaps a frame, if more bytes follow.
    Short,
    /// No frame.
    Damaged,
}

impl Entry {
    /// Appends the frame of this entry.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&MARK);
        out.extend_from_slice(&[0; HEAD_BYTES - MARK.len()]);
        self.fixed.write(out);
        for text in [&self.id, &self.function, &self.method, &self.url, &self.message] {
            let kept = text.get(..text.floor_char_boundary(MAX_TEXT_BYTES)).unwrap_or_default();
            write_text(out, kept);
        }
        match self.metadata.as_deref().filter(|metadata| metadata.len() <= MAX_METADATA_BYTES) {
            Some(metadata) => write_text(out, metadata),
            None => out.extend_from_slice(&NO_TEXT.to_le_bytes()),
        }
        let Some(frame) = out.get_mut(start..) else { return };
        let length = (frame.len() - HEAD_BYTES) as u32;
        let (_, rest) = frame.split_at_mut(12);
        if let Some(place) = rest.first_chunk_mut() {
            *place = length.to_le_bytes();
        }
        let checksum = xxh3_64(rest);
        if let Some(place) = frame.get_mut(4..12) {
            place.copy_from_slice(&checksum.to_le_bytes());
        }
    }

    /// What is left after a month.
    pub(super) fn without_metadata(mut self) -> Self {
        self.metadata = None;
        self
    }
}

impl Fixed {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.account.to_le_bytes());
        out.push(match self.kind {
            EntryKind::Task => 0,
            EntryKind::FurtherTask => 1,
            EntryKind::Request => 2,
        });
        out.extend_from_slice(&self.code.to_le_bytes());
        out.extend_from_slice(&self.http_status.to_le_bytes());
        out.extend_from_slice(&self.posted.seconds().to_le_bytes());
        out.extend_from_slice(&self.done.seconds().to_le_bytes());
        out.extend_from_slice(&self.elapsed_micros.to_le_bytes());
        out.extend_from_slice(&self.cost.nanos().to_le_bytes());
        out.extend_from_slice(&self.rows.to_le_bytes());
    }

    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        Some(Self {
            account: u16::from_le_bytes(cursor.take()?),
            kind: match cursor.take()? {
                [0] => EntryKind::Task,
                [1] => EntryKind::FurtherTask,
                [2] => EntryKind::Request,
                _ => return None,
            },
            code: u16::from_le_bytes(cursor.take()?),
            http_status: u16::from_le_bytes(cursor.take()?),
            posted: Timestamp::from_seconds(i64::from_le_bytes(cursor.take()?)),
            done: Timestamp::from_seconds(i64::from_le_bytes(cursor.take()?)),
            elapsed_micros: u32::from_le_bytes(cursor.take()?),
            cost: Usd::from_nanos(i64::from_le_bytes(cursor.take()?)),
            rows: u32::from_le_bytes(cursor.take()?),
        })
    }
}

impl Record<'_> {
    /// The name of the function.
    pub(super) fn function(&self) -> Option<&str> {
        let mut cursor = Cursor(self.texts);
        cursor.text()?;
        cursor.text()
    }

    /// The whole entry; `None` if its texts are none.
    pub(super) fn entry(&self) -> Option<Entry> {
        let mut cursor = Cursor(self.texts);
        let mut next = || cursor.text().map(str::to_owned);
        Some(Entry {
            fixed: self.fixed,
            id: next()?,
            function: next()?,
            method: next()?,
            url: next()?,
            message: next()?,
            metadata: if cursor.0 == NO_TEXT.to_le_bytes() { None } else { Some(cursor.text()?.to_owned()) },
        })
    }
}

/// Looks for a frame at the start of `bytes`.
pub(super) fn frame(bytes: &[u8]) -> Frame<'_> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        let is_start = MARK.starts_with(bytes.get(..MARK.len()).unwrap_or(bytes));
        return if is_start { Frame::Short } else { Frame::Damaged };
    };
    let mut cursor = Cursor(head);
    let head = || Some((cursor.take::<4>()?, u64::from_le_bytes(cursor.take()?), u32::from_le_bytes(cursor.take()?)));
    let Some((MARK, checksum, length)) = { head }() else {
        return Frame::Damaged;
    };
    let length = length as usize;
    if length > MAX_PAYLOAD_BYTES {
        return Frame::Damaged;
    }
    let (Some(covered), Some(payload)) = (bytes.get(12..HEAD_BYTES + length), rest.get(..length)) else {
        return Frame::Short;
    };
    if xxh3_64(covered) != checksum {
        return Frame::Damaged;
    }
    let mut cursor = Cursor(payload);
    match Fixed::read(&mut cursor) {
        Some(fixed) => Frame::Whole { record: Record { fixed, texts: cursor.0 }, length: HEAD_BYTES + length },
        None => Frame::Damaged,
    }
}

/// Where the next mark may begin behind the first byte.
pub(super) fn next_mark(bytes: &[u8]) -> usize {
    let behind = bytes.iter().skip(1).position(|&byte| byte == MARK[0]);
    behind.map_or(bytes.len(), |at| at + 1)
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Reads values from the front of bytes.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = u32::from_le_bytes(self.take()?);
        let (text, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}
