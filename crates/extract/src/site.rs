//! The site of a page: which links stay inside it.
//!
//! On most pages most links do, and whoever stores only those that leave can do without their texts and addresses. So
//! such a link is told by the looks of its `href`, before it is resolved: [`Inside`]. What does not look like one is
//! resolved, and then [`SiteCounter`] says.

use model::{Host, Url, parse_url};

use crate::address::is_plain_path;

/// Tells links that stay inside the site for sure by their `href`.
#[derive(Debug)]
pub(crate) struct Inside {
    page: Url,
    own: Option<Host>,
    /// The site's hosts, with and without `www.`.
    hosts: Vec<String>,
    /// Whether a relative address leads into the site.
    is_base_inside: bool,
    /// Whether one was taken to do so.
    has_relative: bool,
}

impl Inside {
    pub(crate) fn new(page: &Url) -> Self {
        let own = Host::of(page);
        // The page's own is one of these.
        let names = own.iter().flat_map(|own| [own.without_www().to_owned(), format!("www.{}", own.without_www())]);
        // A name must come out of the parser as it is, and some cannot do without `www.`.
        let is_own = |name: &String| {
            let host = Host::parse(name).filter(|host| host.as_str() == name);
            host.zip(own.as_ref()).is_some_and(|(host, own)| host.is_same_site_as(own))
        };
        let hosts = names.filter(is_own).collect();
        Self { page: page.clone(), own, hosts, is_base_inside: true, has_relative: false }
    }

    /// The document has a base from here on, which holds for what was before it too: `false` if relative addresses that
    /// were told to lead into the site do not.
    pub(crate) fn set_base(&mut self, base: &str) -> bool {
        let base = parse_url(base, Some(&self.page)).and_then(|base| Host::of(&base));
        self.is_base_inside = base.zip(self.own.as_ref()).is_none_or(|(base, own)| base.is_same_site_as(own));
        self.is_base_inside || !self.has_relative
    }

    /// Whether a link to `href` stays inside the site for sure.
    pub(crate) fn holds(&mut self, href: &str) -> bool {
        if let Some(rest) = href.strip_prefix("https://").or_else(|| href.strip_prefix("http://")) {
            return self.hosts.iter().any(|host| {
                let path = rest.strip_prefix(host.as_str()).map(str::as_bytes);
                matches!(path, Some([] | [b'/' | b'?' | b'#', ..]))
            });
        }
        let is_inside = self.is_base_inside && is_plain_relative(href.as_bytes());
        self.has_relative |= is_inside;
        is_inside
    }
}

/// Whether an address names neither scheme nor host for sure.
fn is_plain_relative(href: &[u8]) -> bool {
    match href {
        [] | [b'?' | b'#', ..] => true,
        [b'/', ..] => is_plain_path(href),
        [b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'%' | b'_' | b'-', rest @ ..] => {
            let end = rest.iter().find(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'));
            end != Some(&b':')
        }
        _ => false,
    }
}

/// Counts links inside a site and out of it.
#[derive(Debug)]
pub(crate) struct SiteCounter {
    host: Option<Host>,
    /// The last host asked for, and the answer: neighbours often agree.
    last: Option<(String, bool)>,
    pub(crate) internal: u32,
    pub(crate) external: u32,
}

impl SiteCounter {
    pub(crate) fn new(page: &Url) -> Self {
        Self { host: Host::of(page), last: None, internal: 0, external: 0 }
    }

    pub(crate) fn add(&mut self, is_internal: bool) {
        let count = if is_internal { &mut self.internal } else { &mut self.external };
        *count = count.saturating_add(1);
    }

    /// Whether a link to `target` stays inside the site.
    pub(crate) fn is_internal(&mut self, target: &Url) -> bool {
        let name = target.host_str().unwrap_or_default();
        match &self.last {
            _ if self.host.as_ref().is_some_and(|own| own.as_str() == name) => true,
            Some((last, answer)) if last == name => *answer,
            _ => {
                let answer = match (&self.host, Host::of(target)) {
                    (Some(own), Some(other)) => own.is_same_site_as(&other),
                    _ => false,
                };
                self.last = Some((name.to_owned(), answer));
                answer
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAGES: [&str; 7] = [
        "https://ex.org/a",
        "http://www.ex.org:8080/a/b?c",
        "https://www.com/",
        "https://www.www.ex.org/",
        "https://1.2.3.4/",
        "http://[::1]/",
        "https://xn--bcher-kva.de./",
    ];

    fn is_same_site(page: &Url, target: &Url) -> bool {
        let hosts = Host::of(page).zip(Host::of(target));
        hosts.is_some_and(|(own, other)| own.is_same_site_as(&other))
    }

    proptest! {
        #[test]
        fn what_is_told_to_stay_inside_does(
            page in prop::sample::select(PAGES.as_slice()),
            start in "(https?:(//)?(www\\.)?(ex\\.org|com|www\\.ex\\.org|1\\.2\\.3\\.4|\\[::1\\]|xn--bcher-kva\\.de))?",
            rest in "[/\\\\\t.a:@?#%é -]{0,6}",
        ) {
            let page = parse_url(page, None).unwrap();
            let href = format!("{start}{rest}");
            if Inside::new(&page).holds(&href) {
                let target = parse_url(&href, Some(&page));
                prop_assert!(target.is_some_and(|target| is_same_site(&page, &target)), "{} on {}", href, page);
            }
        }
    }

    #[test]
    fn what_most_pages_write_is_told() {
        let page = parse_url("https://www.ex.org/a", None).unwrap();
        let mut inside = Inside::new(&page);
        for href in
            ["", "/", "/b", "b.html", "../b", "?q=1:2", "#top", "http://ex.org", "https://www.ex.org/b", "b/c:d"]
        {
            assert!(inside.holds(href), "{href}");
        }
        for href in ["//ex.org.net/", "https://ex.org.net/", "https://other.net/", "mailto:a", "b:c", "/\t/other.net"] {
            assert!(!inside.holds(href), "{href}");
        }
        for (page, href) in [("https://www.com/", "https://com/"), ("https://co.uk/", "https://www.co.uk/")] {
            assert!(!Inside::new(&parse_url(page, None).unwrap()).holds(href), "{href} on {page}");
        }
    }

    #[test]
    fn a_late_base_of_another_site_misleads_only_relative_addresses() {
        let page = parse_url("https://ex.org/", None).unwrap();
        let told = |href: &str, base: &str| {
            let mut inside = Inside::new(&page);
            inside.holds(href);
            (inside.set_base(base), inside.holds("b"))
        };
        assert_eq!(told("a", "https://other.net/"), (false, false));
        assert_eq!(told("https://ex.org/a", "https://other.net/"), (true, false));
        assert_eq!(told("a", "https://www.ex.org/b/"), (true, true));
        assert_eq!(told("a", "mailto:b"), (true, true));
    }
}
