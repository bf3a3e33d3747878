//! Which rows answer a question: selected, one for each referring page, grouped, in order.
//!
//! Rows are read batch by batch and decided. What is kept of those that are admitted depends on what is
//! asked: the first rows of the default order, the best one of each host, or the best one of each page,
//! which is enough for every question.

use store::{OrderedRow, RowId};

use crate::admission::{Collector, Met, Scan, Scanned};
use crate::arrange::{arrange, telling_keys};
use crate::best_of_hosts::{BestOfHosts, HostLinks};
use crate::candidate::{Candidate, Context, with_lot};
use crate::explain::SetRank;
use crate::field::Field;
use crate::filter::Filter;
use crate::first_rows::{FirstRows, MOST};
use crate::group::best_of_groups;
use crate::index::QueryError;
use crate::link_counts::{LinkCounts, put_links};
use crate::page_set::PageSet;
use crate::parts::collect_in_parts;
use crate::question::{BacklinksQuestion, GroupField, LinkStatus, RankScale, Rows};
use crate::target_rows::TargetRows;
use crate::winners::Winners;

/// A row to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: RowId,
    /// Links that the row stands for.
    pub(crate) links: u32,
    /// Links of its group; 0 without groups.
    pub(crate) group_links: u32,
}

/// The rows that answer a question.
#[derive(Debug)]
pub(crate) struct Selected {
    /// How many there are.
    pub(crate) count: u64,
    /// Those that are shown; `None` if the row to go on behind is none of them.
    pub(crate) shown: Option<Vec<Shown>>,
    pub(crate) met: Met,
    /// If the question asks.
    pub(crate) set_rank: Option<SetRank>,
}

/// Scans the target's rows for those that answer a question. Behind `before` rows, `limit` are shown at most;
/// `after` is the last one before, where a walk goes on.
///
/// Cost: 3 bytes read for each stored link of the target, 1 to 4 a column for those whose flags and rank are
/// admitted, and the columns that filter, mode and order ask for. Memory: a bit for each page of the bucket and
/// twice the rows up to the last one that is shown; with one row a domain 56 bytes for each host; with
/// other groups and orders 32 bytes for each row of the answer before grouping.
pub(crate) fn select(
    context: &Context<'_>,
    rows: &TargetRows,
    question: &BacklinksQuestion,
    after: Option<RowId>,
    (before, limit): (usize, usize),
) -> Result<Selected, QueryError> {
    let filter = filter_of_rows(question);
    let asks_links = question.filter.as_ref().is_some_and(|filter| filter.mentions(Field::LinksCount))
        || (is_one_of_each_host(question) && !are_all_rows(context, rows, question, filter.as_ref())?);
    let counts = if asks_links && question.rows == Rows::PerPage { Some(LinkCounts::of(context, rows)?) } else { None };
    let selection = Selection { context, rows, question, filter, counts };
    let wanted = before.saturating_add(limit);
    if selection.is_in_default_order() && question.mode.grouping().is_none() && wanted <= MOST {
        selection.first_rows(after, before, wanted)
    } else {
        selection.arranged(after, before, limit)
    }
}

/// The question's filter as far as it can be decided of a row by itself. Without groups every row has the
/// group count 0, and all of it can.
fn filter_of_rows(question: &BacklinksQuestion) -> Option<Filter> {
    match question.mode.grouping() {
        None => question.filter.clone(),
        Some(_) => question.filter.as_ref().and_then(Filter::admits_before_grouping),
    }
}

/// Whether the best row of each host answers, whatever page it is of: all rows of a page are live, or all are
/// lost, so that its links count whichever of them is best.
fn is_one_of_each_host(question: &BacklinksQuestion) -> bool {
    question.mode.grouping() == Some((GroupField::DomainFrom, 1))
        && (question.rows == Rows::PerLink || question.status != LinkStatus::All)
}

/// Whether every link of a page with an admitted row is an admitted row itself.
fn are_all_rows(
    context: &Context<'_>,
    rows: &TargetRows,
    question: &BacklinksQuestion,
    filter: Option<&Filter>,
) -> store::Result<bool> {
    Ok(filter.is_none()
        && (question.include_indirect || !rows.has_indirect())
        && (!question.exclude_internal || rows.are_of_one_domain(context)?))
}

/// A question on its way.
struct Selection<'a> {
    context: &'a Context<'a>,
    rows: &'a TargetRows,
    question: &'a BacklinksQuestion,
    filter: Option<Filter>,
    /// If filter or groups ask for the links of pages; then admitted rows know theirs.
    counts: Option<LinkCounts>,
}

