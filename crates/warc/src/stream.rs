//! The decoded bytes of an archive, one member after the other, and the way back into step after a
//! member that does not decode.
//!
//! A cut member is noticed only some way into the next one. So the last stored bytes of the open
//! member are kept, and the search for the next member begins in them.

use std::io::BufRead;
use std::sync::Arc;

use crate::container::{Codec, Container, GZIP_FIRST, GZIP_START, Gzip, Progress};
use crate::error::WarcError;
use crate::head::find::is_record_start;
use crate::payload::Payload;
use crate::record::{Format, SkipReason};
use crate::source::Source;

/// Decoded bytes that one step may give.
const STEP_BYTES: usize = 64 << 10;
/// Stored bytes of the open member that are kept at least.
const HISTORY_BYTES: usize = 64 << 10;
/// Last stored bytes of a good member that may belong to the next one.
const UNSURE_BYTES: usize = 8;
/// Decoded bytes that are looked at to see what a member holds.
const TRIAL_BYTES: usize = 4096;
/// A member of more stored bytes than this is not decoded in one go.
const MAX_WHOLE_STORED_BYTES: usize = 1 << 20;
/// The same for decoded bytes.
const MAX_WHOLE_BYTES: usize = 4 << 20;
/// A block that is less than this part of the buffer is copied.
const LEAST_LENT_PART: usize = 8;
/// So often is a member tried that ends elsewhere.
const MAX_WHOLE_TRIALS: usize = 4;

/// Where the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Before the first member, or after one that was given up.
    Between,
    /// In a member.
    Open,
    /// All of the member is decoded.
    Ended {
        /// Whether the checksum agrees.
        is_good: bool,
    },
    /// The member does not decode any further.
    Broken(SkipReason),
}

/// What follows a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Member,
    Garbage,
    End,
}

#[derive(Debug)]
pub(crate) struct Stream<R> {
    source: Source<R>,
    container: Container,
    codec: Codec,
    state: State,
    member_offset: u64,
    /// Position in the member of the next decoded byte.
    position: u64,
    /// Decoded bytes are those from `at` to `end`.
    buffer: Arc<Vec<u8>>,
    at: usize,
    end: usize,
    history: Vec<u8>,
    /// Nothing of the open member was decoded yet.
    is_fresh: bool,
}

impl<R: BufRead> Stream<R> {
    pub(crate) fn new(reader: R) -> Result<Self, WarcError> {
        let mut source = Source::new(reader);
        let container = Container::detect(source.peek(6)?)?;
        let codec = Codec::new(container, &mut source)?;
        Ok(Self {
            source,
            container,
            codec,
            state: State::Between,
            member_offset: 0,
            position: 0,
            buffer: Arc::default(),
            at: 0,
            end: 0,
            history: Vec::new(),
            is_fresh: false,
        })
    }

    pub(crate) fn get_ref(&self) -> &R {
        self.source.get_ref()
    }

    pub(crate) fn container(&self) -> Container {
        self.container
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.container == Container::Plain
    }

    /// [`State::Ended`] and [`State::Broken`] are told only once the decoded bytes are used up.
    pub(crate) fn state(&self) -> State {
        if self.at < self.end { State::Open } else { self.state }
    }

    /// Offset in the file of the open or last member.
    pub(crate) fn member_offset(&self) -> u64 {
        self.member_offset
    }

    /// Offset in the file of the first byte that was not yet decoded.
    pub(crate) fn stored_offset(&self) -> u64 {
        self.source.offset()
    }

    /// Position in the decoded member of the next byte.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The decoded bytes that come next: at least `want`, fewer only where the member ends or breaks.
    pub(crate) fn fill(&mut self, want: usize) -> Result<&[u8], WarcError> {
        while self.end - self.at < want && self.state == State::Open {
            self.decode()?;
        }
        Ok(self.buffer.get(self.at..self.end).unwrap_or_default())
    }

    /// The next `length` decoded bytes without a copy, if the member is decoded to its end and they are enough of it
    /// to keep the buffer for.
    pub(crate) fn lend(&self, length: u64) -> Option<Payload> {
        let length = usize::try_from(length).ok()?;
        let is_enough = length <= self.end - self.at && length >= self.buffer.len() / LEAST_LENT_PART;
        let is_decoded = matches!(self.state, State::Ended { .. });
        (is_decoded && is_enough).then(|| Payload::lent(&self.buffer, self.at..self.at + length))
    }

    /// Passes over decoded bytes that [`Self::fill`] showed.
    pub(crate) fn consume(&mut self, count: usize) {
        self.at += count;
        self.position = self.position.wrapping_add(count as u64);
    }

    /// Takes back decoded bytes that were just consumed in this member, if the budget allows it.
    pub(crate) fn take_back(&mut self, bytes: &[u8]) -> bool {
        if !self.source.pay(bytes.len()) {
            return false;
        }
        self.position = self.position.wrapping_sub(bytes.len() as u64);
        if let Some(at) = self.at.checked_sub(bytes.len()) {
            if let Some(place) = Arc::make_mut(&mut self.buffer).get_mut(at..self.at) {
                place.copy_from_slice(bytes);
            }
            self.at = at;
        } else {
            Arc::make_mut(&mut self.buffer).splice(..self.at, bytes.iter().copied());
            self.end = self.end - self.at + bytes.len();
            self.at = 0;
        }
        true
    }

