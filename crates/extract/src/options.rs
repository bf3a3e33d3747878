//! Bounds of the extraction.

/// How much of one page is read. The defaults fit any page that people made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The most links of one page; those after them are counted in
    /// [`Extracted::links_dropped`](crate::Extracted::links_dropped) only.
    pub max_links: usize,
    /// The most open elements; what is nested deeper is read as if it stood at this depth.
    pub max_depth: usize,
    /// Whether links inside the site (the same host, a leading `www.` folded) are among
    /// [`Extracted::links`](crate::Extracted::links). Without them a page is read faster; in
    /// [`Page::internal_links`](model::Page::internal_links) they are counted either way.
    pub internal_links: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_links: 20_000, max_depth: 512, internal_links: true }
    }
}
