//! What every answer must be: a scan of all visits, row by row, in memory. Shares no code with the
//! crates that store, rank and query; only the words of `model`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use model::{Host, LifeCycle, Link, Outcome, Page, PlatformTypes, Sighting, Target, Timestamp, Visit};

use crate::reasons::reasons;

/// One stored link, direct or indirect.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) path: Vec<(&'static str, u16, String)>,
    pub(crate) life: LifeCycle,
    /// Why it is new and why it is lost.
    pub(crate) reasons: (&'static str, Option<&'static str>),
    pub(crate) link: Link,
    pub(crate) count: u32,
    pub(crate) evidence: model::Evidence,
    pub(crate) rank: u16,
}

/// Everything that the visits say.
pub(crate) struct Oracle {
    pub(crate) pages: BTreeMap<String, Page>,
    pub(crate) last_status: BTreeMap<String, u16>,
    pub(crate) rows: Vec<Row>,
    pub(crate) newest_visit: Timestamp,
    pub(crate) page_rank: BTreeMap<String, u16>,
    pub(crate) domain_rank: BTreeMap<String, u16>,
    /// Quality of visited pages.
    pub(crate) spam: BTreeMap<String, u8>,
    /// Kinds of site of domains.
    pub(crate) kinds: BTreeMap<String, PlatformTypes>,
}

/// A question, in plain values.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) target: Target,
    pub(crate) live: bool,
    pub(crate) lost: bool,
    pub(crate) exclude_internal: bool,
    pub(crate) include_indirect: bool,
}

/// A row of an answer, with the number of its page's links to the target.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) row: Row,
    pub(crate) links: u32,
}

pub(crate) fn host_of(url: &str) -> Host {
    Host::of(&model::parse_url(url, None).unwrap()).unwrap()
}

fn same_site(left: &str, right: &str) -> bool {
    host_of(left).without_www() == host_of(right).without_www()
}

impl Oracle {
    pub(crate) fn of(visits: &[Visit]) -> Self {
        let mut by_page: BTreeMap<String, Vec<&Visit>> = BTreeMap::new();
        for visit in visits {
            by_page.entry(visit.key.to_url_string()).or_default().push(visit);
        }
        let (mut pages, mut last_status, mut rows) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (from, visits) in &mut by_page {
            visits.sort_by_key(|visit| (visit.page.fetched_at, visit.evidence.offset));
            let definite = visits.iter().rev().find(|visit| visit.outcome == Outcome::Definite);
            let newest = definite.or(visits.last()).unwrap();
            pages.insert(from.clone(), newest.page.clone());
            last_status.insert(from.clone(), visits.last().unwrap().page.status);
            let targets: BTreeSet<String> =
                visits.iter().flat_map(|visit| &visit.links).map(|link| link.key.to_url_string()).collect();
            for to in targets {
                let link_at = |visit: &Visit| visit.links.iter().find(|link| link.key.to_url_string() == to).cloned();
                let life = LifeCycle::of(visits.iter().map(|visit| Sighting {
                    at: visit.page.fetched_at,
                    outcome: visit.outcome,
                    has_link: link_at(visit).is_some(),
                    page: visit.page.state(),
                }));
                let last = visits.iter().rev().find_map(|visit| Some((visit, link_at(visit)?))).unwrap();
                let reasons = reasons(visits, |visit| link_at(visit).is_some());
                rows.push(Row {
                    from: from.clone(),
                    to,
                    path: Vec::new(),
                    life: life.unwrap(),
                    reasons,
                    link: last.1.link,
                    count: last.1.count,
                    evidence: last.0.evidence.clone(),
                    rank: 0,
                });
            }
        }
        let newest_visit = visits.iter().map(|visit| visit.page.fetched_at).max().unwrap_or_default();
        let (page_rank, domain_rank) = (BTreeMap::new(), BTreeMap::new());
        let (spam, kinds) = (BTreeMap::new(), BTreeMap::new());
        let mut this = Self { pages, last_status, rows, newest_visit, page_rank, domain_rank, spam, kinds };
        this.follow_chains();
        this.rank();
        this
    }

    fn next_hop(&self, url: &str) -> Option<(&'static str, u16, String)> {
        let page = self.pages.get(url)?;
        let redirect = page.redirect.as_ref().map(|redirect| ("redirect", redirect.to.to_string()));
        let (kind, to) = redirect.or(page.canonical.as_ref().map(|to| ("canonical", to.to_string())))?;
        (to != url).then_some((kind, page.status, to))
    }

