//! A draft as a document.
//!
//! Every link to another host has a short block of its own, `<p>before <a>anchor</a> after</p>`, so
//! that the text around it is exactly what the draft says.

use model::SemanticLocation;

use crate::draft::{Archived, Declared, Draft, Forward};
use crate::links::{BodyLink, Form, Place};

/// The document, as characters.
pub(crate) fn render(draft: &Draft) -> String {
    let mut page = Writer { out: String::with_capacity(1024 + 320 * draft.links.len()), draft };
    page.head();
    page.out.push_str("<body>\n<h1>");
    page.text(&draft.title, false);
    page.out.push_str("</h1>\n");
    for link in &draft.links {
        page.link(link);
    }
    if draft.has_noise {
        page.out.push_str(
            "<!-- <a href=\"https://comment-synth.com/\">not a link</a> -->\n\
             <script>var s = '<a href=\"https://script-synth.com/\">not a link</a>';</script>\n\
             <p><a href=\"mailto:nobody@example.org\">mail</a> <a href=\"javascript:void(0)\">run</a> <a>none</a></p>\n",
        );
    }
    if draft.archived != Archived::Cut {
        page.out.push_str("</body>\n</html>\n");
    }
    page.out
}

struct Writer<'a> {
    out: String,
    draft: &'a Draft,
}

