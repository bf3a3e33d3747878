//! One gzip member after the other (RFC 1952), with its end exactly known.
//!
//! `flate2` has readers for this, but they own the reader below them and hide where in the file a
//! member begins and ends, which is what makes a record an evidence.
//!
//! A member that is wholly in memory is decoded in one go by `libdeflate`, which takes half the time.
//! Members that are too long for that, and those that do not decode, go step by step.

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{Crc, Decompressor};

use super::{Progress, Step};
use crate::record::SkipReason;

const HAS_HEADER_CRC: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;

/// A header without optional fields, and the trailer.
const LEAST_BYTES: usize = 18;
/// Bytes that deflate can make of one.
const MAX_RATIO: usize = 1032;

pub(crate) struct Gzip {
    inflate: Decompress,
    whole: Decompressor,
    crc: Crc,
    /// Bytes decoded, as the trailer counts them: modulo 2^32.
    amount: u32,
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
        Self {
            inflate: Decompress::new(false),
            whole: Decompressor::new(),
            crc: Crc::new(),
            amount: 0,
            part: Part::Fixed(0),
            flags: 0,
        }
    }

    /// Bytes that `stored` decodes to if it is one member and no more; `None` if that cannot be.
    pub(crate) fn decoded_bytes(stored: &[u8]) -> Option<usize> {
        let length = u32::from_le_bytes(*stored.last_chunk()?) as usize;
        let is_possible = stored.len() >= LEAST_BYTES && length / MAX_RATIO <= stored.len();
        // Deflate stores what it cannot make smaller, with five bytes for each 64 KiB, and headers are short.
        (is_possible && length + length / 1024 + (64 << 10) >= stored.len()).then_some(length)
    }

    /// Decodes `stored`, which is one member and no more, into `output`, which is as long as
    /// [`Self::decoded_bytes`] says, where a member starts. Answers whether it is so and the checksum agrees; if not,
    /// what is wrong is left to [`Self::step`], from the start.
    pub(crate) fn decode_whole(&mut self, stored: &[u8], output: &mut [u8]) -> bool {
        let is_whole = self.decode_between_head_and_trailer(stored, output).unwrap_or_default();
        if !is_whole {
            self.start();
        }
        is_whole
    }

    /// The checksum is compared here, with the trailer at the end: `libdeflate` would take the one that it meets.
    fn decode_between_head_and_trailer(&mut self, stored: &[u8], output: &mut [u8]) -> Option<bool> {
        let mut head = 0;
        while self.part != Part::Body {
            self.part = self.header_or_trailer(*stored.get(head)?).ok()?;
            head += 1;
        }
        let (body, trailer) = stored.get(head..)?.split_last_chunk::<8>()?;
        let is_decoded = self.whole.deflate_decompress(body, output) == Ok(output.len());
        Some(is_decoded && trailer.starts_with(&libdeflater::crc32(output).to_le_bytes()))
    }

    pub(crate) fn start(&mut self) {
        self.inflate.reset(false);
        (self.crc, self.amount) = (Crc::new(), 0);
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
        self.amount = self.amount.wrapping_add(produced as u32);
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
                    Part::Done(bytes as u32 == self.crc.sum() && (bytes >> 32) as u32 == self.amount)
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn member(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_member_is_decoded_in_one_go_only_if_it_ends_where_it_is_said_to() {
        let (data, other) = (b"hello hello hello".repeat(20), member(b"other"));
        let whole = member(&data);
        let decode = |stored: &[u8]| {
            let mut output = vec![0; Gzip::decoded_bytes(stored)?];
            Gzip::new().decode_whole(stored, &mut output).then_some(output)
        };
        assert_eq!(decode(&whole), Some(data.clone()));
        assert_eq!(decode(&whole[..whole.len() - 1]), None);
        assert_eq!(decode(&[whole.as_slice(), &other].concat()), None, "another member follows");
        // The length at the end is right, the checksum before it is not.
        let lies = [whole.as_slice(), &[0; 4], &whole[whole.len() - 4..]].concat();
        assert_eq!(Gzip::decoded_bytes(&lies), Some(data.len()));
        assert_eq!(decode(&lies), None);
        let (mut gzip, mut output) = (Gzip::new(), vec![0; data.len()]);
        assert!(!gzip.decode_whole(&lies, &mut output));
        assert!(gzip.decode_whole(&whole, &mut output), "from the start again");
    }

    #[test]
    fn a_length_that_cannot_be_is_not_believed() {
        let mut stored = member(b"hello");
        assert_eq!(Gzip::decoded_bytes(&stored), Some(5));
        stored.pop();
        stored.push(1);
        assert_eq!(Gzip::decoded_bytes(&stored), None, "16 MiB of 25 bytes");
        assert_eq!(Gzip::decoded_bytes(&[0; 17]), None);
        assert_eq!(Gzip::decoded_bytes(&vec![0; 100_000]), None, "nothing of many bytes");
    }
}
