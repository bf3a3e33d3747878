//! The life cycle of a link: a pure function of the visits of its page.

use std::fmt;
use std::str::FromStr;

use crate::link::{UnknownName, named_enum};
use crate::time::Timestamp;

/// What one visit of a page says about its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The page was read (or redirects, or is gone): a link that is not there is not there.
    Definite,
    /// The page is as it was at the visit before (304, a revisit record).
    Unchanged,
    /// The server refused or failed, or the page was cut: what is there is there, what is not may be.
    Unknown,
}

impl Outcome {
    /// By HTTP status: 2xx, 3xx (but 304), 404 and 410 are definite; 304 is unchanged; all else (403,
    /// 429, 5xx, …) says nothing.
    pub const fn of_status(status: u16) -> Self {
        match status {
            304 => Self::Unchanged,
            200..=399 | 404 | 410 => Self::Definite,
            _ => Self::Unknown,
        }
    }
}

/// Whether a page that answers with this status is broken for those who link to it: 4xx and 5xx.
pub const fn is_broken(status: u16) -> bool {
    matches!(status, 400..=599)
}

/// What a visit says of its page that explains why a link is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PageState {
    /// 404 or 410.
    pub is_gone: bool,
    /// The page sends its visitor to another one, by HTTP or by a refresh.
    pub redirects: bool,
    /// `robots` says `noindex`.
    pub noindex: bool,
    /// The page declares another one canonical.
    pub canonical_elsewhere: bool,
}

/// One visit, seen from one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// When.
    pub at: Timestamp,
    /// What the visit can say.
    pub outcome: Outcome,
    /// Whether the visit's page had the link (not read for [`Outcome::Unchanged`]).
    pub has_link: bool,
    /// What the page was.
    pub page: PageState,
}

named_enum! {
    /// Why a link came to be there: how its present, or if it is lost its last, time on the page began.
    NewReason, "reason for being new":
    /// The page had it at its first definite visit: the page is what was found.
    PageFound = 1, "page_found";
    /// The page had been visited before, without it.
    LinkAdded = 2, "link_added";
    /// It had been lost.
    Restored = 3, "restored";
}

named_enum! {
    /// Why a link is lost: what the first definite visit without it found. The first that holds.
    LostReason, "reason for being lost":
    /// The page answered 404 or 410.
    PageGone = 1, "page_gone";
    /// The page sends its visitor to another one.
    PageRedirects = 2, "page_redirects";
    /// The page says `noindex` now, which it did not when it last had the link.
    NoIndex = 3, "noindex";
    /// The page declares another one canonical now, which it did not when it last had the link.
    CanonicalElsewhere = 4, "canonical_elsewhere";
    /// None of these: the link was taken off the page.
    LinkRemoved = 5, "link_removed";
}

/// The dates of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeCycle {
    /// First sighting.
    pub first_seen: Timestamp,
    /// The sighting before the last; `None` after a single one.
    pub prev_seen: Option<Timestamp>,
    /// Last sighting.
    pub last_seen: Timestamp,
    /// When it was first found to be gone, if it is gone now.
    pub lost_at: Option<Timestamp>,
    /// Whether the page had it at its first definite visit.
    pub original: bool,
    /// Whether the last definite visit found it for the first time.
    pub found_at_last_visit: bool,
    /// Why it came to be there.
    pub new_reason: NewReason,
    /// Why it is gone, if it is.
    pub lost_reason: Option<LostReason>,
}

/// A turn in the life of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Seen for the first time, or again after it was lost.
    Found(NewReason),
    /// Found to be gone.
    Lost(LostReason),
}

impl LifeCycle {
    /// Folds the visits of a page in order of time. `None` if no visit had the link.
    pub fn of(visits: impl IntoIterator<Item = Sighting>) -> Option<Self> {
        Self::with_turns(visits, |_, _| ())
    }

    /// The same, telling every turn with its time, oldest first.
    pub fn with_turns(
        visits: impl IntoIterator<Item = Sighting>,
        mut tell: impl FnMut(Timestamp, Turn),
    ) -> Option<Self> {
        let mut life: Option<Self> = None;
        let mut is_first = true;
        let mut present = false;
        let mut page_with_link = PageState::default();
        for visit in visits {
            let seen = match visit.outcome {
                Outcome::Unknown if !visit.has_link => continue,
                Outcome::Unknown => true,
                Outcome::Unchanged => present,
                Outcome::Definite => visit.has_link,
            };
            let original = is_first;
            // An unchanged visit before any definite one says nothing either.
            if visit.outcome == Outcome::Definite {
                is_first = false;
            }
            present = seen;
            match (&mut life, seen) {
                (None, false) => {}
                (None, true) => {
                    let new_reason = if original { NewReason::PageFound } else { NewReason::LinkAdded };
                    tell(visit.at, Turn::Found(new_reason));
                    life = Some(Self {
                        first_seen: visit.at,
                        prev_seen: None,
                        last_seen: visit.at,
                        lost_at: None,
                        original,
                        found_at_last_visit: true,
                        new_reason,
                        lost_reason: None,
                    });
                }
                (Some(life), true) => {
                    if life.lost_at.take().is_some() {
                        tell(visit.at, Turn::Found(NewReason::Restored));
                        (life.new_reason, life.lost_reason) = (NewReason::Restored, None);
                    }
                    life.prev_seen = Some(life.last_seen);
                    life.last_seen = visit.at;
                    life.found_at_last_visit = false;
                }
                (Some(life), false) => {
                    if life.lost_at.is_none() {
                        let reason = LostReason::of(page_with_link, visit.page);
                        tell(visit.at, Turn::Lost(reason));
                        (life.lost_at, life.lost_reason) = (Some(visit.at), Some(reason));
                    }
                    life.found_at_last_visit = false;
                }
            }
            if seen && visit.outcome != Outcome::Unchanged {
                page_with_link = visit.page;
            }
        }
        life
    }

