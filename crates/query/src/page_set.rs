//! A set of pages of a bucket: a bit for each.

/// Numbers of pages.
#[derive(Debug, Default)]
pub(crate) struct PageSet {
    words: Vec<u64>,
}

impl PageSet {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// Adds the pages of another set; how many are new.
    pub(crate) fn merge(&mut self, other: &Self) -> u64 {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        let mut added = 0;
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            added += u64::from((other & !*word).count_ones());
            *word |= other;
        }
        added
    }

    /// Adds pages; how many are new.
    pub(crate) fn insert_all(&mut self, pages: &[u32]) -> u64 {
        let words = pages.iter().max().map_or(0, |page| *page as usize / 64 + 1);
        if words > self.words.len() {
            self.words.resize(words.next_power_of_two(), 0);
        }
        let mut added = 0;
        for page in pages {
            let (word, place) = (&mut self.words[*page as usize / 64], page % 64);
            added += !*word >> place & 1;
            *word |= 1 << place;
        }
        added
    }

    /// Adds a page; whether it is new.
    pub(crate) fn insert(&mut self, page: u32) -> bool {
        let (word, bit) = (page as usize / 64, 1 << (page % 64));
        if word >= self.words.len() {
            self.words.resize((word + 1).next_power_of_two(), 0);
        }
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn new_pages_are_counted_however_they_come(
            left in prop::collection::vec(0_u32..300, 0..80),
            right in prop::collection::vec(0_u32..600, 0..80),
        ) {
            let count = |pages: &[&[u32]]| pages.concat().into_iter().collect::<HashSet<_>>().len() as u64;
            let (mut one_by_one, mut all, mut other) = (PageSet::default(), PageSet::default(), PageSet::default());
            let inserted: u64 = left.iter().map(|page| u64::from(one_by_one.insert(*page))).sum();
            prop_assert_eq!(inserted, count(&[&left]));
            prop_assert_eq!(all.insert_all(&left), inserted);
            prop_assert_eq!(other.insert_all(&right), count(&[&right]));
            prop_assert_eq!(inserted + all.merge(&other), count(&[&left, &right]));
            prop_assert_eq!(one_by_one.insert_all(&right), count(&[&left, &right]) - inserted);
            prop_assert_eq!(all.merge(&one_by_one), 0);
        }
    }
}
