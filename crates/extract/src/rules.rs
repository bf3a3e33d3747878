//! What each tag does to the open elements: the rules of HTML's tree construction that matter for
//! where a link stands and what is in it.

use std::borrow::Cow;

use crate::elements::{Element, Namespace};
use crate::look::Look;
use crate::tag::{self, Tag, TagSet};
use crate::token::Attributes;
use crate::walk::{Document, Formatting};

impl<'a> Document<'a> {
    /// A start tag; its attributes are those of the tokenizer.
    pub(crate) fn start_tag(&mut self, tag: Tag, name: &'a [u8], self_closing: bool) {
        if self.tokens.attributes.has_microdata && !self.elements.place().in_template {
            self.evidence.microdata(&self.tokens.attributes);
        }
        if let Some(top) = self.elements.top().filter(|top| top.namespace == Namespace::Foreign).copied() {
            let leaves = tag::BREAKOUT.has(tag)
                || (tag == Tag::Font && ["color", "face", "size"].iter().any(|name| self.tokens.attributes.has(name)));
            if !leaves {
                self.start_foreign(tag, name, &top, self_closing);
                return;
            }
            self.leave_foreign();
        }
        if !self.in_body && !self.elements.place().in_template {
            let in_noscript = self.elements.has_open(TagSet::only(Tag::Noscript));
            if !tag::HEAD.has(tag) || (in_noscript && !tag::HEAD_NOSCRIPT.has(tag)) {
                self.begin_body();
            }
        }
        self.start_html(tag, name, self_closing);
    }

    fn start_html(&mut self, tag: Tag, name: &'a [u8], self_closing: bool) {
        match tag {
            Tag::Html => {
                self.head.html(&self.tokens.attributes, self.elements.place());
                self.evidence.element(&self.tokens.attributes);
            }
            Tag::Base => self.base(),
            Tag::Link => {
                self.head.link(&self.tokens.attributes, self.elements.place(), &mut self.links);
                if !self.elements.place().in_template {
                    self.evidence.link(&self.tokens.attributes, !self.in_body);
                }
            }
            Tag::Meta => {
                self.head.meta(&self.tokens.attributes, self.elements.place(), &mut self.links);
                if !self.elements.place().in_template {
                    self.evidence.meta_tag(&self.tokens.attributes);
                }
            }
            Tag::Body => self.evidence.element(&self.tokens.attributes),
            Tag::Head | Tag::Basefont | Tag::Bgsound | Tag::Frameset => {}
            Tag::Title => {
                let title = self.tokens.raw_text(name);
                self.head.title(title, self.elements.place());
            }
            Tag::Script => {
                let source = self.tokens.attributes.get("src");
                let kind = self.tokens.attributes.get("type");
                let text = self.tokens.script_text();
                if !self.elements.place().in_template {
                    self.evidence.script(source.as_deref(), kind.as_deref(), text, !self.in_body);
                }
            }
            Tag::Style | Tag::Noframes | Tag::Iframe | Tag::Noembed | Tag::Textarea => {
                self.tokens.raw_text(name);
            }
            Tag::Xmp => {
                self.close_paragraph();
                self.open(tag, name);
                let text = self.tokens.raw_text(name);
                self.text(text, Look::of_literal(text));
                self.close_innermost(TagSet::only(tag), TagSet::EMPTY);
            }
            Tag::Plaintext => {
                self.close_paragraph();
                self.open(tag, name);
                let text = self.tokens.rest();
                self.text(text, Look::of_literal(text));
            }
            Tag::A => self.start_anchor(),
            _ if tag::VOID.has(tag) => self.start_void(tag),
            _ if tag::HEADINGS.has(tag) => {
                self.close_paragraph();
                if self.elements.top_is(tag::HEADINGS) {
                    self.close_to(self.elements.len() - 1);
                }
                self.open(tag, name);
            }
            _ if tag::CONTAINERS.has(tag) => {
                self.close_paragraph();
                self.open(tag, name);
            }
            Tag::P => {
                self.close_paragraph();
                self.open(tag, name);
            }
            Tag::Form => {
                if self.has_open_form && !self.elements.place().in_template {
                    return;
                }
                self.has_open_form = !self.elements.place().in_template;
                self.evidence.form(&self.tokens.attributes);
                self.close_paragraph();
                self.open(tag, name);
            }
            Tag::Li | Tag::Dd | Tag::Dt => {
                self.close_item(tag);
                self.close_paragraph();
                self.open(tag, name);
            }
            Tag::Button => {
                self.close_innermost(TagSet::only(tag), tag::SCOPE);
                self.continue_link();
                self.open(tag, name);
            }
            Tag::Table => {
                if self.elements.top_is(tag::TABLE_CONTEXT) {
                    self.close_innermost(TagSet::only(tag), tag::TABLE_SCOPE);
                }
                if self.has_doctype {
                    self.close_paragraph();
                }
                self.open(tag, name);
            }
            Tag::Caption | Tag::Colgroup | Tag::Tbody | Tag::Tfoot | Tag::Thead | Tag::Tr | Tag::Td | Tag::Th => {
                self.start_table_part(tag, name);
            }
            Tag::Select => {
                if self.close_innermost(TagSet::only(tag), tag::SCOPE) {
                    return;
                }
                self.continue_link();
                self.open(tag, name);
            }
            Tag::Option | Tag::Optgroup => {
                if self.elements.top_is(TagSet::only(Tag::Option)) {
                    self.close_to(self.elements.len() - 1);
                }
                self.continue_link();
                self.open(tag, name);
            }
            Tag::Rb | Tag::Rp | Tag::Rt | Tag::Rtc => {
                if self.elements.top_is(tag::RUBY_PARTS) {
                    self.close_to(self.elements.len() - 1);
                }
                self.open(tag, name);
            }
            Tag::Svg | Tag::Math => {
                self.continue_link();
                if !self_closing {
                    self.open_as(tag, tag::name_id(tag, name), Namespace::Foreign, None);
                }
            }
            Tag::Template => {
                self.open(tag, name);
            }
            _ => {
                self.continue_link();
                self.open(tag, name);
            }
        }
    }

