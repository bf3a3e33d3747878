//! What changed from one snapshot to another: their direct links, row by row beside each other.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use model::{Bucket, KeyRange};

use crate::bucket::BucketReader;
use crate::error::{Result, bad_manifest, corrupt};
use crate::events::Follow;
use crate::facts::DOFOLLOW;
use crate::group::{Block, RowCursor};
use crate::layout::file_name;
use crate::link_rows::LinkRows;
use crate::links::{ANCHORS, FACTS, KEYS, TEXTS, facts, group_name, texts};
use crate::manifest::MANIFEST;
use crate::pages::{PAGES, PageRow};
use crate::snapshot::Snapshot;

/// Something that is another in the later snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A link.
    Link {
        /// Its page.
        url_from: String,
        /// Its target.
        url_to: String,
        /// In the earlier snapshot; `None` if that has no such link.
        before: Option<LinkVersion>,
        /// In the later one.
        after: Option<LinkVersion>,
    },
    /// The target of a link began to answer 4xx or 5xx, or ceased to.
    Target {
        /// The target.
        url_to: String,
        /// Status of its newest visit in the earlier snapshot; `None` if it was not visited.
        before: Option<u16>,
        /// In the later one.
        after: Option<u16>,
    },
}

/// What of a link is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkVersion {
    /// Whether it is gone.
    pub is_lost: bool,
    /// How it is to be followed.
    pub follow: Follow,
    /// Its text.
    pub anchor: Option<String>,
}

/// A way in which something can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkDifference {
    /// The earlier snapshot does not have it.
    New,
    /// The later snapshot does not have it: its crawl, or its host, was removed.
    Removed,
    /// It was there and is gone.
    Lost,
    /// It was gone and is there.
    Restored,
    /// Its `rel`, or whether it is followed.
    Rel,
    /// Its text.
    Anchor,
    /// The target answers 4xx or 5xx now.
    TargetBroken,
    /// It does no longer.
    TargetRepaired,
}

impl LinkDifference {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Removed => "removed",
            Self::Lost => "lost",
            Self::Restored => "restored",
            Self::Rel => "rel_changed",
            Self::Anchor => "anchor_changed",
            Self::TargetBroken => "target_broken",
            Self::TargetRepaired => "target_repaired",
        }
    }
}

impl Difference {
    /// In which ways it differs, at least one.
    pub fn kinds(&self) -> Vec<LinkDifference> {
        match self {
            Self::Target { after, .. } if is_bad(*after) => vec![LinkDifference::TargetBroken],
            Self::Target { .. } => vec![LinkDifference::TargetRepaired],
            Self::Link { before: None, .. } => vec![LinkDifference::New],
            Self::Link { after: None, .. } => vec![LinkDifference::Removed],
            Self::Link { before: Some(before), after: Some(after), .. } => {
                let all = [
                    (!before.is_lost && after.is_lost, LinkDifference::Lost),
                    (before.is_lost && !after.is_lost, LinkDifference::Restored),
                    (before.follow != after.follow, LinkDifference::Rel),
                    (before.anchor != after.anchor, LinkDifference::Anchor),
                ];
                all.into_iter().filter_map(|(holds, kind)| holds.then_some(kind)).collect()
            }
        }
    }
}

fn is_bad(status: Option<u16>) -> bool {
    status.is_some_and(model::is_broken)
}

/// How many links, and targets of links, differ in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DifferenceCounts {
    counts: [u64; 8],
}

impl DifferenceCounts {
    /// All ways, in the order in which they are told.
    pub const KINDS: [LinkDifference; 8] = [
        LinkDifference::New,
        LinkDifference::Removed,
        LinkDifference::Lost,
        LinkDifference::Restored,
        LinkDifference::Rel,
        LinkDifference::Anchor,
        LinkDifference::TargetBroken,
        LinkDifference::TargetRepaired,
    ];

    /// How many differ in this way.
    pub fn of(&self, kind: LinkDifference) -> u64 {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }

    /// Counts one.
    pub fn add(&mut self, difference: &Difference) {
        for kind in difference.kinds() {
            if let Some(count) = self.counts.get_mut(kind as usize) {
                *count += 1;
            }
        }
    }
}

