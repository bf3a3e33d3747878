//! The life of a link and of a target, said from the definitions.
//!
//! Written apart from the fold of `model` that it judges: it collects what each visit says of the link,
//! and then says each field by itself.

use model::{LifeCycle, Link, LostReason, NewReason, Outcome, Page, RelTokens, Timestamp, UrlKey, Visit};

/// A change in the life of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEvent {
    /// The visit that found it.
    pub at: Timestamp,
    /// What has changed.
    pub change: LinkChange,
}

/// What can change about a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkChange {
    /// It is there for the first time: never [`NewReason::Restored`].
    New(NewReason),
    /// It is gone.
    Lost(LostReason),
    /// It was gone, and is there again.
    Restored,
    /// Other tokens of `rel`, or followed where it was not, or the reverse: since the sighting before.
    Rel {
        /// At the sighting before: tokens, and whether it was followed.
        before: (RelTokens, bool),
        /// Now.
        after: (RelTokens, bool),
    },
    /// Another text than at the sighting before.
    Anchor {
        /// At the sighting before.
        before: Option<String>,
        /// Now.
        after: Option<String>,
    },
}

/// A target that broke or was repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetEvent {
    /// The visit of the target that found it.
    pub at: Timestamp,
    /// What it answered.
    pub status: u16,
    /// Whether that is an error (400 and above); else it was one before.
    pub is_broken: bool,
}

/// A visit of the page that says whether the link is there.
struct Look<'a> {
    at: Timestamp,
    has_link: bool,
    /// The page as it was read; `None` of a visit that says that nothing has changed.
    read: Option<&'a Page>,
    /// The link as it was read.
    link: Option<&'a Link>,
}

/// What the visits of a page, in order of time, say of its link to `target`.
fn looks<'a>(visits: &'a [Visit], target: &UrlKey) -> Vec<Look<'a>> {
    let mut looks: Vec<Look<'_>> = Vec::new();
    for visit in visits {
        let link = visit.links.iter().find(|stored| stored.key == *target).map(|stored| &stored.link);
        let (has_link, read) = match (visit.outcome, link) {
            (Outcome::Definite, _) => (link.is_some(), Some(&visit.page)),
            // What is there is there; what is not may be in the part that was not read.
            (Outcome::Unknown, Some(_)) => (true, Some(&visit.page)),
            (Outcome::Unknown, None) => continue,
            (Outcome::Unchanged, _) => match looks.last() {
                Some(before) => (before.has_link, None),
                None => continue,
            },
        };
        looks.push(Look { at: visit.page.fetched_at, has_link, read, link });
    }
    looks
}

/// The dates and reasons of a link; `None` if no visit had it.
pub(crate) fn life(visits: &[Visit], target: &UrlKey) -> Option<LifeCycle> {
    let looks = looks(visits, target);
    let sightings: Vec<usize> = (0..looks.len()).filter(|at| looks[*at].has_link).collect();
    let (first, last) = (*sightings.first()?, *sightings.last()?);
    let before_last = sightings.iter().rev().nth(1).map(|at| looks[*at].at);
    let original = first == 0;
    // Every look in between had it, unless it was lost and came back.
    let was_away = last - first + 1 != sightings.len();
    let new_reason = match (was_away, original) {
        (true, _) => NewReason::Restored,
        (false, true) => NewReason::PageFound,
        (false, false) => NewReason::LinkAdded,
    };
    let is_lost = last + 1 < looks.len();
    Some(LifeCycle {
        first_seen: looks[first].at,
        prev_seen: before_last,
        last_seen: looks[last].at,
        lost_at: is_lost.then(|| looks[last + 1].at),
        original,
        found_at_last_visit: first + 1 == looks.len(),
        new_reason,
        lost_reason: is_lost.then(|| lost_reason(&looks, last + 1)),
    })
}

