//! Which pages a host has: arithmetic on numbers, with a table of one row per power of two.
//!
//! Hosts of size 2^k are twice as many as hosts of size 2^(k+1), so that every size class holds about
//! the same number of pages. Host 0 is the largest. Pages are numbered host by host.

/// The number of a page, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageNumber(pub u64);

/// The number of a host, from 0; low numbers are large and popular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostNumber(pub u64);

/// A place in the web: a host and the index of a page on it. Places past the end are addresses that
/// links name but nobody visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) host: HostNumber,
    pub(crate) index: u64,
}

#[derive(Debug, Clone)]
struct Level {
    first_host: u64,
    first_page: u64,
    /// Pages of each host of the level.
    size: u64,
}

/// The whole arrangement.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    levels: Vec<Level>,
    hosts: u64,
    pages: u64,
}

impl Layout {
    /// For at least one page.
    pub(crate) fn new(pages: u64) -> Self {
        let pages = pages.max(1);
        let count = u64::from((pages / 16).max(1).ilog2()) + 1;
        let share = (pages / count).max(1);
        let mut levels = Vec::new();
        let (mut first_host, mut first_page) = (0, 0);
        for level in (0..count).rev() {
            let size = 1_u64 << level;
            let hosts = if level == 0 { pages - first_page } else { share / size };
            levels.push(Level { first_host, first_page, size });
            first_host += hosts;
            first_page += hosts * size;
        }
        Self { levels, hosts: first_host, pages }
    }

    pub(crate) fn hosts(&self) -> u64 {
        self.hosts
    }

    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// Where a page is. The number must be below [`Layout::pages`].
    pub(crate) fn spot(&self, page: PageNumber) -> Spot {
        let after = self.levels.partition_point(|level| level.first_page <= page.0);
        let level = &self.levels[after - 1];
        let within = page.0 - level.first_page;
        Spot { host: HostNumber(level.first_host + within / level.size), index: within % level.size }
    }

    /// The page at a place, if one is there.
    pub(crate) fn page(&self, spot: Spot) -> Option<PageNumber> {
        if spot.host.0 >= self.hosts {
            return None;
        }
        let level = self.level_of(spot.host);
        let first = level.first_page + (spot.host.0 - level.first_host) * level.size;
        (spot.index < level.size).then_some(PageNumber(first + spot.index))
    }

    /// How many pages the host has; 0 past the end.
    pub(crate) fn size(&self, host: HostNumber) -> u64 {
        if host.0 >= self.hosts { 0 } else { self.level_of(host).size }
    }

    fn level_of(&self, host: HostNumber) -> &Level {
        let after = self.levels.partition_point(|level| level.first_host <= host.0);
        &self.levels[after - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_one_place_and_every_place_one_page() {
        for pages in [1, 2, 15, 16, 17, 1000, 12_345] {
            let layout = Layout::new(pages);
            let sum: u64 = (0..layout.hosts()).map(|host| layout.size(HostNumber(host))).sum();
            assert_eq!(sum, pages);
            for page in 0..pages {
                let spot = layout.spot(PageNumber(page));
                assert_eq!(layout.page(spot), Some(PageNumber(page)), "{pages}");
                assert!(spot.index < layout.size(spot.host));
            }
        }
    }

    #[test]
    fn a_large_web_has_many_small_hosts_and_few_large_ones() {
        let layout = Layout::new(7_000_000);
        assert!(layout.size(HostNumber(0)) > 100_000);
        assert!(layout.hosts() > 500_000, "{}", layout.hosts());
    }
}
