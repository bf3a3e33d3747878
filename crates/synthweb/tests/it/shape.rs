//! What a web promises of its shape.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use model::{Host, LinkKind, Outcome, UrlKey};
use proptest::prelude::*;
use synthweb::{PageNumber, Web, WebOptions};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_page_is_the_same_in_any_order_and_in_any_copy_of_the_web(
        seed: u64, pages in 1_u64..5000, step in 0_u32..6, wanted in prop::collection::vec(any::<u64>(), 1..8),
    ) {
        let (one, other) = (Web::new(WebOptions::new(seed, pages)), Web::new(WebOptions::new(seed, pages)));
        let numbers: Vec<_> = wanted.iter().map(|number| PageNumber(number % pages)).collect();
        let there: Vec<_> = numbers.iter().map(|page| (one.visit(*page, step), one.response(*page, step))).collect();
        let back = numbers.iter().rev().map(|page| (other.visit(*page, step), other.response(*page, step)));
        let mut back: Vec<_> = back.collect();
        back.reverse();
        prop_assert_eq!(there, back);
    }

    #[test]
    fn a_visit_has_the_size_of_its_response(seed: u64, page in 0_u64..100_000, step in 0_u32..4) {
        let web = Web::new(WebOptions::new(seed, 100_000));
        for (visit, response) in web.visits_of(PageNumber(page), step).zip(web.responses_of(PageNumber(page), step)) {
            let size = visit.page.size_bytes.unwrap_or_default();
            prop_assert_eq!(size, response.body.len() as u64);
            prop_assert_eq!(size == 0, visit.outcome == Outcome::Unchanged);
        }
    }
}

#[test]
fn streaming_equals_asking_page_by_page() {
    let web = Web::new(WebOptions::new(3, 500));
    let mut streamed = web.visits(2);
    for page in 0..500 {
        for visit in web.visits_of(PageNumber(page), 2) {
            assert_eq!(streamed.next(), Some(visit));
        }
    }
    assert_eq!(streamed.next(), None);
}

#[test]
fn shares_are_as_promised() {
    let links = 100_000;
    let web = Web::with_links(11, links);
    let mut anchors = HashSet::new();
    let mut sources = HashSet::new();
    let mut of_domains = HashMap::new();
    let mut targets: HashMap<UrlKey, u64> = HashMap::new();
    let (mut found, mut pages, mut https, mut visits_of_ips) = (0, 0, 0_u64, (0, 0));
    for visit in web.visits(0) {
        pages += 1;
        found += visit.links.len() as u64;
        https += u64::from(visit.key.is_https());
        match visit.key.host().address() {
            Some(IpAddr::V4(_)) => visits_of_ips.0 += 1,
            Some(IpAddr::V6(_)) => visits_of_ips.1 += 1,
            None => {}
        }
        assert!(sources.insert((visit.key.clone(), visit.page.fetched_at)), "{}", visit.page.url);
        let mut domains = HashSet::new();
        for stored in visit.links {
            let domain = stored.key.host().domain();
            let counts: &mut (u64, u64) = of_domains.entry(domain.clone()).or_default();
            counts.0 += 1;
            counts.1 += u64::from(domains.insert(domain));
            anchors.insert(stored.link.anchor);
            *targets.entry(stored.key).or_default() += 1;
        }
    }
    assert!(found.abs_diff(links) < links / 12, "{found}");
    assert!(web.expected_links().abs_diff(found) < links / 12);
    assert!((links / 20..links / 10).contains(&pages), "{pages}");
    assert!(anchors.len() as u64 > found * 3 / 10, "{} distinct anchors of {found}", anchors.len());
    assert!(https > pages / 2 && https < pages && visits_of_ips.0 > 0 && visits_of_ips.1 > 0);
    // Links and linking pages: even the most popular target is not linked twice from every page.
    let (rows, pages_linking) = of_domains.into_values().max().unwrap();
    assert!(pages_linking > rows * 3 / 10, "{pages_linking} of {rows}");
    let mut counts: Vec<u64> = targets.into_values().collect();
    counts.sort_unstable_by(|left, right| right.cmp(left));
    let top: u64 = counts.iter().take(counts.len() / 100).sum();
    assert!(top > found * 3 / 10, "{top} of {found}");
    assert!(counts.len() as u64 > found / 20, "{} targets", counts.len());
}

#[test]
fn everything_that_a_web_can_hold_occurs() {
    let web = Web::new(WebOptions::new(1, 3000));
    let (mut kinds, mut statuses, mut encodings, mut locations) =
        (HashSet::new(), HashSet::new(), HashSet::new(), HashSet::new());
    let (mut rel, mut hints) = (HashSet::new(), HashSet::new());
    for visit in web.visits(1) {
        let page = &visit.page;
        statuses.insert(page.status);
        encodings.extend(page.encoding.clone());
        let host = Host::of(&page.url).unwrap();
        for stored in &visit.links {
            let link = &stored.link;
            kinds.insert(link.kind);
            locations.extend(link.location);
            rel.extend(link.rel.iter().map(str::to_owned));
            let to = Host::of(&link.url_to).unwrap();
            for (is_so, hint) in [
                (stored.count > 1, "duplicate"),
                (stored.count > 1 && link.dofollow, "followed duplicate"),
                (link.in_noscript, "noscript"),
                (link.anchor.is_none(), "no anchor"),
                (link.hreflang.is_some(), "hreflang"),
                (link.media_type.is_some(), "type"),
                (link.alt.is_some(), "alt"),
                (link.image_url.is_some() && link.alt.is_none(), "no alt"),
                (link.image_url.is_some() && link.anchor.is_some(), "image and text"),
                (page.robots.nofollow && !link.dofollow && !link.rel.has("nofollow"), "robots nofollow"),
                (host.domain() == to.domain(), "same domain"),
                (link.url_to.port().is_some(), "port"),
                (to.is_ip(), "address"),
                (to.as_str().starts_with("www."), "www"),
                (link.url_to.query().is_some(), "query"),
            ] {
                hints.extend(is_so.then_some(hint));
            }
        }
    }
    assert_eq!(kinds.len(), LinkKind::ALL.len());
    assert_eq!(locations.len(), model::SemanticLocation::ALL.len());
    assert_eq!(hints.len(), 15, "{hints:?}");
    for status in [200, 301, 302, 307, 308, 403, 404, 410, 500, 503] {
        assert!(statuses.contains(&status), "{status}");
    }
    for encoding in ["utf-8", "windows-1252", "windows-1251", "shift_jis"] {
        assert!(encodings.contains(encoding), "{encoding}");
    }
    for token in ["nofollow", "ugc", "sponsored", "noopener", "noreferrer", "external"] {
        assert!(rel.contains(token), "{token}");
    }
}
