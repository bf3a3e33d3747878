//! What a build is told about pages and domains by whoever runs it: the store knows no formula.

use std::net::IpAddr;

use model::{Host, PageSignals, PlatformTypes};

/// The facts of a visited page that say something about its quality.
#[derive(Debug, Clone, Copy)]
pub struct AssessedPage<'a> {
    /// Its host.
    pub host: &'a Host,
    /// Whether it came over https.
    pub is_https: bool,
    /// HTTP status of its newest definite visit.
    pub status: u16,
    /// Its title.
    pub title: Option<&'a str>,
    /// Its description.
    pub description: Option<&'a str>,
    /// Whether its canonical address is on another host.
    pub canonical_is_foreign: bool,
    /// What it shows of its maker; `None` for what is no HTML.
    pub signals: Option<PageSignals>,
    /// Links inside its host.
    pub internal_links: Option<u32>,
    /// Links to other hosts.
    pub external_links: Option<u32>,
}

/// Makes evidence of the facts of a page: bits that mean something to the caller, kept beside the page.
pub type Assess<'a> = &'a (dyn Fn(&AssessedPage<'_>) -> u64 + Sync);

/// Finds the country of a host: two letters.
pub type CountryOf<'a> = &'a (dyn Fn(&Host, Option<IpAddr>) -> Option<[u8; 2]> + Sync);

/// A page that is known, as [`Build::pages`](super::Build::pages) gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPage<'a> {
    /// The key of its host: equal bytes for equal hosts.
    pub host_key: &'a [u8],
    /// Its node in the page graph.
    pub node: u64,
    /// The node of its domain in the domain graph.
    pub domain: u64,
    /// Whether it is the home page of its host.
    pub is_home: bool,
    /// Kinds of site that it gives evidence of, and what [`Assess`] made of it; `None` if it was never
    /// visited.
    pub visited: Option<(PlatformTypes, u64)>,
}

/// Where a rank stands, and how much of it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Part of all nodes that do not rank higher, in ten-thousandths.
    pub percentile: u16,
    /// Part of the rank that came over links, in ten-thousandths.
    pub coverage: u16,
}

/// Ranks and what else was found out about nodes, and the functions that turn ranks into scores.
pub struct Scoring<'a> {
    /// Relative rank of each page node; 1.0 is a page that nothing links to.
    pub page: &'a [f64],
    /// Relative rank of each domain node.
    pub domain: &'a [f64],
    /// From a relative rank or a sum of passed ranks to the scale of 0 to 1000.
    pub score: &'a (dyn Fn(f64) -> u16 + Sync),
    /// What a followed link passes: relative rank of its page, followed links of the page, hops.
    pub passed: &'a (dyn Fn(f64, u32, u32) -> f64 + Sync),
    /// Standing of a page node.
    pub page_standing: &'a (dyn Fn(usize) -> Standing + Sync),
    /// Standing of a domain node.
    pub domain_standing: &'a (dyn Fn(usize) -> Standing + Sync),
    /// Spam score of each page node, 0 to 100, and the evidence it was made of; of pages that were never
    /// visited they are not read.
    pub spam: &'a (dyn Fn(usize) -> (u8, u64) + Sync),
    /// Kinds of site of each domain node.
    pub platforms: &'a [PlatformTypes],
    /// How many pages of a host were visited, by the key of the host.
    pub pages_of_host: &'a (dyn Fn(&[u8]) -> u32 + Sync),
    /// The country of a host.
    pub country: CountryOf<'a>,
}

impl std::fmt::Debug for Scoring<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scoring").field("pages", &self.page.len()).field("domains", &self.domain.len()).finish()
    }
}
