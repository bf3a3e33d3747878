//! Reads a document: every token changes the open elements as the tree construction rules of HTML
//! say, near enough that links, their texts and their places come out as in a browser's tree.
//!
//! What is different from a full tree builder: nothing is built, text that belongs before a table
//! but stands in it is taken where it stands, and of the formatting elements only `a` is continued
//! after a block has closed it. All the pieces of such a link are one link here, as for a reader.

use std::borrow::Cow;
use std::iter;

use model::{LinkKind, RelTokens, SemanticLocation};

use crate::elements::{Element, Elements, Namespace, Place};
use crate::evidence::Evidence;
use crate::head::Head;
use crate::links::{RawLink, RawLinks};
use crate::look::Look;
use crate::options::Options;
use crate::site::Inside;
use crate::tag::{self, Tag, TagSet};
use crate::text::{LinkId, TextRun};
use crate::token::{Token, Tokenizer, resolve_text};
use crate::visible::VisibleText;

/// An entry in the list of active formatting elements.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Formatting {
    /// Elements before it are not continued.
    Marker,
    /// An `a`, and its link if it is one.
    Anchor(Option<LinkId>),
}

/// What a document holds.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) links: RawLinks<'a>,
    pub(crate) evidence: Evidence,
    /// Words of the visible text.
    pub(crate) words: u32,
    /// Of the visible text, what its language is told by.
    pub(crate) sample: String,
    /// Links were taken to stay inside the site, until a base came that says otherwise. Nothing else is of use then.
    pub(crate) is_misled: bool,
}

/// A document while it is read.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) tokens: Tokenizer<'a>,
    pub(crate) elements: Elements,
    pub(crate) formatting: Vec<Formatting>,
    pub(crate) links: RawLinks<'a>,
    pub(crate) head: Head<'a>,
    /// Links whose element is open, the outermost first.
    open_links: Vec<LinkId>,
    page_text: TextRun<'a>,
    noscript_text: TextRun<'a>,
    visible: VisibleText,
    pub(crate) evidence: Evidence,
    /// Tells links that are only counted.
    inside: Option<Inside>,
    is_misled: bool,
    /// The body has begun: nothing goes to the head any more.
    pub(crate) in_body: bool,
    pub(crate) has_doctype: bool,
    pub(crate) has_open_form: bool,
}

