//! The links of a page while it is read, in document order, and their end form.
//!
//! Addresses stay as written until the page has ended: `base` holds for the links before it too.

use std::borrow::Cow;
use std::mem;

use model::{Link, LinkKind, RelTokens, SemanticLocation, Url, published};

use crate::address::Resolver;
use crate::text::{LinkId, LinkTexts, fold};

/// The most bytes of an `alt`, a `hreflang` or a `type`.
const MAX_ATTRIBUTE_BYTES: usize = 1024;

/// Room is made at first for this many links at most.
const USUAL_LINKS: usize = 256;

/// A link as the page writes it.
#[derive(Debug)]
pub(crate) struct RawLink<'a> {
    pub(crate) kind: LinkKind,
    pub(crate) href: Cow<'a, str>,
    pub(crate) rel: RelTokens,
    pub(crate) location: Option<SemanticLocation>,
    pub(crate) in_noscript: bool,
    pub(crate) texts: LinkTexts,
    pub(crate) image: Option<RawImage<'a>>,
    pub(crate) hreflang: Option<Cow<'a, str>>,
    pub(crate) media_type: Option<Cow<'a, str>>,
    /// Whether the element is among the open ones.
    pub(crate) is_open: bool,
    /// Whether the link stays inside its site and is only counted: it has no texts, and nobody asks for the rest.
    pub(crate) is_inside: bool,
}

/// The first image inside a link.
#[derive(Debug, Default)]
pub(crate) struct RawImage<'a> {
    pub(crate) alt: Option<String>,
    /// Addresses to try, the best first.
    pub(crate) sources: Vec<Cow<'a, str>>,
}

impl<'a> RawLink<'a> {
    #[inline]
    pub(crate) fn new(kind: LinkKind, href: Cow<'a, str>) -> Self {
        Self {
            kind,
            href,
            rel: RelTokens::default(),
            location: None,
            in_noscript: false,
            texts: LinkTexts::default(),
            image: None,
            hreflang: None,
            media_type: None,
            is_open: false,
            is_inside: false,
        }
    }

    /// Notes an image inside the link. The first one counts; a later one may give what it lacks.
    pub(crate) fn add_image(&mut self, alt: Option<&str>, sources: Vec<Cow<'a, str>>) {
        let image = self.image.get_or_insert_default();
        if image.alt.is_none() {
            image.alt = alt.and_then(|alt| fold(alt, MAX_ATTRIBUTE_BYTES));
        }
        if image.sources.is_empty() {
            image.sources = sources;
        }
    }

    /// The end form of a link to `url_to`, which takes what this one has.
    pub(crate) fn finish(&mut self, url_to: Url, resolver: &Resolver) -> Link {
        let mut link = Link::new(url_to, self.kind);
        link.dofollow = !self.rel.has("nofollow");
        link.rel = mem::take(&mut self.rel);
        link.anchor = self.texts.anchor.take();
        link.text_pre = self.texts.before.take();
        link.text_post = self.texts.after.take();
        link.location = self.location;
        link.in_noscript = self.in_noscript;
        link.hreflang = self.hreflang.take().and_then(|text| fold(&text, MAX_ATTRIBUTE_BYTES));
        link.media_type = self.media_type.take().and_then(|text| fold(&text, MAX_ATTRIBUTE_BYTES));
        if let Some(image) = self.image.take() {
            link.kind = LinkKind::Image;
            link.alt = image.alt;
            link.image_url = image.sources.iter().find_map(|source| resolver.resolve(source)).map(String::from);
        }
        link
    }
}

/// The links in the order of the page, up to a number.
#[derive(Debug)]
pub(crate) struct RawLinks<'a> {
    items: Vec<RawLink<'a>>,
    max: usize,
    /// Links past the number.
    pub(crate) dropped: u32,
}

impl<'a> RawLinks<'a> {
    /// For at most `max` links of a page of so many bytes.
    pub(crate) fn new(max: usize, page_bytes: usize) -> Self {
        // As many as most pages have, so that they are seldom moved.
        let usual = (page_bytes / 1024).min(USUAL_LINKS).min(max);
        Self { items: Vec::with_capacity(usual), max, dropped: 0 }
    }

