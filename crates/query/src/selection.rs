//! Which rows answer a question: selected, one for each referring page, grouped, in order.
//!
//! Rows are read lot by lot, decided, and only the best one of each page is kept: what is held grows
//! with the answer, not with the target.

use model::Target;
use store::{OrderedRow, RowId, RowRange, ScanBatch};

use crate::arrange::{arrange, telling_keys};
use crate::candidate::{Candidate, Context, with_lot};
use crate::explain::{SetRank, SetSum};
use crate::field::Field;
use crate::filter::Filter;
use crate::group::best_of_groups;
use crate::index::QueryError;
use crate::link_counts::{LinkCounts, put_links};
use crate::question::{BacklinksQuestion, LinkStatus, Rows};
use crate::winners::Winners;

/// What of a scanned row matters to the target: whether the link enters the target with this row.
#[derive(Debug, Clone, Copy)]
enum Entry {
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

    fn admits(self, flags: u8, hop_labels: u8) -> bool {
        match self {
            Self::Page => true,
            Self::Host => flags & ScanBatch::HOP_SAME_HOST == 0,
            Self::Below(labels) => hop_labels < labels,
        }
    }
}

/// The stored links of a target.
#[derive(Debug)]
pub(crate) struct TargetRows {
    entry: Entry,
    ranges: Vec<RowRange>,
}

impl TargetRows {
    /// Finds them. Cost: a few blocks.
    pub(crate) fn of(context: &Context<'_>, target: &Target) -> store::Result<Self> {
        let mut ranges = Vec::new();
        for key_range in target.ranges() {
            ranges.extend(context.reader.rows(&key_range)?);
        }
        Ok(Self { entry: Entry::of(target), ranges })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(|range| range.rows.len()).sum()
    }

    /// Scans them: each batch with its section.
    fn scan(
        &self,
        context: &Context<'_>,
        mut each: impl FnMut(u8, &ScanBatch) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        self.ranges.iter().try_for_each(|range| context.reader.scan(range, |batch| each(range.section, batch)))
    }

