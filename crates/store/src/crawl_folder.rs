//! Folders of crawls: removing them, and what a killed writer left in them.

use std::fs;

use model::CrawlId;

use crate::crawl::CrawlManifest;
use crate::durable::temporary_name;
use crate::error::{IoContext, Result, StoreError};
use crate::layout::{DataDir, discard, names};
use crate::manifest::MANIFEST;

/// Removes crawls; the next build takes them out of the index. Nothing is removed if one of them is not
/// there. Takes the right to write for the time of the work.
pub fn remove_crawls(data: &DataDir, crawls: &[CrawlId]) -> Result<()> {
    let _lock = data.lock()?;
    let known = data.crawls()?;
    if let Some(missing) = crawls.iter().find(|crawl| !known.contains(crawl)) {
        return Err(StoreError::NotFound { what: format!("crawl {missing}"), path: data.root().join("crawls") });
    }
    let mut wanted = crawls.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.iter().try_for_each(|crawl| discard(data, &data.crawl(crawl)))
}

/// Removes files of visits that no manifest names: rewritten ones whose manifest was never replaced, or the
/// old ones behind it.
pub(crate) fn remove_unnamed(data: &DataDir) -> Result<()> {
    data.crawls()?.iter().try_for_each(|crawl| remove_unnamed_of(data, crawl))
}

/// The same in one crawl. If its manifest cannot be read, it stays as it is.
pub(crate) fn remove_unnamed_of(data: &DataDir, crawl: &CrawlId) -> Result<()> {
    let folder = data.crawl(crawl);
    let names = names(&folder)?;
    // A manifest and one file a bucket: nothing is there that could be unnamed.
    if names.len() <= usize::from(data.buckets().get()) + 1 {
        return Ok(());
    }
    let Ok(manifest) = CrawlManifest::read(data, crawl) else { return Ok(()) };
    let is_named = |name: &str| manifest.files.iter().any(|file| file.name == name);
    let half_written = temporary_name(MANIFEST.as_ref());
    let is_table = |name: &str| name.strip_prefix("visits-").is_some_and(|rest| rest.strip_suffix(".blk").is_some());
    let is_ours = |name: &str| half_written.as_os_str() == name || is_table(name);
    for name in names.iter().filter(|name| is_ours(name) && !is_named(name)) {
        let path = folder.join(name);
        fs::remove_file(&path).during("remove", &path)?;
    }
    Ok(())
}
