//! Addresses as a page writes them, made absolute.

use encoding_rs::{Encoding, UTF_8};
use model::{Url, parse_url, parse_url_encoded};

/// Resolves addresses against the base of a document.
#[derive(Debug)]
pub(crate) struct Resolver {
    base: Url,
    /// In which queries are written.
    encoding: &'static Encoding,
}

impl Resolver {
    /// `base` is the value of the first `base href` of the document. One that is no HTTP address
    /// does not count.
    pub(crate) fn new(page: &Url, base: Option<&str>, encoding: &'static Encoding) -> Self {
        let base = base.and_then(|href| parse_url(href, Some(page)));
        Self { base: base.unwrap_or_else(|| page.clone()), encoding: encoding.output_encoding() }
    }

    /// The absolute form; `None` if it is no HTTP address.
    pub(crate) fn resolve(&self, href: &str) -> Option<Url> {
        self.parse(href, Some(&self.base))
    }

    /// The same, if `href` is absolute already.
    pub(crate) fn absolute(&self, href: &str) -> Option<Url> {
        self.parse(href, None)
    }

    fn parse(&self, href: &str, base: Option<&Url>) -> Option<Url> {
        if self.encoding == UTF_8 || href.is_ascii() {
            return parse_url(href, base);
        }
        parse_url_encoded(href, base, Some(&|query| self.encoding.encode(query).0))
    }
}
