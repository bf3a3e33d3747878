//! The stack of open elements, and the questions that the tree rules ask it.

use model::SemanticLocation;

use crate::tag::{Tag, TagSet};
use crate::text::LinkId;

/// Which rules an element's content follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    Html,
    /// SVG or MathML, where only a few tags mean what they mean in HTML.
    Foreign,
    /// An element of SVG or MathML whose content is HTML again.
    Integration,
}

/// Where an element stands; inherited by what is inside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Inside `template`: not part of the page.
    pub(crate) in_template: bool,
    /// Inside `noscript`.
    pub(crate) in_noscript: bool,
    /// Inside an element whose text is not page text: choices of a form, titles of drawings.
    pub(crate) is_hidden: bool,
    /// The nearest semantic element.
    pub(crate) location: Option<SemanticLocation>,
}

/// One open element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element {
    pub(crate) tag: Tag,
    /// Hash of the name, for elements without a rule.
    pub(crate) name: u32,
    pub(crate) namespace: Namespace,
    pub(crate) place: Place,
    /// The link that the element makes.
    pub(crate) link: Option<LinkId>,
}

/// The open elements, the root first.
#[derive(Debug)]
pub(crate) struct Elements {
    items: Vec<Element>,
    /// How many of each tag are open in HTML, by tag number.
    counts: [u16; 128],
    open: TagSet,
    max_depth: usize,
    /// Elements that were too deep to be kept.
    overflow: usize,
}

impl Elements {
    pub(crate) fn new(max_depth: usize) -> Self {
        let max_depth = max_depth.min(usize::from(u16::MAX));
        Self { items: Vec::new(), counts: [0; 128], open: TagSet::EMPTY, max_depth, overflow: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the stack is as deep as it may be.
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= self.max_depth
    }

    /// The current node.
    pub(crate) fn top(&self) -> Option<&Element> {
        self.items.last()
    }

    /// Where the current node stands.
    pub(crate) fn place(&self) -> Place {
        self.top().map_or_else(Place::default, |top| top.place)
    }

    /// Whether the current node is an HTML element out of `tags`.
    pub(crate) fn top_is(&self, tags: TagSet) -> bool {
        self.top().is_some_and(|top| top.namespace == Namespace::Html && tags.has(top.tag))
    }

    /// Whether an HTML element out of `tags` is open.
    pub(crate) fn has_open(&self, tags: TagSet) -> bool {
        self.open.meets(tags)
    }

    /// Opens an element; `false` if the stack is as deep as it may be.
    pub(crate) fn push(&mut self, element: Element) -> bool {
        if self.is_full() {
            self.overflow += 1;
            return false;
        }
        self.count(&element, true);
        self.items.push(element);
        true
    }

    /// Marks the text inside the current node as no page text.
    pub(crate) fn hide_top(&mut self) {
        if let Some(top) = self.items.last_mut() {
            top.place.is_hidden = true;
        }
    }

    /// Whether the element at `index` makes `link`.
    pub(crate) fn is_link(&self, index: usize, link: Option<LinkId>) -> bool {
        self.items.get(index).is_some_and(|element| element.link == link)
    }

    /// Takes one end tag off the elements that were too deep; `false` if there is none.
    pub(crate) fn end_overflow(&mut self) -> bool {
        let had_one = self.overflow > 0;
        self.overflow = self.overflow.saturating_sub(1);
        had_one
    }

    /// Closes the current node.
    pub(crate) fn pop(&mut self) -> Option<Element> {
        let element = self.items.pop()?;
        self.overflow = 0;
        self.count(&element, false);
        Some(element)
    }

    /// Takes one element out from under those inside it.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Element> {
        if index >= self.items.len() {
            return None;
        }
        let element = self.items.remove(index);
        self.count(&element, false);
        Some(element)
    }

    /// The innermost HTML element out of `wanted`, unless an element out of `border` or a drawing
    /// that holds HTML hides it.
    pub(crate) fn in_scope(&self, wanted: TagSet, border: TagSet) -> Option<usize> {
        if !self.open.meets(wanted) {
            return None;
        }
        for (index, element) in self.items.iter().enumerate().rev() {
            match element.namespace {
                Namespace::Html if wanted.has(element.tag) => return Some(index),
                Namespace::Html if border.has(element.tag) => return None,
                Namespace::Integration => return None,
                Namespace::Html | Namespace::Foreign => {}
            }
        }
        None
    }

    /// The innermost element of which `stops` is true, with its index.
    pub(crate) fn innermost(&self, stops: impl Fn(&Element) -> bool) -> Option<(usize, Element)> {
        self.items
            .iter()
            .enumerate()
            .rev()
            .find(|(_, element)| stops(element))
            .map(|(index, element)| (index, *element))
    }

    /// The elements inside the one at `index`, the outermost first.
    pub(crate) fn inside(&self, index: usize) -> &[Element] {
        self.items.get(index + 1..).unwrap_or_default()
    }

    fn count(&mut self, element: &Element, opens: bool) {
        if element.namespace != Namespace::Html {
            return;
        }
        if let Some(count) = self.counts.get_mut(element.tag as usize) {
            *count = if opens { count.saturating_add(1) } else { count.saturating_sub(1) };
            self.open.set(element.tag, *count > 0);
        }
    }
}
