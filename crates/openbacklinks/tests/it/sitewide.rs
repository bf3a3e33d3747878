//! Sitewide links are found: those of menus, and those that most pages of a host have.

use std::collections::{BTreeMap, BTreeSet};

use model::{SemanticLocation, Target, Visit};
use query::{BacklinksQuestion, LinkStatus, Rows};
use synthweb::{Web, WebOptions};

use crate::oracle::{Oracle, host_of};
use crate::shared::{index_of, open};

#[test]
fn a_link_of_a_menu_or_of_most_pages_of_a_host_is_sitewide() {
    let web = Web::new(WebOptions::new(7, 400));
    // One host of which every page but one has the same link, and another of which few have.
    let mut visits: Vec<Visit> = web.visits(0).collect();
    let template = visits.iter().find(|visit| !visit.links.is_empty()).unwrap().clone();
    let link = template.links[0].clone();
    for page in 0..20 {
        for (host, having) in [("most.example.org", 19), ("few.example.org", 7)] {
            let mut visit = template.clone();
            visit.page.url = model::parse_url(&format!("https://{host}/{page}"), None).unwrap();
            visit.page.redirect = None;
            visit.page.canonical = None;
            visit.key = model::UrlKey::new(&visit.page.url).unwrap();
            let mut own = link.clone();
            own.link.location = None;
            own.link.anchor = Some("made by us".to_owned());
            visit.links = if page < having { vec![own] } else { Vec::new() };
            visits.push(visit);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &[&visits], 3));
    let oracle = Oracle::of(&visits);

    let mut pages: BTreeMap<String, usize> = BTreeMap::new();
    for url in oracle.pages.keys() {
        *pages.entry(host_of(url).as_str().to_owned()).or_default() += 1;
    }
    let mut same: BTreeMap<(String, String, Option<String>, bool), usize> = BTreeMap::new();
    let group = |row: &crate::oracle::Row| {
        let host = host_of(&row.from).as_str().to_owned();
        (host, row.to.clone(), row.link.anchor.clone(), row.path.is_empty())
    };
    for row in oracle.rows.iter().filter(|row| !row.life.is_lost()) {
        *same.entry(group(row)).or_default() += 1;
    }
    let expected = |row: &crate::oracle::Row| {
        let in_menu = matches!(row.link.location, Some(SemanticLocation::Nav | SemanticLocation::Footer));
        let count = same.get(&group(row)).copied().unwrap_or(0);
        let on_most = count >= 3 && count * 2 > pages[host_of(&row.from).as_str()];
        !row.life.is_lost() && (in_menu || on_most)
    };

    let domains: BTreeSet<String> = oracle.rows.iter().map(|row| host_of(&row.to).registrable().to_owned()).collect();
    let (mut rows, mut on_most) = (0, 0);
    for domain in domains {
        let Ok(target) = Target::parse(&domain, true) else { continue };
        let question = BacklinksQuestion {
            status: LinkStatus::All,
            exclude_internal: false,
            rows: Rows::PerLink,
            explain: true,
            limit: 100_000,
            ..BacklinksQuestion::new(target)
        };
        for found in index.backlinks(&question).unwrap().rows {
            let is_row = |row: &&crate::oracle::Row| {
                row.from == found.url_from && row.to == found.url_to && row.path.is_empty() != found.is_indirect_link
            };
            let row = oracle.rows.iter().find(is_row).unwrap();
            let told = found.explanation.unwrap().is_sitewide;
            assert_eq!(told, expected(row), "{} → {}", row.from, row.to);
            rows += 1;
            on_most += usize::from(told && row.from.contains("most.example.org"));
            assert!(!row.from.contains("few.example.org") || !told, "{}", row.from);
        }
    }
    println!("{rows} rows, {on_most} links that most pages of a host have");
    assert!(rows > 1000 && on_most >= 19);
}
