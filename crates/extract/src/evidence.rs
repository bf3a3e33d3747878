//! What a page shows of its kind and of whoever made it: collected while the page is read, from tags that are read
//! anyway, and judged by the rules of [`fingerprint`](crate::fingerprint) when it has ended.
//!
//! What is looked at is bounded for each text and for the page, so a page costs the same however it is made.

use model::{Host, PageSignals, PlatformTypes, Url};

use crate::context::clip;
use crate::fingerprint::{FINGERPRINTS, Meaning, Spot};
use crate::headers::Headers;
use crate::token::Attributes;

/// The most bytes looked at of one text.
const MAX_TEXT_BYTES: usize = 1024;
/// The most bytes of an inline script: loaders of services are short.
const MAX_SCRIPT_BYTES: usize = 512;
/// The most bytes looked at of one page.
const MAX_PAGE_BYTES: usize = 256 * 1024;
/// The most bytes of one JSON-LD script.
const MAX_JSON_BYTES: usize = 64 * 1024;
/// The most types of one JSON-LD script.
const MAX_TYPES: usize = 256;

/// The evidence of one page.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// A bit for each pattern.
    found: Vec<u64>,
    /// Bytes looked at.
    looked: usize,
    buffer: String,
    /// The last address of a link, and up to where nothing of a pattern is in it.
    target: (String, usize),
}

impl Evidence {
    /// Looks at one text.
    pub(crate) fn look(&mut self, spot: Spot, text: &str) {
        self.look_from(spot, text, 0);
    }

    /// The same from a byte on, and what [`search`](crate::fingerprint::Fingerprints::search) returns.
    fn look_from(&mut self, spot: Spot, text: &str, from: usize) -> usize {
        let text = clip(text, MAX_TEXT_BYTES);
        if self.looked >= MAX_PAGE_BYTES {
            return 0;
        }
        self.looked += text.len();
        let found = &mut self.found;
        FINGERPRINTS.search(spot, text, from, |number| {
            let word = number / 64;
            if found.len() <= word {
                found.resize(word + 1, 0);
            }
            if let Some(bits) = found.get_mut(word) {
                *bits |= 1 << (number % 64);
            }
        })
    }

