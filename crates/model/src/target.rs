//! What a user asks about: a page, a host, or a host with everything below it.

use crate::host::Host;
use crate::key::{HostKey, KeyRange, UrlKey};
use crate::url::{parse_url, published};

/// A target, as any face of the program parses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One page: exactly this URL.
    Page(UrlKey),
    /// One host; a leading `www.` of the question and of the answers is folded.
    Host {
        /// The host, without `www.`.
        host: Host,
        /// Whether every host below it counts too.
        include_subdomains: bool,
    },
}

/// Why a text is no target. The message is the reason; the field is the caller's to name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing was said.
    #[error("target is empty")]
    Empty,
    /// Not a host, and not an absolute URL.
    #[error("`{0}` is neither a domain nor an absolute URL; pages start with http:// or https://")]
    NotAHost(String),
    /// An absolute URL that cannot be read.
    #[error("`{0}` is not a valid http or https URL")]
    NotAUrl(String),
    /// The host's last label is no top-level domain.
    #[error("`{0}` ends in a top-level domain that does not exist")]
    UnknownSuffix(String),
    /// A suffix such as `co.uk`.
    #[error("`{0}` is a public suffix, not a domain; ask for a domain below it")]
    PublicSuffix(String),
}

impl Target {
    /// Reads a domain or subdomain without scheme (`www.` allowed and folded), an IP address, or the
    /// absolute URL of a page. `include_subdomains` has no meaning for a page.
    pub fn parse(text: &str, include_subdomains: bool) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        let start = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if start.starts_with("http://") || start.starts_with("https://") {
            let url = parse_url(text, None).map(published).ok_or_else(|| TargetError::NotAUrl(text.to_owned()))?;
            let key = UrlKey::new(&url).ok_or_else(|| TargetError::NotAUrl(text.to_owned()))?;
            check_host(&key.host())?;
            return Ok(Self::Page(key));
        }
        let is_host = !text.contains(['/', '?', '#', '@', '\\', ' ']);
        let bare_v6 = text.parse::<std::net::Ipv6Addr>().ok().map(|address| format!("[{address}]"));
        let host = Host::parse(bare_v6.as_deref().unwrap_or(text)).filter(|_| is_host);
        let host = host.ok_or_else(|| TargetError::NotAHost(text.to_owned()))?;
        check_host(&host)?;
        let host = Host::parse(host.without_www()).ok_or_else(|| TargetError::NotAHost(text.to_owned()))?;
        if include_subdomains && is_wildcard(&host) {
            return Err(TargetError::PublicSuffix(host.to_string()));
        }
        Ok(Self::Host { host, include_subdomains })
    }

    /// The host that decides the bucket.
    pub fn host(&self) -> Host {
        match self {
            Self::Page(key) => key.host(),
            Self::Host { host, .. } => host.clone(),
        }
    }

    /// The key ranges of the target, in key order: one for a page or a domain with its subdomains,
    /// two for an exact host (itself and `www.`).
    pub fn ranges(&self) -> Vec<KeyRange> {
        match self {
            Self::Page(key) => vec![key.range()],
            Self::Host { host, include_subdomains: true } => vec![HostKey::new(host).range_with_subdomains()],
            Self::Host { host, include_subdomains: false } => {
                let mut ranges = vec![HostKey::new(host).range()];
                if let Some(www) = www_of(host) {
                    ranges.push(HostKey::new(&www).range());
                }
                ranges
            }
        }
    }
}

/// The host that folds to `host`, if there is one.
fn www_of(host: &Host) -> Option<Host> {
    let www = (!host.is_ip()).then(|| Host::parse(&format!("www.{host}"))).flatten()?;
    (www.without_www() == host.as_str()).then_some(www)
}

fn check_host(host: &Host) -> Result<(), TargetError> {
    if !host.has_known_suffix() {
        return Err(TargetError::UnknownSuffix(host.to_string()));
    }
    // A private suffix such as blogspot.com is a domain by the ICANN part, and may be asked for.
    if !host.is_ip() && host.is_public_suffix() && host.icann_registrable() == host.as_str() && !is_below_icann(host) {
        return Err(TargetError::PublicSuffix(host.to_string()));
    }
    Ok(())
}

/// Whether the names right below the host are public suffixes, such as those below `kawasaki.jp`:
/// the domains of many, in many buckets.
fn is_wildcard(host: &Host) -> bool {
    let below = (!host.is_ip()).then(|| Host::parse(&format!("www.{host}"))).flatten();
    below.is_some_and(|below| below.icann_registrable() != host.icann_registrable())
}

/// Whether the host has an ICANN suffix and at least one label more.
fn is_below_icann(host: &Host) -> bool {
    let suffix_is_private =
        psl::suffix(host.as_str().as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Private));
    suffix_is_private && host.as_str().contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Result<String, TargetError> {
        Target::parse(text, true).map(|target| target.host().to_string())
    }

    #[test]
    fn hosts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("example.org", "example.org"),
            (" WWW.Example.ORG ", "example.org"),
            ("bücher.de", "xn--bcher-kva.de"),
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("blogspot.com", "blogspot.com"),
            ("example.org.", "example.org"),
        ] {
            assert_eq!(host(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused_with_its_reason() {
        assert_eq!(host("  "), Err(TargetError::Empty));
        assert!(matches!(host("example.org/path"), Err(TargetError::NotAHost(_))));
        assert!(matches!(host("exa mple.org"), Err(TargetError::NotAHost(_))));
        assert!(matches!(host("example.nosuchtld"), Err(TargetError::UnknownSuffix(_))));
        assert!(matches!(host("localhost"), Err(TargetError::UnknownSuffix(_))));
        assert!(matches!(host("co.uk"), Err(TargetError::PublicSuffix(_))));
        assert!(matches!(host("com"), Err(TargetError::PublicSuffix(_))));
        assert!(matches!(host("kawasaki.jp"), Err(TargetError::PublicSuffix(_))));
        assert!(Target::parse("kawasaki.jp", false).is_ok());
        assert_eq!(host("city.kawasaki.jp").as_deref(), Ok("city.kawasaki.jp"));
        assert!(matches!(host("http://"), Err(TargetError::NotAUrl(_))));
        assert!(matches!(host("https://example.nosuchtld/"), Err(TargetError::UnknownSuffix(_))));
    }

    #[test]
    fn ranges_cover_what_the_target_means() {
        let contains = |target: &str, below: bool, url: &str| {
            let key = UrlKey::new(&parse_url(url, None).unwrap()).unwrap();
            Target::parse(target, below).unwrap().ranges().iter().any(|range| range.contains(key.as_bytes()))
        };
        assert!(contains("example.org", true, "http://a.example.org/"));
        assert!(!contains("example.org", false, "http://a.example.org/"));
        assert!(contains("example.org", false, "https://www.example.org/x"));
        assert!(!contains("example.org", false, "https://www.a.example.org/x"));
        assert!(contains("https://example.org/", true, "https://example.org/"));
        assert!(!contains("https://example.org/", true, "http://example.org/"));
        assert!(!contains("https://example.org/a", true, "https://example.org/a/"));
        assert!(contains("https://example.org", true, "https://example.org/#x"));
    }
}
