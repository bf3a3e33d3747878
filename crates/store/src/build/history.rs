//! The history of one page: its visits, and for each link ever seen which visits had it.
//!
//! This is where crawls meet. A history is what the visits say and nothing else: visits are in the order
//! of time, a visit that is there twice counts once, and folding visits in one by one gives what folding
//! all at once gives. Every date of a link is computed from it.

use std::ops::Range;

use model::{LifeCycle, Outcome, PageState, Sighting, Timestamp, Turn};

use super::carried::{CarriedLink, CarriedVisit};
use super::sightings::{self, Seen, Sightings};
use crate::codec::{Decoder, Encode, Malformed};
use crate::events::{EventsWriter, Version, put_target_events};
use crate::facts::{EvidenceFacts, PageFacts};

/// A page and its links over all visits.
#[derive(Debug)]
pub(super) struct PageHistory<'a> {
    /// In order of time.
    pub(super) visits: Vec<VisitNote<'a>>,
    /// Facts of the newest definite visit; of the newest of all if none is definite.
    pub(super) facts: PageFacts<'a>,
    /// In the order of the keys of their targets.
    pub(super) links: Vec<LinkHistory<'a>>,
}

/// A link and what became of it.
#[derive(Debug)]
pub(super) struct Living<'b, 'a> {
    pub(super) link: &'b LinkHistory<'a>,
    pub(super) life: LifeCycle,
    /// Where its events lie.
    pub(super) events: Range<usize>,
}

/// What is kept of a visit.
#[derive(Debug, Clone, Copy)]
pub(super) struct VisitNote<'a> {
    pub(super) at: Timestamp,
    pub(super) status: u16,
    outcome: Outcome,
    page: PageState,
    pub(super) evidence: EvidenceFacts<'a>,
}

/// One link of a page over its visits.
#[derive(Debug)]
pub(super) struct LinkHistory<'a> {
    /// The visits that had it, ascending.
    seen: Sightings<'a>,
    /// As last seen.
    pub(super) latest: CarriedLink<'a>,
}

/// Where a visit of the merged history comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Old(usize),
    New(usize),
}

