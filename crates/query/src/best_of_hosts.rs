//! One row for each host of referring pages, found while rows go by. Hosts are numbered in the bucket, so
//! their rows need no table of names.

use store::ScanColumns;

use crate::admission::{AdmittedRows, Collector};
use crate::candidate::Candidate;
use crate::page_set::PageSet;

/// Whose links are added up for a host.
#[derive(Debug)]
pub(crate) enum HostLinks {
    /// Those of every admitted row.
    OfRows,
    /// Those of every page with an admitted row.
    OfPages(PageSet),
}

/// The best row of each host with the links of the host. Memory: 34 bytes for each host that links to the
/// bucket.
#[derive(Debug)]
pub(crate) struct BestOfHosts {
    links_of: HostLinks,
    /// How far the rank of the best row is below the highest: apart, because every row asks for it.
    below: Vec<u16>,
    links: Vec<u32>,
    best: Vec<Option<Candidate>>,
}

impl BestOfHosts {
    pub(crate) fn new(links_of: HostLinks) -> Self {
        Self { links_of, below: Vec::new(), links: Vec::new(), best: Vec::new() }
    }

    /// The rows with the links of their groups, in no order.
    pub(crate) fn into_rows(self) -> Vec<Candidate> {
        let rows = self.best.into_iter().zip(self.links);
        rows.filter_map(|(row, group_links)| Some(Candidate { group_links, ..row? })).collect()
    }

    fn grow(&mut self, hosts: usize) {
        let hosts = hosts.next_power_of_two();
        self.below.resize(hosts, u16::MAX);
        self.links.resize(hosts, 0);
        self.best.resize(hosts, None);
    }
}

impl Collector for BestOfHosts {
    fn columns(&self) -> ScanColumns {
        ScanColumns { rank: true, count: matches!(self.links_of, HostLinks::OfRows), host: true, place: false }
    }

    fn bytes(&self) -> usize {
        let pages = if let HostLinks::OfPages(pages) = &self.links_of { pages.bytes() } else { 0 };
        self.best.capacity() * (size_of::<Option<Candidate>>() + 6) + pages
    }

    fn collect(&mut self, rows: &AdmittedRows<'_>) {
        let batch = rows.batch;
        let hosts = rows.places.iter().map(|at| batch.host[*at as usize] as usize + 1).max().unwrap_or_default();
        if hosts > self.best.len() {
            self.grow(hosts);
        }
        for place in rows.places {
            let at = *place as usize;
            let host = batch.host[at] as usize;
            let links = match &mut self.links_of {
                HostLinks::OfRows => batch.count[at],
                HostLinks::OfPages(pages) => {
                    if pages.insert(batch.page[at]) {
                        rows.links[at]
                    } else {
                        0
                    }
                }
            };
            self.links[host] = self.links[host].saturating_add(links);
            let below = u16::MAX - batch.rank[at];
            if below > self.below[host] {
                continue;
            }
            let row = rows.candidate(*place);
            if self.best[host].is_none_or(|best| row < best) {
                self.best[host] = Some(row);
                self.below[host] = below;
            }
        }
    }
}
