//! Tokens of HTML, borrowed from the document.
//!
//! The whole document is in memory, so nothing has to be copied or fed in pieces: text and attribute
//! values are slices, and their character references are resolved only where somebody asks. What a
//! tag is, where a comment, a script or an attribute ends follows the WHATWG tokenizer; the oracle
//! test checks that against html5ever's.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::bytes::{find_byte, find_name_end, has_either, is_space};
use crate::look::Look;
use crate::tag::{self, Tag};

/// Attributes after this many are read past but not kept.
const MAX_ATTRIBUTES: usize = 128;

/// One token. The attributes of the last tag are in [`Tokenizer::attributes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text with character references unresolved.
    Text(&'a str),
    /// Text of a CDATA section, to be taken as it is.
    Literal(&'a str),
    /// A start tag; the name as written.
    Start { tag: Tag, name: &'a [u8], self_closing: bool },
    /// An end tag; the name as written.
    End { tag: Tag, name: &'a [u8] },
    /// A doctype.
    Doctype,
}

/// The attributes of one tag that somebody may ask for.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a> {
    input: &'a str,
    items: Vec<Attribute<'a>>,
    /// How many the tag has.
    count: usize,
    /// Whether all are kept, or those of microdata alone.
    are_all_kept: bool,
    /// Whether one of them is of microdata: nobody needs to look for what is not there.
    pub(crate) has_microdata: bool,
}

/// One attribute: its name as written, and where its value is.
#[derive(Debug)]
struct Attribute<'a> {
    name: &'a [u8],
    value: Range<usize>,
}

impl<'a> Attributes<'a> {
    /// The value of the first attribute called `name`, references resolved.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        let attribute = self.items.iter().find(|own| own.name.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(resolve_attribute(self.input.get(attribute.value.clone()).unwrap_or_default()))
    }

    /// Begins the attributes of `tag`.
    fn start(&mut self, tag: Tag) {
        self.items.clear();
        self.count = 0;
        self.are_all_kept = tag::WITH_ATTRIBUTES.has(tag);
        self.has_microdata = false;
    }

    /// Adds an attribute.
    fn add(&mut self, name: &'a [u8], value: Range<usize>) {
        self.count += 1;
        // The names of microdata have eight bytes.
        if self.count > MAX_ATTRIBUTES || !self.are_all_kept && name.len() != 8 {
            return;
        }
        let is_microdata =
            name.len() == 8 && (name.eq_ignore_ascii_case(b"itemtype") || name.eq_ignore_ascii_case(b"itemprop"));
        if is_microdata || self.are_all_kept {
            self.items.push(Attribute { name, value });
        }
        self.has_microdata |= is_microdata;
    }

    /// Whether there is an attribute called `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.items.iter().any(|own| own.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// Resolves the character references of the value of an attribute.
pub(crate) fn resolve_attribute(value: &str) -> Cow<'_, str> {
    if !has_either(b'&', 0, value.as_bytes()) {
        return Cow::Borrowed(value);
    }
    let value = htmlize::unescape_attribute(value);
    if value.contains('\0') { Cow::Owned(value.replace('\0', "\u{fffd}")) } else { value }
}

/// Resolves the character references of a piece of text.
pub(crate) fn resolve_text(text: &str) -> Cow<'_, str> {
    if memchr(b'&', text.as_bytes()).is_some() { htmlize::unescape(text) } else { Cow::Borrowed(text) }
}

