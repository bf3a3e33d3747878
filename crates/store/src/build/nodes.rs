//! Where pages and domains stand in the graphs: bucket by bucket, by their rows.
//!
//! Rows of links name their page by its key. To find its node without a join, the visited pages of all
//! buckets are kept by a 64-bit checksum of their keys. Two pages of one bucket share a checksum with a
//! chance of n²/2⁶⁵ (n pages in the bucket: 3·10⁻⁴ for 10⁸); the links of one of them would then be
//! weighed as the other's.

use model::{Bucket, BucketCount};

use crate::error::Result;
use crate::group::RowScan;
use crate::pages::PageRow;
use crate::parallel::for_each;

/// The visited pages of one bucket, by checksum.
#[derive(Debug, Default)]
struct SourcesOfBucket {
    checksums: Vec<u64>,
    /// Row in `pages` and number of the domain, in the same order.
    places: Vec<(u32, u32)>,
}

/// Nodes of pages and domains. Memory: 16 bytes a visited page.
#[derive(Debug)]
pub(super) struct Nodes {
    pages: Vec<u64>,
    domains: Vec<u64>,
    sources: Vec<SourcesOfBucket>,
}

/// A page that has links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceNode {
    /// Row in `pages` of its bucket.
    pub(super) row: u32,
    /// Number of its domain in the bucket.
    pub(super) domain: u32,
}

impl Nodes {
    /// Reads the pages of all buckets; `open` gives those of one, and `page_rows` and `domain_rows` say how
    /// many there are in each.
    pub(super) fn read(
        buckets: BucketCount,
        threads: usize,
        page_rows: &[u64],
        domain_rows: &[u64],
        open: impl Fn(Bucket) -> Result<RowScan> + Sync,
    ) -> Result<Self> {
        let read = |bucket: usize| {
            let mut found: Vec<(u64, (u32, u32))> = Vec::new();
            let mut rows = open(Bucket(bucket as u16))?;
            let mut row = 0;
            while let Some((block, at)) = rows.advance()? {
                if PageRow::is_visited(block, at) {
                    let checksum = crate::checksum(PageRow::key(block, at));
                    found.push((checksum, (row, PageRow::domain(block, at))));
                }
                row += 1;
            }
            found.sort_unstable();
            let (checksums, places) = found.into_iter().unzip();
            Ok(SourcesOfBucket { checksums, places })
        };
        let sources = for_each(buckets.get().into(), threads, read)?;
        Ok(Self { pages: bases(page_rows), domains: bases(domain_rows), sources })
    }

    /// The page of a key in its bucket; `None` if it was never visited.
    pub(super) fn source(&self, bucket: Bucket, key: &[u8]) -> Option<SourceNode> {
        let of_bucket = self.sources.get(usize::from(bucket.0))?;
        let at = of_bucket.find(crate::checksum(key))?;
        let (row, domain) = *of_bucket.places.get(at)?;
        Some(SourceNode { row, domain })
    }

    /// The node of a page: its row in `pages` behind all buckets before.
    pub(super) fn page(&self, bucket: Bucket, row: u64) -> u64 {
        self.pages.get(usize::from(bucket.0)).map_or(u64::MAX, |base| base.saturating_add(row))
    }

    /// The node of a domain, by its number in the bucket.
    pub(super) fn domain(&self, bucket: Bucket, number: u64) -> u64 {
        self.domains.get(usize::from(bucket.0)).map_or(u64::MAX, |base| base.saturating_add(number))
    }

    /// The first node of each bucket in the page graph.
    pub(super) fn page_bases(&self) -> &[u64] {
        &self.pages
    }

    /// The first node of each bucket in the domain graph.
    pub(super) fn domain_bases(&self) -> &[u64] {
        &self.domains
    }
}

impl SourcesOfBucket {
    /// The place of a checksum. Checksums are spread evenly, so that a place can be guessed from the value;
    /// a few steps around the guess find it.
    fn find(&self, checksum: u64) -> Option<usize> {
        let count = self.checksums.len();
        let guess = ((u128::from(checksum) * count as u128) >> 64) as usize;
        // The part around the guess that must hold it, doubled until it does.
        let (mut reach, mut low, mut high) = (16_usize, 0, count);
        while reach < count {
            let (from, to) = (guess.saturating_sub(reach), guess.saturating_add(reach).min(count));
            let is_above = from == 0 || self.checksums.get(from).is_some_and(|least| *least <= checksum);
            let is_below = to == count || self.checksums.get(to).is_some_and(|most| *most > checksum);
            if is_above && is_below {
                (low, high) = (from, to);
                break;
            }
            reach *= 4;
        }
        let part = self.checksums.get(low..high)?;
        part.binary_search(&checksum).ok().map(|at| low + at)
    }
}

/// The number of the first node of each bucket.
fn bases(counts: &[u64]) -> Vec<u64> {
    let mut next = 0;
    counts
        .iter()
        .map(|count| {
            let base = next;
            next += count;
            base
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_checksum_is_found_where_it_is(mut checksums in prop::collection::btree_set(
            prop_oneof![any::<u64>(), 0..1000_u64, (u64::MAX - 50)..=u64::MAX], 0..300), other in any::<u64>()) {
            checksums.remove(&other);
            let checksums: Vec<u64> = checksums.into_iter().collect();
            let places = checksums.iter().map(|_| (0, 0)).collect();
            let sources = SourcesOfBucket { checksums: checksums.clone(), places };
            for (at, checksum) in checksums.iter().enumerate() {
                prop_assert_eq!(sources.find(*checksum), Some(at));
            }
            prop_assert_eq!(sources.find(other), None);
        }
    }
}
