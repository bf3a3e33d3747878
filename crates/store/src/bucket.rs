//! One bucket of a snapshot, open for questions: rows by key, narrow columns, whole rows.

use std::ops::Range;
use std::sync::Arc;

use model::{
    Bucket, Digest, Evidence, Host, HostKey, KeyRange, LanguageCode, LifeCycle, LinkKind, PlatformTypes, RankScore,
    SemanticLocation, UrlKey,
};

use crate::Hop;
use crate::build::{HOSTS, SECTIONS};
use crate::by_rank::BY_RANK;
use crate::codec::Malformed;
use crate::columns;
use crate::error::{Result, corrupt};
use crate::group::{Block, GroupFile, GroupShape};
use crate::layout::file_name;
use crate::links::{ANCHORS, EVENTS, FACTS, KEYS, LinkRow, SCAN, SCORES, TEXTS, group_name, hops, keys, scores};
use crate::order::{ORDER, OrderedList, Scope};
use crate::pages::{DOMAIN_SCORES, DOMAINS, PAGE_SCORES, PAGES, PageRow};
use crate::snapshot::{RowId, Snapshot};

/// The groups of one section.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) keys: GroupFile,
    pub(crate) anchors: GroupFile,
    pub(crate) texts: GroupFile,
    pub(crate) facts: GroupFile,
    pub(crate) scan: GroupFile,
    pub(crate) scores: GroupFile,
    /// Builds of earlier versions made none.
    pub(crate) by_rank: Option<GroupFile>,
}

/// One bucket of a snapshot.
#[derive(Debug)]
pub struct BucketReader {
    sections: [Section; 2],
    pub(crate) pages: GroupFile,
    pub(crate) events: GroupFile,
    pub(crate) page_scores: GroupFile,
    pub(crate) domains: GroupFile,
    pub(crate) domain_scores: GroupFile,
    hosts: GroupFile,
    /// Not there yet while a build is asked for its lists.
    order: Option<GroupFile>,
    pub(crate) path: std::path::PathBuf,
}

/// Rows of one section, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRange {
    /// 0 for direct links, 1 for indirect ones.
    pub section: u8,
    /// Their numbers.
    pub rows: Range<u32>,
}

/// Everything that is stored of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct FullRow {
    /// Host of the referring page.
    pub host_from: Host,
    /// The referring page.
    pub url_from: String,
    /// Host of the target.
    pub host_to: Host,
    /// The target.
    pub url_to: String,
    /// Hops before the target; `None` for a direct link.
    pub path: Option<Vec<Hop>>,
    /// Dates.
    pub life: LifeCycle,
    /// What makes the link.
    pub kind: LinkKind,
    /// Tokens of `rel`, space-separated, empty for none.
    pub rel: String,
    /// Not nofollow.
    pub dofollow: bool,
    /// Inside `noscript`.
    pub in_noscript: bool,
    /// Text of the link.
    pub anchor: Option<String>,
    /// `alt` of an image link.
    pub alt: Option<String>,
    /// Image of an image link.
    pub image_url: Option<String>,
    /// Text before.
    pub text_pre: Option<String>,
    /// Text after.
    pub text_post: Option<String>,
    /// Nearest semantic element.
    pub location: Option<SemanticLocation>,
    /// `hreflang`.
    pub hreflang: Option<String>,
    /// `type`.
    pub media_type: Option<String>,
    /// Identical links of the page.
    pub count: u32,
    /// The page's status.
    pub status: u16,
    /// Address of the page's server.
    pub ip: Option<std::net::IpAddr>,
    /// The page's title.
    pub title: Option<String>,
    /// The page's language.
    pub language: Option<LanguageCode>,
    /// Encoding of the page.
    pub encoding: Option<String>,
    /// Bytes of the page's decoded body.
    pub size_bytes: Option<u64>,
    /// Links inside the page's host.
    pub internal_links: Option<u32>,
    /// Links to other hosts.
    pub external_links: Option<u32>,
    /// Where the bytes are.
    pub evidence: Evidence,
    /// What the link passes, on the scale.
    pub rank: RankScore,
    /// Rank of the page.
    pub page_rank: RankScore,
    /// Rank of the page's domain.
    pub domain_rank: RankScore,
    /// Links of the page to other hosts that are alive and pass rank.
    pub followed: u32,
    /// What the link passes: parts of a relative rank, additive.
    pub passed: f32,
    /// Links of the page to this page, to its host, to its registrable domain.
    pub page_count: u32,
    /// See [`Self::page_count`].
    pub host_count: u32,
    /// See [`Self::page_count`].
    pub domain_count: u32,
    /// Status of the target; `None` if never visited.
    pub target_status: Option<u16>,
    /// Where the target redirects.
    pub target_redirect: Option<String>,
    /// Spam score of the page, 0 to 100.
    pub spam: Option<u8>,
    /// Spam score of the target; `None` if never visited.
    pub target_spam: Option<u8>,
    /// Kinds of site of the page's domain.
    pub platforms: PlatformTypes,
    /// Country of the page's host, two letters.
    pub country: Option<String>,
    /// Whether the link stands on most pages of its site, or in its navigation or footer.
    pub is_sitewide: bool,
}

