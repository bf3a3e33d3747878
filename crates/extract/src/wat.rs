//! Pages from WAT records: the JSON that Common Crawl publishes about each response instead of its
//! body. It has links and the head of the document, but no text around links, no places, no
//! images inside links, and only the first 100 characters of a link's text; all that is `None`. So are the
//! signals of the page, which count words. Its kind of site is judged by what there is.

use std::borrow::Cow;
use std::collections::HashMap;

use encoding_rs::UTF_8;
use model::{LinkKind, Page, RelTokens, Timestamp, parse_url, published};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::address::Resolver;
use crate::evidence::Evidence;
use crate::head::{Head, MAX_TITLE_BYTES, is_meta_link, kind_of};
use crate::headers::Headers;
use crate::language;
use crate::links::{RawLink, RawLinks};
use crate::options::Options;
use crate::redirect;
use crate::response::{ExtractError, Extracted, Parts, add_head, add_headers, finish_page, header_links};
use crate::site::Inside;
use crate::text::fold;
use crate::token::resolve_attribute;

/// Reads one WAT record. `None` if it is not about an HTTP response.
///
/// # Errors
/// [`ExtractError::Json`] if it is no JSON of this form, [`ExtractError::Url`] and
/// [`ExtractError::Date`] if the response's address or time cannot be read.
pub fn extract_wat(json: &[u8], options: &Options) -> Result<Option<Extracted>, ExtractError> {
    let record: Record = serde_json::from_slice(json).map_err(ExtractError::Json)?;
    let Some(envelope) = record.envelope else { return Ok(None) };
    let Some(response) = envelope.payload.and_then(|payload| payload.response) else { return Ok(None) };
    let warc = envelope.warc;
    if !warc.kind.is_none_or(|kind| kind.eq_ignore_ascii_case("response")) {
        return Ok(None);
    }
    let address = warc.url.unwrap_or_default();
    let url = parse_url(&address, None).ok_or_else(|| ExtractError::Url(address.clone().into_owned()))?;
    let date = warc.date.unwrap_or_default();
    let fetched_at = Timestamp::parse_iso(&date).ok_or_else(|| ExtractError::Date(date.clone().into_owned()))?;
    let status = response.message.and_then(|message| message.status).and_then(|status| status.trim().parse().ok());
    let Some(status) = status else { return Ok(None) };

    let mut page = Page::new(published(url), fetched_at, status);
    page.ip = warc.ip.and_then(|ip| ip.trim().parse().ok());
    let pairs: Vec<(String, String)> = response.headers.into_iter().flat_map(Values::named).collect();
    let headers = Headers(&pairs);
    add_headers(&mut page, headers);
    page.encoding_declared = headers.charset().map(str::to_ascii_lowercase);
    if headers.first("content-encoding").is_none() {
        page.size_bytes = response.entity_length.and_then(|length| length.trim().parse().ok());
    }

    let mut found = RawLinks::new(options.max_links, 0);
    let targets = header_links(&mut page, headers, &mut found);
    let has_html = response.html.is_some();
    let mut head = Head::default();
    if let Some(html) = response.html {
        let mut evidence = Evidence::default();
        evidence.response(&page.url, headers);
        let inside = (!options.internal_links).then(|| Inside::new(&page.url));
        add_document(html, &mut head, &mut found, &mut evidence, inside);
        page.platforms = evidence.judge(0).0;
    }
    let resolver = Resolver::new(&page.url, head.base.as_deref(), UTF_8);
    add_head(&mut page, &mut head, targets.canonical, &resolver);
    // A title is too little to overrule a declaration by.
    let words = [page.title.as_deref(), page.description.as_deref()].map(Option::unwrap_or_default).join(" ");
    page.language_code = language::decide(page.language.as_deref(), "").or_else(|| language::decide(None, &words));
    let refresh = targets.refresh.or(head.refresh);
    Ok(Some(finish_page(page, Parts { found, resolver, refresh, is_html: has_html }, options)))
}

