//! What part each page plays, and what becomes of it with time.
//!
//! Parts are dealt in blocks of 64 page numbers, so that chains have known neighbours: 40 → 41 → 42 →
//! 43 → elsewhere is a chain of redirects that is four hops long for a link to its first page.

use crate::layout::{HostNumber, PageNumber, Spot};
use crate::moment::Moment;
use crate::names;
use crate::random::{Dice, Stream};
use crate::web::Web;

/// What a page is for as long as the web exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An ordinary page.
    Content,
    /// Answers 3xx.
    Redirect { status: u16, to: Spot },
    /// The other scheme's address of the page before it; redirects there.
    Alias { status: u16, of: Spot },
    /// An ordinary page with a meta refresh.
    Refresh { to: Spot },
    /// An ordinary page that declares another one canonical.
    Canonical { to: Spot },
    /// Never answers 2xx.
    Broken { status: u16 },
    /// Nobody visits it.
    Unvisited,
}

/// What a page answers at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Content(Manner),
    /// Content of which the archive has only the first part.
    Cut(Manner),
    Redirect {
        status: u16,
        to: Spot,
    },
    Failure {
        status: u16,
    },
    /// The same as at the newest moment before that says something.
    Unchanged(Unchanged),
}

/// What a page with content says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Usual,
    /// `noindex`, and half of the links are gone.
    NoIndex,
    /// Another page is canonical, and half of the links are gone.
    Copy {
        of: Spot,
    },
}

/// How an archive tells that a page is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unchanged {
    /// A response with status 304.
    NotModified,
    /// A revisit record that holds such a response.
    NotModifiedRevisit,
    /// A revisit record that holds the head of the answer, which was the same again.
    SameRevisit { status: u16 },
}

impl Answer {
    fn is_definite(self) -> bool {
        match self {
            Self::Content(_) | Self::Redirect { .. } => true,
            Self::Failure { status } => matches!(status, 404 | 410),
            Self::Cut(_) | Self::Unchanged(_) => false,
        }
    }
}

const REDIRECTS: &[u16] = &[301, 301, 302, 307, 308];

impl Web {
    /// The part of a page.
    pub(crate) fn role(&self, page: PageNumber) -> Role {
        let spot = self.layout.spot(page);
        if spot.index == 0 {
            return Role::Content;
        }
        let mut dice = Dice::new(self.options.seed, Stream::Page, page.0, 0);
        let mut block = Dice::new(self.options.seed, Stream::Block, page.0 / 64, 0);
        let next = || self.layout.spot(PageNumber((page.0 + 1) % self.layout.pages()));
        match page.0 % 64 {
            40..=42 => Role::Redirect { status: dice.pick(REDIRECTS), to: next() },
            44 | 45 if block.chance(250) => {
                let other = if page.0 % 64 == 44 { page.0 + 1 } else { page.0 - 1 };
                let to = self.layout.spot(PageNumber(other % self.layout.pages()));
                Role::Redirect { status: dice.pick(REDIRECTS), to }
            }
            43..=45 => Role::Redirect { status: dice.pick(REDIRECTS), to: self.forward_target(page, spot.host) },
            46 => Role::Canonical { to: Spot { host: spot.host, index: spot.index / 2 } },
            47 => Role::Canonical { to: self.pick_target(&mut dice, spot.host) },
            48 => {
                let of = self.layout.spot(PageNumber(page.0 - 1));
                Role::Alias { status: dice.pick(&[301, 308]), of }
            }
            49 => Role::Refresh { to: self.forward_target(page, spot.host) },
            50 => Role::Broken { status: dice.pick(&[404, 404, 404, 410, 410, 500, 503]) },
            51 => Role::Unvisited,
            _ => Role::Content,
        }
    }

    /// What the page answers; `None` if it is not fetched then.
    pub(crate) fn answer(&self, page: PageNumber, role: Role, moment: Moment) -> Option<Answer> {
        let answer = self.whole_answer(page, role, moment)?;
        if !self.is_same_as_before(page, role, moment, answer) {
            return Some(answer);
        }
        let mut dice = Dice::new(self.options.seed, Stream::Quiet, page.0, moment.number() | 1 << 40);
        Some(Answer::Unchanged(match answer {
            Answer::Redirect { status, .. } | Answer::Failure { status } => Unchanged::SameRevisit { status },
            _ => dice.pick(&[
                Unchanged::NotModified,
                Unchanged::NotModifiedRevisit,
                Unchanged::SameRevisit { status: 200 },
            ]),
        }))
    }

    /// Whether nobody has worked on the page since the newest moment that says something, and it said this.
    fn is_same_as_before(&self, page: PageNumber, role: Role, moment: Moment, answer: Answer) -> bool {
        let edition = self.edition(page, moment);
        let mut at = moment;
        while answer.is_definite()
            && let Some(before) = at.before().filter(|before| self.edition(page, *before) == edition)
        {
            at = before;
            match self.whole_answer(page, role, at) {
                Some(earlier) if earlier.is_definite() => return earlier == answer,
                _ => {}
            }
        }
        false
    }

