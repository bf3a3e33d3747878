//! The life cycle of a link: a pure function of the visits of its page.

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

/// One visit, seen from one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// When.
    pub at: Timestamp,
    /// What the visit can say.
    pub outcome: Outcome,
    /// Whether the visit's page had the link (not read for [`Outcome::Unchanged`]).
    pub has_link: bool,
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
}

impl LifeCycle {
    /// Folds the visits of a page in order of time. `None` if no visit had the link.
    pub fn of(visits: impl IntoIterator<Item = Sighting>) -> Option<Self> {
        let mut life: Option<Self> = None;
        let mut definite_visits = 0_u32;
        let mut present = false;
        for visit in visits {
            let seen = match visit.outcome {
                Outcome::Unknown if !visit.has_link => continue,
                Outcome::Unknown => true,
                Outcome::Unchanged => present,
                Outcome::Definite => visit.has_link,
            };
            // An unchanged visit before any definite one says nothing either.
            let is_first = definite_visits == 0;
            if visit.outcome == Outcome::Definite || (visit.outcome == Outcome::Unchanged && !is_first) {
                definite_visits += 1;
            }
            present = seen;
            match (&mut life, seen) {
                (None, false) => {}
                (None, true) => {
                    life = Some(Self {
                        first_seen: visit.at,
                        prev_seen: None,
                        last_seen: visit.at,
                        lost_at: None,
                        original: is_first,
                        found_at_last_visit: true,
                    });
                }
                (Some(life), true) => {
                    life.prev_seen = Some(life.last_seen);
                    life.last_seen = visit.at;
                    life.lost_at = None;
                    life.found_at_last_visit = false;
                }
                (Some(life), false) => {
                    if life.lost_at.is_none() {
                        life.lost_at = Some(visit.at);
                    }
                    life.found_at_last_visit = false;
                }
            }
        }
        life
    }

    /// Whether the link is gone.
    pub fn is_lost(&self) -> bool {
        self.lost_at.is_some()
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
