//! One visit of one page, as it is stored: the page's facts, its links to other hosts, the evidence.

use std::collections::HashMap;

use crate::evidence::Evidence;
use crate::host::Host;
use crate::key::UrlKey;
use crate::life::Outcome;
use crate::link::Link;
use crate::page::Page;

/// A link to another host, and how often the page has it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredLink {
    /// Key of `link.url_to`.
    pub key: UrlKey,
    /// The best of the identical links: followed before nofollow, then document order.
    pub link: Link,
    /// How many identical links (same page, same `url_to`) the page has, at least 1.
    pub count: u32,
}

/// One visit of one page.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Key of `page.url`.
    pub key: UrlKey,
    /// The page's facts.
    pub page: Page,
    /// What the visit says about links.
    pub outcome: Outcome,
    /// Links to other hosts, one for each `url_to`, in key order.
    pub links: Vec<StoredLink>,
    /// The archived record.
    pub evidence: Evidence,
}

impl Visit {
    /// Folds what was extracted from one response: links inside the host (a leading `www.` folded)
    /// fall away, identical links become one with their number.
    ///
    /// `None` if the page's URL has no key (its scheme is not HTTP).
    pub fn new(page: Page, links: Vec<Link>, outcome: Outcome, evidence: Evidence) -> Option<Self> {
        let key = UrlKey::new(&page.url)?;
        let host = Host::of(&page.url)?;
        let mut folded: HashMap<UrlKey, StoredLink> = HashMap::new();
        for link in links {
            let (Some(link_key), Some(link_host)) = (UrlKey::new(&link.url_to), Host::of(&link.url_to)) else {
                continue;
            };
            if link_host.is_same_site_as(&host) {
                continue;
            }
            match folded.entry(link_key) {
                std::collections::hash_map::Entry::Vacant(place) => {
                    let key = place.key().clone();
                    place.insert(StoredLink { key, link, count: 1 });
                }
                std::collections::hash_map::Entry::Occupied(mut place) => {
                    let stored = place.get_mut();
                    stored.count = stored.count.saturating_add(1);
                    if link.dofollow && !stored.link.dofollow {
                        stored.link = link;
                    }
                }
            }
        }
        let mut links: Vec<StoredLink> = folded.into_values().collect();
        links.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        Some(Self { key, page, outcome, links, evidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LinkKind, Timestamp, parse_url};

    #[test]
    fn identical_links_become_one_followed_first_and_internal_ones_fall_away() {
        let link = |url: &str, anchor: &str, dofollow: bool| {
            let mut link = Link::new(parse_url(url, None).unwrap(), LinkKind::Anchor);
            link.anchor = Some(anchor.to_owned());
            link.dofollow = dofollow;
            link
        };
        let page = Page::new(parse_url("https://www.a.com/", None).unwrap(), Timestamp::from_seconds(0), 200);
        let links = vec![
            link("https://b.com/", "first", false),
            link("https://a.com/x", "internal", true),
            link("https://b.com/", "second", true),
            link("https://b.com/", "third", true),
            link("https://x.a.com/", "subdomain", true),
        ];
        let evidence = Evidence { archive: "x.warc".into(), offset: 0, length: 1, digest: None };
        let visit = Visit::new(page, links, Outcome::Definite, evidence).unwrap();
        let found: Vec<_> = visit.links.iter().map(|stored| (stored.link.anchor.as_deref(), stored.count)).collect();
        assert_eq!(found, [(Some("subdomain"), 1), (Some("second"), 3)]);
    }
}
