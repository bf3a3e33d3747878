//! Addresses as a page writes them, made absolute.

use model::{Url, parse_url};

/// Resolves addresses against the base of a document.
#[derive(Debug)]
pub(crate) struct Resolver {
    base: Url,
}

impl Resolver {
    /// `base` is the value of the first `base href` of the document. One that is no HTTP address
    /// does not count.
    pub(crate) fn new(page: &Url, base: Option<&str>) -> Self {
        let base = base.and_then(|href| parse_url(href, Some(page)));
        Self { base: base.unwrap_or_else(|| page.clone()) }
    }

    /// The absolute form; `None` if it is no HTTP address.
    pub(crate) fn resolve(&self, href: &str) -> Option<Url> {
        parse_url(href, Some(&self.base))
    }

    /// The same, if `href` is absolute already.
    #[expect(clippy::unused_self, reason = "stands beside `resolve`")]
    pub(crate) fn absolute(&self, href: &str) -> Option<Url> {
        parse_url(href, None)
    }
}
