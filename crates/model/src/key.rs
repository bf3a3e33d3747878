//! Sort keys of URLs: byte order is disk order.
//!
//! ```text
//! name host   label 0x01 … label 0x01 0x00        labels reversed: org 0x01 example 0x01 www 0x01 0x00
//! IPv4 host   0x02 (4 bytes) 0x00
//! IPv6 host   0x03 (16 bytes) 0x00
//! then        port: 0x00, or 0x01 and two bytes big-endian
//!             path and query as in the URL (no byte below 0x21 can occur), 0x00
//!             scheme: 0x00 http, 0x01 https
//! ```
//!
//! So a page is one key, a host is the range of keys that start with its host key, and a domain with
//! all its subdomains is the range that starts with its labels. No host name can hold a byte below
//! 0x21, so no separator can be forged by a page. The key holds the whole URL (fragment, credentials
//! and one trailing dot of the host are not part of it), and [`UrlKey::to_url_string`] gives it back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Bound;

use url::Position;

use crate::host::Host;
use crate::url::Url;

/// The version of the key format, written into every manifest.
pub const KEY_VERSION: u32 = 1;

const LABEL_END: u8 = 0x01;
const HOST_END: u8 = 0x00;
const TAG_IPV4: u8 = 0x02;
const TAG_IPV6: u8 = 0x03;
const PATH_END: u8 = 0x00;

/// Bytes from disk that are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a URL key: {0}")]
pub struct KeyError(&'static str);

/// The sort key of a host, from its first byte to the byte that ends the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostKey(Vec<u8>);

/// The sort key of a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlKey(Vec<u8>);

/// A half-open range of keys in byte order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRange {
    /// First key bytes inside.
    pub start: Vec<u8>,
    /// First key bytes after the range.
    pub end: Vec<u8>,
}

impl KeyRange {
    fn of_prefix(prefix: Vec<u8>) -> Self {
        let mut end = prefix.clone();
        // Prefixes end in a byte of ours that is never 0xFF.
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        Self { start: prefix, end }
    }

    /// Whether `key` lies inside.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.start.as_slice() <= key && key < self.end.as_slice()
    }

    /// The range as standard bounds.
    pub fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (Bound::Included(&self.start), Bound::Excluded(&self.end))
    }
}

