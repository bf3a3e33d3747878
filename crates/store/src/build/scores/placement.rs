//! The first two passes: rows by the texts of their addresses, and what their order says of each.

use std::collections::HashMap;
use std::ops::Range;

use model::{Bucket, Host, UrlKey};
use smallvec::SmallVec;

use super::{FilesByName, SECTIONS, TargetText, malformed};
use crate::build::{Context, HostOfKey};
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, StoreError, corrupt};
use crate::group::Block;
use crate::links::{FACTS, KEYS, ScoringFacts, hop_keys, keys};
use crate::sort::{SortedRuns, Sorter};

/// What the second pass finds out about a row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Placement {
    pub(super) page: u32,
    pub(super) host: u32,
    pub(super) tie: u32,
    pub(super) page_count: u32,
    pub(super) host_count: u32,
    pub(super) domain_count: u32,
    pub(super) hop_labels: u8,
    pub(super) hop_same_host: bool,
}

impl Placement {
    fn encode(&self, into: &mut Vec<u8>) {
        for number in [self.page, self.host, self.tie, self.page_count, self.host_count, self.domain_count] {
            into.put_int(number.into());
        }
        into.put_int(self.hop_labels.into());
        into.put_int(self.hop_same_host.into());
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(bytes);
        Ok(Self {
            page: from.int_as()?,
            host: from.int_as()?,
            tie: from.int_as()?,
            page_count: from.int_as()?,
            host_count: from.int_as()?,
            domain_count: from.int_as()?,
            hop_labels: from.int_as()?,
            hop_same_host: from.int()? == 1,
        })
    }
}

/// The rows of a bucket by the text of `url_from`, then `url_to`.
pub(super) fn sort_by_text(context: &Context<'_>, bucket: Bucket, files: &FilesByName<'_>) -> Result<SortedRuns> {
    let mut sorter = Sorter::new(context.runs, 1, context.options.memory_bytes / 4 / context.options.threads.max(1));
    let (mut key, mut value) = (Vec::new(), Vec::new());
    let mut target = TargetText::default();
    let (mut source_host, mut url_from) = (HostOfKey::default(), String::new());
    for (number, section) in SECTIONS.iter().enumerate() {
        let mut key_rows = files.section(context, bucket, section, &KEYS)?.rows_in_order();
        let mut fact_rows = files.section(context, bucket, section, &FACTS)?.rows_in_order();
        let mut row = 0_u32;
        while let (Some((block, at)), Some((facts_block, facts_at))) = (key_rows.advance()?, fact_rows.advance()?) {
            let facts = ScoringFacts::of(facts_block, facts_at).map_err(|error| malformed(context, error))?;
            target.set(context, block.bytes(keys::TARGET, at).unwrap_or_default())?;
            let source = block.bytes(keys::SOURCE, at).unwrap_or_default();
            url_from.clear();
            UrlKey::put_url(source, source_host.get(source, context.folder)?, &mut url_from)
                .map_err(|_| corrupt(context.folder, "scan", "URL key"))?;
            let (hop_labels, hop_same_host) = hop_scope(context, block, at, target.host())?;
            key.clear();
            key.put_raw(url_from.as_bytes());
            key.push(0);
            key.put_raw(target.url.as_bytes());
            key.push(0);
            key.push(number as u8);
            key.put_raw(&row.to_be_bytes());
            value.clear();
            value.put_int(facts.is_lost.into());
            value.put_int(facts.count.into());
            value.put_int(hop_labels.into());
            value.put_int(hop_same_host.into());
            value.put_text(target.host().without_www());
            value.put_text(target.host().registrable());
            sorter.push(0, &key, &value)?;
            row = row.checked_add(1).filter(|row| *row < 1 << 31).ok_or(StoreError::TooMany { what: "links" })?;
        }
    }
    sorter.finish(true)
}

