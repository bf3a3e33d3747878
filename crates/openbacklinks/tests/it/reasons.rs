//! Why a link is new and why it is lost, by the words of `docs/api-compat.md`: read backwards from the
//! last time that the page had it. Shares no code with `model::life`.

use model::{Outcome, Page, UrlKey, Visit};

/// The two reasons for a link that at least one visit has. `visits` of one page, in order of time.
pub(crate) fn reasons(visits: &[&Visit], has_link: impl Fn(&Visit) -> bool) -> (&'static str, Option<&'static str>) {
    // What each visit says; a page that is as before says what was said before it.
    let mut said: Vec<Option<bool>> = Vec::new();
    for visit in visits {
        said.push(match (visit.outcome, has_link(visit)) {
            (Outcome::Unchanged, _) => Some(said.iter().rev().copied().flatten().next().unwrap_or(false)),
            (Outcome::Definite, has) => Some(has),
            (Outcome::Unknown, true) => Some(true),
            (Outcome::Unknown, false) => None,
        });
    }
    let last = said.iter().rposition(|said| *said == Some(true)).unwrap();
    // The first visit of the time on the page that `last` is the end of.
    let first = said[..last].iter().rposition(|said| *said == Some(false)).map_or(0, |before| before + 1);
    let is_definite = |visit: &&Visit| visit.outcome == Outcome::Definite;
    let new = if said[..first].contains(&Some(true)) {
        "restored"
    } else if visits[..first].iter().any(is_definite) {
        "link_added"
    } else {
        "page_found"
    };
    let without = said[last..].iter().position(|said| *said == Some(false)).map(|after| &visits[last + after].page);
    let read = (first..=last).rev().find(|at| said[*at] == Some(true) && visits[*at].outcome != Outcome::Unchanged);
    (new, without.map(|without| why_lost(&visits[read.unwrap()].page, without)))
}

fn why_lost(with: &Page, without: &Page) -> &'static str {
    let key = |url: &model::Url| UrlKey::new(url).map(|key| key.to_url_string());
    let leads_away = |page: &Page| page.redirect.as_ref().is_some_and(|redirect| key(&redirect.to) != key(&page.url));
    let is_copy = |page: &Page| page.canonical.as_ref().is_some_and(|other| key(other) != key(&page.url));
    if without.status == 404 || without.status == 410 {
        "page_gone"
    } else if without.status / 100 == 3 || leads_away(without) {
        "page_redirects"
    } else if without.robots.noindex && !with.robots.noindex {
        "noindex"
    } else if is_copy(without) && !is_copy(with) {
        "canonical_elsewhere"
    } else {
        "link_removed"
    }
}