/// A host with rows, and where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRows {
    /// The host, as written.
    pub host: Host,
    /// Its rows in both sections.
    pub ranges: [RowRange; 2],
}

impl BucketReader {
    pub(crate) fn open(snapshot: &Snapshot, bucket: Bucket) -> Result<Self> {
        let section = |name: &str| -> Result<Section> {
            let group = |shape: &'static GroupShape| snapshot.group(&group_name(name, shape, bucket), shape);
            Ok(Section {
                keys: group(&KEYS)?,
                anchors: group(&ANCHORS)?,
                texts: group(&TEXTS)?,
                facts: group(&FACTS)?,
                scan: group(&SCAN)?,
                scores: group(&SCORES)?,
                by_rank: snapshot.has(&group_name(name, &BY_RANK, bucket)).then(|| group(&BY_RANK)).transpose()?,
            })
        };
        let order = file_name(ORDER.name, bucket);
        Ok(Self {
            sections: [section(SECTIONS[0])?, section(SECTIONS[1])?],
            pages: snapshot.group(&file_name(PAGES.name, bucket), &PAGES)?,
            events: snapshot.group(&group_name(SECTIONS[0], &EVENTS, bucket), &EVENTS)?,
            page_scores: snapshot.group(&file_name(PAGE_SCORES.name, bucket), &PAGE_SCORES)?,
            domains: snapshot.group(&file_name(DOMAINS.name, bucket), &DOMAINS)?,
            domain_scores: snapshot.group(&file_name(DOMAIN_SCORES.name, bucket), &DOMAIN_SCORES)?,
            hosts: snapshot.group(&file_name(HOSTS.name, bucket), &HOSTS)?,
            order: snapshot.has(&order).then(|| snapshot.group(&order, &ORDER)).transpose()?,
            path: snapshot.folder().to_owned(),
        })
    }

    pub(crate) fn section(&self, section: u8) -> &Section {
        &self.sections[usize::from(section.min(1))]
    }

    /// The rows of both sections whose target lies in a range of keys. Cost: a few blocks.
    pub fn rows(&self, range: &KeyRange) -> Result<[RowRange; 2]> {
        let find = |section: u8| -> Result<RowRange> {
            let group = &self.section(section).keys;
            let start = group.lower_bound(&range.start, keys::TARGET)?;
            let end = group.lower_bound(&range.end, keys::TARGET)?;
            Ok(RowRange { section, rows: start as u32..end.max(start) as u32 })
        };
        Ok([find(0)?, find(1)?])
    }

    /// The list kept for a scope, if it is large enough to have one.
    pub fn order(&self, scope: &Scope) -> Result<Option<OrderedList<'_>>> {
        self.order.as_ref().map_or(Ok(None), |file| OrderedList::find(file, scope))
    }

    /// The hosts that have rows, in key order.
    pub fn hosts(&self) -> Result<Vec<HostRows>> {
        let mut rows = self.hosts.rows_in_order();
        let mut hosts = Vec::new();
        while let Some((block, row)) = rows.advance()? {
            let bad = || corrupt(&self.path, "hosts", "host key");
            let key = block.bytes(0, row).ok_or_else(bad)?;
            let host = HostKey::host_of(key).map_err(|_| bad())?;
            let range = |section: u8, start: usize| {
                let number = |column| block.number(column, row).unwrap_or_default() as u32;
                RowRange { section, rows: number(start)..number(start) + number(start + 1) }
            };
            hosts.push(HostRows { host, ranges: [range(0, 1), range(1, 3)] });
        }
        Ok(hosts)
    }

    /// The hosts that have rows and lie in a range of keys, in key order, `most` at most.
    pub fn hosts_within(&self, range: &KeyRange, most: usize) -> Result<Vec<Host>> {
        let mut row = self.hosts.lower_bound(&range.start, 0)?;
        let mut cursor = self.hosts.cursor();
        let mut hosts = Vec::new();
        while hosts.len() < most && row < self.hosts.rows() {
            let (block, at) = cursor.row(row)?;
            let key = block.bytes(0, at).unwrap_or_default();
            if !range.contains(key) {
                break;
            }
            hosts.push(HostKey::host_of(key).map_err(|_| corrupt(&self.path, "hosts", "host key"))?);
            row += 1;
        }
        Ok(hosts)
    }

    /// Fetches whole rows, in the order asked for. Cost: one small block of each group a row, less
    /// where rows are neighbours.
    pub fn fetch(&self, rows: &[RowId]) -> Result<Vec<FullRow>> {
        // In the order of the disk, so that neighbours share their blocks.
        let mut by_place: Vec<(RowId, usize)> = rows.iter().copied().enumerate().map(|(at, row)| (row, at)).collect();
        by_place.sort_unstable();
        let mut found: Vec<Option<FullRow>> = rows.iter().map(|_| None).collect();
        let mut blocks = [const { None::<(u8, u64, Arc<Block>)> }; 5];
        for (id, at) in by_place {
            found[at] = Some(self.fetch_one(id, &mut blocks)?);
        }
        Ok(found.into_iter().flatten().collect())
    }

    fn fetch_one(&self, id: RowId, blocks: &mut [Option<(u8, u64, Arc<Block>)>; 5]) -> Result<FullRow> {
        let section = self.section(id.section);
        let groups = [&section.keys, &section.anchors, &section.texts, &section.facts, &section.scores];
        let mut places = [0; 5];
        for ((group, slot), place) in groups.into_iter().zip(blocks.iter_mut()).zip(&mut places) {
            let (number, row) = group.block_of(u64::from(id.row));
            if slot.as_ref().is_none_or(|(of, block, _)| (*of, *block) != (id.section, number)) {
                *slot = Some((id.section, number, group.block(number)?));
            }
            *place = row;
            if slot.as_ref().is_none_or(|(_, _, block)| row >= block.rows()) {
                return Err(corrupt(&self.path, number, "a row is missing"));
            }
        }
        let [Some((_, _, key)), Some((_, _, anchor)), Some((_, _, text)), Some((_, _, fact)), Some((_, _, score))] =
            &*blocks
        else {
            return Err(corrupt(&self.path, id.row, "a block is missing"));
        };
        let bad = |error: Malformed| corrupt(&self.path, id.row, error.0);
        let row = LinkRow::of_blocks((key, places[0]), (anchor, places[1]), (text, places[2]), (fact, places[3]), None)
            .map_err(bad)?;
        let score_of = |column| score.number(column, places[4]);
        let redirect = match score_of(scores::TARGET_ROW) {
            Some(page) => self.redirect_of_page(page)?,
            None => None,
        };
        full_row(&row, score_of, redirect).map_err(bad)
    }

    pub(crate) fn redirect_of_page(&self, page: u64) -> Result<Option<String>> {
        let (number, row) = self.pages.block_of(page);
        let block = self.pages.block(number)?;
        if row >= block.rows() {
            return Err(corrupt(&self.path, number, "a page is missing"));
        }
        let page = PageRow::of(&block, row).map_err(|error| corrupt(&self.path, number, error.0))?;
        let url = page.redirect.map(UrlKey::url_and_host).transpose();
        Ok(url.map_err(|_| corrupt(&self.path, number, "URL key"))?.map(|(url, _)| url))
    }
}

