//! Stage 3: links that reach further pages through redirects and canonicals, hop by hop.
//!
//! Every round joins the chains that end at a page of a bucket with that bucket's pages: the page is
//! a target reached indirectly, and if it leads on itself, the chain goes to the next round with one
//! hop more. A chain ends at the first page it has met before, and after [`MAX_HOPS`].

use model::Bucket;

use super::sources::tag;
use super::targets::SectionWriter;
use super::{Context, HostOfKey, StageProgress, joined};
use crate::codec::Malformed;
use crate::error::{Result, corrupt};
use crate::group::GroupFile;
use crate::links::{LinkRow, hop_keys, put_hop};
use crate::manifest::FileEntry;
use crate::pages::{PAGES, PageScan};
use crate::sort::{SortedRuns, Sorter};

/// The most hops before a target.
pub(crate) const MAX_HOPS: usize = 10;

/// Follows all chains and writes `links/indirect`; returns its files bucket by bucket.
pub(super) fn resolve(
    context: &Context<'_>,
    pages: &[FileEntry],
    first: SortedRuns,
    progress: StageProgress<'_>,
) -> Result<Vec<Vec<FileEntry>>> {
    let buckets = usize::from(context.buckets.get());
    let mut found = Vec::new();
    let mut round = first;
    for _ in 0..MAX_HOPS {
        if round.records() == 0 {
            break;
        }
        let outcomes = context
            .stage("chains", progress, |bucket| one_round(context, bucket, &pages[usize::from(bucket.0)], &round))?;
        let (rows, next): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
        found.extend(rows);
        round = joined(next, context.runs, buckets)?;
    }
    let found = joined(found, context.runs, buckets)?;
    context.stage("indirect", progress, |bucket| write_section(context, bucket, &found))
}

fn one_round(
    context: &Context<'_>,
    bucket: Bucket,
    pages: &FileEntry,
    chains: &SortedRuns,
) -> Result<(SortedRuns, SortedRuns)> {
    let folder = context.folder;
    let bad = |error: Malformed| corrupt(folder, "chains", error.0);
    let pages_file = GroupFile::open(folder, pages, &PAGES, None)?;
    let mut pages = PageScan::new(folder, &pages_file);
    let (mut rows, mut next): (Sorter, Sorter) = (context.sorter(2), context.sorter(2));
    let mut chains = chains.merge(bucket.0)?;
    let (mut target_host, mut source_host, mut hop_host) =
        (HostOfKey::default(), HostOfKey::default(), HostOfKey::default());
    let (mut path, mut key, mut value, mut source) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    while chains.advance()? {
        let record = chains.value().get(1..).unwrap_or_default();
        let row = LinkRow::decode(chains.key(), record).map_err(bad)?;
        let (target, from) = (row.part.target, row.part.source);
        let is_outside = !target_host.get(target, folder)?.is_same_site_as(source_host.get(from, folder)?);
        if is_outside {
            rows.push(bucket.0, chains.key(), record)?;
        }
        let Some((_, page)) = pages.find(target)? else { continue };
        let (Some((kind, hop)), Some(status)) = (page.next_hop(), page.status) else { continue };
        let met = hop_keys(row.part.path.unwrap_or_default()).map_err(bad)?;
        if hop == from || met.contains(&hop) || met.len() >= MAX_HOPS {
            continue;
        }
        path.clear();
        path.extend_from_slice(row.part.path.unwrap_or_default());
        put_hop(&mut path, kind, status, target);
        source.clear();
        row.from.encode(&mut source);
        let mut part = row.part;
        part.target = hop;
        part.path = Some(&path);
        key.clear();
        key.extend_from_slice(hop);
        key.extend_from_slice(from);
        key.extend_from_slice(&path);
        value.clear();
        value.push(tag::LINK);
        part.encode(&source, &mut value);
        let hop_bucket = context.buckets.of(hop_host.get(hop, folder)?);
        next.push(hop_bucket.0, &key, &value)?;
    }
    Ok((rows.finish(false)?, next.finish(false)?))
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
