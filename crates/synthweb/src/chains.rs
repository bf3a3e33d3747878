//! Graphs of redirects and canonicals whose every path is known because of how they are made.
//!
//! A graph is a row of pages, each of which leads to the next; the last one is the end, or leads back to an
//! earlier one. So where a link to page `j` leads is told by counting: `j`, `j + 1` … to the last page, and
//! from where that leads back to, up to the page before `j`. Nothing is followed to find it out.

use model::{Evidence, Host, Link, LinkKind, Outcome, Page, Redirect, RedirectKind, RelTokens, Timestamp, Url, Visit};

use crate::random::{Dice, Stream};
use crate::truth::{Hop, HopKind, MAX_HOPS};

/// A stored link of a graph, as an index must have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    /// The page that has the link.
    pub url_from: Url,
    /// Where it leads.
    pub url_to: Url,
    /// The hops before `url_to`; empty for a direct link. Of several chains the shortest.
    pub path: Vec<Hop>,
    /// How many chains there are from the one to the other that are lost, or not, as this is.
    pub count: u32,
    /// Whether the page has not got the link any more.
    pub is_lost: bool,
}

/// How a page leads to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    Http(u16),
    Refresh,
    Canonical,
}

impl Lead {
    const ALL: [Self; 6] =
        [Self::Http(301), Self::Canonical, Self::Http(302), Self::Refresh, Self::Http(307), Self::Http(308)];

    fn status(self) -> u16 {
        if let Self::Http(status) = self { status } else { 200 }
    }

    fn hop(self, url: Url) -> Hop {
        let kind = if self == Self::Canonical { HopKind::Canonical } else { HopKind::Redirect };
        Hop { kind, status: self.status(), url }
    }
}

/// What a page was at another visit than the one that decides. A page that changed its mind redirected to a
/// page that nobody visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Past {
    /// It redirected to another page before.
    Changed,
    /// The same, and the older visit comes in the later crawl.
    ChangedAndLate,
    /// It fails now, which changes nothing.
    Fails,
    /// It is as it was (304).
    Unchanged,
}

const DAY: i64 = 86_400;

/// When the visits that decide are made; other ones some days before or after. 2026-01-05 00:00:00 UTC.
const NOW: i64 = 1_767_571_200;

fn parse(url: &str) -> Url {
    // Made of letters, digits, dots and slashes.
    model::parse_url(url, None).expect("a URL that is written here")
}

/// The visit of a page that leads to another, and has links besides.
fn visit(url: &Url, day: i64, lead: Option<(Lead, Url)>, links: Vec<Url>) -> Option<Visit> {
    let status = lead.as_ref().map_or(200, |(lead, _)| lead.status());
    let mut page = Page::new(url.clone(), Timestamp::from_seconds(NOW + day * DAY), status);
    let mut found = Vec::new();
    if let Some((lead, to)) = lead {
        let (kind, rel) = match lead {
            Lead::Canonical => (LinkKind::Canonical, "canonical"),
            Lead::Http(_) | Lead::Refresh => (LinkKind::Redirect, ""),
        };
        let mut link = Link::new(to.clone(), kind);
        link.rel = RelTokens::parse(rel);
        found.push(link);
        match lead {
            Lead::Http(_) => page.redirect = Some(Redirect { to, kind: RedirectKind::Http }),
            Lead::Refresh => page.redirect = Some(Redirect { to, kind: RedirectKind::Refresh }),
            Lead::Canonical => page.canonical = Some(to),
        }
    }
    found.extend(links.into_iter().map(|to| Link::new(to, LinkKind::Anchor)));
    let evidence = Evidence { archive: "chains.warc.gz".to_owned(), offset: 0, length: 0, digest: None };
    Visit::new(page, found, Outcome::of_status(status), evidence)
}

/// Many small graphs, in two crawls: straight chains of 1 to 15 hops, cycles, chains that end in a cycle; on one
/// host, on two in turn, two pages a host, a host for each page; hops of one kind and mixed; pages that changed;
/// pages of a graph that link into it. There is a link to each page of a graph, and a page that links to all.
#[derive(Debug, Clone, Copy)]
pub struct ChainWeb {
    seed: u64,
    graphs: u64,
}

/// Every shape with every way to spread it over hosts and all kinds of hops.
const SHAPES: u64 = 15 * 4 * 4 * 3;

impl ChainWeb {
    /// How many crawls the visits come in.
    pub const CRAWLS: u32 = 2;

    /// Graphs of all shapes, `rounds` of each.
    pub fn new(seed: u64, rounds: u64) -> Self {
        Self { seed, graphs: rounds * SHAPES }
    }

    /// The visits of a crawl, 0 or 1.
    pub fn visits(&self, crawl: u32) -> impl Iterator<Item = Visit> + use<> {
        let this = *self;
        (0..this.graphs).flat_map(move |number| Graph::new(this.seed, number).visits(crawl))
    }

    /// Every stored link, graph by graph.
    pub fn rows(&self) -> impl Iterator<Item = ChainRow> + use<> {
        let this = *self;
        (0..this.graphs).flat_map(move |number| Graph::new(this.seed, number).rows())
    }
}

