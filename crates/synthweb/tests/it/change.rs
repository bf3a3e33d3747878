//! What time does to a web.

use std::collections::{BTreeMap, HashSet};

use model::{LostReason, NewReason, Outcome, Visit};
use synthweb::{LinkChange, PageNumber, TargetEvent, Web, WebOptions};

const STEPS: u32 = 12;

fn web(seed: u64, pages: u64) -> Web {
    let mut options = WebOptions { steps: STEPS, ..WebOptions::new(seed, pages) };
    options.shares.cut = 5;
    Web::new(options)
}

/// Every visit of a page, in order of time.
fn visits(web: &Web, page: u64) -> Vec<Visit> {
    (0..STEPS).flat_map(|step| web.visits_of(PageNumber(page), step)).collect()
}

#[test]
fn pages_fail_move_hide_and_return_and_are_seen_twice_or_not_at_all() {
    let web = web(9, 2000);
    let mut seen = HashSet::new();
    for page in 0..web.pages() {
        let visits = visits(&web, page);
        for step in 0..STEPS {
            match web.visits_of(PageNumber(page), step).count() {
                0 if !visits.is_empty() => drop(seen.insert("missed")),
                2 => drop(seen.insert("seen twice in a crawl")),
                _ => {}
            }
        }
        for pair in visits.windows(2) {
            let [before, after] = pair else { continue };
            assert!(before.page.fetched_at < after.page.fetched_at);
            assert_eq!(before.key, after.key);
            let changes = [
                ("gone", (200, 404), (200, 410)),
                ("returned", (404, 200), (410, 200)),
                ("moved", (200, 301), (200, 302)),
                ("moved back", (301, 200), (302, 200)),
                ("failed", (200, 503), (200, 500)),
                ("refused", (200, 403), (200, 429)),
                ("not modified", (200, 304), (304, 304)),
            ];
            for (change, one, other) in changes {
                let found = (before.page.status, after.page.status);
                seen.extend((found == one || found == other).then_some(change));
            }
            if after.outcome == Outcome::Unchanged {
                assert!(after.links.is_empty());
                let status = after.page.status;
                seen.extend((status == 304 && after.page.ip.is_none()).then_some("304 in a revisit"));
                seen.extend((status == 304 && after.page.ip.is_some()).then_some("304 as a response"));
                seen.extend((status == 200).then_some("revisit of a page"));
                seen.extend((status > 300 && status < 304).then_some("revisit of a redirect"));
                seen.extend((status == 404).then_some("revisit of a page that is gone"));
            }
            let is_cut = after.outcome == Outcome::Unknown && after.page.status == 200;
            seen.extend(is_cut.then_some("cut"));
            seen.extend((is_cut && !after.links.is_empty()).then_some("cut behind links"));
            let (before, after) = (&before.page, &after.page);
            if (before.status, after.status) == (200, 200) && after.internal_links.is_some() {
                let is_elsewhere = |page: &model::Page| page.canonical.as_ref().is_some_and(|url| *url != page.url);
                seen.extend((!before.robots.noindex && after.robots.noindex).then_some("noindex"));
                seen.extend((!is_elsewhere(before) && is_elsewhere(after)).then_some("canonical elsewhere"));
            }
        }
    }
    assert_eq!(seen.len(), 18, "{seen:?}");
}

#[test]
fn whole_hosts_fail_for_a_time() {
    let mut options = web(9, 2000).options().clone();
    options.shares.outage = 200;
    let web = Web::new(options);
    let mut outages = 0;
    let mut by_host: BTreeMap<(String, u32), Vec<u16>> = BTreeMap::new();
    for page in 0..web.pages() {
        for step in 0..STEPS {
            for visit in web.visits_of(PageNumber(page), step) {
                by_host.entry((visit.key.host().to_string(), step)).or_default().push(visit.page.status);
            }
        }
    }
    for statuses in by_host.values().filter(|statuses| statuses.len() > 4) {
        if statuses.iter().all(|status| *status == 503) {
            outages += 1;
        }
    }
    assert!(outages > 10, "{outages}");
}

#[test]
fn every_event_of_a_link_and_of_a_target_happens() {
    let web = web(9, 1000);
    let truth = web.truth(&(0..STEPS).collect::<Vec<_>>());
    let (mut kinds, mut new, mut lost) = (BTreeMap::<&str, u32>::new(), HashSet::new(), HashSet::new());
    for row in truth.rows.iter().filter(|row| row.path.is_empty()) {
        new.insert(row.life.new_reason);
        lost.extend(row.life.lost_reason);
        for event in &row.events {
            let kind = match &event.change {
                LinkChange::New(_) => "new",
                LinkChange::Lost(_) => "lost",
                LinkChange::Restored => "restored",
                LinkChange::Rel { before, after } if before.1 != after.1 => "followed or not",
                LinkChange::Rel { .. } => "rel",
                LinkChange::Anchor { .. } => "anchor",
            };
            *kinds.entry(kind).or_default() += 1;
        }
    }
    assert_eq!((new.len(), lost.len()), (NewReason::ALL.len(), LostReason::ALL.len()), "{new:?} {lost:?}");
    assert!(kinds.len() == 6 && kinds.values().all(|count| *count > 20), "{kinds:?}");
    let changes = truth.targets.values().flatten();
    let (broken, repaired): (Vec<TargetEvent>, Vec<TargetEvent>) =
        changes.copied().partition(|change| change.is_broken);
    assert!(broken.len() > repaired.len() && repaired.len() > 20, "{} {}", broken.len(), repaired.len());
}