    fn follow_chains(&mut self) {
        let mut found: BTreeMap<(String, String), Vec<Row>> = BTreeMap::new();
        for direct in &self.rows {
            let mut row = direct.clone();
            let mut reached = Vec::new();
            while let Some((kind, status, next)) = self.next_hop(&row.to) {
                if row.path.iter().any(|hop| hop.2 == next) {
                    break;
                }
                row.path.push((kind, status, std::mem::replace(&mut row.to, next)));
                reached.push(row.clone());
                if reached.len() > 10 {
                    reached.clear();
                    break;
                }
            }
            for row in reached.into_iter().filter(|row| !same_site(&row.from, &row.to)) {
                found.entry((row.from.clone(), row.to.clone())).or_default().push(row);
            }
        }
        for rows in found.into_values() {
            let place = |row: &Row| (row.life.is_lost(), !row.link.dofollow, row.path.len(), encoded(&row.path));
            let mut best = rows.iter().min_by_key(|row| place(row)).unwrap().clone();
            best.count = rows.iter().filter(|row| row.life.is_lost() == best.life.is_lost()).map(|row| row.count).sum();
            self.rows.push(best);
        }
    }

    fn rank(&mut self) {
        let passing = |row: &&Row| row.path.is_empty() && !row.life.is_lost() && row.link.passes_rank();
        let domain = |url: &str| host_of(url).registrable().to_owned();
        let (mut page_edges, mut domain_edges) = (BTreeSet::new(), BTreeSet::new());
        let (mut page_nodes, mut domain_nodes) = (BTreeSet::new(), BTreeSet::new());
        for row in self.rows.iter().filter(|row| row.path.is_empty()) {
            page_nodes.extend([row.from.clone(), row.to.clone()]);
        }
        let mut followed: BTreeMap<String, u32> = BTreeMap::new();
        for row in self.rows.iter().filter(passing) {
            page_edges.insert((row.from.clone(), row.to.clone()));
            *followed.entry(row.from.clone()).or_default() += 1;
            let edge = (domain(&row.from), domain(&row.to));
            if edge.0 != edge.1 {
                domain_edges.insert(edge);
            }
        }
        for (url, page) in &self.pages {
            page_nodes.insert(url.clone());
            let redirect = page.redirect.as_ref().map(|redirect| redirect.to.to_string());
            page_nodes.extend(redirect.clone().into_iter().chain(page.canonical.as_ref().map(ToString::to_string)));
            if let Some(to) = redirect.filter(|to| to != url && same_site(url, to)) {
                page_edges.insert((url.clone(), to));
            }
        }
        domain_nodes.extend(page_nodes.iter().map(|url| domain(url)));
        let even: BTreeMap<&String, f64> = domain_nodes.iter().map(|name| (name, 1.0)).collect();
        let domains = relative_ranks(&domain_nodes, &domain_edges, &even);
        let pages = relative_ranks(&page_nodes, &page_edges, &shares_of_domains(&page_nodes, &domains));
        (self.spam, self.kinds) = crate::quality::of_pages(&self.pages, &domains, &domain_edges);
        for row in &mut self.rows {
            if row.life.is_lost() || !row.link.passes_rank() {
                continue;
            }
            let passed = 0.85 * pages[&row.from] / f64::from(followed[&row.from]);
            row.rank = score(f64::from((passed * 0.85_f64.powi(row.path.len() as i32)) as f32));
        }
        self.page_rank = pages.into_iter().map(|(url, rank)| (url, score(rank))).collect();
        self.domain_rank = domains.into_iter().map(|(name, rank)| (name, score(rank))).collect();
    }

