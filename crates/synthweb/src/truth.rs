//! The exact expected rows, by brute force.
//!
//! This is an oracle: plain loops over all pages, no index, nothing shared with the stages that it
//! judges but the words of `model`. Three passes: (1) where does each page send its visitors, by its
//! newest definite visit; (2) all visits of each page, one page at a time: its links, their life, and
//! the rows that follow from chains; (3) the state of the pages that rows lead to.
//!
//! Memory holds the forwarding pages of the whole web and the rows that are asked for. Time is that
//! of writing the web once for each step, and twice more without links.
//!
//! # Rules
//!
//! A row is a stored link: a page and an address on another host that the page links to, or that the
//! linked address leads to. Where page P links to U, and the newest definite visit of U redirects
//! (HTTP or refresh; else declares another address canonical) to V, there is a row P → V with U as
//! hop; and so on from V, until an address comes twice. A chain of more than [`MAX_HOPS`] hops gives no such
//! row at all. A row whose V is on P's own host (`www.` folded) is left out; the chain goes on behind it, and
//! through P itself. An indirect row lives as long as its first link.
//!
//! What a visit says, and what follows for the life of a link, is in `life.rs`.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{Host, LifeCycle, Link, Outcome, Page, Target, Url, UrlKey, Visit};

use crate::layout::PageNumber;
use crate::life::{self, LinkEvent, TargetEvent};
use crate::moment::Moment;
use crate::visit;
use crate::web::Web;

/// The most hops of an indirect row.
pub const MAX_HOPS: usize = 10;

/// Why a hop leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HopKind {
    /// HTTP redirect or refresh.
    Redirect,
    /// A canonical address.
    Canonical,
}

/// One address on the way of an indirect row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Why it leads on.
    pub kind: HopKind,
    /// HTTP status of its newest definite visit.
    pub status: u16,
    /// The address.
    pub url: Url,
}

/// One expected row.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthRow {
    /// The page that has the link.
    pub url_from: Url,
    /// Where the row leads: the link's own address, or one that its chain reaches.
    pub url_to: Url,
    /// The link as the newest visit that had it says. Of an indirect row: its first link.
    pub link: Link,
    /// How many identical links that visit had.
    pub count: u32,
    /// Dates and reasons. Of an indirect row: those of its first link.
    pub life: LifeCycle,
    /// Every change of the link; empty for an indirect row.
    pub events: Vec<LinkEvent>,
    /// The page at its newest definite visit; at its newest of all if none is definite.
    pub page: Page,
    /// The page at the visit that `link` is from.
    pub page_with_link: Page,
    /// Status of the newest visit of `url_to`, of any outcome; `None` if it was never visited.
    pub target_status: Option<u16>,
    /// Where the newest definite visit of `url_to` redirects (HTTP or refresh).
    pub target_redirect: Option<Url>,
    /// The hops before `url_to`; empty for a direct link.
    pub path: Vec<Hop>,
}

/// The expected rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Truth {
    /// In the order of the keys of `url_from` and `url_to`; then shorter paths, then the first hop.
    pub rows: Vec<TruthRow>,
    /// When each visited target of a row broke and was repaired: `url_to` and its changes.
    pub targets: BTreeMap<Url, Vec<TargetEvent>>,
}

impl Truth {
    /// The rows that lead to a target.
    pub fn of<'a>(&'a self, target: &Target) -> impl Iterator<Item = &'a TruthRow> + use<'a> {
        let ranges = target.ranges();
        self.rows.iter().filter(move |row| {
            UrlKey::new(&row.url_to).is_some_and(|key| ranges.iter().any(|range| range.contains(key.as_bytes())))
        })
    }
}

/// Where a page sends its visitors.
struct Forward {
    to: Url,
    to_key: UrlKey,
    hop: Hop,
}

impl Web {
    /// Every row after the crawls of `steps` (in order of time). For small webs.
    pub fn truth(&self, steps: &[u32]) -> Truth {
        self.compute(&|_| true, steps)
    }

    /// The rows that lead to any of `targets` after the crawls of `steps` (in order of time).
    pub fn truth_for(&self, targets: &[Target], steps: &[u32]) -> Truth {
        let ranges: Vec<_> = targets.iter().flat_map(Target::ranges).collect();
        self.compute(&|key| ranges.iter().any(|range| range.contains(key.as_bytes())), steps)
    }

    fn compute(&self, is_wanted: &dyn Fn(&UrlKey) -> bool, steps: &[u32]) -> Truth {
        let forwards = self.forwards(steps);
        let mut rows = Vec::new();
        for page in 0..self.pages() {
            let visits: Vec<Visit> = steps.iter().flat_map(|step| self.visits_of(PageNumber(page), *step)).collect();
            add_rows(&visits, &forwards, is_wanted, &mut rows);
        }
        let targets = self.add_targets(&mut rows, steps);
        rows.sort_by_cached_key(|row| {
            let first = row.path.first().map(|hop| hop.url.to_string());
            (UrlKey::new(&row.url_from), UrlKey::new(&row.url_to), row.path.len(), first)
        });
        Truth { rows, targets }
    }

