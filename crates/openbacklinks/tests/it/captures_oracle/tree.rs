//! A walk over html5ever's tree: links with their text, and what the head says.
//!
//! Between the tokenizer and the tree builder the start tags of links get a number. So elements that the
//! tree builder made of one tag are known to be one link, and links are in the order of the source.

use std::cell::Cell;
use std::collections::HashMap;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, TokenizerResult, ns};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// The attribute with the number.
const NUMBER: &str = "data-number-of-tag";

/// What a document says.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// In the order of their tags.
    pub(crate) links: Vec<Found>,
    /// The first `base href`.
    pub(crate) base: Option<String>,
    pub(crate) nofollow: bool,
    pub(crate) noindex: bool,
}

/// A link as it is written.
#[derive(Debug, Default, Clone)]
pub(crate) struct Found {
    /// 0 for those of headers.
    pub(crate) number: u32,
    pub(crate) kind: &'static str,
    pub(crate) href: String,
    /// Lower case, each token once.
    pub(crate) rel: Vec<String>,
    /// White space folded.
    pub(crate) anchor: String,
    pub(crate) in_noscript: bool,
    pub(crate) is_cloned: bool,
    pub(crate) refresh_seconds: u32,
}

/// Numbers the tags of links on their way to the tree builder.
struct Numbering {
    builder: TreeBuilder<Handle, RcDom>,
    next: Cell<u32>,
}