/// One graph.
#[derive(Debug, Clone)]
struct Graph {
    pages: Vec<Url>,
    /// How each page leads on; `None` only of the last one.
    leads: Vec<Option<Lead>>,
    /// Where the last page leads back to.
    back_to: Option<usize>,
    /// A page that was something else at another visit.
    past: Option<(usize, Past)>,
    /// A page with a link to another besides its lead.
    inner: Option<(usize, usize)>,
    old: Url,
    /// Pages outside: each links to the page of its number, one more (`None`) to all of them.
    linkers: Vec<(Url, Option<usize>)>,
}

impl Graph {
    fn new(seed: u64, number: u64) -> Self {
        let mut dice = Dice::new(seed, Stream::Chain, number, 0);
        let hops = 1 + (number % 15) as usize;
        let (spread, kinds, shape) = (number / 15 % 4, number / 60 % 4, number / 240 % 3);
        let host = |page: usize| match spread {
            0 => 0,
            1 => page % 2,
            2 => page / 2,
            _ => page,
        };
        let pages: Vec<Url> =
            (0..=hops).map(|page| parse(&format!("https://h{}-{number}-synth.com/{page}", host(page)))).collect();
        let back_to = match shape {
            0 => None,
            1 => Some(0),
            _ => Some(dice.below(hops as u64 + 1) as usize),
        };
        let leads = (0..=hops).map(|page| {
            let lead = match kinds {
                0 => Lead::Http(301),
                1 => Lead::Canonical,
                2 => Lead::Refresh,
                _ => dice.pick(&Lead::ALL),
            };
            (page < hops || back_to.is_some()).then_some(lead)
        });
        let leads: Vec<Option<Lead>> = leads.collect();
        let kinds_of_past = [Past::Changed, Past::ChangedAndLate, Past::Fails, Past::Unchanged];
        let past = dice.chance(500).then(|| (dice.below(hops as u64 + 1) as usize, dice.pick(&kinds_of_past)));
        let (from, to) = (dice.below(hops as u64 + 1) as usize, dice.below(hops as u64 + 1) as usize);
        // Where chains of one length could lead from a page to another, it would not be known which is kept.
        let is_single = back_to.is_none_or(|page| page == 0);
        let mut this = Self {
            pages,
            leads,
            back_to,
            past,
            inner: None,
            old: parse("https://old-synth.org/"),
            linkers: Vec::new(),
        };
        this.old = parse(&format!("https://old-{number}-synth.org/"));
        let has_content = !matches!(this.leads[from], Some(Lead::Http(_)));
        this.inner = (is_single && has_content && from != to && this.next(from) != Some(to)).then_some((from, to));
        let linker = |name: &str| parse(&format!("https://{name}-{number}-synth.net/"));
        this.linkers = (0..=hops).map(|page| (linker(&format!("to{page}")), Some(page))).collect();
        this.linkers.extend(is_single.then(|| (linker("all"), None)));
        this
    }

    fn last(&self) -> usize {
        self.pages.len() - 1
    }

    /// Where a page leads.
    fn next(&self, page: usize) -> Option<usize> {
        if page < self.last() { Some(page + 1) } else { self.back_to }
    }

    fn visits(&self, crawl: u32) -> Vec<Visit> {
        let mut visits = Vec::new();
        for (number, url) in self.pages.iter().enumerate() {
            let past = self.past.filter(|(page, _)| *page == number).map(|(_, past)| past);
            let lead = self.leads[number].zip(self.next(number).map(|next| self.pages[next].clone()));
            let links = self.inner.iter().filter(|(from, _)| *from == number).map(|(_, to)| self.pages[*to].clone());
            let now = visit(url, 0, lead, links.collect());
            let before = visit(url, -100, Some((Lead::Http(301), self.old.clone())), Vec::new());
            let after = |status: u16| {
                let mut after = visit(url, 100, None, Vec::new())?;
                (after.page.status, after.outcome) = (status, Outcome::of_status(status));
                Some(after)
            };
            visits.extend(match (past, crawl) {
                (Some(Past::Changed), 0) | (Some(Past::ChangedAndLate), 1) => before,
                (Some(Past::Changed), 1) | (_, 0) => now,
                (Some(Past::Fails), _) => after(503),
                (Some(Past::Unchanged), _) => after(304),
                _ => None,
            });
        }
        if crawl == 0 {
            for (url, page) in &self.linkers {
                let links = page.map_or(self.pages.clone(), |page| vec![self.pages[page].clone()]);
                visits.extend(visit(url, 0, None, links));
            }
        }
        visits
    }