impl HostKey {
    /// The key of a host.
    pub fn new(host: &Host) -> Self {
        let mut bytes = labels(host);
        bytes.push(HOST_END);
        Self(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The host of a host key from disk.
    pub fn host_of(bytes: &[u8]) -> Result<Host, KeyError> {
        // A host key and the shortest rest make a URL key.
        let url_key = [bytes, &[0, b'/', PATH_END, 0]].concat();
        let parts = Parts::of(&url_key)?;
        let ends_there = parts.page.port.is_none() && parts.page.rest == "/";
        ends_there.then_some(parts.host).ok_or(KeyError("more than a host"))
    }

    /// All URLs of exactly this host.
    pub fn range(&self) -> KeyRange {
        KeyRange::of_prefix(self.0.clone())
    }

    /// All URLs of this host and of every host below it. An address has nothing below it.
    pub fn range_with_subdomains(&self) -> KeyRange {
        if matches!(self.0.first(), Some(&(TAG_IPV4 | TAG_IPV6))) {
            return self.range();
        }
        let mut prefix = self.0.clone();
        prefix.pop();
        KeyRange::of_prefix(prefix)
    }
}

/// The host's labels, reversed and ended, or its tagged address.
fn labels(host: &Host) -> Vec<u8> {
    match host.address() {
        None => {
            let mut bytes = Vec::with_capacity(host.as_str().len() + 2);
            for label in host.as_str().rsplit('.') {
                bytes.extend_from_slice(label.as_bytes());
                bytes.push(LABEL_END);
            }
            bytes
        }
        Some(IpAddr::V4(address)) => [&[TAG_IPV4][..], &address.octets()].concat(),
        Some(IpAddr::V6(address)) => [&[TAG_IPV6][..], &address.octets()].concat(),
    }
}

impl UrlKey {
    /// The key of a URL with scheme `http` or `https`; `None` for any other.
    pub fn new(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "http" => 0,
            "https" => 1,
            _ => return None,
        };
        let host = Host::of(url)?;
        let rest = &url[Position::BeforePath..Position::AfterQuery];
        let mut bytes = labels(&host);
        bytes.reserve(rest.len() + 6);
        bytes.push(HOST_END);
        match url.port() {
            None => bytes.push(0),
            Some(port) => {
                bytes.push(1);
                bytes.extend_from_slice(&port.to_be_bytes());
            }
        }
        bytes.extend_from_slice(rest.as_bytes());
        bytes.push(PATH_END);
        bytes.push(scheme);
        Some(Self(bytes))
    }

    /// Takes bytes from disk for a key, after checking its form.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, KeyError> {
        Parts::of(&bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The host that the key belongs to.
    pub fn host(&self) -> Host {
        Parts::of(&self.0).expect("a key is checked when it is made").host
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.0.last() == Some(&1)
    }

    /// Just this page.
    pub fn range(&self) -> KeyRange {
        KeyRange::of_prefix(self.0.clone())
    }

    /// The URL that the key was made from, as the URL parser writes it.
    pub fn to_url_string(&self) -> String {
        Parts::of(&self.0).expect("a key is checked when it is made").to_url_string()
    }

    /// The bytes of the host's key at the start of a key from disk: equal for equal hosts. `None` if no
    /// host ends there. Much cheaper than the host itself.
    pub fn host_key_bytes(bytes: &[u8]) -> Option<&[u8]> {
        let end = match *bytes.first()? {
            TAG_IPV4 => 1 + 4,
            TAG_IPV6 => 1 + 16,
            _ => bytes.iter().position(|byte| *byte == HOST_END)?,
        };
        bytes.get(..=end).filter(|key| key.last() == Some(&HOST_END))
    }

    /// Whether a key from disk is that of a home page: the path `/` and no query, on any port.
    pub fn is_home_page(bytes: &[u8]) -> bool {
        let after_host = Self::host_key_bytes(bytes).and_then(|host| bytes.get(host.len()..));
        matches!(after_host, Some([0, b'/', PATH_END, _] | [1, _, _, b'/', PATH_END, _]))
    }

    /// [`UrlKey::to_url_string`] and [`UrlKey::host`] of bytes that are not owned.
    pub fn url_and_host(bytes: &[u8]) -> Result<(String, Host), KeyError> {
        let parts = Parts::of(bytes)?;
        Ok((parts.to_url_string(), parts.host))
    }

    /// Appends the URL of a key from disk whose host is `host`: what [`UrlKey::url_and_host`] gives, without the search
    /// for a public suffix that a host takes.
    pub fn put_url(bytes: &[u8], host: &Host, into: &mut String) -> Result<(), KeyError> {
        let after = Self::host_key_bytes(bytes).and_then(|host| bytes.get(host.len()..));
        Page::of(after.ok_or(KeyError("host without end"))?)?.put_url(host, into);
        Ok(())
    }
}

/// A key taken apart.
struct Parts<'a> {
    host: Host,
    page: Page<'a>,
}

/// What stands in a key behind its host.
struct Page<'a> {
    port: Option<u16>,
    rest: &'a str,
    https: bool,
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, KeyError> {
        let (host, after) = match *bytes.first().ok_or(KeyError("empty"))? {
            TAG_IPV4 => {
                let octets = bytes.get(1..5).and_then(|octets| <[u8; 4]>::try_from(octets).ok());
                let address = IpAddr::from(Ipv4Addr::from(octets.ok_or(KeyError("cut IPv4 host"))?));
                (Host::parse(&address.to_string()), bytes.get(5..))
            }
            TAG_IPV6 => {
                let octets = bytes.get(1..17).and_then(|octets| <[u8; 16]>::try_from(octets).ok());
                let address = Ipv6Addr::from(octets.ok_or(KeyError("cut IPv6 host"))?);
                (Host::parse(&format!("[{address}]")), bytes.get(17..))
            }
            _ => {
                let end = bytes.iter().position(|byte| *byte == HOST_END).ok_or(KeyError("host without end"))?;
                let labels = bytes.get(..end).and_then(|labels| labels.strip_suffix(&[LABEL_END]));
                let labels = labels.ok_or(KeyError("label without end"))?;
                let mut name = String::with_capacity(labels.len());
                for (place, label) in labels.rsplit(|byte| *byte == LABEL_END).enumerate() {
                    let label = std::str::from_utf8(label).map_err(|_| KeyError("host is not text"))?;
                    if label.bytes().any(|byte| byte <= 0x20) {
                        return Err(KeyError("separator inside a label"));
                    }
                    if place > 0 {
                        name.push('.');
                    }
                    name.push_str(label);
                }
                let host = Host::from_normal(&name).filter(|_| !name.ends_with('.'));
                (host, bytes.get(end..))
            }
        };
        let host = host.ok_or(KeyError("host"))?;
        let after = after.and_then(|after| after.strip_prefix(&[HOST_END])).ok_or(KeyError("host without end"))?;
        Ok(Self { host, page: Page::of(after)? })
    }

