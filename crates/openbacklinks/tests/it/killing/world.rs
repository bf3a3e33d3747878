//! Crawls of a synthetic web, and what an index of the first, the first two … of them answers when nothing was
//! killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::Target;
use query::{BacklinksQuestion, Index, LinkStatus, QueryError, Rows};
use synthweb::Web;

use super::program::{Ended, Program, Work};

const CRAWLS: usize = 4;
const ARCHIVES: u64 = 5;
const LINKS: u64 = 1500;

/// Every row that an index has to tell, by target.
pub(super) struct Truth {
    digests: BTreeMap<String, u64>,
}

impl Truth {
    pub(super) fn digest(&self) -> u64 {
        store::checksum(format!("{:?}", self.digests).as_bytes())
    }

    /// All targets.
    pub(super) fn targets(&self) -> impl Iterator<Item = &str> {
        self.digests.keys().map(String::as_str)
    }
}

/// Archives, and the truth about them.
pub(super) struct World {
    folder: PathBuf,
    truths: Vec<Truth>,
    files: Vec<BTreeMap<PathBuf, Vec<u8>>>,
    /// The target that a server is asked for, and what it may say.
    asked: String,
    allowed: Vec<Vec<String>>,
}

/// The name of a crawl.
pub(super) fn name(crawl: usize) -> String {
    format!("step-{crawl}")
}

impl World {
    /// Writes the archives and makes an index of them, step by step; `each` gets what every command came to.
    pub(super) fn make(folder: &Path, seed: u64, program: &Program, mut each: impl FnMut(Work, &Ended)) -> Self {
        let mut world = Self {
            folder: folder.to_owned(),
            truths: Vec::new(),
            files: Vec::new(),
            asked: String::new(),
            allowed: Vec::new(),
        };
        let web = Web::with_links(seed, LINKS);
        let data = folder.join("unharmed");
        for crawl in 0..CRAWLS {
            write_archives(&web, crawl, &world.archives(crawl));
            if crawl + 1 == CRAWLS {
                // So that the last build has an old snapshot to remove: ages are in whole seconds.
                std::thread::sleep(Duration::from_millis(1100));
            }
            for work in [Work::Ingest(crawl), Work::Build] {
                each(work, &program.to_the_end(&world, &data, work));
            }
            world.files.push(files_below(&data.join("crawls").join(name(crawl))));
            world.truths.push(answers(&data).expect("there is a snapshot"));
            if crawl == 0 {
                world.asked = busiest(&data, &world.truths[0]);
            }
            world.allowed.push(first_rows(&data, &world.asked));
        }
        let digests: BTreeSet<u64> = world.truths.iter().map(Truth::digest).collect();
        assert_eq!(digests.len(), CRAWLS, "every crawl changes something");
        world
    }

    pub(super) fn crawls(&self) -> usize {
        self.truths.len()
    }

    /// The folder of a crawl's archives.
    pub(super) fn archives(&self, crawl: usize) -> PathBuf {
        self.folder.join("archives").join(name(crawl))
    }

    /// What there is to tell after a crawl was built.
    pub(super) fn truth(&self, crawl: usize) -> &Truth {
        &self.truths[crawl]
    }

    /// The files of a crawl.
    pub(super) fn files(&self, crawl: usize) -> BTreeMap<PathBuf, Vec<u8>> {
        self.files[crawl].clone()
    }

    /// What a server is asked for.
    pub(super) fn asked(&self) -> &str {
        &self.asked
    }

    /// The `url_from` of the first rows, after each crawl.
    pub(super) fn allowed(&self) -> &[Vec<String>] {
        &self.allowed
    }
}

fn write_archives(web: &Web, crawl: usize, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for part in 0..ARCHIVES {
        let pages = web.pages() * part / ARCHIVES..web.pages() * (part + 1) / ARCHIVES;
        let mut file = BufWriter::new(File::create(folder.join(format!("{part}.warc.gz"))).unwrap());
        web.write_warc(crawl as u32, pages, &mut file).unwrap();
        file.flush().unwrap();
    }
}

/// Everything that the index has to tell; `None` without an index or a snapshot.
pub(super) fn answers(data: &Path) -> Option<Truth> {
    let index = match Index::open(data, 16 << 20) {
        Ok(index) => index,
        Err(QueryError::NoSnapshot | QueryError::Store(store::StoreError::NotFound { .. })) => return None,
        Err(error) => panic!("{error}"),
    };
    let snapshot = index.snapshot();
    let mut targets = BTreeSet::new();
    for bucket in snapshot.buckets().all() {
        let hosts = snapshot.bucket(bucket).unwrap().hosts().unwrap();
        targets.extend(hosts.into_iter().map(|host| host.host.registrable().to_owned()));
    }
    let digest = |name: &String| {
        let question = BacklinksQuestion {
            status: LinkStatus::All,
            exclude_internal: false,
            rows: Rows::PerLink,
            limit: u32::MAX,
            explain: true,
            ..BacklinksQuestion::new(Target::parse(name, true).unwrap())
        };
        let answer = index.backlinks(&question).unwrap();
        assert_eq!(answer.total_count, answer.rows.len() as u64);
        store::checksum(format!("{:?} {:?}", answer.rows, answer.set_rank).as_bytes())
    };
    let digests = targets.iter().map(|name| (name.clone(), digest(name))).collect();
    Some(Truth { digests })
}

/// The `url_from` of the rows that a client sees who asks for a target.
fn first_rows(data: &Path, target: &str) -> Vec<String> {
    let index = Index::open(data, 1 << 20).unwrap();
    let question = BacklinksQuestion::new(Target::parse(target, true).unwrap());
    index.backlinks(&question).unwrap().rows.into_iter().map(|row| row.url_from).collect()
}

fn busiest(data: &Path, truth: &Truth) -> String {
    truth.targets().max_by_key(|target| first_rows(data, target).len()).unwrap().to_owned()
}

/// Every file below a folder with its bytes.
pub(super) fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().into(), std::fs::read(&path).unwrap())).collect()
}