/// How near the earlier hops of an indirect link come to its target: the most labels, counted from
/// the right, that a hop's host shares with the target's (`www.` folded), and whether one is on the
/// same host. A question leaves out indirect rows that an earlier hop already answers.
fn hop_scope(context: &Context<'_>, block: &Block, at: usize, target: &Host) -> Result<(u8, bool)> {
    let Some(path) = block.bytes(keys::PATH, at) else { return Ok((0, false)) };
    let (mut most, mut same) = (0, false);
    for key in hop_keys(path).map_err(|error| malformed(context, error))? {
        let (_, hop) = UrlKey::url_and_host(key).map_err(|_| corrupt(context.folder, "scan", "hop key"))?;
        same |= hop.is_same_site_as(target);
        if hop.is_ip() || target.is_ip() {
            continue;
        }
        let shared = hop.without_www().rsplit('.').zip(target.without_www().rsplit('.'));
        most = most.max(shared.take_while(|(left, right)| left == right).count().min(254) as u8);
    }
    Ok((most, same))
}

/// The rows of the page that the second pass is at, by the text of `url_to`.
#[derive(Default)]
struct RowsOfPage {
    rows: Vec<RowOfPage>,
    /// The texts of all rows, one behind the other.
    texts: Vec<u8>,
}

/// One of them.
struct RowOfPage {
    /// Where its texts lie.
    url_to: Range<usize>,
    host: Range<usize>,
    domain: Range<usize>,
    section: u8,
    row: u32,
    is_lost: bool,
    count: u32,
    hop_labels: u8,
    hop_same_host: bool,
}

/// Walks that order and says of each row where it stands, by section and row.
pub(super) fn place(context: &Context<'_>, bucket: Bucket, by_text: &SortedRuns) -> Result<SortedRuns> {
    let bad = || corrupt(context.folder, bucket.0, "sorted row");
    let mut sorter = Sorter::new(context.runs, 1, context.options.memory_bytes / 8 / context.options.threads.max(1));
    let mut merge = by_text.merge(0)?;
    let mut page = RowsOfPage::default();
    let mut url_from: Vec<u8> = Vec::new();
    let (mut page_number, mut host, mut tie) = (0, 0, 0);
    let mut hosts = SourceHosts::default();
    while merge.advance()? {
        let mut texts = merge.key().splitn(3, |byte| *byte == 0);
        let (from, url_to, place) = (texts.next(), texts.next(), texts.next());
        let (Some(from), Some(url_to), Some(place)) = (from, url_to, place) else { return Err(bad()) };
        if from != url_from {
            page.place((page_number, host), &mut tie, &mut sorter)?;
            page_number += u32::from(!page.rows.is_empty());
            page.clear();
            from.clone_into(&mut url_from);
            host = hosts.number(&url_from);
        }
        page.push(url_to, place, merge.value()).map_err(|_| bad())?;
    }
    page.place((page_number, host), &mut tie, &mut sorter)?;
    sorter.finish(true)
}

/// Numbers the hosts of pages as they are met. Memory: about 100 bytes for each host that links to the
/// bucket.
#[derive(Default)]
struct SourceHosts {
    numbers: HashMap<Box<[u8]>, u32>,
    last: Option<(Vec<u8>, u32)>,
}

impl SourceHosts {
    /// The number of the host of a URL; pages of a host come mostly together.
    fn number(&mut self, url: &[u8]) -> u32 {
        let host = host_of_url(url);
        if let Some((last, number)) = &self.last
            && last == host
        {
            return *number;
        }
        let next = self.numbers.len() as u32;
        let number = *self.numbers.entry(host.into()).or_insert(next);
        self.last = Some((host.to_vec(), number));
        number
    }
}

/// The host in the text of a URL, which has no user name.
fn host_of_url(url: &[u8]) -> &[u8] {
    let rest = url.iter().position(|byte| *byte == b'/').and_then(|at| url.get(at + 2..)).unwrap_or_default();
    let place = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
    match place.iter().rposition(|byte| *byte == b':') {
        // The colons of an address are inside its brackets.
        Some(colon) if !place.ends_with(b"]") => &place[..colon],
        _ => place,
    }
}

impl RowsOfPage {
    fn clear(&mut self) {
        self.rows.clear();
        self.texts.clear();
    }

