//! Archives in, a crawl out. One thread an archive; a record that cannot be used is counted with its
//! reason and place.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use model::{CrawlId, Evidence, HostSet, Outcome, Page, Timestamp, Visit};
use store::{CrawlInput, CrawlManifest, DataDir, FinishedInput, PartialIngest, SortedRuns, VisitSorter};
use warc::http::BodyLimits;
use warc::wacz::WaczOptions;
use warc::{Item, ReaderOptions, Record, RecordKind, WarcError};

use crate::terminal::{Advised, ExitStatus, Progress, note};

/// How to ingest.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// Name of the crawl; `None` for one made from the inputs.
    pub crawl: Option<CrawlId>,
    /// Memory in bytes for everything together.
    pub memory_bytes: u64,
    /// Threads.
    pub threads: usize,
    /// How long a thread may go on before the archives that it has read are put where a kill leaves them;
    /// zero: after each archive.
    pub checkpoint: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct IngestReport {
    /// The crawl.
    pub manifest: CrawlManifest,
    /// Whether it was there already, made from the same inputs.
    pub was_there: bool,
    /// Inputs that an ingest which was not finished had read.
    pub resumed_inputs: usize,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
}

/// Reads archives into a crawl and publishes it. Goes on where one of the same name that was killed stopped:
/// archives that it had read are not read again, unless they have changed since.
pub fn ingest(
    data: &DataDir,
    paths: &[PathBuf],
    options: &IngestOptions,
    progress: &Progress,
) -> anyhow::Result<IngestReport> {
    let started = Instant::now();
    let _lock = data.lock()?;
    let archives = find_archives(paths)?;
    if archives.is_empty() {
        let message = "there is no file in the paths given".to_owned();
        return Err(
            Advised { status: ExitStatus::NotFound, message, hint: "name archives, or folders of archives" }.into()
        );
    }
    let inputs: Vec<(String, u64)> =
        archives.iter().map(|archive| (archive.name.clone(), archive.size_bytes)).collect();
    let crawl = match &options.crawl {
        Some(crawl) => crawl.clone(),
        None => name_of(&inputs)?,
    };
    let report = |manifest, was_there, resumed_inputs| {
        let elapsed_seconds = started.elapsed().as_secs_f64();
        IngestReport { manifest, was_there, resumed_inputs, elapsed_seconds }
    };
    if store::is_ingested(data, &crawl, &inputs)? {
        return Ok(report(CrawlManifest::read(data, &crawl)?, true, 0));
    }
    let forgotten = store::forgotten_hosts(data)?;
    let staging = data.temporary(&format!("ingest-{crawl}"))?;
    let numbers: HashMap<String, usize> =
        archives.iter().enumerate().map(|(number, archive)| (archive.stamp(), number)).collect();
    let partial = PartialIngest::open(data, &crawl, |stamp| numbers.contains_key(stamp))?;
    let found = partial.found().iter().filter_map(|input| Some((*numbers.get(&input.stamp)?, input.report.clone())));
    let mut reports: BTreeMap<usize, CrawlInput> = found.collect();
    let resumed_inputs = reports.len();
    tell_found(&partial, archives.len());

    let mut waiting: VecDeque<(usize, Archive)> = archives.into_iter().enumerate().collect();
    waiting.retain(|(number, _)| !reports.contains_key(number));
    let threads = options.threads.clamp(1, waiting.len().max(1));
    let shared = Shared {
        waiting: Mutex::new(waiting),
        partial: &partial,
        forgotten: &forgotten,
        checkpoint: options.checkpoint,
        read_bytes: AtomicU64::new(reports.values().map(|report| report.size_bytes).sum()),
        total_bytes: inputs.iter().map(|(_, size)| size).sum(),
        progress,
    };
    // Half sorts; the rest is for the records being read, their text and their links.
    let budget = (options.memory_bytes / 2) as usize / threads;
    let sorter = || VisitSorter::new(staging.path(), data.buckets(), budget);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(|| shared.read_all(sorter()))).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut runs = Vec::new();
    for outcome in outcomes {
        let (run, part) = outcome?;
        runs.push(run);
        reports.extend(part);
    }
    runs.insert(0, partial.visits(staging.path()));
    let reports = reports.into_values().collect();
    let manifest = store::publish_crawl(data, &crawl, runs, reports, options.threads, &staging)?;
    Ok(report(manifest, false, resumed_inputs))
}

