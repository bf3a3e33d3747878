//! The readable text of a page, cut into blocks, and what stands before, in and after each link.
//!
//! White space is folded as it comes in. Only the text that a waiting link can still need is held:
//! at the border of a block all links that have ended get their texts, and without an open link the
//! text is thrown away. So memory does not grow with the page. Links whose texts nobody wants bound the texts of others
//! all the same. Until the first wanted link of a block, what is read is only noted, and mostly forgotten.
//!
//! Text around a link that is nothing but the text of other links is no context: in a menu, every link would
//! repeat its neighbours.

use std::borrow::Cow;
use std::mem;

use crate::context;

/// A link by its place in the list of links.
pub(crate) type LinkId = usize;

/// A block is cut after this many bytes, and a link that goes on longer loses the rest of its text.
const MAX_RUN_BYTES: usize = 256 * 1024;

/// So much is held while there is no wanted link, in bytes of text.
const MAX_HELD_BYTES: usize = 16 * 1024;

/// What the border of a link counts among them.
const BORDER_BYTES: usize = 8;

/// A link whose texts are not known yet, and where in the run it lies.
#[derive(Debug, Clone, Copy)]
struct Span {
    link: LinkId,
    /// Whether somebody wants its texts.
    is_wanted: bool,
    /// Where its block begins.
    block: usize,
    /// Where its own text begins.
    start: usize,
    /// Where its own text ends.
    end: usize,
}

/// What was read and is not in the run yet.
#[derive(Debug, Clone, Copy)]
enum Held<'a> {
    /// Text as the page has it, and whether its white space is folded.
    Text(&'a str, bool),
    /// The next text of those whose references were resolved, and the same.
    Resolved(bool),
    /// What happened to a link that is not wanted.
    Start(LinkId),
    Extend(LinkId),
    End(LinkId),
}

/// The texts of one link.
#[derive(Debug, Default)]
pub(crate) struct LinkTexts {
    /// Its own text.
    pub(crate) anchor: Option<String>,
    /// What is before it in its block.
    pub(crate) before: Option<String>,
    /// What is after it in its block.
    pub(crate) after: Option<String>,
}

/// One run of readable text.
#[derive(Debug, Default)]
pub(crate) struct TextRun<'a> {
    text: String,
    /// What comes after `text`: nobody may ever ask for it.
    held: Vec<Held<'a>>,
    /// Its texts that are no part of the page, in order.
    resolved: Vec<String>,
    held_bytes: usize,
    /// How many starts and ends of links are held.
    held_borders: usize,
    /// White space was read that is not in `text` yet.
    has_space: bool,
    /// A border of a block was passed since the last character.
    at_border: bool,
    /// Line breaks since the last character.
    breaks: u32,
    /// Where the current block begins.
    block: usize,
    /// Links whose end has not come.
    open: Vec<Span>,
    /// Links that have ended and wait for the end of their block.
    waiting: Vec<Span>,
    /// How many of both are wanted.
    wanted: usize,
    /// Room for what [`Self::find_outside`] finds.
    outside: Vec<(usize, usize)>,
}

impl<'a> TextRun<'a> {
    /// Adds text; `is_folded` says that it has no white space but single spaces for sure. If the run is full, its
    /// block ends there.
    pub(crate) fn add(&mut self, text: Cow<'a, str>, is_folded: bool, texts: &mut impl FnMut(LinkId, LinkTexts)) {
        if self.can_hold(text.len()) {
            self.held.push(match text {
                Cow::Borrowed(text) => Held::Text(text, is_folded),
                Cow::Owned(text) => {
                    self.resolved.push(text);
                    Held::Resolved(is_folded)
                }
            });
            return;
        }
        self.take_held();
        self.append_all(&text, is_folded, texts);
    }

    /// Whether so much may be held besides, which is counted then.
    fn can_hold(&mut self, bytes: usize) -> bool {
        let can_hold = self.wanted == 0 && self.held_bytes + bytes <= MAX_HELD_BYTES;
        self.held_bytes += if can_hold { bytes } else { 0 };
        can_hold
    }

