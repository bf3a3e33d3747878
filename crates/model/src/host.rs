//! Hosts and registrable domains, by the public suffix list that is compiled in.

use std::fmt;
use std::net::IpAddr;

use crate::url::Url;

/// The release of the `psl` crate whose public suffix list is compiled in. It is written into every
/// manifest, because another list can move hosts between domains.
pub const SUFFIX_LIST_VERSION: &str = "psl-2.1.247";

/// A host as the URL parser writes it (lower case, ASCII), less one trailing dot. IPv6 addresses
/// are in brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host {
    text: String,
    address: Option<IpAddr>,
}

/// A registrable domain: a public suffix (ICANN or private part of the list) and one more label; an
/// IP address or a bare suffix stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

impl Host {
    /// The host of `url`; `None` if it has none.
    pub fn of(url: &Url) -> Option<Self> {
        Some(match url.host()? {
            url::Host::Domain(name) => Self::from_normal(name)?,
            url::Host::Ipv4(address) => Self { text: address.to_string(), address: Some(address.into()) },
            url::Host::Ipv6(address) => {
                Self { text: url::Host::<&str>::Ipv6(address).to_string(), address: Some(address.into()) }
            }
        })
    }

    /// Parses what a person or a stored key says: `Example.COM`, `bücher.de`, `127.0.0.1`, `[::1]`.
    pub fn parse(text: &str) -> Option<Self> {
        match url::Host::parse(text).ok()? {
            url::Host::Domain(name) => Self::from_normal(&name),
            url::Host::Ipv4(address) => Some(Self { text: address.to_string(), address: Some(address.into()) }),
            url::Host::Ipv6(address) => {
                Some(Self { text: url::Host::<&str>::Ipv6(address).to_string(), address: Some(address.into()) })
            }
        }
    }

    /// From a domain name that the URL parser has already normalised; `None` if it has no last label.
    pub(crate) fn from_normal(name: &str) -> Option<Self> {
        without_root_dot(name).map(|name| Self { text: name.to_owned(), address: None })
    }

    /// The text, for instance `www.example.org`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address, if the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whether the host is an IP address.
    pub fn is_ip(&self) -> bool {
        self.address.is_some()
    }

    /// The last label, `org` for `example.org`; `None` for addresses.
    pub fn tld(&self) -> Option<&str> {
        if self.is_ip() { None } else { self.text.rsplit('.').next().filter(|label| !label.is_empty()) }
    }

    /// The registrable domain as text: suffix (ICANN and private parts) plus one label. An address
    /// or a bare suffix stands for itself.
    pub fn registrable(&self) -> &str {
        if self.is_ip() {
            return &self.text;
        }
        psl::domain_str(&self.text).unwrap_or(&self.text)
    }

    /// The registrable domain by the ICANN part of the list alone, so that `a.blogspot.com` and
    /// `blogspot.com` agree. Used to choose buckets.
    pub fn icann_registrable(&self) -> &str {
        if self.is_ip() {
            return &self.text;
        }
        let mut name = self.text.as_str();
        loop {
            let Some(suffix) = psl::suffix(name.as_bytes()) else { return &self.text };
            if suffix.typ() != Some(psl::Type::Private) {
                // Suffix and one label of the whole host.
                let labels = suffix.as_bytes().split(|byte| *byte == b'.').count() + 1;
                return last_labels(&self.text, labels);
            }
            // A private suffix: what lies below its first label decides.
            let start = name.len() - suffix.as_bytes().len();
            let Some(parent) = name.get(start..).and_then(|suffix| suffix.split_once('.')).map(|(_, parent)| parent)
            else {
                return &self.text;
            };
            name = parent;
        }
    }

    /// The registrable domain as a type.
    pub fn domain(&self) -> Domain {
        Domain(self.registrable().to_owned())
    }

    /// The host without a leading `www.`, where what is left still lies in a registrable domain:
    /// `www.example.org` gives `example.org`, `www.com` and `www.co.uk` stay.
    pub fn without_www(&self) -> &str {
        match self.text.strip_prefix("www.") {
            Some(rest) if self.registrable().len() <= rest.len() => rest,
            _ => &self.text,
        }
    }

    /// Whether a link between two hosts is internal: the same host, a leading `www.` folded.
    pub fn is_same_site_as(&self, other: &Self) -> bool {
        self.without_www() == other.without_www()
    }

    /// Whether the public suffix list knows the suffix; addresses count as known.
    pub fn has_known_suffix(&self) -> bool {
        self.is_ip() || psl::suffix(self.text.as_bytes()).is_some_and(|suffix| suffix.is_known())
    }

    /// Whether the host is itself a public suffix such as `co.uk` or `blogspot.com`.
    pub fn is_public_suffix(&self) -> bool {
        !self.is_ip() && psl::domain_str(&self.text).is_none()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Domain {
    /// The text, for instance `example.co.uk`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name less the one dot that stands for the root; `None` if the last label before it is empty.
/// No such name can be looked up, and it could not be told from another: the URL parser reads
/// `127.0.0.1..` as a name, but `127.0.0.1.` as an address.
pub(crate) fn without_root_dot(name: &str) -> Option<&str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    (!name.is_empty() && !name.ends_with('.')).then_some(name)
}

fn last_labels(name: &str, count: usize) -> &str {
    name.rmatch_indices('.').nth(count - 1).map_or(name, |(at, _)| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    #[test]
    fn registrable_domains_follow_both_parts_of_the_list() {
        for (name, registrable, icann) in [
            ("www.example.org", "example.org", "example.org"),
            ("a.b.example.co.uk", "example.co.uk", "example.co.uk"),
            ("a.b.blogspot.com", "b.blogspot.com", "blogspot.com"),
            ("blogspot.com", "blogspot.com", "blogspot.com"),
            ("x.github.io", "x.github.io", "github.io"),
            ("co.uk", "co.uk", "co.uk"),
            ("www.ck", "www.ck", "www.ck"),
            ("localhost", "localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]", "[::1]"),
        ] {
            assert_eq!(host(name).registrable(), registrable, "{name}");
            assert_eq!(host(name).icann_registrable(), icann, "{name}");
        }
    }

    #[test]
    fn www_is_folded_only_above_a_registrable_domain() {
        for (name, folded) in [
            ("www.example.org", "example.org"),
            ("www.a.example.org", "a.example.org"),
            ("www.www.example.org", "www.example.org"),
            ("www.com", "www.com"),
            ("www.co.uk", "www.co.uk"),
            ("example.org", "example.org"),
        ] {
            assert_eq!(host(name).without_www(), folded, "{name}");
        }
    }

    #[test]
    fn hosts_are_normalised() {
        assert_eq!(host("EXAMPLE.org.").as_str(), "example.org");
        assert_eq!(host("bücher.de").as_str(), "xn--bcher-kva.de");
        assert_eq!(host("0x7f.1").as_str(), "127.0.0.1");
        assert_eq!(host("evil,www.com").tld(), Some("com"));
        assert!(!host("example.nosuchtld").has_known_suffix());
        assert!(host("co.uk").is_public_suffix());
    }

    #[test]
    fn the_pinned_version_is_the_locked_one() {
        let lock = include_str!("../../../Cargo.lock");
        let locked = lock.split("name = \"psl\"\nversion = \"").nth(1).unwrap();
        assert!(locked.starts_with(SUFFIX_LIST_VERSION.strip_prefix("psl-").unwrap()));
    }
}
