//! The tables of pages and registrable domains.

use std::path::Path;

use model::{Bucket, LanguageCode, PlatformTypes};

use crate::HopKind;
use crate::block::Compression;
use crate::codec::Malformed;
use crate::error::{Result, corrupt};
use crate::facts::{PageFacts, ip_bytes};
use crate::group::{Block, Cell, ColumnKind, GroupFile, GroupShape, GroupWriter, RowScan};
use crate::layout::file_name;
use crate::manifest::FileEntry;

use ColumnKind::{Bytes, Number};

/// Every page that was visited or is linked to, in key order.
pub(crate) static PAGES: GroupShape = GroupShape {
    name: "pages",
    rows_per_block: 64,
    columns: &[
        Bytes, Number, Number, Number, Number, Bytes, Bytes, Number, Number, Number, Bytes, Bytes, Bytes, Bytes, Bytes,
        Bytes, Bytes, Number, Number, Number, Bytes,
    ],
    compression: Compression::Zstd(3),
};

/// What a build computes for each page, row by row with [`PAGES`].
pub(crate) static PAGE_SCORES: GroupShape = GroupShape {
    name: "page-scores",
    rows_per_block: 1024,
    columns: &[Number, Number, Number, Number, Number, Number],
    compression: Compression::Zstd(1),
};

/// Every registrable domain, in key order.
pub(crate) static DOMAINS: GroupShape =
    GroupShape { name: "domains", rows_per_block: 256, columns: &[Bytes, Number], compression: Compression::Zstd(3) };

/// What a build computes for each domain, row by row with [`DOMAINS`].
pub(crate) static DOMAIN_SCORES: GroupShape = GroupShape {
    name: "domain-scores",
    rows_per_block: 1024,
    columns: &[Number, Number, Number, Number, Number],
    compression: Compression::Zstd(1),
};

mod column {
    pub(super) const KEY: usize = 0;
    pub(super) const DOMAIN: usize = 1;
    pub(super) const STATUS: usize = 3;
    pub(super) const REDIRECT: usize = 5;
    pub(super) const CANONICAL: usize = 6;
    pub(super) const LAST_STATUS: usize = 17;
    pub(super) const PLATFORMS: usize = 18;
    pub(super) const EVIDENCE: usize = 19;
    pub(super) const EVENTS: usize = 20;
}

/// What is known of a page that was visited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visited<'a> {
    /// Status of its newest visit.
    pub(crate) last_status: u16,
    /// Facts of its newest definite visit.
    pub(crate) facts: &'a PageFacts<'a>,
    /// What the caller of the build makes of them.
    pub(crate) evidence: u64,
    /// Its changes between answering and broken; `None` for none.
    pub(crate) events: Option<&'a [u8]>,
}

/// Writes `pages` in key order.
pub(crate) struct PageWriter {
    group: GroupWriter,
}

impl PageWriter {
    pub(crate) fn create(folder: &Path, bucket: Bucket) -> Result<Self> {
        Ok(Self { group: GroupWriter::create(folder, file_name(PAGES.name, bucket), &PAGES)? })
    }

    /// Appends a page, visited or not.
    pub(crate) fn push(&mut self, key: &[u8], domain: u32, visited: Option<Visited<'_>>) -> Result<()> {
        let (key_cell, domain) = (Cell::from(key), u64::from(domain).into());
        let Some(Visited { last_status, facts, evidence, events }) = visited else {
            const N: Cell<'_> = Cell::NULL;
            const B: Cell<'_> = Cell::Bytes(None);
            let cells = [key_cell, domain, N, N, N, B, B, N, N, N, B, B, B, B, B, B, B, N, N, N, B];
            return self.group.push(key, &cells);
        };
        let ip = ip_bytes(facts.ip);
        self.group.push(
            key,
            &[
                key_cell,
                domain,
                (facts.fetched_at.seconds().max(0) as u64).into(),
                u64::from(facts.status).into(),
                facts.redirect.map(|(kind, _)| u64::from(kind.number())).into(),
                Cell::Bytes(facts.redirect.map(|(_, key)| key)),
                Cell::Bytes(facts.canonical),
                facts.size_bytes.into(),
                facts.internal_links.map(u64::from).into(),
                facts.external_links.map(u64::from).into(),
                facts.title.into(),
                facts.language_code.as_ref().map(LanguageCode::as_str).into(),
                facts.encoding.into(),
                if ip.is_empty() { Cell::Bytes(None) } else { ip.as_slice().into() },
                facts.server.into(),
                facts.media_type.into(),
                facts.generator.into(),
                u64::from(last_status).into(),
                u64::from(facts.platforms.bits()).into(),
                evidence.into(),
                Cell::Bytes(events),
            ],
        )
    }

