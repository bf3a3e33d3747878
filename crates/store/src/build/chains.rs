//! Stage 4: links that reach further pages through redirects and canonicals.
//!
//! Chains are followed for pages, not for links: however many links a page has, where it leads on is
//! found once. Every round joins the chains that stand at a page of a bucket with that bucket's pages, and
//! takes them one hop on. A chain is complete at a page that does not lead on, or only to one that the
//! chain has met; one that would go on after [`MAX_HOPS`] is given up. Complete chains go back to the page
//! that they began at, and its links become rows of every page on the way.

use model::Bucket;

use super::targets::SectionWriter;
use super::{Context, HostOfKey, StageProgress};
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, corrupt};
use crate::group::{GroupFile, GroupShape};
use crate::links::{ANCHORS, FACTS, KEYS, LinkRow, SourceFacts, TEXTS, hop_keys, keys, put_hop};
use crate::manifest::FileEntry;
use crate::pages::{PAGES, PageRow, PageScan};
use crate::sort::{SortedRuns, Sorter};

/// The most hops before a target.
pub(crate) const MAX_HOPS: usize = 10;

/// The tables of each bucket that chains run through.
pub(super) struct Followed<'a> {
    pub(super) pages: &'a [FileEntry],
    /// The files of `links/body`, those of keys, anchors, texts and facts first.
    pub(super) body: &'a [Vec<FileEntry>],
}

/// Follows all chains and writes `links/indirect`; returns its files bucket by bucket.
pub(super) fn resolve(
    context: &Context<'_>,
    followed: &Followed<'_>,
    progress: StageProgress<'_>,
) -> Result<Vec<Vec<FileEntry>>> {
    let of = |files: &'_ [FileEntry], bucket: Bucket| files[usize::from(bucket.0)].clone();
    let body = |bucket: Bucket| &followed.body[usize::from(bucket.0)];
    let first =
        context.stage("chains", progress, |bucket| begin(context, &of(followed.pages, bucket), &body(bucket)[0]))?;
    let mut round = context.joined(first)?;
    let mut complete = Vec::new();
    for _ in 0..=MAX_HOPS {
        if round.records() == 0 {
            break;
        }
        let outcomes = context
            .stage("chains", progress, |bucket| one_round(context, bucket, &of(followed.pages, bucket), &round))?;
        let (done, next): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
        complete.extend(done);
        round = context.joined(next)?;
    }
    let complete = context.joined(complete)?;
    let rows = context.stage("chains", progress, |bucket| add_links(context, bucket, body(bucket), &complete))?;
    let rows = context.joined(rows)?;
    context.stage("indirect", progress, |bucket| write_section(context, bucket, &rows))
}

/// A chain on its way: where it stands, where it began, the hops between.
///
/// The record's key is that of the page it stands at, then that of the first hop.
struct Chain<'a> {
    at: &'a [u8],
    path: &'a [u8],
}

impl<'a> Chain<'a> {
    fn decode(key: &'a [u8], value: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        let at = key.get(..from.int_as()?).ok_or(Malformed("chain"))?;
        Ok(Self { at, path: from.rest() })
    }
}

/// Sends chains on to the buckets of the pages that they reach.
struct Sender<'a> {
    context: &'a Context<'a>,
    sorter: Sorter,
    host: HostOfKey,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<'a> Sender<'a> {
    fn new(context: &'a Context<'a>, sorter: Sorter) -> Self {
        Self { context, sorter, host: HostOfKey::default(), key: Vec::new(), value: Vec::new() }
    }

    fn send(&mut self, to: &[u8], origin: &[u8], path: &[u8]) -> Result<()> {
        self.key.clear();
        self.key.put_raw(to);
        self.key.put_raw(origin);
        self.value.clear();
        self.value.put_int(to.len() as u64);
        self.value.put_raw(path);
        let bucket = self.host.bucket(to, self.context)?;
        self.sorter.push(bucket.0, &self.key, &self.value)
    }
}

