//! What a document says about itself: title, language, base, meta tags and links that are no anchors.

use std::borrow::Cow;

use model::{LinkKind, RelTokens, Robots};

use crate::elements::Place;
use crate::links::{RawLink, RawLinks};
use crate::redirect::{self, Refresh};
use crate::robots;
use crate::text::fold;
use crate::token::{Attributes, resolve_text};

/// Names of meta tags whose content is the address of a page. Addresses of what is embedded (images,
/// players) are not links to a page.
pub(crate) const META_LINKS: [&str; 7] =
    ["og:url", "og:see_also", "twitter:url", "al:web:url", "article:author", "article:publisher", "parsely-link"];

/// The most bytes of a title or a description.
pub(crate) const MAX_TITLE_BYTES: usize = 2048;
/// The most bytes of a language, a generator, a header.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// The facts of a document.
#[derive(Debug, Default)]
pub(crate) struct Head<'a> {
    pub(crate) title: Option<String>,
    /// `lang` of `html`.
    pub(crate) language: Option<String>,
    /// `http-equiv=content-language`.
    pub(crate) meta_language: Option<String>,
    /// The first `base href`.
    pub(crate) base: Option<Cow<'a, str>>,
    pub(crate) robots: Robots,
    pub(crate) generator: Option<String>,
    pub(crate) description: Option<String>,
    /// `href` of the first `link rel=canonical`.
    pub(crate) canonical: Option<Cow<'a, str>>,
    /// The first meta refresh that goes to an address; one in `noscript` does not count.
    pub(crate) refresh: Option<Refresh>,
    has_title: bool,
}

impl<'a> Head<'a> {
    /// `html`, of which a second one adds what the first one lacks.
    pub(crate) fn html(&mut self, attributes: &Attributes<'a>, place: Place) {
        if self.language.is_none() && !place.in_template {
            let language = attributes.get("lang").or_else(|| attributes.get("xml:lang"));
            self.language = language.and_then(|language| fold(&language, MAX_NAME_BYTES));
        }
    }

    /// `title`; only the first one counts.
    pub(crate) fn title(&mut self, raw: &str, place: Place) {
        if !self.has_title && !place.in_template {
            self.has_title = true;
            self.title = fold(&resolve_text(raw), MAX_TITLE_BYTES);
        }
    }

    /// `base`.
    pub(crate) fn base(&mut self, attributes: &Attributes<'a>, place: Place) {
        if self.base.is_none() && !place.in_template {
            self.base = attributes.get("href");
        }
    }

    /// `link`: canonical and alternate addresses.
    pub(crate) fn link(&mut self, attributes: &Attributes<'a>, place: Place, links: &mut RawLinks<'a>) {
        if place.in_template {
            return;
        }
        let (Some(rel), Some(href)) = (attributes.get("rel"), attributes.get("href")) else { return };
        let rel = RelTokens::parse(&rel);
        let Some(kind) = kind_of(&rel) else { return };
        if kind == LinkKind::Canonical && self.canonical.is_none() {
            self.canonical = Some(href.clone());
        }
        let mut link = RawLink::new(kind, href);
        link.rel = rel;
        link.location = place.location;
        link.in_noscript = place.in_noscript;
        link.hreflang = attributes.get("hreflang");
        link.media_type = attributes.get("type");
        links.push(link);
    }

    /// `meta`.
    pub(crate) fn meta(&mut self, attributes: &Attributes<'a>, place: Place, links: &mut RawLinks<'a>) {
        let Some(content) = attributes.get("content").filter(|_| !place.in_template) else { return };
        let mut target = None;
        if let Some(pragma) = attributes.get("http-equiv") {
            if pragma.trim().eq_ignore_ascii_case("refresh") {
                target = self.refresh(&content, place).map(|to| (LinkKind::Redirect, Cow::Owned(to)));
            } else if pragma.trim().eq_ignore_ascii_case("content-language") && self.meta_language.is_none() {
                self.meta_language = fold(&content, MAX_NAME_BYTES);
            }
        }
        for name in ["name", "property"].iter().filter_map(|attribute| attributes.get(attribute)) {
            let name = name.trim();
            self.named(name, &content);
            if target.is_none() && is_meta_link(name) {
                target = Some((LinkKind::Meta, content.clone()));
            }
        }
        if let Some((kind, href)) = target {
            let mut link = RawLink::new(kind, href);
            link.location = place.location;
            link.in_noscript = place.in_noscript;
            links.push(link);
        }
    }

    /// A named meta tag that is no link.
    pub(crate) fn named(&mut self, name: &str, content: &str) {
        if name.eq_ignore_ascii_case("robots") {
            robots::add_directives(&mut self.robots, content);
        } else if name.eq_ignore_ascii_case("generator") && self.generator.is_none() {
            self.generator = fold(content, MAX_NAME_BYTES);
        } else if name.eq_ignore_ascii_case("description") && self.description.is_none() {
            self.description = fold(content, MAX_TITLE_BYTES);
        }
    }

    fn refresh(&mut self, content: &str, place: Place) -> Option<String> {
        let refresh = redirect::parse_refresh(content)?;
        let to = refresh.to.clone();
        if self.refresh.is_none() && !place.in_noscript {
            self.refresh = Some(refresh);
        }
        Some(to)
    }
}

/// Whether a meta tag called `name` holds the address of a page.
pub(crate) fn is_meta_link(name: &str) -> bool {
    META_LINKS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The kind of a `link` element or `Link` header; `None` if it leads to no page.
pub(crate) fn kind_of(rel: &RelTokens) -> Option<LinkKind> {
    if rel.has("canonical") {
        Some(LinkKind::Canonical)
    } else if rel.has("alternate") && !rel.has("stylesheet") {
        Some(LinkKind::Alternate)
    } else {
        None
    }
}