    /// The whole answer, in order.
    pub(crate) fn answer(&self, question: &Question) -> Vec<Answered> {
        let is_target = |url: &str| match &question.target {
            Target::Page(key) => key.to_url_string() == url,
            Target::Host { host, include_subdomains } => {
                let found = host_of(url);
                let is_below = *include_subdomains && found.as_str().ends_with(&format!(".{host}")) && !host.is_ip();
                found.without_www() == host.as_str() || is_below
            }
        };
        let entering = |row: &&Row| is_target(&row.to) && !row.path.iter().any(|(_, _, url)| is_target(url));
        let mut links: BTreeMap<(&str, bool), u32> = BTreeMap::new();
        let mut best: BTreeMap<&str, &Row> = BTreeMap::new();
        let place = |row: &Row| (Reverse(row.rank), Reverse(row.life.last_seen), row.from.clone(), row.to.clone());
        for row in self.rows.iter().filter(entering) {
            *links.entry((&row.from, row.life.is_lost())).or_default() += row.count;
            let is_internal = host_of(&row.from).registrable() == host_of(&row.to).registrable();
            let has_status = if row.life.is_lost() { question.lost } else { question.live };
            if !has_status
                || (question.exclude_internal && is_internal)
                || (!question.include_indirect && !row.path.is_empty())
            {
                continue;
            }
            let winner = best.entry(&row.from).or_insert(row);
            if place(row) < place(winner) {
                *winner = row;
            }
        }
        let mut rows: Vec<&Row> = best.into_values().collect();
        rows.sort_by_key(|row| place(row));
        rows.into_iter()
            .map(|row| Answered { row: row.clone(), links: links[&(row.from.as_str(), row.life.is_lost())] })
            .collect()
    }
}

/// The order among chains of one length: by the kind, status and key of their hops.
fn encoded(path: &[(&'static str, u16, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, status, url) in path {
        let key = model::UrlKey::new(&model::parse_url(url, None).unwrap()).unwrap();
        bytes.push(u8::from(*kind == "canonical"));
        let mut numbers = vec![u64::from(*status), key.as_bytes().len() as u64];
        for number in &mut numbers {
            while *number >= 0x80 {
                bytes.push(*number as u8 | 0x80);
                *number >>= 7;
            }
            bytes.push(*number as u8);
        }
        bytes.extend_from_slice(key.as_bytes());
    }
    bytes
}

/// What the jump is worth to each page: half of its domain's rank goes to the home pages, half to the
/// others, and all of it to either where there are no others.
fn shares_of_domains<'a>(pages: &'a BTreeSet<String>, domains: &BTreeMap<String, f64>) -> BTreeMap<&'a String, f64> {
    let is_home = |url: &str| {
        let url = model::parse_url(url, None).unwrap();
        url.path() == "/" && url.query().is_none()
    };
    let mut numbers: BTreeMap<(String, bool), f64> = BTreeMap::new();
    for url in pages {
        *numbers.entry((host_of(url).registrable().to_owned(), is_home(url))).or_default() += 1.0;
    }
    let share = |url: &String| {
        let domain = host_of(url).registrable().to_owned();
        let own = numbers[&(domain.clone(), is_home(url))];
        let part = if numbers.contains_key(&(domain.clone(), !is_home(url))) { 0.5 } else { 1.0 };
        domains[&domain] * part / own
    };
    pages.iter().map(|url| (url, share(url))).collect()
}

fn relative_ranks(
    nodes: &BTreeSet<String>,
    edges: &BTreeSet<(String, String)>,
    weights: &BTreeMap<&String, f64>,
) -> BTreeMap<String, f64> {
    let number: BTreeMap<&str, usize> = nodes.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let count = nodes.len() as f64;
    let all: f64 = weights.values().sum();
    let jump: Vec<f64> = nodes.iter().map(|name| weights[name] / all).collect();
    let edges: Vec<(usize, usize)> =
        edges.iter().map(|(from, to)| (number[from.as_str()], number[to.as_str()])).collect();
    let mut degree = vec![0.0; nodes.len()];
    for (from, _) in &edges {
        degree[*from] += 1.0;
    }
    let mut rank = jump.clone();
    for _ in 0..200 {
        let dangling: f64 = rank.iter().zip(&degree).filter(|(_, degree)| **degree == 0.0).map(|(rank, _)| rank).sum();
        let mut next: Vec<f64> = jump.iter().map(|jump| (0.15 + 0.85 * dangling) * jump).collect();
        for (from, to) in &edges {
            next[*to] += 0.85 * rank[*from] / degree[*from];
        }
        rank = next;
    }
    nodes.iter().cloned().zip(rank.into_iter().map(|rank| rank * count / 0.15)).collect()
}

fn score(relative: f64) -> u16 {
    (65.0 * relative.max(1.0).ln()).round().clamp(0.0, 1000.0) as u16
}