/// Why the link is not there at a look, though it was at the look before.
fn lost_reason(looks: &[Look<'_>], at: usize) -> LostReason {
    let with_link = looks[..at].iter().rev().find_map(|look| look.read);
    let (Some(with_link), Some(without)) = (with_link, looks[at].read) else { return LostReason::LinkRemoved };
    let is_elsewhere = |page: &Page| page.canonical.as_ref().is_some_and(|url| *url != page.url);
    let redirects =
        (300..400).contains(&without.status) || without.redirect.as_ref().is_some_and(|to| to.to != without.url);
    if without.status == 404 || without.status == 410 {
        LostReason::PageGone
    } else if redirects {
        LostReason::PageRedirects
    } else if without.robots.noindex && !with_link.robots.noindex {
        LostReason::NoIndex
    } else if is_elsewhere(without) && !is_elsewhere(with_link) {
        LostReason::CanonicalElsewhere
    } else {
        LostReason::LinkRemoved
    }
}

/// Every change of a link, oldest first; of one visit: its coming or going, then `rel`, then its anchor.
pub(crate) fn link_events(visits: &[Visit], target: &UrlKey) -> Vec<LinkEvent> {
    let looks = looks(visits, target);
    let mut events = Vec::new();
    let mut sighting: Option<&Link> = None;
    for (number, look) in looks.iter().enumerate() {
        let at = look.at;
        let was_there = number > 0 && looks[number - 1].has_link;
        let was_ever_there = looks[..number].iter().any(|earlier| earlier.has_link);
        let turn = match (was_there, look.has_link) {
            (false, true) if was_ever_there => Some(LinkChange::Restored),
            (false, true) if number == 0 => Some(LinkChange::New(NewReason::PageFound)),
            (false, true) => Some(LinkChange::New(NewReason::LinkAdded)),
            (true, false) => Some(LinkChange::Lost(lost_reason(&looks, number))),
            (true, true) | (false, false) => None,
        };
        events.extend(turn.map(|change| LinkEvent { at, change }));
        let Some(link) = look.link else { continue };
        if let Some(before) = sighting.replace(link) {
            let rel = |link: &Link| (link.rel.clone(), link.dofollow);
            if rel(before) != rel(link) {
                events.push(LinkEvent { at, change: LinkChange::Rel { before: rel(before), after: rel(link) } });
            }
            if before.anchor != link.anchor {
                let (before, after) = (before.anchor.clone(), link.anchor.clone());
                events.push(LinkEvent { at, change: LinkChange::Anchor { before, after } });
            }
        }
    }
    events
}

/// When a target broke and was repaired, by time and status of all its visits, whatever their outcome.
pub(crate) fn target_events(visits: &[(Timestamp, u16)]) -> Vec<TargetEvent> {
    let mut events = Vec::new();
    for (number, (at, status)) in visits.iter().enumerate() {
        let was_broken = number > 0 && visits[number - 1].1 >= 400;
        let is_broken = *status >= 400;
        if is_broken != was_broken {
            events.push(TargetEvent { at: *at, status: *status, is_broken });
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use model::{Evidence, LinkKind, Robots, parse_url};

    use super::*;

    /// One visit for each letter, one second apart: `+` with the link, `-` without, `=` unchanged, `!` a cut
    /// page with the link, `?` an error, `x` gone, `n` hidden from search and without the link, `N` the same with
    /// it, `r` with another `rel`, `a` with another anchor.
    fn visits(script: &str) -> (Vec<Visit>, UrlKey) {
        let url = parse_url("https://a.com/", None).unwrap();
        let target = parse_url("https://b.com/", None).unwrap();
        let visit = |(at, letter): (usize, char)| {
            let status = if letter == 'x' { 404 } else { 200 };
            let mut page = Page::new(url.clone(), Timestamp::from_seconds(at as i64), status);
            page.robots = Robots { noindex: matches!(letter, 'n' | 'N'), ..Robots::default() };
            let mut link = Link::new(target.clone(), LinkKind::Anchor);
            link.anchor = Some(if letter == 'a' { "other" } else { "text" }.to_owned());
            link.rel = RelTokens::parse(if letter == 'r' { "ugc" } else { "" });
            let outcome = match letter {
                '=' => Outcome::Unchanged,
                '!' | '?' => Outcome::Unknown,
                _ => Outcome::Definite,
            };
            let links = if matches!(letter, '+' | '!' | 'N' | 'r' | 'a') { vec![link] } else { Vec::new() };
            let evidence = Evidence { archive: String::new(), offset: 0, length: 0, digest: None };
            Visit::new(page, links, outcome, evidence).unwrap()
        };
        (script.chars().enumerate().map(visit).collect(), UrlKey::new(&target).unwrap())
    }

    #[test]
    fn every_field_of_a_life_is_as_defined() {
        use LostReason::{LinkRemoved, NoIndex, PageGone};
        use NewReason::{LinkAdded, PageFound, Restored};
        type Fields = (i64, Option<i64>, i64, Option<i64>, bool, bool, NewReason, Option<LostReason>);
        let expected: [(&str, Fields); 14] = [
            ("+", (0, None, 0, None, true, true, PageFound, None)),
            ("-+", (1, None, 1, None, false, true, LinkAdded, None)),
            ("+?+", (0, Some(0), 2, None, true, false, PageFound, None)),
            ("+-", (0, None, 0, Some(1), true, false, PageFound, Some(LinkRemoved))),
            ("+?x-", (0, None, 0, Some(2), true, false, PageFound, Some(PageGone))),
            ("+-?+", (0, Some(0), 3, None, true, false, Restored, None)),
            ("-+x+n", (1, Some(1), 3, Some(4), false, false, Restored, Some(NoIndex))),
            ("Nn", (0, None, 0, Some(1), true, false, PageFound, Some(LinkRemoved))),
            ("+==", (0, Some(1), 2, None, true, false, PageFound, None)),
            ("+=n", (0, Some(0), 1, Some(2), true, false, PageFound, Some(NoIndex))),
            ("+-=", (0, None, 0, Some(1), true, false, PageFound, Some(LinkRemoved))),
            ("=+", (1, None, 1, None, true, true, PageFound, None)),
            ("-!", (1, None, 1, None, false, true, LinkAdded, None)),
            ("+-!", (0, Some(0), 2, None, true, false, Restored, None)),
        ];
        for (script, fields) in expected {
            let (visits, target) = visits(script);
            let life = life(&visits, &target).unwrap();
            let second = Timestamp::seconds;
            let found = (
                second(life.first_seen),
                life.prev_seen.map(second),
                second(life.last_seen),
                life.lost_at.map(second),
                life.original,
                life.found_at_last_visit,
                life.new_reason,
                life.lost_reason,
            );
            assert_eq!(found, fields, "{script}");
        }
        for script in ["", "-?=", "x"] {
            let (visits, target) = visits(script);
            assert_eq!(life(&visits, &target), None);
        }
    }

    #[test]
    fn events_tell_every_change_and_nothing_else() {
        let told = |script: &str| {
            let (visits, target) = visits(script);
            let events = link_events(&visits, &target).into_iter().map(|event| {
                let what = match event.change {
                    LinkChange::New(reason) => reason.as_str(),
                    LinkChange::Lost(reason) => reason.as_str(),
                    LinkChange::Restored => "restored",
                    LinkChange::Rel { .. } => "rel",
                    LinkChange::Anchor { .. } => "anchor",
                };
                format!("{}{what}", event.at.seconds())
            });
            events.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told("+?=+"), "0page_found");
        assert_eq!(told("-+rr=+a"), "1link_added 2rel 5rel 6anchor");
        assert_eq!(told("rx--=a"), "0page_found 1page_gone 5restored 5rel 5anchor");
        let at = Timestamp::from_seconds;
        let found = target_events(&[(at(0), 200), (at(1), 304), (at(2), 503), (at(3), 404), (at(4), 301)]);
        let found: Vec<_> = found.iter().map(|event| (event.at.seconds(), event.status, event.is_broken)).collect();
        assert_eq!(found, [(2, 503, true), (4, 301, false)]);
        assert_eq!(target_events(&[(at(0), 410)]).len(), 1);
    }
}