fn full_row(
    row: &LinkRow<'_>,
    score: impl Fn(usize) -> Option<u64>,
    target_redirect: Option<String>,
) -> Result<FullRow, Malformed> {
    let (url_from, host_from) = UrlKey::url_and_host(row.part.source).map_err(|_| Malformed("source key"))?;
    let (url_to, host_to) = UrlKey::url_and_host(row.part.target).map_err(|_| Malformed("target key"))?;
    let small = |column| score(column).map_or(0, |value| u32::try_from(value).unwrap_or(u32::MAX));
    let rank = |column| RankScore::new(small(column).min(1000) as u16);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (link, from, evidence) = (&row.part.link, &row.from, &row.part.evidence);
    Ok(FullRow {
        host_from,
        url_from,
        host_to,
        url_to,
        path: row.part.path.map(hops).transpose()?,
        life: row.part.life,
        kind: link.kind,
        rel: link.rel.to_owned(),
        dofollow: link.dofollow,
        in_noscript: link.in_noscript,
        anchor: owned(link.anchor),
        alt: owned(link.alt),
        image_url: owned(link.image_url),
        text_pre: owned(link.text_pre),
        text_post: owned(link.text_post),
        location: link.location,
        hreflang: owned(link.hreflang),
        media_type: owned(link.media_type),
        count: link.count,
        status: from.status,
        ip: from.ip,
        title: owned(from.title),
        language: from.language,
        encoding: owned(from.encoding),
        size_bytes: from.size_bytes,
        internal_links: from.internal_links,
        external_links: from.external_links,
        evidence: Evidence {
            archive: evidence.archive.to_owned(),
            offset: evidence.offset,
            length: evidence.length,
            digest: evidence.digest.map(|digest| Digest(digest.to_owned())),
        },
        rank: rank(scores::RANK),
        page_rank: rank(scores::PAGE_RANK),
        domain_rank: rank(scores::DOMAIN_RANK),
        followed: from.followed,
        passed: f32::from_bits(small(scores::PASSED)),
        page_count: small(scores::PAGE_COUNT),
        host_count: small(scores::HOST_COUNT),
        domain_count: small(scores::DOMAIN_COUNT),
        target_status: score(scores::TARGET_STATUS).map(|status| status as u16),
        target_redirect,
        spam: score(scores::SPAM).map(|score| score as u8),
        target_spam: score(scores::TARGET_SPAM).map(|score| score as u8),
        platforms: PlatformTypes::from_bits(score(scores::PLATFORMS).unwrap_or_default() as u8),
        country: score(scores::COUNTRY).and_then(columns::country_text),
        is_sitewide: score(scores::SITEWIDE).is_some(),
    })
}
