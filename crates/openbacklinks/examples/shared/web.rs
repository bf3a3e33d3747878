//! The synthetic webs of the benches: as large as asked, and as steep.

use synthweb::{Web, WebOptions};

/// The exponent of the popularity of hosts that a web has by default.
pub(crate) const HOST_EXPONENT: f64 = 1.0;

/// A web of about `links` stored links whose hosts are as popular as `host_exponent` says; with the default
/// exponent it is `Web::with_links(seed, links)`.
pub(crate) fn web(seed: u64, links: u64, host_exponent: f64) -> Web {
    let of_pages = |pages| Web::new(WebOptions { host_exponent, ..WebOptions::new(seed, pages) });
    let mut web = of_pages((links / 8).max(1));
    for _ in 0..2 {
        let per_page = web.expected_links() as f64 / web.pages() as f64;
        web = of_pages((links as f64 / per_page.max(0.1)).round() as u64);
    }
    web
}
