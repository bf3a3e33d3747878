//! The files of a ledger, one for each day, and the records in them one after the other.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use model::Timestamp;

use super::record::{Frame, Record, frame, next_mark};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// A day, counted from 1970-01-01 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i64);

/// Whether what was posted is still in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fullness {
    /// Written anew without it.
    Bare,
    /// As it was answered.
    Full,
}

/// A file of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) day: Day,
    pub(super) fullness: Fullness,
    pub(super) path: PathBuf,
}

/// Reads records in order; skips and counts what is none.
#[derive(Debug)]
pub(super) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    is_at_end: bool,
    /// Bytes of the input before `start`.
    offset: u64,
    /// Where the last record ended.
    pub(super) good_end: u64,
    /// Runs of bytes that are no record.
    pub(super) damaged: u64,
}

impl Day {
    pub(super) fn of(at: Timestamp) -> Self {
        Self(at.seconds().div_euclid(86_400))
    }

    /// `2026-11-24`
    pub(super) fn text(self) -> String {
        Timestamp::from_seconds(self.0.saturating_mul(86_400)).to_string().chars().take(10).collect()
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Timestamp::parse_iso(text).map(Self::of).filter(|day| day.text() == text)
    }
}

impl Fullness {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Bare => "bare-",
            Self::Full => "tasks-",
        }
    }
}

impl Segment {
    pub(super) fn new(folder: &Path, day: Day, fullness: Fullness) -> Self {
        let path = folder.join(format!("{}{}.log", fullness.prefix(), day.text()));
        Self { day, fullness, path }
    }

    /// Every segment of a folder in the order of days; of a day that has two the one written anew.
    pub(super) fn list(folder: &Path) -> io::Result<Vec<Self>> {
        let mut found: Vec<Self> = Vec::new();
        for file in fs::read_dir(folder)? {
            let name = file?.file_name();
            let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".log")) else { continue };
            for fullness in [Fullness::Bare, Fullness::Full] {
                if let Some(day) = stem.strip_prefix(fullness.prefix()).and_then(Day::parse) {
                    found.push(Self::new(folder, day, fullness));
                }
            }
        }
        found.sort_by_key(|segment| (segment.day, segment.fullness));
        found.dedup_by_key(|segment| segment.day);
        Ok(found)
    }

    /// Its records; none if it has gone since it was listed.
    pub(super) fn records(&self) -> io::Result<Records<Box<dyn Read>>> {
        let other = match self.fullness {
            Fullness::Full => Fullness::Bare,
            Fullness::Bare => Fullness::Full,
        };
        let folder = self.path.parent().unwrap_or(Path::new(""));
        for path in [&self.path, &Self::new(folder, self.day, other).path] {
            match File::open(path) {
                Ok(file) => return Ok(Records::new(Box::new(file))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Records::new(Box::new(io::empty())))
    }
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), start: 0, is_at_end: false, offset: 0, good_end: 0, damaged: 0 }
    }

    /// The next record; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        let mut is_in_damage = false;
        let length = loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let skipped = match frame(rest) {
                Frame::Whole { length, .. } => break length,
                Frame::Short if !self.is_at_end => {
                    self.fill()?;
                    continue;
                }
                Frame::Short if rest.is_empty() => return Ok(None),
                Frame::Short | Frame::Damaged => next_mark(rest),
            };
            self.damaged += u64::from(!is_in_damage);
            is_in_damage = true;
            self.pass(skipped);
        };
        let at = self.start;
        self.pass(length);
        self.good_end = self.offset;
        match self.buffer.get(at..).map(frame) {
            Some(Frame::Whole { record, .. }) => Ok(Some(record)),
            _ => Ok(None),
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        let read = self.input.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.buffer)?;
        self.is_at_end = read == 0;
        Ok(())
    }
}

/// Options for files that only their owner may read: what was posted is in them.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
