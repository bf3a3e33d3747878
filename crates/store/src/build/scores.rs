//! Stage 5: what every build computes anew for each row, page and domain.
//!
//! Three passes over a bucket. The first sorts its rows by the text of `url_from`, then `url_to`. The
//! second walks that order: a page's rows are together, so it numbers pages and rows (the last
//! resort of every ordering) and counts a page's links to the same page, host and domain. The third
//! goes back to row order and writes the columns.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use model::{Bucket, Host, HostKey, UrlKey};

use super::Context;
use super::enrichment::{Scoring, Standing};
use super::nodes::Nodes;
use crate::block::Compression;
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, StoreError, bad_manifest, corrupt};
use crate::group::{Block, Cell, ColumnKind, GroupFile, GroupShape, GroupWriter};
use crate::layout::file_name;
use crate::links::{FACTS, KEYS, SCAN, SCORES, ScoringFacts, group_name, hop_keys, keys, scan_flags};
use crate::manifest::FileEntry;
use crate::pages::{DOMAIN_SCORES, DOMAINS, PAGE_SCORES, PAGES, PageRow, PageScan};
use crate::sort::{SortedRuns, Sorter};

/// Hosts with rows, in key order: where their rows are in both sections.
pub(crate) static HOSTS: GroupShape = GroupShape {
    name: "hosts",
    rows_per_block: 256,
    columns: &[ColumnKind::Bytes, ColumnKind::Number, ColumnKind::Number, ColumnKind::Number, ColumnKind::Number],
    compression: Compression::Zstd(3),
};

/// The sections of the link tables, in the order of their numbers.
pub(crate) const SECTIONS: [&str; 2] = ["body", "indirect"];

/// The files that earlier stages made.
pub(super) struct FilesByName<'a>(HashMap<&'a str, &'a FileEntry>);

impl<'a> FilesByName<'a> {
    pub(super) fn new(files: &'a [FileEntry]) -> Self {
        Self(files.iter().map(|entry| (entry.name.as_str(), entry)).collect())
    }

    fn open(&self, context: &Context<'_>, name: &str, shape: &'static GroupShape) -> Result<GroupFile> {
        self.in_folder(context.folder, name, shape)
    }

    pub(super) fn in_folder(&self, folder: &Path, name: &str, shape: &'static GroupShape) -> Result<GroupFile> {
        let entry = self.0.get(name).ok_or_else(|| bad_manifest(folder, format!("no file {name}")))?;
        GroupFile::open(folder, entry, shape, None)
    }

    pub(super) fn section(
        &self,
        context: &Context<'_>,
        bucket: Bucket,
        section: &str,
        shape: &'static GroupShape,
    ) -> Result<GroupFile> {
        self.open(context, &group_name(section, shape, bucket), shape)
    }
}

/// What the second pass finds out about a row.
#[derive(Debug, Clone, Copy, Default)]
struct Placement {
    page: u32,
    host: u32,
    tie: u32,
    page_count: u32,
    host_count: u32,
    domain_count: u32,
    hop_labels: u8,
    hop_same_host: bool,
}

