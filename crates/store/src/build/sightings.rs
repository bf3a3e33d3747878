//! The visits that had a link.

use std::ops::{Deref, DerefMut};

use crate::events::Version;

/// So many stand in place. Few links are seen more often, and memory of its own for each of all the others would take as
/// long as the rest that is done with it.
const IN_PLACE: usize = 2;

/// One visit that had a link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Number of the visit.
    pub(super) visit: u32,
    pub(super) version: Version<'a>,
}

/// Visits that had a link, ascending.
#[derive(Debug)]
pub(super) struct Sightings<'a> {
    few: [Seen<'a>; IN_PLACE],
    /// How many of those there are.
    count: usize,
    /// All, if they are more.
    many: Vec<Seen<'a>>,
}

impl<'a> Sightings<'a> {
    pub(super) fn new() -> Self {
        let nothing = Seen { visit: 0, version: Version { dofollow: false, rel: b"", anchor: None } };
        Self { few: [nothing; IN_PLACE], count: 0, many: Vec::new() }
    }

    /// Adds a visit where it belongs; it must not be there.
    pub(super) fn add(&mut self, seen: Seen<'a>) {
        let at = self.partition_point(|other| other.visit < seen.visit);
        if self.many.is_empty() && self.count < IN_PLACE {
            self.few.copy_within(at..self.count, at + 1);
            self.few[at] = seen;
            self.count += 1;
            return;
        }
        if self.many.is_empty() {
            self.many.extend(self.few);
        }
        self.many.insert(at, seen);
    }
}

impl<'a> FromIterator<Seen<'a>> for Sightings<'a> {
    fn from_iter<I: IntoIterator<Item = Seen<'a>>>(all: I) -> Self {
        let mut this = Self::new();
        all.into_iter().for_each(|seen| this.add(seen));
        this
    }
}

impl<'a> Deref for Sightings<'a> {
    type Target = [Seen<'a>];

    fn deref(&self) -> &[Seen<'a>] {
        if self.many.is_empty() { &self.few[..self.count] } else { &self.many }
    }
}

impl DerefMut for Sightings<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        if self.many.is_empty() { &mut self.few[..self.count] } else { &mut self.many }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_in_order_however_many_there_are() {
        let version = Version { dofollow: true, rel: b"", anchor: None };
        let visits = [3, 0, 4, 1, 2];
        for count in 0..=visits.len() {
            let added: Sightings<'_> = visits[..count].iter().map(|visit| Seen { visit: *visit, version }).collect();
            let mut expected = visits[..count].to_vec();
            expected.sort_unstable();
            assert_eq!(added.iter().map(|seen| seen.visit).collect::<Vec<_>>(), expected);
        }
    }
}