    /// Looks at text of which words count: with a space before and after each.
    fn look_words<'w>(&mut self, spot: Spot, words: impl Iterator<Item = &'w str>) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        for word in words {
            if buffer.len() >= MAX_TEXT_BYTES {
                break;
            }
            buffer.push(' ');
            buffer.push_str(clip(word, MAX_TEXT_BYTES));
        }
        buffer.push(' ');
        self.look(spot, &buffer);
        self.buffer = buffer;
    }

    /// The address of the page and its headers.
    pub(crate) fn response(&mut self, url: &Url, headers: Headers<'_>) {
        if let Some(host) = Host::of(url) {
            self.look(Spot::Host, &format!(".{}$", host.as_str()));
            let suffix = host.registrable().split('.').skip(1);
            if !host.is_ip() {
                self.look_words(Spot::Suffix, suffix);
            }
        }
        self.look(Spot::Path, &format!("{}$", url.path().trim_end_matches('/')));
        for (name, value) in headers.0.iter().take(64) {
            self.look(Spot::Header, &format!("{}: {}", clip(name, 64), clip(value, MAX_TEXT_BYTES / 2)));
        }
    }

    /// An address that the page loads something from.
    pub(crate) fn address(&mut self, address: &str, in_head: bool) {
        let address = address.trim();
        if address.starts_with("data:") {
            return;
        }
        self.look(Spot::Address, address);
        if in_head {
            self.look(Spot::Head, address);
        }
    }

    /// The address of a link between `^` and `$`, without query and the slash at its end.
    pub(crate) fn target(&mut self, address: &str) {
        let path = clip(address.trim(), MAX_TEXT_BYTES / 2);
        let path_end = memchr::memchr2(b'?', b'#', path.as_bytes()).unwrap_or(path.len());
        let path = path.get(..path_end).unwrap_or_default();
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.push('^');
        buffer.push_str(path.trim_end_matches('/'));
        buffer.push('$');
        // Neighbours begin alike: that is not looked at once more.
        let (last, clear) = std::mem::take(&mut self.target);
        let from = shared_start(&last, &buffer).saturating_sub(3).min(clear);
        let clear = self.look_from(Spot::Target, &buffer, from);
        self.target = (buffer, clear);
        self.buffer = last;
    }

    /// A meta tag of a document.
    pub(crate) fn meta_tag(&mut self, attributes: &Attributes<'_>) {
        let Some(content) = attributes.get("content") else { return };
        for name in ["name", "property"] {
            if let Some(name) = attributes.get(name) {
                self.meta(&name, &content);
            }
        }
    }

    /// A meta tag.
    pub(crate) fn meta(&mut self, name: &str, content: &str) {
        let name = name.trim();
        if name.eq_ignore_ascii_case("generator") {
            self.look(Spot::Generator, content);
        }
        let content = clip(content.trim(), 64);
        self.look(Spot::Meta, &format!(" {}={content} ", clip(name, 64)));
    }

    /// `html`, `body` or a form.
    pub(crate) fn element(&mut self, attributes: &Attributes<'_>) {
        if let Some(classes) = attributes.get("class") {
            self.look_words(Spot::Class, classes.split_ascii_whitespace());
        }
        self.form(attributes);
    }

    /// A form, of which the id and the address count.
    pub(crate) fn form(&mut self, attributes: &Attributes<'_>) {
        if let Some(id) = attributes.get("id") {
            self.look_words(Spot::Id, id.split_ascii_whitespace());
        }
        if let Some(action) = attributes.get("action") {
            self.address(&action, false);
        }
    }

    /// A `link` element.
    pub(crate) fn link(&mut self, attributes: &Attributes<'_>, in_head: bool) {
        let Some(href) = attributes.get("href") else { return };
        self.address(&href, in_head);
        if attributes.get("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("alternate"))
            && let Some(kind) = attributes.get("type")
        {
            self.look_words(Spot::Feed, kind.split_ascii_whitespace());
        }
    }

    /// Microdata of any element.
    pub(crate) fn microdata(&mut self, attributes: &Attributes<'_>) {
        if let Some(types) = attributes.get("itemtype") {
            self.look_words(Spot::Schema, types.split_ascii_whitespace().map(local_name));
        }
        if let Some(properties) = attributes.get("itemprop") {
            self.look_words(Spot::Property, properties.split_ascii_whitespace());
        }
    }

    /// A script: its address, its types if it is JSON-LD, or the start of it in the head.
    pub(crate) fn script(&mut self, source: Option<&str>, kind: Option<&str>, text: &str, in_head: bool) {
        if let Some(source) = source {
            self.address(source, in_head);
        } else if kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json")) {
            self.json_types(clip(text, MAX_JSON_BYTES));
        } else if in_head {
            self.look(Spot::Head, clip(text, MAX_SCRIPT_BYTES));
        }
    }

    /// The values of `@type` in JSON-LD, which need not be good JSON.
    fn json_types(&mut self, json: &str) {
        const KEY: &str = "\"@type\"";
        for at in memchr::memmem::find_iter(json.as_bytes(), KEY).take(MAX_TYPES) {
            let rest = json.get(at + KEY.len()..).unwrap_or_default();
            let Some(value) = rest.trim_start().strip_prefix(':').map(str::trim_start) else { continue };
            let values = match value.strip_prefix('[') {
                Some(list) => list.split(']').next().unwrap_or_default(),
                None => value.strip_prefix('"').map_or("", |text| text.split('"').next().unwrap_or_default()),
            };
            let names =
                clip(values, MAX_TEXT_BYTES).split(|sign: char| sign == '"' || sign == ',' || sign.is_whitespace());
            self.look_words(Spot::Schema, names.filter(|name| !name.is_empty()).map(local_name));
        }
    }

    /// What all of it says.
    pub(crate) fn judge(&self, words: u32) -> (PlatformTypes, PageSignals) {
        let has = |number: usize| self.found.get(number / 64).is_some_and(|bits| bits >> (number % 64) & 1 == 1);
        let mut platforms = PlatformTypes::EMPTY;
        let mut signals = PageSignals { words, ..PageSignals::default() };
        let mut services = 0_u64;
        for rule in &FINGERPRINTS.rules {
            if !rule.conditions.iter().all(|condition| has(condition.pattern) == condition.is_wanted) {
                continue;
            }
            for meaning in &rule.meanings {
                match *meaning {
                    Meaning::Platform(kind) => platforms.insert(kind),
                    Meaning::Service(number) => services |= 1_u64.checked_shl(u32::from(number)).unwrap_or(0),
                    Meaning::Social => signals.has_social_meta = true,
                    Meaning::Contact => signals.has_contact = true,
                }
            }
        }
        signals.trusted_sources = services.count_ones().min(15) as u8;
        (platforms, signals)
    }
}

/// The last part of `https://schema.org/Product`.
fn local_name(name: &str) -> &str {
    name.rsplit(['/', '#', ':']).next().unwrap_or(name)
}

/// How many bytes two texts have in common at their starts, or a little less.
fn shared_start(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes().as_chunks::<8>().0, right.as_bytes().as_chunks::<8>().0);
    left.iter().zip(right).take_while(|(left, right)| left == right).count() * 8
}
