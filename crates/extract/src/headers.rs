//! HTTP headers that say something about a page or make links.

use model::{RelTokens, Robots};

use crate::head::{MAX_NAME_BYTES, kind_of};
use crate::links::RawLink;
use crate::prescan::charset_in;
use crate::robots;
use crate::text::fold;

/// HTTP headers by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Headers<'a>(pub(crate) &'a [(String, String)]);

impl<'a> Headers<'a> {
    /// Every value of the headers called `name`.
    pub(crate) fn all(self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The first value that is not blank.
    pub(crate) fn first(self, name: &'static str) -> Option<&'a str> {
        self.all(name).map(str::trim).find(|value| !value.is_empty())
    }

    /// The first value, white space folded and bounded.
    pub(crate) fn text(self, name: &'static str) -> Option<String> {
        self.first(name).and_then(|value| fold(value, MAX_NAME_BYTES))
    }

    /// The media type, in lower case and without parameters.
    pub(crate) fn media_type(self) -> Option<String> {
        let value = self.first("content-type")?.split([';', ',']).next()?;
        fold(&value.to_ascii_lowercase(), MAX_NAME_BYTES)
    }

    /// The charset that `Content-Type` declares.
    pub(crate) fn charset(self) -> Option<&'a str> {
        self.all("content-type").find_map(charset_in)
    }

    /// What all `X-Robots-Tag` headers say.
    pub(crate) fn robots(self) -> Robots {
        let mut robots = Robots::default();
        self.all("x-robots-tag").for_each(|value| robots::add_header(&mut robots, value));
        robots
    }

    /// Canonical and alternate addresses in `Link` headers.
    pub(crate) fn links<'t>(self) -> Vec<RawLink<'t>> {
        self.all("link").flat_map(parse_links).collect()
    }
}

/// Reads one `Link` header: `<https://example.org/>; rel="canonical", <…>; rel=…`.
fn parse_links<'t>(value: &str) -> Vec<RawLink<'t>> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((href, after)) = rest.split_once('<').and_then(|(_, open)| open.split_once('>')) {
        let (mut rel, mut hreflang, mut media_type) = (None, None, None);
        rest = after.trim_start();
        while let Some(parameter) = rest.strip_prefix(';') {
            let (name, value, after) = split_parameter(parameter);
            // The first one of a name counts.
            let place = match name.to_ascii_lowercase().as_str() {
                "rel" => Some(&mut rel),
                "hreflang" => Some(&mut hreflang),
                "type" => Some(&mut media_type),
                _ => None,
            };
            if let Some(place) = place {
                place.get_or_insert(value);
            }
            rest = after.trim_start();
        }
        let rel = RelTokens::parse(&rel.unwrap_or_default());
        if let Some(kind) = kind_of(&rel) {
            let mut link = RawLink::new(kind, href.trim().to_owned().into());
            link.rel = rel;
            link.hreflang = hreflang.map(Into::into);
            link.media_type = media_type.map(Into::into);
            links.push(link);
        }
    }
    links
}

/// Splits `name="value" …` into name, value and what follows.
fn split_parameter(text: &str) -> (&str, String, &str) {
    let end = text.find([';', ',', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let Some(value) = rest.strip_prefix('=').map(str::trim_start) else { return (name.trim(), String::new(), rest) };
    if let Some(quoted) = value.strip_prefix('"') {
        let mut unquoted = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => return (name.trim(), unquoted, quoted.get(at + 1..).unwrap_or_default()),
                '\\' => unquoted.extend(characters.next().map(|(_, escaped)| escaped)),
                other => unquoted.push(other),
            }
        }
        return (name.trim(), unquoted, "");
    }
    let end = value.find([';', ',']).unwrap_or(value.len());
    let (word, rest) = value.split_at_checked(end).unwrap_or((value, ""));
    (name.trim(), word.trim().to_owned(), rest)
}

#[cfg(test)]
mod tests {
    use model::LinkKind;

    use super::*;

    #[test]
    fn link_headers_give_canonical_and_alternate_addresses() {
        let value = "</a,b>; rel=preload; as=script, <https://example.org/x>; title=\"a; \\\"b\\\", c\"; REL=\"canonical\", \
                     </de>;rel=alternate;hreflang=de;type=\"text/html\", <broken";
        let links = parse_links(value);
        assert_eq!(links.len(), 2);
        assert_eq!((links[0].kind, &*links[0].href), (LinkKind::Canonical, "https://example.org/x"));
        assert_eq!((links[1].kind, links[1].hreflang.as_deref()), (LinkKind::Alternate, Some("de")));
        assert_eq!(links[1].media_type.as_deref(), Some("text/html"));
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let list = [("content-TYPE".to_owned(), " Text/HTML ; Charset=\"UTF-8\"".to_owned())];
        let headers = Headers(&list);
        assert_eq!(headers.media_type().as_deref(), Some("text/html"));
        assert_eq!(headers.charset(), Some("UTF-8"));
        assert_eq!(headers.first("server"), None);
    }
}