    /// Whether the link is gone.
    pub fn is_lost(&self) -> bool {
        self.lost_at.is_some()
    }
}

impl LostReason {
    /// By what the page was when it last had the link, and what it is without it.
    fn of(with_link: PageState, without_link: PageState) -> Self {
        if without_link.is_gone {
            Self::PageGone
        } else if without_link.redirects {
            Self::PageRedirects
        } else if without_link.noindex && !with_link.noindex {
            Self::NoIndex
        } else if without_link.canonical_elsewhere && !with_link.canonical_elsewhere {
            Self::CanonicalElsewhere
        } else {
            Self::LinkRemoved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(script: &str) -> Option<LifeCycle> {
        LifeCycle::of(script.chars().enumerate().map(|(at, visit)| Sighting {
            at: Timestamp::from_seconds(at as i64),
            outcome: match visit {
                '+' | '-' => Outcome::Definite,
                '=' => Outcome::Unchanged,
                // '!' is a cut page that has the link.
                _ => Outcome::Unknown,
            },
            has_link: matches!(visit, '+' | '!'),
            page: PageState::default(),
        }))
    }

    fn dates(script: &str) -> (i64, Option<i64>, i64, Option<i64>, bool, bool) {
        let life = life(script).unwrap();
        (
            life.first_seen.seconds(),
            life.prev_seen.map(Timestamp::seconds),
            life.last_seen.seconds(),
            life.lost_at.map(Timestamp::seconds),
            life.original,
            life.found_at_last_visit,
        )
    }

    #[test]
    fn dates_are_sightings_and_errors_change_nothing() {
        assert_eq!(life(""), None);
        assert_eq!(life("-?="), None);
        assert_eq!(dates("+"), (0, None, 0, None, true, true));
        assert_eq!(dates("-+"), (1, None, 1, None, false, true));
        assert_eq!(dates("++"), (0, Some(0), 1, None, true, false));
        assert_eq!(dates("+??"), (0, None, 0, None, true, true));
        assert_eq!(dates("+-"), (0, None, 0, Some(1), true, false));
        assert_eq!(dates("+--"), (0, None, 0, Some(1), true, false));
        assert_eq!(dates("+-+"), (0, Some(0), 2, None, true, false));
        assert_eq!(dates("+=="), (0, Some(1), 2, None, true, false));
        assert_eq!(dates("+-="), (0, None, 0, Some(1), true, false));
        assert_eq!(dates("=+"), (1, None, 1, None, true, true));
        assert_eq!(dates("!?"), (0, None, 0, None, true, true));
        assert_eq!(dates("-!"), (1, None, 1, None, false, true));
        assert_eq!(dates("+-!"), (0, Some(0), 2, None, true, false));
    }

    #[test]
    fn turns_are_told_with_their_reasons() {
        let normal = PageState::default();
        let gone = PageState { is_gone: true, ..normal };
        let moved = PageState { redirects: true, noindex: true, ..normal };
        let hidden = PageState { noindex: true, canonical_elsewhere: true, ..normal };
        let copy = PageState { canonical_elsewhere: true, ..normal };
        let turns = |script: &[(bool, PageState)]| {
            let mut told = Vec::new();
            let visits = script.iter().enumerate().map(|(at, (has_link, page))| Sighting {
                at: Timestamp::from_seconds(at as i64),
                outcome: Outcome::Definite,
                has_link: *has_link,
                page: *page,
            });
            let life = LifeCycle::with_turns(visits, |at, turn| told.push((at.seconds(), turn))).unwrap();
            (told, life.new_reason, life.lost_reason)
        };
        let (told, new, lost) =
            turns(&[(false, normal), (true, normal), (false, gone), (false, moved), (true, normal)]);
        assert_eq!(
            told,
            [
                (1, Turn::Found(NewReason::LinkAdded)),
                (2, Turn::Lost(LostReason::PageGone)),
                (4, Turn::Found(NewReason::Restored))
            ]
        );
        assert_eq!((new, lost), (NewReason::Restored, None));
        for (with, without, expected) in [
            (normal, normal, LostReason::LinkRemoved),
            (normal, moved, LostReason::PageRedirects),
            (normal, hidden, LostReason::NoIndex),
            (hidden, hidden, LostReason::LinkRemoved),
            (normal, copy, LostReason::CanonicalElsewhere),
            (copy, copy, LostReason::LinkRemoved),
        ] {
            assert_eq!(turns(&[(true, with), (false, without)]).2, Some(expected));
        }
    }

    #[test]
    fn status_decides_the_outcome() {
        for (status, outcome) in [
            (200, Outcome::Definite),
            (301, Outcome::Definite),
            (304, Outcome::Unchanged),
            (404, Outcome::Definite),
            (410, Outcome::Definite),
            (403, Outcome::Unknown),
            (429, Outcome::Unknown),
            (503, Outcome::Unknown),
        ] {
            assert_eq!(Outcome::of_status(status), outcome, "{status}");
        }
    }
}
