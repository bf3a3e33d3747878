//! The hops of an indirect link.

/// How a page leads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HopKind {
    /// It redirects.
    Redirect,
    /// It declares another page canonical.
    Canonical,
}

/// One page that a link goes through before it reaches its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Redirect or canonical.
    pub kind: HopKind,
    /// The status that the page answered.
    pub status: u16,
    /// The page.
    pub url: String,
}
