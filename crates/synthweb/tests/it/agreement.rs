//! A visit against the HTML of its response, read by plain string search.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use model::{Host, LinkKind, Outcome, UrlKey, parse_url, published};
use synthweb::{HttpResponse, PageNumber, Web, WebOptions};

/// Every `a` and `area` with an HTTP address: its URL and its text.
fn scan(response: &HttpResponse) -> Vec<(model::Url, String)> {
    let html = decode(response);
    let html = cut(&cut(&html, "<!-- ", "-->"), "<script>", "</script>");
    let base = between(&html, "<base href=\"", "\"").and_then(|text| parse_url(text, None));
    let base = base.unwrap_or_else(|| response.url.clone());
    let html = html.replace("<area ", "<a ").replace("</map>", "</a></map>");
    let parts = html.split("<a href=\"").skip(1);
    let links = parts.filter_map(|part| {
        let (href, rest) = part.split_once('"')?;
        let text = rest.split_once('>')?.1.split_once("</a>")?.0;
        let text = text.rsplit('>').next()?;
        let text = unescape(text).split_whitespace().collect::<Vec<_>>().join(" ");
        Some((published(parse_url(unescape(href).trim(), Some(&base))?), text))
    });
    links.collect()
}

fn decode(response: &HttpResponse) -> String {
    let (_, content_type) = response.headers.iter().find(|(name, _)| *name == "Content-Type").unwrap();
    let label = content_type.split_once("charset=").map(|(_, label)| label.as_bytes().to_vec());
    let label = label.unwrap_or_else(|| {
        let at = response.body.windows(8).position(|window| window == b"charset=").unwrap() + 8;
        let label = response.body[at..].iter().skip_while(|byte| **byte == b'"');
        label.take_while(|byte| **byte != b'"').copied().collect()
    });
    Encoding::for_label(&label).unwrap().decode(&response.body).0.into_owned()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}

fn cut(text: &str, from: &str, to: &str) -> String {
    match text.split_once(from) {
        Some((before, rest)) => format!("{before}{}", rest.split_once(to).unwrap().1),
        None => text.to_owned(),
    }
}

fn unescape(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap();
        match name {
            "amp" => out.push('&'),
            "quot" => out.push('"'),
            "eacute" => out.push('é'),
            "uuml" => out.push('ü'),
            "szlig" => out.push('ß'),
            number => out.push(number.strip_prefix('#').unwrap().parse::<u32>().unwrap().try_into().unwrap()),
        }
        out.push_str(rest);
    }
    out
}

#[test]
fn visits_agree_with_a_plain_scan_of_their_html() {
    let mut options = WebOptions::new(21, 1500);
    options.shares.cut = 10;
    let web = Web::new(options);
    let mut checked = 0;
    let page_numbers = (0..1500).map(PageNumber);
    let visits = page_numbers.flat_map(|page| web.responses_of(page, 1).zip(web.visits_of(page, 1)));
    for (response, visit) in visits {
        if visit.outcome == Outcome::Unchanged {
            assert!(response.body.is_empty() && visit.links.is_empty());
            continue;
        }
        assert_eq!((&visit.page.url, visit.page.status), (&response.url, response.status));
        let host = Host::of(&response.url).unwrap();
        let found = scan(&response);
        let (internal, external): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(url, _)| Host::of(url).unwrap().is_same_site_as(&host));
        assert_eq!(visit.page.internal_links, Some(internal.len() as u32), "{}", response.url);
        assert_eq!(visit.page.external_links, Some(external.len() as u32), "{}", response.url);
        let mut texts: BTreeMap<UrlKey, Vec<String>> = BTreeMap::new();
        for (url, text) in external {
            texts.entry(UrlKey::new(&url).unwrap()).or_default().push(text);
        }
        let mut from_head = 0;
        for stored in &visit.links {
            let is_body = matches!(stored.link.kind, LinkKind::Anchor | LinkKind::Image);
            from_head += u32::from(!is_body);
            let Some(texts) = texts.remove(&stored.key) else {
                assert!(!is_body, "{}", stored.link.url_to);
                continue;
            };
            if is_body {
                assert!(texts.contains(stored.link.anchor.as_ref().unwrap_or(&String::new())), "{texts:?}");
            }
            assert!(stored.count >= texts.len() as u32 && stored.count <= texts.len() as u32 + 3);
            checked += texts.len();
        }
        assert!(texts.is_empty(), "{} has more links than its visit: {texts:?}", response.url);
        assert!(from_head <= 4);
    }
    assert!(checked > 15_000, "{checked}");
}
