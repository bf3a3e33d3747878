//! The reader: from one record to the next, whatever lies between them.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::block::Block;
use crate::container::Container;
use crate::error::WarcError;
use crate::head::arc::{self, Strictness};
use crate::head::find::{Found, find_head, is_record_start};
use crate::head::{Head, Length, head_length, warc};
use crate::record::{Format, Item, Record, Skip, SkipReason};
use crate::stream::{Next, State, Stream};

/// Decoded bytes that a search looks at in one go.
const SEARCH_BYTES: usize = 64 << 10;
/// Bytes of a head that are looked at first.
const FIRST_HEAD_BYTES: usize = 1024;
/// Stored bytes that are read at once.
const READ_BYTES: usize = 512 << 10;
/// Line ends after a block that can be taken back with it.
const MAX_TOLD_LINE_ENDS: usize = 64 << 10;

/// What a reader may keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderOptions {
    /// Bytes of a block that are kept; the rest is read, counted and dropped. Default 32 MiB.
    pub max_payload_bytes: usize,
    /// Bytes that the head of a record may have. Default 256 KiB.
    pub max_head_bytes: usize,
    /// Length of the file in bytes, where it is known: a plain record that claims more is known for
    /// a liar before its data are read. [`open`] sets it.
    pub file_bytes: Option<u64>,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self { max_payload_bytes: 32 << 20, max_head_bytes: 256 << 10, file_bytes: None }
    }
}

/// Reads one archive from its first record to its last, in one pass.
#[derive(Debug)]
pub struct ArchiveReader<R: BufRead> {
    stream: Stream<R>,
    options: ReaderOptions,
    /// The format of the first record; an archive has one.
    format: Option<Format>,
    queue: VecDeque<Item>,
    /// Whether a record was already given out as damaged by the break that the stream stands at.
    is_break_told: bool,
    is_finished: bool,
}

/// Opens an archive file.
pub fn open(path: &Path, options: ReaderOptions) -> Result<ArchiveReader<BufReader<File>>, WarcError> {
    let failed = |source| WarcError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mut options = options;
    options.file_bytes = metadata.is_file().then_some(metadata.len()).or(options.file_bytes);
    ArchiveReader::new(BufReader::with_capacity(READ_BYTES, file), options)
}

/// Where a record begins.
#[derive(Debug, Clone, Copy)]
struct Start {
    offset: u64,
    position_in_member: u64,
}

/// How the reading of a block ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ending {
    damage: Option<SkipReason>,
    is_whole: bool,
    spans_members: bool,
}

impl<R: BufRead> ArchiveReader<R> {
    /// Looks at the first bytes of `reader` for the container.
    pub fn new(reader: R, options: ReaderOptions) -> Result<Self, WarcError> {
        Ok(Self {
            stream: Stream::new(reader)?,
            options,
            format: None,
            queue: VecDeque::new(),
            is_break_told: false,
            is_finished: false,
        })
    }

    /// How the file is wrapped.
    pub fn container(&self) -> Container {
        self.stream.container()
    }

    /// The reader below.
    pub(crate) fn get_ref(&self) -> &R {
        self.stream.get_ref()
    }

    /// The next record or skipped stretch; `None` at the end. An error is one of the reader below:
    /// whatever is wrong with the archive is an [`Item::Skip`] or a [`Record::damage`].
    pub fn next_item(&mut self) -> Result<Option<Item>, WarcError> {
        loop {
            if let Some(item) = self.queue.pop_front() {
                return Ok(Some(item));
            }
            if self.is_finished {
                return Ok(None);
            }
            if self.advance()? {
                self.read_record()?;
            }
        }
    }

