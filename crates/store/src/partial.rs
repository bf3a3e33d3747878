//! What an ingest has read so far, so that one that is killed need not begin anew.
//!
//! ```text
//! DATA/ingest/NAME/part-000001.json     inputs that were read to their end, and the files with their visits
//! DATA/ingest/NAME/part-000001-0.run    sorted visits
//! ```
//!
//! A part is there once its document is; files that no document names are removed. The folder goes when the
//! crawl is published.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use model::CrawlId;
use serde::{Deserialize, Serialize};

use crate::crawl::CrawlInput;
use crate::durable;
use crate::error::{IoContext, Result};
use crate::layout::DataDir;
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::sort::SortedRuns;
use crate::stop::kill_point;

/// An input that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishedInput {
    /// What tells the input from others and from itself after a change; no two inputs of a crawl have the
    /// same. Whoever ingests makes it.
    pub stamp: String,
    /// What became of its records.
    pub report: CrawlInput,
}

/// The document of a part.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    crawl: String,
    buckets: u16,
    inputs: Vec<FinishedInput>,
    files: Vec<FileEntry>,
}

/// The parts of an ingest that goes on; shared by the threads that read.
#[derive(Debug)]
pub struct PartialIngest {
    folder: PathBuf,
    crawl: CrawlId,
    buckets: u16,
    found: Vec<FinishedInput>,
    dropped: usize,
    next_part: AtomicU32,
    files: Mutex<Vec<FileEntry>>,
}

/// What there is of a crawl that was not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartialSummary {
    /// The crawl's name.
    pub crawl: String,
    /// Inputs that were read to their end.
    pub inputs: usize,
    /// Bytes of the files with their visits.
    pub size_bytes: u64,
}

impl PartialIngest {
    /// Opens what an ingest of this crawl left behind, if there is any.
    ///
    /// A part stays if every input in it is wanted (by its stamp) and its files are whole; the others are
    /// removed, and their inputs must be read again. Cost: every file that stays is read once.
    pub fn open(data: &DataDir, crawl: &CrawlId, is_wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let mut partial = Self {
            folder: folder(data).join(crawl.as_str()),
            crawl: crawl.clone(),
            buckets: data.buckets().get(),
            found: Vec::new(),
            dropped: 0,
            next_part: AtomicU32::new(1),
            files: Mutex::default(),
        };
        let names = names(&partial.folder)?;
        let mut stamps = HashSet::new();
        let mut kept = HashSet::new();
        for (name, number) in names.iter().filter_map(|name| Some((name, number_of_part(name)?))) {
            let path = partial.folder.join(name);
            let part = manifest::read::<Part>(&path).ok();
            match part.filter(|part| partial.is_whole(part)) {
                Some(part)
                    if part.inputs.iter().all(|input| is_wanted(&input.stamp) && !stamps.contains(&input.stamp)) =>
                {
                    stamps.extend(part.inputs.iter().map(|input| input.stamp.clone()));
                    kept.extend(part.files.iter().map(|file| file.name.clone()));
                    kept.insert(name.clone());
                    partial.found.extend(part.inputs);
                    partial.files.get_mut().expect("nobody else has it yet").extend(part.files);
                    *partial.next_part.get_mut() = number.saturating_add(1);
                }
                _ => partial.dropped += 1,
            }
        }
        // Documents come first, so that none ever names a file that was removed on purpose.
        let mut unnamed: Vec<&String> = names.iter().filter(|name| !kept.contains(*name)).collect();
        unnamed.sort_by_key(|name| number_of_part(name).is_none());
        for name in unnamed {
            let path = partial.folder.join(name);
            fs::remove_file(&path).during("remove", &path)?;
        }
        Ok(partial)
    }

    fn is_whole(&self, part: &Part) -> bool {
        let runs = || SortedRuns::of_kept(&self.folder, self.buckets.into(), &part.files, &self.folder);
        part.crawl == self.crawl.as_str() && part.buckets == self.buckets && runs().verify().is_ok()
    }

    /// The inputs that need not be read again.
    pub fn found(&self) -> &[FinishedInput] {
        &self.found
    }

