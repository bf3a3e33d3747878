//! Stage 2: links sorted by target meet the pages of their bucket.

use model::{Bucket, Host};

use super::enrichment::AssessedPage;
use super::sources::{Ordinals, SourceHead, tag, target_length};
use super::{Context, HostOfKey, edge_key};
use crate::codec::Decoder;
use crate::error::{Result, corrupt};
use crate::facts::PageFacts;
use crate::group::GroupWriter;
use crate::layout::file_name;
use crate::links::{ANCHORS, FACTS, KEYS, LinkRow, PageRef, TEXTS, put_hop};
use crate::manifest::FileEntry;
use crate::pages::{PageScan, PageWriter, Visited};
use crate::record::RecordScan;
use crate::sort::{Merge, SortedRuns, Sorter};

pub(super) struct TargetsOfBucket {
    pub(super) body: Vec<FileEntry>,
    pub(super) pages: FileEntry,
    pub(super) domains: FileEntry,
    pub(super) page_count: u32,
    pub(super) domain_count: u32,
    pub(super) page_edges: SortedRuns,
    pub(super) domain_edges: SortedRuns,
    /// Links whose target leads on, with one hop.
    pub(super) chains: SortedRuns,
}

/// Writes the four groups of a link section.
pub(super) struct SectionWriter {
    keys: GroupWriter,
    anchors: GroupWriter,
    texts: GroupWriter,
    facts: GroupWriter,
    ip: Vec<u8>,
}

impl SectionWriter {
    /// `section` is `body` or `indirect`.
    pub(super) fn create(context: &Context<'_>, section: &str, bucket: Bucket) -> Result<Self> {
        let create = |shape: &'static crate::group::GroupShape| {
            let name = file_name(&format!("links/{section}/{}", shape.name), bucket);
            GroupWriter::create(context.folder, name, shape)
        };
        Ok(Self {
            keys: create(&KEYS)?,
            anchors: create(&ANCHORS)?,
            texts: create(&TEXTS)?,
            facts: create(&FACTS)?,
            ip: Vec::new(),
        })
    }

    pub(super) fn push(&mut self, row: &LinkRow<'_>) -> Result<()> {
        self.ip = crate::facts::ip_bytes(row.from.ip);
        self.keys.push(row.part.target, &row.key_cells())?;
        self.anchors.push(&[], &[row.part.link.anchor.into()])?;
        self.texts.push(&[], &row.text_cells())?;
        self.facts.push(&[], &row.fact_cells(&self.ip))
    }

    /// The files; that of the keys is first.
    pub(super) fn finish(self) -> Result<Vec<FileEntry>> {
        Ok(vec![self.keys.finish()?, self.anchors.finish()?, self.texts.finish()?, self.facts.finish()?])
    }
}

pub(super) fn merge(
    context: &Context<'_>,
    bucket: Bucket,
    sources: &FileEntry,
    ordinals: &Ordinals,
    links: &SortedRuns,
) -> Result<TargetsOfBucket> {
    let mut sources = RecordScan::open(context.folder, sources)?;
    let mut links = links.merge(bucket.0)?;
    let mut stage = Stage::new(context, bucket, ordinals)?;
    let mut has_source = sources.advance()?;
    let mut has_link = links.advance()?;
    let mut page_key: Vec<u8> = Vec::new();
    while has_source || has_link {
        // The next page: visited, linked to, or both.
        let linked = if has_link { Some(stage.target_of(&links)?) } else { None };
        let visited = has_source.then(|| sources.key());
        let next = match (linked, visited) {
            (Some(linked), Some(visited)) => linked.min(visited),
            (Some(key), None) | (None, Some(key)) => key,
            (None, None) => break,
        };
        next.clone_into(&mut page_key);
        let is_visited = has_source && sources.key() == page_key;
        let head = if is_visited {
            let bad = |error: crate::codec::Malformed| corrupt(context.folder, "sources", error.0);
            Some(SourceHead::decode(sources.value()).map_err(bad)?)
        } else {
            None
        };
        let target = stage.page(&page_key, head.as_ref())?;
        while has_link && stage.target_of(&links)? == page_key {
            stage.link(&target, head.as_ref().map(|head| &head.facts), links.key(), links.value())?;
            has_link = links.advance()?;
        }
        if is_visited {
            has_source = sources.advance()?;
        }
    }
    stage.finish()
}

/// The page that links are being joined with.
struct Target {
    page: PageRef,
    domain: u32,
    key: Vec<u8>,
}

struct Stage<'a> {
    context: &'a Context<'a>,
    bucket: Bucket,
    body: SectionWriter,
    pages: PageWriter,
    previous: Option<PageScan>,
    ordinals: Ordinals,
    page_edges: Sorter,
    domain_edges: Sorter,
    chains: Sorter,
    own_host: HostOfKey,
    hop_host: HostOfKey,
    last_domain_edge: Option<(u16, [u8; 10])>,
    key: Vec<u8>,
    value: Vec<u8>,
    path: Vec<u8>,
    source: Vec<u8>,
}

impl<'a> Stage<'a> {
    fn new(context: &'a Context<'a>, bucket: Bucket, ordinals: &Ordinals) -> Result<Self> {
        Ok(Self {
            context,
            bucket,
            body: SectionWriter::create(context, "body", bucket)?,
            pages: PageWriter::create(context.folder, bucket)?,
            previous: context.previous.map(|snapshot| snapshot.page_scan(bucket)).transpose()?,
            ordinals: ordinals.clone(),
            page_edges: context.sorter(3),
            domain_edges: context.sorter(3),
            chains: context.sorter(3),
            own_host: HostOfKey::default(),
            hop_host: HostOfKey::default(),
            last_domain_edge: None,
            key: Vec::new(),
            value: Vec::new(),
            path: Vec::new(),
            source: Vec::new(),
        })
    }