impl<'a> PageHistory<'a> {
    /// The history of the page `key` after visits were folded into what was known; `None` without visits.
    pub(super) fn fold(
        key: &[u8],
        known: Option<&'a [u8]>,
        visits: &'a [CarriedVisit<'a>],
    ) -> Result<Option<Self>, Malformed> {
        let known = known.map(Self::decode).transpose()?;
        let old = known.as_ref().map_or(&[][..], |history| &history.visits);
        let order = merged(old, visits);
        let note = |from: &From| match from {
            From::Old(at) => old[*at],
            From::New(at) => VisitNote::of(&visits[*at], key),
        };
        let notes: Vec<VisitNote<'a>> = order.iter().map(note).collect();
        let newest = notes.iter().rposition(|visit| visit.outcome == Outcome::Definite);
        let Some(newest) = newest.or(notes.len().checked_sub(1)) else { return Ok(None) };
        let facts = match (order[newest], &known) {
            (From::Old(_), Some(history)) => history.facts,
            (From::Old(_), None) => return Err(Malformed("visit")),
            (From::New(at), _) => visits[at].page,
        };
        let mut place_of_old = vec![None; old.len()];
        for (place, from) in order.iter().enumerate() {
            if let From::Old(at) = from {
                place_of_old[*at] = Some(place as u32);
            }
        }
        let mut links = known.map(|history| history.links).unwrap_or_default();
        for link in &mut links {
            link.seen = link.seen.iter().filter_map(|seen| seen.moved(&place_of_old)).collect();
        }
        for (place, from) in order.iter().enumerate() {
            if let From::New(at) = from {
                add_visit(&mut links, place as u32, &visits[*at].links);
            }
        }
        links.retain(|link| !link.seen.is_empty());
        Ok(Some(Self { visits: notes, facts, links }))
    }

    /// The links that visits with an outcome, or cut ones, have: each with its life and where in `events` lies
    /// what happened to it after its first sighting; and how many of them are alive and pass rank.
    pub(super) fn lives(&self, events: &mut EventsWriter) -> (Vec<Living<'_, 'a>>, u32) {
        events.clear();
        let mut all = Vec::with_capacity(self.links.len());
        let (mut followed, mut turns) = (0, Vec::new());
        for link in &self.links {
            let start = events.end();
            let Some(life) = self.life(link, &mut turns, events) else { continue };
            followed += u32::from(link.latest.passes_rank && !life.is_lost());
            all.push(Living { link, life, events: start..events.end() });
        }
        (all, followed)
    }

    /// The life of a link, and its events behind the first sighting. `None` if no visit had it. `turns` is for the
    /// turns of its life, whatever it held.
    fn life(
        &self,
        link: &LinkHistory<'_>,
        turns: &mut Vec<(Timestamp, Turn)>,
        events: &mut EventsWriter,
    ) -> Option<LifeCycle> {
        let mut seen = link.seen.iter().copied().peekable();
        let sightings = self.visits.iter().enumerate().map(|(number, visit)| Sighting {
            at: visit.at,
            outcome: visit.outcome,
            has_link: seen.next_if(|seen| seen.visit == number as u32).is_some(),
            page: visit.page,
        });
        turns.clear();
        let life = LifeCycle::with_turns(sightings, |at, turn| turns.push((at, turn)))?;
        let mut turns = turns.iter().copied().skip(1).peekable();
        for pair in link.seen.windows(2) {
            let [before, after] = pair else { continue };
            if before.version == after.version {
                continue;
            }
            let at = self.visits.get(after.visit as usize).map_or(life.last_seen, |visit| visit.at);
            while let Some((turned, turn)) = turns.next_if(|(turned, _)| *turned <= at) {
                put_turn(events, turned, turn);
            }
            events.changed(at, before.version, after.version);
        }
        turns.for_each(|(at, turn)| put_turn(events, at, turn));
        Some(life)
    }

    /// Evidence of a visit.
    pub(super) fn evidence(&self, visit: u32) -> EvidenceFacts<'a> {
        let visit = self.visits.get(visit as usize);
        visit.map_or(EvidenceFacts { archive: "", offset: 0, length: 0, digest: None }, |visit| visit.evidence)
    }

    /// Status of the newest visit, whatever its outcome.
    fn last_status(&self) -> u16 {
        self.visits.last().map_or(self.facts.status, |visit| visit.status)
    }

    /// The value of a record of `sources`; where its head ends.
    pub(super) fn encode(&self, into: &mut Vec<u8>) -> usize {
        into.put_int(self.last_status().into());
        self.facts.encode(into);
        into.put_int(self.visits.len() as u64);
        for visit in &self.visits {
            visit.encode(into);
        }
        let head = into.len();
        into.put_int(self.links.len() as u64);
        for link in &self.links {
            link.encode(self.visits.len(), into);
        }
        head
    }

    fn decode(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        let _last_status = from.int()?;
        let facts = PageFacts::decode(&mut from)?;
        let mut visits = Vec::new();
        for _ in 0..from.int()? {
            visits.push(VisitNote::decode(&mut from)?);
        }
        if !visits.is_sorted_by_key(|visit| order(visit.at, visit.evidence)) {
            return Err(Malformed("order of visits"));
        }
        let mut links = Vec::new();
        for _ in 0..from.int()? {
            links.push(LinkHistory::decode(&mut from)?);
        }
        if from.is_empty() { Ok(Self { visits, facts, links }) } else { Err(Malformed("trailing bytes")) }
    }
}

