//! Single columns of many rows: what filters, sorts and groups read before any row is fetched whole.
//!
//! Rows are given by number; ascending ones cost least, because neighbours share their blocks.

use std::net::IpAddr;

use model::{Host, UrlKey};

use crate::bucket::{BucketReader, Section};
use crate::error::{Result, corrupt};
use crate::facts::ip_of_bytes;
use crate::group::{Block, GroupFile};
use crate::links::{self, Bits, facts, keys, scan, scan_flags, scores, texts};
use crate::text_batch::TextBatch;

/// A column of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberColumn {
    /// 1 if the link or its page is gone, else 0.
    IsLost,
    /// 1 if the link is followed.
    IsDofollow,
    /// 1 if the page had the link at its first definite visit.
    IsOriginal,
    /// 1 if the last definite visit found the link for the first time.
    IsFoundAtLastVisit,
    /// Number of a [`model::NewReason`].
    NewReason,
    /// Number of a [`model::LostReason`]; null unless the link is lost.
    LostReason,
    /// Number of the page's host in the bucket: equal for equal hosts.
    SourceHost,
    /// Rank that the link passes, 0 to 1000.
    Rank,
    /// Rank of the page, 0 to 1000.
    PageRank,
    /// Rank of the page's registrable domain, 0 to 1000.
    DomainRank,
    /// First sighting, seconds since 1970.
    FirstSeen,
    /// The sighting before the last.
    PreviousSeen,
    /// Last sighting.
    LastSeen,
    /// When the link was found to be gone.
    LostAt,
    /// Number of a [`model::LinkKind`].
    Kind,
    /// Number of a [`model::SemanticLocation`].
    Location,
    /// HTTP status of the page.
    Status,
    /// Bytes of the page's decoded body.
    Size,
    /// Links inside the page's host.
    InternalLinks,
    /// Links of the page to other hosts.
    ExternalLinks,
    /// HTTP status of the target.
    TargetStatus,
    /// What the link passes, as the bits of an `f32`.
    Passed,
    /// Links of the page to the same page, live or lost as this one is.
    LinksToPage,
    /// The same to the target's host, `www.` folded; each counts where it first enters.
    LinksToHost,
    /// The same to the target's registrable domain.
    LinksToDomain,
    /// Spam score of the page, 0 to 100.
    Spam,
    /// Spam score of the target.
    TargetSpam,
    /// Bits of [`model::PlatformTypes`] of the page's domain; null for none.
    Platforms,
    /// The country of the page's host: see [`country_text`].
    Country,
}

/// The two letters of a country's number.
pub fn country_text(number: u64) -> Option<String> {
    let letters = u16::try_from(number).ok()?.to_be_bytes();
    let is_code = letters.iter().all(u8::is_ascii_uppercase);
    is_code.then(|| letters.iter().copied().map(char::from).collect())
}

/// A column of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextColumn {
    /// Text of the link.
    Anchor,
    /// Text before it.
    TextPre,
    /// Text after it.
    TextPost,
    /// Title of the page.
    Title,
    /// `alt` of an image link.
    Alt,
    /// Image of an image link.
    ImageUrl,
    /// Tokens of `rel`, space-separated; null for none.
    Rel,
    /// Language of the page, two letters.
    Language,
    /// Encoding of the page.
    Encoding,
}

/// An end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The referring page.
    Source,
    /// The target.
    Target,
}

impl Side {
    const fn column(self) -> usize {
        match self {
            Self::Source => keys::SOURCE,
            Self::Target => keys::TARGET,
        }
    }
}

/// How a stored number becomes a value.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Itself,
    Time,
    /// Whether a bit is set.
    Bit(u64),
    /// A small number among flags, 0 for null.
    Small(Bits),
}

