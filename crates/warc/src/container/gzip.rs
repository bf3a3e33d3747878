//! One gzip member after the other (RFC 1952), with its end exactly known.
//!
//! `flate2` has readers for this, but they own the reader below them and hide where in the file a
//! member begins and ends, which is what makes a record an evidence.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Progress, Step};
use crate::record::SkipReason;

const HAS_HEADER_CRC: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;

pub(crate) struct Gzip {
    inflate: Decompress,
    crc: Crc,
    part: Part,
    flags: u8,
}

/// The part of a member that the next byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The ten bytes that every header has; how many were seen.
    Fixed(u8),
    /// The length of the extra field, little end first; its first byte, if seen.
    ExtraLength(Option<u8>),
    Extra(u16),
    Name,
    Comment,
    /// How many bytes of the header's own checksum are left.
    HeaderCrc(u8),
    Body,
    /// Trailer bytes seen, and the bytes.
    Trailer(u8, u64),
    /// The end; whether checksum and length agree.
    Done(bool),
}

impl Gzip {
    pub(crate) fn new() -> Self {
        Self { inflate: Decompress::new(false), crc: Crc::new(), part: Part::Fixed(0), flags: 0 }
    }

    pub(crate) fn start(&mut self) {
        self.inflate.reset(false);
        self.crc.reset();
        self.part = Part::Fixed(0);
        self.flags = 0;
    }

    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        if self.part == Part::Body {
            return self.inflate(input, output);
        }
        let mut consumed = 0;
        for &byte in input {
            consumed += 1;
            self.part = match self.header_or_trailer(byte) {
                Ok(part) => part,
                Err(reason) => return Step { consumed, produced: 0, progress: Progress::Broken(reason) },
            };
            match self.part {
                Part::Body => break,
                Part::Done(true) => return Step { consumed, produced: 0, progress: Progress::End },
                Part::Done(false) => return Step { consumed, produced: 0, progress: Progress::EndWithBadChecksum },
                _ => {}
            }
        }
        Step { consumed, produced: 0, progress: Progress::More }
    }

    fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, output, FlushDecompress::None);
        let consumed = (self.inflate.total_in() - before_in) as usize;
        let produced = (self.inflate.total_out() - before_out) as usize;
        self.crc.update(output.get(..produced).unwrap_or_default());
        let progress = match status {
            Ok(Status::StreamEnd) => {
                self.part = Part::Trailer(0, 0);
                Progress::More
            }
            Ok(Status::Ok | Status::BufError) => Progress::More,
            Err(_) => Progress::Broken(SkipReason::CorruptMember),
        };
        // A stream may end without taking or giving a byte: the trailer comes with the next step.
        if consumed == 0 && produced == 0 && self.part == Part::Trailer(0, 0) {
            return self.step(input, output);
        }
        Step { consumed, produced, progress }
    }

    /// The part that follows `byte`.
    fn header_or_trailer(&mut self, byte: u8) -> Result<Part, SkipReason> {
        let next = match self.part {
            Part::Fixed(at) => {
                let is_allowed = match at {
                    0 => byte == 0x1f,
                    1 => byte == 0x8b,
                    2 => byte == 8,
                    3 => {
                        self.flags = byte;
                        byte & 0xe0 == 0
                    }
                    _ => true,
                };
                if !is_allowed {
                    return Err(SkipReason::CorruptMember);
                }
                if at < 9 { Part::Fixed(at + 1) } else { self.after(0) }
            }
            Part::ExtraLength(None) => Part::ExtraLength(Some(byte)),
            Part::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.after(HAS_EXTRA),
                length => Part::Extra(length),
            },
            Part::Extra(1) => self.after(HAS_EXTRA),
            Part::Extra(left) => Part::Extra(left - 1),
            Part::Name if byte == 0 => self.after(HAS_NAME),
            Part::Comment if byte == 0 => self.after(HAS_COMMENT),
            Part::HeaderCrc(1) => Part::Body,
            Part::HeaderCrc(left) => Part::HeaderCrc(left - 1),
            Part::Trailer(seen, bytes) => {
                let bytes = bytes | u64::from(byte) << (8 * u32::from(seen));
                if seen < 7 {
                    Part::Trailer(seen + 1, bytes)
                } else {
                    Part::Done(bytes as u32 == self.crc.sum() && (bytes >> 32) as u32 == self.crc.amount())
                }
            }
            part @ (Part::Name | Part::Comment | Part::Body | Part::Done(_)) => part,
        };
        Ok(next)
    }

    /// The part that follows the optional field `done`, or the fixed part (0).
    fn after(&self, done: u8) -> Part {
        let has = |field: u8| done < field && self.flags & field != 0;
        // In the order of the format, which is not the order of the bits: the checksum is last.
        if done != HAS_HEADER_CRC {
            if has(HAS_EXTRA) {
                return Part::ExtraLength(None);
            }
            if has(HAS_NAME) {
                return Part::Name;
            }
            if has(HAS_COMMENT) {
                return Part::Comment;
            }
            if self.flags & HAS_HEADER_CRC != 0 {
                return Part::HeaderCrc(2);
            }
        }
        Part::Body
    }
}
