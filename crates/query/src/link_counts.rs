//! How many links the page of a row has to the target.

use std::collections::HashMap;

use crate::candidate::{Candidate, Context};
use crate::index::QueryError;
use crate::selection::TargetRows;
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
        rows.each_link(context, |page, is_lost, count| {
            let page = page as usize;
            if page >= sums.len() {
                sums.resize((page + 1).next_power_of_two(), [0; 2]);
            }
            let sum = &mut sums[page][usize::from(is_lost)];
            *sum = sum.saturating_add(count);
        })?;
        context.bounds.check(sums.len() * size_of::<[u32; 2]>())?;
        Ok(Self { sums })
    }

    /// Those of the row's page that live, or are lost, as the row does.
    pub(crate) fn of_row(&self, row: &Candidate) -> u32 {
        self.sums.get(row.page as usize).map_or(0, |sums| sums[usize::from(row.is_lost)])
    }
}

/// Gives rows the links of their pages. Cost: a scan of narrow columns.
pub(crate) fn put_links(context: &Context<'_>, target: &TargetRows, rows: &mut [Candidate]) -> Result<(), QueryError> {
    if rows.len() < FEW {
        return put_few(context, target, rows);
    }
    let counts = LinkCounts::of(context, target)?;
    for row in rows {
        row.links = counts.of_row(row);
    }
    Ok(())
}

/// By a map of the pages that are asked for.
fn put_few(context: &Context<'_>, target: &TargetRows, rows: &mut [Candidate]) -> Result<(), QueryError> {
    let last = rows.iter().map(|row| row.page).max().unwrap_or_default();
    // One bit for each page, so that most links cost one look.
    let mut is_asked = vec![0_u64; last as usize / 64 + 1];
    let mut sums: HashMap<(u32, bool), u32> = HashMap::with_capacity(rows.len());
    for row in rows.iter() {
        is_asked[row.page as usize / 64] |= 1 << (row.page % 64);
        sums.insert((row.page, row.is_lost), 0);
    }
    target.each_link(context, |page, is_lost, count| {
        let word = is_asked.get(page as usize / 64).copied().unwrap_or_default();
        if word >> (page % 64) & 1 == 1
            && let Some(sum) = sums.get_mut(&(page, is_lost))
        {
            *sum = sum.saturating_add(count);
        }
    })?;
    for row in rows {
        row.links = sums.get(&(row.page, row.is_lost)).copied().unwrap_or_default();
    }
    Ok(())
}