impl Writer<'_> {
    fn all(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.push_str(part);
        }
    }

    /// Text or attribute value, escaped as the page likes it.
    fn text(&mut self, text: &str, breaks_lines: bool) {
        let references = self.draft.uses_references && !text.is_ascii();
        // What needs no escape is copied in runs.
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| match byte {
            b'&' | b'<' | b'>' | b'"' => true,
            b' ' => breaks_lines,
            other => references && !other.is_ascii(),
        }) {
            let (run, tail) = rest.split_at(at);
            self.out.push_str(run);
            let mut characters = tail.chars();
            match characters.next() {
                Some(' ') => self.out.push_str("\n  "),
                Some('&') => self.out.push_str("&amp;"),
                Some('<') => self.out.push_str("&lt;"),
                Some('>') => self.out.push_str("&gt;"),
                Some('"') => self.out.push_str("&quot;"),
                Some('é') => self.out.push_str("&eacute;"),
                Some('ü') => self.out.push_str("&uuml;"),
                Some('ß') => self.out.push_str("&szlig;"),
                Some(other) => self.all(&["&#", &u32::from(other).to_string(), ";"]),
                None => {}
            }
            rest = characters.as_str();
        }
        self.out.push_str(rest);
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.all(&[" ", name, "=\""]);
        self.text(value, false);
        self.out.push('"');
    }

    fn head(&mut self) {
        let draft = self.draft;
        self.out.push_str("<!DOCTYPE html>\n<html");
        if draft.has_language {
            self.attribute("lang", draft.host.language.code);
        }
        self.out.push_str(">\n<head>\n");
        let charset = draft.host.charset.label();
        match draft.declared {
            Declared::Header => {}
            Declared::Meta | Declared::HeaderAndMeta => self.all(&["<meta charset=\"", charset, "\">\n"]),
            Declared::HttpEquiv => {
                self.all(&["<meta http-equiv=\"Content-Type\" content=\"text/html; charset=", charset, "\">\n"]);
            }
        }
        if let Some((origin, folder)) = &draft.base {
            self.all(&["<base href=\"", origin, folder, "\">\n"]);
        }
        self.out.push_str("<title>");
        self.text(&draft.title, true);
        self.out.push_str("</title>\n");
        if let Some(text) = &draft.description {
            self.meta("name=\"description\"", text);
        }
        if let Some(text) = draft.generator {
            self.meta("name=\"generator\"", text);
        }
        if let Some(text) = draft.robots.filter(|_| !draft.robots_in_header) {
            self.meta("name=\"robots\"", text);
        }
        if let Some(url) = draft.canonical.as_ref().filter(|_| !draft.canonical_in_header) {
            self.out.push_str("<link rel=\"canonical\"");
            self.attribute("href", url);
            self.out.push_str(">\n");
        }
        if let Some(alternate) = &draft.alternate {
            self.out.push_str("<link rel=\"alternate\"");
            if let Some(language) = alternate.hreflang {
                self.attribute("hreflang", language);
            }
            if let Some(media_type) = alternate.media_type {
                self.attribute("type", media_type);
            }
            self.attribute("href", &alternate.to);
            self.out.push_str(">\n");
        }
        if let Some(url) = &draft.og_url {
            self.meta("property=\"og:url\"", url);
        }
        if let Some(Forward::Refresh(url)) = &draft.forward {
            self.out.push_str("<meta http-equiv=\"refresh\" content=\"0; url=");
            self.text(url, false);
            self.out.push_str("\">\n");
        }
        self.out.push_str("<style>p { margin: 1em }</style>\n</head>\n");
    }

    fn meta(&mut self, which: &str, content: &str) {
        self.all(&["<meta ", which]);
        self.attribute("content", content);
        self.out.push_str(">\n");
    }

    fn link(&mut self, link: &BodyLink) {
        let (open, close) = around(link.place);
        self.all(&[open, "<p>"]);
        if !link.text_pre.is_empty() {
            self.text(&link.text_pre, false);
            self.out.push(' ');
        }
        let inline = match link.place {
            Place::Inside(SemanticLocation::Mark) => "mark",
            Place::Inside(SemanticLocation::Time) => "time",
            _ => "",
        };
        if !inline.is_empty() {
            self.all(&["<", inline, ">"]);
        }
        self.anchor(link);
        if !inline.is_empty() {
            self.all(&["</", inline, ">"]);
        }
        if !link.text_post.is_empty() {
            self.out.push(' ');
            self.text(&link.text_post, false);
        }
        self.all(&["</p>", close, "\n"]);
    }

    fn anchor(&mut self, link: &BodyLink) {
        self.out.push_str(if link.is_area { "<map name=\"m\"><area href=\"" } else { "<a href=\"" });
        self.href(&link.to, link.form);
        self.out.push('"');
        if !link.rel.is_empty() {
            self.attribute("rel", &link.rel);
        }
        self.out.push('>');
        if link.is_area {
            self.out.push_str("</map>");
            return;
        }
        if let Some(image) = &link.image {
            self.out.push_str("<img");
            self.attribute("src", &image.source);
            if let Some(alt) = &image.alt {
                self.attribute("alt", alt);
            }
            self.out.push('>');
        }
        self.text(&link.anchor, link.is_wrapped);
        self.out.push_str("</a>");
    }

    fn href(&mut self, url: &str, form: Form) {
        let draft = self.draft;
        let (origin, folder) = match &draft.base {
            Some((origin, folder)) => (origin.as_str(), *folder),
            None => (draft.host.origin.as_str(), "/"),
        };
        let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
        match form {
            Form::ProtocolRelative if origin.split(':').next() == Some(scheme) => self.text(rest, false),
            // A port may follow the origin: only a path is relative to it.
            Form::Relative => match url.strip_prefix(origin).filter(|path| path.starts_with('/')) {
                Some(path) if folder.len() > 1 => {
                    self.out.push_str("../..");
                    self.text(path, false);
                }
                Some(path) => self.text(path, false),
                None => self.text(url, false),
            },
            Form::Fragment => {
                self.text(url, false);
                self.out.push_str("#part-2");
            }
            Form::Shouted => {
                let host_end = rest.get(2..).and_then(|rest| rest.find('/')).map_or(rest.len(), |at| at + 2);
                let (host, path) = rest.split_at(host_end);
                self.all(&[&scheme.to_ascii_uppercase(), ":", &host.to_ascii_uppercase()]);
                self.text(path, false);
            }
            Form::Spaced => {
                self.out.push_str("\n  ");
                self.text(url, false);
                self.out.push(' ');
            }
            Form::Absolute | Form::ProtocolRelative => self.text(url, false),
        }
    }
}

/// What stands around the block of a link.
fn around(place: Place) -> (&'static str, &'static str) {
    let Place::Inside(location) = place else {
        return if place == Place::Noscript { ("<noscript>", "</noscript>") } else { ("", "") };
    };
    match location {
        SemanticLocation::Article => ("<article>", "</article>"),
        SemanticLocation::Aside => ("<article><aside>", "</aside></article>"),
        SemanticLocation::Details => ("<details>", "</details>"),
        SemanticLocation::Figcaption => ("<figure><figcaption>", "</figcaption></figure>"),
        SemanticLocation::Figure => ("<figure>", "</figure>"),
        SemanticLocation::Footer => ("<footer>", "</footer>"),
        SemanticLocation::Header => ("<header>", "</header>"),
        SemanticLocation::Main => ("<main>", "</main>"),
        SemanticLocation::Nav => ("<nav>", "</nav>"),
        SemanticLocation::Section => ("<section>", "</section>"),
        SemanticLocation::Summary => ("<details><summary>", "</summary></details>"),
        // Written inside the block.
        SemanticLocation::Mark | SemanticLocation::Time => ("", ""),
    }
}