    /// The visits of a page at each of `steps`, links left out.
    fn facts_at(&self, page: u64, steps: &[u32]) -> Vec<(Page, Outcome)> {
        let moments = steps.iter().flat_map(|step| Moment::both(*step));
        let drafts = moments.filter_map(|moment| self.draft_without_links(PageNumber(page), moment));
        drafts.filter_map(|draft| Some((visit::facts_without_size(&draft)?, visit::outcome(&draft)))).collect()
    }

    fn forwards(&self, steps: &[u32]) -> HashMap<UrlKey, Forward> {
        let mut forwards = HashMap::new();
        for page in 0..self.pages() {
            let Some(newest) = newest_definite(self.facts_at(page, steps)) else { continue };
            let Some(key) = UrlKey::new(&newest.url) else { continue };
            let (kind, to) = match (newest.redirect, newest.canonical) {
                (Some(redirect), _) => (HopKind::Redirect, redirect.to),
                (None, Some(canonical)) => (HopKind::Canonical, canonical),
                (None, None) => continue,
            };
            let Some(to_key) = UrlKey::new(&to).filter(|to_key| *to_key != key) else { continue };
            let hop = Hop { kind, status: newest.status, url: newest.url };
            forwards.insert(key, Forward { to, to_key, hop });
        }
        forwards
    }

    /// Fills in what the rows say of their targets, and tells what became of those.
    fn add_targets(&self, rows: &mut [TruthRow], steps: &[u32]) -> BTreeMap<Url, Vec<TargetEvent>> {
        let wanted: HashSet<UrlKey> = rows.iter().filter_map(|row| UrlKey::new(&row.url_to)).collect();
        let mut found = HashMap::new();
        let mut events = BTreeMap::new();
        for page in 0..self.pages() {
            let Some(key) = self.page_key(PageNumber(page)).filter(|key| wanted.contains(key)) else { continue };
            let facts = self.facts_at(page, steps);
            let Some(newest) = facts.last().map(|(page, _)| page.clone()) else { continue };
            let statuses: Vec<_> = facts.iter().map(|(page, _)| (page.fetched_at, page.status)).collect();
            events.insert(newest.url, life::target_events(&statuses));
            let redirect = newest_definite(facts).and_then(|page| page.redirect).map(|redirect| redirect.to);
            found.insert(key, (newest.status, redirect));
        }
        for row in rows {
            if let Some((status, redirect)) = UrlKey::new(&row.url_to).and_then(|key| found.get(&key)) {
                row.target_status = Some(*status);
                row.target_redirect.clone_from(redirect);
            }
        }
        events
    }
}

/// The page at its newest definite visit; at its newest of all if none is definite.
fn newest_definite(mut visits: Vec<(Page, Outcome)>) -> Option<Page> {
    let at = visits.iter().rposition(|(_, outcome)| *outcome == Outcome::Definite);
    let at = at.or(visits.len().checked_sub(1))?;
    Some(visits.swap_remove(at).0)
}

/// The rows of one page, given all its visits.
fn add_rows(
    visits: &[Visit],
    forwards: &HashMap<UrlKey, Forward>,
    is_wanted: &dyn Fn(&UrlKey) -> bool,
    rows: &mut Vec<TruthRow>,
) {
    let newest = visits.iter().rfind(|visit| visit.outcome == Outcome::Definite).or(visits.last());
    let Some(newest) = newest else { return };
    let Some(own_host) = Host::of(&newest.page.url) else { return };
    let mut seen = HashSet::new();
    // The newest visit first, so that the first sight of a link is the one to show.
    for visit in visits.iter().rev() {
        for stored in &visit.links {
            if !seen.insert(&stored.key) {
                continue;
            }
            let reached: Vec<_> = reached(stored.link.url_to.clone(), stored.key.clone(), forwards)
                .into_iter()
                .filter(|(url, key, _)| {
                    is_wanted(key) && Host::of(url).is_some_and(|host| !host.is_same_site_as(&own_host))
                })
                .collect();
            if reached.is_empty() {
                continue;
            }
            let Some(life) = life::life(visits, &stored.key) else { continue };
            let events = life::link_events(visits, &stored.key);
            rows.extend(reached.into_iter().map(|(url_to, _, path)| TruthRow {
                url_from: visit.page.url.clone(),
                url_to,
                link: stored.link.clone(),
                count: stored.count,
                life,
                events: if path.is_empty() { events.clone() } else { Vec::new() },
                page: newest.page.clone(),
                page_with_link: visit.page.clone(),
                target_status: None,
                target_redirect: None,
                path,
            }));
        }
    }
}

/// The linked address, and all that it leads to, with the hops before each.
fn reached(url: Url, key: UrlKey, forwards: &HashMap<UrlKey, Forward>) -> Vec<(Url, UrlKey, Vec<Hop>)> {
    let mut path = Vec::new();
    let mut out = vec![(url, key.clone(), Vec::new())];
    let mut at = key;
    while let Some(forward) = forwards.get(&at) {
        if out.iter().any(|(_, key, _)| *key == forward.to_key) {
            break;
        }
        path.push(forward.hop.clone());
        if path.len() > MAX_HOPS {
            out.truncate(1);
            break;
        }
        at = forward.to_key.clone();
        out.push((forward.to.clone(), at.clone(), path.clone()));
    }
    out
}