impl TokenSink for Numbering {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        match token {
            Token::TagToken(Tag {
                kind: TagKind::StartTag,
                name,
                self_closing,
                mut attrs,
                had_duplicate_attributes,
            }) if ["a", "area", "link", "meta"].contains(&&*name) => {
                let number = self.next.replace(self.next.get() + 1);
                let own_name = QualName::new(None, ns!(), LocalName::from(NUMBER));
                attrs.push(Attribute { name: own_name, value: StrTendril::from(number.to_string()) });
                let tag = Tag { kind: TagKind::StartTag, name, self_closing, attrs, had_duplicate_attributes };
                self.builder.process_token(Token::TagToken(tag), line)
            }
            other => self.builder.process_token(other, line),
        }
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

fn parse(html: &str) -> RcDom {
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(RcDom::default(), options);
    let tokenizer = Tokenizer::new(Numbering { builder, next: Cell::new(1) }, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.builder.sink
}

/// Parses and walks a document.
pub(crate) fn read(html: &str) -> Tree {
    let dom = parse(html);
    let mut walk = Walk::default();
    walk.run(&dom.document);
    let mut tree = walk.tree;
    tree.links.sort_by_key(|link| link.number);
    for link in &mut tree.links {
        link.anchor = link.anchor.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    tree
}

/// Elements that begin and end on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "noscript",
    "ol",
    "optgroup",
    "option",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "xmp",
];

/// Elements whose text no reader sees as text.
const HIDDEN: &[&str] = &[
    "datalist", "head", "iframe", "noembed", "noframes", "script", "select", "style", "template", "textarea", "title",
];

/// The same inside drawings and formulas.
const HIDDEN_IN_DRAWINGS: &[&str] = &["desc", "metadata", "script", "style", "title"];

/// Meta tags that hold the address of a page.
const META: &[&str] =
    &["al:web:url", "article:author", "article:publisher", "og:see_also", "og:url", "parsely-link", "twitter:url"];

#[derive(Default)]
struct Walk {
    tree: Tree,
    /// Links by the number of their tag.
    places: HashMap<u32, usize>,
    /// Links whose element the walk is in.
    open: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
struct Around {
    in_noscript: bool,
    is_hidden: bool,
}

enum Step {
    Enter(Handle, Around),
    Leave { is_block: bool, link: Option<usize> },
}

impl Walk {
    /// Without recursion: documents may be deep.
    fn run(&mut self, document: &Handle) {
        let mut steps = vec![Step::Enter(document.clone(), Around::default())];
        while let Some(step) = steps.pop() {
            let (node, mut around) = match step {
                Step::Enter(node, around) => (node, around),
                Step::Leave { is_block, link } => {
                    self.border(is_block);
                    self.open.retain(|open| Some(*open) != link);
                    continue;
                }
            };
            match &node.data {
                NodeData::Text { contents } if !around.is_hidden => self.text(&contents.borrow(), around.in_noscript),
                NodeData::Element { name, attrs, .. } => {
                    let is_html = name.ns == ns!(html);
                    let local = &*name.local;
                    around.in_noscript |= is_html && local == "noscript";
                    around.is_hidden |= if is_html { HIDDEN } else { HIDDEN_IN_DRAWINGS }.contains(&local);
                    let is_block = is_html && BLOCKS.contains(&local);
                    let link = self.element(name, &Attributes(&attrs.borrow()), around.in_noscript);
                    self.border(is_block);
                    self.open.extend(link);
                    steps.push(Step::Leave { is_block, link });
                }
                _ => {}
            }
            let children = node.children.borrow();
            steps.extend(children.iter().rev().map(|child| Step::Enter(child.clone(), around)));
        }
    }

    fn text(&mut self, text: &str, in_noscript: bool) {
        for place in &self.open {
            let link = &mut self.tree.links[*place];
            if link.in_noscript == in_noscript {
                link.anchor.push_str(text);
            }
        }
    }

    fn border(&mut self, is_block: bool) {
        for place in self.open.iter().filter(|_| is_block) {
            self.tree.links[*place].anchor.push(' ');
        }
    }

    /// Reads an element; the link whose text is inside it, if it is one.
    fn element(&mut self, name: &QualName, attributes: &Attributes<'_>, in_noscript: bool) -> Option<usize> {
        let local = &*name.local;
        let href = attributes.get("href");
        if name.ns == ns!(svg) {
            let link = Found { kind: "anchor", rel: attributes.rel(), ..Found::default() };
            return href.filter(|_| local == "a").map(|href| self.add(attributes, Found { href, in_noscript, ..link }));
        }
        if name.ns != ns!(html) {
            return None;
        }
        let link = |kind, href| Found { kind, href, rel: attributes.rel(), in_noscript, ..Found::default() };
        match local {
            "a" => return href.map(|href| self.add(attributes, link("anchor", href))),
            "area" => {
                href.map(|href| self.add(attributes, link("anchor", href)));
            }
            "img" => {
                for place in &self.open {
                    self.tree.links[*place].kind = "image";
                }
            }
            "base" if self.tree.base.is_none() => self.tree.base = href,
            "link" => {
                let rel = attributes.rel();
                let has = |token: &str| rel.iter().any(|own| own == token);
                let is_alternate = has("alternate") && !has("stylesheet");
                let kind = if has("canonical") { Some("canonical") } else { is_alternate.then_some("alternate") };
                kind.zip(href).map(|(kind, href)| self.add(attributes, link(kind, href)));
            }
            "meta" => self.meta(attributes, in_noscript),
            _ => {}
        }
        None
    }

    fn meta(&mut self, attributes: &Attributes<'_>, in_noscript: bool) {
        let Some(content) = attributes.get("content") else { return };
        let names: Vec<String> = ["name", "property"].iter().filter_map(|name| attributes.get(name)).collect();
        let names: Vec<String> = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        if names.iter().any(|name| name == "robots") {
            let content = content.to_ascii_lowercase();
            let words: Vec<&str> = content.split([',', ' ', '\t', '\n', '\r', '\x0c']).collect();
            self.tree.nofollow |= words.contains(&"nofollow") || words.contains(&"none");
            self.tree.noindex |= words.contains(&"noindex") || words.contains(&"none");
        }
        let pragma = attributes.get("http-equiv").unwrap_or_default();
        let refresh = Some(&content).filter(|_| pragma.trim().eq_ignore_ascii_case("refresh"));
        if let Some((refresh_seconds, href)) = refresh.and_then(|content| refresh_of(content)) {
            let link = Found { kind: "redirect", href, in_noscript, refresh_seconds, ..Found::default() };
            self.add(attributes, link);
        } else if names.iter().any(|name| META.contains(&name.as_str())) {
            self.add(attributes, Found { kind: "meta", href: content, in_noscript, ..Found::default() });
        }
    }

    /// Adds a link; one whose tag made a link before is that link.
    fn add(&mut self, attributes: &Attributes<'_>, link: Found) -> usize {
        let number = attributes.get(NUMBER).and_then(|number| number.parse().ok()).expect("the tag has a number");
        if let Some(place) = self.places.get(&number) {
            self.tree.links[*place].is_cloned = true;
            return *place;
        }
        self.tree.links.push(Found { number, ..link });
        let place = self.tree.links.len() - 1;
        self.places.insert(number, place);
        place
    }
}

/// Seconds and address of `5; url=/next`.
pub(crate) fn refresh_of(content: &str) -> Option<(u32, String)> {
    let pattern = r#"(?is)^\s*(?:(\d+)[\d.]*|\.[\d.]*)(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|(.*))"#;
    let found = regex::Regex::new(pattern).unwrap().captures(content)?;
    let seconds = found.get(1).map_or(0, |digits| digits.as_str().parse().unwrap_or(u32::MAX));
    let address = found.get(2).or(found.get(3)).or(found.get(4))?.as_str().trim();
    (!address.is_empty()).then(|| (seconds, address.to_owned()))
}

struct Attributes<'a>(&'a [Attribute]);

impl Attributes<'_> {
    /// The first attribute with that local name, those without a namespace first (`href`, then `xlink:href`).
    fn get(&self, name: &str) -> Option<String> {
        let called = || self.0.iter().filter(|attribute| &*attribute.name.local == name);
        let found = called().find(|attribute| attribute.name.ns == ns!()).or_else(|| called().next());
        found.map(|attribute| attribute.value.to_string())
    }

    fn rel(&self) -> Vec<String> {
        let mut tokens: Vec<String> = Vec::new();
        for token in self.get("rel").unwrap_or_default().to_ascii_lowercase().split_ascii_whitespace() {
            if !tokens.iter().any(|seen| seen == token) {
                tokens.push(token.to_owned());
            }
        }
        tokens
    }
}
