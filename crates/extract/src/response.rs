//! One archived response in, one page and its links out.

use std::net::IpAddr;

use encoding_rs::UTF_8;
use model::{Host, Link, LinkKind, Page, Redirect, RedirectKind, Timestamp, parse_url, published};

use crate::address::Resolver;
use crate::decode::decode;
use crate::evidence::Evidence;
use crate::head::Head;
use crate::headers::Headers;
use crate::language;
use crate::links::{self, RawLink, RawLinks};
use crate::options::Options;
use crate::redirect::{self, MAX_REFRESH_SECONDS, Refresh};
use crate::site::{Inside, SiteCounter};
use crate::sniff;
use crate::walk::Document;

/// An HTTP response as an archive holds it.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// The address asked for.
    pub url: &'a str,
    /// HTTP status.
    pub status: u16,
    /// HTTP headers in their order; names in any case.
    pub headers: &'a [(String, String)],
    /// The body, with transfer and content encodings already undone.
    pub body: &'a [u8],
    /// The address of the server.
    pub ip: Option<IpAddr>,
    /// When it was fetched.
    pub fetched_at: Timestamp,
}

/// What one response says.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted {
    /// The facts of the page.
    pub page: Page,
    /// Every link, internal ones too unless [`Options::internal_links`] says otherwise, in the order of the document;
    /// those of headers come first.
    pub links: Vec<Link>,
    /// How many links were left out because of [`Options::max_links`].
    pub links_dropped: u32,
}

/// Why a response gives no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The address asked for is no HTTP address.
    #[error("not an HTTP address: `{0}`")]
    Url(String),
    /// The time of a WAT record cannot be read.
    #[error("not a date: `{0}`")]
    Date(String),
    /// A WAT record is not the JSON that it should be.
    #[error("cannot read the JSON of a WAT record")]
    Json(#[source] serde_json::Error),
}

/// Reads one response. A body that is no HTML gives a page without links (but those of its headers).
///
/// # Errors
/// [`ExtractError::Url`] if the address of the response is no HTTP address.
pub fn extract(response: &Response<'_>, options: &Options) -> Result<Extracted, ExtractError> {
    let url = parse_url(response.url, None).ok_or_else(|| ExtractError::Url(response.url.to_owned()))?;
    let url = published(url);
    let headers = Headers(response.headers);
    let mut page = Page::new(url, response.fetched_at, response.status);
    page.ip = response.ip;
    page.size_bytes = Some(response.body.len() as u64);
    add_headers(&mut page, headers);

    let mut found = RawLinks::new(options.max_links, response.body.len());
    let targets = header_links(&mut page, headers, &mut found);
    let mut head = Head::default();
    let is_html = sniff::is_html(page.media_type.as_deref(), response.body);
    let mut encoding = UTF_8;
    let decoded;
    let mut sample = String::new();
    if is_html {
        let host = Host::of(&page.url);
        decoded = decode(response.body, headers.charset(), host.as_ref().and_then(Host::tld));
        page.encoding_declared.clone_from(&decoded.declared);
        encoding = decoded.encoding;
        page.encoding = Some(encoding.name().to_ascii_lowercase());
        let evidence = || {
            let mut evidence = Evidence::default();
            evidence.response(&page.url, headers);
            evidence
        };
        let of_headers = found.len();
        let inside = (!options.internal_links).then(|| Inside::new(&page.url));
        let mut reading = Document::read(&decoded.text, found, evidence(), inside, options);
        if reading.is_misled {
            reading.links.truncate(of_headers);
            reading = Document::read(&decoded.text, reading.links, evidence(), None, options);
        }
        let (platforms, signals) = reading.evidence.judge(reading.words);
        (page.platforms, page.signals) = (platforms, Some(signals));
        (head, found, sample) = (reading.head, reading.links, reading.sample);
    } else {
        page.encoding_declared = headers.charset().map(str::to_ascii_lowercase);
    }
    let resolver = Resolver::new(&page.url, head.base.as_deref(), encoding);
    add_head(&mut page, &mut head, targets.canonical, &resolver);
    page.language_code = language::decide(page.language.as_deref(), &sample);
    let refresh = targets.refresh.or(head.refresh);
    Ok(finish_page(page, Parts { found, resolver, refresh, is_html }, options))
}

/// The facts that headers state.
pub(crate) fn add_headers(page: &mut Page, headers: Headers<'_>) {
    page.media_type = headers.media_type();
    page.server = headers.text("server");
    page.last_modified = headers.text("last-modified");
    page.language = headers.text("content-language");
    page.robots = headers.robots();
}

