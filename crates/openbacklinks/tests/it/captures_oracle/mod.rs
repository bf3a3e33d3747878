//! The history of every link of archived HTML pages, computed independently: archives are read here, trees
//! are built by html5ever and walked here, and the life of a link follows from its definition. Of our
//! crates only the words of `model` (addresses, hosts, times) are used. `index` then compares what an index
//! holds.
//!
//! Used by a test and by the example `check_history`.

mod archive;
mod headers;
mod index;
mod life;
mod page;
mod tree;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

pub(crate) use index::check_orders;

/// One visit of one page.
#[derive(Debug)]
pub(crate) struct Capture {
    pub(crate) url: String,
    /// Seconds since 1970.
    pub(crate) at: i64,
    /// Its number in its file.
    pub(crate) number: usize,
    pub(crate) says: Says,
    pub(crate) page: PageFacts,
    /// Links to other hosts by address.
    pub(crate) links: BTreeMap<String, SeenLink>,
    /// To tell copies of one record.
    pub(crate) body_hash: u64,
}

/// What a visit says of a link that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// That it is gone.
    Gone,
    /// That all is as before.
    AsBefore,
    /// Nothing.
    Nothing,
}

/// What explains that a link is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PageFacts {
    pub(crate) is_gone: bool,
    pub(crate) redirects: bool,
    pub(crate) noindex: bool,
    pub(crate) canonical_elsewhere: bool,
}

/// A link as one capture has it; of identical ones the first that is followed, else the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenLink {
    pub(crate) kind: &'static str,
    pub(crate) rel: String,
    pub(crate) dofollow: bool,
    pub(crate) anchor: String,
    pub(crate) in_noscript: bool,
    /// The tree builder made several elements of one tag of it, or of one identical to it.
    pub(crate) is_cloned: bool,
    /// Identical links of the page.
    pub(crate) count: u32,
}

/// The captures of one file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) captures: Vec<Capture>,
    /// Records that are no pages, and responses that are not understood, by what they are.
    pub(crate) left_out: BTreeMap<String, usize>,
}

/// A link: its page, and where it leads.
pub(crate) type Link = (String, String);

/// The visits of a page in order of time, each with the link if it had it.
pub(crate) type Visits<'a> = Vec<(&'a Capture, Option<&'a SeenLink>)>;

/// Every `.warc` and `.warc.gz` of a folder, by name.
pub(crate) fn read_folder(folder: &Path) -> Vec<File> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| [".warc", ".warc.gz"].iter().any(|end| path.to_string_lossy().ends_with(end)));
    paths.sort();
    thread::scope(|scope| {
        let readers: Vec<_> = paths.iter().map(|path| scope.spawn(|| page::read_file(path))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    })
}

/// Everything that the captures of some files say.
#[derive(Debug)]
pub(crate) struct History<'a> {
    pub(crate) pages: BTreeMap<&'a str, Vec<&'a Capture>>,
    /// Seconds since 1970 of the newest capture.
    pub(crate) newest: i64,
}

impl<'a> History<'a> {
    pub(crate) fn of(files: &[&'a File]) -> Self {
        let mut pages: BTreeMap<&str, Vec<&Capture>> = BTreeMap::new();
        for capture in files.iter().flat_map(|file| &file.captures) {
            pages.entry(&capture.url).or_default().push(capture);
        }
        for captures in pages.values_mut() {
            // Visits of one second are in the order of their places.
            captures.sort_by_key(|capture| (capture.at, capture.number));
            captures.dedup_by_key(|capture| (capture.at, capture.body_hash));
        }
        let newest = pages.values().flatten().map(|capture| capture.at).max().unwrap_or_default();
        Self { pages, newest }
    }

    /// Every link that any capture has, with the visits of its page.
    pub(crate) fn links(&self) -> BTreeMap<Link, Visits<'a>> {
        let mut links = BTreeMap::new();
        for (url, captures) in &self.pages {
            for to in captures.iter().flat_map(|capture| capture.links.keys()) {
                let visits = || captures.iter().map(|capture| (*capture, capture.links.get(to))).collect();
                links.entry(((*url).to_owned(), to.clone())).or_insert_with(visits);
            }
        }
        links
    }
}