    /// Goes to the next bytes that are no line ends, over the ends of members. Answers whether the
    /// stream stands at some; else there is an item in the queue, or the end.
    fn advance(&mut self) -> Result<bool, WarcError> {
        loop {
            match self.stream.state() {
                State::Open => {}
                State::Broken(reason) => {
                    let offset = self.stream.member_offset();
                    self.stream.recover(self.format)?;
                    if !std::mem::take(&mut self.is_break_told) {
                        self.skip(offset, reason, None);
                        return Ok(false);
                    }
                    continue;
                }
                state @ (State::Between | State::Ended { .. }) => {
                    let offset = self.stream.stored_offset();
                    match self.stream.open_next()? {
                        Next::Member => {}
                        Next::Garbage => {
                            self.stream.recover(self.format)?;
                            let bytes = self.stream.stored_offset().saturating_sub(offset);
                            // A member with a bad checksum was told as such.
                            if bytes > 0 && state != (State::Ended { is_good: false }) {
                                self.skip(offset, SkipReason::Garbage, Some(format!("{bytes} bytes between members")));
                                return Ok(false);
                            }
                        }
                        Next::End => {
                            self.is_finished = true;
                            return Ok(false);
                        }
                    }
                }
            }
            self.skip_line_ends()?;
            if !self.stream.fill(1)?.is_empty() {
                return Ok(true);
            }
        }
    }

    fn skip(&mut self, offset: u64, reason: SkipReason, detail: Option<String>) {
        self.queue.push_back(Item::Skip(Skip { offset, reason, detail }));
    }

    /// Passes over line ends and answers with them; `None` if they are too many to be told.
    fn skip_line_ends(&mut self) -> Result<Option<Vec<u8>>, WarcError> {
        let mut skipped = Some(Vec::new());
        loop {
            let window = self.stream.fill(1)?;
            let count = window.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if count == 0 {
                return Ok(skipped);
            }
            skipped = skipped.filter(|told: &Vec<u8>| told.len() + count <= MAX_TOLD_LINE_ENDS);
            if let Some(told) = &mut skipped {
                told.extend_from_slice(window.get(..count).unwrap_or_default());
            }
            self.stream.consume(count);
        }
    }

    /// Where the stream stands, as evidence names it.
    fn here(&self) -> Start {
        if self.stream.is_plain() {
            Start { offset: self.stream.position(), position_in_member: 0 }
        } else {
            Start { offset: self.stream.member_offset(), position_in_member: self.stream.position() }
        }
    }

    fn read_record(&mut self) -> Result<(), WarcError> {
        let start = self.here();
        match self.read_head()? {
            Ok(head) => {
                self.format = Some(head.format);
                self.read_block(start, head)
            }
            Err(reason) => {
                // One byte on, or the search would find the bad head again.
                self.stream.consume(1);
                let mut bytes = 1;
                let is_found = self.search(false, |garbage| bytes += garbage.len() as u64)?;
                let reason = match self.stream.state() {
                    State::Broken(break_reason) if !is_found => {
                        self.is_break_told = true;
                        if reason == SkipReason::CutHead { break_reason } else { reason }
                    }
                    _ => reason,
                };
                self.skip(start.offset, reason, Some(format!("{bytes} bytes to the next record or the end")));
                Ok(())
            }
        }
    }

    /// Reads a head, or says why there is none; then nothing is consumed.
    fn read_head(&mut self) -> Result<Result<Head, SkipReason>, WarcError> {
        let is_warc = self.stream.fill(warc::MAGIC.len())?.starts_with(warc::MAGIC);
        if is_warc && self.format != Some(Format::Arc) {
            let limit = self.options.max_head_bytes;
            return self.read_head_of(limit, SkipReason::BadHead, head_length, warc::parse);
        }
        if self.format == Some(Format::Warc) {
            return Ok(Err(SkipReason::Garbage));
        }
        let line_length = |bytes: &[u8]| memchr::memchr(b'\n', bytes).map(|at| at + 1);
        let head = self.read_head_of(arc::MAX_LINE_BYTES, SkipReason::Garbage, line_length, |line| {
            arc::parse(line, Strictness::Expected)
        })?;
        // Bytes without a line end are not the begin of an ARC record either.
        Ok(head.map_err(|reason| if reason == SkipReason::HeadTooLong { SkipReason::Garbage } else { reason }))
    }