    /// Adds a row; `place` and `value` as [`sort_by_text`] wrote them.
    fn push(&mut self, url_to: &[u8], place: &[u8], value: &[u8]) -> Result<(), Malformed> {
        let [section, a, b, c, d] = place else { return Err(Malformed("place of a row")) };
        let mut from = Decoder::new(value);
        let mut put = |text: &[u8]| {
            let start = self.texts.len();
            self.texts.extend_from_slice(text);
            start..self.texts.len()
        };
        self.rows.push(RowOfPage {
            is_lost: from.int()? == 1,
            count: from.int_as()?,
            hop_labels: from.int_as()?,
            hop_same_host: from.int()? == 1,
            url_to: put(url_to),
            host: put(from.bytes()?),
            domain: put(from.bytes()?),
            section: *section,
            row: u32::from_be_bytes([*a, *b, *c, *d]),
        });
        Ok(())
    }

    /// Counts the links of the page and says where its rows stand. A link that passes through a scope on its way is counted
    /// there once, where it enters.
    fn place(&self, (page, host): (u32, u32), tie: &mut u32, sorter: &mut Sorter) -> Result<()> {
        let page_counts = self.counts(|row| &row.url_to, |_| true);
        let host_counts = self.counts(|row| &row.host, |row| !row.hop_same_host);
        let enters_domain = |row: &RowOfPage| !row.hop_same_host && !row.enters_before(&self.texts[row.domain.clone()]);
        let domain_counts = self.counts(|row| &row.domain, enters_domain);
        let mut value = Vec::new();
        let counts = page_counts.iter().zip(&host_counts).zip(&domain_counts);
        for (row, ((page_count, host_count), domain_count)) in self.rows.iter().zip(counts) {
            let placement = Placement {
                page,
                host,
                tie: *tie,
                page_count: *page_count,
                host_count: *host_count,
                domain_count: *domain_count,
                hop_labels: row.hop_labels,
                hop_same_host: row.hop_same_host,
            };
            value.clear();
            placement.encode(&mut value);
            let mut key = [row.section, 0, 0, 0, 0];
            key[1..].copy_from_slice(&row.row.to_be_bytes());
            sorter.push(0, &key, &value)?;
            *tie = tie.checked_add(1).ok_or(StoreError::TooMany { what: "links" })?;
        }
        Ok(())
    }

    /// For each row the links of all rows of the page with the same text and fate, of those that `is_counted`; its own
    /// where none of them is.
    fn counts(
        &self,
        text: impl Fn(&RowOfPage) -> &Range<usize>,
        is_counted: impl Fn(&RowOfPage) -> bool,
    ) -> SmallVec<[u32; 8]> {
        let mut counts: SmallVec<[u32; 8]> = self.rows.iter().map(|row| row.count).collect();
        let key = |at: &u32| {
            let row = &self.rows[*at as usize];
            (row.is_lost, &self.texts[text(row).clone()])
        };
        let mut order: SmallVec<[u32; 8]> = (0..self.rows.len() as u32).collect();
        order.sort_unstable_by(|left, right| key(left).cmp(&key(right)));
        for same in order.chunk_by(|left, right| key(left) == key(right)) {
            let counted = same.iter().map(|at| &self.rows[*at as usize]).filter(|row| is_counted(row));
            let sum = counted.map(|row| row.count).reduce(u32::saturating_add);
            let Some(sum) = sum else { continue };
            for at in same {
                counts[*at as usize] = sum;
            }
        }
        counts
    }
}

impl RowOfPage {
    /// Whether an earlier hop lies in the target's registrable domain.
    fn enters_before(&self, domain: &[u8]) -> bool {
        usize::from(self.hop_labels) >= domain.split(|byte| *byte == b'.').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_numbered_whatever_scheme_port_and_path() {
        let mut hosts = SourceHosts::default();
        let urls = ["http://a.com/", "http://a.com.au/", "http://a.com:8080/x:y", "http://[::1]/", "http://[::1]:80/"];
        let numbers = urls.map(|url| hosts.number(url.as_bytes()));
        assert_eq!(numbers, [0, 1, 0, 2, 2]);
        assert_eq!(hosts.number(b"https://a.com/?q=http://b.com/"), 0);
        assert_eq!(hosts.number(b"https://www.a.com/"), 3);
    }
}
