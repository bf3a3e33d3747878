//! When pages are fetched, and when somebody works on them.

use model::Timestamp;

use crate::layout::{HostNumber, PageNumber};
use crate::options::WebOptions;
use crate::random::{Dice, Stream};
use crate::web::Web;

/// An occasion to fetch a page. Each step has two: nearly all pages are fetched at the first, some of
/// them again at the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    pub(crate) const fn first(step: u32) -> Self {
        Self(2 * step as u64)
    }

    pub(crate) fn both(step: u32) -> [Self; 2] {
        let first = Self::first(step);
        [first, Self(first.0 + 1)]
    }

    pub(crate) const fn number(self) -> u64 {
        self.0
    }

    pub(crate) const fn step(self) -> u32 {
        (self.0 / 2) as u32
    }

    pub(crate) const fn is_second(self) -> bool {
        self.0 % 2 == 1
    }

    /// The moment before; `None` at the first.
    pub(crate) fn before(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl Web {
    /// When a page is fetched.
    pub(crate) fn fetched_at(&self, page: PageNumber, moment: Moment) -> Timestamp {
        let step = u64::from(moment.step());
        let mut dice = Dice::new(self.options.seed, Stream::Step, page.0, step | 1 << 40);
        let mut within = dice.below(WebOptions::CRAWL_SECONDS as u64);
        if moment.is_second() {
            within += 1 + dice.below(WebOptions::CRAWL_SECONDS as u64 - within);
        }
        let start = self.options.start.seconds() + i64::from(moment.step()) * self.options.step_seconds;
        Timestamp::from_seconds(start + within as i64)
    }

    /// Which edition of the page is there: that of its step, if somebody has worked on it since the step
    /// before. This is done between the two moments of a step: the second is ahead of its time.
    pub(crate) fn edition(&self, page: PageNumber, moment: Moment) -> u32 {
        let mut edition = moment.step() + u32::from(moment.is_second());
        let is_quiet = |step: u32| {
            let mut dice = Dice::new(self.options.seed, Stream::Quiet, page.0, u64::from(step));
            dice.chance(self.options.shares.unchanged)
        };
        while edition > 0 && is_quiet(edition) {
            edition -= 1;
        }
        edition
    }

    /// Whether no page of the host can be had.
    pub(crate) fn is_down(&self, host: HostNumber, step: u32) -> bool {
        let mut dice = Dice::new(self.options.seed, Stream::Host, host.0, 3);
        if !dice.chance(self.options.shares.outage) {
            return false;
        }
        let first = dice.below(u64::from(self.options.steps));
        let length = 1 + dice.below(3);
        (first..first + length).contains(&u64::from(step))
    }
}