fn tell_found(partial: &PartialIngest, inputs: usize) {
    let found = partial.found().len();
    if found > 0 {
        note(format_args!(
            "going on with an ingest that was not finished: {found} of {inputs} inputs are read already"
        ));
    }
    if partial.dropped() > 0 {
        note(format_args!(
            "what an ingest that was not finished had read of other inputs is dropped: {} parts",
            partial.dropped()
        ));
    }
}

/// What the threads that read have in common.
struct Shared<'a> {
    waiting: Mutex<VecDeque<(usize, Archive)>>,
    forgotten: &'a HostSet,
    partial: &'a PartialIngest,
    checkpoint: Duration,
    read_bytes: AtomicU64,
    total_bytes: u64,
    progress: &'a Progress,
}

impl Shared<'_> {
    /// Reads archives until none is left: the visits that are in no part yet, and what became of each
    /// archive, by its number. The first error ends the work that has not begun.
    fn read_all(&self, sorter: VisitSorter) -> anyhow::Result<(SortedRuns, Vec<(usize, CrawlInput)>)> {
        let outcome = self.read_until_none_is_left(sorter);
        if outcome.is_err() {
            self.waiting().clear();
        }
        outcome
    }

    fn read_until_none_is_left(
        &self,
        mut sorter: VisitSorter,
    ) -> anyhow::Result<(SortedRuns, Vec<(usize, CrawlInput)>)> {
        let mut reports = Vec::new();
        let mut finished = Vec::new();
        let mut since = Instant::now();
        loop {
            let next = self.waiting().pop_front();
            let Some((number, archive)) = next else { break };
            let report = read_archive(&archive, self.forgotten, |visit| Ok(sorter.push(&visit)?))?;
            store::kill_point("ingest.archive");
            let read = self.read_bytes.fetch_add(archive.size_bytes, Ordering::Relaxed) + archive.size_bytes;
            self.progress.tell("ingest", read >> 10, self.total_bytes >> 10);
            finished.push(FinishedInput { stamp: archive.stamp(), report: report.clone() });
            reports.push((number, report));
            if since.elapsed() >= self.checkpoint {
                self.partial.add(sorter.take()?, &finished)?;
                finished.clear();
                since = Instant::now();
            }
        }
        Ok((sorter.finish()?, reports))
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<(usize, Archive)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One file to read.
#[derive(Debug)]
struct Archive {
    path: PathBuf,
    name: String,
    size_bytes: u64,
    changed: Option<SystemTime>,
}

impl Archive {
    /// The same for the same file, read by the same program, as long as its size and its time of change stay.
    fn stamp(&self) -> String {
        let changed = self.changed.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
        let about = format!("{}\0{}\0{}\0", env!("CARGO_PKG_VERSION"), self.size_bytes, changed.as_nanos());
        let bytes = [about.as_bytes(), self.path.as_os_str().as_encoded_bytes()].concat();
        format!("{:016x}", store::checksum(&bytes))
    }
}

/// Every file of the paths and of the folders among them, largest first, so that no thread is left
/// with the largest at the end.
fn find_archives(paths: &[PathBuf]) -> anyhow::Result<Vec<Archive>> {
    let mut found = Vec::new();
    // The same file by two names of its path is read once, and is the same whatever folder is the current one.
    let whole = |path: &PathBuf| std::path::absolute(path).with_context(|| format!("cannot read {}", path.display()));
    let mut waiting: Vec<PathBuf> = paths.iter().map(whole).collect::<anyhow::Result<_>>()?;
    while let Some(path) = waiting.pop() {
        let about = std::fs::metadata(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if about.is_dir() {
            let entries = std::fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))?;
            for entry in entries {
                let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
                // A link to a folder is not followed: it may lead back here.
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                if !(is_link && entry.path().is_dir()) {
                    waiting.push(entry.path());
                }
            }
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            found.push(Archive { path, name, size_bytes: about.len(), changed: about.modified().ok() });
        }
    }
    found.sort_by(|left, right| (right.size_bytes, &left.path).cmp(&(left.size_bytes, &right.path)));
    found.dedup_by(|left, right| left.path == right.path);
    Ok(found)
}

/// A name that the same inputs always get.
fn name_of(inputs: &[(String, u64)]) -> anyhow::Result<CrawlId> {
    let mut sorted = inputs.to_vec();
    sorted.sort();
    let lines: Vec<String> = sorted.iter().map(|(name, size)| format!("{name}\t{size}\n")).collect();
    Ok(format!("crawl-{:016x}", store::checksum(lines.concat().as_bytes())).parse()?)
}

