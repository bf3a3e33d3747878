//! The first rows by the default order and the number of all, found while rows go by.
//!
//! What is held does not grow with the target, but for a bit a page: as soon as enough pages have a better
//! row, a row that comes behind them all is counted and forgotten.

use crate::admission::{AdmittedRows, Collector};
use crate::candidate::Candidate;
use crate::page_set::PageSet;

/// How many rows may be asked for in this way: they are sorted again and again.
pub(crate) const MOST: usize = 32_768;

/// Finds the first rows, one for each page or all of them.
#[derive(Debug)]
pub(crate) struct FirstRows {
    wanted: usize,
    /// The pages met, if there is one row for each.
    pages: Option<PageSet>,
    count: u64,
    kept: Vec<Candidate>,
    /// The last of `wanted` rows of different pages: what comes behind it does not matter.
    last: Option<Candidate>,
    /// The rank of that row, below which no row matters.
    lowest: u16,
}

impl FirstRows {
    /// For the first `wanted` rows.
    pub(crate) fn new(is_per_page: bool, wanted: usize) -> Self {
        Self { wanted, pages: is_per_page.then(PageSet::default), count: 0, kept: Vec::new(), last: None, lowest: 0 }
    }

    /// How many rows there are in all.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The first ones, in order.
    pub(crate) fn into_rows(mut self) -> Vec<Candidate> {
        self.drop_late();
        self.kept.sort_unstable();
        self.kept
    }

    fn offer(&mut self, row: Candidate) {
        if self.last.is_none_or(|last| row < last) {
            self.kept.push(row);
            if self.kept.len() >= self.wanted * 2 + 1024 {
                self.drop_late();
            }
        }
    }

    fn drop_late(&mut self) {
        if self.pages.is_some() {
            self.kept.sort_unstable_by(|left, right| left.page.cmp(&right.page).then_with(|| left.cmp(right)));
            self.kept.dedup_by_key(|row| row.page);
        }
        if self.kept.len() > self.wanted {
            self.kept.select_nth_unstable(self.wanted);
            self.kept.truncate(self.wanted);
        }
        if self.kept.len() == self.wanted {
            self.last = self.kept.iter().max().copied();
            self.lowest = self.last.map_or(0, |last| u16::MAX - last.below);
        }
    }
}

impl Collector for FirstRows {
    fn part(&self) -> Option<Self> {
        Some(Self::new(self.pages.is_some(), self.wanted))
    }

    fn join(&mut self, part: Self) {
        self.count += match (&mut self.pages, &part.pages) {
            (Some(pages), Some(more)) => pages.merge(more),
            _ => part.count,
        };
        self.kept.extend(part.kept);
        self.drop_late();
    }

    fn bytes(&self) -> usize {
        self.kept.capacity() * size_of::<Candidate>() + self.pages.as_ref().map_or(0, PageSet::bytes)
    }

    fn collect(&mut self, rows: &AdmittedRows<'_>) {
        self.count += match &mut self.pages {
            Some(pages) => pages.insert_all(rows.pages),
            None => rows.places.len() as u64,
        };
        for (at, place) in rows.places.iter().enumerate() {
            if rows.batch.rank[*place as usize] >= self.lowest {
                self.offer(rows.candidate(at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::drawn_rows;

    fn first(rows: &[Candidate], is_per_page: bool, wanted: usize) -> Vec<Candidate> {
        let mut first = FirstRows::new(is_per_page, wanted);
        for row in rows {
            if u16::MAX - row.below >= first.lowest {
                first.offer(*row);
            }
        }
        assert!(first.kept.len() < wanted * 2 + 1024);
        first.into_rows()
    }

    #[test]
    fn the_first_rows_are_those_of_a_whole_sort() {
        for pages in [3, 500, 1_000_000] {
            let mut rows = drawn_rows(20_000, pages);
            for order in 0..3 {
                match order {
                    0 => {}
                    // The best first, then the best last: then all of them are kept for a while.
                    1 => rows.sort_unstable(),
                    _ => rows.reverse(),
                }
                let mut all = rows.clone();
                all.sort_unstable();
                let mut seen = std::collections::HashSet::new();
                let of_pages: Vec<Candidate> = all.iter().filter(|row| seen.insert(row.page)).copied().collect();
                for wanted in [0, 1, 100, 5000] {
                    assert_eq!(first(&rows, false, wanted), all[..wanted.min(all.len())]);
                    assert_eq!(first(&rows, true, wanted), of_pages[..wanted.min(of_pages.len())]);
                }
            }
        }
    }
}
