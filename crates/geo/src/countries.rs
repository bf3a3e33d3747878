//! Range files in memory.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::MaxMindDbError;
use thiserror::Error;

use crate::anycast::is_anycast;
use crate::country::CountryCode;
use crate::ranges::{Overlap, Ranges};
use crate::{mmdb, text};

/// Why files are no map of countries.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GeoError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A line of a text file is no range.
    #[error("line {line} of {path} is no range of addresses: {what}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Two ranges of a file share addresses.
    #[error("lines {} and {} of {path} share addresses", lines[0], lines[1])]
    Overlap {
        /// The file.
        path: PathBuf,
        /// The two lines (of a database: its networks by number), from 1.
        lines: [u64; 2],
    },
    /// A database is damaged.
    #[error("{path} is a damaged database")]
    Database {
        /// The file.
        path: PathBuf,
        /// Where and how.
        source: MaxMindDbError,
    },
}

/// Which country an address is in, by one or more files.
#[derive(Debug, Clone, Default)]
pub struct Countries {
    files: Vec<Ranges>,
}

impl Countries {
    /// Reads files of ranges, each in text or in MaxMind's format, which is told by its content.
    ///
    /// Where several know an address, the first answers. A file is held whole while it is read.
    pub fn open<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, GeoError> {
        let mut files = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let bytes = std::fs::read(path).map_err(|source| GeoError::Read { path: path.to_owned(), source })?;
            files.push(read(path, &bytes)?);
        }
        Ok(Self { files })
    }

    /// The country that the files give to an address; None where they give none. An IPv6 address that stands for an
    /// IPv4 one is that one.
    pub fn country(&self, address: IpAddr) -> Option<CountryCode> {
        self.files.iter().find_map(|ranges| ranges.country(address))
    }

    /// Entries in the arrays.
    pub fn entries(&self) -> usize {
        self.files.iter().map(Ranges::entries).sum()
    }

    /// Bytes on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.files.iter().map(Ranges::memory_bytes).sum()
    }
}

/// The country of an address for [`domain_country`](crate::domain_country): [`CountryCode::WORLDWIDE`] for an address that is
/// announced from many countries, or else what the files say.
pub fn address_country(countries: &Countries, address: IpAddr) -> Option<CountryCode> {
    if is_anycast(address) { Some(CountryCode::WORLDWIDE) } else { countries.country(address) }
}

fn read(path: &Path, bytes: &[u8]) -> Result<Ranges, GeoError> {
    let (ranges, lines) = if mmdb::is_database(bytes) {
        let ranges = mmdb::read(bytes).map_err(|source| GeoError::Database { path: path.to_owned(), source })?;
        (ranges, None)
    } else {
        let (ranges, lines) = text::parse(bytes).map_err(|text::Fault { line, what }| GeoError::Line {
            path: path.to_owned(),
            line,
            what,
        })?;
        (ranges, Some(lines))
    };
    Ranges::new(&ranges).map_err(|Overlap { places }| {
        let line =
            |place: usize| lines.as_ref().and_then(|lines| lines.get(place).copied()).unwrap_or(place as u64 + 1);
        GeoError::Overlap { path: path.to_owned(), lines: places.map(line) }
    })
}
