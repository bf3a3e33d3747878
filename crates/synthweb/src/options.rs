//! What a web can be asked to be.

use model::Timestamp;

/// The wish list for a web. The same options always give the same web, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub struct WebOptions {
    /// Everything random depends on it.
    pub seed: u64,
    /// Number of pages; at least 1.
    pub pages: u64,
    /// Number of crawls that the web is meant for, at least 1. Steps past it work too.
    pub steps: u32,
    /// When step 0 begins.
    pub start: Timestamp,
    /// Seconds from one step to the next; more than [`WebOptions::CRAWL_SECONDS`].
    pub step_seconds: i64,
    /// Zipf exponent of the popularity of hosts, 0.5 to 2.
    pub host_exponent: f64,
    /// Zipf exponent of the popularity of the pages of a host, 0.5 to 2.
    pub page_exponent: f64,
    /// Zipf exponent of the number of links of a page, 0.5 to 2.
    pub degree_exponent: f64,
    /// Fewest links to other hosts that a page's body has (some of them duplicates, some gone).
    pub degree_min: u64,
    /// Most of them.
    pub degree_max: u64,
    /// How often each kind of thing happens.
    pub shares: Shares,
}

/// Shares in parts per thousand (of links, of pages or of hosts, as said).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Links whose content is an image.
    pub image: u32,
    /// Links that are areas of an image map.
    pub area: u32,
    /// Links that repeat the link before them with another anchor.
    pub duplicate: u32,
    /// Links with `nofollow`.
    pub nofollow: u32,
    /// Links with `ugc`.
    pub ugc: u32,
    /// Links with `sponsored`.
    pub sponsored: u32,
    /// Links with `noopener` or `noreferrer` on top.
    pub noopener: u32,
    /// Links inside `noscript`.
    pub noscript: u32,
    /// Links that are not on the page at every step.
    pub changing: u32,
    /// Links whose `rel` changes at some step; of half of them it changes back later.
    pub flipping: u32,
    /// Links whose anchor changes at some step, and again at a later one.
    pub anchor_changes: u32,
    /// Links to pages that nobody visits.
    pub unvisited_target: u32,
    /// Links to another host of the same registrable domain, where there is one.
    pub sibling: u32,
    /// Pages whose robots directives (meta or header) say `nofollow`.
    pub robots_nofollow: u32,
    /// Pages with `base href`.
    pub base: u32,
    /// Pages with an `alternate` on another host.
    pub alternate: u32,
    /// Pages with an `og:url` on another host.
    pub foreign_og_url: u32,
    /// Pages that at some steps are gone (404, 410), fail (5xx), refuse (403), have moved, or keep out of
    /// search (`noindex`, another page as canonical) and lose links.
    pub unsteady: u32,
    /// Hosts of which every page fails (503) for one to three steps.
    pub outage: u32,
    /// Pages left out of a crawl, per step.
    pub missed: u32,
    /// Pages fetched a second time in the same crawl, per step.
    pub repeated: u32,
    /// Pages that nobody works on, per step: the next fetch is answered by 304, or archived as a revisit.
    pub unchanged: u32,
    /// Pages of which an archive has only the first part, per fetch; usually none.
    pub cut: u32,
    /// Hosts that are not in UTF-8.
    pub foreign_charset: u32,
    /// Responses that an archive holds compressed.
    pub gzip: u32,
    /// Responses that an archive holds in chunks.
    pub chunked: u32,
}

impl WebOptions {
    /// A crawl takes a day: the seconds over which the fetches of one step are spread.
    pub const CRAWL_SECONDS: i64 = 86_400;

    /// The usual shares for a number of pages.
    pub fn new(seed: u64, pages: u64) -> Self {
        Self {
            seed,
            pages: pages.max(1),
            steps: 4,
            // 2026-01-05 00:00:00 UTC.
            start: Timestamp::from_seconds(1_767_571_200),
            step_seconds: 30 * Self::CRAWL_SECONDS,
            host_exponent: 1.0,
            page_exponent: 1.9,
            degree_exponent: 1.2,
            degree_min: 4,
            degree_max: 120,
            shares: Shares::default(),
        }
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self {
            image: 100,
            area: 10,
            duplicate: 60,
            nofollow: 120,
            ugc: 30,
            sponsored: 20,
            noopener: 200,
            noscript: 20,
            changing: 200,
            flipping: 40,
            anchor_changes: 40,
            unvisited_target: 80,
            sibling: 60,
            robots_nofollow: 40,
            base: 40,
            alternate: 80,
            foreign_og_url: 30,
            unsteady: 80,
            outage: 20,
            missed: 40,
            repeated: 20,
            unchanged: 60,
            cut: 10,
            foreign_charset: 200,
            gzip: 300,
            chunked: 250,
        }
    }
}