/// The order of the visits of both sides; of visits that are the same the last one counts. (Were it the first, a
/// visit that comes later could take the place of the newest one, and what a record keeps would be of neither.)
fn merged(old: &[VisitNote<'_>], new: &[CarriedVisit<'_>]) -> Vec<From> {
    let olds = old.iter().enumerate().map(|(at, visit)| (visit.at, visit.evidence, From::Old(at)));
    let news = new.iter().enumerate().map(|(at, visit)| (visit.page.fetched_at, visit.evidence, From::New(at)));
    let mut all: Vec<_> = olds.chain(news).collect();
    if all.len() < 2 {
        return all.into_iter().map(|(_, _, from)| from).collect();
    }
    all.sort_by_cached_key(|(at, evidence, _)| order(*at, *evidence));
    let mut kept: Vec<(Timestamp, EvidenceFacts<'_>, From)> = Vec::with_capacity(all.len());
    for (at, evidence, from) in all.into_iter().rev() {
        let same_second = kept.iter().rev().take_while(|(other, _, _)| *other == at);
        let is_known = same_second.into_iter().any(|(_, other, _)| {
            let is_same_record = (other.archive, other.offset) == (evidence.archive, evidence.offset);
            is_same_record || (other.digest.is_some() && other.digest == evidence.digest)
        });
        if !is_known {
            kept.push((at, evidence, from));
        }
    }
    kept.into_iter().rev().map(|(_, _, from)| from).collect()
}

/// What visits are in order of, as in the tables of crawls: time, offset, archive.
fn order(at: Timestamp, evidence: EvidenceFacts<'_>) -> (Timestamp, u64, u64) {
    (at, evidence.offset, crate::checksum(evidence.archive.as_bytes()))
}

/// Adds the visit at `place`, whose links are in key order, to the links that are known.
fn add_visit<'a>(known: &mut Vec<LinkHistory<'a>>, place: u32, links: &[CarriedLink<'a>]) {
    let mut added = Vec::with_capacity(if known.is_empty() { links.len() } else { 0 });
    let mut before = 0;
    for link in links {
        before += known[before..].iter().take_while(|other| other.latest.target < link.target).count();
        if let Some(other) = known.get_mut(before).filter(|other| other.latest.target == link.target) {
            other.add(place, link);
        } else {
            let seen = [Seen { visit: place, version: link.version }].into_iter().collect();
            added.push(LinkHistory { seen, latest: *link });
        }
    }
    if known.is_empty() {
        *known = added;
    } else if !added.is_empty() {
        known.append(&mut added);
        // Two sorted parts: the sort is a merge of them.
        known.sort_by_key(|link| link.latest.target);
    }
}

fn put_turn(events: &mut EventsWriter, at: Timestamp, turn: Turn) {
    match turn {
        Turn::Found(_) => events.restored(at),
        Turn::Lost(reason) => events.lost(at, reason),
    }
}

impl<'a> VisitNote<'a> {
    fn of(visit: &CarriedVisit<'a>, key: &[u8]) -> Self {
        let page = &visit.page;
        let (at, status, outcome) = (page.fetched_at, page.status, page.outcome);
        Self { at, status, outcome, page: page.state(key), evidence: visit.evidence }
    }

    fn encode(&self, into: &mut Vec<u8>) {
        let PageState { is_gone, redirects, noindex, canonical_elsewhere } = self.page;
        let flags = [is_gone, redirects, noindex, canonical_elsewhere];
        let flags = flags.iter().rev().fold(0, |all, flag| all << 1 | u64::from(*flag));
        let outcome = match self.outcome {
            Outcome::Definite => 0,
            Outcome::Unchanged => 1,
            Outcome::Unknown => 2,
        };
        into.put_signed(self.at.seconds());
        into.put_int(self.status.into());
        into.put_int(flags << 2 | outcome);
        self.evidence.encode(into);
    }

    fn decode(from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        let at = Timestamp::from_seconds(from.signed()?);
        let status = from.int_as()?;
        let flags = from.int()?;
        let outcome = match flags & 3 {
            0 => Outcome::Definite,
            1 => Outcome::Unchanged,
            2 => Outcome::Unknown,
            _ => return Err(Malformed("outcome")),
        };
        let page = PageState {
            is_gone: flags >> 2 & 1 == 1,
            redirects: flags >> 3 & 1 == 1,
            noindex: flags >> 4 & 1 == 1,
            canonical_elsewhere: flags >> 5 & 1 == 1,
        };
        Ok(Self { at, status, outcome, page, evidence: EvidenceFacts::decode(from)? })
    }
}

impl Seen<'_> {
    fn moved(&self, places: &[Option<u32>]) -> Option<Self> {
        let visit = places.get(self.visit as usize).copied().flatten()?;
        Some(Self { visit, ..*self })
    }
}

impl<'a> LinkHistory<'a> {
    /// The last visit that had it.
    pub(super) fn last_seen_by(&self) -> u32 {
        self.seen.last().map_or(0, |seen| seen.visit)
    }