    /// How many parts were of no use: damaged, or with inputs that are not wanted.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Adds a part: inputs and all visits of theirs, on disk. From here on they survive. Any thread may.
    pub fn add(&self, visits: SortedRuns, inputs: &[FinishedInput]) -> Result<()> {
        let name = format!("part-{:06}", self.next_part.fetch_add(1, Ordering::Relaxed));
        fs::create_dir_all(&self.folder).during("create", &self.folder)?;
        for ancestor in self.folder.ancestors().skip(1).take(2) {
            durable::sync_folder(ancestor)?;
        }
        let files = visits.keep(&self.folder, &name)?;
        durable::sync_folder(&self.folder)?;
        kill_point("part.files");
        let part = Part {
            crawl: self.crawl.to_string(),
            buckets: self.buckets,
            inputs: inputs.to_vec(),
            files: files.clone(),
        };
        manifest::write(&self.folder.join(format!("{name}.json")), &part)?;
        kill_point("part.named");
        self.files.lock().expect("no thread panics while it holds the lock").extend(files);
        Ok(())
    }

    /// The visits of all parts. What the merge needs besides goes to `scratch`.
    pub fn visits(&self, scratch: &Path) -> SortedRuns {
        let files = self.files.lock().expect("no thread panics while it holds the lock");
        SortedRuns::of_kept(&self.folder, self.buckets.into(), &files, scratch)
    }
}

/// What there is of crawls that were not finished, by their names.
pub fn partial_ingests(data: &DataDir) -> Result<Vec<PartialSummary>> {
    let mut found = Vec::new();
    for crawl in names(&folder(data))? {
        let folder = folder(data).join(&crawl);
        let names = names(&folder)?;
        let parts = names.iter().filter(|name| number_of_part(name).is_some());
        // One that vanishes meanwhile, or is damaged, is of no use to the next ingest either.
        let parts: Vec<Part> = parts.filter_map(|name| manifest::read(&folder.join(name)).ok()).collect();
        let inputs = parts.iter().map(|part| part.inputs.len()).sum();
        let size_bytes = parts.iter().flat_map(|part| &part.files).map(|file| file.size_bytes).sum();
        found.push(PartialSummary { crawl, inputs, size_bytes });
    }
    Ok(found)
}

/// Removes what is left of ingests whose crawls were published: whoever was about to do so was killed.
pub(crate) fn remove_published(data: &DataDir) -> Result<()> {
    let root = folder(data);
    for crawl in names(&root)? {
        kill_point("partial.remove");
        let manifest = data.root().join("crawls").join(&crawl).join(MANIFEST);
        if manifest.try_exists().during("look for", &manifest)? {
            durable::remove_folder(&root.join(crawl))?;
        }
    }
    // It stays if ingests that are not finished have something in it.
    let _ = fs::remove_dir(root);
    Ok(())
}

fn folder(data: &DataDir) -> PathBuf {
    data.root().join("ingest")
}

/// 7 for `part-000007.json`.
fn number_of_part(name: &str) -> Option<u32> {
    name.strip_prefix("part-")?.strip_suffix(".json")?.parse().ok()
}