impl Placement {
    fn encode(&self, into: &mut Vec<u8>) {
        for number in [self.page, self.host, self.tie, self.page_count, self.host_count, self.domain_count] {
            into.put_int(number.into());
        }
        into.put_int(self.hop_labels.into());
        into.put_int(self.hop_same_host.into());
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
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

pub(super) fn write(
    context: &Context<'_>,
    bucket: Bucket,
    files: &FilesByName<'_>,
    scoring: &Scoring<'_>,
    nodes: &Nodes,
) -> Result<Vec<FileEntry>> {
    let by_text = sort_by_text(context, bucket, files)?;
    let placements = place(context, bucket, &by_text)?;
    drop(by_text);
    let mut written = write_rows(context, bucket, files, scoring, nodes, &placements)?;
    written.push(write_pages(context, bucket, files, scoring, nodes)?);
    written.push(write_domains(context, bucket, files, scoring, nodes)?);
    Ok(written)
}

fn malformed(context: &Context<'_>, error: Malformed) -> StoreError {
    corrupt(context.folder, "scan", error.0)
}

/// A row's target as text, remembered while it repeats.
#[derive(Default)]
struct TargetText {
    key: Vec<u8>,
    url: String,
    host: Option<Host>,
    host_key: Vec<u8>,
}

impl TargetText {
    fn set(&mut self, context: &Context<'_>, key: &[u8]) -> Result<()> {
        if self.key != key || self.host.is_none() {
            let (url, host) = UrlKey::url_and_host(key).map_err(|_| corrupt(context.folder, "scan", "URL key"))?;
            key.clone_into(&mut self.key);
            HostKey::new(&host).as_bytes().clone_into(&mut self.host_key);
            (self.url, self.host) = (url, Some(host));
        }
        Ok(())
    }

    fn host(&self) -> &Host {
        self.host.as_ref().expect("set before it is asked for")
    }
}

fn sort_by_text(context: &Context<'_>, bucket: Bucket, files: &FilesByName<'_>) -> Result<SortedRuns> {
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

fn place(context: &Context<'_>, bucket: Bucket, by_text: &SortedRuns) -> Result<SortedRuns> {
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

fn write_rows(
    context: &Context<'_>,
    bucket: Bucket,
    files: &FilesByName<'_>,
    scoring: &Scoring<'_>,
    nodes: &Nodes,
    placements: &SortedRuns,
) -> Result<Vec<FileEntry>> {
    let mut placements = placements.merge(0)?;
    let mut hosts: BTreeMap<Vec<u8>, [u64; 4]> = BTreeMap::new();
    let mut written = Vec::new();
    for (number, section) in SECTIONS.iter().enumerate() {
        let is_sitewide = super::sitewide::rows(context, bucket, section, files, scoring)?;
        let mut key_rows = files.section(context, bucket, section, &KEYS)?.rows_in_order();
        let mut fact_rows = files.section(context, bucket, section, &FACTS)?.rows_in_order();
        let pages_file = files.open(context, &file_name(PAGES.name, bucket), &PAGES)?;
        let mut pages = PageScan::new(context.folder, &pages_file);
        let create =
            |shape: &'static GroupShape| GroupWriter::create(context.folder, group_name(section, shape, bucket), shape);
        let (mut scan, mut scores) = (create(&SCAN)?, create(&SCORES)?);
        let mut target = TargetText::default();
        let mut source_host = super::HostOfKey::default();
        let mut row = 0_u64;
        while let (Some((block, at)), Some((facts_block, facts_at))) = (key_rows.advance()?, fact_rows.advance()?) {
            let facts = ScoringFacts::of(facts_block, facts_at).map_err(|error| malformed(context, error))?;
            if !placements.advance()? {
                return Err(corrupt(context.folder, bucket.0, "a row has no place"));
            }
            let placement = Placement::decode(placements.value()).map_err(|error| malformed(context, error))?;
            let target_key = block.bytes(keys::TARGET, at).unwrap_or_default();
            let is_new_target = target.key != target_key;
            target.set(context, target_key)?;
            if is_new_target {
                let place = hosts.entry(target.host_key.clone()).or_default();
                if place[number * 2 + 1] == 0 {
                    place[number * 2] = row;
                }
            }
            if let Some(place) = hosts.get_mut(&target.host_key) {
                place[number * 2 + 1] += 1;
            }
            let source_key = block.bytes(keys::SOURCE, at).unwrap_or_default();
            let source_bucket = source_host.bucket(source_key, context)?;
            let source = source_host.get(source_key, context.folder)?;
            let is_internal = source.registrable() == target.host().registrable();
            let country = (scoring.country)(source, facts.ip);
            let found = pages.find(target_key)?;
            let (status, redirect_row) = match &found {
                Some((row, page)) => (page.last_status, page.redirect.map(|_| *row)),
                None => (None, None),
            };
            let visited_target = found.as_ref().filter(|(_, page)| page.evidence.is_some());
            let target_spam = visited_target
                .map(|(row, _)| (scoring.spam)(nodes.page(bucket, *row) as usize))
                .map(|(score, _)| u64::from(score));
            let node = nodes.source(source_bucket, source_key);
            let page_node = node.map_or(u64::MAX, |node| nodes.page(source_bucket, node.row.into())) as usize;
            let domain_node = node.map_or(u64::MAX, |node| nodes.domain(source_bucket, node.domain.into())) as usize;
            let page_rank = scoring.page.get(page_node).copied().unwrap_or_default();
            let domain_rank = scoring.domain.get(domain_node).copied().unwrap_or_default();
            let platforms = scoring.platforms.get(domain_node).copied().unwrap_or_default();
            let hops = match block.bytes(keys::PATH, at) {
                Some(path) => hop_keys(path).map_err(|error| malformed(context, error))?.len() as u32,
                None => 0,
            };
            let passed = if facts.passes_rank { (scoring.passed)(page_rank, facts.followed, hops) as f32 } else { 0.0 };
            let rank = u64::from((scoring.score)(f64::from(passed)));
            let flags = scan_flags::of([
                (facts.is_lost, scan_flags::LOST),
                (is_internal, scan_flags::INTERNAL),
                (facts.dofollow, scan_flags::DOFOLLOW),
                (placement.hop_same_host, scan_flags::HOP_SAME_HOST),
            ]);
            let last_seen = facts.last_seen.seconds().clamp(0, i64::from(u32::MAX) - 1) as u64;
            let hop_labels = (number == 1).then_some(u64::from(placement.hop_labels));
            scan.push(
                &[],
                &[
                    flags.into(),
                    rank.into(),
                    last_seen.into(),
                    u64::from(placement.page).into(),
                    u64::from(placement.tie).into(),
                    u64::from(facts.count).into(),
                    hop_labels.into(),
                    u64::from(placement.host).into(),
                ],
            )?;
            let scores_row: [Cell<'_>; 14] = [
                rank.into(),
                u64::from((scoring.score)(page_rank)).into(),
                u64::from((scoring.score)(domain_rank)).into(),
                u64::from(passed.to_bits()).into(),
                u64::from(placement.page_count).into(),
                u64::from(placement.host_count).into(),
                u64::from(placement.domain_count).into(),
                status.map(u64::from).into(),
                redirect_row.into(),
                u64::from((scoring.spam)(page_node).0).into(),
                target_spam.into(),
                Some(u64::from(platforms.bits())).filter(|bits| *bits > 0).into(),
                country.map(|[first, second]| u64::from(u16::from_be_bytes([first, second]))).into(),
                is_sitewide.get(row as usize).copied().unwrap_or_default().then_some(1).into(),
            ];
            scores.push(&[], &scores_row)?;
            row += 1;
        }
        written.extend([scan.finish()?, scores.finish()?]);
    }
    for (number, section) in SECTIONS.iter().enumerate() {
        let rows = |place: &[u64; 4]| place[number * 2] as u32..(place[number * 2] + place[number * 2 + 1]) as u32;
        let hosts = hosts.iter().map(|(key, place)| (key.as_slice(), rows(place)));
        written.push(super::by_rank::write(context, bucket, section, files, &written[number * 2], hosts)?);
    }
    let mut group = GroupWriter::create(context.folder, file_name(HOSTS.name, bucket), &HOSTS)?;
    for (key, place) in &hosts {
        let [body_start, body_rows, indirect_start, indirect_rows] = place.map(Cell::from);
        group.push(key, &[key.as_slice().into(), body_start, body_rows, indirect_start, indirect_rows])?;
    }
    written.push(group.finish()?);
    Ok(written)
}

/// The first columns of both tables of scores: a rank and where it stands.
fn rank_cells(scoring: &Scoring<'_>, relative: f64, standing: Standing) -> [Cell<'static>; 4] {
    let bits = (relative as f32).to_bits();
    let score = (scoring.score)(relative);
    [
        u64::from(bits).into(),
        u64::from(score).into(),
        u64::from(standing.percentile).into(),
        u64::from(standing.coverage).into(),
    ]
}

/// Writes the scores of the pages of a bucket, row by row with `pages`.
fn write_pages(
    context: &Context<'_>,
    bucket: Bucket,
    files: &FilesByName<'_>,
    scoring: &Scoring<'_>,
    nodes: &Nodes,
) -> Result<FileEntry> {
    let mut rows = files.open(context, &file_name(PAGES.name, bucket), &PAGES)?.rows_in_order();
    let mut group = GroupWriter::create(context.folder, file_name(PAGE_SCORES.name, bucket), &PAGE_SCORES)?;
    let mut row = 0;
    while let Some((block, at)) = rows.advance()? {
        let page = PageRow::of(block, at).map_err(|error| malformed(context, error))?;
        let node = nodes.page(bucket, row) as usize;
        row += 1;
        let relative = scoring.page.get(node).copied().unwrap_or_default();
        let standing = (scoring.page_standing)(node);
        let spam = page.evidence.map(|_| (scoring.spam)(node));
        let [rank, score, percentile, coverage] = rank_cells(scoring, relative, standing);
        let (spam, evidence) = spam.map(|(score, evidence)| (u64::from(score), evidence)).unzip();
        group.push(&[], &[rank, score, percentile, coverage, spam.into(), evidence.into()])?;
    }
    group.finish()
}

/// Writes the scores of the domains of a bucket, row by row with `domains`.
fn write_domains(
    context: &Context<'_>,
    bucket: Bucket,
    files: &FilesByName<'_>,
    scoring: &Scoring<'_>,
    nodes: &Nodes,
) -> Result<FileEntry> {
    let mut rows = files.open(context, &file_name(DOMAINS.name, bucket), &DOMAINS)?.rows_in_order();
    let mut group = GroupWriter::create(context.folder, file_name(DOMAIN_SCORES.name, bucket), &DOMAIN_SCORES)?;
    while let Some((block, at)) = rows.advance()? {
        let node = nodes.domain(bucket, block.number(1, at).unwrap_or(u64::MAX)) as usize;
        let relative = scoring.domain.get(node).copied().unwrap_or_default();
        let standing = (scoring.domain_standing)(node);
        let platforms = scoring.platforms.get(node).copied().unwrap_or_default();
        let [rank, score, percentile, coverage] = rank_cells(scoring, relative, standing);
        let platforms = Some(u64::from(platforms.bits())).filter(|bits| *bits > 0);
        group.push(&[], &[rank, score, percentile, coverage, platforms.into()])?;
    }
    group.finish()
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
