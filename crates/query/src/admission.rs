//! From the stored links of a target to those that a question admits, batch by batch.

use std::ops::RangeInclusive;

use model::RankScore;
use store::{ScanBatch, ScanColumn};

use crate::candidate::{Candidate, Context};
use crate::column::{Lot, LotRows};
use crate::explain::{SetRank, SetSum};
use crate::field::Field;
use crate::filter::{Filter, NarrowTest};
use crate::index::QueryError;
use crate::link_counts::{LinkCounts, is_lost};
use crate::question::{BacklinksQuestion, LinkStatus, RankScale, Rows};
use crate::target_rows::{Entry, TargetRows};

/// Numbers of rows met on the way: of a question without bounds of ranks, of all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Met {
    pub(crate) live: u64,
    pub(crate) lost: u64,
    pub(crate) internal: u64,
    pub(crate) indirect: u64,
}

/// What a scan met, whatever became of it.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) met: Met,
    /// If the question asks.
    pub(crate) set_sum: Option<SetSum>,
}

impl Scanned {
    /// With what another part of the rows met.
    pub(crate) fn join(&mut self, part: &Self) {
        self.met.live += part.met.live;
        self.met.lost += part.met.lost;
        self.met.internal += part.met.internal;
        self.met.indirect += part.met.indirect;
        if let (Some(sum), Some(more)) = (&mut self.set_sum, &part.set_sum) {
            sum.merge(more);
        }
    }

    /// The rank of all admitted links, if the question asks.
    pub(crate) fn set_rank(self) -> Option<SetRank> {
        self.set_sum.map(SetSum::rank)
    }
}

/// Where admitted rows go. What comes of them does not depend on their order.
pub(crate) trait Collector: Sized + Send {
    /// An empty one for a part of the rows; `None` if parts can't be put together.
    fn part(&self) -> Option<Self>;

    /// Takes what a part has collected.
    fn join(&mut self, part: Self);

    /// Bytes held.
    fn bytes(&self) -> usize;

    /// Takes some rows.
    fn collect(&mut self, rows: &AdmittedRows<'_>);
}

/// Rows of a batch that are admitted.
#[derive(Debug)]
pub(crate) struct AdmittedRows<'a> {
    pub(crate) section: u8,
    pub(crate) batch: &'a ScanBatch,
    /// Their places in the batch, ascending.
    pub(crate) places: &'a [u32],
    /// Their pages.
    pub(crate) pages: &'a [u32],
    /// Links of what each stands for, by what a row is; empty as long as nobody asks.
    pub(crate) links: &'a [u32],
}

impl AdmittedRows<'_> {
    /// The row `at` these.
    pub(crate) fn candidate(&self, at: usize) -> Candidate {
        let place = self.places[at] as usize;
        let value = |column| self.batch.value(column, place);
        self.candidate_of(at, value(ScanColumn::LastSeen), value(ScanColumn::Tie))
    }

    /// All of them, by way of columns.
    pub(crate) fn put_candidates(&self, columns: &mut [Vec<u32>; 2], into: &mut Vec<Candidate>) {
        let [last_seen, tie] = columns;
        self.batch.values(ScanColumn::LastSeen, self.places, last_seen);
        self.batch.values(ScanColumn::Tie, self.places, tie);
        let rows = last_seen.iter().zip(tie).enumerate();
        into.extend(rows.map(|(at, (last_seen, tie))| self.candidate_of(at, *last_seen, *tie)));
    }

    fn candidate_of(&self, at: usize, last_seen: u32, tie: u32) -> Candidate {
        let place = self.places[at] as usize;
        Candidate {
            below: u16::MAX - self.batch.rank[place],
            before: u32::MAX - last_seen,
            tie,
            page: self.pages[at],
            section: self.section,
            row: self.batch.row(place as u32),
            is_lost: is_lost(self.batch, place),
            links: self.links.get(at).copied().unwrap_or_default(),
            group_links: 0,
        }
    }
}

/// What a question asks of each row, found out once for all parts of the rows.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    question: &'a BacklinksQuestion,
    admission: Admission,
    /// What is left to ask of rows whose flags and rank pass.
    filter: Option<Filter>,
    counts: Option<&'a LinkCounts>,
}

