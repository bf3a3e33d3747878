//! Which rows answer a question: one for each referring page, in the default order.

use std::collections::HashMap;

use model::Target;
use store::{BucketReader, OrderedRow, Result, RowId, ScanBatch};

use crate::question::{BacklinksQuestion, LinkStatus};

/// Below so many candidates they are sorted; above, pages are looked up in a table of their numbers.
const FEW: usize = 4096;

/// A row that may win, with its place in the default order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// Rank descending, then last seen descending, as one ascending number.
    place: u64,
    /// The last resort: `url_from`, then `url_to`.
    tie: u32,
    page: u32,
    id: RowId,
    is_lost: bool,
}

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
pub(crate) struct Selection {
    winners: Vec<Candidate>,
    links: LinkCounts,
    pub(crate) met: Met,
}

/// Links of pages to the target: the page, whether the link is lost, identical links. In the order of
/// scanning, one for each row.
#[derive(Debug, Default)]
struct LinkCounts {
    rows: Vec<(u32, bool, u32)>,
}

impl LinkCounts {
    /// The sums for some winners: of their pages' links that live, or are lost, as they do.
    fn of(&self, winners: &[Candidate]) -> Vec<u32> {
        let last = winners.iter().map(|winner| winner.page).max().unwrap_or_default();
        // One bit for each page, so that most rows cost one look.
        let mut is_asked = vec![0_u64; last as usize / 64 + 1];
        let mut sums: HashMap<(u32, bool), u32> = HashMap::with_capacity(winners.len());
        for winner in winners {
            is_asked[winner.page as usize / 64] |= 1 << (winner.page % 64);
            sums.insert((winner.page, winner.is_lost), 0);
        }
        for (page, is_lost, count) in &self.rows {
            let word = is_asked.get(*page as usize / 64).copied().unwrap_or_default();
            if word >> (page % 64) & 1 == 1
                && let Some(sum) = sums.get_mut(&(*page, *is_lost))
            {
                *sum = sum.saturating_add(*count);
            }
        }
        winners.iter().map(|winner| sums.get(&(winner.page, winner.is_lost)).copied().unwrap_or_default()).collect()
    }
}

impl Selection {
    /// Scans the target's rows. Cost: about 16 bytes read for each stored link of the target.
    pub(crate) fn of(reader: &BucketReader, question: &BacklinksQuestion) -> Result<Self> {
        let entry = Entry::of(&question.target);
        let mut ranges = Vec::new();
        for key_range in question.target.ranges() {
            ranges.extend(reader.rows(&key_range)?);
        }
        let rows = ranges.iter().map(|range| range.rows.len()).sum();
        let mut candidates: Vec<Candidate> = Vec::with_capacity(rows);
        let mut links = LinkCounts { rows: Vec::with_capacity(rows) };
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
                    links.rows.push((page, is_lost, batch.count[at]));
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
                    candidates.push(Candidate {
                        place: u64::from(rank) << 32 | u64::from(last_seen),
                        tie: batch.tie[at],
                        page,
                        id: RowId { section: range.section, row: batch.first + at as u32 },
                        is_lost,
                    });
                }
            })?;
        }
        Ok(Self { winners: one_per_page(candidates), links, met })
    }

    /// How many pages there are.
    pub(crate) fn count(&self) -> u64 {
        self.winners.len() as u64
    }

    /// Rows `offset..offset + limit` in order.
    pub(crate) fn rows(mut self, offset: usize, limit: usize) -> Vec<OrderedRow> {
        let end = offset.saturating_add(limit).min(self.winners.len());
        if offset >= end {
            return Vec::new();
        }
        if end < self.winners.len() {
            self.winners.select_nth_unstable(end);
            self.winners.truncate(end);
        }
        self.winners.sort_unstable();
        let shown = &self.winners[offset..];
        let sums = self.links.of(shown);
        shown.iter().zip(sums).map(|(winner, links)| OrderedRow { id: winner.id, links }).collect()
    }
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