    fn to_url_string(&self) -> String {
        let mut url = String::new();
        self.page.put_url(&self.host, &mut url);
        url
    }
}

impl<'a> Page<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, KeyError> {
        let (port, after) = match bytes {
            [0, after @ ..] => (None, after),
            [1, high, low, after @ ..] => (Some(u16::from_be_bytes([*high, *low])), after),
            _ => return Err(KeyError("port")),
        };
        let (rest, https) = match after {
            [rest @ .., PATH_END, scheme @ (0 | 1)] => (rest, *scheme == 1),
            _ => return Err(KeyError("scheme")),
        };
        let rest = std::str::from_utf8(rest).map_err(|_| KeyError("path is not text"))?;
        if !rest.starts_with('/') || rest.bytes().any(|byte| byte <= 0x20) {
            return Err(KeyError("path"));
        }
        Ok(Self { port, rest, https })
    }

    fn put_url(&self, host: &Host, into: &mut String) {
        let host = host.as_str();
        into.reserve("https://:65535".len() + host.len() + self.rest.len());
        into.push_str(if self.https { "https://" } else { "http://" });
        into.push_str(host);
        if let Some(port) = self.port {
            into.push(':');
            into.push_str(&port.to_string());
        }
        into.push_str(self.rest);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse_url;

    fn key(text: &str) -> UrlKey {
        UrlKey::new(&parse_url(text, None).unwrap()).unwrap()
    }

    #[test]
    fn keys_give_their_urls_back() {
        for text in [
            "http://example.org/",
            "https://example.org:8443/a/b?c=d&e",
            "https://xn--bcher-kva.de/%C3%BC",
            "http://127.0.0.1:8080/",
            "https://[2001:db8::1]/x",
            "http://[::ffff:102:304]/",
            "http://example.org:0/",
            "http://evil,www.com/",
            "http://a..b.com/",
            "http://.example.org/",
        ] {
            let key = key(text);
            assert_eq!(key.to_url_string(), text);
            assert_eq!(UrlKey::host_key_bytes(key.as_bytes()), Some(HostKey::new(&key.host()).as_bytes()));
            let path = parse_url(text, None).unwrap();
            assert_eq!(UrlKey::is_home_page(key.as_bytes()), path.path() == "/" && path.query().is_none(), "{text}");
            assert_eq!(UrlKey::from_bytes(key.as_bytes().to_vec()), Ok(key));
        }
        assert_eq!(key("http://example.org./x#y").to_url_string(), "http://example.org/x");
    }

    #[test]
    fn broken_keys_are_refused() {
        let good = key("http://example.org/").into_bytes();
        for cut in 0..good.len() {
            assert!(UrlKey::from_bytes(good[..cut].to_vec()).is_err(), "{cut}");
        }
        for bad in [&b""[..], b"org", b"org\x01\x00\x00x\x00\x00", b"\x02abc", b"org\x01\x00\x02/\x00\x00"] {
            assert!(UrlKey::from_bytes(bad.to_vec()).is_err(), "{bad:?}");
        }
        for bad in [&b"\x01\x00\x00/\x00\x00"[..], b"\x01org\x01\x00\x00/\x00\x00", b"org.\x01\x00\x00/\x00\x00"] {
            assert!(UrlKey::from_bytes(bad.to_vec()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_host_key_is_a_host_and_nothing_more() {
        let host = Host::parse("example.org").unwrap();
        let bytes = HostKey::new(&host).as_bytes().to_vec();
        assert_eq!(HostKey::host_of(&bytes), Ok(host));
        assert!(HostKey::host_of(&[&bytes[..], &[1, 5]].concat()).is_err());
    }

    #[test]
    fn a_comma_is_not_a_separator() {
        let domain = HostKey::new(&Host::parse("www.com").unwrap()).range_with_subdomains();
        assert!(!domain.contains(key("http://evil,www.com/").as_bytes()));
        assert!(domain.contains(key("http://evil.www.com/").as_bytes()));
    }

    const HOSTS: &[&str] =
        &["a.com", "b.com", "www.a.com", "x.a.com", "aa.com", "a.com.au", "1.2.3.4", "[::1]", "a-b.com", "c.a.b.com"];

    fn any_url() -> impl Strategy<Value = String> {
        let host = prop::sample::select(HOSTS);
        let port = prop::sample::select(&["", ":81", ":8080"][..]);
        (any::<bool>(), host, port, "(/[a-c!~-]{0,3}){1,3}(\\?[a-c=]{0,3})?").prop_map(|(https, host, port, path)| {
            format!("{}://{host}{port}{path}", if https { "https" } else { "http" })
        })
    }

    proptest! {
        #[test]
        fn ranges_hold_exactly_their_members(urls in prop::collection::vec(any_url(), 1..40), host in prop::sample::select(HOSTS)) {
            let target = Host::parse(host).unwrap();
            let exact = HostKey::new(&target).range();
            let below = HostKey::new(&target).range_with_subdomains();
            for url in urls {
                let url_key = key(&url);
                let name = url_key.host().as_str().to_owned();
                prop_assert_eq!(exact.contains(url_key.as_bytes()), name == host);
                prop_assert_eq!(below.contains(url_key.as_bytes()), name == host || (!target.is_ip() && name.ends_with(&format!(".{host}"))));
                prop_assert!(url_key.range().contains(url_key.as_bytes()));
                let (text, _) = UrlKey::url_and_host(url_key.as_bytes()).unwrap();
                let mut appended = "x".to_owned();
                UrlKey::put_url(url_key.as_bytes(), &url_key.host(), &mut appended).unwrap();
                prop_assert_eq!(&appended[1..], &text);
                prop_assert_eq!(text, parse_url(&url, None).unwrap().to_string());
            }
        }

        #[test]
        fn key_order_is_tuple_order(left in any_url(), right in any_url()) {
            let tuple = |text: &str| {
                let url = parse_url(text, None).unwrap();
                let host = Host::of(&url).unwrap();
                let labels: Vec<Vec<u8>> = match host.address() {
                    None => host.as_str().rsplit('.').map(|label| label.as_bytes().to_vec()).collect(),
                    Some(IpAddr::V4(address)) => vec![vec![2], address.octets().to_vec()],
                    Some(IpAddr::V6(address)) => vec![vec![3], address.octets().to_vec()],
                };
                (labels, url.port(), url[Position::BeforePath..Position::AfterQuery].as_bytes().to_vec(), url.scheme() == "https")
            };
            prop_assert_eq!(key(&left).cmp(&key(&right)), tuple(&left).cmp(&tuple(&right)));
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = UrlKey::put_url(&bytes, &Host::parse("a.com").unwrap(), &mut String::new());
            if let Ok(key) = UrlKey::from_bytes(bytes) {
                let _ = (key.host(), key.to_url_string());
            }
        }
    }
}