    /// Takes over what was held.
    fn take_held(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (mut held, mut resolved) = (mem::take(&mut self.held), mem::take(&mut self.resolved));
        let mut next_resolved = resolved.drain(..);
        // Where something is held, nobody waits for texts.
        let mut texts = |_, _| {};
        for held in held.drain(..) {
            match held {
                Held::Text(text, is_folded) => self.append_all(text, is_folded, &mut texts),
                Held::Resolved(is_folded) => {
                    self.append_all(&next_resolved.next().unwrap_or_default(), is_folded, &mut texts);
                }
                Held::Start(link) => self.start(link, false),
                Held::Extend(link) => self.extend(link),
                Held::End(link) => self.end(link),
            }
        }
        drop(next_resolved);
        (self.held, self.resolved, self.held_bytes, self.held_borders) = (held, resolved, 0, 0);
    }

    fn append_all(&mut self, text: &str, is_folded: bool, texts: &mut impl FnMut(LinkId, LinkTexts)) {
        if is_folded && self.append_folded(text) {
            return;
        }
        let mut rest = self.append(text);
        while !rest.is_empty() {
            self.border(texts);
            let left = self.append(rest);
            if left.len() == rest.len() {
                break;
            }
            rest = left;
        }
    }

    /// Adds text, as far as there is room, and returns the rest.
    fn append<'t>(&mut self, text: &'t str) -> &'t str {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if self.text.len() >= MAX_RUN_BYTES {
                return rest;
            }
            let is_plain = |byte: u8| byte > b' ' && byte < 0x7f;
            let plain = rest.bytes().take(MAX_RUN_BYTES).position(|byte| !is_plain(byte));
            let plain = plain.unwrap_or(rest.len().min(MAX_RUN_BYTES));
            let taken = if plain > 0 {
                self.settle();
                self.text.push_str(rest.get(..plain).unwrap_or_default());
                plain
            } else if first.is_ascii_whitespace() {
                self.has_space = true;
                rest.bytes().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len())
            } else if first.is_whitespace() {
                self.has_space = true;
                first.len_utf8()
            } else {
                // The tree drops this one character.
                if first != '\0' {
                    self.settle();
                    self.text.push(first);
                }
                first.len_utf8()
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        rest
    }

    /// Adds text that has its white space folded already, all at once: most of the web's. `false` if there is no room.
    fn append_folded(&mut self, text: &str) -> bool {
        if self.text.len() + text.len() >= MAX_RUN_BYTES {
            return false;
        }
        let words = text.trim_matches(' ');
        self.has_space |= text.starts_with(' ');
        if !words.is_empty() {
            self.settle();
            self.text.push_str(words);
            self.has_space = text.ends_with(' ');
        }
        true
    }

    /// White space and nothing else.
    pub(crate) fn space(&mut self) {
        if self.held.is_empty() {
            self.has_space = true;
        } else if !matches!(self.held.last(), Some(Held::Text(" ", _))) {
            self.held.push(Held::Text(" ", true));
        }
    }

    /// A line break: white space, and two of them are the border of a block.
    pub(crate) fn line_break(&mut self, texts: &mut impl FnMut(LinkId, LinkTexts)) {
        self.take_held();
        self.has_space = true;
        self.breaks += 1;
        if self.breaks >= 2 {
            self.border(texts);
        }
    }

    /// The border of a block: hands out the texts of the links that have ended.
    pub(crate) fn border(&mut self, texts: &mut impl FnMut(LinkId, LinkTexts)) {
        self.at_border = true;
        if self.breaks > 0 && self.holds_text() {
            self.breaks = 0;
        }
        self.forget_held();
        if self.waiting.iter().any(|span| span.is_wanted) {
            let (mut waiting, mut outside) = (mem::take(&mut self.waiting), mem::take(&mut self.outside));
            waiting.sort_unstable_by_key(|span| (span.start, span.end));
            self.find_outside(&waiting, &mut outside);
            for span in waiting.iter().filter(|span| span.is_wanted) {
                self.wanted = self.wanted.saturating_sub(1);
                texts(span.link, self.texts_of(*span, &outside));
            }
            (self.waiting, self.outside) = (waiting, outside);
        }
        self.waiting.clear();
        if self.open.is_empty() {
            self.text.clear();
        }
    }

    /// Whether there is anything but white space in what is held.
    fn holds_text(&self) -> bool {
        let is_seen = |sign: char| sign != '\0' && !sign.is_whitespace();
        let is_text = |held: &Held<'_>| matches!(held, Held::Text(text, _) if text.contains(is_seen));
        self.held.iter().any(is_text) || self.resolved.iter().any(|text| text.contains(is_seen))
    }

    /// Drops what is held, but for the links that go on.
    fn forget_held(&mut self) {
        self.resolved.clear();
        self.held_bytes = 0;
        let mut held = mem::take(&mut self.held);
        if mem::take(&mut self.held_borders) > 0 {
            for held in &held {
                match *held {
                    Held::Start(link) => self.start(link, false),
                    Held::End(link) => self.end(link),
                    Held::Text(..) | Held::Resolved(_) | Held::Extend(_) => {}
                }
            }
        }
        held.clear();
        self.held = held;
    }

    /// A link starts here. Only of one that `is_wanted` the texts are handed out.
    pub(crate) fn start_link(&mut self, link: LinkId, is_wanted: bool) {
        if !is_wanted && self.can_hold(BORDER_BYTES) {
            self.held_borders += 1;
            self.held.push(Held::Start(link));
            return;
        }
        self.take_held();
        self.start(link, is_wanted);
    }

    fn start(&mut self, link: LinkId, is_wanted: bool) {
        self.wanted += usize::from(is_wanted);
        let start = self.text.len();
        let block = if self.at_border { start } else { self.block };
        self.open.push(Span { link, is_wanted, block, start, end: start });
    }

    /// The text of a link goes until here, so far.
    pub(crate) fn extend_link(&mut self, link: LinkId) {
        if self.can_hold(BORDER_BYTES) {
            self.held.push(Held::Extend(link));
            return;
        }
        self.take_held();
        self.extend(link);
    }

    fn extend(&mut self, link: LinkId) {
        let end = self.text.len();
        if let Some(span) = self.open.iter_mut().rfind(|span| span.link == link) {
            span.end = end;
        }
    }

    /// A link has ended where it was last extended to.
    pub(crate) fn end_link(&mut self, link: LinkId) {
        if self.can_hold(BORDER_BYTES) {
            self.held_borders += 1;
            self.held.push(Held::End(link));
            return;
        }
        self.take_held();
        self.end(link);
    }

    fn end(&mut self, link: LinkId) {
        if let Some(at) = self.open.iter().rposition(|span| span.link == link) {
            self.waiting.push(self.open.swap_remove(at));
        }
    }

    fn texts_of(&self, span: Span, outside: &[(usize, usize)]) -> LinkTexts {
        let slice = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
        let owned = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        // A part of the run counts if a letter outside of links is in it.
        let context = |part: &str, start: usize| {
            let end = start + part.len();
            let gaps = outside.iter().skip(outside.partition_point(|(_, to)| *to <= start));
            let mut gaps = gaps.take_while(|(from, _)| *from < end);
            let has_letter =
                |&(from, to): &(usize, usize)| slice(from.max(start), to.min(end)).chars().any(char::is_alphabetic);
            if gaps.any(has_letter) { owned(part) } else { None }
        };
        let before = slice(span.block, span.start).trim_end();
        let last = context::last_sentences(before.trim_start());
        let after = slice(span.end, self.text.len());
        let first = context::first_sentences(after.trim());
        LinkTexts {
            anchor: owned(context::clip(slice(span.start, span.end).trim(), context::MAX_ANCHOR_BYTES)),
            before: context(last, span.block + before.len() - last.len()),
            after: context(first, self.text.len() - after.trim_start().len()),
        }
    }

    /// The stretches of the run that belong to none of the links that have ended, in order; `links` are by their spans.
    fn find_outside(&self, links: &[Span], outside: &mut Vec<(usize, usize)>) {
        outside.clear();
        let mut from = links.iter().map(|span| span.block).min().unwrap_or(self.text.len());
        let spans = links.iter().map(|span| (span.start, span.end));
        for (start, end) in spans.chain([(self.text.len(), self.text.len())]) {
            if from < start {
                outside.push((from, start));
            }
            from = from.max(end);
        }
    }

    /// Writes the white space that is due before the next character.
    fn settle(&mut self) {
        if self.has_space || self.at_border {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            if self.at_border {
                self.block = self.text.len();
            }
            self.has_space = false;
            self.at_border = false;
        }
        self.breaks = 0;
    }
}

/// Folds white space in a short text: a title, an `alt`. At most `max_bytes` are kept; `None` if
/// nothing is left.
pub(crate) fn fold(text: &str, max_bytes: usize) -> Option<String> {
    let mut folded = String::with_capacity(text.len().min(max_bytes));
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(context::clip(word, max_bytes.saturating_sub(folded.len())));
        if folded.len() >= max_bytes {
            break;
        }
    }
    folded.truncate(folded.trim_end().len());
    (!folded.is_empty()).then_some(folded)
}