    /// Adds a link; `None` if there are enough.
    #[inline]
    pub(crate) fn push(&mut self, link: RawLink<'a>) -> Option<LinkId> {
        if self.items.len() >= self.max {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        self.items.push(link);
        Some(self.items.len() - 1)
    }

    pub(crate) fn get_mut(&mut self, id: LinkId) -> Option<&mut RawLink<'a>> {
        self.items.get_mut(id)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Back to the first `length` links, as if no other had been added since.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.items.truncate(length);
        self.dropped = 0;
    }

    pub(crate) fn into_items(self) -> Vec<RawLink<'a>> {
        self.items
    }
}

/// Places for the links whose targets are remembered by [`finish`].
const PLACES: usize = 256;

/// The end form of those links of a page that lead somewhere on the web and of which `keeps` says so, but for those known
/// to stay inside the site. Many have the same `href` as one before, and are not resolved again.
pub(crate) fn finish(
    mut found: Vec<RawLink<'_>>,
    resolver: &Resolver,
    mut keeps: impl FnMut(&mut Link) -> bool,
) -> Vec<Link> {
    let mut finished: Vec<Link> = Vec::with_capacity(found.len());
    // At the place of a hash of its `href`, a link: its number as found, and in the end form.
    let mut known: Vec<Option<(usize, usize)>> = vec![None; PLACES];
    for number in 0..found.len() {
        let Some((link, before)) = found.get_mut(..=number).and_then(<[_]>::split_last_mut) else { break };
        if link.is_inside {
            continue;
        }
        let is_absolute = link.kind == LinkKind::Meta;
        let place = place(&link.href);
        let same = known.get(place).copied().flatten().filter(|_| !is_absolute);
        let same = same.filter(|(same, _)| before.get(*same).is_some_and(|same| same.href == link.href));
        let target = match same.and_then(|(_, same)| finished.get(same)) {
            Some(same) => Some(same.url_to.clone()),
            None if is_absolute => resolver.absolute(&link.href).map(published),
            None => resolver.resolve(&link.href).map(published),
        };
        let Some(target) = target else { continue };
        finished.push(link.finish(target, resolver));
        if !finished.last_mut().is_some_and(&mut keeps) {
            finished.pop();
        } else if !is_absolute && let Some(known) = known.get_mut(place) {
            *known = Some((number, finished.len() - 1));
        }
    }
    finished
}

fn place(href: &str) -> usize {
    // Addresses differ at their ends.
    let end = href.as_bytes().last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
    ((end ^ href.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;
    use model::parse_url;

    use super::*;

    #[test]
    fn addresses_that_come_again_lead_where_they_led() {
        let page = parse_url("https://example.org/a/", None).unwrap();
        let resolver = Resolver::new(&page, None, UTF_8);
        // Pairs that come again at once, and later; the same ends and lengths, more than are remembered, some that lead nowhere.
        let hrefs = (0..1800_u32).map(|number| number / 4 * 2 + number % 2).map(|number| match number % 3 {
            0 => format!("/{}/the-same-end", number * 7 % 50),
            1 => format!("page-{}", number % 400),
            _ => format!("mailto:{}@example.org", number % 2),
        });
        let kinds = [LinkKind::Anchor, LinkKind::Anchor, LinkKind::Canonical, LinkKind::Anchor, LinkKind::Meta];
        let links = || hrefs.clone().zip(kinds.into_iter().cycle()).map(|(href, kind)| RawLink::new(kind, href.into()));
        // Some are not kept.
        let all = |is_kept: fn(u32) -> bool| {
            let mut number = 0;
            let kept = |_: &mut Link| {
                number += 1;
                is_kept(number)
            };
            finish(links().collect(), &resolver, kept)
        };
        let alone = || links().flat_map(|link| finish(vec![link], &resolver, |_| true));
        assert_eq!(all(|_| true), alone().collect::<Vec<_>>());
        let some = alone().zip(1..).filter(|(_, number)| number % 5 > 0).map(|(link, _)| link);
        assert_eq!(all(|number| number % 5 > 0), some.collect::<Vec<_>>());
    }
}