    fn read_head_of(
        &mut self,
        limit: usize,
        no_head: SkipReason,
        length: impl Fn(&[u8]) -> Option<usize>,
        parse: impl Fn(&[u8]) -> Option<Head>,
    ) -> Result<Result<Head, SkipReason>, WarcError> {
        let mut want = FIRST_HEAD_BYTES.min(limit);
        loop {
            let window = self.stream.fill(want)?;
            let window = window.get(..limit).unwrap_or(window);
            let window_bytes = window.len();
            if let Some(length) = length(window) {
                let head = window.get(..length).and_then(&parse);
                if head.is_some() {
                    self.stream.consume(length);
                }
                return Ok(head.ok_or(no_head));
            }
            if window_bytes >= limit {
                return Ok(Err(SkipReason::HeadTooLong));
            }
            if window_bytes < want {
                if self.stream.join_next(self.format)? {
                    continue;
                }
                return Ok(Err(SkipReason::CutHead));
            }
            want = (want * 2).max(window_bytes + 1).min(limit);
        }
    }

    fn read_block(&mut self, start: Start, head: Head) -> Result<(), WarcError> {
        let block_start = self.stream.position();
        let mut block = Block::new(&head, self.options.max_payload_bytes);
        let ending = match head.length {
            Length::Known(length) if self.is_beyond_file(length) => {
                self.read_to_next_head(&mut block, SkipReason::LengthTooLong)?
            }
            Length::Known(length) => self.read_known(start, length, &mut block)?,
            Length::Missing => self.read_to_next_head(&mut block, SkipReason::MissingLength)?,
            Length::Bad => self.read_to_next_head(&mut block, SkipReason::BadLength)?,
        };
        let end = if self.stream.is_plain() { block_start + block.total } else { self.stream.stored_offset() };
        if matches!(self.stream.state(), State::Broken(_)) {
            self.is_break_told = true;
        }
        if ending.damage.is_some() && ending.damage != Some(SkipReason::LengthTooShort) {
            block.trim_line_ends(if head.format == Format::Warc { 4 } else { 1 });
        }
        let declared_truncated = head.format == Format::Warc
            && head
                .headers
                .iter()
                .any(|(name, value)| name.eq_ignore_ascii_case("WARC-Truncated") && !value.is_empty());
        let (digest, is_all_kept) = (block.digest(ending.is_whole), block.is_all_kept());
        let payload = block.into_payload();
        let record = Record {
            format: head.format,
            container: self.stream.container(),
            kind: head.kind,
            url: head.url,
            time: head.time,
            ip: head.ip,
            content_type: head.content_type,
            offset: start.offset,
            length: end.saturating_sub(start.offset),
            position_in_member: start.position_in_member,
            digest,
            truncated: declared_truncated || !ending.is_whole || !is_all_kept,
            declared_length: if let Length::Known(length) = head.length { Some(length) } else { None },
            damage: ending.damage,
            payload,
            headers: head.headers,
        };
        // Garbage that was found after the record is already in the queue.
        self.queue.push_front(Item::Record(record));
        Ok(())
    }

    fn is_beyond_file(&self, length: u64) -> bool {
        self.stream.is_plain()
            && self.options.file_bytes.is_some_and(|bytes| length > bytes.saturating_sub(self.stream.position()))
    }

    /// Reads `length` bytes, then looks whether a record, a member or the file ends there.
    fn read_known(&mut self, start: Start, length: u64, block: &mut Block<'_>) -> Result<Ending, WarcError> {
        let mut spans_members = false;
        if let Some(whole) = self.stream.lend(length)
            && block.lend(whole)
        {
            self.stream.consume(length as usize);
        }
        while block.total < length {
            let window = self.stream.fill(1)?;
            if !window.is_empty() {
                let count = window.len().min(usize::try_from(length - block.total).unwrap_or(usize::MAX));
                block.push(window.get(..count).unwrap_or_default());
                self.stream.consume(count);
                continue;
            }
            match self.stream.state() {
                State::Broken(reason) => {
                    return Ok(Ending { damage: Some(reason), is_whole: false, spans_members });
                }
                _ if self.stream.join_next(self.format)? => spans_members = true,
                _ if spans_members => {
                    return Ok(Ending { damage: Some(SkipReason::LengthTooLong), is_whole: false, spans_members });
                }
                _ => return self.reread(start, length, block, &[]),
            }
        }
        let line_ends = self.skip_line_ends()?;
        let whole = |damage| Ending { damage, is_whole: true, spans_members };
        Ok(match self.stream.state() {
            State::Broken(reason) => whole(Some(reason)),
            State::Ended { is_good: false } => whole(Some(SkipReason::BadChecksum)),
            State::Ended { is_good: true } | State::Between => whole(None),
            State::Open if self.is_at_record()? => whole(None),
            State::Open => match line_ends {
                Some(line_ends) if !spans_members => self.reread(start, length, block, &line_ends)?,
                _ => whole(Some(SkipReason::LengthTooShort)),
            },
        })
    }

