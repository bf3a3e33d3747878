//! A small web whose pages come and go, link, move and break at random over some crawls, and what can be said
//! of its links by going through all visits. Shares no code with what it judges.

use std::collections::{BTreeMap, BTreeSet};

use model::{Evidence, Link, LinkKind, Outcome, Page, Redirect, RedirectKind, RelTokens, Timestamp, Visit, parse_url};
use serde_json::{Value, json};

use crate::dice::Dice;

const PAGES: [&str; 13] = [
    "https://a.com/",
    "https://a.com/one",
    "http://www.a.com/two",
    "https://shop.a.com/",
    "https://b.org/",
    "https://b.org/x?y=1",
    "https://blog.b.org/",
    "https://c.net/",
    "https://c.net/deep/er",
    "https://d.co.uk/",
    "https://www.d.co.uk/a",
    "http://e.de/",
    "http://10.1.2.3/",
];
const ANCHORS: [Option<&str>; 4] = [None, Some("one"), Some("two\u{2028}lines"), Some("=three")];
const RELS: [&str; 4] = ["", "nofollow", "ugc nofollow", "noopener"];

/// Visits of so many crawls. Their times do not follow the order of the crawls; no two are the same.
pub(crate) fn crawls(seed: u64, count: usize) -> Vec<Vec<Visit>> {
    let mut dice = Dice::new(seed);
    let mut number = 0;
    let mut crawls = Vec::new();
    for crawl in 0..count {
        // The third one is older than the second.
        let slot = [0, 2, 1].get(crawl).copied().unwrap_or(crawl) as i64;
        let mut visits = Vec::new();
        for url in PAGES {
            for _ in 0..[0, 1, 1, 1, 2][dice.below(5)] {
                number += 1;
                visits.push(visit(&mut dice, url, 1_600_000_000 + slot * 1_000_000 + number));
            }
        }
        crawls.push(visits);
    }
    crawls
}

fn visit(dice: &mut Dice, url: &str, at: i64) -> Visit {
    let other = |dice: &mut Dice| parse_url(PAGES[dice.below(PAGES.len())], None).unwrap();
    let status = [200, 200, 200, 200, 200, 200, 304, 301, 404, 410, 503, 403][dice.below(12)];
    let mut page = Page::new(parse_url(url, None).unwrap(), Timestamp::from_seconds(at), status);
    let mut outcome = Outcome::of_status(status);
    let mut links = Vec::new();
    if status == 200 {
        page.robots.noindex = dice.chance(15);
        page.canonical = dice.chance(20).then(|| other(dice));
        page.redirect = dice.chance(5).then(|| Redirect { to: other(dice), kind: RedirectKind::Refresh });
        for target in PAGES.iter().filter(|target| **target != url) {
            if dice.chance(40) {
                let mut link = Link::new(parse_url(target, None).unwrap(), LinkKind::Anchor);
                link.rel = RelTokens::parse(RELS[dice.below(RELS.len())]);
                link.dofollow = !link.rel.has("nofollow") && dice.chance(90);
                link.anchor = dice.pick(&ANCHORS).map(str::to_owned);
                link.image_url = dice.chance(10).then(|| other(dice).to_string() + "i.png");
                links.push(link);
            }
        }
        if dice.chance(15) {
            outcome = Outcome::Unknown;
        }
    }
    if status == 301 {
        let to = other(dice);
        links.push(Link::new(to.clone(), LinkKind::Redirect));
        page.redirect = Some(Redirect { to, kind: RedirectKind::Http });
    }
    let evidence = Evidence { archive: "a.warc".to_owned(), offset: at as u64, length: 9, digest: None };
    Visit::new(page, links, outcome, evidence).unwrap()
}

/// The registrable domain of a URL of this web.
pub(crate) fn domain(url: &str) -> String {
    let host = url.split('/').nth(2).unwrap();
    let labels: Vec<&str> = host.split('.').collect();
    let kept = if host.ends_with("co.uk") { 3 } else { 2 };
    if host == "10.1.2.3" { host.to_owned() } else { labels[labels.len() - kept..].join(".") }
}

/// The visits of each page, in order of time.
fn by_page(visits: &[Visit]) -> BTreeMap<String, Vec<&Visit>> {
    let mut pages: BTreeMap<String, Vec<&Visit>> = BTreeMap::new();
    for visit in visits {
        pages.entry(visit.page.url.to_string()).or_default().push(visit);
    }
    for visits in pages.values_mut() {
        visits.sort_by_key(|visit| visit.page.fetched_at);
    }
    pages
}

fn link_to<'a>(visit: &'a Visit, target: &str) -> Option<&'a Link> {
    visit.links.iter().map(|stored| &stored.link).find(|link| link.url_to.as_str() == target)
}

fn targets(visits: &[&Visit]) -> BTreeSet<String> {
    visits.iter().flat_map(|visit| &visit.links).map(|stored| stored.link.url_to.to_string()).collect()
}

fn is_definite(visit: &Visit) -> bool {
    visit.outcome == Outcome::Definite
}

fn attributes(link: &Link) -> Value {
    if link.rel.is_empty() { Value::Null } else { link.rel.as_str().split(' ').collect::<Vec<_>>().into() }
}