    fn target_of<'b>(&self, links: &'b Merge) -> Result<&'b [u8]> {
        let length = target_length(links.value(), self.context.folder)?;
        links.key().get(..length).ok_or_else(|| corrupt(self.context.folder, "run", "target key"))
    }

    fn page(&mut self, key: &[u8], head: Option<&SourceHead<'_>>) -> Result<Target> {
        let (ordinal, domain) = if let Some(head) = head {
            (head.ordinal, head.domain)
        } else {
            let known = self.previous.as_mut().map(|pages| pages.find(key)).transpose()?.flatten();
            let ordinal = match known {
                Some((_, page)) => page.ordinal,
                None => self.ordinals.take_page()?,
            };
            let host: &Host = self.own_host.get(key, self.context.folder)?;
            (ordinal, self.ordinals.domains.number(host)?)
        };
        let visited = match head {
            None => None,
            Some(head) => {
                let evidence = self.assess(key, &head.facts)?;
                Some(Visited { last_status: head.last_status, facts: &head.facts, evidence })
            }
        };
        self.pages.push(key, ordinal, domain, visited)?;
        Ok(Target { page: PageRef { bucket: self.bucket.0, ordinal }, domain, key: key.to_vec() })
    }

    /// What the caller of the build makes of the facts of a page.
    fn assess(&mut self, key: &[u8], facts: &PageFacts<'_>) -> Result<u64> {
        let folder = self.context.folder;
        let canonical_is_foreign = match facts.canonical {
            None => false,
            Some(canonical) => {
                let canonical_host = self.hop_host.get(canonical, folder)?;
                !canonical_host.is_same_site_as(self.own_host.get(key, folder)?)
            }
        };
        Ok((self.context.assess)(&AssessedPage {
            host: self.own_host.get(key, folder)?,
            is_https: key.last() == Some(&1),
            status: facts.status,
            title: facts.title,
            description: facts.description,
            canonical_is_foreign,
            signals: facts.signals,
            internal_links: facts.internal_links,
            external_links: facts.external_links,
        }))
    }

    fn link(&mut self, target: &Target, facts: Option<&PageFacts<'_>>, key: &[u8], value: &[u8]) -> Result<()> {
        let folder = self.context.folder;
        let bad = |error: crate::codec::Malformed| corrupt(folder, "run", error.0);
        let Some((tag, rest)) = value.split_first() else { return Err(corrupt(folder, "run", "record")) };
        match *tag {
            tag::MENTION => return Ok(()),
            tag::EDGE => {
                let mut from = Decoder::new(rest);
                let _target_length = from.int().map_err(bad)?;
                let page = PageRef { bucket: from.int_as().map_err(bad)?, ordinal: from.int_as().map_err(bad)? };
                return self.page_edge(page, target.page);
            }
            _ => {}
        }
        let row = LinkRow::decode(key, rest).map_err(bad)?;
        self.body.push(&row)?;
        if row.passes_rank() {
            self.page_edge(row.from.page, target.page)?;
            if (row.from.page.bucket, row.from.domain) != (target.page.bucket, target.domain) {
                let edge = edge_key(row.from.domain, target.page.bucket, target.domain);
                // Links of a site to a page come together; most repeats fall away here.
                if self.last_domain_edge.replace((row.from.page.bucket, edge)) != Some((row.from.page.bucket, edge)) {
                    self.domain_edges.push(row.from.page.bucket, &edge, &[])?;
                }
            }
        }
        let Some((kind, next)) = facts.and_then(|facts| facts.next_hop(&target.key)) else { return Ok(()) };
        if next == row.part.source {
            return Ok(());
        }
        self.path.clear();
        put_hop(&mut self.path, kind, facts.map_or(0, |facts| facts.status), &target.key);
        self.source.clear();
        row.from.encode(&mut self.source);
        let mut part = row.part;
        part.target = next;
        part.path = Some(&self.path);
        self.key.clear();
        self.key.extend_from_slice(next);
        self.key.extend_from_slice(part.source);
        self.key.extend_from_slice(&self.path);
        self.value.clear();
        self.value.push(tag::LINK);
        part.encode(&self.source, &mut self.value);
        let hop_bucket = self.context.buckets.of(self.hop_host.get(next, folder)?);
        self.chains.push(hop_bucket.0, &self.key, &self.value)
    }

    fn page_edge(&mut self, source: PageRef, target: PageRef) -> Result<()> {
        self.page_edges.push(source.bucket, &edge_key(source.ordinal, target.bucket, target.ordinal), &[])
    }

    fn finish(self) -> Result<TargetsOfBucket> {
        Ok(TargetsOfBucket {
            body: self.body.finish()?,
            pages: self.pages.finish()?,
            domains: self.ordinals.domains.write(self.context.folder, self.bucket)?,
            page_count: self.ordinals.next_page,
            domain_count: self.ordinals.domains.count(),
            page_edges: self.page_edges.finish(false)?,
            domain_edges: self.domain_edges.finish(false)?,
            chains: self.chains.finish(false)?,
        })
    }
}