/// The chains that begin at pages of a bucket that have links and lead on.
fn begin(context: &Context<'_>, pages: &FileEntry, targets: &FileEntry) -> Result<SortedRuns> {
    let bad = |error: Malformed| corrupt(context.folder, "pages", error.0);
    let mut rows = GroupFile::open(context.folder, pages, &PAGES, None)?.rows_in_order();
    let mut links = GroupFile::open(context.folder, targets, &KEYS, None)?.rows_in_order();
    let mut has_link = links.advance()?.is_some();
    let mut sender = Sender::new(context, context.sorter(1));
    let mut path = Vec::new();
    while let Some((block, row)) = rows.advance()? {
        let page = PageRow::of(block, row).map_err(bad)?;
        let (Some((kind, next)), Some(status)) = (page.next_hop(), page.status) else { continue };
        let target = |links: &crate::group::RowScan| {
            links.current().and_then(|(block, row)| block.bytes(keys::TARGET, row)).map(|key| key.cmp(page.key))
        };
        while has_link && target(&links).is_some_and(std::cmp::Ordering::is_lt) {
            has_link = links.advance()?.is_some();
        }
        if has_link && target(&links).is_some_and(std::cmp::Ordering::is_eq) {
            path.clear();
            put_hop(&mut path, kind, status, page.key);
            sender.send(next, page.key, &path)?;
        }
    }
    sender.sorter.finish(false)
}

/// Takes the chains that stand at pages of a bucket one hop on: those that are complete, sent back to
/// where they began, and those that go on.
fn one_round(
    context: &Context<'_>,
    bucket: Bucket,
    pages: &FileEntry,
    chains: &SortedRuns,
) -> Result<(SortedRuns, SortedRuns)> {
    let folder = context.folder;
    let bad = |error: Malformed| corrupt(folder, "chains", error.0);
    let mut pages = PageScan::new(folder, &GroupFile::open(folder, pages, &PAGES, None)?);
    let mut complete = Sender::new(context, context.sorter(2));
    let mut further = Sender::new(context, context.sorter(2));
    let mut chains = chains.merge(bucket.0)?;
    let mut path = Vec::new();
    while chains.advance()? {
        let chain = Chain::decode(chains.key(), chains.value()).map_err(bad)?;
        let hops = hop_keys(chain.path).map_err(bad)?;
        let Some(origin) = hops.first() else { continue };
        let page = pages.find(chain.at)?;
        let next = page.and_then(|(_, page)| Some((page.next_hop()?, page.status?)));
        match next.filter(|((_, next), _)| !hops.contains(next)) {
            None => complete.send(origin, chain.at, chain.path)?,
            Some(_) if hops.len() >= MAX_HOPS => {}
            Some(((kind, next), status)) => {
                path.clear();
                path.put_raw(chain.path);
                put_hop(&mut path, kind, status, chain.at);
                further.send(next, origin, &path)?;
            }
        }
    }
    Ok((complete.sorter.finish(false)?, further.sorter.finish(false)?))
}

/// Opens the groups that the rows of indirect links are made of.
fn open_body(context: &Context<'_>, files: &[FileEntry]) -> Result<[GroupFile; 4]> {
    let open = |at: usize, shape: &'static GroupShape| {
        let entry = files.get(at).ok_or_else(|| corrupt(context.folder, shape.name, "no file"))?;
        GroupFile::open(context.folder, entry, shape, None)
    };
    Ok([open(0, &KEYS)?, open(1, &ANCHORS)?, open(2, &TEXTS)?, open(3, &FACTS)?])
}

