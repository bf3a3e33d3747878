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
//! hop; and so on from V, over at most [`MAX_HOPS`] hops, until an address comes twice. A row whose V
//! is on P's own host (`www.` folded) is left out; the chain goes on behind it. An indirect row lives as
//! long as its first link.

use std::collections::{HashMap, HashSet};

use model::{Host, LifeCycle, Link, Outcome, Page, Sighting, Target, Url, UrlKey, Visit};

use crate::layout::PageNumber;
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
    /// The link as the newest definite visit that had it says. Of an indirect row: its first link.
    pub link: Link,
    /// How many identical links that visit had.
    pub count: u32,
    /// The dates.
    pub life: LifeCycle,
    /// The page at its newest definite visit.
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
            let visits: Vec<Visit> = steps.iter().filter_map(|step| self.visit(PageNumber(page), *step)).collect();
            add_rows(&visits, &forwards, is_wanted, &mut rows);
        }
        self.add_targets(&mut rows, steps);
        rows.sort_by_cached_key(|row| {
            let first = row.path.first().map(|hop| hop.url.to_string());
            (UrlKey::new(&row.url_from), UrlKey::new(&row.url_to), row.path.len(), first)
        });
        Truth { rows }
    }

    /// A page at each of `steps` at which it is fetched, its links left out.
    fn facts_at(&self, page: u64, steps: &[u32]) -> Vec<Page> {
        let draft = |step: &u32| self.draft_without_links(PageNumber(page), *step);
        steps.iter().filter_map(draft).filter_map(|draft| visit::facts_without_size(&draft)).collect()
    }

    fn forwards(&self, steps: &[u32]) -> HashMap<UrlKey, Forward> {
        let mut forwards = HashMap::new();
        for page in 0..self.pages() {
            let facts = self.facts_at(page, steps);
            let Some(newest) = facts.into_iter().rfind(is_definite) else { continue };
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

    fn add_targets(&self, rows: &mut [TruthRow], steps: &[u32]) {
        let wanted: HashSet<UrlKey> = rows.iter().filter_map(|row| UrlKey::new(&row.url_to)).collect();
        let mut found = HashMap::new();
        for page in 0..self.pages() {
            let Some(key) = self.page_key(PageNumber(page)).filter(|key| wanted.contains(key)) else { continue };
            let facts = self.facts_at(page, steps);
            let Some(status) = facts.last().map(|newest| newest.status) else { continue };
            let definite = facts.into_iter().rfind(is_definite);
            found.insert(key, (status, definite.and_then(|page| page.redirect).map(|redirect| redirect.to)));
        }
        for row in rows {
            if let Some((status, redirect)) = UrlKey::new(&row.url_to).and_then(|key| found.get(&key)) {
                row.target_status = Some(*status);
                row.target_redirect.clone_from(redirect);
            }
        }
    }
}

fn is_definite(page: &Page) -> bool {
    Outcome::of_status(page.status) == Outcome::Definite
}

/// The rows of one page, given all its visits.
fn add_rows(
    visits: &[Visit],
    forwards: &HashMap<UrlKey, Forward>,
    is_wanted: &dyn Fn(&UrlKey) -> bool,
    rows: &mut Vec<TruthRow>,
) {
    let Some(newest) = visits.iter().rfind(|visit| visit.outcome == Outcome::Definite) else { return };
    let Some(own_host) = Host::of(&newest.page.url) else { return };
    let mut seen = HashSet::new();
    // The newest visit first, so that the first sight of a link is the one to show.
    for visit in visits.iter().rev().filter(|visit| visit.outcome == Outcome::Definite) {
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
            let sightings = visits.iter().map(|visit| Sighting {
                at: visit.page.fetched_at,
                outcome: visit.outcome,
                has_link: visit.links.iter().any(|other| other.key == stored.key),
                page: visit.page.state(),
            });
            let Some(life) = LifeCycle::of(sightings) else { continue };
            rows.extend(reached.into_iter().map(|(url_to, _, path)| TruthRow {
                url_from: visit.page.url.clone(),
                url_to,
                link: stored.link.clone(),
                count: stored.count,
                life,
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
    while path.len() < MAX_HOPS {
        let Some(forward) = forwards.get(&at) else { break };
        if out.iter().any(|(_, key, _)| *key == forward.to_key) {
            break;
        }
        path.push(forward.hop.clone());
        at = forward.to_key.clone();
        out.push((forward.to.clone(), at.clone(), path.clone()));
    }
    out
}