/// Reads tokens one after the other. The caller says where raw text begins, since that depends on
/// the tree.
#[derive(Debug)]
pub(crate) struct Tokenizer<'a> {
    input: &'a str,
    at: usize,
    /// Attributes of the last start tag.
    pub(crate) attributes: Attributes<'a>,
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(input: &'a str) -> Self {
        Self { input, at: 0, attributes: Attributes { input, ..Attributes::default() } }
    }

    /// The next token; `None` at the end. `in_foreign` says that the current node is SVG or MathML,
    /// the only place where CDATA sections exist. What is cut short by the end of the document is
    /// dropped.
    #[expect(clippy::inline_always, reason = "asked for each token of a page")]
    #[inline(always)]
    pub(crate) fn next(&mut self, in_foreign: bool) -> Option<Token<'a>> {
        loop {
            let markup = self.find_markup();
            if markup > self.at {
                let text = self.slice(self.at, markup);
                self.at = markup;
                return Some(Token::Text(text));
            }
            match self.byte(self.at + 1)? {
                b'!' => {
                    if let Some(token) = self.declaration(in_foreign) {
                        return Some(token);
                    }
                }
                b'/' if !self.byte(self.at + 2).is_some_and(|byte| byte.is_ascii_alphabetic()) => {
                    self.skip_past(b'>', self.at + 2);
                }
                b'?' => self.skip_past(b'>', self.at + 2),
                first => {
                    let is_end = first == b'/';
                    let (tag, name, self_closing) = self.tag(self.at + 1 + usize::from(is_end))?;
                    return Some(if is_end {
                        Token::End { tag, name }
                    } else {
                        Token::Start { tag, name, self_closing }
                    });
                }
            }
        }
    }

    /// What the last token is like, a text of `length` bytes.
    pub(crate) fn look_back(&self, length: usize) -> Look {
        Look::of_start(self.tail(self.at.saturating_sub(length)).unwrap_or_default(), length)
    }

    /// Everything up to the end tag `name`, which is read too.
    pub(crate) fn raw_text(&mut self, name: &[u8]) -> &'a str {
        let start = self.at;
        let mut from = start;
        while let Some(open) = self.find(b'<', from) {
            if self.is_end_tag(open, name) {
                return self.end_raw_text(start, open);
            }
            from = open + 1;
        }
        self.rest()
    }

    /// The text of a script; its end tag is read too. Inside `<!--`, a nested `<script>` hides one
    /// `</script>`.
    pub(crate) fn script_text(&mut self) -> &'a str {
        enum State {
            Plain,
            Escaped,
            DoubleEscaped,
        }
        let start = self.at;
        let mut from = start;
        let mut state = State::Plain;
        loop {
            let found = match state {
                State::Plain => self.find(b'<', from),
                State::Escaped | State::DoubleEscaped => {
                    self.tail(from).and_then(|tail| memchr2(b'<', b'>', tail)).map(|at| at + from)
                }
            };
            let Some(at) = found else { break };
            from = at + 1;
            if self.byte(at) == Some(b'>') {
                // Two dashes before, which may be those of `<!--`.
                if self.input.as_bytes().get(start..at).is_some_and(|before| before.ends_with(b"--")) {
                    state = State::Plain;
                }
                continue;
            }
            match state {
                State::Plain if self.starts_with(at, "<!--") => {
                    state = State::Escaped;
                    from = at + 4;
                }
                State::Plain | State::Escaped if self.is_end_tag(at, b"script") => {
                    return self.end_raw_text(start, at);
                }
                State::Escaped if self.names(at + 1, b"script") => state = State::DoubleEscaped,
                State::DoubleEscaped if self.is_end_tag(at, b"script") => state = State::Escaped,
                _ => {}
            }
        }
        self.rest()
    }

    /// Everything to the end of the document.
    pub(crate) fn rest(&mut self) -> &'a str {
        let rest = self.slice(self.at, self.input.len());
        self.at = self.input.len();
        rest
    }

    /// The first `<` from here on that begins markup, or the end.
    fn find_markup(&self) -> usize {
        let mut from = self.at;
        // One tag often follows the other at once.
        let mut next = if self.byte(from) == Some(b'<') { Some(from) } else { self.find(b'<', from) };
        while let Some(open) = next {
            match self.byte(open + 1) {
                Some(b'!' | b'?') => return open,
                Some(b'/') if self.byte(open + 2).is_some() => return open,
                Some(byte) if byte.is_ascii_alphabetic() => return open,
                _ => from = open + 1,
            }
            next = self.find(b'<', from);
        }
        self.input.len()
    }

    /// Reads `<!…>`.
    fn declaration(&mut self, in_foreign: bool) -> Option<Token<'a>> {
        let start = self.at + 2;
        if self.starts_with(start, "--") {
            let body = start + 2;
            let mut from = body;
            while let Some(close) = self.find(b'>', from) {
                let inside = self.input.as_bytes().get(body..close).unwrap_or_default();
                if inside.is_empty() || inside == b"-" || inside.ends_with(b"--") || inside.ends_with(b"--!") {
                    self.at = close + 1;
                    return None;
                }
                from = close + 1;
            }
            self.at = self.input.len();
            return None;
        }
        if in_foreign && self.starts_with(start, "[CDATA[") {
            let body = start + 7;
            let end = self.tail(body).and_then(|tail| memchr::memmem::find(tail, b"]]>"));
            let end = end.map_or(self.input.len(), |at| at + body);
            self.at = (end + 3).min(self.input.len());
            return Some(Token::Literal(self.slice(body, end)));
        }
        let is_doctype =
            self.input.as_bytes().get(start..start + 7).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype"));
        self.skip_past(b'>', start);
        is_doctype.then_some(Token::Doctype)
    }

    /// Reads a tag whose name starts at `start`: what it is, the name, and whether it ends in `/>`. `None` if the
    /// document ends inside.
    #[expect(clippy::inline_always, reason = "read for each tag of a page")]
    #[inline(always)]
    fn tag(&mut self, start: usize) -> Option<(Tag, &'a [u8], bool)> {
        self.at = self.input.len();
        let ends_name = |byte| is_space(byte) || matches!(byte, b'/' | b'>');
        let rest = self.tail(start)?;
        let length = find_name_end(rest, ends_name)?;
        let tag = Tag::of(rest, length);
        let name = rest.get(..length)?;
        self.attributes.start(tag);
        let end = start + length;
        if self.byte(end) == Some(b'>') {
            self.at = end + 1;
            return Some((tag, name, false));
        }
        let self_closing = self.rest_of_tag(end)?;
        Some((tag, name, self_closing))
    }

    /// Reads the attributes and the end of a tag whose name ends at `start`, and tells whether that is `/>`.
    #[inline(never)]
    fn rest_of_tag(&mut self, start: usize) -> Option<bool> {
        let mut at = start;
        loop {
            match self.byte(at)? {
                b'>' => {
                    self.at = at + 1;
                    return Some(false);
                }
                b'/' if self.byte(at + 1) == Some(b'>') => {
                    self.at = at + 2;
                    return Some(true);
                }
                byte if is_space(byte) || byte == b'/' => at += 1,
                _ => at = self.attribute(at)?,
            }
        }
    }

    /// Reads one attribute that starts at `start`, and returns where it ends.
    fn attribute(&mut self, start: usize) -> Option<usize> {
        let ends_name = |byte| is_space(byte) || matches!(byte, b'=' | b'>' | b'/');
        // An equals sign at the very start is part of the name.
        let name_end = start + 1 + find_name_end(self.tail(start + 1)?, ends_name)?;
        let name = self.input.as_bytes().get(start..name_end)?;
        if let Some([b'=', quote @ (b'"' | b'\''), ..]) = self.tail(name_end) {
            // As nearly all are written.
            let value_start = name_end + 2;
            let value_end = self.find(*quote, value_start)?;
            self.attributes.add(name, value_start..value_end);
            return Some(value_end + 1);
        }
        let mut at = self.skip_spaces(name_end)?;
        let (mut value_start, mut value_end) = (at, at);
        if self.byte(at)? == b'=' {
            at = self.skip_spaces(at + 1)?;
            match self.byte(at)? {
                b'>' => {}
                quote @ (b'"' | b'\'') => {
                    value_start = at + 1;
                    value_end = self.find(quote, value_start)?;
                    at = value_end + 1;
                }
                _ => {
                    value_start = at;
                    value_end = at + self.tail(at)?.iter().position(|byte| *byte == b'>' || is_space(*byte))?;
                    at = value_end;
                }
            }
        }
        self.attributes.add(name, value_start..value_end);
        Some(at)
    }

    /// The first byte from `from` on that is no white space.
    fn skip_spaces(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while is_space(self.byte(at)?) {
            at += 1;
        }
        Some(at)
    }

    fn end_raw_text(&mut self, start: usize, open: usize) -> &'a str {
        let text = self.slice(start, open);
        // Cut short by the end of the document, the tag is not there, and nothing follows.
        let _ = self.tag(open + 2);
        text
    }

    fn is_end_tag(&self, open: usize, name: &[u8]) -> bool {
        self.byte(open + 1) == Some(b'/') && self.names(open + 2, name)
    }

    /// Whether a tag name at `start` is exactly `name`.
    fn names(&self, start: usize, name: &[u8]) -> bool {
        let end = start + name.len();
        self.input.as_bytes().get(start..end).is_some_and(|own| own.eq_ignore_ascii_case(name))
            && self.byte(end).is_some_and(|byte| is_space(byte) || matches!(byte, b'/' | b'>'))
    }

    fn skip_past(&mut self, byte: u8, from: usize) {
        self.at = self.find(byte, from).map_or(self.input.len(), |at| at + 1);
    }

    fn find(&self, byte: u8, from: usize) -> Option<usize> {
        find_byte(byte, self.tail(from)?).map(|at| at + from)
    }

    fn starts_with(&self, at: usize, text: &str) -> bool {
        self.tail(at).is_some_and(|tail| tail.starts_with(text.as_bytes()))
    }

    fn tail(&self, from: usize) -> Option<&'a [u8]> {
        self.input.as_bytes().get(from..)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.input.as_bytes().get(at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.input.get(from..to).unwrap_or_default()
    }
}
