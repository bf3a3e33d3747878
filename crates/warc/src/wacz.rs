//! WACZ: a zip with archives inside, each read like a file of its own.
//!
//! The zip is read by `rawzip`, which streams the central directory and decodes nothing; here is
//! which entries are archives, and the limits. Nothing is written to disk and no name of an entry is
//! ever a path: it is a word of the evidence. A zip inside the zip is not followed.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord, ZipReader,
};

use crate::error::WarcError;
use crate::reader::{ArchiveReader, ReaderOptions};
use crate::record::{Item, Skip, SkipReason};

/// Bytes that the name of an archive may have.
const MAX_NAME_BYTES: usize = 255;
/// Bytes that are read of an entry in one go.
const READ_BYTES: usize = 64 << 10;

/// What a zip may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaczOptions {
    /// Entries that are looked at. Default 65,536.
    pub max_entries: usize,
    /// How many bytes one stored byte of an entry may become. Default 200.
    pub max_ratio: u64,
    /// Length of an entry in bytes up to which the ratio does not matter. Default 16 MiB.
    pub ratio_from_bytes: u64,
    /// For the readers of the archives inside; `file_bytes` is set to the length of each.
    pub reader: ReaderOptions,
}

impl Default for WaczOptions {
    fn default() -> Self {
        Self { max_entries: 1 << 16, max_ratio: 200, ratio_from_bytes: 16 << 20, reader: ReaderOptions::default() }
    }
}

/// A zip with archives inside.
#[derive(Debug)]
pub struct Wacz {
    zip: ZipArchive<FileReader>,
    entries: Vec<WaczEntry>,
    skips: Vec<Skip>,
    options: WaczOptions,
}

/// An archive inside a zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaczEntry {
    name: String,
    method: Method,
    wayfinder: ZipArchiveEntryWayfinder,
    crc32: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
}

/// Whether the file begins like a zip.
pub fn detect(path: &Path) -> Result<bool, WarcError> {
    let failed = |source| WarcError::Open { path: path.to_owned(), source };
    let mut first = Vec::with_capacity(4);
    File::open(path).map_err(failed)?.take(4).read_to_end(&mut first).map_err(failed)?;
    Ok(matches!(first[..], [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6]))
}

/// Opens a zip and finds the archives inside. What has to be left out is in [`Wacz::skips`]; an error
/// is a file that is no zip, or whose list of entries cannot be found.
pub fn open(path: &Path, options: WaczOptions) -> Result<Wacz, WarcError> {
    let failed = |source| WarcError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let zip = ZipArchive::from_file(file, &mut buffer)
        .map_err(|error| WarcError::BrokenZip { problem: error.to_string() })?;
    let (mut found, mut skips) = find_archives(&zip, &mut buffer, &options);
    // In the order of the file, so that it is read from begin to end, and that no two entries are the
    // same bytes: a small zip could be as long to read as a huge one.
    found.sort_by_key(|(start, ..)| *start);
    let mut entries = Vec::new();
    let mut names = HashSet::new();
    let mut read_up_to = 0;
    for (start, end, entry) in found {
        if start < read_up_to {
            skips.push(unusable(start, "lies over another entry", &entry.name));
        } else if !names.insert(entry.name.clone()) {
            skips.push(unusable(start, "has the name of another entry", &entry.name));
        } else {
            read_up_to = end;
            entries.push(entry);
        }
    }
    Ok(Wacz { zip, entries, skips, options })
}

impl Wacz {
    /// The archives inside, in the order of the file.
    pub fn archives(&self) -> &[WaczEntry] {
        &self.entries
    }

    /// Entries that are archives by their names and cannot be read, and breaks in the list of entries;
    /// the offsets are in the zip.
    pub fn skips(&self) -> &[Skip] {
        &self.skips
    }

    /// Reads one of [`Self::archives`]; its offsets are those in the archive itself.
    pub fn read(&self, entry: &WaczEntry) -> Result<WaczArchive<'_>, WarcError> {
        let broken = |error: rawzip::Error| WarcError::BrokenZip { problem: error.to_string() };
        let data = self.zip.get_entry(entry.wayfinder).map_err(broken)?.reader();
        let reader = EntryReader {
            data: match entry.method {
                Method::Stored => Data::Stored(data),
                Method::Deflated => Data::Deflated(Box::new(DeflateDecoder::new(data))),
            },
            left: entry.wayfinder.uncompressed_size_hint(),
            read: 0,
            crc: Crc::new(),
            crc32: entry.crc32,
            ending: Ending::NotYet,
        };
        let mut options = self.options.reader.clone();
        options.file_bytes = Some(reader.left);
        let reader = ArchiveReader::new(BufReader::with_capacity(READ_BYTES, reader), options)?;
        Ok(WaczArchive { reader, is_ending_told: false })
    }
}

impl WaczEntry {
    /// The name in the zip, `archive/data.warc.gz` for instance: relative, without `..`, without
    /// control characters.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// An archive inside a zip, being read.
#[derive(Debug)]
pub struct WaczArchive<'wacz> {
    reader: ArchiveReader<BufReader<EntryReader<'wacz>>>,
    is_ending_told: bool,
}

impl WaczArchive<'_> {
    /// Like [`ArchiveReader::next_item`]; an entry that the zip does not hold whole, or not with the
    /// checksum that it names, is a last [`Item::Skip`].
    pub fn next_item(&mut self) -> Result<Option<Item>, WarcError> {
        // As an iterator, which ends after an error.
        if let Some(item) = self.reader.next() {
            return item.map(Some);
        }
        let entry = self.reader.get_ref().get_ref();
        if std::mem::replace(&mut self.is_ending_told, true) {
            return Ok(None);
        }
        let Ending::Bad(reason) = entry.ending else { return Ok(None) };
        let detail = Some("the entry of the zip".to_owned());
        Ok(Some(Item::Skip(Skip { offset: entry.read, reason, detail })))
    }
}

