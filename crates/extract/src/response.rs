//! One archived response in, one page and its links out.

use std::net::IpAddr;

use model::{Host, Link, LinkKind, Page, Redirect, RedirectKind, Timestamp, Url, parse_url, published};

use crate::address::Resolver;
use crate::decode::decode;
use crate::head::Head;
use crate::headers::Headers;
use crate::links::{RawLink, RawLinks, SiteCounter};
use crate::options::Options;
use crate::redirect::{self, MAX_REFRESH_SECONDS, Refresh};
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
    /// Every link, internal ones too, in the order of the document; those of headers come first.
    pub links: Vec<Link>,
    /// How many links were left out because of [`Options::max_links`].
    pub links_dropped: u32,
}

/// Why a response gives no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The address asked for is no HTTP address.
    #[error("not an HTTP address: `{0}`")]
    Url(String),
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

    let mut found = RawLinks::new(options.max_links);
    let targets = header_links(&mut page, headers, &mut found);
    let mut base = None;
    let mut refresh = targets.refresh;
    let is_html = sniff::is_html(page.media_type.as_deref(), response.body);
    let decoded;
    if is_html {
        let host = Host::of(&page.url);
        decoded = decode(response.body, headers.charset(), host.as_ref().and_then(Host::tld));
        page.encoding_declared.clone_from(&decoded.declared);
        page.encoding = Some(decoded.encoding.name().to_ascii_lowercase());
        let head;
        (head, found) = Document::read(&decoded.text, found, options);
        base = add_head(&mut page, head, targets.canonical, &mut refresh);
    } else {
        page.encoding_declared = headers.charset().map(str::to_ascii_lowercase);
        page.canonical = resolve(&page.url, None, targets.canonical.as_deref());
    }

    let links_dropped = found.dropped;
    let resolver = Resolver::new(&page.url, base.as_deref());
    if page.redirect.is_none()
        && let Some(refresh) = refresh.filter(|refresh| refresh.seconds <= MAX_REFRESH_SECONDS)
    {
        let to = resolver.resolve(&refresh.to).map(published).filter(|to| *to != page.url);
        page.redirect = to.map(|to| Redirect { to, kind: RedirectKind::Refresh });
    }
    let links = finish(&mut page, found.into_items(), &resolver, is_html);
    Ok(Extracted { page, links, links_dropped })
}

/// The facts that headers state.
pub(crate) fn add_headers(page: &mut Page, headers: Headers<'_>) {
    page.media_type = headers.media_type();
    page.server = headers.text("server");
    page.last_modified = headers.text("last-modified");
    page.language = headers.text("content-language");
    page.robots = headers.robots();
}

/// Addresses in headers, as written.
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
    let refresh = headers.first("refresh").and_then(redirect::parse_refresh);
    if let Some(refresh) = &refresh {
        found.push(RawLink::new(LinkKind::Redirect, refresh.to.clone().into()));
    }
    let mut canonical = None;
    for link in headers.links() {
        if link.kind == LinkKind::Canonical && canonical.is_none() {
            canonical = Some(link.href.to_string());
        }
        found.push(link);
    }
    HeaderTargets { canonical, refresh }
}

/// The facts that the document states; returns the value of its `base href`.
pub(crate) fn add_head(
    page: &mut Page,
    head: Head<'_>,
    header_canonical: Option<String>,
    refresh: &mut Option<Refresh>,
) -> Option<String> {
    page.title = head.title;
    page.language = head.language.or(page.language.take()).or(head.meta_language);
    page.generator = head.generator;
    page.description = head.description;
    page.robots.nofollow |= head.robots.nofollow;
    page.robots.noindex |= head.robots.noindex;
    page.robots.noarchive |= head.robots.noarchive;
    let base = head.base.map(String::from);
    let canonical = header_canonical.or(head.canonical.map(String::from));
    page.canonical = resolve(&page.url, base.as_deref(), canonical.as_deref());
    if refresh.is_none() {
        *refresh = head.refresh;
    }
    base
}

fn resolve(page: &Url, base: Option<&str>, href: Option<&str>) -> Option<Url> {
    Resolver::new(page, base).resolve(href?).map(published)
}

/// Resolves and counts the links, and keeps those that the status lets count: of a redirect the
/// redirect alone, of an error page none.
pub(crate) fn finish(page: &mut Page, found: Vec<RawLink<'_>>, resolver: &Resolver, has_links: bool) -> Vec<Link> {
    let is_error = page.status >= 400;
    let is_http_redirect = page.redirect.as_ref().is_some_and(|redirect| redirect.kind == RedirectKind::Http);
    let mut counter = SiteCounter::new(&page.url);
    let mut links = Vec::with_capacity(if is_error || is_http_redirect { 1 } else { found.len() });
    for raw in found {
        let Some(mut link) = raw.finish(resolver) else { continue };
        if matches!(link.kind, LinkKind::Anchor | LinkKind::Image) {
            counter.add(&link.url_to);
        }
        if link.kind == LinkKind::Redirect && link.url_to == page.url {
            continue;
        }
        link.dofollow &= !page.robots.nofollow;
        let is_kept = if is_http_redirect { link.kind == LinkKind::Redirect && links.is_empty() } else { !is_error };
        if is_kept {
            links.push(link);
        }
    }
    if is_http_redirect {
        // What a redirect's body says is shown to nobody.
        (counter.internal, counter.external) = (0, 0);
    }
    if has_links || is_http_redirect {
        page.internal_links = Some(counter.internal);
        page.external_links = Some(counter.external);
    }
    links
}
