//! From the stored links of a target to those that a question admits, batch by batch.

use store::{ScanBatch, ScanColumns};

use crate::candidate::{Candidate, Context};
use crate::column::{Lot, LotRows};
use crate::explain::{SetRank, SetSum};
use crate::filter::Filter;
use crate::index::QueryError;
use crate::link_counts::LinkCounts;
use crate::question::{BacklinksQuestion, LinkStatus, Rows};
use crate::target_rows::{Entry, TargetRows};

/// Numbers of rows met on the way.
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
    pub(crate) set_rank: Option<SetRank>,
}

/// Where admitted rows go.
pub(crate) trait Collector {
    /// The columns that it reads.
    fn columns(&self) -> ScanColumns;

    /// Bytes held.
    fn bytes(&self) -> usize;

    /// Takes the rows at some places of a batch.
    fn collect(&mut self, rows: &AdmittedRows<'_>);
}

/// Rows of a batch that are admitted.
#[derive(Debug)]
pub(crate) struct AdmittedRows<'a> {
    pub(crate) section: u8,
    pub(crate) batch: &'a ScanBatch,
    /// Their places in the batch, ascending.
    pub(crate) places: &'a [u32],
    /// Links of the pages of all rows of the batch; empty as long as nobody asks for them.
    pub(crate) links: &'a [u32],
}

impl AdmittedRows<'_> {
    /// The row at a place.
    pub(crate) fn candidate(&self, place: u32) -> Candidate {
        let at = place as usize;
        let (last_seen, tie) = self.batch.age_and_tie_of(at);
        Candidate {
            below: u16::MAX - self.batch.rank_of(at),
            before: u32::MAX - last_seen,
            tie,
            page: self.batch.page[at],
            section: self.section,
            row: self.batch.first + place,
            is_lost: self.batch.flags[at] & ScanBatch::LOST != 0,
            links: self.links.get(at).copied().unwrap_or_default(),
            group_links: 0,
        }
    }
}

/// Hands the rows that a question admits to a collector: by target, status, internal, indirect, and by
/// `filter`, which is that of the question as far as it can be decided yet. `counts` are there if the filter asks for
/// links.
pub(crate) fn collect(
    context: &Context<'_>,
    rows: &TargetRows,
    question: &BacklinksQuestion,
    filter: Option<&Filter>,
    counts: Option<&LinkCounts>,
    collector: &mut impl Collector,
) -> Result<Scanned, QueryError> {
    let admission = Admission { entry: rows.entry, question };
    let mut scanned = Scanned::default();
    let mut set = question.explain.then(SetSum::default);
    let mut places = Vec::new();
    let mut links = Vec::new();
    rows.scan(context, columns(question, collector.columns()), |section, batch| {
        context.bounds.check(collector.bytes())?;
        admission.places(section, batch, &mut scanned.met, &mut places);
        links.clear();
        match counts {
            Some(counts) => links.extend((0..batch.rows()).map(|at| counts.of_row(batch, at))),
            None if question.rows == Rows::PerLink => links.extend_from_slice(&batch.count),
            None => {}
        }
        let lot = Lot {
            reader: context.reader,
            section,
            rows: LotRows::Scanned(batch),
            links: &links,
            groups: &[],
            newest_visit: context.newest_visit,
            scale: context.scale,
        };
        if let Some(filter) = filter {
            places = filter.admitted(&lot, std::mem::take(&mut places))?;
        }
        if let Some(set) = &mut set {
            set.add(&lot, &places)?;
        }
        collector.collect(&AdmittedRows { section, batch, places: &places, links: &links });
        Ok(())
    })?;
    scanned.set_rank = set.map(SetSum::rank);
    Ok(scanned)
}

/// The columns that are read of every row.
fn columns(question: &BacklinksQuestion, collector: ScanColumns) -> ScanColumns {
    ScanColumns { rank: true, count: collector.count || question.rows == Rows::PerLink, ..collector }
}

/// What a question asks of a row before its filter.
#[derive(Debug, Clone, Copy)]
struct Admission<'a> {
    entry: Entry,
    question: &'a BacklinksQuestion,
}

impl Admission<'_> {
    /// The places of the rows of a batch that pass; counts those that enter the target.
    fn places(&self, section: u8, batch: &ScanBatch, met: &mut Met, places: &mut Vec<u32>) {
        let is_indirect = section == 1;
        let (status_bits, status) = match self.question.status {
            LinkStatus::Live => (ScanBatch::LOST, 0),
            LinkStatus::Lost => (ScanBatch::LOST, ScanBatch::LOST),
            LinkStatus::All => (0, 0),
        };
        let bits = status_bits | if self.question.exclude_internal { ScanBatch::INTERNAL } else { 0 };
        places.clear();
        places.resize(batch.rows(), 0);
        let (mut entered, mut lost, mut internal, mut kept) = (0, 0, 0, 0);
        for (at, flags) in batch.flags.iter().enumerate() {
            // Direct links enter by themselves.
            if is_indirect && !self.entry.admits(batch, at) {
                continue;
            }
            entered += 1;
            lost += u32::from(flags & ScanBatch::LOST != 0);
            internal += u32::from(flags & ScanBatch::INTERNAL != 0);
            // Written whether it passes or not: a branch would cost more.
            places[kept] = at as u32;
            kept += usize::from(flags & bits == status);
        }
        places.truncate(kept);
        met.live += u64::from(entered - lost);
        met.lost += u64::from(lost);
        met.internal += u64::from(internal);
        if is_indirect {
            met.indirect += u64::from(entered);
            if !self.question.include_indirect {
                places.clear();
            }
        }
    }
}