/// Every event, as `backlinks events` writes it, oldest first.
pub(crate) fn events(visits: &[Visit]) -> Vec<Value> {
    let mut all = Vec::new();
    let time = |visit: &Visit| visit.page.fetched_at.to_string();
    for (url, visits) in by_page(visits) {
        let mut was_broken = false;
        for visit in &visits {
            let status = visit.page.status;
            if (400..600).contains(&status) != was_broken {
                was_broken = !was_broken;
                let name = if was_broken { "target_broken" } else { "target_repaired" };
                all.push(json!({ "time": time(visit), "event": name, "reason": null, "url_from": null, "url_to": url,
                    "before": null, "after": null, "status_code": status }));
            }
        }
        for target in targets(&visits) {
            let mut tell = |visit: &Visit, name: &str, reason: Value, before: Value, after: Value| {
                all.push(json!({ "time": time(visit), "event": name, "reason": reason, "url_from": url,
                    "url_to": target, "before": before, "after": after, "status_code": null }));
            };
            // The visit that had it last, and whether it is there now.
            let (mut last, mut is_there) = (None::<&Visit>, false);
            for (at, visit) in visits.iter().copied().enumerate() {
                let Some(link) = link_to(visit, &target) else {
                    if is_there && is_definite(visit) {
                        is_there = false;
                        tell(visit, "lost", lost_reason(last.unwrap(), visit).into(), Value::Null, Value::Null);
                    }
                    continue;
                };
                match last {
                    None => {
                        let is_first = !visits[..at].iter().any(|visit| is_definite(visit));
                        let reason = if is_first { "page_found" } else { "link_added" };
                        tell(visit, "new", reason.into(), Value::Null, Value::Null);
                    }
                    Some(_) if !is_there => tell(visit, "restored", Value::Null, Value::Null, Value::Null),
                    Some(_) => {}
                }
                if let Some(before) = last.and_then(|visit| link_to(visit, &target)) {
                    let follow = |link: &Link| json!({ "attributes": attributes(link), "dofollow": link.dofollow });
                    if follow(before) != follow(link) {
                        tell(visit, "rel_changed", Value::Null, follow(before), follow(link));
                    }
                    if before.anchor != link.anchor {
                        tell(visit, "anchor_changed", Value::Null, json!(before.anchor), json!(link.anchor));
                    }
                }
                (last, is_there) = (Some(visit), true);
            }
        }
    }
    all.sort_by_key(|event| {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        (text("time"), text("url_from"), text("url_to"))
    });
    all
}

fn lost_reason(with: &Visit, without: &Visit) -> &'static str {
    let leads_on = |visit: &Visit| {
        let elsewhere = visit.page.redirect.as_ref().is_some_and(|redirect| redirect.to != visit.page.url);
        (300..400).contains(&visit.page.status) || elsewhere
    };
    let is_copy = |visit: &Visit| visit.page.canonical.as_ref().is_some_and(|url| *url != visit.page.url);
    match without.page.status {
        404 | 410 => "page_gone",
        _ if leads_on(without) => "page_redirects",
        _ if without.page.robots.noindex && !with.page.robots.noindex => "noindex",
        _ if is_copy(without) && !is_copy(with) => "canonical_elsewhere",
        _ => "link_removed",
    }
}

/// What a snapshot says of links and of the pages that they lead to.
#[derive(Debug, Default)]
struct State {
    /// As `snapshots diff` writes a version, by target and page.
    links: BTreeMap<(String, String), Value>,
    /// Newest status of each visited page.
    statuses: BTreeMap<String, u16>,
}

fn state(visits: &[Visit]) -> State {
    let mut state = State::default();
    for (url, visits) in by_page(visits) {
        state.statuses.insert(url.clone(), visits.last().unwrap().page.status);
        for target in targets(&visits) {
            let (at, last) = visits.iter().enumerate().rfind(|(_, visit)| link_to(visit, &target).is_some()).unwrap();
            let link = link_to(last, &target).unwrap();
            let is_lost = visits[at + 1..].iter().any(|visit| is_definite(visit));
            let version = json!({ "is_lost": is_lost, "attributes": attributes(link), "dofollow": link.dofollow,
                "anchor": link.anchor });
            state.links.insert((target, url.clone()), version);
        }
    }
    state
}

/// Everything that differs, as `snapshots diff` writes it, in any order.
pub(crate) fn differences(before: &[Visit], after: &[Visit]) -> Vec<Value> {
    let (before, after) = (state(before), state(after));
    let mut all = Vec::new();
    let keys: BTreeSet<&(String, String)> = before.links.keys().chain(after.links.keys()).collect();
    for key in &keys {
        let (old, new) = (before.links.get(*key), after.links.get(*key));
        let mut changes = Vec::new();
        match (old, new) {
            (None, _) => changes.push("new"),
            (_, None) => changes.push("removed"),
            (Some(old), Some(new)) => {
                match (old["is_lost"].as_bool(), new["is_lost"].as_bool()) {
                    (Some(false), Some(true)) => changes.push("lost"),
                    (Some(true), Some(false)) => changes.push("restored"),
                    _ => {}
                }
                if (&old["attributes"], &old["dofollow"]) != (&new["attributes"], &new["dofollow"]) {
                    changes.push("rel_changed");
                }
                if old["anchor"] != new["anchor"] {
                    changes.push("anchor_changed");
                }
            }
        }
        if !changes.is_empty() {
            all.push(json!({ "changes": changes, "url_from": key.1, "url_to": key.0, "before": old, "after": new }));
        }
    }
    for target in keys.iter().map(|key| &key.0).collect::<BTreeSet<_>>() {
        let (old, new) = (before.statuses.get(target), after.statuses.get(target));
        let is_broken = |status: Option<&u16>| status.is_some_and(|status| (400..600).contains(status));
        if is_broken(old) != is_broken(new) {
            let change = if is_broken(new) { "target_broken" } else { "target_repaired" };
            all.push(json!({ "changes": [change], "url_from": null, "url_to": target,
                "before": { "status_code": old }, "after": { "status_code": new } }));
        }
    }
    all
}
