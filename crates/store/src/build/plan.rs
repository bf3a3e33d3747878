//! What a build has to do: which crawls are new, which are gone, and which buckets that touches.

use std::collections::HashSet;

use model::Bucket;
use serde::{Deserialize, Serialize};

use crate::crawl::CrawlManifest;
use crate::error::{Result, StoreError};
use crate::layout::DataDir;
use crate::snapshot::Snapshot;

/// A crawl that a snapshot was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoldedCrawl {
    /// Its name.
    pub name: String,
    /// Checksum of what it holds.
    pub checksum: String,
    /// The buckets that it has visits in: a bit for each, hexadecimal, bucket 0 in the lowest bit of the first
    /// two digits.
    pub buckets: String,
}

impl FoldedCrawl {
    /// What a snapshot remembers of a crawl.
    pub fn of(crawl: &CrawlManifest) -> Self {
        let mut bits = vec![0_u8; usize::from(crawl.buckets).div_ceil(8)];
        for (bucket, _) in crawl.files.iter().enumerate().filter(|(_, file)| file.rows > 0) {
            if let Some(byte) = bits.get_mut(bucket / 8) {
                *byte |= 1 << (bucket % 8);
            }
        }
        let buckets: Vec<String> = bits.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name: crawl.crawl.clone(), checksum: crawl.checksum(), buckets: buckets.concat() }
    }

    /// Whether it has visits in a bucket. What cannot be read counts as having some.
    fn has(&self, bucket: Bucket) -> bool {
        let at = usize::from(bucket.0) / 8 * 2;
        let byte = self.buckets.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_none_or(|byte| byte >> (bucket.0 % 8) & 1 == 1)
    }
}

/// What is to be done with the pages of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing: no crawl touched it.
    Share,
    /// New visits are folded into what is known.
    Fold,
    /// Everything is made anew from all crawls.
    Rebuild,
}

/// The plan of a build.
#[derive(Debug)]
pub(super) struct Plan {
    /// All crawls, in order of their names.
    pub(super) crawls: Vec<CrawlManifest>,
    /// What the snapshot will remember of them.
    pub(super) folded: Vec<FoldedCrawl>,
    /// Those that the previous snapshot was not made from.
    added: HashSet<String>,
    /// What was there before; `None` to build everything anew.
    pub(super) previous: Option<Snapshot>,
    work: Vec<Work>,
}

impl Plan {
    /// Compares the crawls with those of the snapshot that is served. `is_full` forgets what is known.
    pub(super) fn new(data: &DataDir, is_full: bool) -> Result<Self> {
        let names = data.crawls()?;
        if names.is_empty() {
            return Err(StoreError::NotFound { what: "a crawl".to_owned(), path: data.root().to_owned() });
        }
        let crawls: Vec<CrawlManifest> =
            names.iter().map(|crawl| CrawlManifest::read(data, crawl)).collect::<Result<_>>()?;
        let now: Vec<FoldedCrawl> = crawls.iter().map(FoldedCrawl::of).collect();
        let served = if is_full { None } else { data.current()? };
        // A copy that was made while a snapshot was published may name one that it lacks.
        let there = data.snapshots()?;
        let served = served.filter(|id| there.contains(id));
        let previous = served.map(|id| Snapshot::open(data, id, 0)).transpose()?;
        let before = previous.as_ref().map_or(&[][..], |snapshot| &snapshot.manifest().crawls);
        let added: Vec<&FoldedCrawl> = now.iter().filter(|crawl| !before.contains(crawl)).collect();
        let removed: Vec<&FoldedCrawl> = before.iter().filter(|crawl| !now.contains(crawl)).collect();
        let work = data.buckets().all().map(|bucket| {
            if previous.is_none() || removed.iter().any(|crawl| crawl.has(bucket)) {
                Work::Rebuild
            } else if added.iter().any(|crawl| crawl.has(bucket)) {
                Work::Fold
            } else {
                Work::Share
            }
        });
        let work = work.collect();
        let added = added.into_iter().map(|crawl| crawl.name.clone()).collect();
        Ok(Self { crawls, folded: now, added, previous, work })
    }

    /// What is to be done with the pages of a bucket.
    pub(super) fn work(&self, bucket: Bucket) -> Work {
        self.work.get(usize::from(bucket.0)).copied().unwrap_or(Work::Rebuild)
    }

    /// Whether rows whose page lies in a bucket are made anew wherever they are, so that old ones go.
    pub(super) fn is_rebuilt(&self, bucket: Bucket) -> bool {
        self.work(bucket) == Work::Rebuild
    }

    /// Whether that holds for any bucket.
    pub(super) fn has_rebuilt(&self) -> bool {
        self.work.contains(&Work::Rebuild)
    }

    /// The crawls to read for a bucket.
    pub(super) fn crawls_for(&self, bucket: Bucket) -> impl Iterator<Item = &CrawlManifest> {
        let work = self.work(bucket);
        self.crawls.iter().filter(move |crawl| match work {
            Work::Share => false,
            Work::Fold => self.added.contains(&crawl.crawl),
            Work::Rebuild => true,
        })
    }

    /// The newest visit of all crawls, seconds since 1970.
    pub(super) fn newest_visit(&self) -> i64 {
        self.crawls.iter().filter_map(|crawl| crawl.fetched).map(|(_, last)| last).max().unwrap_or_default()
    }
}