impl Selection<'_> {
    /// Whether rows come in the order in which the best of a page is chosen: on the other scale, ranks
    /// that differ may be equal.
    fn is_in_default_order(&self) -> bool {
        telling_keys(&self.question.order).is_empty() && self.question.scale == RankScale::OneThousand
    }

    fn collect(&self, into: &mut impl Collector) -> Result<Scanned, QueryError> {
        let scan = Scan::new(self.rows.entry, self.question, self.filter.as_ref(), self.counts.as_ref());
        collect_in_parts(&scan, self.context, self.rows, into)
    }

    /// The first rows of the default order.
    fn first_rows(&self, after: Option<RowId>, before: usize, wanted: usize) -> Result<Selected, QueryError> {
        let mut first = FirstRows::new(self.question.rows == Rows::PerPage, wanted);
        let scanned = self.collect(&mut first)?;
        let count = first.count();
        let rows = first.into_rows();
        // The rows are those of one snapshot, so the row to go on behind stands where it stood.
        let last_before = before.checked_sub(1).and_then(|at| rows.get(at)).map(Candidate::id);
        let is_there = after.is_none_or(|after| last_before == Some(after));
        let shown = is_there.then(|| rows.get(before..).unwrap_or_default().to_vec());
        let shown = shown.map(|rows| self.shown(rows)).transpose()?;
        Ok(Selected { count, shown, met: scanned.met, set_rank: scanned.set_rank() })
    }

    /// Rows of any order and any groups, from the best one of each page or host.
    fn arranged(&self, after: Option<RowId>, before: usize, limit: usize) -> Result<Selected, QueryError> {
        let (winners, scanned) = self.winners()?;
        let count = winners.len() as u64;
        let offset = if after.is_some() { 0 } else { before };
        let shown = arrange(self.context, &winners, &self.question.order, after, (offset, limit))?;
        let shown = shown.map(|rows| self.shown(rows)).transpose()?;
        Ok(Selected { count, shown, met: scanned.met, set_rank: scanned.set_rank() })
    }

    fn winners(&self) -> Result<(Vec<Candidate>, Scanned), QueryError> {
        let sorts_by_links = self.question.order.iter().any(|key| key.field == Field::LinksCount);
        let Some((field, kept_of_each)) = self.question.mode.grouping() else {
            let (mut winners, scanned) = self.best_of_pages()?;
            if sorts_by_links {
                self.put_links(&mut winners)?;
            }
            return Ok((winners, scanned));
        };
        let (mut winners, scanned) = if is_one_of_each_host(self.question) {
            let (mut winners, scanned) = self.best_of_hosts()?;
            if sorts_by_links {
                self.put_links(&mut winners)?;
            }
            (winners, scanned)
        } else {
            let (mut winners, scanned) = self.best_of_pages()?;
            self.put_links(&mut winners)?;
            (best_of_groups(self.context, &winners, field, kept_of_each)?, scanned)
        };
        if let Some(filter) = self.question.filter.as_ref().filter(|filter| filter.mentions(Field::GroupCount)) {
            let mut left = Vec::new();
            for part in winners.chunk_by(|left, right| left.section == right.section) {
                let places = with_lot(self.context, part, |lot, all| filter.admitted(lot, all.to_vec()))?;
                left.extend(places.into_iter().filter_map(|place| part.get(place as usize)));
            }
            winners = left;
        }
        Ok((winners, scanned))
    }

    fn best_of_pages(&self) -> Result<(Vec<Candidate>, Scanned), QueryError> {
        let mut winners = Winners::new(self.question.rows == Rows::PerPage, self.rows.len());
        let scanned = self.collect(&mut winners)?;
        Ok((winners.into_rows(), scanned))
    }

    fn best_of_hosts(&self) -> Result<(Vec<Candidate>, Scanned), QueryError> {
        let links_of = match self.counts {
            Some(_) => HostLinks::OfPages(PageSet::default()),
            None => HostLinks::OfRows,
        };
        let mut best = BestOfHosts::new(links_of);
        let scanned = self.collect(&mut best)?;
        Ok((best.into_rows(), scanned))
    }

    fn put_links(&self, rows: &mut [Candidate]) -> Result<(), QueryError> {
        let is_known = self.counts.is_some() || self.question.rows == Rows::PerLink;
        if is_known { Ok(()) } else { put_links(self.context, self.rows, rows) }
    }

    fn shown(&self, mut rows: Vec<Candidate>) -> Result<Vec<Shown>, QueryError> {
        self.put_links(&mut rows)?;
        Ok(rows.into_iter().map(|row| Shown { id: row.id(), links: row.links, group_links: row.group_links }).collect())
    }
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
