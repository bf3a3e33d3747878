//! How an archive file is wrapped: plain, gzip members or zstd frames, told apart by magic bytes.
//!
//! All three are decoders of members. A plain file is one member that ends with the file.

mod gzip;
mod zstd;

use std::io::BufRead;

pub(crate) use gzip::Gzip;
pub(crate) use zstd::Zstd;

use crate::error::WarcError;
use crate::record::SkipReason;
use crate::source::Source;

/// What a gzip member begins with.
pub(crate) const GZIP_START: &[u8] = &[GZIP_FIRST, 0x8b, 8];
/// Its first byte.
pub(crate) const GZIP_FIRST: u8 = 0x1f;

/// How the file is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// Records as they are.
    Plain,
    /// gzip: one member a record, or the whole file in one or more members.
    Gzip,
    /// zstd: one frame a record, or the whole file; a dictionary may come first.
    Zstd,
}

impl Container {
    /// By the first bytes of the file.
    pub(crate) fn detect(first: &[u8]) -> Result<Self, WarcError> {
        let unsupported = |container| Err(WarcError::UnsupportedContainer { container });
        match first {
            [0x1f, 0x8b, ..] => Ok(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Self::Zstd),
            [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => unsupported("zip or wacz"),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => unsupported("bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => unsupported("xz"),
            [0x04, 0x22, 0x4d, 0x18, ..] => unsupported("lz4"),
            _ => Ok(Self::Plain),
        }
    }

    /// A name for reports: `plain`, `gzip` or `zstd`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Whether a member may start with these bytes.
    pub(crate) fn is_member_start(self, bytes: &[u8]) -> bool {
        match self {
            Self::Plain => true,
            Self::Gzip => matches!(bytes, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0),
            Self::Zstd => matches!(bytes, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]),
        }
    }

    /// First byte of a member, to look for.
    pub(crate) fn first_bytes(self) -> &'static [u8] {
        match self {
            Self::Plain => &[],
            Self::Gzip => &[0x1f],
            Self::Zstd => &[0x28],
        }
    }

    /// Stored bytes that are enough to see how a member begins.
    pub(crate) fn trial_bytes(self) -> usize {
        match self {
            Self::Plain | Self::Gzip => 4096,
            // A block of zstd is decoded whole: 128 KiB and the headers.
            Self::Zstd => (128 << 10) + 64,
        }
    }
}

/// How a step of decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    End,
    /// The end, but the checksum is another.
    EndWithBadChecksum,
    Broken(SkipReason),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) consumed: usize,
    pub(crate) produced: usize,
    pub(crate) progress: Progress,
}

/// The decoder of one member after the other.
pub(crate) enum Codec {
    Plain,
    Gzip(Gzip),
    Zstd(Zstd),
}

impl Codec {
    /// Makes the decoder; reads the dictionary of a `.warc.zst` where there is one.
    pub(crate) fn new<R: BufRead>(container: Container, source: &mut Source<R>) -> Result<Self, WarcError> {
        Ok(match container {
            Container::Plain => Self::Plain,
            Container::Gzip => Self::Gzip(Gzip::new()),
            Container::Zstd => Self::Zstd(Zstd::new(source)?),
        })
    }

    /// Starts a member.
    pub(crate) fn start(&mut self) -> Result<(), WarcError> {
        match self {
            Self::Plain => Ok(()),
            Self::Gzip(gzip) => {
                gzip.start();
                Ok(())
            }
            Self::Zstd(zstd) => zstd.start(),
        }
    }

    /// Decodes some of `input`, which is not empty, into `output`, which is not empty either.
    pub(crate) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let step = match self {
            Self::Plain => {
                let count = input.len().min(output.len());
                if let (Some(to), Some(from)) = (output.get_mut(..count), input.get(..count)) {
                    to.copy_from_slice(from);
                }
                Step { consumed: count, produced: count, progress: Progress::More }
            }
            Self::Gzip(gzip) => gzip.step(input, output),
            Self::Zstd(zstd) => zstd.step(input, output),
        };
        if step.consumed == 0 && step.produced == 0 && step.progress == Progress::More {
            return Step { progress: Progress::Broken(SkipReason::CorruptMember), ..step };
        }
        step
    }
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Gzip(_) => "Gzip",
            Self::Zstd(_) => "Zstd",
        })
    }
}
