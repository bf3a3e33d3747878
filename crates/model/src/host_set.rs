//! A set of hosts: each with everything below it, or alone.

use crate::key::{KeyRange, UrlKey};
use crate::target::Target;
use crate::url::{Url, parse_url};
use crate::visit::Visit;

/// Hosts, for deciding by key whether a page is of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostSet {
    /// In key order; none reaches into another.
    ranges: Vec<KeyRange>,
}

impl HostSet {
    /// The hosts of some targets: see [`Target::ranges`].
    pub fn of<'a>(targets: impl IntoIterator<Item = &'a Target>) -> Self {
        let mut all: Vec<KeyRange> = targets.into_iter().flat_map(Target::ranges).collect();
        all.sort_by(|left, right| (&left.start, &right.end).cmp(&(&right.start, &left.end)));
        let mut ranges: Vec<KeyRange> = Vec::with_capacity(all.len());
        for range in all {
            // Ranges are those of prefixes: one is inside another or apart from it.
            if ranges.last().is_none_or(|last| last.end <= range.start) {
                ranges.push(range);
            }
        }
        Self { ranges }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the page with this key is of one of the hosts. Cost: a binary search.
    pub fn contains(&self, key: &[u8]) -> bool {
        let behind = self.ranges.partition_point(|range| range.start.as_slice() <= key);
        behind.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|range| range.contains(key))
    }

    /// Whether a URL is of one of the hosts; what is no URL is not.
    pub fn contains_url(&self, url: &str) -> bool {
        !self.is_empty() && parse_url(url, None).is_some_and(|url| self.has(&url))
    }

    fn has(&self, url: &Url) -> bool {
        UrlKey::new(url).is_some_and(|key| self.contains(key.as_bytes()))
    }
}

impl Visit {
    /// The visit without what names one of the hosts: links, redirect, canonical and images; with how many
    /// links that were. Counters of the page stay as they were fetched. `None` if the page is of one of them.
    pub fn without(mut self, hosts: &HostSet) -> Option<(Self, u64)> {
        if hosts.is_empty() {
            return Some((self, 0));
        }
        if hosts.contains(self.key.as_bytes()) {
            return None;
        }
        let before = self.links.len();
        self.links.retain(|link| !hosts.contains(link.key.as_bytes()));
        for stored in &mut self.links {
            stored.link.image_url.take_if(|image| hosts.contains_url(image));
        }
        self.page.redirect.take_if(|redirect| hosts.has(&redirect.to));
        self.page.canonical.take_if(|canonical| hosts.has(canonical));
        let dropped = before - self.links.len();
        Some((self, dropped as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, Link, LinkKind, Outcome, Page, Redirect, RedirectKind, Timestamp};

    fn set(hosts: &[(&str, bool)]) -> HostSet {
        let targets: Vec<Target> = hosts.iter().map(|(host, below)| Target::parse(host, *below).unwrap()).collect();
        HostSet::of(&targets)
    }

    #[test]
    fn hosts_are_found_alone_or_with_all_below() {
        let hosts = set(&[("a.example.org", false), ("example.org", true), ("b.net", false), ("10.0.0.1", true)]);
        for (url, is_in) in [
            ("https://example.org/x?y", true),
            ("http://www.example.org:8080/", true),
            ("http://a.example.org/", true),
            ("http://deep.a.example.org/", true),
            ("http://example.organic.net/", false),
            ("http://notexample.org/", false),
            ("http://b.net/", true),
            ("https://www.b.net/", true),
            ("http://c.b.net/", false),
            ("http://10.0.0.1/", true),
            ("http://10.0.0.2/", false),
            ("http://org/", false),
            ("data:text/plain,b.net", false),
            ("", false),
        ] {
            assert_eq!(hosts.contains_url(url), is_in, "{url}");
        }
        assert!(!HostSet::default().contains_url("http://example.org/"));
    }

    #[test]
    fn a_visit_loses_all_that_names_a_host() {
        let url = |text: &str| parse_url(text, None).unwrap();
        let mut page = Page::new(url("http://a.com/"), Timestamp::from_seconds(0), 301);
        page.redirect = Some(Redirect { to: url("http://x.gone.org/"), kind: RedirectKind::Http });
        page.canonical = Some(url("https://gone.org/c"));
        page.external_links = Some(2);
        let mut image = Link::new(url("http://b.com/"), LinkKind::Image);
        image.image_url = Some("http://gone.org/i.png".to_owned());
        let links = vec![image, Link::new(url("http://www.gone.org/"), LinkKind::Anchor)];
        let evidence = Evidence { archive: "x.warc".into(), offset: 0, length: 1, digest: None };
        let visit = Visit::new(page, links, Outcome::Definite, evidence).unwrap();
        let (left, dropped) = visit.clone().without(&set(&[("gone.org", true)])).unwrap();
        assert_eq!((dropped, left.links.len(), &left.links[0].link.image_url), (1, 1, &None));
        assert_eq!((&left.page.redirect, &left.page.canonical, left.page.external_links), (&None, &None, Some(2)));
        assert_eq!(visit.clone().without(&set(&[("a.com", false)])), None);
        assert_eq!(visit.clone().without(&set(&[("c.com", true)])), Some((visit, 0)));
    }
}