/// What is in a folder, sorted; nothing if it is not there or no folder.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        other => other.during("list", folder)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.during("list", folder)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use model::{BucketCount, Evidence, Link, LinkKind, Outcome, Page, Timestamp, Visit, parse_url};

    use super::*;
    use crate::crawl::{VisitSorter, publish_crawl};

    /// The visits of input `number`: some of pages that other inputs have too, at the same time.
    fn visits(number: u64) -> Vec<Visit> {
        let visit = |page: u64| {
            let url = parse_url(&format!("https://site-{}.example/{page}", page % 7), None).unwrap();
            let page = Page::new(url, Timestamp::from_seconds(1_790_000_000), 200);
            let links = vec![Link::new(parse_url("https://example.org/", None).unwrap(), LinkKind::Anchor)];
            let evidence = Evidence { archive: format!("{number}.warc"), offset: 0, length: number, digest: None };
            Visit::new(page, links, Outcome::Definite, evidence).unwrap()
        };
        (number * 5..number * 5 + 20).map(visit).collect()
    }

    fn finished(number: u64) -> FinishedInput {
        let report = CrawlInput { name: format!("{number}.warc"), size_bytes: number, ..CrawlInput::default() };
        FinishedInput { stamp: format!("stamp {number}"), report }
    }

    fn index(folder: &Path) -> DataDir {
        DataDir::open_or_create(folder, BucketCount::new(3).unwrap()).unwrap()
    }

    fn crawl() -> CrawlId {
        "one".parse().unwrap()
    }

    /// Ingests inputs 0 to 9, those that are there already excepted; how many were read. `parts`: whether each
    /// is a part of its own.
    fn ingest(data: &DataDir, parts: bool, until: u64) -> usize {
        let staging = data.temporary("ingest").unwrap();
        let partial = PartialIngest::open(data, &crawl(), |_| true).unwrap();
        let mut sorter = VisitSorter::new(staging.path(), data.buckets(), 1 << 20);
        let mut read = 0;
        for number in (0..until).filter(|number| !partial.found().contains(&finished(*number))) {
            for visit in visits(number) {
                sorter.push(&visit).unwrap();
            }
            read += 1;
            if parts {
                partial.add(sorter.take().unwrap(), &[finished(number)]).unwrap();
            }
        }
        if until == 10 {
            let runs = vec![partial.visits(staging.path()), sorter.finish().unwrap()];
            let inputs = (0..until).map(|number| finished(number).report).collect();
            publish_crawl(data, &crawl(), runs, inputs, 2, &staging).unwrap();
        }
        read
    }

    fn bytes(folder: &Path) -> Vec<(String, Vec<u8>)> {
        names(folder).unwrap().into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
    }

    #[test]
    fn an_ingest_that_goes_on_reads_the_rest_and_makes_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let whole = index(&folder.path().join("whole"));
        assert_eq!(ingest(&whole, false, 10), 10);
        for killed_after in [0, 1, 4, 9] {
            let data = index(&folder.path().join(killed_after.to_string()));
            ingest(&data, true, killed_after);
            assert_eq!(ingest(&data, killed_after != 4, 10) as u64, 10 - killed_after);
            assert_eq!(bytes(&data.crawl(&crawl())), bytes(&whole.crawl(&crawl())), "{killed_after}");
        }
    }

    #[test]
    fn parts_that_are_damaged_or_not_wanted_go_and_so_do_files_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let data = index(folder.path());
        ingest(&data, true, 5);
        let parts = folder.path().join("ingest/one");
        let file = |number: u32| parts.join(format!("part-{number:06}-0.run"));
        assert_eq!(partial_ingests(&data).unwrap()[0].inputs, 5);
        let mut damaged = fs::read(file(2)).unwrap();
        damaged[40] ^= 1;
        fs::write(file(2), damaged).unwrap();
        fs::remove_file(file(3)).unwrap();
        let document = parts.join("part-000004.json");
        fs::write(&document, &fs::read(&document).unwrap()[1..]).unwrap();
        fs::copy(file(1), file(9)).unwrap();
        let partial = PartialIngest::open(&data, &crawl(), |stamp| stamp != "stamp 0").unwrap();
        assert_eq!(partial.found(), [finished(4)]);
        assert_eq!(partial.dropped(), 4);
        assert_eq!(names(&parts).unwrap(), ["part-000005-0.run", "part-000005.json"]);
        assert_eq!(ingest(&data, true, 10), 9);
    }

    #[test]
    fn a_part_that_another_has_too_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = index(folder.path());
        ingest(&data, true, 2);
        let parts = folder.path().join("ingest/one");
        fs::copy(parts.join("part-000002.json"), parts.join("part-000003.json")).unwrap();
        let partial = PartialIngest::open(&data, &crawl(), |_| true).unwrap();
        assert_eq!((partial.found().len(), partial.dropped()), (2, 1));
    }

    #[test]
    fn the_parts_of_a_crawl_go_when_it_is_published_or_with_the_next_writer() {
        let folder = tempfile::tempdir().unwrap();
        let data = index(folder.path());
        ingest(&data, true, 10);
        assert_eq!(names(folder.path()).unwrap(), ["crawls", "index.json", "lock", "snapshots", "tmp"]);
        fs::remove_dir_all(data.crawl(&crawl())).unwrap();
        ingest(&data, true, 5);
        drop(data.lock().unwrap());
        assert_eq!(partial_ingests(&data).unwrap().len(), 1, "it is not published yet");
        fs::create_dir(data.crawl(&crawl())).unwrap();
        fs::write(data.crawl(&crawl()).join(MANIFEST), "").unwrap();
        drop(data.lock().unwrap());
        assert_eq!(names(folder.path()).unwrap(), ["crawls", "index.json", "lock", "snapshots"]);
    }
}
