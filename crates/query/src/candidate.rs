//! A row that may be shown, and how columns are read for many of them.

use model::Timestamp;
use store::{BucketReader, Result, RowId};

use crate::column::Lot;
use crate::question::RankScale;

/// Rows whose columns are read at once.
pub(crate) const LOT: usize = 4096;

/// A row that may win, with its place in the default order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// Rank descending, then last seen descending, as one ascending number.
    pub(crate) place: u64,
    /// The last resort: `url_from`, then `url_to`.
    pub(crate) tie: u32,
    /// Number of its page in the bucket.
    pub(crate) page: u32,
    pub(crate) id: RowId,
    pub(crate) is_lost: bool,
    /// Links of its page to the target, or identical links, by what a row is; 0 until it is needed.
    pub(crate) links: u32,
    /// Links of its group; 0 without groups.
    pub(crate) group_links: u32,
}

/// What values are read from and depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) reader: &'a BucketReader,
    pub(crate) newest_visit: Timestamp,
    pub(crate) scale: RankScale,
}

/// Cuts rows into lots of one section and hands each over in the order of the disk: the lot, the places
/// of all its rows, and for each of them where it stands among `rows`.
pub(crate) fn lots(
    context: &Context<'_>,
    rows: &[Candidate],
    mut each: impl FnMut(&Lot<'_>, &[u32], &[u32]) -> Result<()>,
) -> Result<()> {
    let mut by_place: Vec<(RowId, u32)> = rows.iter().enumerate().map(|(at, row)| (row.id, at as u32)).collect();
    by_place.sort_unstable();
    for section in by_place.chunk_by(|left, right| left.0.section == right.0.section) {
        for part in section.chunks(LOT) {
            let numbers: Vec<u32> = part.iter().map(|(id, _)| id.row).collect();
            let at: Vec<u32> = part.iter().map(|(_, at)| *at).collect();
            let counts = |count: fn(&Candidate) -> u32| -> Vec<u32> {
                at.iter().map(|at| rows.get(*at as usize).map_or(0, count)).collect()
            };
            let (links, groups) = (counts(|row| row.links), counts(|row| row.group_links));
            let lot = Lot {
                reader: context.reader,
                section: part.first().map_or(0, |(id, _)| id.section),
                rows: &numbers,
                links: &links,
                groups: &groups,
                newest_visit: context.newest_visit,
                scale: context.scale,
            };
            let all: Vec<u32> = (0..numbers.len() as u32).collect();
            each(&lot, &all, &at)?;
        }
    }
    Ok(())
}