/// Joins complete chains with the links of the pages where they begin: rows for every page on the way.
fn add_links(context: &Context<'_>, bucket: Bucket, body: &[FileEntry], complete: &SortedRuns) -> Result<SortedRuns> {
    let folder = context.folder;
    let bad = |error: Malformed| corrupt(folder, "chains", error.0);
    let mut rows = context.sorter(1);
    let mut chains = complete.merge(bucket.0)?;
    let groups = open_body(context, body)?;
    let [key_rows, anchors, texts, facts] = &mut groups.each_ref().map(GroupFile::cursor);
    let (mut target_host, mut source_host) = (HostOfKey::default(), HostOfKey::default());
    let (mut key, mut value, mut source) = (Vec::new(), Vec::new(), Vec::new());
    while chains.advance()? {
        let chain = Chain::decode(chains.key(), chains.value()).map_err(bad)?;
        let origin = chain.at;
        // What follows the first key is where the chain ends.
        let end = chains.key().get(origin.len()..).unwrap_or_default();
        let steps = steps(chain.path, end).map_err(bad)?;
        let first = groups[0].lower_bound(origin, keys::TARGET)?;
        for at in first..groups[0].rows() {
            let row = LinkRow::of_blocks(key_rows.row(at)?, anchors.row(at)?, texts.row(at)?, facts.row(at)?, None)
                .map_err(bad)?;
            if row.part.target != origin {
                break;
            }
            let from = source_host.get(row.part.source, folder)?.clone();
            source.clear();
            SourceFacts::encode(&row.from, &mut source);
            for (reached, path) in &steps {
                let target = target_host.get(reached, folder)?;
                if target.is_same_site_as(&from) {
                    continue;
                }
                let to = context.buckets.of(target);
                let mut part = row.part;
                (part.target, part.path, part.events) = (*reached, Some(*path), None);
                key.clear();
                key.put_raw(reached);
                key.put_raw(part.source);
                key.put_raw(path);
                value.clear();
                part.encode(&source, &mut value);
                rows.push(to.0, &key, &value)?;
            }
        }
    }
    rows.finish(false)
}

/// A page that a chain reaches, and the path to it.
type Step<'a> = (&'a [u8], &'a [u8]);

/// The pages that a chain reaches.
fn steps<'a>(path: &'a [u8], end: &'a [u8]) -> Result<Vec<Step<'a>>, Malformed> {
    let mut from = Decoder::new(path);
    let mut steps = Vec::new();
    let mut is_first = true;
    while !from.is_empty() {
        let before = path.get(..path.len() - from.rest().len()).unwrap_or_default();
        from.int()?;
        from.int()?;
        let hop = from.bytes()?;
        if !is_first {
            steps.push((hop, before));
        }
        is_first = false;
    }
    steps.push((end, path));
    Ok(steps)
}

/// One row for each pair of pages: of several chains the best is kept (live before lost, followed
/// before nofollow, fewer hops, then the order of the hops' keys), with the number of all that live
/// or are lost as it does.
fn write_section(context: &Context<'_>, bucket: Bucket, found: &SortedRuns) -> Result<Vec<FileEntry>> {
    let mut section = SectionWriter::create(context, "indirect", bucket)?;
    let mut merge = found.merge(bucket.0)?;
    let mut group: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while merge.advance()? {
        let is_other = match group.first() {
            None => false,
            Some((key, value)) => {
                let bad = |error: Malformed| corrupt(context.folder, "chains", error.0);
                let first = LinkRow::decode(key, value).map_err(bad)?.part;
                let row = LinkRow::decode(merge.key(), merge.value()).map_err(bad)?.part;
                (first.target, first.source) != (row.target, row.source)
            }
        };
        if is_other {
            push_best(context, &mut section, &group)?;
            group.clear();
        }
        group.push((merge.key().to_vec(), merge.value().to_vec()));
    }
    push_best(context, &mut section, &group)?;
    section.finish()
}

fn push_best(context: &Context<'_>, section: &mut SectionWriter, group: &[(Vec<u8>, Vec<u8>)]) -> Result<()> {
    let bad = |error: Malformed| corrupt(context.folder, "chains", error.0);
    let mut rows = Vec::with_capacity(group.len());
    for (key, value) in group {
        let row = LinkRow::decode(key, value).map_err(bad)?;
        let path = row.part.path.unwrap_or_default();
        rows.push((row.part.is_lost(), !row.part.link.dofollow, hop_keys(path).map_err(bad)?.len(), path, row));
    }
    let best =
        rows.iter().min_by(|left, right| (left.0, left.1, left.2, left.3).cmp(&(right.0, right.1, right.2, right.3)));
    let Some((is_lost, _, _, _, best)) = best else { return Ok(()) };
    let mut row = *best;
    let counts = rows.iter().filter(|other| other.0 == *is_lost).map(|other| other.4.part.link.count);
    row.part.link.count = counts.fold(0, u32::saturating_add);
    section.push(&row)
}
