//! The first two passes: rows by the texts of their addresses, and what their order says of each.

use std::collections::HashMap;

use model::{Bucket, Host, UrlKey};

use super::{FilesByName, SECTIONS, TargetText, malformed};
use crate::build::Context;
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
    for (number, section) in SECTIONS.iter().enumerate() {
        let mut key_rows = files.section(context, bucket, section, &KEYS)?.rows_in_order();
        let mut fact_rows = files.section(context, bucket, section, &FACTS)?.rows_in_order();
        let mut row = 0_u32;
        while let (Some((block, at)), Some((facts_block, facts_at))) = (key_rows.advance()?, fact_rows.advance()?) {
            let facts = ScoringFacts::of(facts_block, facts_at).map_err(|error| malformed(context, error))?;
            target.set(context, block.bytes(keys::TARGET, at).unwrap_or_default())?;
            let (url_from, _) = UrlKey::url_and_host(block.bytes(keys::SOURCE, at).unwrap_or_default())
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

/// One row of the page that the second pass is at.
struct RowOfPage {
    url_to: Vec<u8>,
    section: u8,
    row: u32,
    is_lost: bool,
    count: u32,
    hop_labels: u8,
    hop_same_host: bool,
    host: String,
    domain: String,
}

/// Walks that order and says of each row where it stands, by section and row.
pub(super) fn place(context: &Context<'_>, bucket: Bucket, by_text: &SortedRuns) -> Result<SortedRuns> {
    let bad = || corrupt(context.folder, bucket.0, "sorted row");
    let mut sorter = Sorter::new(context.runs, 1, context.options.memory_bytes / 8 / context.options.threads.max(1));
    let mut merge = by_text.merge(0)?;
    let mut page: Vec<RowOfPage> = Vec::new();
    let mut url_from: Vec<u8> = Vec::new();
    let (mut page_number, mut host, mut tie) = (0, 0, 0);
    let mut hosts = SourceHosts::default();
    while merge.advance()? {
        let mut texts = merge.key().splitn(3, |byte| *byte == 0);
        let (from, url_to, place) = (texts.next(), texts.next(), texts.next());
        let (Some(from), Some(url_to), Some([section, a, b, c, d])) = (from, url_to, place) else { return Err(bad()) };
        if from != url_from {
            place_page(&page, (page_number, host), &mut tie, &mut sorter)?;
            page_number += u32::from(!page.is_empty());
            page.clear();
            from.clone_into(&mut url_from);
            host = hosts.number(&url_from);
        }
        let mut value = Decoder::new(merge.value());
        let mut read = || -> Result<RowOfPage, Malformed> {
            Ok(RowOfPage {
                url_to: url_to.to_vec(),
                section: *section,
                row: u32::from_be_bytes([*a, *b, *c, *d]),
                is_lost: value.int()? == 1,
                count: value.int_as()?,
                hop_labels: value.int_as()?,
                hop_same_host: value.int()? == 1,
                host: value.text()?.to_owned(),
                domain: value.text()?.to_owned(),
            })
        };
        page.push(read().map_err(|_| bad())?);
    }
    place_page(&page, (page_number, host), &mut tie, &mut sorter)?;
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

/// Counts the links of one page. A link that passes through a scope on its way is counted there once,
/// where it enters.
fn place_page(page: &[RowOfPage], (number, host): (u32, u32), tie: &mut u32, sorter: &mut Sorter) -> Result<()> {
    let mut by_page: HashMap<(&[u8], bool), u32> = HashMap::new();
    let mut by_host: HashMap<(&str, bool), u32> = HashMap::new();
    let mut by_domain: HashMap<(&str, bool), u32> = HashMap::new();
    let add = |sum: &mut u32, count: u32| *sum = sum.saturating_add(count);
    for row in page {
        add(by_page.entry((&row.url_to, row.is_lost)).or_default(), row.count);
        if !row.hop_same_host {
            add(by_host.entry((&row.host, row.is_lost)).or_default(), row.count);
        }
        if !(row.hop_same_host || row.enters_domain_before()) {
            add(by_domain.entry((&row.domain, row.is_lost)).or_default(), row.count);
        }
    }
    let mut value = Vec::new();
    for row in page {
        let placement = Placement {
            page: number,
            host,
            tie: *tie,
            page_count: by_page.get(&(row.url_to.as_slice(), row.is_lost)).copied().unwrap_or(row.count),
            host_count: by_host.get(&(row.host.as_str(), row.is_lost)).copied().unwrap_or(row.count),
            domain_count: by_domain.get(&(row.domain.as_str(), row.is_lost)).copied().unwrap_or(row.count),
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

impl RowOfPage {
    /// Whether an earlier hop lies in the target's registrable domain.
    fn enters_domain_before(&self) -> bool {
        usize::from(self.hop_labels) >= self.domain.split('.').count()
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