    pub(crate) fn finish(self) -> Result<FileEntry> {
        self.group.finish()
    }
}

/// A page as a merge sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageRow<'a> {
    pub(crate) key: &'a [u8],
    /// Number of its domain in the bucket.
    pub(crate) domain: u32,
    /// Of the newest definite visit; `None` if it was never visited.
    pub(crate) status: Option<u16>,
    /// Of the newest visit, whatever its outcome.
    pub(crate) last_status: Option<u16>,
    pub(crate) redirect: Option<&'a [u8]>,
    pub(crate) canonical: Option<&'a [u8]>,
    pub(crate) platforms: PlatformTypes,
    /// What the caller of the build made of the facts; `None` if it was never visited.
    pub(crate) evidence: Option<u64>,
}

impl<'a> PageRow<'a> {
    /// The key of a row.
    pub(crate) fn key(block: &'a Block, row: usize) -> &'a [u8] {
        block.bytes(column::KEY, row).unwrap_or_default()
    }

    /// Whether a row's page was ever visited.
    pub(crate) fn is_visited(block: &Block, row: usize) -> bool {
        block.number(column::LAST_STATUS, row).is_some()
    }

    /// The status of the newest visit of a row's page; `None` if it was never visited.
    pub(crate) fn last_status(block: &Block, row: usize) -> Option<u16> {
        block.number(column::LAST_STATUS, row).and_then(|status| u16::try_from(status).ok())
    }

    /// The number of the domain of a row's page.
    pub(crate) fn domain(block: &Block, row: usize) -> u32 {
        block.number(column::DOMAIN, row).unwrap_or_default() as u32
    }

    /// The changes of a row's page between answering and broken.
    pub(crate) fn events(block: &'a Block, row: usize) -> Option<&'a [u8]> {
        block.bytes(column::EVENTS, row)
    }

    pub(crate) fn of(block: &'a Block, row: usize) -> Result<Self, Malformed> {
        let small = |column| block.number(column, row).and_then(|value| u32::try_from(value).ok());
        Ok(Self {
            key: block.bytes(column::KEY, row).ok_or(Malformed("page key"))?,
            domain: small(column::DOMAIN).ok_or(Malformed("page domain"))?,
            status: block.number(column::STATUS, row).and_then(|value| u16::try_from(value).ok()),
            last_status: block.number(column::LAST_STATUS, row).and_then(|value| u16::try_from(value).ok()),
            redirect: block.bytes(column::REDIRECT, row),
            canonical: block.bytes(column::CANONICAL, row),
            platforms: PlatformTypes::from_bits(block.number(column::PLATFORMS, row).unwrap_or_default() as u8),
            evidence: block.number(column::EVIDENCE, row),
        })
    }

    /// Where the page leads on; redirect before canonical, and never to itself.
    pub(crate) fn next_hop(&self) -> Option<(HopKind, &'a [u8])> {
        let redirect = self.redirect.map(|key| (HopKind::Redirect, key));
        redirect.or(self.canonical.map(|key| (HopKind::Canonical, key))).filter(|(_, key)| *key != self.key)
    }
}

/// Walks `pages` beside another sequence of ascending keys.
#[derive(Debug)]
pub(crate) struct PageScan {
    scan: RowScan,
    folder: std::path::PathBuf,
    row: u64,
    is_started: bool,
}

impl PageScan {
    pub(crate) fn new(folder: &Path, file: &GroupFile) -> Self {
        Self { scan: file.rows_in_order(), folder: folder.to_owned(), row: 0, is_started: false }
    }

    /// The page with this key and its row; keys must be asked for in ascending order.
    pub(crate) fn find(&mut self, key: &[u8]) -> Result<Option<(u64, PageRow<'_>)>> {
        if !self.is_started {
            self.is_started = true;
            self.scan.advance()?;
        }
        while let Some((block, row)) = self.scan.current() {
            match block.bytes(column::KEY, row).unwrap_or_default().cmp(key) {
                std::cmp::Ordering::Less => {
                    self.scan.advance()?;
                    self.row += 1;
                }
                std::cmp::Ordering::Equal => break,
                std::cmp::Ordering::Greater => return Ok(None),
            }
        }
        let row_number = self.row;
        let found = self.scan.current().map(|(block, row)| PageRow::of(block, row)).transpose();
        Ok(found.map_err(|error| corrupt(&self.folder, "pages", error.0))?.map(|page| (row_number, page)))
    }
}
