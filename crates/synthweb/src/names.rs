//! Addresses: what each host and each page is called.
//!
//! Every named host holds `-synth`, so that nobody takes it for a real site, under a real public
//! suffix; its syllables spell its number, so that no two hosts share a name. The last number in a
//! path is the index of the page on its host, so that no two pages share an address.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::layout::{HostNumber, Spot};
use crate::options::Shares;
use crate::random::{Dice, Stream};
use crate::words::{Charset, Language, PATH_WORDS, languages};

/// Hosts come in families of this many numbers; the first owns the domain.
const FAMILY: u64 = 8;

const SUFFIXES: &[&str] = &[
    "com",
    "com",
    "com",
    "com",
    "com",
    "com",
    "com",
    "com",
    "org",
    "org",
    "net",
    "net",
    "de",
    "de",
    "fr",
    "co.uk",
    "co.uk",
    "com.au",
    "io",
    "info",
    "ru",
    "jp",
    "github.io",
    "blogspot.com",
];

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aeio";

/// What all pages of a host share.
#[derive(Debug, Clone)]
pub(crate) struct HostFacts {
    /// Scheme, host and port, without a slash at the end.
    pub(crate) origin: String,
    /// The host and nothing else.
    pub(crate) name: String,
    pub(crate) charset: Charset,
    pub(crate) language: &'static Language,
    pub(crate) server: Option<&'static str>,
    pub(crate) ip: IpAddr,
}

/// All that is said of a host.
pub(crate) fn host_facts(seed: u64, host: HostNumber, shares: &Shares) -> HostFacts {
    let mut origin = String::new();
    write_origin(seed, host, &mut origin);
    let rest = origin.split_once("://").map_or("", |(_, rest)| rest);
    // The colons of an IPv6 address are inside brackets.
    let name_end = rest.find(']').map(|at| at + 1).or(rest.find(':')).unwrap_or(rest.len());
    let name = rest[..name_end].to_owned();
    let mut dice = Dice::new(seed, Stream::Host, host.0, 1);
    let charset = if dice.chance(shares.foreign_charset) {
        dice.pick(&[Charset::Latin1, Charset::Windows1251, Charset::ShiftJis])
    } else {
        Charset::Utf8
    };
    let language = dice.pick(languages(charset));
    let server = dice.pick(&[Some("nginx"), Some("Apache/2.4.62 (Debian)"), Some("synthweb"), None]);
    let last = dice.below(254) as u8 + 1;
    let ip = address(host).unwrap_or(Ipv4Addr::new(203, 0, 113, last).into());
    HostFacts { origin, name, charset, language, server, ip }
}

/// A host whose registrable domain is that of `host`, if it has one.
pub(crate) fn sibling(host: HostNumber, dice: &mut Dice) -> Option<HostNumber> {
    let owner = host.0 - host.0 % FAMILY;
    match host.0 % FAMILY {
        0 => Some(HostNumber(owner + 5 + dice.below(2))),
        5 => Some(HostNumber(owner + if dice.chance(500) { 0 } else { 6 })),
        6 => Some(HostNumber(owner + if dice.chance(500) { 0 } else { 5 })),
        _ => None,
    }
}

/// The address of a host that has no name: some of the documentation ranges.
fn address(host: HostNumber) -> Option<IpAddr> {
    let number = host.0 / 64;
    if host.0 % 64 != 63 {
        return None;
    }
    let last = u8::try_from(number / 3 + 1).ok().filter(|last| *last < 255);
    Some(match number % 3 {
        0 => Ipv4Addr::new(192, 0, 2, last?).into(),
        1 => Ipv6Addr::from((0x2001_0DB8 << 96) + u128::from(number)).into(),
        _ => Ipv4Addr::new(198, 51, 100, last?).into(),
    })
}

