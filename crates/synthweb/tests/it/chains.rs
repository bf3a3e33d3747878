//! The paths that are known by counting, against following what the visits say.

use std::collections::BTreeMap;

use model::{LinkKind, Outcome, Url, Visit};
use synthweb::{ChainWeb, Hop, HopKind, LongChain, MAX_HOPS};

/// Where a page leads by its newest definite visit.
fn lead(visits: &[Visit]) -> Option<(HopKind, Url)> {
    let definite = visits.iter().filter(|visit| visit.outcome == Outcome::Definite);
    let page = &definite.max_by_key(|visit| visit.page.fetched_at)?.page;
    let redirect = page.redirect.as_ref().map(|redirect| (HopKind::Redirect, redirect.to.clone()));
    let canonical = page.canonical.as_ref().map(|to| (HopKind::Canonical, to.clone()));
    redirect.or(canonical).filter(|(_, to)| *to != page.url)
}

#[test]
fn rows_are_what_following_the_visits_gives() {
    let web = ChainWeb::new(3, 1);
    let mut pages: BTreeMap<Url, Vec<Visit>> = BTreeMap::new();
    for visit in (0..ChainWeb::CRAWLS).flat_map(|crawl| web.visits(crawl)) {
        pages.entry(visit.page.url.clone()).or_default().push(visit);
    }
    let (mut checked, mut returning, mut lost) = (0, 0, 0);
    for row in web.rows() {
        let first = row.path.first().map_or(&row.url_to, |hop| &hop.url);
        let has = |visit: &Visit| visit.links.iter().any(|stored| stored.link.url_to == *first);
        assert!(pages[&row.url_from].iter().any(has), "{row:?}");
        let mut at = first.clone();
        for hop in &row.path {
            let (kind, to) = lead(&pages[&at]).unwrap();
            assert_eq!((hop.kind, &hop.url), (kind, &at), "{row:?}");
            at = to;
        }
        assert_eq!(at, row.url_to);
        returning += u32::from(row.path.iter().any(|hop: &Hop| hop.url == row.url_from));
        lost += u32::from(row.is_lost);
        checked += 1;
        assert!(row.path.len() <= MAX_HOPS);
    }
    assert!(checked > 40_000 && returning > 50 && lost > 50, "{checked} {returning} {lost}");
}

#[test]
fn graphs_have_all_that_can_happen_on_the_way() {
    let web = ChainWeb::new(3, 1);
    let late = web.visits(1).filter(|visit| visit.page.redirect.is_some()).count();
    let statuses: Vec<u16> = (0..2).flat_map(|crawl| web.visits(crawl)).map(|visit| visit.page.status).collect();
    for status in [200, 301, 302, 304, 307, 308, 503] {
        assert!(statuses.contains(&status), "{status}");
    }
    let kinds = web.visits(0).flat_map(|visit| visit.links).map(|stored| stored.link.kind);
    let kinds: Vec<LinkKind> = kinds.collect();
    assert!(kinds.contains(&LinkKind::Canonical) && kinds.contains(&LinkKind::Redirect));
    assert!(late > 50, "{late} older visits come later");
}

#[test]
fn a_long_chain_is_made_while_it_is_read() {
    let chain = LongChain::new(1 << 40, 1000);
    let visit = chain.visits().nth(2000).unwrap();
    assert_eq!(visit.page.url.as_str(), "https://h2-long-synth.com/2000");
    let short = LongChain::new(25, 5);
    assert_eq!(short.visits().count(), 26 + 5);
    let longest = short.rows().map(|row| row.path.len()).max();
    assert_eq!(longest, Some(MAX_HOPS));
    // Five links over the borders of hosts, with 20, 15, 10, 5 and no hops behind them, and five from outside.
    assert_eq!(short.rows().count(), (1 + 1 + 11 + 6 + 1) + (1 + 1 + 11 + 2 + 1));
}