/// Calls `each` with every visit of an archive, and says what became of its records.
fn read_archive(
    archive: &Archive,
    forgotten: &HostSet,
    mut each: impl FnMut(Visit) -> anyhow::Result<()>,
) -> anyhow::Result<CrawlInput> {
    let mut report = CrawlInput { name: archive.name.clone(), size_bytes: archive.size_bytes, ..CrawlInput::default() };
    let mut each = |visit: Visit, report: &mut CrawlInput| keep(visit, forgotten, report).map_or(Ok(()), &mut each);
    match warc::wacz::detect(&archive.path) {
        Ok(true) => read_wacz(archive, &mut report, &mut each)?,
        Ok(false) => match warc::open(&archive.path, ReaderOptions::default()) {
            Ok(reader) => read_records(reader, &archive.name, &mut report, &mut each)?,
            Err(error) => report.rejected = Some(error.to_string()),
        },
        Err(error) => report.rejected = Some(error.to_string()),
    }
    Ok(report)
}

/// Reads every archive inside a zip. Their offsets are their own: evidence names zip and archive,
/// `outer.wacz!archive/inner.warc.gz`.
fn read_wacz(
    archive: &Archive,
    report: &mut CrawlInput,
    each: &mut impl FnMut(Visit, &mut CrawlInput) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let wacz = match warc::wacz::open(&archive.path, WaczOptions::default()) {
        Ok(wacz) => wacz,
        Err(error) => {
            report.rejected = Some(error.to_string());
            return Ok(());
        }
    };
    if wacz.archives().is_empty() {
        report.rejected = Some("there is no archive in the zip that can be read".to_owned());
    }
    for skip in wacz.skips() {
        report.skip(skip.reason.as_str(), skip.offset);
    }
    for entry in wacz.archives() {
        match wacz.read(entry) {
            Ok(records) => read_records(records, &format!("{}!{}", archive.name, entry.name()), report, each)?,
            Err(error) => report.rejected = Some(format!("{}: {error}", entry.name())),
        }
    }
    Ok(())
}

/// Calls `each` with every visit among the items of one archive, which evidence calls `name`.
fn read_records(
    items: impl Iterator<Item = Result<Item, WarcError>>,
    name: &str,
    report: &mut CrawlInput,
    each: &mut impl FnMut(Visit, &mut CrawlInput) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // Those would fall away in the visit.
    let extraction = extract::Options { internal_links: false, ..extract::Options::default() };
    for item in items {
        let record = match item {
            Ok(Item::Record(record)) => record,
            Ok(Item::Skip(skip)) => {
                report.skip(skip.reason.as_str(), skip.offset);
                continue;
            }
            Err(error) => {
                report.rejected = Some(error.to_string());
                break;
            }
        };
        report.records += 1;
        match visit_of_record(&record, name, &extraction, report) {
            Ok(Some(visit)) => each(visit, report)?,
            Ok(None) => *report.other.entry(kind_name(&record)).or_default() += 1,
            Err(reason) => report.skip(reason, record.offset),
        }
    }
    Ok(())
}

/// Counts a visit, without what is of hosts that were forgotten; `None` if its page is.
fn keep(visit: Visit, forgotten: &HostSet, report: &mut CrawlInput) -> Option<Visit> {
    let offset = visit.evidence.offset;
    let Some((visit, dropped)) = visit.without(forgotten) else {
        report.skip("forgotten_host", offset);
        return None;
    };
    if dropped > 0 {
        *report.tolerated.entry("links_to_forgotten_host".to_owned()).or_default() += 1;
    }
    report.pages += 1;
    report.links += visit.links.len() as u64;
    Some(visit)
}

/// Every visit of an archive, for tests and tools; skips are in the report.
pub fn visits_of_archive(path: &Path) -> anyhow::Result<(Vec<Visit>, CrawlInput)> {
    let mut visits = Vec::new();
    let archive = find_archives(&[path.to_owned()])?.pop().context("a folder is not an archive")?;
    let report = read_archive(&archive, &HostSet::default(), |visit| {
        visits.push(visit);
        Ok(())
    })?;
    Ok((visits, report))
}

fn kind_name(record: &Record) -> String {
    format!("{:?}", record.kind).to_ascii_lowercase()
}

