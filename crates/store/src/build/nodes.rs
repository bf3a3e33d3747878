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

/// So many pages share a shelf.
const PAGES_OF_SHELF: usize = 8;

/// The visited pages of one bucket, by checksum. Checksums are spread evenly, so that their first bits tell where a page
/// is: most look-ups wait for memory twice.
#[derive(Debug)]
struct SourcesOfBucket {
    pages: Vec<(u64, SourceNode)>,
    /// How many of the bits of a checksum do not tell its shelf.
    shift: u32,
    /// Where in `pages` each shelf begins, and where the last one ends.
    shelves: Vec<u32>,
}

/// Nodes of pages and domains. Memory: 16 to 17 bytes a visited page.
#[derive(Debug)]
pub(super) struct Nodes {
    pages: Vec<u64>,
    domains: Vec<u64>,
    sources: Vec<SourcesOfBucket>,
}

/// A page that has links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
            let mut found: Vec<(u64, SourceNode)> = Vec::new();
            let mut rows = open(Bucket(bucket as u16))?;
            let mut row = 0;
            while let Some((block, at)) = rows.advance()? {
                if PageRow::is_visited(block, at) {
                    let checksum = crate::checksum(PageRow::key(block, at));
                    found.push((checksum, SourceNode { row, domain: PageRow::domain(block, at) }));
                }
                row += 1;
            }
            Ok(SourcesOfBucket::new(found))
        };
        let sources = for_each(buckets.get().into(), threads, read)?;
        Ok(Self { pages: bases(page_rows), domains: bases(domain_rows), sources })
    }

    /// The page of a key in its bucket; `None` if it was never visited.
    pub(super) fn source(&self, bucket: Bucket, key: &[u8]) -> Option<SourceNode> {
        self.sources.get(usize::from(bucket.0))?.find(crate::checksum(key))
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
    fn new(mut pages: Vec<(u64, SourceNode)>) -> Self {
        pages.shrink_to_fit();
        pages.sort_unstable();
        let bits = (pages.len() / PAGES_OF_SHELF).max(1).ilog2();
        let mut this = Self { pages, shift: u64::BITS - bits, shelves: Vec::with_capacity((1 << bits) + 1) };
        let mut end = 0;
        for shelf in 0..1 << bits {
            this.shelves.push(end as u32);
            end += this.pages[end..].iter().take_while(|(checksum, _)| this.shelf(*checksum) == shelf).count();
        }
        this.shelves.push(end as u32);
        this
    }

    fn shelf(&self, checksum: u64) -> usize {
        checksum.checked_shr(self.shift).unwrap_or(0) as usize
    }

    fn find(&self, checksum: u64) -> Option<SourceNode> {
        let shelf = self.shelf(checksum);
        let (from, to) = (*self.shelves.get(shelf)?, *self.shelves.get(shelf + 1)?);
        let pages = self.pages.get(from as usize..to as usize)?;
        let at = pages.binary_search_by_key(&checksum, |(other, _)| *other).ok()?;
        pages.get(at).map(|(_, node)| *node)
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
            let node = |at: usize| SourceNode { row: at as u32, domain: 7 };
            let pages = checksums.iter().rev().enumerate().map(|(at, checksum)| (*checksum, node(at))).collect();
            let sources = SourcesOfBucket::new(pages);
            for (at, checksum) in checksums.iter().rev().enumerate() {
                prop_assert_eq!(sources.find(*checksum), Some(node(at)));
            }
            prop_assert_eq!(sources.find(other), None);
        }
    }
}