/// Appends scheme, host and port.
pub(crate) fn write_origin(seed: u64, host: HostNumber, out: &mut String) {
    let mut dice = Dice::new(seed, Stream::Host, host.0, 0);
    let is_https = dice.chance(750);
    let has_port = dice.chance(20);
    let wants_www = dice.chance(400);
    out.push_str(if is_https { "https://" } else { "http://" });
    if let Some(address) = address(host) {
        // Writing into a String cannot fail.
        let _ = match address {
            IpAddr::V4(address) => write!(out, "{address}"),
            IpAddr::V6(address) => write!(out, "[{address}]"),
        };
    } else {
        let owner = match host.0 % FAMILY {
            5 => {
                out.push_str("blog.");
                HostNumber(host.0 - 5)
            }
            6 => {
                out.push_str("docs.");
                HostNumber(host.0 - 6)
            }
            _ => host,
        };
        write_name(seed, owner, wants_www && owner == host, out);
    }
    if has_port {
        out.push_str(if is_https { ":8443" } else { ":8080" });
    }
}

/// Appends a name below a public suffix, with `www.` where that is usual.
fn write_name(seed: u64, owner: HostNumber, wants_www: bool, out: &mut String) {
    let mut dice = Dice::new(seed, Stream::Host, owner.0, 2);
    let suffix = dice.pick(SUFFIXES);
    if wants_www && !matches!(suffix, "github.io" | "blogspot.com") {
        out.push_str("www.");
    }
    let mut syllable = |number: u64| {
        out.push(char::from(CONSONANTS[(number % 16) as usize]));
        out.push(char::from(VOWELS[(number / 16 % 4) as usize]));
    };
    syllable(dice.below(64));
    syllable(dice.below(64));
    let mut rest = owner.0;
    while rest > 0 {
        syllable(rest);
        rest /= 64;
    }
    out.push_str("-synth.");
    out.push_str(suffix);
}

/// Appends path and query of a page; the home page is `/`.
pub(crate) fn write_path(seed: u64, spot: Spot, out: &mut String) {
    out.push('/');
    if spot.index == 0 {
        return;
    }
    let index = spot.index;
    let mut dice = Dice::new(seed, Stream::Path, spot.host.0, index);
    let mut word = || dice.pick(PATH_WORDS);
    let (first, second) = (word(), word());
    // Writing into a String cannot fail.
    let _ = match dice.below(16) {
        0..=3 => write!(out, "{first}-{index}"),
        4..=6 => write!(out, "{first}/{second}-{index}/"),
        7..=9 => write!(out, "{first}/{index}.html"),
        10 | 11 => write!(out, "{}/{:02}/{first}-{second}-{index}", 2005 + dice.below(20), 1 + dice.below(12)),
        12 => write!(out, "?p={index}"),
        13 => write!(out, "index.php?id={index}&view={first}"),
        14 => write!(out, "wiki/{first}_{index}"),
        _ => write!(out, "caf%C3%A9/{first}-{index}"),
    };
}

/// The whole address of a page.
pub(crate) fn url(seed: u64, spot: Spot) -> String {
    let mut out = String::with_capacity(72);
    write_origin(seed, spot.host, &mut out);
    write_path(seed, spot, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use model::Host;

    use super::*;

    #[test]
    fn names_are_unique_and_written_as_the_url_parser_writes_them() {
        let mut seen = HashSet::new();
        for host in 0..5000 {
            for index in [0, 1, 17] {
                let url = url(7, Spot { host: HostNumber(host), index });
                let parsed = model::parse_url(&url, None).unwrap();
                assert_eq!(parsed.as_str(), url);
                assert!(Host::of(&parsed).unwrap().has_known_suffix());
                assert!(seen.insert(url));
            }
        }
    }

    #[test]
    fn siblings_share_their_registrable_domain_and_nothing_else_does() {
        let host = |number| {
            let facts = host_facts(7, HostNumber(number), &Shares::default());
            Host::parse(&facts.name).unwrap()
        };
        let mut domains = HashSet::new();
        for number in 0..800 {
            let mut dice = Dice::new(1, Stream::Link, number, 0);
            if let Some(sibling) = sibling(HostNumber(number), &mut dice) {
                assert_eq!(host(number).domain(), host(sibling.0).domain());
                assert!(!host(number).is_same_site_as(&host(sibling.0)));
            }
            if !matches!(number % FAMILY, 5 | 6) {
                assert!(domains.insert(host(number).domain()));
            }
        }
    }
}