impl Iterator for WaczArchive<'_> {
    type Item = Result<Item, WarcError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_item().transpose()
    }
}

/// The decoded bytes of an entry: not more than it declares. Only the file below can fail; a broken
/// entry ends early.
struct EntryReader<'wacz> {
    data: Data<'wacz>,
    /// Declared bytes that are not read yet.
    left: u64,
    read: u64,
    crc: Crc,
    crc32: u32,
    ending: Ending,
}

/// How an entry ended, once it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    NotYet,
    Good,
    Bad(SkipReason),
}

enum Data<'wacz> {
    Stored(ZipReader<&'wacz FileReader>),
    Deflated(Box<DeflateDecoder<ZipReader<&'wacz FileReader>>>),
}

impl Data<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(reader) => reader.read(buffer),
            Self::Deflated(reader) => reader.read(buffer),
        }
    }
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ending != Ending::NotYet || buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            let is_more = matches!(self.data.read(&mut [0]), Ok(1));
            let is_other = self.crc.sum() != self.crc32;
            self.ending = match (is_more, is_other) {
                (true, _) => Ending::Bad(SkipReason::LengthTooShort),
                (false, true) => Ending::Bad(SkipReason::BadChecksum),
                (false, false) => Ending::Good,
            };
            return Ok(0);
        }
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        let count = match self.data.read(buffer) {
            Ok(count) => count,
            Err(error) => {
                let reason = match error.kind() {
                    io::ErrorKind::UnexpectedEof => SkipReason::CutMember,
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => SkipReason::CorruptMember,
                    _ => return Err(error),
                };
                self.ending = Ending::Bad(reason);
                return Ok(0);
            }
        };
        if count == 0 {
            self.ending = Ending::Bad(SkipReason::CutMember);
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.read += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

impl std::fmt::Debug for EntryReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryReader").field("left", &self.left).field("ending", &self.ending).finish_non_exhaustive()
    }
}

/// The archives that the list of entries names, with the bytes of the zip that each takes.
fn find_archives(
    zip: &ZipArchive<FileReader>,
    buffer: &mut [u8],
    options: &WaczOptions,
) -> (Vec<(u64, u64, WaczEntry)>, Vec<Skip>) {
    let (mut found, mut skips) = (Vec::new(), Vec::new());
    let directory = zip.directory_offset();
    let mut entries = zip.entries(buffer);
    let mut count = 0_u64;
    loop {
        let record = match entries.next_entry() {
            Ok(Some(record)) => record,
            // A long list is counted in 16 bits by some writers.
            Ok(None) if count as u16 == zip.entries_hint() as u16 => break,
            Ok(None) => {
                let problem = format!("{count} entries, {} are declared", zip.entries_hint());
                skips.push(unusable(directory, &problem, "the list of entries"));
                break;
            }
            Err(error) => {
                skips.push(unusable(directory, &error.to_string(), "the list of entries"));
                break;
            }
        };
        if count >= options.max_entries as u64 {
            skips.push(unusable(directory, "more entries than are looked at", "the list of entries"));
            break;
        }
        count += 1;
        let path = record.file_path();
        if !is_archive_name(path.as_bytes()) {
            continue;
        }
        let start = record.local_header_offset();
        match check(&record, path.as_bytes(), options) {
            Err(problem) => skips.push(unusable(start, problem, &String::from_utf8_lossy(path.as_bytes()))),
            Ok(entry) => match zip.get_entry(entry.wayfinder) {
                Ok(data) => found.push((start, data.compressed_data_range().1, entry)),
                Err(_) => skips.push(unusable(start, "is not where the list of entries says", &entry.name)),
            },
        }
    }
    (found, skips)
}

/// By the end of its name; where in the zip it lies does not matter.
fn is_archive_name(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.strip_suffix(b".gz").or_else(|| name.strip_suffix(b".zst")).unwrap_or(&name);
    stem.ends_with(b".warc") || stem.ends_with(b".arc")
}

/// The entry, or why it is not read.
fn check(record: &ZipFileHeaderRecord<'_>, name: &[u8], options: &WaczOptions) -> Result<WaczEntry, &'static str> {
    let name = std::str::from_utf8(name).map_err(|_| "has a name that is no UTF-8")?;
    let is_plain = name.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !name.contains(|letter: char| letter.is_control() || matches!(letter, '\\' | ':'));
    if !is_plain || name.len() > MAX_NAME_BYTES {
        return Err("has a name that could mislead");
    }
    let flags = record.flags();
    if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
        return Err("is encrypted");
    }
    let method = match record.compression_method() {
        CompressionMethod::STORE => Method::Stored,
        CompressionMethod::DEFLATE => Method::Deflated,
        _ => return Err("is neither stored nor deflated"),
    };
    let (length, stored) = (record.uncompressed_size_hint(), record.compressed_size_hint());
    if length > options.ratio_from_bytes && length / options.max_ratio.max(1) > stored {
        return Err("claims to be far longer than what is stored");
    }
    Ok(WaczEntry { name: name.to_owned(), method, wayfinder: record.wayfinder(), crc32: record.crc32() })
}

fn unusable(offset: u64, problem: &str, name: &str) -> Skip {
    let name: String = name.chars().take(MAX_NAME_BYTES).collect();
    let detail = Some(format!("{}: {problem}", name.escape_debug()));
    Skip { offset, reason: SkipReason::UnusableEntry, detail }
}