    fn add(&mut self, place: u32, link: &CarriedLink<'a>) {
        if self.seen.last().is_none_or(|last| last.visit < place) {
            self.latest = *link;
        }
        sightings::add(&mut self.seen, Seen { visit: place, version: link.version });
    }

    fn encode(&self, visits: usize, into: &mut Vec<u8>) {
        into.put_bytes(self.latest.target);
        into.put_int(visits.div_ceil(8) as u64);
        let start = into.len();
        into.resize(start + visits.div_ceil(8), 0);
        for seen in &self.seen {
            into[start + seen.visit as usize / 8] |= 1 << (seen.visit % 8);
        }
        into.put_raw(self.latest.encoded);
        // Versions before the latest: how many sightings each held, and what it was.
        let runs = || self.seen.chunk_by(|left, right| left.version == right.version);
        let earlier = runs().count().saturating_sub(1);
        into.put_int(earlier as u64);
        for run in runs().take(earlier) {
            into.put_int(run.len() as u64);
            let version = run.first().map_or(self.latest.version, |seen| seen.version);
            into.put_int(version.dofollow.into());
            into.put_bytes(version.rel);
            into.put_optional_bytes(version.anchor);
        }
    }

    fn decode(from: &mut Decoder<'a>) -> Result<Self, Malformed> {
        let target = from.bytes()?;
        let bits = from.bytes()?;
        let latest = CarriedLink::decode(target, from)?;
        let numbers = bits.iter().enumerate().flat_map(|(byte, bits)| {
            (0..8).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| byte as u32 * 8 + bit)
        });
        let mut seen: Sightings<'a> = numbers.map(|visit| Seen { visit, version: latest.version }).collect();
        let mut first = 0_usize;
        for _ in 0..from.int()? {
            let length: usize = from.int_as()?;
            let version = Version { dofollow: from.int()? == 1, rel: from.bytes()?, anchor: from.optional_bytes()? };
            let run = first.checked_add(length).and_then(|end| seen.get_mut(first..end));
            run.ok_or(Malformed("versions"))?.iter_mut().for_each(|seen| seen.version = version);
            first += length;
        }
        Ok(Self { seen, latest })
    }
}

/// Changes between answering and broken, from the visits of a record; `from` stands before their number.
pub(super) fn target_events(mut from: Decoder<'_>, into: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut visits = Vec::new();
    for _ in 0..from.int()? {
        let visit = VisitNote::decode(&mut from)?;
        visits.push((visit.at, visit.status));
    }
    put_target_events(visits.into_iter(), into);
    Ok(())
}

/// Reads `bytes` as a record of `sources`: folding nothing into what is read from it changes nothing.
///
/// # Panics
/// If it does.
pub(crate) fn check_history(bytes: &[u8]) {
    let mut written = Vec::new();
    let Ok(Some(history)) = PageHistory::fold(&[], Some(bytes), &[]) else { return };
    history.encode(&mut written);
    let again = PageHistory::fold(&[], Some(&written), &[]);
    let again = again.ok().flatten().expect("what was written is read");
    let mut twice = Vec::new();
    again.encode(&mut twice);
    assert_eq!(twice, written);
    let mut events = [EventsWriter::default(), EventsWriter::default()];
    let [(lives, followed), (lives_again, followed_again)] =
        [history.lives(&mut events[0]), again.lives(&mut events[1])];
    assert_eq!((lives.len(), followed), (lives_again.len(), followed_again));
    assert!(followed as usize <= lives.len());
}

/// A record of `sources` made of encoded visits.
#[cfg(test)]
pub(crate) fn history_of(visits: &[Vec<u8>]) -> Vec<u8> {
    let visits: Vec<_> = visits.iter().map(|bytes| CarriedVisit::decode_after(bytes, None).unwrap()).collect();
    let mut into = Vec::new();
    PageHistory::fold(b"key", None, &visits).unwrap().unwrap().encode(&mut into);
    into
}

#[cfg(test)]
mod tests {
    use model::{Digest, Evidence, Link, LinkKind, Page, Visit, parse_url};
    use proptest::prelude::*;

    use super::*;
    use crate::facts::{VisitFacts, VisitLink, encode_visit};

    const KEY: &[u8] = b"key";

