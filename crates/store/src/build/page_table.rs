//! Stage 3: every page that was visited, is linked to, or is led on to: `pages`, and their domains.
//!
//! Three sorted tables of the bucket are walked side by side. A page's number is its row, a domain's
//! the order in which `pages` comes to it: both follow from the pages alone.

use model::{Bucket, Host};

use super::domains::{DomainNumbers, domain_file};
use super::mentions::MENTIONS;
use super::sources::{SOURCES, SourceHead, target_length};
use super::{AssessedPage, Context, HostOfKey};
use crate::codec::Malformed;
use crate::error::{Result, corrupt};
use crate::facts::PageFacts;
use crate::group::{GroupFile, RowScan};
use crate::layout::file_name;
use crate::links::{KEYS, keys};
use crate::manifest::FileEntry;
use crate::pages::{PAGES, PageWriter, Visited};
use crate::record::RecordScan;
use crate::sort::{Merge, SortedRuns};

/// The tables of a bucket that name pages.
pub(super) struct Named<'a> {
    pub(super) sources: &'a FileEntry,
    /// The heads of the records of `sources`, where they are at hand without their links.
    pub(super) heads: Option<&'a SortedRuns>,
    pub(super) keys: &'a FileEntry,
    pub(super) mentions: &'a FileEntry,
    /// Whether any of them is not the one of the snapshot before.
    pub(super) is_new: bool,
}

/// Writes or shares `pages` and `domains` of a bucket.
pub(super) fn write(context: &Context<'_>, bucket: Bucket, named: &Named<'_>) -> Result<[FileEntry; 2]> {
    if !named.is_new {
        return Ok([context.share(&file_name(PAGES.name, bucket))?, context.share(&domain_file(bucket))?]);
    }
    let mut stage = Stage::new(context, bucket)?;
    let mut walk = Walk::open(context, named)?;
    while let Some((key, record)) = walk.next_page(context)? {
        stage.page(&key, record.then(|| walk.sources.value()))?;
        if record {
            walk.has_source = walk.sources.advance()?;
        }
    }
    stage.finish(bucket)
}

/// Three sequences of page keys, each ascending.
struct Walk {
    sources: Merge,
    targets: RowScan,
    mentions: RecordScan,
    has_source: bool,
    has_target: bool,
    has_mention: bool,
}

impl Walk {
    fn open(context: &Context<'_>, named: &Named<'_>) -> Result<Self> {
        let mut sources = match named.heads {
            Some(heads) => heads.merge(0)?,
            None => Merge::of_tables(vec![RecordScan::open(context.folder, named.sources)?])?,
        };
        let mut mentions = RecordScan::open(context.folder, named.mentions)?;
        let mut targets = GroupFile::open(context.folder, named.keys, &KEYS, None)?.rows_in_order();
        let (has_source, has_mention) = (sources.advance()?, mentions.advance()?);
        let has_target = targets.advance()?.is_some();
        Ok(Self { sources, targets, mentions, has_source, has_target, has_mention })
    }

    fn target(&self) -> &[u8] {
        self.targets.current().and_then(|(block, row)| block.bytes(keys::TARGET, row)).unwrap_or_default()
    }

    fn mention(&self, context: &Context<'_>) -> Result<&[u8]> {
        let length = target_length(self.mentions.value(), context.folder)?;
        self.mentions.key().get(..length).ok_or_else(|| corrupt(context.folder, MENTIONS, "target key"))
    }

    /// The least key of the three, and whether `sources` stands at its record; the others move behind it.
    fn next_page(&mut self, context: &Context<'_>) -> Result<Option<(Vec<u8>, bool)>> {
        let source = self.has_source.then(|| self.sources.key());
        let target = self.has_target.then(|| self.target());
        let mention = if self.has_mention { Some(self.mention(context)?) } else { None };
        let Some(key) = [source, target, mention].into_iter().flatten().min() else { return Ok(None) };
        let is_visited = source == Some(key);
        let key = key.to_vec();
        while self.has_target && self.target() == key {
            self.has_target = self.targets.advance()?.is_some();
        }
        while self.has_mention && self.mention(context)? == key {
            self.has_mention = self.mentions.advance()?;
        }
        Ok(Some((key, is_visited)))
    }
}

struct Stage<'a> {
    context: &'a Context<'a>,
    pages: PageWriter,
    domains: DomainNumbers,
    own_host: HostOfKey,
    canonical_host: HostOfKey,
    events: Vec<u8>,
}

impl<'a> Stage<'a> {
    fn new(context: &'a Context<'a>, bucket: Bucket) -> Result<Self> {
        Ok(Self {
            context,
            pages: PageWriter::create(context.folder, bucket)?,
            domains: DomainNumbers::default(),
            own_host: HostOfKey::default(),
            canonical_host: HostOfKey::default(),
            events: Vec::new(),
        })
    }

    fn page(&mut self, key: &[u8], record: Option<&[u8]>) -> Result<()> {
        let bad = |error: Malformed| corrupt(self.context.folder, SOURCES, error.0);
        let head = record.map(SourceHead::decode).transpose().map_err(bad)?;
        self.events.clear();
        if let Some(head) = &head {
            head.target_events(&mut self.events).map_err(bad)?;
        }
        let evidence = head.as_ref().map(|head| self.assess(key, &head.facts)).transpose()?;
        let domain = self.domains.number(self.own_host.get(key, self.context.folder)?)?;
        let visited = head.as_ref().zip(evidence).map(|(head, evidence)| Visited {
            last_status: head.last_status,
            facts: &head.facts,
            evidence,
            events: Some(self.events.as_slice()).filter(|events| !events.is_empty()),
        });
        self.pages.push(key, domain, visited)
    }

    /// What the caller of the build makes of the facts of a page.
    fn assess(&mut self, key: &[u8], facts: &PageFacts<'_>) -> Result<u64> {
        let folder = self.context.folder;
        let host: &Host = self.own_host.get(key, folder)?;
        let canonical_is_foreign = match facts.canonical {
            None => false,
            Some(canonical) => !self.canonical_host.get(canonical, folder)?.is_same_site_as(host),
        };
        Ok((self.context.assess)(&AssessedPage {
            host,
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

    fn finish(self, bucket: Bucket) -> Result<[FileEntry; 2]> {
        Ok([self.pages.finish()?, self.domains.write(self.context.folder, bucket)?])
    }
}
