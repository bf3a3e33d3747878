//! The visits that had a link.

use smallvec::SmallVec;

use crate::events::Version;

/// One visit that had a link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Number of the visit.
    pub(super) visit: u32,
    pub(super) version: Version<'a>,
}

/// Visits that had a link, ascending. Two stand in place: few links are seen more often, and memory of its own for each of
/// all the others would take as long as the rest that is done with it.
pub(super) type Sightings<'a> = SmallVec<[Seen<'a>; 2]>;

/// Adds a visit where it belongs; it must not be there.
pub(super) fn add<'a>(to: &mut Sightings<'a>, seen: Seen<'a>) {
    let at = to.partition_point(|other| other.visit < seen.visit);
    to.insert(at, seen);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_in_order_however_many_there_are() {
        let version = Version { dofollow: true, rel: b"", anchor: None };
        let visits = [3, 0, 4, 1, 2];
        for count in 0..=visits.len() {
            let mut added = Sightings::new();
            visits[..count].iter().for_each(|visit| add(&mut added, Seen { visit: *visit, version }));
            let mut expected = visits[..count].to_vec();
            expected.sort_unstable();
            assert_eq!(added.iter().map(|seen| seen.visit).collect::<Vec<_>>(), expected);
        }
    }
}