    /// Page, whether it is lost, and identical links of every link that enters the target.
    pub(crate) fn each_link(
        &self,
        context: &Context<'_>,
        mut each: impl FnMut(u32, bool, u32),
    ) -> Result<(), QueryError> {
        for range in &self.ranges {
            context.reader.scan_links(range, |batch| -> Result<(), QueryError> {
                context.bounds.check(0)?;
                let rows = batch.flags.iter().zip(&batch.hop_labels).zip(batch.page.iter().zip(&batch.count));
                for ((flags, hop_labels), (page, count)) in rows {
                    if self.entry.admits(*flags, *hop_labels) {
                        each(*page, flags & ScanBatch::LOST != 0, *count);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Numbers of rows met on the way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Met {
    pub(crate) live: u64,
    pub(crate) lost: u64,
    pub(crate) internal: u64,
    pub(crate) indirect: u64,
}

/// The winners of a question, not yet in order.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    context: Context<'a>,
    rows: TargetRows,
    winners: Vec<Candidate>,
    /// Whether the winners know their links already.
    knows_links: bool,
    pub(crate) met: Met,
    /// If the question asks.
    pub(crate) set_rank: Option<SetRank>,
}

/// A row to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: RowId,
    /// Links that the row stands for.
    pub(crate) links: u32,
    /// Links of its group; 0 without groups.
    pub(crate) group_links: u32,
}

impl<'a> Selection<'a> {
    /// Scans the target's rows. Cost: about 16 bytes read for each stored link of the target, and the
    /// columns that filter and mode ask for; 28 bytes held for each row of the answer before grouping.
    pub(crate) fn of(context: Context<'a>, rows: TargetRows, question: &BacklinksQuestion) -> Result<Self, QueryError> {
        let grouping = question.mode.grouping();
        let mentions = |field| question.filter.as_ref().is_some_and(|filter| filter.mentions(field));
        let mut this = Self {
            context,
            rows,
            winners: Vec::new(),
            knows_links: question.rows == Rows::PerLink,
            met: Met::default(),
            set_rank: None,
        };
        this.select(question, mentions(Field::LinksCount))?;
        if grouping.is_some() || question.order.iter().any(|key| key.field == Field::LinksCount) {
            this.put_links()?;
        }
        if let Some((field, kept_of_each)) = grouping {
            this.winners = best_of_groups(&this.context, &this.winners, field, kept_of_each)?;
            if let Some(filter) = question.filter.as_ref().filter(|_| mentions(Field::GroupCount)) {
                let mut left = Vec::new();
                let winners = std::mem::take(&mut this.winners);
                for part in winners.chunk_by(|left, right| left.section == right.section) {
                    left.extend(admitted(&context, filter, part)?);
                }
                this.winners = left;
            }
        }
        Ok(this)
    }

    /// Finds the rows that the question admits, the best one of each page.
    fn select(&mut self, question: &BacklinksQuestion, asks_links: bool) -> Result<(), QueryError> {
        let context = self.context;
        // Without groups every row has the group count 0, and the filter is decided at once.
        let filter = match question.mode.grouping() {
            None => question.filter.clone(),
            Some(_) => question.filter.as_ref().and_then(Filter::admits_before_grouping),
        };
        let counts = if asks_links && !self.knows_links { Some(LinkCounts::of(&context, &self.rows)?) } else { None };
        self.knows_links |= counts.is_some();
        let mut set = question.explain.then(SetSum::default);
        let mut winners = Winners::new(question.rows == Rows::PerPage, self.rows.len());
        let mut lot: Vec<Candidate> = Vec::new();
        let (entry, met) = (self.rows.entry, &mut self.met);
        self.rows.scan(&context, |section, batch| {
            context.bounds.check(winners.bytes())?;
            lot.clear();
            collect(entry, question, section, batch, met, &mut lot);
            if let Some(counts) = &counts {
                for row in &mut lot {
                    row.links = counts.of_row(row);
                }
            }
            if let Some(filter) = &filter {
                lot = admitted(&context, filter, &lot)?;
            }
            if let Some(set) = &mut set {
                with_lot(&context, &lot, |lot, _| set.add(lot))?;
            }
            winners.extend(&lot);
            Ok(())
        })?;
        self.set_rank = set.map(SetSum::rank);
        self.winners = winners.into_rows();
        Ok(())
    }

    fn put_links(&mut self) -> Result<(), QueryError> {
        if !self.knows_links {
            put_links(&self.context, &self.rows, &mut self.winners)?;
            self.knows_links = true;
        }
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> u64 {
        self.winners.len() as u64
    }

    /// Rows `offset..offset + limit` of the question's order, or of what comes behind the row `after`;
    /// `None` if that row is none of the winners.
    pub(crate) fn rows(
        self,
        question: &BacklinksQuestion,
        after: Option<RowId>,
        (offset, limit): (usize, usize),
    ) -> Result<Option<Vec<Shown>>, QueryError> {
        let shown = arrange(&self.context, &self.winners, &question.order, after, (offset, limit))?;
        let Some(mut shown) = shown else { return Ok(None) };
        if !self.knows_links {
            put_links(&self.context, &self.rows, &mut shown)?;
        }
        let shown = shown.into_iter();
        Ok(Some(shown.map(|row| Shown { id: row.id(), links: row.links, group_links: row.group_links }).collect()))
    }
}

/// The rows of a batch that the question admits before its filter.
fn collect(
    entry: Entry,
    question: &BacklinksQuestion,
    section: u8,
    batch: &ScanBatch,
    met: &mut Met,
    into: &mut Vec<Candidate>,
) {
    let is_indirect = section == 1;
    let is_per_page = question.rows == Rows::PerPage;
    for (at, flags) in batch.flags.iter().copied().enumerate() {
        if !entry.admits(flags, batch.hop_labels[at]) {
            continue;
        }
        let is_lost = flags & ScanBatch::LOST != 0;
        let is_internal = flags & ScanBatch::INTERNAL != 0;
        met.live += u64::from(!is_lost);
        met.lost += u64::from(is_lost);
        met.internal += u64::from(is_internal);
        met.indirect += u64::from(is_indirect);
        let has_status = match question.status {
            LinkStatus::Live => !is_lost,
            LinkStatus::Lost => is_lost,
            LinkStatus::All => true,
        };
        let is_left_out = question.exclude_internal && is_internal;
        if !has_status || is_left_out || (is_indirect && !question.include_indirect) {
            continue;
        }
        into.push(Candidate {
            below: u16::MAX - batch.rank[at],
            before: u32::MAX - batch.last_seen[at],
            tie: batch.tie[at],
            page: batch.page[at],
            section,
            row: batch.first + at as u32,
            is_lost,
            links: if is_per_page { 0 } else { batch.count[at] },
            group_links: 0,
        });
    }
}

/// Those of some rows of one section that a filter admits.
fn admitted(context: &Context<'_>, filter: &Filter, rows: &[Candidate]) -> Result<Vec<Candidate>, QueryError> {
    let places = with_lot(context, rows, |lot, _| filter.admitted(lot))?;
    Ok(places.into_iter().filter_map(|place| rows.get(place as usize)).copied().collect())
}

impl From<Shown> for OrderedRow {
    fn from(shown: Shown) -> Self {
        Self { id: shown.id, links: shown.links }
    }
}

impl From<OrderedRow> for Shown {
    fn from(row: OrderedRow) -> Self {
        Self { id: row.id, links: row.links, group_links: 0 }
    }
}

/// Whether lists that a build keeps answer the question.
pub(crate) fn is_kept_ready(question: &BacklinksQuestion) -> bool {
    *question
        == BacklinksQuestion {
            as_of: question.as_of,
            order: question.order.clone(),
            offset: question.offset,
            after: question.after,
            limit: question.limit,
            ..BacklinksQuestion::new(question.target.clone())
        }
        && telling_keys(&question.order).is_empty()
}