impl NumberColumn {
    fn place(self, section: &Section) -> (&GroupFile, usize, Meaning) {
        use Meaning::{Bit, Itself, Small, Time};
        let Section { facts: facts_file, scan: scan_file, scores: scores_file, .. } = section;
        match self {
            Self::IsLost => (scan_file, scan::FLAGS, Bit(u64::from(scan_flags::LOST))),
            Self::IsDofollow => (scan_file, scan::FLAGS, Bit(u64::from(scan_flags::DOFOLLOW))),
            Self::IsOriginal => (facts_file, facts::FLAGS, Bit(links::ORIGINAL)),
            Self::IsFoundAtLastVisit => (facts_file, facts::FLAGS, Bit(links::FOUND_AT_LAST_VISIT)),
            Self::NewReason => (facts_file, facts::FLAGS, Small(links::NEW_REASON)),
            Self::LostReason => (facts_file, facts::FLAGS, Small(links::LOST_REASON)),
            Self::SourceHost => (scan_file, scan::HOST, Itself),
            Self::Rank => (scan_file, scan::RANK, Itself),
            Self::PageRank => (scores_file, scores::PAGE_RANK, Itself),
            Self::DomainRank => (scores_file, scores::DOMAIN_RANK, Itself),
            Self::FirstSeen => (facts_file, facts::FIRST_SEEN, Time),
            Self::PreviousSeen => (facts_file, facts::PREV_SEEN, Time),
            Self::LastSeen => (facts_file, facts::LAST_SEEN, Time),
            Self::LostAt => (facts_file, facts::LOST_AT, Time),
            Self::Kind => (facts_file, facts::KIND, Itself),
            Self::Location => (facts_file, facts::LOCATION, Itself),
            Self::Status => (facts_file, facts::STATUS, Itself),
            Self::Size => (facts_file, facts::SIZE, Itself),
            Self::InternalLinks => (facts_file, facts::INTERNAL, Itself),
            Self::ExternalLinks => (facts_file, facts::EXTERNAL, Itself),
            Self::TargetStatus => (scores_file, scores::TARGET_STATUS, Itself),
            Self::Passed => (scores_file, scores::PASSED, Itself),
            Self::LinksToPage => (scores_file, scores::PAGE_COUNT, Itself),
            Self::LinksToHost => (scores_file, scores::HOST_COUNT, Itself),
            Self::LinksToDomain => (scores_file, scores::DOMAIN_COUNT, Itself),
            Self::Spam => (scores_file, scores::SPAM, Itself),
            Self::TargetSpam => (scores_file, scores::TARGET_SPAM, Itself),
            Self::Platforms => (scores_file, scores::PLATFORMS, Itself),
            Self::Country => (scores_file, scores::COUNTRY, Itself),
        }
    }
}

impl TextColumn {
    fn place(self, section: &Section) -> (&GroupFile, usize) {
        match self {
            Self::Anchor => (&section.anchors, 0),
            Self::TextPre => (&section.texts, texts::PRE),
            Self::TextPost => (&section.texts, texts::POST),
            Self::Title => (&section.texts, texts::TITLE),
            Self::Alt => (&section.texts, texts::ALT),
            Self::ImageUrl => (&section.texts, texts::IMAGE_URL),
            Self::Rel => (&section.texts, texts::REL),
            Self::Language => (&section.texts, texts::LANGUAGE),
            Self::Encoding => (&section.texts, texts::ENCODING),
        }
    }
}

