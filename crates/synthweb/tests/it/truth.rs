//! The oracle against what can be said of it without it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Host, Outcome, Target, UrlKey, Visit};
use synthweb::{HopKind, PageNumber, Web, WebOptions};

const STEPS: &[u32] = &[0, 1, 2, 3];

fn key(url: &model::Url) -> UrlKey {
    UrlKey::new(url).unwrap()
}

#[test]
fn direct_rows_are_the_links_of_all_visits_and_their_dates_are_sightings() {
    let web = Web::new(WebOptions::new(4, 600));
    let mut visits: BTreeMap<UrlKey, Vec<Visit>> = BTreeMap::new();
    for step in STEPS {
        for visit in web.visits(*step) {
            visits.entry(visit.key.clone()).or_default().push(visit);
        }
    }
    let expected: BTreeSet<_> = visits
        .values()
        .flatten()
        .flat_map(|visit| visit.links.iter().map(|stored| (visit.key.clone(), stored.key.clone())))
        .collect();
    let truth = web.truth(STEPS);
    let direct: Vec<_> = truth.rows.iter().filter(|row| row.path.is_empty()).collect();
    assert_eq!(direct.len(), expected.len());
    let mut lost = 0;
    for row in direct {
        let (from, to) = (key(&row.url_from), key(&row.url_to));
        assert!(expected.contains(&(from.clone(), to.clone())));
        let of_page = &visits[&from];
        let has = |visit: &&Visit| visit.links.iter().any(|stored| stored.key == to);
        let dates: Vec<_> = of_page.iter().filter(has).map(|visit| visit.page.fetched_at).collect();
        assert_eq!(row.life.first_seen, dates[0]);
        assert_eq!(Some(row.life.last_seen), dates.last().copied());
        assert_eq!(row.life.prev_seen, dates.iter().rev().nth(1).copied());
        let after = of_page.iter().filter(|visit| visit.page.fetched_at > row.life.last_seen);
        let found_gone = after.into_iter().find(|visit| visit.outcome == Outcome::Definite);
        assert_eq!(row.life.lost_at, found_gone.map(|visit| visit.page.fetched_at));
        assert_eq!(row.page_with_link.fetched_at, row.life.last_seen);
        let newest = visits.get(&to).and_then(|visits| visits.last());
        assert_eq!(row.target_status, newest.map(|visit| visit.page.status));
        lost += u32::from(row.life.is_lost());
    }
    assert!(lost > 100, "{lost}");
}

#[test]
fn indirect_rows_follow_chains_of_up_to_four_hops_and_end_in_loops() {
    let web = Web::new(WebOptions::new(8, 2000));
    let truth = web.truth(&[0, 1]);
    let mut newest: BTreeMap<UrlKey, Visit> = BTreeMap::new();
    for visit in [0, 1].into_iter().flat_map(|step| web.visits(step)) {
        if visit.outcome == Outcome::Definite {
            newest.insert(visit.key.clone(), visit);
        }
    }
    let (mut lengths, mut kinds, mut loops) = (BTreeSet::new(), BTreeSet::new(), 0);
    for row in truth.rows.iter().filter(|row| !row.path.is_empty()) {
        assert!(!Host::of(&row.url_from).unwrap().is_same_site_as(&Host::of(&row.url_to).unwrap()));
        assert_eq!(row.path[0].url, row.link.url_to);
        let mut addresses: Vec<_> = row.path.iter().map(|hop| hop.url.clone()).collect();
        addresses.push(row.url_to.clone());
        for (hop, next) in row.path.iter().zip(&addresses[1..]) {
            let page = &newest[&key(&hop.url)].page;
            assert_eq!(hop.status, page.status);
            let leads_to = match hop.kind {
                HopKind::Redirect => page.redirect.as_ref().map(|redirect| &redirect.to),
                HopKind::Canonical => page.canonical.as_ref(),
            };
            assert_eq!(leads_to, Some(next));
            kinds.insert(hop.kind);
        }
        let distinct: BTreeSet<_> = addresses.iter().map(key).collect();
        assert_eq!(distinct.len(), addresses.len());
        let end = newest.get(&key(&row.url_to)).and_then(|visit| visit.page.redirect.as_ref());
        loops += u32::from(end.is_some_and(|redirect| addresses.contains(&redirect.to)));
        lengths.insert(row.path.len());
    }
    assert!(lengths.is_superset(&BTreeSet::from([1, 2, 3, 4])), "{lengths:?}");
    assert_eq!(kinds.len(), 2);
    assert!(loops > 0);
}

#[test]
fn rows_for_targets_are_the_rows_of_the_whole_truth() {
    let web = Web::new(WebOptions::new(5, 500));
    let all = web.truth(&[0, 1, 2]);
    let host = |page| Host::of(&web.visit(PageNumber(page), 0).unwrap().page.url).unwrap();
    let targets = [
        Target::parse(host(0).as_str(), true).unwrap(),
        Target::parse(host(40).as_str(), false).unwrap(),
        Target::parse(all.rows[all.rows.len() / 2].url_to.as_str(), false).unwrap(),
    ];
    let some = web.truth_for(&targets, &[0, 1, 2]);
    for target in &targets {
        let expected: Vec<_> = all.of(target).collect();
        assert!(!expected.is_empty());
        assert_eq!(some.of(target).collect::<Vec<_>>(), expected);
    }
    assert!(some.rows.len() < all.rows.len());
}