    fn start_anchor(&mut self) {
        // An `a` does not stand in an `a`: the new one ends the old one.
        if let Some(Formatting::Anchor(_)) = self.formatting.last() {
            self.end_anchor();
        }
        let href = self.tokens.attributes.get("href");
        let link = self.start_link(href);
        if self.open_as(Tag::A, tag::name_id(Tag::A, b"a"), Namespace::Html, link) {
            self.formatting.push(Formatting::Anchor(link));
        } else {
            self.end_link(link);
        }
    }

    fn start_void(&mut self, tag: Tag) {
        if tag == Tag::Hr {
            self.close_paragraph();
            self.border(self.elements.place());
        }
        if tag == Tag::Input {
            self.close_innermost(TagSet::only(Tag::Select), tag::SCOPE);
        }
        if tag::INLINE_VOID.has(tag) {
            self.continue_link();
        }
        match tag {
            Tag::Br => self.line_break(),
            Tag::Img | Tag::Image => self.image(),
            Tag::Area => {
                let href = self.tokens.attributes.get("href");
                let link = self.start_link(href);
                self.end_link(link);
            }
            _ => {}
        }
    }

    fn start_table_part(&mut self, tag: Tag, name: &[u8]) {
        let Some(table) = self.elements.in_scope(TagSet::only(Tag::Table), tag::TABLE_SCOPE) else {
            if self.elements.top_is(TagSet::only(Tag::Template)) {
                self.open(tag, name);
            }
            return;
        };
        let context = match tag {
            Tag::Tr => tag::ROW_GROUPS,
            Tag::Td | Tag::Th => TagSet::only(Tag::Tr),
            _ => TagSet::EMPTY,
        };
        let context = self.elements.in_scope(context, tag::TABLE_SCOPE).unwrap_or(table);
        self.close_to(context + 1);
        if tag::CELLS.has(tag) && !self.elements.top_is(TagSet::only(Tag::Tr)) {
            self.open(Tag::Tr, b"tr");
        }
        self.open(tag, name);
    }