    /// Opens the member that comes next, where one does.
    pub(crate) fn open_next(&mut self) -> Result<Next, WarcError> {
        if self.is_plain() && self.state != State::Between || self.source.fill()?.is_empty() {
            return Ok(Next::End);
        }
        if !self.container.is_member_start(self.source.peek(4)?) {
            return Ok(Next::Garbage);
        }
        self.start_member()?;
        (self.at, self.end) = (0, 0);
        Ok(Next::Member)
    }

    /// Goes on in the next member as if it were this one, where the record at hand does: that is
    /// where the next member begins none. Decoded bytes that are not yet consumed stay.
    pub(crate) fn join_next(&mut self, format: Option<Format>) -> Result<bool, WarcError> {
        let goes_on = !self.is_plain()
            && self.state == State::Ended { is_good: true }
            && self.container.is_member_start(self.source.peek(4)?)
            && self.source.pay(self.container.trial_bytes())
            && !self.next_begins_record(format)?;
        if goes_on {
            // The bytes that stay lie before the new member: the position comes to 0 after them.
            let left = (self.end - self.at) as u64;
            self.start_member()?;
            self.position = 0_u64.wrapping_sub(left);
        }
        Ok(goes_on)
    }

    fn start_member(&mut self) -> Result<(), WarcError> {
        self.codec.start()?;
        self.state = State::Open;
        self.member_offset = self.source.offset();
        self.position = 0;
        self.history.clear();
        self.is_fresh = true;
        Ok(())
    }

    /// Leaves a member that is broken, or followed by none, for the next one that begins a record.
    /// The search begins in the member's own last bytes: all that are kept of a broken one; a few of
    /// a good one, since the last byte of a zstd frame may be missing unnoticed.
    pub(crate) fn recover(&mut self, format: Option<Format>) -> Result<(), WarcError> {
        let history = std::mem::take(&mut self.history);
        let is_all = self.source.offset() - self.member_offset == history.len() as u64;
        let first = match self.state {
            State::Ended { is_good: true } => history.len().saturating_sub(UNSURE_BYTES),
            // The broken member itself is not to be found again.
            _ => usize::from(is_all),
        };
        let tail = history.get(first..).unwrap_or_default();
        if history.is_empty() && self.source.offset() == self.member_offset {
            // It broke before a byte was consumed.
            let has_byte = !self.source.fill()?.is_empty();
            self.source.consume(usize::from(has_byte));
        }
        if self.source.pay(tail.len()) {
            self.source.take_back(tail);
        }
        self.find_member(format)
    }

    /// Passes over stored bytes up to the next member that begins a record, or to the end.
    fn find_member(&mut self, format: Option<Format>) -> Result<(), WarcError> {
        self.state = State::Between;
        (self.at, self.end) = (0, 0);
        loop {
            let stored = self.source.fill()?;
            if stored.is_empty() {
                return Ok(());
            }
            let count = stored.len();
            let candidate = self.container.first_bytes().first().and_then(|&first| memchr::memchr(first, stored));
            self.source.consume(candidate.unwrap_or(count));
            if candidate.is_none() || !self.container.is_member_start(self.source.peek(4)?) {
                if candidate.is_some() {
                    self.source.consume(1);
                }
                continue;
            }
            // Without budget the candidate is believed, and broken again if it lied.
            if !self.source.pay(self.container.trial_bytes()) || self.next_begins_record(format)? {
                return Ok(());
            }
            self.source.consume(1);
        }
    }

    /// Decodes the first bytes of the member at hand, without consuming any.
    fn next_begins_record(&mut self, format: Option<Format>) -> Result<bool, WarcError> {
        self.codec.start()?;
        let stored = self.source.peek(self.container.trial_bytes())?;
        let mut output = vec![0; TRIAL_BYTES];
        let (mut consumed, mut produced) = (0, 0);
        while produced < output.len() {
            let (Some(input), Some(room)) = (stored.get(consumed..), output.get_mut(produced..)) else { break };
            let step = self.codec.step(input, room);
            consumed += step.consumed;
            produced += step.produced;
            if step.progress != Progress::More {
                break;
            }
        }
        Ok(is_record_start(output.get(..produced).unwrap_or_default(), format))
    }

