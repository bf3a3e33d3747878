//! What happened to a target: events of the links to it and of its pages, in order of time.

use model::{Target, Timestamp};
use store::{Event, Snapshot};

use crate::index::QueryError;

/// A question for events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsQuestion {
    /// The target.
    pub target: Target,
    /// Only events at or after this.
    pub since: Option<Timestamp>,
    /// Leave out links from hosts of the target's own registrable domain.
    pub exclude_internal: bool,
    /// Only so many, the newest.
    pub limit: Option<usize>,
}

impl EventsQuestion {
    /// All events of links from other domains, and of the pages themselves.
    pub fn new(target: Target) -> Self {
        Self { target, since: None, exclude_internal: true, limit: None }
    }
}

/// The events of a target, oldest first; those of one time by `url_from`, then `url_to`, and what the pages
/// themselves did before all links. With `earlier`, only those that the table of that snapshot does not hold.
///
/// Cost: dates and events of every direct link to the target, in both snapshots. Memory: what is asked for,
/// twice that with a limit.
pub fn events(
    snapshot: &Snapshot,
    earlier: Option<&Snapshot>,
    question: &EventsQuestion,
) -> Result<Vec<Event>, QueryError> {
    let bucket = snapshot.buckets().of(&question.target.host());
    let since = question.since.unwrap_or(Timestamp::from_seconds(i64::MIN));
    let limit = question.limit.unwrap_or(usize::MAX);
    let mut found: Vec<Event> = Vec::new();
    let mut take = |event: Event| {
        let is_internal = matches!(event, Event::Link { is_internal: true, .. });
        if limit > 0 && !(is_internal && question.exclude_internal) {
            found.push(event);
            if found.len() >= limit.saturating_mul(2) {
                keep_newest(&mut found, limit);
            }
        }
    };
    for range in question.target.ranges() {
        match earlier {
            None => snapshot.bucket(bucket)?.events(&range, since, &mut take)?,
            Some(earlier) => {
                snapshot.bucket(bucket)?.newer_events(earlier.bucket(bucket)?, &range, since, &mut take)?;
            }
        }
    }
    keep_newest(&mut found, limit);
    Ok(found)
}

/// Sorts, and drops all but the last `limit`. Events of one link at one time stay in their order.
fn keep_newest(events: &mut Vec<Event>, limit: usize) {
    events.sort_by(|left, right| place(left).cmp(&place(right)));
    events.drain(..events.len().saturating_sub(limit));
}

fn place(event: &Event) -> (Timestamp, &str, &str) {
    match event {
        Event::Link { url_from, url_to, event, .. } => (event.at, url_from, url_to),
        Event::Target { url_to, event } => (event.at, "", url_to),
    }
}

#[cfg(test)]
mod tests {
    use model::NewReason;
    use store::{LinkChange, LinkEvent};

    use super::*;

    #[test]
    fn the_newest_are_kept_and_equals_stay_in_order() {
        let event = |at: i64, url_from: &str, change: LinkChange| Event::Link {
            url_from: url_from.to_owned(),
            url_to: "t".to_owned(),
            is_internal: false,
            event: LinkEvent { at: Timestamp::from_seconds(at), change },
        };
        let anchor = |text: &str| LinkChange::Anchor { before: None, after: Some(text.to_owned()) };
        let found = LinkChange::Found(NewReason::PageFound);
        let mut events = vec![
            event(5, "b", anchor("1")),
            event(5, "b", anchor("0")),
            event(9, "a", found.clone()),
            event(5, "a", found.clone()),
            event(1, "z", found),
        ];
        let expected = [events[3].clone(), events[0].clone(), events[1].clone(), events[2].clone()];
        keep_newest(&mut events, 4);
        assert_eq!(events, expected);
    }
}