/// Addresses in headers, resolved: for them the document's `base` does not hold.
pub(crate) struct HeaderTargets {
    pub(crate) canonical: Option<String>,
    pub(crate) refresh: Option<Refresh>,
}

/// Links that headers make: the redirect, canonical and alternate addresses.
pub(crate) fn header_links(page: &mut Page, headers: Headers<'_>, found: &mut RawLinks<'_>) -> HeaderTargets {
    if redirect::is_redirect(page.status)
        && let Some(location) = headers.first("location")
    {
        let to = parse_url(location, Some(&page.url)).map(published);
        page.redirect = to.map(|to| Redirect { to, kind: RedirectKind::Http });
        if let Some(redirect) = &page.redirect {
            found.push(RawLink::new(LinkKind::Redirect, redirect.to.to_string().into()));
        }
    }
    let resolve = |href: &str| parse_url(href, Some(&page.url)).map(String::from);
    let mut refresh = headers.first("refresh").and_then(redirect::parse_refresh);
    if let Some(refresh) = &mut refresh
        && let Some(to) = resolve(&refresh.to)
    {
        refresh.to = to;
        found.push(RawLink::new(LinkKind::Redirect, refresh.to.clone().into()));
    }
    let mut canonical = None;
    for mut link in headers.links() {
        let Some(href) = resolve(&link.href) else { continue };
        if link.kind == LinkKind::Canonical && canonical.is_none() {
            canonical = Some(href.clone());
        }
        link.href = href.into();
        found.push(link);
    }
    HeaderTargets { canonical, refresh }
}

/// Takes over the facts that the document states.
pub(crate) fn add_head(page: &mut Page, head: &mut Head<'_>, header_canonical: Option<String>, resolver: &Resolver) {
    page.title = head.title.take();
    page.language = head.language.take().or(page.language.take()).or(head.meta_language.take());
    page.generator = head.generator.take();
    page.description = head.description.take();
    page.robots.nofollow |= head.robots.nofollow;
    page.robots.noindex |= head.robots.noindex;
    page.robots.noarchive |= head.robots.noarchive;
    let canonical = header_canonical.map(Into::into).or(head.canonical.take());
    page.canonical = canonical.and_then(|href| resolver.resolve(&href)).map(published);
}

/// What the end of a page needs.
pub(crate) struct Parts<'a> {
    pub(crate) found: RawLinks<'a>,
    pub(crate) resolver: Resolver,
    pub(crate) refresh: Option<Refresh>,
    pub(crate) is_html: bool,
}

/// Resolves and counts the links, and keeps those that the status lets count: of a redirect the
/// redirect alone, of an error page none.
pub(crate) fn finish_page(mut page: Page, parts: Parts<'_>, options: &Options) -> Extracted {
    let Parts { found, resolver, refresh, is_html } = parts;
    let links_dropped = found.dropped;
    if page.redirect.is_none()
        && let Some(refresh) = refresh.filter(|refresh| refresh.seconds <= MAX_REFRESH_SECONDS)
    {
        let to = resolver.resolve(&refresh.to).map(published).filter(|to| *to != page.url);
        page.redirect = to.map(|to| Redirect { to, kind: RedirectKind::Refresh });
    }
    let is_error = page.status >= 400;
    let is_http_redirect = page.redirect.as_ref().is_some_and(|redirect| redirect.kind == RedirectKind::Http);
    let mut counter = SiteCounter::new(&page.url);
    let mut has_redirect = false;
    let found = found.into_items();
    found.iter().filter(|link| link.is_inside).for_each(|_| counter.add(true));
    let links = links::finish(found, &resolver, |link| {
        let is_internal = counter.is_internal(&link.url_to);
        if matches!(link.kind, LinkKind::Anchor | LinkKind::Image) {
            counter.add(is_internal);
        }
        link.dofollow &= !page.robots.nofollow;
        let is_redirect = link.kind == LinkKind::Redirect;
        let leads_nowhere = is_redirect && link.url_to == page.url;
        let is_kept = !leads_nowhere && if is_http_redirect { is_redirect && !has_redirect } else { !is_error };
        has_redirect |= is_redirect && is_kept;
        is_kept && (options.internal_links || !is_internal)
    });
    if is_http_redirect {
        // What a redirect's body says is shown to nobody.
        (page.internal_links, page.external_links) = (Some(0), Some(0));
    } else if is_html {
        (page.internal_links, page.external_links) = (Some(counter.internal), Some(counter.external));
    }
    Extracted { page, links, links_dropped }
}
