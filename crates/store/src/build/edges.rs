//! Stage 5: the edges of the graphs of pages and domains, from all links that pass rank now.

use std::path::Path;

use model::Bucket;

use super::mentions::{MENTIONS, Mention, MentionKind};
use super::nodes::{Nodes, SourceNode};
use super::{Context, HostOfKey};
use crate::codec::Malformed;
use crate::error::{Result, StoreError, corrupt};
use crate::group::GroupFile;
use crate::links::{FACTS, KEYS, keys, passes_rank};
use crate::manifest::FileEntry;
use crate::pages::{PAGES, PageScan};
use crate::record::RecordScan;
use crate::sort::{Merge, SortedRuns, Sorter};

/// The tables of a bucket of targets that edges come from.
pub(super) struct Linked<'a> {
    pub(super) keys: &'a FileEntry,
    pub(super) facts: &'a FileEntry,
    pub(super) mentions: &'a FileEntry,
    pub(super) pages: &'a FileEntry,
}

/// Edges to the pages, and to the domains, of a bucket, sorted by the bucket of their sources.
pub(super) fn of_bucket(
    context: &Context<'_>,
    bucket: Bucket,
    linked: &Linked<'_>,
    nodes: &Nodes,
) -> Result<[SortedRuns; 2]> {
    let folder = context.folder;
    let pages = || Ok::<_, StoreError>(PageScan::new(folder, &GroupFile::open(folder, linked.pages, &PAGES, None)?));
    let mut stage = Stage {
        context,
        nodes,
        bucket,
        pages: context.sorter(2),
        domains: context.sorter(2),
        source_host: HostOfKey::default(),
        last_domain_edge: None,
    };
    let mut key_rows = GroupFile::open(folder, linked.keys, &KEYS, None)?.rows_in_order();
    let mut fact_rows = GroupFile::open(folder, linked.facts, &FACTS, None)?.rows_in_order();
    let mut targets = pages()?;
    while let (Some((block, at)), Some((facts, facts_at))) = (key_rows.advance()?, fact_rows.advance()?) {
        if passes_rank(facts, facts_at) {
            let key = |column| block.bytes(column, at).unwrap_or_default();
            stage.link(&mut targets, key(keys::TARGET), key(keys::SOURCE))?;
        }
    }
    let mut mentions = RecordScan::open(folder, linked.mentions)?;
    let mut targets = pages()?;
    while mentions.advance()? {
        let bad = |error: Malformed| corrupt(folder, MENTIONS, error.0);
        let mention = Mention::decode(mentions.key(), mentions.value()).map_err(bad)?;
        if mention.kind == MentionKind::Edge {
            stage.redirect(&mut targets, mention.target, mention.source)?;
        }
    }
    Ok([stage.pages.finish(false)?, stage.domains.finish(false)?])
}

struct Stage<'a> {
    context: &'a Context<'a>,
    nodes: &'a Nodes,
    bucket: Bucket,
    pages: Sorter,
    domains: Sorter,
    source_host: HostOfKey,
    last_domain_edge: Option<(u16, [u8; 10])>,
}

impl Stage<'_> {
    fn source(&mut self, key: &[u8]) -> Result<Option<(Bucket, SourceNode)>> {
        let bucket = self.source_host.bucket(key, self.context)?;
        Ok(self.nodes.source(bucket, key).map(|node| (bucket, node)))
    }

    fn link(&mut self, targets: &mut PageScan, target: &[u8], source: &[u8]) -> Result<()> {
        let Some((from, node)) = self.source(source)? else { return Ok(()) };
        let Some((row, page)) = targets.find(target)? else { return Ok(()) };
        self.pages.push(from.0, &edge_key(node.row, self.bucket.0, row as u32), &[])?;
        if (from, node.domain) != (self.bucket, page.domain) {
            let edge = edge_key(node.domain, self.bucket.0, page.domain);
            // Links of a site to a page come together; most repeats fall away here.
            if self.last_domain_edge.replace((from.0, edge)) != Some((from.0, edge)) {
                self.domains.push(from.0, &edge, &[])?;
            }
        }
        Ok(())
    }

    /// Rank flows over redirects inside a host, though they are no links.
    fn redirect(&mut self, targets: &mut PageScan, target: &[u8], source: &[u8]) -> Result<()> {
        let Some((from, node)) = self.source(source)? else { return Ok(()) };
        let Some((row, _)) = targets.find(target)? else { return Ok(()) };
        self.pages.push(from.0, &edge_key(node.row, self.bucket.0, row as u32), &[])
    }
}

/// Key of an edge: number of the source in its bucket (4), bucket (2) and number (4) of the target.
fn edge_key(source: u32, target_bucket: u16, target: u32) -> [u8; 10] {
    let mut key = [0; 10];
    key[..4].copy_from_slice(&source.to_be_bytes());
    key[4..6].copy_from_slice(&target_bucket.to_be_bytes());
    key[6..].copy_from_slice(&target.to_be_bytes());
    key
}

/// Edges of a graph, in the order of their sources and targets.
#[derive(Debug)]
pub struct Edges<'a> {
    runs: &'a SortedRuns,
    /// The first node of each bucket.
    bases: &'a [u64],
    bucket: usize,
    merge: Option<Merge>,
}

impl<'a> Edges<'a> {
    pub(super) fn new(runs: &'a SortedRuns, bases: &'a [u64]) -> Self {
        Self { runs, bases, bucket: 0, merge: None }
    }

    fn read(&mut self) -> Result<Option<(u32, u32)>> {
        while let Some(base) = self.bases.get(self.bucket) {
            if self.merge.is_none() {
                self.merge = Some(self.runs.merge(self.bucket as u16)?);
            }
            let Some(merge) = self.merge.as_mut() else { break };
            if merge.advance()? {
                return nodes(self.bases, *base, merge.key()).map(Some);
            }
            self.merge = None;
            self.bucket += 1;
        }
        Ok(None)
    }
}

impl Iterator for Edges<'_> {
    type Item = Result<(u32, u32)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// The nodes of an edge whose source's bucket begins at `base`.
fn nodes(bases: &[u64], base: u64, key: &[u8]) -> Result<(u32, u32)> {
    let bad = || corrupt(Path::new("edges"), "run", "key");
    let number = |range: std::ops::Range<usize>| {
        let bytes = key.get(range)?;
        Some(bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)))
    };
    let (source, (bucket, target)) = number(0..4).zip(number(4..6).zip(number(6..10))).ok_or_else(bad)?;
    let target_base = bases.get(bucket as usize).ok_or_else(bad)?;
    let node = |number: u64| u32::try_from(number).map_err(|_| StoreError::TooMany { what: "pages" });
    Ok((node(base + source)?, node(target_base + target)?))
}
