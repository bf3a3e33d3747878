//! One row for each host of referring pages, found while rows go by. Hosts are numbered in the bucket, so
//! their rows need no table of names.

use store::ScanColumn;

use crate::admission::{AdmittedRows, Collector};
use crate::candidate::Candidate;
use crate::page_set::PageSet;

/// Whose links are added up for a host.
#[derive(Debug)]
pub(crate) enum HostLinks {
    /// Those of every admitted row.
    OfRows,
    /// Those of every page with an admitted row, which the rows know.
    OfPages(PageSet),
}

/// The best row of each host with the links of the host. Memory: 16 bytes for each host that links to the bucket, 28 for
/// each that is found.
#[derive(Debug)]
pub(crate) struct BestOfHosts {
    links_of: HostLinks,
    hosts: Vec<Host>,
    best: Vec<Candidate>,
    columns: Columns,
}

/// What every row asks of its host: apart from the rest, so that it is near.
#[derive(Debug, Clone, Copy)]
struct Host {
    /// Rank and age of the best row; the lowest comes first.
    place: u64,
    links: u32,
    /// The number of that row in `best`, plus one.
    best: u32,
}

/// Columns of the rows at hand.
#[derive(Debug, Default)]
struct Columns {
    host: Vec<u32>,
    last_seen: Vec<u32>,
    count: Vec<u32>,
    /// Which of the rows may be the best of their hosts.
    may_be_best: Vec<u32>,
}

impl BestOfHosts {
    pub(crate) fn new(links_of: HostLinks) -> Self {
        Self { links_of, hosts: Vec::new(), best: Vec::new(), columns: Columns::default() }
    }

    fn make_room(&mut self, hosts: usize) {
        self.hosts.resize(hosts, Host { place: u64::MAX, links: 0, best: 0 });
    }

    /// The rows with the links of their groups, in no order.
    pub(crate) fn into_rows(self) -> Vec<Candidate> {
        let Self { hosts, mut best, .. } = self;
        for host in hosts {
            if let Some(row) = host.known(&mut best) {
                row.group_links = host.links;
            }
        }
        best
    }
}

impl Host {
    /// Its best row, if it has one.
    fn known<'a>(&self, best: &'a mut [Candidate]) -> Option<&'a mut Candidate> {
        best.get_mut((self.best as usize).checked_sub(1)?)
    }

    /// Puts a row among `best` if it is the best so far.
    fn meet(&mut self, row: Candidate, best: &mut Vec<Candidate>) {
        if let Some(known) = self.known(best) {
            *known = row.min(*known);
        } else {
            best.push(row);
            self.best = best.len() as u32;
        }
    }
}

impl Columns {
    fn read(&mut self, rows: &AdmittedRows<'_>, links_of: &mut HostLinks) {
        rows.batch.values(ScanColumn::Host, rows.places, &mut self.host);
        rows.batch.values(ScanColumn::LastSeen, rows.places, &mut self.last_seen);
        match links_of {
            HostLinks::OfRows => rows.batch.values(ScanColumn::Count, rows.places, &mut self.count),
            HostLinks::OfPages(known) => {
                self.count.clear();
                let pages = rows.pages.iter().zip(rows.links);
                self.count.extend(pages.map(|(page, links)| if known.insert(*page) { *links } else { 0 }));
            }
        }
    }
}

impl Collector for BestOfHosts {
    fn part(&self) -> Option<Self> {
        match self.links_of {
            HostLinks::OfRows => Some(Self::new(HostLinks::OfRows)),
            // The links of a page that two parts have would count twice.
            HostLinks::OfPages(_) => None,
        }
    }

    fn join(&mut self, part: Self) {
        if part.hosts.len() > self.hosts.len() {
            self.make_room(part.hosts.len());
        }
        let BestOfHosts { hosts: others, best: mut others_best, .. } = part;
        for (host, other) in self.hosts.iter_mut().zip(others) {
            host.links = host.links.saturating_add(other.links);
            host.place = host.place.min(other.place);
            if let Some(row) = other.known(&mut others_best) {
                host.meet(*row, &mut self.best);
            }
        }
    }

    fn bytes(&self) -> usize {
        let pages = if let HostLinks::OfPages(pages) = &self.links_of { pages.bytes() } else { 0 };
        self.best.capacity() * size_of::<Candidate>() + self.hosts.capacity() * size_of::<Host>() + pages
    }

    fn collect(&mut self, rows: &AdmittedRows<'_>) {
        self.columns.read(rows, &mut self.links_of);
        let most = self.columns.host.iter().max().map_or(0, |host| *host as usize + 1);
        if most > self.hosts.len() {
            self.make_room(most.next_power_of_two());
        }
        let Self { hosts, best, columns, .. } = self;
        columns.may_be_best.clear();
        columns.may_be_best.resize(rows.places.len(), 0);
        let mut kept = 0;
        let ages_and_links = columns.last_seen.iter().zip(&columns.count);
        for (at, (place, (last_seen, links))) in rows.places.iter().zip(ages_and_links).enumerate() {
            let host = &mut hosts[columns.host[at] as usize];
            let below = u16::MAX - rows.batch.rank[*place as usize];
            let place = u64::from(below) << 32 | u64::from(u32::MAX - last_seen);
            host.links = host.links.saturating_add(*links);
            // Without branches: most of the time is waiting for hosts that are far away, and behind a wrong
            // guess each would be waited for by itself.
            columns.may_be_best[kept] = at as u32;
            kept += usize::from(place <= host.place);
            host.place = host.place.min(place);
        }
        for at in &columns.may_be_best[..kept] {
            hosts[columns.host[*at as usize] as usize].meet(rows.candidate(*at as usize), best);
        }
    }
}
