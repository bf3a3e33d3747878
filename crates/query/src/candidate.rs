//! A row that may be shown, and how columns are read for many of them.

use model::{RankScore, Timestamp};
use store::{BucketReader, RowId};

use crate::bounds::Bounds;
use crate::column::{Lot, LotRows};
use crate::index::QueryError;
use crate::question::RankScale;

/// Rows whose columns are read at once.
pub(crate) const LOT: usize = 4096;

/// A row that may win. The order is the default one: rank, highest first, then last seen, newest
/// first, then `tie`, which no two rows share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// How far the rank is below the highest number.
    pub(crate) below: u16,
    /// How long before the last second the link was last seen.
    pub(crate) before: u32,
    /// The last resort: `url_from`, then `url_to`.
    pub(crate) tie: u32,
    /// Number of its page in the bucket.
    pub(crate) page: u32,
    /// Section and number of the row: apart, because millions of these are held.
    pub(crate) section: u8,
    pub(crate) row: u32,
    pub(crate) is_lost: bool,
    /// Links of its page to the target, or identical links, by what a row is; 0 until it is needed.
    pub(crate) links: u32,
    /// Links of its group; 0 without groups.
    pub(crate) group_links: u32,
}

impl Candidate {
    /// The row.
    pub(crate) fn id(&self) -> RowId {
        RowId { section: self.section, row: self.row }
    }

    /// Rank, highest first, then last seen, newest first, as one ascending number: the scale decides
    /// which ranks are equal.
    pub(crate) fn rank_and_age(&self, scale: RankScale) -> u64 {
        let below = match scale {
            RankScale::OneThousand => self.below,
            RankScale::OneHundred => u16::MAX - scale.of(RankScore::new(u16::MAX - self.below)),
        };
        u64::from(below) << 32 | u64::from(self.before)
    }
}

/// What values are read from and depend on, and the bounds of reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) reader: &'a BucketReader,
    pub(crate) newest_visit: Timestamp,
    pub(crate) scale: RankScale,
    pub(crate) bounds: &'a Bounds,
}

/// Hands rows of one section, in the order of the disk, to `each` as a lot, with the places of all of
/// them.
pub(crate) fn with_lot<T>(context: &Context<'_>, rows: &[Candidate], each: impl FnOnce(&Lot<'_>, &[u32]) -> T) -> T {
    let numbers: Vec<u32> = rows.iter().map(|row| row.row).collect();
    let counts = |count: fn(&Candidate) -> u32| -> Vec<u32> { rows.iter().map(count).collect() };
    let (links, groups) = (counts(|row| row.links), counts(|row| row.group_links));
    let lot = Lot {
        reader: context.reader,
        section: rows.first().map_or(0, |row| row.section),
        rows: LotRows::Listed(&numbers),
        links: &links,
        groups: &groups,
        newest_visit: context.newest_visit,
        scale: context.scale,
    };
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    each(&lot, &all)
}

/// Cuts rows into lots of one section and hands each over in the order of the disk: the lot, the places
/// of all its rows, and for each of them where it stands among `rows`.
pub(crate) fn lots(
    context: &Context<'_>,
    rows: &[Candidate],
    mut each: impl FnMut(&Lot<'_>, &[u32], &[u32]) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    for (number, part) in rows.chunks(LOT).enumerate() {
        context.bounds.check(0)?;
        let first = (number * LOT) as u32;
        let mut at: Vec<u32> = (first..first + part.len() as u32).collect();
        let mut sorted = part;
        let in_order: Vec<Candidate>;
        if !part.is_sorted_by_key(Candidate::id) {
            at.sort_unstable_by_key(|at| part[(at - first) as usize].id());
            in_order = at.iter().map(|at| part[(at - first) as usize]).collect();
            sorted = &in_order;
        }
        let mut done = 0;
        for section in sorted.chunk_by(|left, right| left.section == right.section) {
            let at = &at[done..done + section.len()];
            done += section.len();
            with_lot(context, section, |lot, all| each(lot, all, at))?;
        }
    }
    Ok(())
}

/// For tests: rows of so many pages with few ranks and times, in no order.
#[cfg(test)]
pub(crate) fn drawn_rows(count: u32, pages: u64) -> Vec<Candidate> {
    let mut state = 7_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..count)
        .map(|row| Candidate {
            below: u16::MAX - random(5) as u16,
            before: random(3) as u32,
            tie: row.reverse_bits(),
            page: random(pages) as u32,
            section: 0,
            row,
            is_lost: false,
            links: 0,
            group_links: 0,
        })
        .collect()
}
