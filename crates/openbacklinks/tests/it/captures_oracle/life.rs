//! The life of a link, by its definition: plain passes over the visits of its page.

use super::{PageFacts, Says, Visits};

/// What a row says of the life of its link. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) first_seen: i64,
    pub(crate) prev_seen: Option<i64>,
    pub(crate) last_seen: i64,
    pub(crate) lost_at: Option<i64>,
    pub(crate) is_lost: bool,
    pub(crate) is_new: bool,
    pub(crate) original: bool,
    pub(crate) new_reason: String,
    pub(crate) lost_reason: Option<String>,
}

/// A change that a visit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    PageFound,
    LinkAdded,
    Restored,
    Lost(&'static str),
}

/// Links first seen longer before the newest capture than this are not new.
const NEW_SECONDS: i64 = 30 * 24 * 3600;

/// A visit that says whether the link was there.
struct Known {
    visit: usize,
    at: i64,
    has_link: bool,
}

/// The visits that say something, with what they say.
fn known(visits: &Visits<'_>) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    for (visit, (capture, link)) in visits.iter().enumerate() {
        let before = known.last().is_some_and(|last| last.has_link);
        let has_link = match (capture.says, link.is_some()) {
            (Says::Gone, has_link) => has_link,
            (Says::AsBefore, _) => before,
            (Says::Nothing, true) => true,
            (Says::Nothing, false) => continue,
        };
        known.push(Known { visit, at: capture.at, has_link });
    }
    known
}

fn original(visits: &Visits<'_>, first: &Known) -> bool {
    visits[..first.visit].iter().all(|(capture, _)| capture.says != Says::Gone)
}

/// Why a link is not there at the visit that found it gone, given the page when it last had it.
fn why_lost(with_link: PageFacts, without: PageFacts) -> &'static str {
    if without.is_gone {
        return "page_gone";
    }
    if without.redirects {
        return "page_redirects";
    }
    if without.noindex && !with_link.noindex {
        return "noindex";
    }
    if without.canonical_elsewhere && !with_link.canonical_elsewhere {
        return "canonical_elsewhere";
    }
    "link_removed"
}

/// The facts of the page at the last visit before `end` that was read and had the link.
fn page_with_link(visits: &Visits<'_>, end: usize) -> PageFacts {
    let had_it = visits[..end].iter().rev().find(|(_, link)| link.is_some());
    had_it.map(|(capture, _)| capture.page).expect("a lost link was there")
}

impl Life {
    /// `newest` is the time of the newest capture of all pages. Some visit must have the link.
    pub(crate) fn of(visits: &Visits<'_>, newest: i64) -> Self {
        let known = known(visits);
        let seen: Vec<usize> = (0..known.len()).filter(|at| known[*at].has_link).collect();
        let (first, last) = (seen[0], seen[seen.len() - 1]);
        let lost = known.get(last + 1);
        let was_away = known[first..last].iter().any(|known| !known.has_link);
        let original = original(visits, &known[first]);
        let new_reason = match (was_away, original) {
            (true, _) => "restored",
            (false, true) => "page_found",
            (false, false) => "link_added",
        };
        let lost_reason =
            lost.map(|lost| why_lost(page_with_link(visits, lost.visit), visits[lost.visit].0.page).to_owned());
        let first_seen = known[first].at;
        Self {
            first_seen,
            prev_seen: seen.len().checked_sub(2).map(|before| known[seen[before]].at),
            last_seen: known[last].at,
            lost_at: lost.map(|lost| lost.at),
            is_lost: lost.is_some(),
            is_new: seen.len() == 1 && lost.is_none() && newest - first_seen <= NEW_SECONDS,
            original,
            new_reason: new_reason.to_owned(),
            lost_reason,
        }
    }
}

/// Every change with its time, oldest first.
pub(crate) fn turns(visits: &Visits<'_>) -> Vec<(i64, Turn)> {
    let known = known(visits);
    let mut turns = Vec::new();
    let mut had_link = None;
    for visit in &known {
        match (had_link, visit.has_link) {
            (None, true) => {
                let turn = if original(visits, visit) { Turn::PageFound } else { Turn::LinkAdded };
                turns.push((visit.at, turn));
            }
            (Some(false), true) => turns.push((visit.at, Turn::Restored)),
            (Some(true), false) => {
                let why = why_lost(page_with_link(visits, visit.visit), visits[visit.visit].0.page);
                turns.push((visit.at, Turn::Lost(why)));
            }
            _ => {}
        }
        if visit.has_link || had_link.is_some() {
            had_link = Some(visit.has_link);
        }
    }
    turns
}