    fn start_foreign(&mut self, tag: Tag, name: &'a [u8], parent: &Element, self_closing: bool) {
        let in_svg = parent.tag != Tag::Math;
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        let is_html_inside = if in_svg {
            is("foreignObject") || is("desc") || tag == Tag::Title
        } else {
            ["mi", "mo", "mn", "ms", "mtext", "annotation-xml"].into_iter().any(is)
        };
        let namespace = if is_html_inside { Namespace::Integration } else { Namespace::Foreign };
        let attributes = &self.tokens.attributes;
        let href = || attributes.get("href").or_else(|| attributes.get("xlink:href"));
        let href = if in_svg && tag == Tag::A { href() } else { None };
        let link = self.start_link(href);
        // The tag of the root goes down, to tell drawings from formulas.
        let kept_tag = if in_svg { Tag::Svg } else { Tag::Math };
        if self_closing || !self.open_as(kept_tag, tag::name_id(tag, name), namespace, link) {
            self.end_link(link);
        } else if in_svg && (is("desc") || is("metadata") || matches!(tag, Tag::Title | Tag::Style | Tag::Script)) {
            self.elements.hide_top();
        }
    }

    /// Closes SVG and MathML elements down to HTML content.
    fn leave_foreign(&mut self) {
        while self.elements.top().is_some_and(|top| top.namespace == Namespace::Foreign) {
            self.close_to(self.elements.len() - 1);
        }
    }

    /// An end tag.
    pub(crate) fn end_tag(&mut self, tag: Tag, name: &'a [u8]) {
        if self.elements.end_overflow() {
            return;
        }
        if self.elements.top().is_some_and(|top| top.namespace != Namespace::Html) {
            if matches!(tag, Tag::Br | Tag::P) {
                self.leave_foreign();
            } else if self.end_foreign(tag, name) {
                return;
            }
        }
        match tag {
            Tag::Html | Tag::Body | Tag::Head => {}
            Tag::P => {
                if !self.close_innermost(TagSet::only(tag), tag::BUTTON_SCOPE) {
                    // An empty paragraph comes into being.
                    self.border(self.elements.place());
                }
            }
            Tag::Br => self.line_break(),
            Tag::A => self.end_anchor(),
            Tag::Form => self.end_form(),
            Tag::Li => {
                self.close_innermost(TagSet::only(tag), tag::LIST_SCOPE);
            }
            Tag::Caption
            | Tag::Colgroup
            | Tag::Table
            | Tag::Tbody
            | Tag::Td
            | Tag::Tfoot
            | Tag::Th
            | Tag::Thead
            | Tag::Tr => {
                self.close_innermost(TagSet::only(tag), tag::TABLE_SCOPE);
            }
            Tag::Template => {
                self.close_innermost(TagSet::only(tag), TagSet::EMPTY);
            }
            _ if tag::HEADINGS.has(tag) => {
                self.close_innermost(tag::HEADINGS, tag::SCOPE);
            }
            _ if tag::FORMATTING.has(tag) => self.end_formatting(tag),
            Tag::Button | Tag::Dd | Tag::Dt | Tag::Select | Tag::Applet | Tag::Marquee | Tag::Object => {
                self.close_innermost(TagSet::only(tag), tag::SCOPE);
            }
            _ if tag::CONTAINERS.has(tag) => {
                self.close_innermost(TagSet::only(tag), tag::SCOPE);
            }
            _ => self.end_other(tag, name),
        }
    }

    /// Closes the element of SVG or MathML called `name`; `false` if HTML rules decide.
    fn end_foreign(&mut self, tag: Tag, name: &[u8]) -> bool {
        let name = tag::name_id(tag, name);
        let stops = |element: &Element| element.namespace == Namespace::Html || element.name == name;
        let Some((index, element)) = self.elements.innermost(stops) else { return true };
        if element.namespace == Namespace::Html {
            return false;
        }
        self.close_to(index);
        true
    }

