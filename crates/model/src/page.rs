//! The facts of one fetch of one page.

use std::net::IpAddr;

use crate::key::UrlKey;
use crate::life::PageState;
use crate::link::UnknownName;
use crate::link::named_enum;
use crate::site::{LanguageCode, PageSignals, PlatformTypes};
use crate::time::Timestamp;
use crate::url::Url;
use std::fmt;
use std::str::FromStr;

named_enum! {
    /// How a page sends its visitor on.
    RedirectKind, "redirect kind":
    /// An HTTP status 3xx with `Location`.
    Http = 0, "http";
    /// A meta refresh or a `Refresh` header.
    Refresh = 1, "refresh";
}

/// Where a page sends its visitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Target, resolved, without fragment.
    pub to: Url,
    /// By what means.
    pub kind: RedirectKind,
}

/// What meta robots and `X-Robots-Tag` say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Robots {
    /// `nofollow` or `none`: no link of the page is followed.
    pub nofollow: bool,
    /// `noindex` or `none`.
    pub noindex: bool,
    /// `noarchive`.
    pub noarchive: bool,
}

/// The facts of one fetch. What the source does not say is `None`, never invented.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The address asked for, without fragment.
    pub url: Url,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// HTTP status, 100 to 999.
    pub status: u16,
    /// The address of the server.
    pub ip: Option<IpAddr>,
    /// Text of the first `title` of the document, white space folded.
    pub title: Option<String>,
    /// Language as declared (`html lang`, `Content-Language`), as written.
    pub language: Option<String>,
    /// Encoding as declared by HTTP or the document, as written, lower case.
    pub encoding_declared: Option<String>,
    /// Encoding by which the bytes were read, WHATWG name in lower case.
    pub encoding: Option<String>,
    /// Size of the decoded body in bytes.
    pub size_bytes: Option<u64>,
    /// `a` and `area` links to the same host (a leading `www.` folded), each occurrence counted.
    pub internal_links: Option<u32>,
    /// `a` and `area` links to other hosts, each occurrence counted.
    pub external_links: Option<u32>,
    /// The canonical address the page declares.
    pub canonical: Option<Url>,
    /// Where the page redirects.
    pub redirect: Option<Redirect>,
    /// Robots directives.
    pub robots: Robots,
    /// Media type from `Content-Type`, lower case, without parameters.
    pub media_type: Option<String>,
    /// `Server` header.
    pub server: Option<String>,
    /// `Last-Modified` header, as written.
    pub last_modified: Option<String>,
    /// `meta name=generator`.
    pub generator: Option<String>,
    /// `meta name=description`, white space folded.
    pub description: Option<String>,
    /// The language of the text: declared, checked against what the text looks like.
    pub language_code: Option<LanguageCode>,
    /// The kinds of site that the page gives evidence of; never [`PlatformType::Unknown`](crate::PlatformType).
    pub platforms: PlatformTypes,
    /// What it shows of whoever made it; `None` for what is no HTML page.
    pub signals: Option<PageSignals>,
}

impl Page {
    /// What it says of itself that explains why a link is not there.
    pub fn state(&self) -> PageState {
        let key = UrlKey::new(&self.url);
        let is_other = |url: &Url| UrlKey::new(url).is_some_and(|other| Some(&other) != key.as_ref());
        PageState {
            is_gone: matches!(self.status, 404 | 410),
            redirects: matches!(self.status, 300..=399)
                || self.redirect.as_ref().is_some_and(|redirect| is_other(&redirect.to)),
            noindex: self.robots.noindex,
            canonical_elsewhere: self.canonical.as_ref().is_some_and(is_other),
        }
    }

    /// A page of which only address, time and status are known.
    pub fn new(url: Url, fetched_at: Timestamp, status: u16) -> Self {
        Self {
            url,
            fetched_at,
            status,
            ip: None,
            title: None,
            language: None,
            encoding_declared: None,
            encoding: None,
            size_bytes: None,
            internal_links: None,
            external_links: None,
            canonical: None,
            redirect: None,
            robots: Robots::default(),
            media_type: None,
            server: None,
            last_modified: None,
            generator: None,
            description: None,
            language_code: None,
            platforms: PlatformTypes::EMPTY,
            signals: None,
        }
    }
}