impl<'a> Scan<'a> {
    /// By target, status, internal, indirect, and by `filter`, which is that of the question as far as it can
    /// be decided yet. `counts` are there if filter or collector ask for the links of pages.
    pub(crate) fn new(
        entry: Entry,
        question: &'a BacklinksQuestion,
        filter: Option<&Filter>,
        counts: Option<&'a LinkCounts>,
    ) -> Self {
        let (admission, filter) = Admission::of(entry, question, filter);
        Self { question, admission, filter, counts }
    }

    /// The lowest rank that a row may have.
    pub(crate) fn lowest(&self) -> u16 {
        *self.admission.ranks.start()
    }

    /// Hands the rows that are admitted to a collector.
    pub(crate) fn collect(
        &self,
        context: &Context<'_>,
        rows: &TargetRows,
        collector: &mut impl Collector,
    ) -> Result<Scanned, QueryError> {
        let Self { question, filter, counts, .. } = self;
        let mut admission = self.admission.clone();
        let mut scanned = Scanned { set_sum: question.explain.then(SetSum::default), ..Scanned::default() };
        let (mut places, mut pages, mut links, mut links_of_all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let filter_asks_links = filter.as_ref().is_some_and(|filter| filter.mentions(Field::LinksCount));
        rows.scan_from_rank(context, self.lowest(), |section, batch| {
            context.bounds.check(collector.bytes())?;
            admission.places(section, batch, &mut scanned.met, &mut places);
            if places.is_empty() {
                return Ok(());
            }
            if filter_asks_links {
                if let Some(counts) = counts {
                    batch.all_values(ScanColumn::Page, &mut pages);
                    links_of_all.clear();
                    let pages = pages.iter().enumerate();
                    links_of_all.extend(pages.map(|(at, page)| counts.of_page(*page, is_lost(batch, at))));
                } else {
                    batch.all_values(ScanColumn::Count, &mut links_of_all);
                }
            }
            let lot = Lot {
                reader: context.reader,
                section,
                rows: LotRows::Scanned(batch),
                links: &links_of_all,
                groups: &[],
                newest_visit: context.newest_visit,
                scale: context.scale,
            };
            if let Some(filter) = filter {
                places = filter.admitted(&lot, std::mem::take(&mut places))?;
            }
            if let Some(sum) = &mut scanned.set_sum {
                sum.add(&lot, &places)?;
            }
            batch.values(ScanColumn::Page, &places, &mut pages);
            links.clear();
            if let Some(counts) = counts {
                let rows = places.iter().zip(&pages);
                links.extend(rows.map(|(at, page)| counts.of_page(*page, is_lost(batch, *at as usize))));
            } else if question.rows == Rows::PerLink {
                batch.values(ScanColumn::Count, &places, &mut links);
            }
            collector.collect(&AdmittedRows { section, batch, places: &places, pages: &pages, links: &links });
            Ok(())
        })?;
        Ok(scanned)
    }
}

/// What a question asks of a row's flags and rank: what is decided before any other column is read.
#[derive(Debug, Clone)]
struct Admission {
    entry: Entry,
    include_indirect: bool,
    /// Bits of the flags that matter, and what they must be.
    bits: u8,
    wanted: u8,
    ranks: RangeInclusive<u16>,
    /// For each row of the batch at hand, 1 if it passes.
    passes: Vec<u8>,
}

impl Admission {
    /// With what of the filter is left to ask of the rows that pass.
    fn of(entry: Entry, question: &BacklinksQuestion, filter: Option<&Filter>) -> (Self, Option<Filter>) {
        let (status_bits, status) = match question.status {
            LinkStatus::Live => (ScanBatch::LOST, 0),
            LinkStatus::Lost => (ScanBatch::LOST, ScanBatch::LOST),
            LinkStatus::All => (0, 0),
        };
        let internal_bits = if question.exclude_internal { ScanBatch::INTERNAL } else { 0 };
        let (test, rest) = filter.map(Filter::narrowed).unwrap_or_default();
        let NarrowTest { is_dofollow, ranks } = test;
        let dofollow_bits = if is_dofollow.is_some() { ScanBatch::DOFOLLOW } else { 0 };
        let dofollow = if is_dofollow == Some(true) { ScanBatch::DOFOLLOW } else { 0 };
        let admission = Self {
            entry,
            include_indirect: question.include_indirect,
            bits: status_bits | internal_bits | dofollow_bits,
            wanted: status | dofollow,
            ranks: stored_ranks(ranks, question.scale),
            passes: Vec::new(),
        };
        (admission, rest)
    }

