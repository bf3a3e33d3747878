//! Stage 1: the visits of a page become one source record; its links go to their targets' buckets.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Bucket, Host, LifeCycle, Outcome, Sighting};

use super::domains::DomainNumbers;
use super::{Context, HostOfKey};
use crate::codec::{Decoder, Encode, Malformed};
use crate::crawl::VISIT_SUFFIX;
use crate::error::{Result, StoreError, corrupt};
use crate::facts::{EvidenceFacts, LinkFacts, PageFacts, VisitFacts};
use crate::layout::file_name;
use crate::links::{LinkPart, PageRef, SourceFacts};
use crate::manifest::FileEntry;
use crate::record::RecordWriter;
use crate::sort::{Merge, SortedRuns, Sorter};

/// What follows in a record of the sort by target.
pub(super) mod tag {
    /// A link row.
    pub(in crate::build) const LINK: u8 = 0;
    /// An edge of the page graph inside a host: a redirect. Never a row.
    pub(in crate::build) const EDGE: u8 = 1;
    /// A page that must be known, because a chain may run through it.
    pub(in crate::build) const MENTION: u8 = 2;
}

/// Numbers given out in a bucket by this stage, for the next one to go on.
#[derive(Debug, Clone)]
pub(super) struct Ordinals {
    /// The next free page number.
    pub(super) next_page: u32,
    /// Numbers of the domains.
    pub(super) domains: DomainNumbers,
}

pub(super) struct SourcesOfBucket {
    pub(super) entry: FileEntry,
    pub(super) pages: u64,
    /// Seconds since 1970.
    pub(super) newest_visit: i64,
    pub(super) links: SortedRuns,
    pub(super) ordinals: Ordinals,
}

/// The head of a source record, which later stages read.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceHead<'a> {
    pub(super) ordinal: u32,
    pub(super) domain: u32,
    /// Status of the newest visit, whatever its outcome; `facts` are of the newest definite one.
    pub(super) last_status: u16,
    pub(super) facts: PageFacts<'a>,
}

impl<'a> SourceHead<'a> {
    pub(super) fn decode(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        Ok(Self {
            ordinal: from.int_as()?,
            domain: from.int_as()?,
            last_status: from.int_as()?,
            facts: PageFacts::decode(&mut from)?,
        })
    }
}

pub(super) fn merge(context: &Context<'_>, bucket: Bucket) -> Result<SourcesOfBucket> {
    let mut tables = Vec::new();
    for crawl in context.crawls {
        let folder = context.data.root().join("crawls").join(&crawl.crawl);
        tables.push(crawl.visits(&folder, bucket)?);
    }
    let mut visits = Merge::of_tables(tables)?;
    let mut stage = Stage::new(context, bucket)?;
    let mut page_key: Vec<u8> = Vec::new();
    let mut values: Vec<Vec<u8>> = Vec::new();
    while visits.advance()? {
        let key = visits.key();
        let url = &key[..key.len().saturating_sub(VISIT_SUFFIX)];
        if url != page_key {
            stage.page(&page_key, &values)?;
            url.clone_into(&mut page_key);
            values.clear();
        }
        values.push(visits.value().to_vec());
    }
    stage.page(&page_key, &values)?;
    stage.finish()
}

struct Stage<'a> {
    context: &'a Context<'a>,
    bucket: Bucket,
    writer: RecordWriter,
    sorter: Sorter,
    previous: Option<crate::pages::PageScan>,
    ordinals: Ordinals,
    own_host: HostOfKey,
    target_host: HostOfKey,
    pages: u64,
    newest_visit: i64,
    value: Vec<u8>,
    key: Vec<u8>,
    source: Vec<u8>,
}

/// One link of a page over its visits.
struct LinkHistory<'a> {
    /// Numbers of the visits that had it.
    seen: Vec<u32>,
    latest: LinkFacts<'a>,
}

impl<'a> Stage<'a> {
    fn new(context: &'a Context<'a>, bucket: Bucket) -> Result<Self> {
        let (mut previous, mut next_page) = (None, 0);
        let mut domains = DomainNumbers::default();
        if let Some(snapshot) = context.previous {
            previous = Some(snapshot.page_scan(bucket)?);
            next_page = snapshot.next_page(bucket)?;
            domains = DomainNumbers::of_snapshot(snapshot, bucket)?;
        }
        Ok(Self {
            context,
            bucket,
            writer: RecordWriter::create(context.folder, file_name("sources", bucket))?,
            sorter: context.sorter(1),
            previous,
            ordinals: Ordinals { next_page, domains },
            own_host: HostOfKey::default(),
            target_host: HostOfKey::default(),
            pages: 0,
            newest_visit: 0,
            value: Vec::new(),
            key: Vec::new(),
            source: Vec::new(),
        })
    }

