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
/// A larger dictionary is taken for a lie.
const MAX_DICTIONARY_BYTES: usize = 16 << 20;

pub(crate) struct Zstd {
    decoder: Decoder<'static>,
}

impl Zstd {
    pub(super) fn new<R: BufRead>(source: &mut Source<R>) -> Result<Self, WarcError> {
        let dictionary = read_dictionary(source)?;
        Ok(Self { decoder: Decoder::with_dictionary(&dictionary).map_err(WarcError::Decoder)? })
    }

    pub(crate) fn without_dictionary() -> Result<Self, WarcError> {
        Ok(Self { decoder: Decoder::new().map_err(WarcError::Decoder)? })
    }

    pub(super) fn start(&mut self) -> Result<(), WarcError> {
        self.decoder.reinit().map_err(WarcError::Decoder)
    }

    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self.decoder.run_on_buffers(input, output) {
            Ok(status) => Step {
                consumed: status.bytes_read,
                produced: status.bytes_written,
                progress: if status.remaining == 0 { Progress::End } else { Progress::More },
            },
            Err(_) => Step { consumed: 0, produced: 0, progress: Progress::Broken(SkipReason::CorruptMember) },
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