    /// The places of the rows of a batch that pass; counts those that enter the target.
    fn places(&mut self, section: u8, batch: &ScanBatch, met: &mut Met, places: &mut Vec<u32>) {
        let is_indirect = section == 1;
        let (bits, wanted, lowest, highest) = (self.bits, self.wanted, *self.ranks.start(), *self.ranks.end());
        self.passes.clear();
        let columns = batch.flags.iter().zip(&batch.rank);
        // Without branches, so that many rows are decided at once.
        self.passes.extend(columns.map(|(flags, rank)| {
            u8::from(flags & bits == wanted) & u8::from(*rank >= lowest) & u8::from(*rank <= highest)
        }));
        batch.unmark_others(&mut self.passes);
        let is_set = |bit: u8| move |flags: &u8| u32::from(flags & bit != 0);
        let mut entered = batch.rows() as u32;
        let mut lost: u32 = batch.flags.iter().map(is_set(ScanBatch::LOST)).sum();
        let mut internal: u32 = batch.flags.iter().map(is_set(ScanBatch::INTERNAL)).sum();
        if is_indirect {
            for (at, passes) in self.passes.iter_mut().enumerate() {
                let flags = &batch.flags[at];
                if !self.entry.admits(batch, at) {
                    entered -= 1;
                    lost -= is_set(ScanBatch::LOST)(flags);
                    internal -= is_set(ScanBatch::INTERNAL)(flags);
                    *passes = 0;
                }
            }
            met.indirect += u64::from(entered);
        }
        met.live += u64::from(entered - lost);
        met.lost += u64::from(lost);
        met.internal += u64::from(internal);
        if is_indirect && !self.include_indirect {
            places.clear();
        } else {
            put_places(&self.passes, places);
        }
    }
}

/// The ranks, as they are stored, that lie in a range on some scale.
fn stored_ranks(ranks: RangeInclusive<u16>, scale: RankScale) -> RangeInclusive<u16> {
    if scale == RankScale::OneThousand {
        return ranks;
    }
    let is_in = |rank: &u16| ranks.contains(&scale.of(RankScore::new(*rank)));
    let mut stored = (0..=RankScore::MAX).filter(is_in);
    // Scales rise together, so what lies in a range on one is a range on the other.
    match (stored.next(), stored.next_back()) {
        (Some(first), last) => first..=last.unwrap_or(first),
        (None, _) => RangeInclusive::new(1, 0),
    }
}

/// The places of the ones among zeros and ones.
fn put_places(passes: &[u8], places: &mut Vec<u32>) {
    places.clear();
    let ones: u32 = passes.iter().map(|one| u32::from(*one)).sum();
    if ones as usize * 8 < passes.len() {
        for (number, bytes) in passes.chunks(8).enumerate() {
            if bytes.iter().any(|one| *one != 0) {
                let first = number * 8;
                let ones = bytes.iter().enumerate().filter(|(_, one)| **one != 0);
                places.extend(ones.map(|(at, _)| (first + at) as u32));
            }
        }
        return;
    }
    places.resize(passes.len(), 0);
    let mut kept = 0;
    for (at, one) in passes.iter().enumerate() {
        // Written whether it passes or not: a branch that nobody foresees would cost more.
        places[kept] = at as u32;
        kept += usize::from(*one);
    }
    places.truncate(kept);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranks_of_the_other_scale_are_ranges_of_stored_ones() {
        for (lowest, highest) in [(0, 0), (0, 100), (1, 100), (40, 60), (100, 100), (101, u16::MAX), (7, 3)] {
            let ranks = RangeInclusive::new(lowest, highest);
            let stored = stored_ranks(ranks.clone(), RankScale::OneHundred);
            for rank in 0..=RankScore::MAX {
                let is_in = ranks.contains(&RankScore::new(rank).one_hundred());
                assert_eq!(stored.contains(&rank), is_in, "{rank} in {ranks:?}");
            }
        }
        assert_eq!(stored_ranks(5..=u16::MAX, RankScale::OneThousand), 5..=u16::MAX);
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_ones(share in 0_u8..=100, draws in prop::collection::vec(0_u8..100, 0..300)) {
            let passes: Vec<u8> = draws.iter().map(|draw| u8::from(*draw < share)).collect();
            let expected: Vec<u32> = (0..passes.len() as u32).filter(|at| passes[*at as usize] == 1).collect();
            let mut places = vec![7];
            put_places(&passes, &mut places);
            prop_assert_eq!(places, expected);
        }
    }
}
