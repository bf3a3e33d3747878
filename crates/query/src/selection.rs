//! Which rows answer a question: selected, one for each referring page, grouped, in order.

use std::collections::HashMap;

use model::Target;
use store::{OrderedRow, Result, RowId, ScanBatch};

use crate::arrange::{arrange, telling_keys};
use crate::candidate::{Candidate, Context, LOT, lots};
use crate::explain::{SetRank, set_rank};
use crate::field::Field;
use crate::filter::Filter;
use crate::group::best_of_groups;
use crate::question::{BacklinksQuestion, LinkStatus, Rows};

/// Below so many rows they are sorted or mapped; above, pages are looked up in a table of their numbers.
const FEW: usize = 4096;

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
    winners: Vec<Candidate>,
    /// Whether the winners know their links already.
    knows_links: bool,
    links: LinkCounts,
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

/// Links of pages to the target: the page, whether the link is lost, identical links. In the order of
/// scanning, one for each row.
#[derive(Debug, Default)]
struct LinkCounts {
    rows: Vec<(u32, bool, u32)>,
}

impl LinkCounts {
    /// Gives some rows the sums for their pages: of the links that live, or are lost, as they do.
    fn put(&self, rows: &mut [Candidate]) {
        if rows.len() < FEW { self.put_few(rows) } else { self.put_many(rows) }
    }

    /// By a table of all pages between the first and the last.
    fn put_many(&self, rows: &mut [Candidate]) {
        let first = rows.iter().map(|row| row.page).min().unwrap_or_default();
        let last = rows.iter().map(|row| row.page).max().unwrap_or_default();
        let mut sums = vec![[0_u32; 2]; (last - first) as usize + 1];
        for (page, is_lost, count) in &self.rows {
            let sum = page.checked_sub(first).and_then(|at| sums.get_mut(at as usize));
            if let Some(sum) = sum {
                let sum = &mut sum[usize::from(*is_lost)];
                *sum = sum.saturating_add(*count);
            }
        }
        for row in rows {
            row.links = sums[(row.page - first) as usize][usize::from(row.is_lost)];
        }
    }

    /// By a map of the pages asked for.
    fn put_few(&self, rows: &mut [Candidate]) {
        let last = rows.iter().map(|row| row.page).max().unwrap_or_default();
        // One bit for each page, so that most rows cost one look.
        let mut is_asked = vec![0_u64; last as usize / 64 + 1];
        let mut sums: HashMap<(u32, bool), u32> = HashMap::with_capacity(rows.len());
        for row in rows.iter() {
            is_asked[row.page as usize / 64] |= 1 << (row.page % 64);
            sums.insert((row.page, row.is_lost), 0);
        }
        for (page, is_lost, count) in &self.rows {
            let word = is_asked.get(*page as usize / 64).copied().unwrap_or_default();
            if word >> (page % 64) & 1 == 1
                && let Some(sum) = sums.get_mut(&(*page, *is_lost))
            {
                *sum = sum.saturating_add(*count);
            }
        }
        for row in rows {
            row.links = sums.get(&(row.page, row.is_lost)).copied().unwrap_or_default();
        }
    }
}

impl<'a> Selection<'a> {
    /// Scans the target's rows. Cost: about 16 bytes read for each stored link of the target, and the
    /// columns that filter and mode ask for.
    pub(crate) fn of(context: Context<'a>, question: &BacklinksQuestion) -> Result<Self> {
        let mut this = Self::scan(context, question)?;
        let grouping = question.mode.grouping();
        let asks_links = |filter: &Filter| filter.mentions(Field::LinksCount);
        this.knows_links = question.rows == Rows::PerLink;
        if grouping.is_some()
            || question.filter.as_ref().is_some_and(asks_links)
            || question.order.iter().any(|key| key.field == Field::LinksCount)
        {
            this.put_links();
        }
        // Without groups every row has the group count 0, and the filter is decided at once.
        let before = match grouping {
            None => question.filter.clone(),
            Some(_) => question.filter.as_ref().and_then(Filter::admits_before_grouping),
        };
        if let Some(filter) = before {
            this.retain(&filter)?;
        }
        if question.explain {
            this.set_rank = Some(set_rank(&this.context, &this.winners)?);
        }
        if question.rows == Rows::PerPage {
            this.winners = one_per_page(std::mem::take(&mut this.winners));
        }
        if let Some((field, kept_of_each)) = grouping {
            this.winners = best_of_groups(&this.context, &this.winners, field, kept_of_each)?;
            if let Some(filter) = question.filter.as_ref().filter(|filter| filter.mentions(Field::GroupCount)) {
                this.retain(filter)?;
            }
        }
        Ok(this)
    }

