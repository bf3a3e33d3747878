//! Stage 1: visits become histories of pages; what they say of links goes to the links' targets.
//!
//! In a bucket that new crawls touch, the pages that they visited are folded and all links of those pages
//! told anew; the records of all other pages are copied. A bucket that no crawl touches is shared.

use std::iter;
use std::path::Path;
use std::sync::Mutex;

use model::{Bucket, Host};

use super::carried::CarriedVisit;
use super::history::{Living, PageHistory};
use super::mentions::{Mention, MentionKind};
use super::plan::Work;
use super::told::Teller;
use super::{Context, HostOfKey};
use crate::block::Compression;
use crate::codec::{Decoder, Malformed};
use crate::crawl::VISIT_SUFFIX;
use crate::error::{Result, corrupt};
use crate::events::EventsWriter;
use crate::facts::PageFacts;
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::record::{RecordScan, RecordWriter};
use crate::sort::{Merge, OrderedWriter, SortedRuns, Sorter, SorterMemory};

/// The name of the table.
pub(super) const SOURCES: &str = "sources";

/// What a bucket of pages tells the others.
pub(super) struct SourcesOfBucket {
    pub(super) entry: FileEntry,
    /// The heads of all records, where all of them were made anew.
    pub(super) heads: Option<SortedRuns>,
    /// Rows of touched pages, by target and source.
    pub(super) links: SortedRuns,
    /// Where touched pages lead or no longer lead, by target and source.
    pub(super) mentions: SortedRuns,
}

/// What one bucket leaves to the next on the same thread, so that it need not be made again.
#[derive(Debug, Default)]
pub(super) struct Bench {
    links: SorterMemory,
    mentions: SorterMemory,
    own_host: HostOfKey,
    target_host: HostOfKey,
}

/// The head of a source record, which later stages read.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceHead<'a> {
    /// Status of the newest visit, whatever its outcome; `facts` are of the newest definite one.
    pub(super) last_status: u16,
    pub(super) facts: PageFacts<'a>,
    /// What follows: the visits first.
    rest: Decoder<'a>,
}

impl<'a> SourceHead<'a> {
    pub(super) fn decode(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        let last_status = from.int_as()?;
        let facts = PageFacts::decode(&mut from)?;
        Ok(Self { last_status, facts, rest: from })
    }

    /// Changes of the page between answering and broken, as `pages` keeps them.
    pub(super) fn target_events(&self, into: &mut Vec<u8>) -> Result<(), Malformed> {
        super::history::target_events(self.rest, into)
    }
}

pub(super) fn merge(context: &Context<'_>, bucket: Bucket, benches: &Mutex<Vec<Bench>>) -> Result<SourcesOfBucket> {
    let name = file_name(SOURCES, bucket);
    let work = context.plan.work(bucket);
    if work == Work::Share {
        let nothing = || SortedRuns::empty(context.runs, context.buckets.get().into());
        let entry = context.share(&name)?;
        return Ok(SourcesOfBucket { entry, heads: None, links: nothing(), mentions: nothing() });
    }
    let mut tables = Vec::new();
    for crawl in context.plan.crawls_for(bucket) {
        let folder = context.data.root().join("crawls").join(&crawl.crawl);
        tables.push(crawl.visits(&folder, bucket)?);
    }
    let known = match (&context.plan.previous, work) {
        (Some(snapshot), Work::Fold) => Some(snapshot.records(&name)?),
        _ => None,
    };
    let free = || benches.lock().expect("no thread panics while it holds the lock");
    let bench = free().pop().unwrap_or_default();
    let mut stage = Stage::new(context, bucket, known, bench)?;
    let mut visits = Merge::of_tables(tables)?;
    let mut page_key: Vec<u8> = Vec::new();
    let mut values = Values::default();
    while visits.advance()? {
        let key = visits.key();
        let url = &key[..key.len().saturating_sub(VISIT_SUFFIX)];
        if url != page_key {
            stage.page(&page_key, &values)?;
            url.clone_into(&mut page_key);
            values.clear();
        }
        values.push(visits.value());
    }
    stage.page(&page_key, &values)?;
    let (outcome, bench) = stage.finish()?;
    free().push(bench);
    Ok(outcome)
}

/// What is stored of the visits of a page, one behind the other.
#[derive(Debug, Default)]
struct Values {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Values {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}

/// The records of the snapshot before, read beside the visits.
struct Known {
    scan: RecordScan,
    has_record: bool,
}

struct Stage<'a> {
    context: &'a Context<'a>,
    writer: RecordWriter,
    heads: Option<OrderedWriter>,
    links: Sorter,
    mentions: Sorter,
    known: Option<Known>,
    own_host: HostOfKey,
    target_host: HostOfKey,
    events: EventsWriter,
    teller: Teller,
    buckets: Vec<Bucket>,
    value: Vec<u8>,
    key: Vec<u8>,
}

impl<'a> Stage<'a> {
    fn new(context: &'a Context<'a>, bucket: Bucket, known: Option<RecordScan>, bench: Bench) -> Result<Self> {
        let (known, heads) = match known {
            None => (None, Some(OrderedWriter::create(context.runs)?)),
            Some(mut scan) => (Some(Known { has_record: scan.advance()?, scan }), None),
        };
        Ok(Self {
            context,
            writer: RecordWriter::create(context.folder, file_name(SOURCES, bucket), Compression::Lz4)?,
            heads,
            // There are far fewer mentions than links; their sorter takes only what it fills.
            links: context.sorter(1).within(bench.links),
            mentions: context.sorter(8).within(bench.mentions),
            known,
            own_host: bench.own_host,
            target_host: bench.target_host,
            events: EventsWriter::default(),
            teller: Teller::default(),
            buckets: Vec::new(),
            value: Vec::new(),
            key: Vec::new(),
        })
    }

