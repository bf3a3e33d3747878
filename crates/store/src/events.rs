//! What happened to links and pages: the turns of their lives, as rows keep them.
//!
//! Events are a pure function of the visits, like all dates of a link. That a link was found for the
//! first time follows from its row; everything later stands in a column of its own, which is null for
//! most links.

use std::ops::Range;

use model::{KeyRange, LostReason, NewReason, Timestamp, UrlKey, is_broken};

use crate::bucket::BucketReader;
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result as StoreResult, corrupt};
use crate::group::Block;
use crate::links::{ORIGINAL, facts, keys, scan, scan_flags, time_of_number};
use crate::pages::PageRow;

/// Something that happened to a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEvent {
    /// When it was found out: the time of a visit.
    pub at: Timestamp,
    /// What.
    pub change: LinkChange,
}

/// What happened to a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkChange {
    /// Seen for the first time, or again after it was lost ([`NewReason::Restored`]).
    Found(NewReason),
    /// Found to be gone.
    Lost(LostReason),
    /// Its `rel`, or whether it is followed, is another than at the sighting before.
    Rel {
        /// At the sighting before.
        before: Follow,
        /// Now.
        after: Follow,
    },
    /// Its text is another than at the sighting before.
    Anchor {
        /// At the sighting before.
        before: Option<String>,
        /// Now.
        after: Option<String>,
    },
}

/// How a link is to be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// Tokens of `rel`, a space between them.
    pub rel: String,
    /// Neither `rel` nor the robots directives of the page say `nofollow`.
    pub dofollow: bool,
}

/// A change of what a page answers, from the side of those who link to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetEvent {
    /// When it was found out.
    pub at: Timestamp,
    /// What it answered.
    pub status: u16,
    /// Whether it answers 4xx or 5xx now; else it does no longer.
    pub is_broken: bool,
}

/// An event of a target: of a link to it, or of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something happened to a direct link.
    Link {
        /// The page that has, or had, the link.
        url_from: String,
        /// Its target.
        url_to: String,
        /// Whether page and target share their registrable domain.
        is_internal: bool,
        /// What, and when.
        event: LinkEvent,
    },
    /// A page began to answer 4xx or 5xx, or ceased to.
    Target {
        /// The page.
        url_to: String,
        /// What, and when.
        event: TargetEvent,
    },
}

impl Event {
    /// When it was found out.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Link { event, .. } => event.at,
            Self::Target { event, .. } => event.at,
        }
    }
}

impl BucketReader {
    /// Gives the events of the targets in a range of keys, at or after `since`: first those of links, in the
    /// order of target and page, then those of the pages themselves. Cost: keys, dates and events of every
    /// direct link to the range.
    pub fn events(&self, range: &KeyRange, since: Timestamp, mut each: impl FnMut(Event)) -> StoreResult<()> {
        let [body, _] = self.rows(range)?;
        let bad = |error: Malformed| corrupt(&self.path, "events", error.0);
        let section = self.section(0);
        let mut facts_rows = section.facts.cursor();
        let mut event_rows = self.events.cursor();
        let mut key_rows = section.keys.cursor();
        let mut scan_rows = section.scan.cursor();
        for row in body.rows {
            let found = link_events_of(facts_rows.row(row.into())?, event_rows.row(row.into())?, since);
            for event in found.map_err(bad)? {
                let (block, at) = key_rows.row(row.into())?;
                let url_from = self.url_of(block.bytes(keys::SOURCE, at))?;
                let url_to = self.url_of(block.bytes(keys::TARGET, at))?;
                each(Event::Link { url_from, url_to, is_internal: is_internal(scan_rows.row(row.into())?), event });
            }
        }
        let (start, end) = (self.pages.lower_bound(&range.start, 0)?, self.pages.lower_bound(&range.end, 0)?);
        let mut page_rows = self.pages.cursor();
        for row in start..end {
            let (block, at) = page_rows.row(row)?;
            for event in target_events(PageRow::events(block, at)).map_err(bad)? {
                if event.at >= since {
                    each(Event::Target { url_to: self.url_of(Some(PageRow::key(block, at)))?, event });
                }
            }
        }
        Ok(())
    }

    pub(crate) fn url_of(&self, key: Option<&[u8]>) -> StoreResult<String> {
        let url = UrlKey::url_and_host(key.unwrap_or_default()).map(|(url, _)| url);
        url.map_err(|_| corrupt(&self.path, "events", "URL key"))
    }
}

/// What of a link events compare from one sighting to the next. Its texts are carried on as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    pub(crate) dofollow: bool,
    pub(crate) rel: &'a [u8],
    pub(crate) anchor: Option<&'a [u8]>,
}

/// Kinds of stored events.
mod kind {
    pub(super) const RESTORED: u64 = 1;
    pub(super) const LOST: u64 = 2;
    pub(super) const REL: u64 = 3;
    pub(super) const ANCHOR: u64 = 4;
}

/// Writes the events of the links of a page, each link's behind its first sighting.
#[derive(Debug, Default)]
pub(crate) struct EventsWriter {
    bytes: Vec<u8>,
}