    fn page(&mut self, key: &[u8], values: &[Vec<u8>]) -> Result<()> {
        let folder = self.context.folder;
        let mut visits = Vec::with_capacity(values.len());
        for value in values {
            visits.push(VisitFacts::decode(value).map_err(|error| corrupt(folder, "visit", error.0))?);
        }
        // The newest visit that says something; before the first such, the newest of all.
        let Some(newest) = visits.iter().rev().find(|visit| visit.page.outcome == Outcome::Definite).or(visits.last())
        else {
            return Ok(());
        };
        let host = self.own_host.get(key, folder)?.clone();
        let ordinal = match self.previous.as_mut().map(|pages| pages.find(key)).transpose()?.flatten() {
            Some((_, page)) => page.ordinal,
            None => self.ordinals.take_page()?,
        };
        let domain = self.ordinals.domains.number(&host)?;
        self.pages += 1;
        let last_visit = visits.last().map_or(0, |visit| visit.page.fetched_at.seconds());
        self.newest_visit = self.newest_visit.max(last_visit);

        let mut links: BTreeMap<&[u8], LinkHistory<'_>> = BTreeMap::new();
        for (number, visit) in visits.iter().enumerate() {
            for (target, link) in &visit.links {
                let history = links.entry(target).or_insert_with(|| LinkHistory { seen: Vec::new(), latest: *link });
                history.seen.push(number as u32);
                history.latest = *link;
            }
        }
        self.write_record(key, ordinal, domain, newest, &visits, &links)?;

        let followed = newest.links.iter().filter(|(_, link)| link.passes_rank).count() as u32;
        let page = PageRef { bucket: self.bucket.0, ordinal };
        let facts = &newest.page;
        self.source.clear();
        SourceFacts {
            page,
            domain,
            followed,
            status: facts.status,
            ip: facts.ip,
            title: facts.title,
            language: facts.language_code,
            encoding: facts.encoding.or(facts.encoding_declared),
            size_bytes: facts.size_bytes,
            internal_links: facts.internal_links,
            external_links: facts.external_links,
        }
        .encode(&mut self.source);
        for (target, history) in &links {
            self.emit_link(target, key, history, &visits)?;
        }
        self.emit_hops(key, &host, page, facts)
    }

    fn emit_link(
        &mut self,
        target: &[u8],
        source: &[u8],
        history: &LinkHistory<'_>,
        visits: &[VisitFacts<'_>],
    ) -> Result<()> {
        let mut seen = history.seen.iter().copied().peekable();
        let life = LifeCycle::of(visits.iter().enumerate().map(|(number, visit)| Sighting {
            at: visit.page.fetched_at,
            outcome: visit.page.outcome,
            has_link: seen.next_if_eq(&(number as u32)).is_some(),
            page: visit.page.state(source),
        }));
        // A link that only visits without an outcome have is none.
        let Some(life) = life else { return Ok(()) };
        let last = history.seen.last().and_then(|number| visits.get(*number as usize));
        let evidence =
            last.map_or(EvidenceFacts { archive: "", offset: 0, length: 0, digest: None }, |visit| visit.evidence);
        let part = LinkPart { target, source, path: None, life, link: history.latest, evidence };
        self.value.clear();
        self.value.push(tag::LINK);
        part.encode(&self.source, &mut self.value);
        self.push(target, source)
    }

    /// Redirects and canonicals inside the host are not links, but chains and rank run through them.
    fn emit_hops(&mut self, key: &[u8], host: &Host, page: PageRef, facts: &PageFacts<'_>) -> Result<()> {
        for (target, is_redirect) in [(facts.redirect.map(|(_, key)| key), true), (facts.canonical, false)] {
            let Some(target) = target.filter(|target| *target != key) else { continue };
            let is_inside = self.target_host.get(target, self.context.folder)?.is_same_site_as(host);
            self.value.clear();
            self.value.push(if is_redirect && is_inside { tag::EDGE } else { tag::MENTION });
            self.value.put_int(target.len() as u64);
            self.value.put_int(page.bucket.into());
            self.value.put_int(page.ordinal.into());
            self.push(target, key)?;
        }
        Ok(())
    }

    fn push(&mut self, target: &[u8], source: &[u8]) -> Result<()> {
        let bucket = self.context.buckets.of(self.target_host.get(target, self.context.folder)?);
        self.key.clear();
        self.key.extend_from_slice(target);
        self.key.extend_from_slice(source);
        self.sorter.push(bucket.0, &self.key, &self.value)
    }

    /// `sources`: number, domain, newest status, newest facts, visits, links with the visits that had them.
    fn write_record(
        &mut self,
        key: &[u8],
        ordinal: u32,
        domain: u32,
        newest: &VisitFacts<'_>,
        visits: &[VisitFacts<'_>],
        links: &BTreeMap<&[u8], LinkHistory<'_>>,
    ) -> Result<()> {
        let value = &mut self.value;
        value.clear();
        value.put_int(ordinal.into());
        value.put_int(domain.into());
        value.put_int(visits.last().map_or(newest.page.status, |visit| visit.page.status).into());
        newest.page.encode(value);
        value.put_int(visits.len() as u64);
        for visit in visits {
            value.put_signed(visit.page.fetched_at.seconds());
            value.put_int(visit.page.status.into());
            visit.evidence.encode(value);
        }
        value.put_int(links.len() as u64);
        for (target, history) in links {
            value.put_bytes(target);
            let mut bits = vec![0_u8; visits.len().div_ceil(8)];
            for number in &history.seen {
                bits[*number as usize / 8] |= 1 << (number % 8);
            }
            value.put_bytes(&bits);
            history.latest.encode(value);
        }
        self.writer.push(key, value)
    }

    fn finish(self) -> Result<SourcesOfBucket> {
        Ok(SourcesOfBucket {
            entry: self.writer.finish()?,
            pages: self.pages,
            newest_visit: self.newest_visit,
            links: self.sorter.finish(false)?,
            ordinals: self.ordinals,
        })
    }
}

impl Ordinals {
    /// The next page number of the bucket.
    pub(super) fn take_page(&mut self) -> Result<u32> {
        let number = self.next_page;
        self.next_page = number.checked_add(1).ok_or(StoreError::TooMany { what: "pages" })?;
        Ok(number)
    }
}

/// The length of the target's key in a record of the sort by target.
pub(super) fn target_length(value: &[u8], path: &Path) -> Result<usize> {
    let length = value.get(1..).map(|rest| Decoder::new(rest).int_as());
    length.transpose().ok().flatten().ok_or_else(|| corrupt(path, "run", "record"))
}