    fn rows(&self) -> Vec<ChainRow> {
        let mut rows = Vec::new();
        for (url, page) in &self.linkers {
            let entries = page.map_or(0..self.pages.len(), |page| page..page + 1);
            add_best(entries.flat_map(|entry| self.rows_of_link(url, entry)), &mut rows);
        }
        for (number, url) in self.pages.iter().enumerate() {
            let own = self.inner.filter(|(from, _)| *from == number).map(|(_, to)| to);
            let entries = self.next(number).into_iter().chain(own);
            add_best(entries.flat_map(|entry| self.rows_of_link(url, entry)), &mut rows);
        }
        if let Some((page, Past::Changed | Past::ChangedAndLate)) = self.past {
            let (url_from, url_to) = (self.pages[page].clone(), self.old.clone());
            rows.push(ChainRow { url_from, url_to, path: Vec::new(), count: 1, is_lost: true });
        }
        rows
    }

    /// What follows from one link to a page of the graph.
    fn rows_of_link(&self, from: &Url, entry: usize) -> Vec<ChainRow> {
        let mut met: Vec<usize> = (entry..self.pages.len()).collect();
        if let Some(back_to) = self.back_to
            && back_to <= entry
        {
            met.extend(back_to..entry);
        }
        let hops: Vec<Hop> =
            met.iter().filter_map(|page| Some(self.leads[*page]?.hop(self.pages[*page].clone()))).collect();
        let url_of = |at: usize| &self.pages[met[at]];
        if is_same_host(from, url_of(0)) {
            // No link that is stored.
            return Vec::new();
        }
        let reached = if met.len() > MAX_HOPS + 1 { 1 } else { met.len() };
        let outside = (0..reached).filter(|at| !is_same_host(from, url_of(*at)));
        let row = |at: usize| ChainRow {
            url_from: from.clone(),
            url_to: url_of(at).clone(),
            path: hops[..at].to_vec(),
            count: 1,
            is_lost: false,
        };
        outside.map(row).collect()
    }
}

fn is_same_host(left: &Url, right: &Url) -> bool {
    Host::of(left) == Host::of(right)
}

/// Adds the rows of one page: of several chains to one address the shortest, with the number of all.
fn add_best(found: impl Iterator<Item = ChainRow>, rows: &mut Vec<ChainRow>) {
    let first = rows.len();
    for row in found {
        let same = rows[first..]
            .iter_mut()
            .find(|other| other.url_to == row.url_to && other.path.is_empty() == row.path.is_empty());
        match same {
            None => rows.push(row),
            Some(other) => {
                other.count += 1;
                if row.path.len() < other.path.len() {
                    other.path = row.path;
                }
            }
        }
    }
}

/// One chain of any length, made while it is read: memory does not grow with it.
#[derive(Debug, Clone, Copy)]
pub struct LongChain {
    hops: u64,
    pages_per_host: u64,
}

impl LongChain {
    /// At least 20 hops, with `pages_per_host` pages on each host, at least 1.
    pub fn new(hops: u64, pages_per_host: u64) -> Self {
        Self { hops: hops.max(20), pages_per_host: pages_per_host.max(1) }
    }

    /// Every page of the chain, the end of it too, and the pages that link to it: two with more than ten hops
    /// behind their link, and three with fewer.
    pub fn visits(&self) -> impl Iterator<Item = Visit> + use<> {
        let this = *self;
        let of_page = move |page: u64| {
            let lead = (page < this.hops).then(|| (lead_of(page), this.url(page + 1)));
            visit(&this.url(page), 0, lead, Vec::new())
        };
        let linkers = this
            .entries()
            .into_iter()
            .filter_map(move |entry| visit(&Self::linker(entry), 0, None, vec![this.url(entry)]));
        (0..=this.hops).filter_map(of_page).chain(linkers)
    }

    /// Every stored link.
    pub fn rows(&self) -> impl Iterator<Item = ChainRow> + use<> {
        let this = *self;
        let is_last_of_host = move |page: &u64| (page + 1).is_multiple_of(this.pages_per_host);
        let crossing = (0..this.hops).filter(is_last_of_host).map(move |page| (this.url(page), page + 1));
        let outside = this.entries().into_iter().map(move |entry| (Self::linker(entry), entry));
        crossing.chain(outside).flat_map(move |(from, entry)| this.rows_of_link(&from, entry))
    }

    fn rows_of_link(&self, from: &Url, entry: u64) -> Vec<ChainRow> {
        // A host never comes again, so none of these pages is on that of the link.
        let last = if self.hops - entry > MAX_HOPS as u64 { entry } else { self.hops };
        let row = |page: u64| ChainRow {
            url_from: from.clone(),
            url_to: self.url(page),
            path: (entry..page).map(|hop| lead_of(hop).hop(self.url(hop))).collect(),
            count: 1,
            is_lost: false,
        };
        (entry..=last).map(row).collect()
    }

    fn entries(&self) -> [u64; 5] {
        let end = self.hops;
        [0, end - 11, end - 10, end - 1, end]
    }

    fn linker(entry: u64) -> Url {
        parse(&format!("https://to{entry}-synth.net/"))
    }

    fn url(&self, page: u64) -> Url {
        parse(&format!("https://h{}-long-synth.com/{page}", page / self.pages_per_host))
    }
}

fn lead_of(page: u64) -> Lead {
    Lead::ALL[(page % Lead::ALL.len() as u64) as usize]
}
