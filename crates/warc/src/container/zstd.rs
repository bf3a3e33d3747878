//! One zstd frame after the other, with the dictionary that a `.warc.zst` file may begin with: a
//! skippable frame of magic `184D2A5D` whose content is the dictionary, itself compressed or not
//! (IIPC's "WARC Zstandard compression" 1.0).

use std::io::{BufRead, Read};

use zstd::stream::raw::{Decoder, Operation};

use super::{Progress, Step};
use crate::error::WarcError;
use crate::record::SkipReason;
use crate::source::Source;

const DICTIONARY_MAGIC: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What a frame begins with, at least.
const FIRST_BYTES: usize = 5;
/// What a block begins with.
const BLOCK_HEADER_BYTES: usize = 3;
/// A larger dictionary is taken for a lie.
const MAX_DICTIONARY_BYTES: usize = 16 << 20;

pub(crate) struct Zstd {
    decoder: Decoder<'static>,
    /// Bytes that the decoder wants next: the rest of a header or block. It gets no more at once,
    /// because it gives nothing of a call that meets an error, not even the blocks before it.
    wanted: usize,
}

impl Zstd {
    pub(super) fn new<R: BufRead>(source: &mut Source<R>) -> Result<Self, WarcError> {
        let dictionary = read_dictionary(source)?;
        Ok(Self { decoder: Decoder::with_dictionary(&dictionary).map_err(WarcError::Decoder)?, wanted: FIRST_BYTES })
    }

    pub(crate) fn without_dictionary() -> Result<Self, WarcError> {
        Ok(Self { decoder: Decoder::new().map_err(WarcError::Decoder)?, wanted: FIRST_BYTES })
    }

    pub(super) fn start(&mut self) -> Result<(), WarcError> {
        self.wanted = FIRST_BYTES;
        self.decoder.reinit().map_err(WarcError::Decoder)
    }

    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        // The decoder asks for a block and the header of the next one, which may be the error; so may
        // the last byte of the last block, where the frame turns out to be of another length.
        let limit = self.wanted.saturating_sub(BLOCK_HEADER_BYTES + 1).max(1);
        let input = input.get(..limit).unwrap_or(input);
        match self.decoder.run_on_buffers(input, output) {
            Ok(status) => {
                let is_end = status.remaining == 0;
                self.wanted = if is_end { FIRST_BYTES } else { status.remaining };
                let progress = if is_end { Progress::End } else { Progress::More };
                Step { consumed: status.bytes_read, produced: status.bytes_written, progress }
            }
            Err(_) => {
                Step { consumed: input.len(), produced: 0, progress: Progress::Broken(SkipReason::CorruptMember) }
            }
        }
    }
}

/// The dictionary, or nothing; a first frame that is none is left where it is.
fn read_dictionary<R: BufRead>(source: &mut Source<R>) -> Result<Vec<u8>, WarcError> {
    let Some((magic, length)) = source.peek(8)?.split_first_chunk::<4>() else { return Ok(Vec::new()) };
    let Ok(length) = <[u8; 4]>::try_from(length) else { return Ok(Vec::new()) };
    let length = u32::from_le_bytes(length) as usize;
    if *magic != DICTIONARY_MAGIC || length > MAX_DICTIONARY_BYTES {
        return Ok(Vec::new());
    }
    let Some(content) = source.peek(8 + length)?.get(8..8 + length).map(<[u8]>::to_vec) else {
        return Ok(Vec::new());
    };
    source.consume(8 + length);
    if !content.starts_with(&FRAME_MAGIC) {
        return Ok(content);
    }
    let mut dictionary = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(content.as_slice()).map_err(WarcError::Decoder)?;
    // A dictionary that does not decode is no dictionary; the frames that need it will say so.
    match decoder.take(MAX_DICTIONARY_BYTES as u64).read_to_end(&mut dictionary) {
        Ok(_) => Ok(dictionary),
        Err(_) => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the decoder gives of `frame` in pieces of `size`.
    fn decode(frame: &[u8], size: usize) -> Vec<u8> {
        let mut zstd = Zstd::without_dictionary().unwrap();
        zstd.start().unwrap();
        let (mut at, mut output) = (0, Vec::new());
        while at < frame.len() {
            let mut room = [0; 64];
            let step = zstd.step(&frame[at..frame.len().min(at + size)], &mut room);
            output.extend_from_slice(&room[..step.produced]);
            at += step.consumed;
            if step.progress != Progress::More {
                break;
            }
        }
        output
    }

    #[test]
    fn a_block_is_given_whatever_the_next_one_is() {
        // A raw block of four bytes, and a block of the reserved type.
        let mut frame = [&FRAME_MAGIC[..], &[0, 0], &[4 << 3, 0, 0], b"good", &[3 << 1, 0, 0]].concat();
        frame.extend_from_slice(&[0; 8]);
        for size in 1..=frame.len() {
            assert_eq!(decode(&frame, size), b"good", "{size}");
        }
    }

    #[test]
    fn a_frame_of_another_length_gives_the_same_whatever_the_pieces() {
        // A frame of nine bytes whose last block, a raw one of five, comes too early.
        let frame = [&FRAME_MAGIC[..], &[0x20, 9], &[5 << 3 | 1, 0, 0], b"short"].concat();
        for size in 1..=frame.len() {
            assert_eq!(decode(&frame, size), b"shor", "{size}");
        }
    }
}