    /// What the page answers to somebody who has never seen it.
    pub(crate) fn whole_answer(&self, page: PageNumber, role: Role, moment: Moment) -> Option<Answer> {
        let (seed, shares) = (self.options.seed, &self.options.shares);
        let host = self.layout.spot(page).host;
        let step = u64::from(moment.step());
        let is_missed = Dice::new(seed, Stream::Step, page.0, step).chance(shares.missed);
        let mut now = Dice::new(seed, Stream::Step, page.0, moment.number() | 1 << 41);
        let is_again = now.chance(shares.repeated);
        if is_missed || (moment.is_second() && !is_again) || role == Role::Unvisited {
            return None;
        }
        if self.is_down(host, moment.step()) {
            return Some(Answer::Failure { status: 503 });
        }
        let manner = match role {
            Role::Broken { status } => return Some(Answer::Failure { status }),
            Role::Redirect { status, to } | Role::Alias { status, of: to } => {
                return Some(Answer::Redirect { status, to });
            }
            Role::Content => match self.fate(page, moment, &mut now) {
                Answer::Content(manner) => manner,
                other => return Some(other),
            },
            Role::Refresh { .. } | Role::Canonical { .. } | Role::Unvisited => Manner::Usual,
        };
        let is_cut = now.chance(shares.cut);
        Some(if is_cut { Answer::Cut(manner) } else { Answer::Content(manner) })
    }

    /// What becomes of an ordinary page.
    fn fate(&self, page: PageNumber, moment: Moment, now: &mut Dice) -> Answer {
        let mut fate = Dice::new(self.options.seed, Stream::Fate, page.0, 0);
        if !fate.chance(self.options.shares.unsteady) {
            return Answer::Content(Manner::Usual);
        }
        let is_now = now.chance(400);
        let kind = fate.below(10);
        // For some editions in a row, often until the end.
        let steps = u64::from(self.options.steps);
        let (before, length) = (fate.below(steps), 1 + fate.below(steps));
        let edition = u64::from(self.edition(page, moment));
        let is_changed = edition > before && edition <= before + length;
        let host = self.layout.spot(page).host;
        match kind {
            0..=2 if is_now => Answer::Failure { status: fate.pick(&[404, 404, 410]) },
            3 | 4 if is_now => Answer::Failure { status: now.pick(&[500, 502, 503]) },
            5 if is_now => Answer::Failure { status: fate.pick(&[403, 429]) },
            6 | 7 if is_changed => {
                Answer::Redirect { status: fate.pick(REDIRECTS), to: self.forward_target(page, host) }
            }
            8 if is_changed => Answer::Content(Manner::NoIndex),
            9 if is_changed => Answer::Content(Manner::Copy { of: self.forward_target(page, host) }),
            _ => Answer::Content(Manner::Usual),
        }
    }

    /// Where a redirect leads that is not part of a chain: the home page of its host, or anywhere.
    fn forward_target(&self, page: PageNumber, host: HostNumber) -> Spot {
        let mut dice = Dice::new(self.options.seed, Stream::Forward, page.0, 0);
        if dice.chance(300) { Spot { host, index: 0 } } else { self.pick_target(&mut dice, host) }
    }

    /// Where a link leads that leaves `from`.
    pub(crate) fn pick_target(&self, dice: &mut Dice, from: HostNumber) -> Spot {
        let shares = &self.options.shares;
        let hosts = self.layout.hosts();
        let is_unvisited = dice.chance(shares.unvisited_target);
        if is_unvisited && dice.chance(500) {
            let host = HostNumber(hosts + self.host_zipf.rank(dice, hosts / 4 + 1));
            if host != from {
                return Spot { host, index: dice.below(8) };
            }
        }
        let near = if dice.chance(shares.sibling) { names::sibling(from, dice) } else { None };
        let host = near.unwrap_or_else(|| {
            let popular = HostNumber(self.host_zipf.rank(dice, hosts));
            if popular == from { HostNumber(popular.0 + 1) } else { popular }
        });
        let size = self.layout.size(host);
        let index = if is_unvisited { size + dice.below(64) } else { self.page_zipf.rank(dice, size) };
        Spot { host, index }
    }

    /// The address of a place, as links write it.
    pub(crate) fn url_at(&self, spot: Spot) -> String {
        let seed = self.options.seed;
        let alias = self.layout.page(spot).filter(|page| page.0 % 64 == 48 && spot.index > 0);
        let Some(page) = alias else { return names::url(seed, spot) };
        let url = names::url(seed, self.layout.spot(PageNumber(page.0 - 1)));
        match url.strip_prefix("https") {
            Some(rest) => format!("http{rest}"),
            None => url.replacen("http", "https", 1),
        }
    }
}