    fn decode(&mut self) -> Result<(), WarcError> {
        if std::mem::take(&mut self.is_fresh) && self.decode_whole()? {
            return Ok(());
        }
        self.make_room(STEP_BYTES, 2 * STEP_BYTES);
        let stored = self.source.fill()?;
        let is_at_end = stored.is_empty();
        let step = self.codec.step(stored, Arc::make_mut(&mut self.buffer).get_mut(self.end..).unwrap_or_default());
        self.end += step.produced;
        if self.container != Container::Plain {
            self.history.extend_from_slice(stored.get(..step.consumed).unwrap_or_default());
            if self.history.len() > 2 * HISTORY_BYTES {
                self.history.drain(..self.history.len() - HISTORY_BYTES);
            }
        }
        self.source.consume(step.consumed);
        match step.progress {
            Progress::More => {}
            Progress::End => self.state = State::Ended { is_good: true },
            Progress::EndWithBadChecksum => self.state = State::Ended { is_good: false },
            Progress::Broken(_) if is_at_end && self.is_plain() => self.state = State::Ended { is_good: true },
            Progress::Broken(_) if is_at_end => self.state = State::Broken(SkipReason::CutMember),
            Progress::Broken(reason) => self.state = State::Broken(reason),
        }
        Ok(())
    }

    /// Decodes the member at hand in one go, if it is a short one and its end can be told: where the next one
    /// begins, or the file ends. Else `false`, and nothing has happened.
    fn decode_whole(&mut self) -> Result<bool, WarcError> {
        if self.container != Container::Gzip {
            return Ok(false);
        }
        let (mut from, mut want) = (1, 0);
        for _ in 0..MAX_WHOLE_TRIALS {
            let Some((length, decoded)) = self.find_member_end(from, &mut want)? else { return Ok(false) };
            self.make_room(decoded, decoded);
            let Codec::Gzip(gzip) = &mut self.codec else { return Ok(false) };
            let stored = if want == 0 { self.source.fill()? } else { self.source.peek(want)? };
            let member = stored.get(..length).unwrap_or_default();
            let room = Arc::make_mut(&mut self.buffer).get_mut(self.end..self.end + decoded).unwrap_or_default();
            if gzip.decode_whole(member, room) {
                self.history.extend_from_slice(member.get(length.saturating_sub(UNSURE_BYTES)..).unwrap_or_default());
                self.end += decoded;
                self.source.consume(length);
                self.state = State::Ended { is_good: true };
                return Ok(true);
            }
            from = length + 1;
        }
        Ok(false)
    }

    /// Where the member at hand may end, from `from` stored bytes on, and how many bytes it decodes to then. Looks at
    /// `want` bytes, or more if it must; at those that lie ready if `want` is 0.
    fn find_member_end(&mut self, from: usize, want: &mut usize) -> Result<Option<(usize, usize)>, WarcError> {
        let mut from = from;
        loop {
            let stored = if *want == 0 { self.source.fill()? } else { self.source.peek(*want)? };
            let stored = stored.get(..MAX_WHOLE_STORED_BYTES).unwrap_or(stored);
            let is_all = *want > stored.len();
            let stored_bytes = stored.len();
            let rest = stored.get(from..).unwrap_or_default();
            // The first byte is rare enough, and looking for it alone is faster than for all three.
            let is_start = |at: &usize| rest.get(*at..).is_some_and(|rest| rest.starts_with(GZIP_START));
            let next = memchr::memchr_iter(GZIP_FIRST, rest).find(is_start).map(|at| from + at);
            let end = next.unwrap_or(stored_bytes);
            let decoded = stored.get(..end).and_then(Gzip::decoded_bytes).filter(|bytes| *bytes <= MAX_WHOLE_BYTES);
            // Of a file that is made to have many beginnings, all would be looked through for each.
            if !self.source.pay(end.saturating_sub(from)) {
                return Ok(None);
            }
            match (next, decoded) {
                (Some(_), Some(decoded)) => return Ok(Some((end, decoded))),
                (Some(_), None) => from = end + 1,
                (None, _) if is_all => return Ok(decoded.filter(|_| end >= from).map(|decoded| (end, decoded))),
                (None, _) if stored_bytes >= MAX_WHOLE_STORED_BYTES => return Ok(None),
                (None, _) => {
                    from = from.max((stored_bytes + 1).saturating_sub(GZIP_START.len()));
                    *want = (2 * stored_bytes).clamp(STEP_BYTES, MAX_WHOLE_STORED_BYTES);
                }
            }
        }
    }

    /// Makes room for `bytes` more decoded bytes, of `more` where the buffer is too short. A buffer that is lent is
    /// left to whoever has it.
    fn make_room(&mut self, bytes: usize, more: usize) {
        let left = self.end - self.at;
        let Some(buffer) = Arc::get_mut(&mut self.buffer) else {
            let mut buffer = vec![0; left + more];
            if let (Some(to), Some(from)) = (buffer.get_mut(..left), self.buffer.get(self.at..self.end)) {
                to.copy_from_slice(from);
            }
            (self.buffer, self.at, self.end) = (Arc::new(buffer), 0, left);
            return;
        };
        if buffer.len() - self.end >= bytes {
            return;
        }
        buffer.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, left);
        if buffer.len() - left < bytes {
            buffer.resize(left + more, 0);
        } else if buffer.len() > left + MAX_WHOLE_BYTES + 2 * STEP_BYTES {
            // What a block that was taken back left behind.
            buffer.truncate(left + more);
            buffer.shrink_to_fit();
        }
    }
}
