//! From a record to a capture: encoding, the tree's links, what the status lets count, identical links
//! folded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use model::{Host, Timestamp, Url, parse_url, parse_url_encoded, published};
use regex::bytes::Regex;

use super::archive::{self, Record, find};
use super::headers;
use super::tree::{self, Found, Tree};
use super::{Capture, File, PageFacts, Says, SeenLink};

/// A refresh slower than this is a link alone.
const REDIRECT_SECONDS: u32 = 10;

pub(crate) fn read_file(path: &Path) -> File {
    let mut left_out = BTreeMap::new();
    let mut captures = Vec::new();
    for record in archive::read(path, &mut left_out) {
        match capture(&record) {
            Some(capture) => captures.push(capture),
            None => *left_out.entry("address that cannot be parsed".to_owned()).or_default() += 1,
        }
    }
    File { path: path.to_owned(), captures, left_out }
}

/// The address that is shown: no fragment, no credentials, no dot behind the host.
fn address(url: Url) -> String {
    let mut url = published(url);
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        let _ = url.set_host(Some(&host));
    }
    url.into()
}

fn capture(record: &Record) -> Option<Capture> {
    let url = published(parse_url(&record.url, None)?);
    let status = record.status;
    let says = match status {
        304 => Says::AsBefore,
        200..=399 | 404 | 410 => Says::Gone,
        _ => Says::Nothing,
    };
    let at = Timestamp::parse_iso(&record.date).expect("a date").seconds();
    let mut page = PageFacts { is_gone: matches!(status, 404 | 410), ..PageFacts::default() };
    page.redirects = matches!(status, 300..=399) && !record.is_revisit;
    let mut links = BTreeMap::new();
    let location = find(&record.headers, "location").and_then(|to| parse_url(to, Some(&url)));
    if let Some(to) = location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) {
        let redirect = Found { kind: "redirect", ..Found::default() };
        add(&mut links, &url, published(to), &redirect, true);
    } else {
        let is_html = is_html(record);
        let encoding = if is_html { encoding_of(record, &url) } else { UTF_8 };
        let text = if is_html { encoding.decode_with_bom_removal(&record.body).0 } else { "".into() };
        let mut tree = tree::read(&text);
        headers::add(&record.headers, &url, &mut tree);
        read_tree(&tree, &url, encoding, &mut page, (status < 400).then_some(&mut links));
    }
    let mut hasher = DefaultHasher::new();
    record.body.hash(&mut hasher);
    Some(Capture { url: address(url), at, number: record.number, says, page, links, body_hash: hasher.finish() })
}

/// Takes over what a tree says; its links only if they count.
fn read_tree(
    tree: &Tree,
    url: &Url,
    encoding: &'static Encoding,
    page: &mut PageFacts,
    mut links: Option<&mut BTreeMap<String, SeenLink>>,
) {
    let base = tree.base.as_deref().and_then(|href| parse_url(href, Some(url))).unwrap_or_else(|| url.clone());
    // Browsers write queries in the encoding of the document.
    let output = encoding.output_encoding();
    let resolve = |href: &str, base: Option<&Url>| {
        if output == UTF_8 {
            return parse_url(href, base).map(published);
        }
        parse_url_encoded(href, base, Some(&|query| output.encode(query).0)).map(published)
    };
    let is_other = |to: &Url| address(to.clone()) != address(url.clone());
    page.noindex = tree.noindex;
    let canonical = tree.links.iter().find(|link| link.kind == "canonical");
    page.canonical_elsewhere =
        canonical.and_then(|link| resolve(&link.href, Some(&base))).is_some_and(|to| is_other(&to));
    let refresh = tree.links.iter().find(|link| link.kind == "redirect" && !link.in_noscript);
    let refresh = refresh.filter(|link| link.refresh_seconds <= REDIRECT_SECONDS);
    page.redirects |= refresh.and_then(|link| resolve(&link.href, Some(&base))).is_some_and(|to| is_other(&to));
    for link in &tree.links {
        let base = Some(&base).filter(|_| link.kind != "meta");
        let Some(to) = resolve(&link.href, base) else { continue };
        if link.kind == "redirect" && to == *url {
            continue;
        }
        if let Some(links) = &mut links {
            add(links, url, to, link, !tree.nofollow);
        }
    }
}

/// Folds a link into those of its page, unless it stays on the host.
fn add(links: &mut BTreeMap<String, SeenLink>, page: &Url, to: Url, link: &Found, page_follows: bool) {
    let is_inside = Host::of(page).zip(Host::of(&to)).is_none_or(|(own, other)| own.is_same_site_as(&other));
    if is_inside {
        return;
    }
    let seen = SeenLink {
        kind: link.kind,
        rel: link.rel.join(" "),
        dofollow: page_follows && !link.rel.iter().any(|token| token == "nofollow"),
        anchor: link.anchor.clone(),
        in_noscript: link.in_noscript,
        is_cloned: link.is_cloned,
        count: 1,
    };
    match links.entry(address(to)) {
        Entry::Vacant(place) => {
            place.insert(seen);
        }
        Entry::Occupied(mut place) => {
            let kept = place.get_mut();
            let (count, is_cloned) = (kept.count + 1, kept.is_cloned || seen.is_cloned);
            let in_noscript = kept.in_noscript || seen.in_noscript;
            if seen.dofollow && !kept.dofollow {
                *kept = seen;
            }
            (kept.count, kept.is_cloned, kept.in_noscript) = (count, is_cloned, in_noscript);
        }
    }
}

fn is_html(record: &Record) -> bool {
    let kind = find(&record.headers, "content-type").unwrap_or_default().to_lowercase();
    let is_said = kind.starts_with("text/html") || kind.starts_with("application/xhtml+xml");
    is_said || kind.is_empty() && record.body.trim_ascii_start().starts_with(b"<")
}

/// As browsers find it out: byte order mark, HTTP, the document, a guess.
fn encoding_of(record: &Record, url: &Url) -> &'static Encoding {
    let body = record.body.as_slice();
    if let Some((encoding, _)) = Encoding::for_bom(body) {
        return encoding;
    }
    let label = |pattern: &str, text: &[u8]| {
        let found = Regex::new(pattern).unwrap().captures(text)?;
        Encoding::for_label(&found[1])
    };
    let header = find(&record.headers, "content-type").unwrap_or_default();
    if let Some(encoding) = label(r#"(?i)charset\s*=\s*["']?([^\s"';,]+)"#, header.as_bytes()) {
        return encoding;
    }
    let start = Regex::new("(?s)<!--.*?-->").unwrap().replace_all(&body[..body.len().min(1024)], &b""[..]);
    if let Some(encoding) = label(r#"(?i)<meta[^>]*charset\s*=\s*["']?\s*([^\s"'/>;]+)"#, &start) {
        return if encoding.output_encoding() == encoding { encoding } else { UTF_8 };
    }
    if body.is_ascii() {
        return WINDOWS_1252;
    }
    if std::str::from_utf8(body).is_ok() {
        return UTF_8;
    }
    let tld = url.host_str().and_then(|host| host.rsplit('.').next()).unwrap_or("com");
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(body, true);
    detector.guess(Some(tld.as_bytes()), Utf8Detection::Allow)
}
