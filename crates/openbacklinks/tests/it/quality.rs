//! Spam scores and kinds of site, from all visits in memory. The formula is `rank::spam`, which has
//! tests of its own; what is judged here is which facts it is given, and where its results arrive.

use std::collections::{BTreeMap, BTreeSet};

use model::{Page, PlatformType, PlatformTypes};
use rank::spam::{self, DomainEvidence, PageEvidence, Signal, Signals, farm};

use crate::oracle::host_of;

pub(crate) fn of_pages(
    pages: &BTreeMap<String, Page>,
    domains: &BTreeMap<String, f64>,
    edges: &BTreeSet<(String, String)>,
) -> (BTreeMap<String, u8>, BTreeMap<String, PlatformTypes>) {
    let names: Vec<&String> = domains.keys().collect();
    let number: BTreeMap<&String, u32> = names.iter().enumerate().map(|(at, name)| (*name, at as u32)).collect();
    // In units of what a domain has that nothing links to.
    let leading: BTreeSet<&String> = edges.iter().map(|(from, _)| from).collect();
    let ends = domains.iter().filter(|(name, _)| !leading.contains(name));
    let dangling = ends.map(|(_, relative)| relative * 0.15 / domains.len() as f64).sum::<f64>();
    let relative: Vec<f64> = domains.values().map(|relative| relative / (1.0 + 0.85 / 0.15 * dangling)).collect();
    let is_core = |node: u32| spam::is_core_domain(names[node as usize]);
    assert!(spam::core_options(names.len() as u32, is_core).is_none(), "the test data has no core");
    let farms = spam::farm_blocks(&relative, |node| {
        let (label, suffix) = names[node as usize].split_once('.').unwrap_or((names[node as usize], ""));
        farm::DomainName { label, suffix }
    });
    let numbered = edges.iter().map(|(from, to)| Ok::<_, ()>((number[from], number[to])));
    let identical = spam::identical_sets(names.len() as u32, numbered).unwrap();

    let (mut scores, mut kinds) = (BTreeMap::new(), BTreeMap::<String, PlatformTypes>::new());
    for (url, page) in pages {
        let host = host_of(url);
        let domain = host.registrable().to_owned();
        let at = number[&domain] as usize;
        let of_domain = spam::domain_signals(DomainEvidence {
            is_spam_mass: false,
            is_in_farm_block: farms[at],
            has_identical_referrers: identical[at],
        });
        scores.insert(url.clone(), spam::score(signals(url, page).union(of_domain)));
        let of_domain = kinds.entry(domain).or_default();
        *of_domain = of_domain.union(page.platforms);
    }
    for kinds in kinds.values_mut().filter(|kinds| kinds.is_empty()) {
        kinds.insert(PlatformType::Unknown);
    }
    (scores, kinds)
}

fn signals(url: &str, page: &Page) -> Signals {
    let host = host_of(url);
    let chars = |text: &Option<String>| text.as_ref().map(|text| text.chars().count() as u32);
    let canonical = page.canonical.as_ref().map(|canonical| host_of(canonical.as_str()));
    let shown = page.signals.unwrap_or_default();
    let all = spam::page_signals(&PageEvidence {
        host: host.as_str(),
        registrable: if host.is_ip() { None } else { Some(host.registrable()) },
        tld: host.tld(),
        is_https: url.starts_with("https://"),
        title_chars: chars(&page.title),
        description_chars: chars(&page.description),
        canonical_is_foreign: canonical.is_some_and(|canonical| canonical.without_www() != host.without_www()),
        trusted_sources: shown.trusted_sources,
        has_social_meta: shown.has_social_meta,
        has_contact: shown.has_contact,
        internal_links: page.internal_links.unwrap_or(0),
        external_links: page.external_links.unwrap_or(0),
        words: page.signals.map(|signals| signals.words),
    });
    if page.signals.is_some() {
        return all;
    }
    // Not a page that anybody reads: only the name and the way there count.
    let mut some = Signals::EMPTY;
    for signal in ["domain_length", "domain_digits", "subdomain_digits", "spam_tld", "plain_http"] {
        let signal = *Signal::ALL.iter().find(|known| known.name() == signal).unwrap();
        if all.contains(signal) {
            some.insert(signal);
        }
    }
    some
}
