//! Taking hosts out of crawls. The only place where a crawl changes.
//!
//! A file that holds anything of them is written anew without it, under another name beside the old one:
//! `visits-0003.2.blk`. Then the manifest is replaced, then old files are removed. So a crawl is whole at
//! any instant; what a kill leaves unnamed, the next writer removes.

use std::path::Path;

use model::{Bucket, CrawlId, HostSet, Timestamp};

use crate::crawl::{CrawlManifest, VISIT_SUFFIX, joined};
use crate::crawl_folder::remove_unnamed_of;
use crate::durable;
use crate::error::{Result, corrupt};
use crate::facts::VisitFacts;
use crate::layout::DataDir;
use crate::manifest::{self, FileEntry, MANIFEST};
use crate::parallel::for_each;
use crate::record::RecordWriter;

/// What was taken out of crawls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// Crawls that held something, by their names.
    pub crawls: Vec<String>,
    /// Files written anew.
    pub files: u64,
    /// Visits of pages of the hosts.
    pub visits: u64,
    /// Links to the hosts, of other pages.
    pub links: u64,
}

/// Takes hosts out of all crawls. The caller has the right to write.
pub(crate) fn erase(data: &DataDir, hosts: &HostSet, threads: usize) -> Result<Erased> {
    let mut erased = Erased::default();
    for crawl in data.crawls()? {
        erase_from_crawl(data, &crawl, hosts, threads, &mut erased)?;
        // At once, so that no more room is needed than for one crawl.
        remove_unnamed_of(data, &crawl)?;
    }
    Ok(erased)
}

fn erase_from_crawl(
    data: &DataDir,
    crawl: &CrawlId,
    hosts: &HostSet,
    threads: usize,
    erased: &mut Erased,
) -> Result<()> {
    let folder = data.crawl(crawl);
    let mut manifest = CrawlManifest::read(data, crawl)?;
    let buckets = manifest.files.len();
    let outcomes = for_each(buckets, threads, |bucket| look(&folder, &manifest, Bucket(bucket as u16), hosts))?;
    if outcomes.iter().all(|outcome| outcome.rewritten.is_none()) {
        return Ok(());
    }
    durable::sync_folder(&folder)?;
    erased.crawls.push(crawl.to_string());
    manifest.fetched = None;
    for (file, found) in manifest.files.iter_mut().zip(outcomes) {
        manifest.fetched = joined(manifest.fetched, found.fetched);
        let Some(rewritten) = found.rewritten else { continue };
        *file = rewritten;
        manifest.visits -= found.visits;
        manifest.links -= found.links + found.links_of_visits;
        erased.files += 1;
        erased.visits += found.visits;
        erased.links += found.links;
    }
    manifest::write(&folder.join(MANIFEST), &manifest)
}

/// What a bucket of a crawl holds of the hosts.
#[derive(Debug, Default)]
struct Found {
    /// Visits that go, and their links.
    visits: u64,
    links_of_visits: u64,
    /// Links of other visits that go.
    links: u64,
    /// Of the visits that stay: first and last.
    fetched: Option<(i64, i64)>,
    /// The file without them, if there is anything of them.
    rewritten: Option<FileEntry>,
}

/// Reads a bucket, and writes it anew if it holds anything of the hosts.
fn look(folder: &Path, manifest: &CrawlManifest, bucket: Bucket, hosts: &HostSet) -> Result<Found> {
    let mut found = Found::default();
    let mut is_touched = false;
    walk(folder, manifest, bucket, |key, visit| {
        if is_of(key, hosts) {
            is_touched = true;
            found.visits += 1;
            found.links_of_visits += visit.links.len() as u64;
            return Ok(());
        }
        let at = Timestamp::seconds(visit.page.fetched_at);
        found.fetched = joined(found.fetched, Some((at, at)));
        let links = visit.links.len();
        is_touched |= visit.forget(hosts);
        found.links += (links - visit.links.len()) as u64;
        Ok(())
    })?;
    if is_touched {
        let name = manifest.files.get(usize::from(bucket.0)).map_or("", |file| &file.name);
        let mut writer = RecordWriter::create(folder, next_name(name), crate::crawl::VISITS_COMPRESSION)?;
        let mut value = Vec::new();
        walk(folder, manifest, bucket, |key, visit| {
            if is_of(key, hosts) {
                return Ok(());
            }
            visit.forget(hosts);
            value.clear();
            visit.encode(&mut value);
            writer.push(key, &value)
        })?;
        found.rewritten = Some(writer.finish()?);
    }
    Ok(found)
}