    fn any_visit() -> impl Strategy<Value = Visit> {
        let links = prop::collection::vec((0..3_usize, 0..2_usize, any::<bool>()), 0..4);
        (0..5_i64, 0..4_u64, 0..2_usize, prop::option::of(0..3_u8), 0..6_usize, links).prop_map(
            |(at, offset, archive, digest, status, links)| {
                let url = |text: &str| parse_url(text, None).unwrap();
                let status = [200, 200, 404, 301, 503, 304][status];
                let page = Page::new(url("https://a.example/"), Timestamp::from_seconds(at), status);
                // What a digest stands for is the same wherever it is found.
                let (status_of, links) = match digest {
                    Some(digest) => (200, vec![(usize::from(digest), 0, true)]),
                    None => (status, links),
                };
                let page = Page { status: status_of, ..page };
                let links = links.into_iter().map(|(target, anchor, dofollow)| {
                    let to = url(["https://b.example/", "https://c.example/", "https://d.example/"][target]);
                    let anchor = Some(["one", "two"][anchor].to_owned());
                    Link { anchor, dofollow, ..Link::new(to, LinkKind::Anchor) }
                });
                let evidence = Evidence {
                    archive: ["a.warc", "b.warc"][archive].to_owned(),
                    offset,
                    length: 1,
                    digest: digest.map(|digest| Digest(digest.to_string())),
                };
                let links = if status_of == 200 { links.collect() } else { Vec::new() };
                Visit::new(page, links, Outcome::of_status(status_of), evidence).unwrap()
            },
        )
    }

    fn encoded(visits: &[Visit]) -> Vec<Vec<u8>> {
        let encode = |visit: &Visit| {
            let mut bytes = Vec::new();
            encode_visit(visit, &mut bytes);
            bytes
        };
        visits.iter().map(encode).collect()
    }

    /// Whether a visit says of its links what was written.
    fn is_whole(carried: &CarriedVisit<'_>, whole: &VisitFacts<'_>) {
        assert_eq!((carried.page, carried.evidence), (whole.page, whole.evidence));
        assert_eq!(carried.links.len(), whole.links.len());
        for (link, VisitLink { target, facts }) in carried.links.iter().zip(&whole.links) {
            assert_eq!((link.target, link.passes_rank), (*target, facts.passes_rank));
            let (rel, anchor) = (facts.rel.as_bytes(), facts.anchor.map(str::as_bytes));
            assert_eq!(link.version, Version { dofollow: facts.dofollow, rel, anchor });
            let mut encoded = Vec::new();
            facts.encode(&mut encoded);
            assert_eq!(link.encoded, encoded);
        }
    }

    fn fold(known: Option<&[u8]>, visits: &[Vec<u8>]) -> Vec<u8> {
        let mut read: Vec<CarriedVisit<'_>> = Vec::new();
        for bytes in visits {
            let visit = CarriedVisit::decode_after(bytes, read.last()).unwrap();
            is_whole(&visit, &VisitFacts::decode(bytes).unwrap());
            read.push(visit);
        }
        let mut into = Vec::new();
        if let Some(history) = PageHistory::fold(KEY, known, &read).unwrap() {
            history.encode(&mut into);
        }
        into
    }

    proptest! {
        #[test]
        fn visits_folded_in_any_order_and_in_any_parts_are_the_same_history(
            visits in prop::collection::vec(any_visit(), 1..8),
            parts in prop::collection::vec((0..8_usize, any::<prop::sample::Index>()), 1..8),
        ) {
            // Two visits of one place in an archive are one record, and say the same.
            let mut visits = visits;
            visits.sort_by_key(|visit| (visit.evidence.archive.clone(), visit.evidence.offset, visit.page.fetched_at));
            visits.dedup_by_key(|visit| (visit.evidence.archive.clone(), visit.evidence.offset));
            let visits = encoded(&visits);
            let at_once = fold(None, &visits);
            let mut rest = visits.clone();
            let mut known: Option<Vec<u8>> = None;
            for (count, index) in parts {
                if rest.is_empty() {
                    break;
                }
                let start = index.index(rest.len());
                let part: Vec<_> = rest.drain(start..(start + count + 1).min(rest.len())).collect();
                known = Some(fold(known.as_deref(), &part));
            }
            // Once more what was there already.
            rest.extend(visits);
            prop_assert_eq!(fold(known.as_deref(), &rest), at_once);
        }
    }
}