/// The visit that a record is; `None` for a record of another kind; the reason for one that cannot be used.
fn visit_of_record(
    record: &Record,
    archive: &str,
    extraction: &extract::Options,
    report: &mut CrawlInput,
) -> Result<Option<Visit>, &'static str> {
    let is_wat = record.kind == RecordKind::Metadata && is_json(record);
    if !is_wat && !matches!(record.kind, RecordKind::Response | RecordKind::Revisit | RecordKind::Resource) {
        return Ok(None);
    }
    let evidence = Evidence {
        archive: archive.to_owned(),
        offset: record.offset,
        length: record.length,
        digest: record.digest.clone(),
    };
    if is_wat {
        let extracted = match extract::wat::extract_wat(&record.payload, extraction) {
            Ok(Some(extracted)) => extracted,
            Ok(None) => return Ok(None),
            Err(_) => return Err("bad_wat"),
        };
        let outcome = Outcome::of_status(extracted.page.status);
        return Ok(Visit::new(extracted.page, extracted.links, outcome, evidence));
    }
    let Some(url) = record.url.as_deref() else { return Err("no_url") };
    let is_http = url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"))
        || url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    if !is_http {
        return Ok(None);
    }
    let fetched_at = record.time.filter(|at| is_plausible(*at)).ok_or("no_date")?;
    if record.kind == RecordKind::Revisit {
        let parsed = model::parse_url(url, None).map(model::published).ok_or("bad_url")?;
        let status = record.http_response(&BodyLimits::default()).map_or(304, |response| response.status);
        let page = Page::new(parsed, fetched_at, status);
        return Ok(Visit::new(page, Vec::new(), Outcome::Unchanged, evidence));
    }
    let response = record.http_response(&BodyLimits::default()).map_err(warc::http::HttpError::as_str)?;
    for tolerance in &response.tolerances {
        *report.tolerated.entry(tolerance.as_str().to_owned()).or_default() += 1;
    }
    if let Some(damage) = record.damage {
        *report.tolerated.entry(damage.as_str().to_owned()).or_default() += 1;
    }
    let input = extract::Response {
        url,
        status: response.status,
        headers: response.headers.as_pairs(),
        body: &response.body,
        ip: record.ip,
        fetched_at,
    };
    let extracted = extract::extract(&input, extraction).map_err(|_| "bad_url")?;
    // What is missing from a cut page is not known to be missing.
    let is_cut = response.body_truncated || record.damage.is_some() || extracted.links_dropped > 0;
    let outcome = match Outcome::of_status(response.status) {
        Outcome::Definite if is_cut => Outcome::Unknown,
        outcome => outcome,
    };
    Ok(Visit::new(extracted.page, extracted.links, outcome, evidence))
}

fn is_json(record: &Record) -> bool {
    record.content_type.as_deref().is_some_and(|kind| kind.trim_start().starts_with("application/json"))
}

/// Web archives begin in 1991; times are stored in 32 bits.
fn is_plausible(at: Timestamp) -> bool {
    (660_000_000..i64::from(u32::MAX)).contains(&at.seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip of one stored entry, by the letter of the format.
    fn zip(name: &str, data: &[u8]) -> Vec<u8> {
        let crc = !data.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
        });
        let length = (data.len() as u32).to_le_bytes();
        let name_length = (name.len() as u16).to_le_bytes();
        let about =
            [[20, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(), &crc.to_le_bytes(), &length, &length, &name_length, &[0, 0]]
                .concat();
        let local = [b"PK\x03\x04", about.as_slice(), name.as_bytes(), data].concat();
        let directory = [b"PK\x01\x02\x14\x00", about.as_slice(), &[0; 14], name.as_bytes()].concat();
        let (directory_length, directory_at) = ((directory.len() as u32).to_le_bytes(), local.len() as u32);
        let end =
            [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &directory_length, &directory_at.to_le_bytes(), &[0, 0]]
                .concat();
        [local, directory, end].concat()
    }

    #[test]
    fn visits_of_a_wacz_are_those_of_the_archive_inside_and_name_both() {
        let folder = tempfile::tempdir().unwrap();
        let web = synthweb::Web::new(synthweb::WebOptions::new(2, 20));
        let mut plain = Vec::new();
        web.write_warc(0, 0..web.pages(), &mut plain).unwrap();
        let (inner, outer) = (folder.path().join("a.warc.gz"), folder.path().join("b.wacz"));
        std::fs::write(&inner, &plain).unwrap();
        std::fs::write(&outer, zip("archive/a.warc.gz", &plain)).unwrap();
        let (mut theirs, mut expected) = visits_of_archive(&inner).unwrap();
        let (ours, report) = visits_of_archive(&outer).unwrap();
        for visit in &mut theirs {
            visit.evidence.archive = "b.wacz!archive/a.warc.gz".to_owned();
        }
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs);
        (expected.name, expected.size_bytes) = (report.name.clone(), std::fs::metadata(&outer).unwrap().len());
        assert_eq!(report, expected);
        std::fs::write(&outer, zip("notes.txt", b"")).unwrap();
        assert!(visits_of_archive(&outer).unwrap().1.rejected.is_some());
    }
}