    /// `</a>`, or a new `a`: the adoption agency, as far as links see it.
    fn end_anchor(&mut self) {
        let Some(Formatting::Anchor(link)) = self.formatting.last().copied() else {
            self.end_other(Tag::A, b"a");
            return;
        };
        self.formatting.pop();
        let wanted = TagSet::only(Tag::A);
        let own = self.elements.in_scope(wanted, TagSet::EMPTY).filter(|index| self.elements.is_link(*index, link));
        if let Some(index) = own {
            self.take_out(index);
        }
        self.end_link(link);
    }

    fn end_formatting(&mut self, tag: Tag) {
        if let Some(index) = self.elements.in_scope(TagSet::only(tag), tag::SCOPE) {
            self.take_out(index);
        }
    }

    /// Closes a formatting element: with all inside, or alone if blocks are inside.
    fn take_out(&mut self, index: usize) {
        let is_block = |element: &Element| element.namespace != Namespace::Html || tag::SPECIAL.has(element.tag);
        if self.elements.inside(index).iter().any(is_block) {
            if let Some(element) = self.elements.remove(index) {
                self.after_close(&element);
            }
        } else {
            self.close_to(index);
        }
    }

    fn end_form(&mut self) {
        self.has_open_form = false;
        let Some(index) = self.elements.in_scope(TagSet::only(Tag::Form), tag::SCOPE) else { return };
        if let Some(element) = self.elements.remove(index) {
            self.after_close(&element);
        }
    }

    fn end_other(&mut self, tag: Tag, name: &[u8]) {
        let name = tag::name_id(tag, name);
        let is_own = |element: &Element| element.tag == tag && element.name == name;
        let stops = |element: &Element| match element.namespace {
            Namespace::Html => is_own(element) || tag::SPECIAL.has(element.tag),
            Namespace::Integration => true,
            Namespace::Foreign => false,
        };
        if let Some((index, element)) = self.elements.innermost(stops)
            && element.namespace == Namespace::Html
            && is_own(&element)
        {
            self.close_to(index);
        }
    }

    /// Closes the innermost element out of `wanted` that `border` does not hide, with all inside.
    fn close_innermost(&mut self, wanted: TagSet, border: TagSet) -> bool {
        let found = self.elements.in_scope(wanted, border);
        if let Some(index) = found {
            self.close_to(index);
        }
        found.is_some()
    }

    fn close_paragraph(&mut self) {
        self.close_innermost(TagSet::only(Tag::P), tag::BUTTON_SCOPE);
    }

    /// A new list item or term closes the one before it.
    fn close_item(&mut self, tag: Tag) {
        let siblings = if tag == Tag::Li { tag::LIST_ITEM } else { tag::TERMS };
        if !self.elements.has_open(siblings) {
            return;
        }
        let stops = |element: &Element| {
            let is_container =
                || tag::SPECIAL.has(element.tag) && !matches!(element.tag, Tag::Address | Tag::Div | Tag::P);
            element.namespace == Namespace::Html && (siblings.has(element.tag) || is_container())
        };
        if let Some((index, element)) = self.elements.innermost(stops)
            && siblings.has(element.tag)
        {
            self.close_to(index);
        }
    }
}

/// Addresses of an image, the best first: `src`, then what scripts put there when it comes into
/// view, then the first of `srcset`.
pub(crate) fn image_sources<'a>(attributes: &Attributes<'a>) -> Vec<Cow<'a, str>> {
    let mut sources: Vec<_> =
        ["src", "data-src", "data-lazy-src", "data-original"].iter().filter_map(|name| attributes.get(name)).collect();
    if let Some(set) = attributes.get("srcset").or_else(|| attributes.get("data-srcset")) {
        let first = set.split_ascii_whitespace().next().unwrap_or_default().trim_end_matches(',').to_owned();
        sources.push(Cow::Owned(first));
    }
    sources.retain(|source| !source.trim().is_empty() && !source.trim_start().starts_with("data:"));
    sources
}
