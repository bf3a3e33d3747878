//! How many links the page of a row has to the target.

use std::collections::HashMap;

use store::{NumberColumn, ScanBatch, ScanColumn};

use crate::candidate::{Candidate, Context, lots};
use crate::index::QueryError;
use crate::target_rows::TargetRows;
use crate::winners::FEW;

/// Links of every page to the target, live and lost ones apart.
#[derive(Debug)]
pub(crate) struct LinkCounts {
    /// By the number of the page.
    sums: Vec<[u32; 2]>,
}

impl LinkCounts {
    /// Counts the links of all pages. Cost: a scan; 8 bytes for each page of the bucket.
    pub(crate) fn of(context: &Context<'_>, rows: &TargetRows) -> Result<Self, QueryError> {
        let mut sums: Vec<[u32; 2]> = Vec::new();
        let (mut pages, mut counts) = (Vec::new(), Vec::new());
        rows.scan(context, |_, batch| {
            batch.all_values(ScanColumn::Page, &mut pages);
            batch.all_values(ScanColumn::Count, &mut counts);
            for at in (0..batch.rows()).filter(|at| rows.entry.admits(batch, *at)) {
                let page = pages[at] as usize;
                if page >= sums.len() {
                    sums.resize((page + 1).next_power_of_two(), [0; 2]);
                }
                let sum = &mut sums[page][usize::from(is_lost(batch, at))];
                *sum = sum.saturating_add(counts[at]);
            }
            context.bounds.check(sums.len() * size_of::<[u32; 2]>())
        })?;
        Ok(Self { sums })
    }

    /// Those of a page that live, or are lost.
    pub(crate) fn of_page(&self, page: u32, is_lost: bool) -> u32 {
        self.sums.get(page as usize).map_or(0, |sums| sums[usize::from(is_lost)])
    }
}

/// Whether the row at a place of a batch is lost.
pub(crate) fn is_lost(batch: &ScanBatch, at: usize) -> bool {
    batch.flags[at] & ScanBatch::LOST != 0
}

/// Gives rows the links of their pages. Cost: a block a row if they are few and a build has counted them;
/// else a scan of narrow columns.
pub(crate) fn put_links(context: &Context<'_>, target: &TargetRows, rows: &mut [Candidate]) -> Result<(), QueryError> {
    if rows.is_empty() {
        return Ok(());
    }
    if rows.len() < FEW {
        return match target.counted_links(context)? {
            Some(column) => put_counted(context, column, rows),
            None => put_few(context, target, rows),
        };
    }
    let counts = LinkCounts::of(context, target)?;
    for row in rows {
        row.links = counts.of_page(row.page, row.is_lost);
    }
    Ok(())
}

/// As the build counted them.
fn put_counted(context: &Context<'_>, column: NumberColumn, rows: &mut [Candidate]) -> Result<(), QueryError> {
    let mut links = vec![0; rows.len()];
    lots(context, rows, |lot, all, at| {
        let mut at = at.iter();
        lot.reader.numbers(lot.section, column, lot.at(all), |counted| {
            if let Some(links) = at.next().and_then(|at| links.get_mut(*at as usize)) {
                *links = counted.and_then(|counted| u32::try_from(counted).ok()).unwrap_or(u32::MAX);
            }
        })?;
        Ok(())
    })?;
    for (row, links) in rows.iter_mut().zip(links) {
        row.links = links;
    }
    Ok(())
}

/// Words of a table of bits by the end of a page's number: small enough to stay at hand, and most pages
/// that are not asked for are told by it.
const WORDS: usize = 1024;

/// By a map of the pages that are asked for.
fn put_few(context: &Context<'_>, target: &TargetRows, rows: &mut [Candidate]) -> Result<(), QueryError> {
    let place_of = |page: u32| (page as usize / 64 % WORDS, 1_u64 << (page % 64));
    let mut may_be_asked = [0; WORDS];
    let mut sums: HashMap<(u32, bool), u32> = HashMap::with_capacity(rows.len());
    for row in rows.iter() {
        let (word, bit) = place_of(row.page);
        may_be_asked[word] |= bit;
        sums.insert((row.page, row.is_lost), 0);
    }
    let mut pages = Vec::new();
    target.scan(context, |_, batch| {
        batch.all_values(ScanColumn::Page, &mut pages);
        for (at, page) in pages.iter().enumerate() {
            let (word, bit) = place_of(*page);
            if may_be_asked[word] & bit != 0
                && target.entry.admits(batch, at)
                && let Some(sum) = sums.get_mut(&(*page, is_lost(batch, at)))
            {
                *sum = sum.saturating_add(batch.value(ScanColumn::Count, at));
            }
        }
        Ok(())
    })?;
    for row in rows {
        row.links = sums.get(&(row.page, row.is_lost)).copied().unwrap_or_default();
    }
    Ok(())
}
