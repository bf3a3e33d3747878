//! The stored links of a target, and which of them enter it.

use model::{Host, KeyRange, Target};
use store::{NumberColumn, RowRange, ScanBatch};

use crate::candidate::Context;
use crate::index::QueryError;

/// Of so many hosts it is found out whether they are of one domain.
const MOST_HOSTS: usize = 4096;

/// What of a scanned row matters to the target: whether the link enters the target with this row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    /// A page: every row does.
    Page,
    /// An exact host: rows with an earlier hop there do not.
    Host,
    /// A host and all below: rows with an earlier hop that shares so many labels do not.
    Below(u8),
}

impl Entry {
    fn of(target: &Target) -> Self {
        match target {
            Target::Page(_) => Self::Page,
            Target::Host { host, include_subdomains } if host.is_ip() || !include_subdomains => Self::Host,
            Target::Host { host, .. } => Self::Below(host.as_str().split('.').count().min(254) as u8),
        }
    }

    /// Whether the row at a place of a batch does. Direct links have no hops, and always do.
    pub(crate) fn admits(self, batch: &ScanBatch, at: usize) -> bool {
        match self {
            Self::Page => true,
            Self::Host => batch.flags[at] & ScanBatch::HOP_SAME_HOST == 0,
            Self::Below(labels) => batch.hop_labels.get(at).is_none_or(|shared| *shared < labels),
        }
    }
}

/// The stored links of a target.
#[derive(Debug, Clone)]
pub(crate) struct TargetRows {
    pub(crate) entry: Entry,
    host: Host,
    key_ranges: Vec<KeyRange>,
    ranges: Vec<RowRange>,
}

impl TargetRows {
    /// Finds them. Cost: a few blocks.
    pub(crate) fn of(context: &Context<'_>, target: &Target) -> store::Result<Self> {
        let mut ranges = Vec::new();
        let key_ranges = target.ranges();
        for key_range in &key_ranges {
            ranges.extend(context.reader.rows(key_range)?);
        }
        Ok(Self { entry: Entry::of(target), host: target.host(), key_ranges, ranges })
    }

    /// The same in so many parts of about one size, in their order; fewer if there are not as many rows.
    pub(crate) fn parts(&self, count: usize) -> Vec<Self> {
        let size = self.len().div_ceil(count.max(1)).max(1);
        let mut parts: Vec<Vec<RowRange>> = vec![Vec::new()];
        let mut room = size;
        for range in &self.ranges {
            let mut rows = range.rows.clone();
            while !rows.is_empty() {
                if room == 0 {
                    parts.push(Vec::new());
                    room = size;
                }
                let taken = rows.len().min(room);
                let middle = rows.start + taken as u32;
                let part = RowRange { section: range.section, rows: rows.start..middle };
                parts.last_mut().expect("one from the start").push(part);
                rows.start = middle;
                room -= taken;
            }
        }
        parts.into_iter().map(|ranges| Self { ranges, ..self.clone() }).collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(|range| range.rows.len()).sum()
    }

    /// Whether the hosts of the target are all of one registrable domain, so that the links of a page to it
    /// are all internal or none is. Cost: a block or two; of targets with very many hosts it is not found out.
    pub(crate) fn are_of_one_domain(&self, context: &Context<'_>) -> store::Result<bool> {
        let mut hosts = Vec::new();
        for range in &self.key_ranges {
            hosts.extend(context.reader.hosts_within(range, MOST_HOSTS)?);
        }
        let is_same = |pair: &[Host]| pair[0].registrable() == pair[1].registrable();
        Ok(hosts.len() < MOST_HOSTS && hosts.windows(2).all(is_same))
    }

    /// Where the build has counted the links of a row's page to the target, if it has.
    pub(crate) fn counted_links(&self, context: &Context<'_>) -> store::Result<Option<NumberColumn>> {
        Ok(match self.entry {
            Entry::Page => Some(NumberColumn::LinksToPage),
            Entry::Host => Some(NumberColumn::LinksToHost),
            Entry::Below(_) => {
                let is_domain = self.host.registrable() == self.host.as_str() && self.are_of_one_domain(context)?;
                is_domain.then_some(NumberColumn::LinksToDomain)
            }
        })
    }

    /// Whether some of them are indirect.
    pub(crate) fn has_indirect(&self) -> bool {
        self.ranges.iter().any(|range| range.section == 1 && !range.rows.is_empty())
    }

    /// Scans them: each batch with its section.
    pub(crate) fn scan(
        &self,
        context: &Context<'_>,
        each: impl FnMut(u8, &ScanBatch) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        self.scan_from_rank(context, 0, each)
    }

    /// The same, where rows that rank below `lowest` may be left out, and others may come besides: see
    /// [`ScanBatch::unmark_others`].
    pub(crate) fn scan_from_rank(
        &self,
        context: &Context<'_>,
        lowest: u16,
        mut each: impl FnMut(u8, &ScanBatch) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        self.ranges.iter().try_for_each(|range| {
            context.reader.scan_from_rank(range, lowest, |batch| {
                context.bounds.check(0)?;
                each(range.section, batch)
            })
        })
    }
}