impl<'a> Document<'a> {
    /// Reads `text` to its end. `links` and `evidence` are what the response gave before the document; what `inside`
    /// tells are links that are only counted.
    pub(crate) fn read(
        text: &'a str,
        links: RawLinks<'a>,
        evidence: Evidence,
        inside: Option<Inside>,
        options: &Options,
    ) -> Reading<'a> {
        let mut document = Self {
            tokens: Tokenizer::new(text),
            elements: Elements::new(options.max_depth),
            formatting: Vec::new(),
            links,
            head: Head::default(),
            open_links: Vec::new(),
            page_text: TextRun::default(),
            noscript_text: TextRun::default(),
            visible: VisibleText::default(),
            evidence,
            inside,
            is_misled: false,
            in_body: false,
            has_doctype: false,
            has_open_form: false,
        };
        while !document.is_misled
            && let Some(token) = document.tokens.next(document.is_foreign())
        {
            match token {
                Token::Text(text) => document.text(text, document.tokens.look_back(text.len())),
                Token::Literal(text) => document.text(text, Look::of_literal(text)),
                Token::Start { tag, name, self_closing } => document.start_tag(tag, name, self_closing),
                Token::End { tag, name } => document.end_tag(tag, name),
                Token::Doctype => document.has_doctype = true,
            }
        }
        document.close_to(0);
        document.clear_formatting();
        document.border(Place::default());
        document.border(Place { in_noscript: true, ..Place::default() });
        let Self { head, links, evidence, visible, is_misled, .. } = document;
        let (words, sample) = visible.finish();
        Reading { head, links, evidence, words, sample, is_misled }
    }

    /// Whether the current node is SVG or MathML, where CDATA sections are known.
    fn is_foreign(&self) -> bool {
        self.elements.top().is_some_and(|top| top.namespace != Namespace::Html)
    }

    /// Text as it stands in the document, and what it is like.
    #[inline]
    pub(crate) fn text(&mut self, raw: &'a str, look: Look) {
        if look.is_blank { self.space() } else { self.words(raw, look) }
    }

    /// White space and nothing else.
    fn space(&mut self) {
        let place = self.elements.place();
        if place.in_template || place.is_hidden || !self.in_body {
            return;
        }
        if !self.is_foreign() && !self.elements.top_is(tag::TABLE_CONTEXT) {
            self.continue_link();
        }
        self.visible.space();
        self.run(place).space();
    }

    fn words(&mut self, raw: &'a str, look: Look) {
        if !self.in_body && !self.elements.place().in_template {
            self.begin_body();
        }
        let place = self.elements.place();
        if place.in_template || place.is_hidden {
            return;
        }
        if !self.is_foreign() {
            self.continue_link();
        }
        let (text, look) = if look.has_references {
            let text = resolve_text(raw);
            let look = Look::of(&text);
            (text, look)
        } else {
            (Cow::Borrowed(raw), look)
        };
        if !place.in_noscript {
            self.visible.add(&text, look, !self.open_links.is_empty(), place.location);
        }
        let links = &mut self.links;
        let run = if place.in_noscript { &mut self.noscript_text } else { &mut self.page_text };
        run.add(text, look.is_folded, &mut |id, texts| {
            if let Some(link) = links.get_mut(id) {
                link.texts = texts;
            }
        });
    }

    /// The body begins: a `noscript` of the head is over.
    pub(crate) fn begin_body(&mut self) {
        self.in_body = true;
        if let Some(index) = self.elements.in_scope(TagSet::only(Tag::Noscript), TagSet::EMPTY) {
            self.close_to(index);
        }
    }

    /// Opens an HTML element.
    pub(crate) fn open(&mut self, tag: Tag, name: &[u8]) {
        self.open_as(tag, tag::name_id(tag, name), Namespace::Html, None);
    }

    /// Opens an element; what it is decides where its content stands.
    /// `false` if it would be too deep.
    pub(crate) fn open_as(&mut self, tag: Tag, name: u32, namespace: Namespace, link: Option<LinkId>) -> bool {
        let mut place = self.elements.place();
        if namespace == Namespace::Html {
            match tag {
                Tag::Template => place.in_template = true,
                Tag::Noscript => place.in_noscript = true,
                Tag::Select | Tag::Datalist => place.is_hidden = true,
                _ => place.location = semantic_location(tag).or(place.location),
            }
            if tag::BLOCKS.has(tag) || tag == Tag::Noscript {
                self.border(place);
            }
        }
        let is_kept = self.elements.push(Element { tag, name, namespace, place, link });
        if is_kept {
            self.open_link(link);
            if namespace == Namespace::Html && tag::MARKERS.has(tag) {
                self.formatting.push(Formatting::Marker);
            }
        }
        is_kept
    }

    /// Closes elements until `depth` are left.
    pub(crate) fn close_to(&mut self, depth: usize) {
        while self.elements.len() > depth {
            let Some(element) = self.elements.pop() else { return };
            self.after_close(&element);
        }
    }

    /// What happens when an element is closed, wherever it was.
    pub(crate) fn after_close(&mut self, element: &Element) {
        if let Some(link) = element.link {
            self.close_link(link);
        }
        if element.namespace != Namespace::Html {
            if element.link.is_some() {
                self.end_link(element.link);
            }
            return;
        }
        if tag::BLOCKS.has(element.tag) || element.tag == Tag::Noscript {
            self.border(element.place);
        }
        if tag::MARKERS.has(element.tag) {
            self.clear_formatting();
        }
    }

    /// `base`; the first one holds for all links.
    pub(crate) fn base(&mut self) {
        let had_one = self.head.base.is_some();
        self.head.base(&self.tokens.attributes, self.elements.place());
        if let (false, Some(inside), Some(base)) = (had_one, &mut self.inside, &self.head.base) {
            self.is_misled = !inside.set_base(base);
        }
    }

    /// Starts a link whose `href` the current tag has; `None` if it is none.
    pub(crate) fn start_link(&mut self, href: Option<Cow<'a, str>>) -> Option<LinkId> {
        let place = self.elements.place();
        let href = href.filter(|_| !place.in_template)?;
        self.evidence.target(&href);
        let is_inside = self.inside.as_mut().is_some_and(|inside| inside.holds(&href));
        let id = self.links.push(RawLink::new(LinkKind::Anchor, href))?;
        self.run(place).start_link(id, !is_inside);
        let link = self.links.get_mut(id)?;
        link.in_noscript = place.in_noscript;
        link.is_inside = is_inside;
        if is_inside {
            return Some(id);
        }
        link.location = place.location;
        if let Some(rel) = self.tokens.attributes.get("rel") {
            link.rel = RelTokens::parse(&rel);
        }
        Some(id)
    }

    /// Puts a link among the open ones: what is read from here on is in it.
    fn open_link(&mut self, link: Option<LinkId>) {
        let Some(id) = link else { return };
        if let Some(link) = self.links.get_mut(id) {
            link.is_open = true;
            self.open_links.push(id);
        }
    }

    /// The element of a link is closed; the link may be continued.
    fn close_link(&mut self, id: LinkId) {
        self.open_links.retain(|open| *open != id);
        let Some(link) = self.links.get_mut(id) else { return };
        link.is_open = false;
        let run = if link.in_noscript { &mut self.noscript_text } else { &mut self.page_text };
        run.extend_link(id);
    }

    /// A link is over.
    pub(crate) fn end_link(&mut self, link: Option<LinkId>) {
        let Some(id) = link else { return };
        let Some(link) = self.links.get_mut(id) else { return };
        let run = if link.in_noscript { &mut self.noscript_text } else { &mut self.page_text };
        run.end_link(id);
    }

    /// Continues an `a` that was closed by something else than its end tag.
    pub(crate) fn continue_link(&mut self) {
        let Some(Formatting::Anchor(link)) = self.formatting.last().copied() else { return };
        let is_open = match link {
            Some(id) => self.links.get_mut(id).is_none_or(|link| link.is_open),
            None => true,
        };
        if !is_open && !self.elements.is_full() {
            self.open_as(Tag::A, tag::name_id(Tag::A, b"a"), Namespace::Html, link);
        }
    }

    /// Forgets the active formatting elements back to the last marker.
    pub(crate) fn clear_formatting(&mut self) {
        while let Some(entry) = self.formatting.pop() {
            match entry {
                Formatting::Marker => return,
                Formatting::Anchor(link) => self.end_link(link),
            }
        }
    }

    /// Takes an image into every open link.
    pub(crate) fn image(&mut self) {
        let links = &mut self.links;
        let mut is_wanted = |id: &LinkId| links.get_mut(*id).is_some_and(|link| !link.is_inside);
        if !self.open_links.iter().any(&mut is_wanted) {
            return;
        }
        let alt = self.tokens.attributes.get("alt");
        let sources = crate::rules::image_sources(&self.tokens.attributes);
        // The last link gets the sources themselves, the others copies.
        for (id, sources) in self.open_links.iter().zip(iter::repeat_n(sources, self.open_links.len())) {
            if let Some(link) = self.links.get_mut(*id) {
                link.add_image(alt.as_deref(), sources);
            }
        }
    }

    /// A `br`.
    pub(crate) fn line_break(&mut self) {
        let in_noscript = self.elements.place().in_noscript;
        let links = &mut self.links;
        let run = if in_noscript { &mut self.noscript_text } else { &mut self.page_text };
        run.line_break(&mut |id, texts| {
            if let Some(link) = links.get_mut(id) {
                link.texts = texts;
            }
        });
    }

    /// The border of a block at `place`.
    pub(crate) fn border(&mut self, place: Place) {
        if !place.in_noscript {
            self.visible.border();
        }
        let links = &mut self.links;
        let run = if place.in_noscript { &mut self.noscript_text } else { &mut self.page_text };
        run.border(&mut |id, texts| {
            if let Some(link) = links.get_mut(id) {
                link.texts = texts;
            }
        });
    }

    fn run(&mut self, place: Place) -> &mut TextRun<'a> {
        if place.in_noscript { &mut self.noscript_text } else { &mut self.page_text }
    }
}

fn semantic_location(tag: Tag) -> Option<SemanticLocation> {
    Some(match tag {
        Tag::Article => SemanticLocation::Article,
        Tag::Aside => SemanticLocation::Aside,
        Tag::Details => SemanticLocation::Details,
        Tag::Figcaption => SemanticLocation::Figcaption,
        Tag::Figure => SemanticLocation::Figure,
        Tag::Footer => SemanticLocation::Footer,
        Tag::Header => SemanticLocation::Header,
        Tag::Main => SemanticLocation::Main,
        Tag::Mark => SemanticLocation::Mark,
        Tag::Nav => SemanticLocation::Nav,
        Tag::Section => SemanticLocation::Section,
        Tag::Summary => SemanticLocation::Summary,
        Tag::Time => SemanticLocation::Time,
        _ => return None,
    })
}