impl BucketReader {
    /// Numbers of a column.
    pub fn numbers(
        &self,
        section: u8,
        column: NumberColumn,
        rows: impl IntoIterator<Item = u32>,
        mut each: impl FnMut(Option<i64>),
    ) -> Result<()> {
        let (group, column, meaning) = column.place(self.section(section));
        self.walk_blocks(group, rows, |block, rows| match meaning {
            Meaning::Itself => block.each_number(column, rows, |value| {
                each(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)));
            }),
            Meaning::Time => block.each_number(column, rows, |value| {
                each(value.map(|value| links::time_of_number(value).seconds()));
            }),
            Meaning::Small(bits) => block.each_number(column, rows, |value| {
                each(Some(bits.of(value.unwrap_or_default()).into()).filter(|number| *number > 0));
            }),
            Meaning::Bit(bit) => block.each_number(column, rows, |value| {
                each(Some(i64::from(value.unwrap_or_default() & bit != 0)));
            }),
        })
    }

    /// Texts of a column, as their bytes: they were UTF-8 when they were written, and checking that again
    /// would cost more than most questions about them.
    pub fn texts(
        &self,
        section: u8,
        column: TextColumn,
        rows: impl IntoIterator<Item = u32>,
        mut each: impl FnMut(Option<&[u8]>),
    ) -> Result<()> {
        let (group, column) = column.place(self.section(section));
        self.walk_blocks(group, rows, |block, rows| block.each_bytes(column, rows, &mut each))
    }

    /// Appends the same to a batch.
    pub fn text_batch(
        &self,
        section: u8,
        column: TextColumn,
        rows: impl IntoIterator<Item = u32>,
        into: &mut TextBatch,
    ) -> Result<()> {
        let (group, column) = column.place(self.section(section));
        self.walk_blocks(group, rows, |block, rows| block.put_texts(column, rows, into))
    }

    /// Addresses of the servers of pages.
    pub fn addresses(
        &self,
        section: u8,
        rows: impl IntoIterator<Item = u32>,
        mut each: impl FnMut(Option<IpAddr>),
    ) -> Result<()> {
        walk(&self.section(section).facts, rows, |block, row| {
            let address = block.bytes(facts::IP, row).map(ip_of_bytes).transpose();
            each(address.map_err(|error| corrupt(&self.path, row, error.0))?.flatten());
            Ok(())
        })
    }

    /// URLs and hosts of one end of links.
    pub fn urls(
        &self,
        section: u8,
        side: Side,
        rows: impl IntoIterator<Item = u32>,
        mut each: impl FnMut(&str, &Host),
    ) -> Result<()> {
        let column = side.column();
        // Rows are sorted by target, so that its URL comes again and again.
        let mut last: Option<(Vec<u8>, String, Host)> = None;
        walk(&self.section(section).keys, rows, |block, row| {
            let key = block.bytes(column, row).unwrap_or_default();
            if last.as_ref().is_none_or(|(known, _, _)| known != key) {
                let (url, host) = UrlKey::url_and_host(key).map_err(|_| corrupt(&self.path, row, "URL key"))?;
                last = Some((key.to_vec(), url, host));
            }
            if let Some((_, url, host)) = &last {
                each(url, host);
            }
            Ok(())
        })
    }

    /// Where the targets of links redirect.
    pub fn redirects(
        &self,
        section: u8,
        rows: impl IntoIterator<Item = u32>,
        mut each: impl FnMut(Option<&str>),
    ) -> Result<()> {
        let mut last: Option<(u64, Option<String>)> = None;
        walk(&self.section(section).scores, rows, |block, row| {
            let Some(page) = block.number(scores::TARGET_ROW, row) else {
                each(None);
                return Ok(());
            };
            if last.as_ref().is_none_or(|(known, _)| *known != page) {
                last = Some((page, self.redirect_of_page(page)?));
            }
            each(last.as_ref().and_then(|(_, url)| url.as_deref()));
            Ok(())
        })
    }

    /// Goes from block to block of a group, with the places of consecutive rows that lie in it.
    fn walk_blocks(
        &self,
        group: &GroupFile,
        rows: impl IntoIterator<Item = u32>,
        mut each: impl FnMut(&Block, &[usize]),
    ) -> Result<()> {
        let mut rows = rows.into_iter().peekable();
        let mut places = Vec::new();
        while let Some(row) = rows.next() {
            let (number, first) = group.block_of(row.into());
            let start = u64::from(row) - first as u64;
            let place_of = |row: u32| u64::from(row).wrapping_sub(start) as usize;
            places.clear();
            places.push(first);
            while let Some(next) = rows.next_if(|next| place_of(*next) < group.rows_per_block()) {
                places.push(place_of(next));
            }
            let block = group.block(number)?;
            if places.iter().any(|place| *place >= block.rows()) {
                return Err(corrupt(&self.path, number, "a row is missing"));
            }
            each(&block, &places);
        }
        Ok(())
    }
}

/// Goes from row to row of a group.
fn walk(
    group: &GroupFile,
    rows: impl IntoIterator<Item = u32>,
    mut each: impl FnMut(&Block, usize) -> Result<()>,
) -> Result<()> {
    let mut cursor = group.cursor();
    for row in rows {
        let (block, at) = cursor.row(row.into())?;
        each(block, at)?;
    }
    Ok(())
}