fn add_document<'a>(
    html: Html<'a>,
    head: &mut Head<'a>,
    found: &mut RawLinks<'a>,
    evidence: &mut Evidence,
    mut inside: Option<Inside>,
) {
    let own_head = html.head.unwrap_or_default();
    head.title = own_head.title.and_then(|title| fold(&title, MAX_TITLE_BYTES));
    head.base = own_head.base;
    if let (Some(inside), Some(base)) = (&mut inside, &head.base) {
        inside.set_base(base);
    }
    for meta in own_head.metas {
        add_meta(meta, head, found, evidence);
    }
    for address in own_head.scripts.into_iter().filter_map(|script| script.url) {
        evidence.address(&address, false);
    }
    for link in own_head.links {
        let Some(url) = link.url else { continue };
        evidence.address(&url, false);
        let Some(rel) = link.rel else { continue };
        let rel = RelTokens::parse(&rel);
        let Some(kind) = kind_of(&rel) else { continue };
        if kind == LinkKind::Canonical && head.canonical.is_none() {
            head.canonical = Some(url.clone());
        }
        let mut raw = RawLink::new(kind, url);
        raw.rel = rel;
        raw.hreflang = link.hreflang;
        raw.media_type = link.media_type;
        found.push(raw);
    }
    for link in html.links {
        let is_anchor = link.path.is_some_and(|path| path == "A@/href" || path == "AREA@/href");
        let Some(url) = link.url.filter(|_| is_anchor) else { continue };
        evidence.target(&url);
        // Older files hold references unresolved.
        let href = resolve_attribute(&url);
        if inside.as_mut().is_some_and(|inside| inside.holds(&href)) {
            found.push(RawLink { is_inside: true, ..RawLink::new(LinkKind::Anchor, Cow::default()) });
            continue;
        }
        let mut raw = RawLink::new(LinkKind::Anchor, href.into_owned().into());
        raw.rel = link.rel.map(|rel| RelTokens::parse(&rel)).unwrap_or_default();
        raw.texts.anchor = link.text.and_then(|text| fold(&text, MAX_TITLE_BYTES));
        raw.hreflang = link.hreflang;
        raw.media_type = link.media_type;
        found.push(raw);
    }
}

fn add_meta<'a>(meta: Meta<'a>, head: &mut Head<'a>, found: &mut RawLinks<'a>, evidence: &mut Evidence) {
    let Some(content) = meta.content else { return };
    if meta.http_equiv.is_some_and(|pragma| pragma.trim().eq_ignore_ascii_case("refresh"))
        && let Some(refresh) = redirect::parse_refresh(&content)
    {
        found.push(RawLink::new(LinkKind::Redirect, refresh.to.clone().into()));
        head.refresh.get_or_insert(refresh);
    }
    for name in [meta.name, meta.property].into_iter().flatten() {
        head.named(name.trim(), &content);
        evidence.meta(&name, &content);
        if is_meta_link(name.trim()) {
            found.push(RawLink::new(LinkKind::Meta, content.clone()));
        }
    }
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "Envelope", borrow)]
    envelope: Option<Envelope<'a>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "WARC-Header-Metadata", borrow, default)]
    warc: Warc<'a>,
    #[serde(rename = "Payload-Metadata", borrow)]
    payload: Option<Payload<'a>>,
}

#[derive(Deserialize, Default)]
struct Warc<'a> {
    #[serde(rename = "WARC-Type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "WARC-Target-URI", borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(rename = "WARC-Date", borrow)]
    date: Option<Cow<'a, str>>,
    #[serde(rename = "WARC-IP-Address", borrow)]
    ip: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(rename = "HTTP-Response-Metadata", borrow)]
    response: Option<HttpResponse<'a>>,
}

#[derive(Deserialize)]
struct HttpResponse<'a> {
    #[serde(rename = "Response-Message", borrow)]
    message: Option<Message<'a>>,
    #[serde(rename = "Headers", borrow, default)]
    headers: HashMap<Cow<'a, str>, Values<'a>>,
    #[serde(rename = "HTML-Metadata", borrow)]
    html: Option<Html<'a>>,
    #[serde(rename = "Entity-Length", borrow)]
    entity_length: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(rename = "Status", borrow)]
    status: Option<Cow<'a, str>>,
}

/// A header that occurs once or several times.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Many(Vec<String>),
    Other(IgnoredAny),
}

impl Values<'_> {
    fn named((name, values): (Cow<'_, str>, Self)) -> Vec<(String, String)> {
        let values = match values {
            Self::One(value) => vec![value.into_owned()],
            Self::Many(values) => values,
            Self::Other(_) => Vec::new(),
        };
        values.into_iter().map(|value| (name.clone().into_owned(), value)).collect()
    }
}

#[derive(Deserialize)]
struct Html<'a> {
    #[serde(rename = "Head", borrow)]
    head: Option<HtmlHead<'a>>,
    #[serde(rename = "Links", borrow, default)]
    links: Vec<WatLink<'a>>,
}

#[derive(Deserialize, Default)]
struct HtmlHead<'a> {
    #[serde(rename = "Title", borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(rename = "Base", borrow)]
    base: Option<Cow<'a, str>>,
    #[serde(rename = "Metas", borrow, default)]
    metas: Vec<Meta<'a>>,
    #[serde(rename = "Link", borrow, default)]
    links: Vec<WatLink<'a>>,
    #[serde(rename = "Scripts", borrow, default)]
    scripts: Vec<WatLink<'a>>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    property: Option<Cow<'a, str>>,
    #[serde(rename = "http-equiv", borrow)]
    http_equiv: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WatLink<'a> {
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    hreflang: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow)]
    media_type: Option<Cow<'a, str>>,
}