/// Gives what changed from `before` to `after` in links to targets in `ranges`, which lie in one bucket; in
/// all links without any. In the order of buckets, targets and pages. Ends early if `each` says so.
///
/// Cost: buckets whose files are the same in both are passed over; of the others keys, facts, anchors and
/// texts of every direct link are read, and the pages. Memory: a few blocks.
pub fn difference(
    before: &Snapshot,
    after: &Snapshot,
    ranges: Option<(Bucket, &[KeyRange])>,
    mut each: impl FnMut(Difference) -> ControlFlow<()>,
) -> Result<()> {
    if before.buckets() != after.buckets() {
        return Err(bad_manifest(&before.folder().join(MANIFEST), "the snapshots have not the same buckets"));
    }
    if let Some((bucket, ranges)) = ranges {
        for range in ranges {
            if difference_of_bucket(before, after, bucket, Some(range), &mut each)?.is_break() {
                return Ok(());
            }
        }
        return Ok(());
    }
    for bucket in after.buckets().all() {
        if difference_of_bucket(before, after, bucket, None, &mut each)?.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn difference_of_bucket(
    before: &Snapshot,
    after: &Snapshot,
    bucket: Bucket,
    range: Option<&KeyRange>,
    each: &mut impl FnMut(Difference) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    let groups = [&KEYS, &ANCHORS, &TEXTS, &FACTS].map(|group| group_name("body", group, bucket));
    let mut files = groups.into_iter().chain([file_name(PAGES.name, bucket)]);
    let is_same = |name: &str| -> Result<bool> { Ok(before.entry(name)? == after.entry(name)?) };
    if files.try_fold(true, |all, name| is_same(&name).map(|same| all && same))? {
        return Ok(ControlFlow::Continue(()));
    }
    // Not through the snapshots' own readers: files are open only as long as they are read.
    let readers = (BucketReader::open(before, bucket)?, BucketReader::open(after, bucket)?);
    let (mut before, mut after) = (Side::of(&readers.0, range)?, Side::of(&readers.1, range)?);
    let mut target: Vec<u8> = Vec::new();
    while let Some(order) = before.rows.compare(&mut after.rows)? {
        let first = if order.is_gt() { &mut after.rows } else { &mut before.rows };
        let key = first.key()?.map(|(target, _)| target).unwrap_or_default();
        if key != target {
            key.clone_into(&mut target);
            let (old, new) = (before.status(&target)?, after.status(&target)?);
            if is_bad(old) != is_bad(new) {
                let first = if order.is_gt() { &mut after.rows } else { &mut before.rows };
                let url_to = first.urls()?.map(|(url_to, _)| url_to).unwrap_or_default();
                if each(Difference::Target { url_to, before: old, after: new }).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        let is_changed = order != Ordering::Equal || before.version()? != after.version()?;
        if is_changed {
            let first = if order.is_gt() { &mut after.rows } else { &mut before.rows };
            let (url_to, url_from) = first.urls()?.unwrap_or_default();
            let old = if order.is_le() { Some(before.version()?.owned()) } else { None };
            let new = if order.is_ge() { Some(after.version()?.owned()) } else { None };
            if each(Difference::Link { url_from, url_to, before: old, after: new }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if order.is_le() {
            before.rows.advance();
        }
        if order.is_ge() {
            after.rows.advance();
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// One of the two snapshots.
struct Side<'a> {
    reader: &'a BucketReader,
    rows: LinkRows<'a>,
    facts: RowCursor<'a>,
    texts: RowCursor<'a>,
    anchors: RowCursor<'a>,
    pages: RowCursor<'a>,
    /// Pages before this one come before all targets that are still to come.
    next_page: u64,
}

/// [`LinkVersion`], borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Compared<'a> {
    is_lost: bool,
    dofollow: bool,
    rel: &'a str,
    anchor: Option<&'a str>,
}

impl Compared<'_> {
    fn owned(self) -> LinkVersion {
        LinkVersion {
            is_lost: self.is_lost,
            follow: Follow { rel: self.rel.to_owned(), dofollow: self.dofollow },
            anchor: self.anchor.map(str::to_owned),
        }
    }
}

impl<'a> Side<'a> {
    fn of(reader: &'a BucketReader, range: Option<&KeyRange>) -> Result<Self> {
        let rows = LinkRows::of(reader, range)?;
        let section = rows.section();
        Ok(Self {
            reader,
            facts: section.facts.cursor(),
            texts: section.texts.cursor(),
            anchors: section.anchors.cursor(),
            pages: reader.pages.cursor(),
            next_page: range.map_or(Ok(0), |range| reader.pages.lower_bound(&range.start, 0))?,
            rows,
        })
    }

    /// Of the row that comes next.
    fn version(&mut self) -> Result<Compared<'_>> {
        let row = self.rows.row().ok_or_else(|| corrupt(&self.reader.path, "links", "a row is missing"))?;
        let (block, at) = self.facts.row(row.into())?;
        let is_lost = block.number(facts::LOST_AT, at).is_some();
        let dofollow = block.number(facts::FLAGS, at).unwrap_or_default() & DOFOLLOW != 0;
        let rel = text(self.texts.row(row.into())?, texts::REL).unwrap_or_default();
        let anchor = text(self.anchors.row(row.into())?, 0);
        Ok(Compared { is_lost, dofollow, rel, anchor })
    }

    /// Status of the newest visit of a page. Pages must be asked for in ascending order.
    fn status(&mut self, key: &[u8]) -> Result<Option<u16>> {
        while self.next_page < self.reader.pages.rows() {
            let (block, at) = self.pages.row(self.next_page)?;
            match PageRow::key(block, at).cmp(key) {
                Ordering::Less => self.next_page += 1,
                Ordering::Equal => return Ok(PageRow::last_status(block, at)),
                Ordering::Greater => return Ok(None),
            }
        }
        Ok(None)
    }
}

fn text((block, row): (&Block, usize), column: usize) -> Option<&str> {
    block.text(column, row)
}
