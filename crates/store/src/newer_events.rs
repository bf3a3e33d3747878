//! Events that the table of an earlier snapshot does not hold.

use std::cmp::Ordering;

use model::{KeyRange, Timestamp};

use crate::bucket::BucketReader;
use crate::codec::Malformed;
use crate::error::{Result, corrupt};
use crate::events::{Event, LinkEvent, TargetEvent, is_internal, link_events_of, target_events};
use crate::group::RowCursor;
use crate::link_rows::LinkRows;
use crate::pages::PageRow;

impl BucketReader {
    /// Gives the events at or after `since` of the targets in a range of keys that the same bucket of an earlier
    /// snapshot does not hold, in the order of [`BucketReader::events`]. An event that is told otherwise now, because a
    /// crawl brought older visits, is among them.
    ///
    /// Cost: keys, dates and events of every direct link to the range, in both.
    pub fn newer_events(
        &self,
        earlier: &Self,
        range: &KeyRange,
        since: Timestamp,
        mut each: impl FnMut(Event),
    ) -> Result<()> {
        let (mut rows, mut before) = (LinkRows::of(self, Some(range))?, LinkRows::of(earlier, Some(range))?);
        let mut scan = rows.section().scan.cursor();
        let (mut events, mut known_events) = (LinkEvents::of(self), LinkEvents::of(earlier));
        while let Some(order) = rows.compare(&mut before)? {
            if order == Ordering::Greater {
                before.advance();
                continue;
            }
            let Some(row) = rows.row() else { break };
            let mut known = Vec::new();
            if order == Ordering::Equal {
                known = before.row().map_or(Ok(known), |row| known_events.row(row, since))?;
                before.advance();
            }
            let new = without(events.row(row, since)?, known);
            if !new.is_empty() {
                let (url_to, url_from) = rows.urls()?.unwrap_or_default();
                let is_internal = is_internal(scan.row(row.into())?);
                for event in new {
                    let (url_from, url_to) = (url_from.clone(), url_to.clone());
                    each(Event::Link { url_from, url_to, is_internal, event });
                }
            }
            rows.advance();
        }
        self.newer_page_events(earlier, range, &mut |event| {
            if event.at() >= since {
                each(event);
            }
        })
    }

    fn newer_page_events(&self, earlier: &Self, range: &KeyRange, each: &mut impl FnMut(Event)) -> Result<()> {
        let mut at_earlier = earlier.pages.lower_bound(&range.start, 0)?;
        let mut earlier_pages = earlier.pages.cursor();
        let mut pages = self.pages.cursor();
        for row in self.pages.lower_bound(&range.start, 0)?..self.pages.lower_bound(&range.end, 0)? {
            let (block, at) = pages.row(row)?;
            let bad = |error: Malformed| corrupt(&self.path, "pages", error.0);
            let events = target_events(PageRow::events(block, at)).map_err(bad)?;
            if events.is_empty() {
                continue;
            }
            let key = PageRow::key(block, at);
            let mut known: Vec<TargetEvent> = Vec::new();
            while at_earlier < earlier.pages.rows() {
                let (block, at) = earlier_pages.row(at_earlier)?;
                let order = PageRow::key(block, at).cmp(key);
                if order == Ordering::Equal {
                    known = target_events(PageRow::events(block, at)).map_err(bad)?;
                }
                if order != Ordering::Less {
                    break;
                }
                at_earlier += 1;
            }
            for event in without(events, known) {
                each(Event::Target { url_to: self.url_of(Some(key))?, event });
            }
        }
        Ok(())
    }
}

/// Reads the events of rows.
struct LinkEvents<'a> {
    reader: &'a BucketReader,
    facts: RowCursor<'a>,
    events: RowCursor<'a>,
}

impl<'a> LinkEvents<'a> {
    fn of(reader: &'a BucketReader) -> Self {
        Self { reader, facts: reader.section(0).facts.cursor(), events: reader.events.cursor() }
    }

    fn row(&mut self, row: u32, since: Timestamp) -> Result<Vec<LinkEvent>> {
        let events = link_events_of(self.facts.row(row.into())?, self.events.row(row.into())?, since);
        events.map_err(|error| corrupt(&self.reader.path, "events", error.0))
    }
}

/// What of `events` is not among `known`; each of those takes away one.
fn without<T: PartialEq>(mut events: Vec<T>, known: Vec<T>) -> Vec<T> {
    for event in known {
        if let Some(at) = events.iter().position(|other| *other == event) {
            events.remove(at);
        }
    }
    events
}
