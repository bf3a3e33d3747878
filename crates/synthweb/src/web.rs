//! The web itself: options and a few small tables.

use std::ops::Range;

use crate::layout::{HostNumber, Layout, PageNumber};
use crate::names;
use crate::options::WebOptions;
use crate::random::{Dice, Stream, Zipf};

use model::{Host, UrlKey, Visit};

/// A synthetic web. Holds no page and no link: each is computed when it is asked for.
#[derive(Debug, Clone)]
pub struct Web {
    pub(crate) options: WebOptions,
    pub(crate) layout: Layout,
    pub(crate) host_zipf: Zipf,
    pub(crate) page_zipf: Zipf,
    pub(crate) degree_zipf: Zipf,
}

impl Web {
    /// The web that the options describe.
    pub fn new(mut options: WebOptions) -> Self {
        options.pages = options.pages.max(1);
        options.steps = options.steps.max(1);
        Self {
            layout: Layout::new(options.pages),
            host_zipf: Zipf::new(options.host_exponent),
            page_zipf: Zipf::new(options.page_exponent),
            degree_zipf: Zipf::new(options.degree_exponent),
            options,
        }
    }

    /// A web with the usual shares whose pages hold about `links` stored links at each step: within
    /// a few per cent from some ten thousand links on.
    pub fn with_links(seed: u64, links: u64) -> Self {
        let mut web = Self::new(WebOptions::new(seed, (links / 8).max(1)));
        for _ in 0..2 {
            let per_page = web.expected_links() as f64 / web.pages() as f64;
            let pages = (links as f64 / per_page.max(0.1)).round() as u64;
            web = Self::new(WebOptions::new(seed, pages));
        }
        web
    }

    /// The options, as they are used.
    pub fn options(&self) -> &WebOptions {
        &self.options
    }

    /// Number of pages, visited or not.
    pub fn pages(&self) -> u64 {
        self.layout.pages()
    }

    /// Number of hosts that have pages.
    pub fn hosts(&self) -> u64 {
        self.layout.hosts()
    }

    /// A host by its number; any number has one.
    pub fn host(&self, host: HostNumber) -> Option<Host> {
        Host::parse(&names::host_facts(self.options.seed, host, &self.options.shares).name)
    }

    /// Stored links that all visits of step 0 hold together: an estimate from at most 2,000 pages.
    pub fn expected_links(&self) -> u64 {
        let sample = self.pages().min(2000);
        let mut dice = Dice::new(self.options.seed, Stream::Sample, 0, 0);
        let mut found = 0;
        for at in 0..sample {
            let page = if sample == self.pages() { at } else { dice.below(self.pages()) };
            found += self.visits_of(PageNumber(page), 0).map(|visit| visit.links.len() as u64).sum::<u64>();
        }
        (u128::from(found) * u128::from(self.pages()) / u128::from(sample)) as u64
    }

    /// The key of the address of a page; `None` if there is no such page.
    pub fn page_key(&self, page: PageNumber) -> Option<UrlKey> {
        let is_page = page.0 < self.pages();
        is_page.then(|| self.url_at(self.layout.spot(page))).and_then(|url| UrlKey::new(&model::parse_url(&url, None)?))
    }

    /// Every visit of a step, in the order of page numbers.
    pub fn visits(&self, step: u32) -> impl Iterator<Item = Visit> + '_ {
        self.visits_in(step, 0..self.pages())
    }

    /// The visits of some pages: a step can be cut into ranges, for several threads.
    pub fn visits_in(&self, step: u32, pages: Range<u64>) -> impl Iterator<Item = Visit> + '_ {
        pages.flat_map(move |page| self.visits_of(PageNumber(page), step))
    }
}