    fn is_at_record(&mut self) -> Result<bool, WarcError> {
        let mut want = FIRST_HEAD_BYTES;
        loop {
            let window = self.stream.fill(want)?;
            let is_start = is_record_start(window, self.format);
            if want > arc::MAX_LINE_BYTES || memchr::memchr(b'\n', window).is_some() {
                return Ok(is_start);
            }
            let window_bytes = window.len();
            if window_bytes < want && !self.stream.join_next(self.format)? {
                return Ok(is_start);
            }
            want = (window_bytes * 2).max(FIRST_HEAD_BYTES);
        }
    }

    /// The declared length of a block is wrong: reads the block again, up to the next head. If that
    /// comes before the declared end, the block ends there. Else the block is what was declared, and
    /// what follows it is garbage.
    fn reread(
        &mut self,
        start: Start,
        length: u64,
        block: &mut Block<'_>,
        line_ends: &[u8],
    ) -> Result<Ending, WarcError> {
        let is_short = block.total < length;
        let damage = if is_short { SkipReason::LengthTooLong } else { SkipReason::LengthTooShort };
        let ending = Ending { damage: Some(damage), is_whole: !is_short, spans_members: false };
        if !block.is_all_kept() {
            return Ok(ending);
        }
        let (mut read, total) = block.take();
        let kept_bytes = read.len();
        read.extend_from_slice(line_ends);
        if !self.stream.take_back(&read) {
            read.truncate(kept_bytes);
            block.put_back(read, total);
            return Ok(ending);
        }
        let mut garbage_bytes = 0;
        let is_found = self.search(true, |bytes| {
            let (inside, beyond) = bytes.split_at_checked((total - block.total) as usize).unwrap_or((bytes, &[]));
            block.push(inside);
            garbage_bytes += beyond.len() as u64;
        })?;
        if block.total < total || is_short {
            return Ok(Ending { damage: Some(SkipReason::LengthTooLong), is_whole: is_found, ..ending });
        }
        let offset = if self.stream.is_plain() { self.stream.position() - garbage_bytes } else { start.offset };
        self.skip(offset, SkipReason::Garbage, Some(format!("{garbage_bytes} bytes after a record")));
        Ok(ending)
    }

    /// Reads a block without a length that can be used.
    fn read_to_next_head(&mut self, block: &mut Block<'_>, damage: SkipReason) -> Result<Ending, WarcError> {
        let is_found = self.search(true, |bytes| block.push(bytes))?;
        let is_whole = is_found || damage != SkipReason::LengthTooLong;
        Ok(match self.stream.state() {
            State::Broken(reason) => Ending { damage: Some(reason), is_whole: false, spans_members: false },
            _ => Ending { damage: Some(damage), is_whole, spans_members: false },
        })
    }

    /// Passes over bytes up to the next head or the end of the member, and shows them. Answers
    /// whether there is a head.
    fn search(&mut self, at_line_start: bool, mut passed: impl FnMut(&[u8])) -> Result<bool, WarcError> {
        let mut at_line_start = at_line_start;
        let mut want = SEARCH_BYTES;
        loop {
            let window = self.stream.fill(want)?;
            let is_all = window.len() < want;
            if window.is_empty() {
                return Ok(false);
            }
            let (count, is_found) = match find_head(window, self.format, at_line_start, is_all) {
                Found::At(count) => (count, true),
                Found::NotIn(count) => (count, false),
            };
            let bytes = window.get(..count).unwrap_or_default();
            passed(bytes);
            want = if count == 0 { window.len() * 2 } else { SEARCH_BYTES };
            at_line_start = bytes.last().map_or(at_line_start, |&last| last == b'\n');
            self.stream.consume(count);
            if is_found {
                return Ok(true);
            }
        }
    }
}

impl<R: BufRead> Iterator for ArchiveReader<R> {
    type Item = Result<Item, WarcError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.next_item().transpose();
        // A reader that failed is not asked again.
        self.is_finished |= matches!(item, Some(Err(_)));
        item
    }
}