    /// Folds the new visits of a page into what is known of it.
    fn page(&mut self, key: &[u8], values: &Values) -> Result<()> {
        if values.ends.is_empty() {
            return Ok(());
        }
        let folder = self.context.folder;
        let bad = |error: Malformed| corrupt(folder, SOURCES, error.0);
        let mut visits: Vec<CarriedVisit<'_>> = Vec::with_capacity(values.ends.len());
        for value in values.iter() {
            visits.push(CarriedVisit::decode_after(value, visits.last()).map_err(bad)?);
        }
        let mut known = self.known.take();
        if let Some(known) = &mut known {
            while known.has_record && known.scan.key() < key {
                self.writer.push(known.scan.key(), known.scan.value())?;
                known.has_record = known.scan.advance()?;
            }
        }
        let record = known.as_ref().filter(|known| known.has_record && known.scan.key() == key);
        let record = record.map(|known| known.scan.value());
        let before = record.map(SourceHead::decode).transpose().map_err(bad)?;
        if let Some(history) = PageHistory::fold(key, record, &visits).map_err(bad)? {
            self.value.clear();
            let head = history.encode(&mut self.value);
            self.writer.push(key, &self.value)?;
            if let Some(heads) = &mut self.heads {
                heads.push(key, &self.value[..head])?;
            }
            self.tell_links(key, &history)?;
            self.tell_mentions(key, before.as_ref().map(|before| &before.facts), &history.facts)?;
        }
        if let Some(known) = known.as_mut().filter(|known| known.has_record && known.scan.key() == key) {
            known.has_record = known.scan.advance()?;
        }
        self.known = known;
        Ok(())
    }

    /// Every link ever seen on the page, as it stands now.
    fn tell_links(&mut self, key: &[u8], history: &PageHistory<'_>) -> Result<()> {
        let (links, followed) = history.lives(&mut self.events);
        // One after the other, as nothing depends on the one before: most of the time is waiting for memory.
        self.buckets.clear();
        for living in &links {
            self.buckets.push(self.target_host.bucket(living.link.latest.target, self.context)?);
        }
        let mut shown_by = None;
        for (Living { link, life, events }, bucket) in links.into_iter().zip(&self.buckets) {
            let visit = link.last_seen_by();
            if shown_by.replace(visit) != Some(visit) {
                self.teller.page(&history.facts, followed, &history.evidence(visit));
            }
            let events = self.events.bytes(events);
            self.teller.link(&mut self.links, bucket.0, key, &link.latest, &life, events)?;
        }
        Ok(())
    }

    /// Redirects and canonicals inside the host are not links, but chains and rank run through them.
    fn tell_mentions(&mut self, key: &[u8], before: Option<&PageFacts<'_>>, after: &PageFacts<'_>) -> Result<()> {
        let folder = self.context.folder;
        let host = self.own_host.get(key, folder)?.clone();
        let old = before.map(|facts| self.mentions_of(key, &host, facts)).transpose()?.unwrap_or_default();
        let new = self.mentions_of(key, &host, after)?;
        let gone = old.iter().filter(|(target, _)| !new.iter().any(|(other, _)| other == target));
        for (target, kind) in gone.map(|(target, _)| (*target, MentionKind::Gone)).chain(new.iter().copied()) {
            let bucket = self.target_host.bucket(target, self.context)?;
            Mention { target, source: key, kind }.encode(&mut self.key, &mut self.value);
            self.mentions.push(bucket.0, &self.key, &self.value)?;
        }
        Ok(())
    }

    /// The pages that a page leads on to, each once.
    fn mentions_of<'b>(
        &mut self,
        key: &[u8],
        host: &Host,
        facts: &PageFacts<'b>,
    ) -> Result<Vec<(&'b [u8], MentionKind)>> {
        let mut found: Vec<(&[u8], MentionKind)> = Vec::new();
        if let Some((_, target)) = facts.redirect.filter(|(_, target)| *target != key) {
            let is_inside = self.target_host.get(target, self.context.folder)?.is_same_site_as(host);
            found.push((target, if is_inside { MentionKind::Edge } else { MentionKind::Known }));
        }
        if let Some(target) = facts.canonical.filter(|target| *target != key)
            && !found.iter().any(|(other, _)| *other == target)
        {
            found.push((target, MentionKind::Known));
        }
        Ok(found)
    }

    fn finish(mut self) -> Result<(SourcesOfBucket, Bench)> {
        if let Some(mut known) = self.known.take() {
            while known.has_record {
                self.writer.push(known.scan.key(), known.scan.value())?;
                known.has_record = known.scan.advance()?;
            }
        }
        let entry = self.writer.finish()?;
        let heads = self.heads.map(OrderedWriter::finish).transpose()?;
        let (links, links_memory) = self.links.finish_on_disk()?;
        let (mentions, mentions_memory) = self.mentions.finish_on_disk()?;
        let bench = Bench {
            links: links_memory,
            mentions: mentions_memory,
            own_host: self.own_host,
            target_host: self.target_host,
        };
        Ok((SourcesOfBucket { entry, heads, links, mentions }, bench))
    }
}

/// The length of the target's key in a record that is sorted by target and source.
pub(super) fn target_length(value: &[u8], path: &Path) -> Result<usize> {
    Decoder::new(value).int_as().map_err(|error| corrupt(path, "run", error.0))
}
