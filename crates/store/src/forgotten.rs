//! Hosts that asked to be left out: which they are, and what has to be done so that nothing of them stays.

use model::{HostSet, SnapshotId, Target, Timestamp};
use serde::{Deserialize, Serialize};

use crate::build::FoldedCrawl;
use crate::crawl::CrawlManifest;
use crate::durable;
use crate::erase::{Erased, erase};
use crate::error::{IoContext, Result, bad_manifest};
use crate::layout::DataDir;
use crate::manifest::{self, MANIFEST};
use crate::snapshot::SnapshotManifest;

/// The name of the document.
const FORGOTTEN: &str = "forgotten.json";

/// A host that is kept out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgottenHost {
    /// The host, without `www.`.
    pub host: String,
    /// Whether hosts below it are not meant.
    pub exact: bool,
    /// When it was forgotten, seconds since 1970.
    pub forgotten_at: i64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgottenFile {
    /// In the order in which they were forgotten.
    hosts: Vec<ForgottenHost>,
}

/// The hosts that are kept out, in the order in which they were forgotten.
pub fn forgotten(data: &DataDir) -> Result<Vec<ForgottenHost>> {
    let path = data.root().join(FORGOTTEN);
    if !path.try_exists().during("look for", &path)? {
        return Ok(Vec::new());
    }
    manifest::read::<ForgottenFile>(&path).map(|file| file.hosts)
}

/// The same, for deciding what is kept out.
pub fn forgotten_hosts(data: &DataDir) -> Result<HostSet> {
    let bad = |error: model::TargetError| bad_manifest(&data.root().join(FORGOTTEN), error.to_string());
    let known = forgotten(data)?;
    let targets: Vec<Target> =
        known.iter().map(|known| Target::parse(&known.host, !known.exact).map_err(bad)).collect::<Result<_>>()?;
    Ok(HostSet::of(&targets))
}

/// Forgets hosts: writes down that they are kept out, then erases from all crawls what is there of them and
/// of those that were forgotten before. What an ingest that was not finished has read goes as a whole.
///
/// May be killed at any time: every crawl is readable, and the same call goes on. Snapshots are left to the
/// caller: see [`snapshots_to_forget`]. Targets that are pages are passed over. Takes the right to write for
/// the time of the work. Cost: every visit is read once, and what is rewritten once more.
pub fn forget(data: &DataDir, targets: &[Target], now: Timestamp, threads: usize) -> Result<Erased> {
    let _lock = data.lock()?;
    let mut file = ForgottenFile { hosts: forgotten(data)? };
    for target in targets {
        let Target::Host { host, include_subdomains } = target else { continue };
        let (host, exact) = (host.as_str(), !include_subdomains);
        if !file.hosts.iter().any(|known| known.host == host && known.exact == exact) {
            let host = host.to_owned();
            file.hosts.push(ForgottenHost { host, exact, forgotten_at: now.seconds() });
        }
    }
    manifest::write(&data.root().join(FORGOTTEN), &file)?;
    durable::remove_folder(&data.root().join("ingest"))?;
    erase(data, &forgotten_hosts(data)?, threads)
}

/// The snapshots that may hold what was forgotten, oldest first: all that were made from visits that are not
/// those of the crawls as they are now.
pub fn snapshots_to_forget(data: &DataDir) -> Result<Vec<SnapshotId>> {
    let crawls = data.crawls()?;
    let crawls = crawls.iter().map(|crawl| CrawlManifest::read(data, crawl).map(|manifest| FoldedCrawl::of(&manifest)));
    let crawls: Vec<FoldedCrawl> = crawls.collect::<Result<_>>()?;
    let mut snapshots = data.snapshots()?;
    snapshots.retain(|id| {
        let manifest = manifest::read::<SnapshotManifest>(&data.snapshot(*id).join(MANIFEST));
        // What cannot be read may hold anything.
        !manifest.is_ok_and(|manifest| manifest.crawls.iter().all(|crawl| crawls.contains(crawl)))
    });
    Ok(snapshots)
}
