//! What html5ever's tree says about links and text, by a walk that shares no code with `extract`.

use std::cell::Cell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, QualName, TokenizerResult, ns};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use model::{LinkKind, Url, parse_url, published};

/// An attribute that numbers the start tags of links, so that clones are known by it.
const NUMBER: &str = "data-oracle-number";

#[derive(Debug, Clone)]
pub(crate) struct OracleLink {
    pub(crate) kind: LinkKind,
    pub(crate) href: String,
    pub(crate) rel: String,
    pub(crate) anchor: String,
    pub(crate) in_noscript: bool,
    pub(crate) is_cloned: bool,
    number: String,
}

#[derive(Debug, Default)]
pub(crate) struct OraclePage {
    pub(crate) links: Vec<(Url, OracleLink)>,
    /// White space folded.
    pub(crate) text: String,
    pub(crate) noscript_text: String,
}

/// Numbers the start tags of links between the tokenizer and the tree builder.
struct Numbering<S> {
    inner: S,
    next: Cell<u32>,
}

impl<S: TokenSink> TokenSink for Numbering<S> {
    type Handle = S::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<S::Handle> {
        let token = match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag && matches!(&*tag.name, "a" | "area") => {
                let number = self.next.replace(self.next.get() + 1);
                let name = QualName::new(None, ns!(), LocalName::from(NUMBER));
                let mut attrs = tag.attrs;
                attrs.push(Attribute { name, value: StrTendril::from(number.to_string()) });
                Token::TagToken(Tag { attrs, ..tag })
            }
            other => other,
        };
        self.inner.process_token(token, line)
    }

    fn end(&self) {
        self.inner.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.inner.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

fn parse(html: &str) -> RcDom {
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let builder = TreeBuilder::new(RcDom::default(), options);
    let tokenizer = Tokenizer::new(Numbering { inner: builder, next: Cell::new(0) }, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.inner.sink
}

const BLOCKS: &str = " address article aside blockquote body caption center colgroup dd details dialog dir div dl dt \
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol \
    optgroup option p plaintext pre search section summary table tbody td tfoot th thead tr ul xmp br ";
const HIDDEN: &str = " script style title textarea select datalist iframe noembed noframes template head ";
const HIDDEN_IN_DRAWINGS: &str = " title desc metadata style script ";
const META: &str = " og:url og:see_also twitter:url al:web:url article:author article:publisher parsely-link ";

fn lists(list: &str, name: &str) -> bool {
    list.contains(&format!(" {name} "))
}

enum Step {
    Enter(Handle, bool, bool),
    Leave(bool, Option<usize>),
}

/// Parses and walks one page.
pub(crate) fn read(html: &str, page: &Url) -> OraclePage {
    let dom = parse(html);
    let mut text = [String::new(), String::new()];
    let mut found: Vec<OracleLink> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut base = None;
    let mut steps = vec![Step::Enter(dom.document.clone(), false, false)];
    while let Some(step) = steps.pop() {
        let (node, in_noscript, is_hidden) = match step {
            Step::Leave(is_block, link) => {
                if is_block {
                    text[0].push(' ');
                    text[1].push(' ');
                    for id in &open {
                        found[*id].anchor.push(' ');
                    }
                }
                if let Some(id) = link {
                    open.retain(|other| *other != id);
                }
                continue;
            }
            Step::Enter(node, in_noscript, is_hidden) => (node, in_noscript, is_hidden),
        };
        match &node.data {
            NodeData::Text { contents } if !is_hidden => {
                text[usize::from(in_noscript)].push_str(&contents.borrow());
                for id in &open {
                    if found[*id].in_noscript == in_noscript {
                        found[*id].anchor.push_str(&contents.borrow());
                    }
                }
            }
            NodeData::Element { name, attrs, .. } => {
                let is_html = name.ns == ns!(html);
                let local: &str = &name.local;
                let attrs = attrs.borrow();
                let get = |wanted: &str| {
                    attrs.iter().find(|attr| &*attr.name.local == wanted).map(|attr| attr.value.to_string())
                };
                let in_noscript = in_noscript || (is_html && local == "noscript");
                let is_hidden = is_hidden || lists(if is_html { HIDDEN } else { HIDDEN_IN_DRAWINGS }, local);
                let is_block = is_html && (lists(BLOCKS, local) || local == "noscript");
                let rel = || {
                    let mut tokens: Vec<String> = Vec::new();
                    for token in get("rel").unwrap_or_default().to_ascii_lowercase().split_ascii_whitespace() {
                        if !tokens.iter().any(|seen| seen == token) {
                            tokens.push(token.to_owned());
                        }
                    }
                    tokens
                };
                let mut add = |kind, href: String, rel: Vec<String>| {
                    found.push(OracleLink {
                        kind,
                        href,
                        rel: rel.join(" "),
                        anchor: String::new(),
                        in_noscript,
                        is_cloned: false,
                        number: get(NUMBER).unwrap_or_default(),
                    });
                };
                let mut opened = None;
                match (is_html, local) {
                    (true | false, "a") | (true, "area") => {
                        if let Some(href) = get("href") {
                            add(LinkKind::Anchor, href, rel());
                            opened = Some(found.len() - 1).filter(|_| local == "a");
                        }
                    }
                    (true, "base") if base.is_none() => base = get("href"),
                    (true, "link") => {
                        let rel = rel();
                        let has = |token: &str| rel.iter().any(|own| own == token);
                        let kind = if has("canonical") {
                            Some(LinkKind::Canonical)
                        } else {
                            Some(LinkKind::Alternate).filter(|_| has("alternate") && !has("stylesheet"))
                        };
                        if let (Some(kind), Some(href)) = (kind, get("href")) {
                            add(kind, href, rel);
                        }
                    }
                    (true, "meta") => {
                        let content = get("content").unwrap_or_default();
                        let is =
                            |attr: &str| get(attr).is_some_and(|name| lists(META, &name.trim().to_ascii_lowercase()));
                        if get("http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("refresh")) {
                            if let Some((_, to)) = content.split_once("url=").or_else(|| content.split_once("URL=")) {
                                add(LinkKind::Redirect, to.trim_matches(['\'', '"', ' ']).to_owned(), Vec::new());
                            }
                        } else if is("name") || is("property") {
                            add(LinkKind::Meta, content, Vec::new());
                        }
                    }
                    (true, "img") => {
                        for id in &open {
                            found[*id].kind = LinkKind::Image;
                        }
                    }
                    _ => {}
                }
                if is_block {
                    text[0].push(' ');
                    text[1].push(' ');
                    for id in &open {
                        found[*id].anchor.push(' ');
                    }
                }
                open.extend(opened);
                steps.push(Step::Leave(is_block, opened));
                let children = node.children.borrow();
                steps.extend(children.iter().rev().map(|child| Step::Enter(child.clone(), in_noscript, is_hidden)));
            }
            NodeData::Document => {
                let children = node.children.borrow();
                steps.extend(children.iter().rev().map(|child| Step::Enter(child.clone(), in_noscript, is_hidden)));
            }
            _ => {}
        }
    }
    let base = base.and_then(|href| parse_url(&href, Some(page))).unwrap_or_else(|| page.clone());
    let resolve = |link: OracleLink| {
        let base = Some(&base).filter(|_| link.kind != LinkKind::Meta);
        let url = published(parse_url(&link.href, base)?);
        (link.kind != LinkKind::Redirect || url != *page).then_some((url, link))
    };
    let links = join_clones(found).into_iter().filter_map(resolve).collect();
    OraclePage { links, text: fold(&text[0]), noscript_text: fold(&text[1]) }
}

/// One link for all elements that came from one start tag.
fn join_clones(found: Vec<OracleLink>) -> Vec<OracleLink> {
    let mut joined: Vec<OracleLink> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for mut link in found {
        if link.number.is_empty() {
            joined.push(link);
            continue;
        }
        match places.get(&link.number) {
            None => {
                places.insert(link.number.clone(), joined.len());
                joined.push(link);
            }
            Some(&place) => {
                let first: &mut OracleLink = &mut joined[place];
                first.is_cloned = true;
                if link.kind == LinkKind::Image {
                    first.kind = LinkKind::Image;
                }
                if link.in_noscript == first.in_noscript {
                    first.anchor.push_str(&std::mem::take(&mut link.anchor));
                }
            }
        }
    }
    for link in &mut joined {
        link.anchor = fold(&link.anchor);
    }
    joined
}

pub(crate) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
