//! The best row of each page, kept while rows go by.

use crate::admission::{AdmittedRows, Collector};
use crate::candidate::Candidate;

/// Up to so many rows they are sorted; above, pages are looked up in a table of their numbers.
pub(crate) const FEW: usize = 4096;

/// Rows that have won so far.
#[derive(Debug)]
pub(crate) struct Winners {
    rows: Vec<Candidate>,
    kind: Kind,
    /// Rows of the batch at hand.
    found: Vec<Candidate>,
    columns: [Vec<u32>; 2],
}

#[derive(Debug)]
enum Kind {
    /// Every row wins.
    All,
    /// The best of each page, which is found out at the end.
    Few,
    /// Page → the number of its winner, plus one.
    Many(Vec<u32>),
}

impl Kind {
    fn empty(&self) -> Self {
        match self {
            Self::All => Self::All,
            Self::Few => Self::Few,
            Self::Many(_) => Self::Many(Vec::new()),
        }
    }
}

impl Winners {
    /// For `rows` rows at most.
    pub(crate) fn new(is_per_page: bool, rows: usize) -> Self {
        let kind = match is_per_page {
            false => Kind::All,
            true if rows <= FEW => Kind::Few,
            true => Kind::Many(Vec::new()),
        };
        Self::of_kind(kind)
    }

    fn of_kind(kind: Kind) -> Self {
        Self { rows: Vec::new(), kind, found: Vec::new(), columns: Default::default() }
    }

    /// Some rows more.
    fn extend(&mut self, rows: &[Candidate]) {
        let Kind::Many(winner_of) = &mut self.kind else {
            self.rows.extend_from_slice(rows);
            return;
        };
        let pages = rows.iter().map(|row| row.page as usize + 1).max().unwrap_or_default();
        if pages > winner_of.len() {
            winner_of.resize(pages.next_power_of_two(), 0);
        }
        for row in rows {
            let winner = &mut winner_of[row.page as usize];
            if *winner == 0 {
                self.rows.push(*row);
                *winner = self.rows.len() as u32;
            } else {
                let best = &mut self.rows[*winner as usize - 1];
                if row < best {
                    *best = *row;
                }
            }
        }
    }

    /// The winners, in no order.
    pub(crate) fn into_rows(mut self) -> Vec<Candidate> {
        if matches!(self.kind, Kind::Few) {
            self.rows.sort_unstable_by(|left, right| left.page.cmp(&right.page).then_with(|| left.cmp(right)));
            self.rows.dedup_by_key(|row| row.page);
        }
        self.rows
    }
}

impl Collector for Winners {
    fn part(&self) -> Option<Self> {
        Some(Self::of_kind(self.kind.empty()))
    }

    fn join(&mut self, part: Self) {
        self.extend(&part.rows);
    }

    fn bytes(&self) -> usize {
        let table = if let Kind::Many(table) = &self.kind { table.capacity() } else { 0 };
        self.rows.capacity() * size_of::<Candidate>() + table * size_of::<u32>()
    }

    fn collect(&mut self, rows: &AdmittedRows<'_>) {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        rows.put_candidates(&mut self.columns, &mut found);
        self.extend(&found);
        self.found = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::drawn_rows;

    #[test]
    fn both_ways_of_finding_winners_agree() {
        let rows = drawn_rows(20_000, 3000);
        let winners = |count: usize| {
            let mut winners = Winners::new(true, count);
            rows.chunks(700).for_each(|part| winners.extend(part));
            let mut rows = winners.into_rows();
            rows.sort_unstable();
            rows
        };
        let (few, many) = (winners(1), winners(FEW + 1));
        assert_eq!(few, many);
        assert!(few.len() > 2900 && few.len() < 3000);
    }
}