impl EventsWriter {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Where the next event will lie.
    pub(crate) fn end(&self) -> usize {
        self.bytes.len()
    }

    /// What lies there; `None` if nothing happened.
    pub(crate) fn bytes(&self, range: Range<usize>) -> Option<&[u8]> {
        self.bytes.get(range).filter(|bytes| !bytes.is_empty())
    }

    fn start(&mut self, kind: u64, at: Timestamp) {
        self.bytes.put_int(kind);
        self.bytes.put_signed(at.seconds());
    }

    pub(crate) fn restored(&mut self, at: Timestamp) {
        self.start(kind::RESTORED, at);
    }

    pub(crate) fn lost(&mut self, at: Timestamp, reason: LostReason) {
        self.start(kind::LOST, at);
        self.bytes.put_int(reason.number().into());
    }

    /// What is another in `after` than in `before`.
    pub(crate) fn changed(&mut self, at: Timestamp, before: Version<'_>, after: Version<'_>) {
        if (before.dofollow, before.rel) != (after.dofollow, after.rel) {
            self.start(kind::REL, at);
            for version in [before, after] {
                self.bytes.put_int(version.dofollow.into());
                self.bytes.put_bytes(version.rel);
            }
        }
        if before.anchor != after.anchor {
            self.start(kind::ANCHOR, at);
            self.bytes.put_optional_bytes(before.anchor);
            self.bytes.put_optional_bytes(after.anchor);
        }
    }
}

/// Whether a link is from the registrable domain of its target, from its row of the group `scan`.
pub(crate) fn is_internal((block, row): (&Block, usize)) -> bool {
    block.number(scan::FLAGS, row).unwrap_or_default() & u64::from(scan_flags::INTERNAL) != 0
}

/// The events of a link at or after `since`, oldest first, from its rows of the groups of facts and events.
pub(crate) fn link_events_of(
    (facts_block, fact_row): (&Block, usize),
    (events, event_row): (&Block, usize),
    since: Timestamp,
) -> Result<Vec<LinkEvent>, Malformed> {
    let number = |column| facts_block.number(column, fact_row).unwrap_or_default();
    let first_seen = time_of_number(number(facts::FIRST_SEEN));
    let stored = events.bytes(0, event_row);
    if stored.is_none() && first_seen < since {
        return Ok(Vec::new());
    }
    let mut events = link_events(first_seen, number(facts::FLAGS) & ORIGINAL != 0, stored)?;
    events.retain(|event| event.at >= since);
    Ok(events)
}

/// All events of a link, oldest first: the first sighting, and what is stored.
pub(crate) fn link_events(
    first_seen: Timestamp,
    original: bool,
    stored: Option<&[u8]>,
) -> Result<Vec<LinkEvent>, Malformed> {
    let first = if original { NewReason::PageFound } else { NewReason::LinkAdded };
    let mut events = vec![LinkEvent { at: first_seen, change: LinkChange::Found(first) }];
    let mut from = Decoder::new(stored.unwrap_or_default());
    while !from.is_empty() {
        let (kind, at) = (from.int()?, Timestamp::from_seconds(from.signed()?));
        let change = match kind {
            kind::RESTORED => LinkChange::Found(NewReason::Restored),
            kind::LOST => LinkChange::Lost(LostReason::from_number(from.int_as()?).ok_or(Malformed("reason"))?),
            kind::REL => LinkChange::Rel { before: follow(&mut from)?, after: follow(&mut from)? },
            kind::ANCHOR => {
                let mut text = || from.optional_text().map(|text| text.map(str::to_owned));
                LinkChange::Anchor { before: text()?, after: text()? }
            }
            _ => return Err(Malformed("kind of event")),
        };
        events.push(LinkEvent { at, change });
    }
    Ok(events)
}

fn follow(from: &mut Decoder<'_>) -> Result<Follow, Malformed> {
    Ok(Follow { dofollow: from.int()? == 1, rel: from.text()?.to_owned() })
}

/// The changes of a page between answering and broken, over its visits in order of time: for each, its
/// time and its status. Empty for a page that always answered.
pub(crate) fn put_target_events(visits: impl Iterator<Item = (Timestamp, u16)>, into: &mut Vec<u8>) {
    let mut was_broken = false;
    for (at, status) in visits {
        if is_broken(status) != was_broken {
            was_broken = !was_broken;
            into.put_signed(at.seconds());
            into.put_int(status.into());
        }
    }
}

/// Reads what [`put_target_events`] wrote.
pub(crate) fn target_events(stored: Option<&[u8]>) -> Result<Vec<TargetEvent>, Malformed> {
    let mut events = Vec::new();
    let mut from = Decoder::new(stored.unwrap_or_default());
    while !from.is_empty() {
        let at = Timestamp::from_seconds(from.signed()?);
        let status = from.int_as()?;
        events.push(TargetEvent { at, status, is_broken: is_broken(status) });
    }
    Ok(events)
}