/// Calls `each` with every visit of a bucket and its key.
fn walk(
    folder: &Path,
    manifest: &CrawlManifest,
    bucket: Bucket,
    mut each: impl FnMut(&[u8], &mut VisitFacts<'_>) -> Result<()>,
) -> Result<()> {
    let mut records = manifest.visits(folder, bucket)?;
    while records.advance()? {
        let visit = VisitFacts::decode(records.value());
        let mut visit = visit.map_err(|error| corrupt(folder, format!("visits {}", bucket.0), error.0))?;
        each(records.key(), &mut visit)?;
    }
    Ok(())
}

/// Whether the visit with this key is of a page of the hosts.
fn is_of(key: &[u8], hosts: &HostSet) -> bool {
    hosts.contains(&key[..key.len().saturating_sub(VISIT_SUFFIX)])
}

/// The name of a file that takes the place of another: `visits-0003.2.blk` for `visits-0003.blk`.
fn next_name(name: &str) -> String {
    let stem = name.strip_suffix(".blk").unwrap_or(name);
    let (table, generation) = stem.split_once('.').unwrap_or((stem, "1"));
    format!("{table}.{}.blk", generation.parse::<u64>().unwrap_or(1).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::encode_visit;
    use model::{Evidence, Link, LinkKind, Outcome, Page, Redirect, RedirectKind, Target, Visit, parse_url};

    #[test]
    fn names_go_on() {
        assert_eq!(next_name("visits-0003.blk"), "visits-0003.2.blk");
        assert_eq!(next_name("visits-0003.2.blk"), "visits-0003.3.blk");
        assert_eq!(next_name("visits-0003.10.blk"), "visits-0003.11.blk");
    }

    #[test]
    fn stored_visits_forget_what_visits_do() {
        let url = |text: &str| parse_url(text, None).unwrap();
        let hosts = HostSet::of(&[Target::parse("gone.org", true).unwrap()]);
        for (redirect, image) in [("http://x.gone.org/", "http://b.org/"), ("http://b.org/", "https://gone.org/i.png")]
        {
            let mut page = Page::new(url("http://a.com/"), Timestamp::from_seconds(5), 200);
            page.redirect = Some(Redirect { to: url(redirect), kind: RedirectKind::Refresh });
            page.canonical = Some(url(image));
            page.internal_links = Some(7);
            let mut link = Link::new(url("http://b.com/"), LinkKind::Image);
            link.image_url = Some(image.to_owned());
            let links = vec![link, Link::new(url(redirect), LinkKind::Redirect)];
            let evidence = Evidence { archive: "x.warc".into(), offset: 0, length: 1, digest: None };
            let visit = Visit::new(page, links, Outcome::Definite, evidence).unwrap();
            let (mut stored, mut expected, mut found) = (Vec::new(), Vec::new(), Vec::new());
            encode_visit(&visit, &mut stored);
            let mut facts = VisitFacts::decode(&stored).unwrap();
            facts.encode(&mut found);
            assert!(found == stored, "what is read is written again");
            assert!(facts.forget(&hosts));
            assert!(!facts.forget(&hosts), "there is nothing left");
            found.clear();
            facts.encode(&mut found);
            encode_visit(&visit.without(&hosts).unwrap().0, &mut expected);
            assert!(found == expected);
        }
    }
}
