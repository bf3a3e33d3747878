//! The oracle against what can be said of it without it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Host, LifeCycle, NewReason, Outcome, Sighting, Target, Turn, UrlKey, Visit};
use synthweb::{HopKind, LinkChange, PageNumber, Web, WebOptions};

fn key(url: &model::Url) -> UrlKey {
    UrlKey::new(url).unwrap()
}

#[test]
fn direct_rows_are_the_links_of_all_visits_and_live_as_the_model_says() {
    let mut options = WebOptions { steps: 12, ..WebOptions::new(4, 600) };
    options.shares.cut = 10;
    let web = Web::new(options);
    let steps: Vec<u32> = (0..12).collect();
    let mut visits: BTreeMap<UrlKey, Vec<Visit>> = BTreeMap::new();
    for visit in steps.iter().flat_map(|step| web.visits(*step)) {
        visits.entry(visit.key.clone()).or_default().push(visit);
    }
    let expected: BTreeSet<_> = visits
        .values()
        .flatten()
        .flat_map(|visit| visit.links.iter().map(|stored| (visit.key.clone(), stored.key.clone())))
        .collect();
    let truth = web.truth(&steps);
    let direct: Vec<_> = truth.rows.iter().filter(|row| row.path.is_empty()).collect();
    assert_eq!(direct.len(), expected.len());
    for row in &direct {
        let (from, to) = (key(&row.url_from), key(&row.url_to));
        assert!(expected.contains(&(from.clone(), to.clone())));
        let has = |visit: &Visit| visit.links.iter().any(|stored| stored.key == to);
        let mut turns = Vec::new();
        let life = LifeCycle::with_turns(
            visits[&from].iter().map(|visit| Sighting {
                at: visit.page.fetched_at,
                outcome: visit.outcome,
                has_link: has(visit),
                page: visit.page.state(),
            }),
            |at, turn| turns.push((at, turn)),
        );
        assert_eq!(Some(row.life), life, "{} {}", row.url_from, row.url_to);
        let events = row.events.iter().filter_map(|event| {
            let turn = match event.change {
                LinkChange::New(reason) => Turn::Found(reason),
                LinkChange::Restored => Turn::Found(NewReason::Restored),
                LinkChange::Lost(reason) => Turn::Lost(reason),
                LinkChange::Rel { .. } | LinkChange::Anchor { .. } => return None,
            };
            Some((event.at, turn))
        });
        assert_eq!(events.collect::<Vec<_>>(), turns);
        let newest = visits[&from].iter().rfind(|visit| has(visit));
        assert_eq!(newest.map(|visit| &visit.page), Some(&row.page_with_link));
        let newest = visits.get(&to).and_then(|visits| visits.last());
        assert_eq!(row.target_status, newest.map(|visit| visit.page.status));
    }
    let away = direct.iter().filter(|row| row.life.new_reason == NewReason::Restored).count();
    let lost = direct.iter().filter(|row| row.life.is_lost()).count();
    assert!(lost > 100 && away > 100, "{lost} {away}");
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