    fn scan(context: Context<'a>, question: &BacklinksQuestion) -> Result<Self> {
        let reader = context.reader;
        let entry = Entry::of(&question.target);
        let mut ranges = Vec::new();
        for key_range in question.target.ranges() {
            ranges.extend(reader.rows(&key_range)?);
        }
        let rows = ranges.iter().map(|range| range.rows.len()).sum();
        let mut winners: Vec<Candidate> = Vec::with_capacity(rows);
        let is_per_page = question.rows == Rows::PerPage;
        let mut links = LinkCounts { rows: Vec::with_capacity(if is_per_page { rows } else { 0 }) };
        let mut met = Met::default();
        for range in ranges {
            let is_indirect = range.section == 1;
            reader.scan(&range, |batch| {
                for (at, flags) in batch.flags.iter().copied().enumerate() {
                    if !entry.admits(flags, batch.hop_labels[at]) {
                        continue;
                    }
                    let is_lost = flags & ScanBatch::LOST != 0;
                    let is_internal = flags & ScanBatch::INTERNAL != 0;
                    let page = batch.page[at];
                    met.live += u64::from(!is_lost);
                    met.lost += u64::from(is_lost);
                    met.internal += u64::from(is_internal);
                    met.indirect += u64::from(is_indirect);
                    if is_per_page {
                        links.rows.push((page, is_lost, batch.count[at]));
                    }
                    let has_status = match question.status {
                        LinkStatus::Live => !is_lost,
                        LinkStatus::Lost => is_lost,
                        LinkStatus::All => true,
                    };
                    let is_left_out = question.exclude_internal && is_internal;
                    if !has_status || is_left_out || (is_indirect && !question.include_indirect) {
                        continue;
                    }
                    let (rank, last_seen) = (u16::MAX - batch.rank[at], u32::MAX - batch.last_seen[at]);
                    winners.push(Candidate {
                        place: u64::from(rank) << 32 | u64::from(last_seen),
                        tie: batch.tie[at],
                        page,
                        id: RowId { section: range.section, row: batch.first + at as u32 },
                        is_lost,
                        links: if is_per_page { 0 } else { batch.count[at] },
                        group_links: 0,
                    });
                }
            })?;
        }
        Ok(Self { context, winners, knows_links: false, links, met, set_rank: None })
    }

    /// Keeps the rows that a filter admits.
    fn retain(&mut self, filter: &Filter) -> Result<()> {
        let mut left: Vec<Candidate> = Vec::new();
        for part in self.winners.chunks(LOT) {
            lots(&self.context, part, |lot, _, at| {
                let admitted = filter.admitted(lot)?;
                left.extend(admitted.iter().filter_map(|place| part.get(*at.get(*place as usize)? as usize)).copied());
                Ok(())
            })?;
        }
        self.winners = left;
        Ok(())
    }

    fn put_links(&mut self) {
        if !self.knows_links {
            self.links.put(&mut self.winners);
            self.knows_links = true;
        }
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
    ) -> Result<Option<Vec<Shown>>> {
        let shown = arrange(&self.context, self.winners, &question.order, after, (offset, limit))?;
        let Some(mut shown) = shown else { return Ok(None) };
        if !self.knows_links {
            self.links.put(&mut shown);
        }
        let shown = shown.into_iter();
        Ok(Some(shown.map(|row| Shown { id: row.id, links: row.links, group_links: row.group_links }).collect()))
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

/// Keeps each page's best candidate.
fn one_per_page(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    if candidates.len() < FEW {
        candidates.sort_unstable_by(|left, right| left.page.cmp(&right.page).then_with(|| left.cmp(right)));
        candidates.dedup_by_key(|candidate| candidate.page);
        return candidates;
    }
    let first = candidates.iter().map(|candidate| candidate.page).min().unwrap_or_default();
    let last = candidates.iter().map(|candidate| candidate.page).max().unwrap_or_default();
    // Page → the number of its winner so far, plus one.
    let mut winner_of = vec![0_u32; (last - first) as usize + 1];
    let mut kept = 0;
    for at in 0..candidates.len() {
        let candidate = candidates[at];
        let slot = &mut winner_of[(candidate.page - first) as usize];
        if *slot == 0 {
            candidates[kept] = candidate;
            kept += 1;
            *slot = kept as u32;
        } else if candidate < candidates[*slot as usize - 1] {
            candidates[*slot as usize - 1] = candidate;
        }
    }
    candidates.truncate(kept);
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_counting_links_agree() {
        let rows = (0..5000_u32).map(|at| (at % 1700 + 40, at % 3 == 0, at % 7)).collect();
        let links = LinkCounts { rows };
        let candidate = |at: u32| Candidate {
            place: 0,
            tie: at,
            page: at % 1600 + 30,
            id: RowId { section: 0, row: at },
            is_lost: at % 4 < 2,
            links: 0,
            group_links: 0,
        };
        let (mut few, mut many): (Vec<_>, Vec<_>) = (0..6000).map(|at| (candidate(at), candidate(at))).unzip();
        links.put_few(&mut few);
        links.put_many(&mut many);
        assert_eq!(few, many);
        assert!(few.iter().any(|row| row.links > 0) && few.iter().any(|row| row.links == 0));
    }

    #[test]
    fn both_ways_of_finding_winners_agree() {
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let candidates: Vec<Candidate> = (0..20_000)
            .map(|row| Candidate {
                place: random(5),
                tie: row,
                page: random(3000) as u32,
                id: RowId { section: 0, row },
                is_lost: false,
                links: 0,
                group_links: 0,
            })
            .collect();
        let mut table = one_per_page(candidates.clone());
        let mut sorted = candidates;
        sorted.sort_unstable_by(|left, right| left.page.cmp(&right.page).then_with(|| left.cmp(right)));
        sorted.dedup_by_key(|candidate| candidate.page);
        table.sort_unstable();
        sorted.sort_unstable();
        assert_eq!(table, sorted);
    }
}
