//! Crawls in, the next snapshot out.

use std::net::IpAddr;
use std::time::Instant;

use geo::{Countries, CountryCode};
use model::{Host, SnapshotId, Timestamp};
use rank::{PageRankOptions, Percentiles, scale};
use store::{Build, BuildOptions, DataDir, RankSummary, Scoring, Snapshot, SnapshotManifest, Standing, Written};

use super::quality::{self, Domains, Pages};
use super::ranks::{Ranked, Size, ranked};
use crate::terminal::Progress;

/// What a build may use.
#[derive(Debug)]
pub struct BuildSettings<'a> {
    /// Memory and threads.
    pub options: BuildOptions,
    /// Which country an address is in; without it only names tell.
    pub countries: Option<&'a Countries>,
}

impl From<BuildOptions> for BuildSettings<'_> {
    fn from(options: BuildOptions) -> Self {
        Self { options, countries: None }
    }
}

/// What came of a build.
#[derive(Debug)]
pub struct BuildReport {
    /// The new snapshot.
    pub snapshot: SnapshotId,
    /// Its manifest.
    pub manifest: SnapshotManifest,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// Seconds of each step, in order.
    pub steps: Vec<(&'static str, f64)>,
    /// What was written and what taken over of the tables that crawls are folded into.
    pub written: Vec<(&'static str, Written)>,
}

/// The tables that crawls are folded into, bucket by bucket.
const FOLDED: [&str; 3] = ["sources", "links/body", "pages"];

/// Folds the crawls that are new into what the snapshot before holds, and publishes the next one.
pub fn build<'a>(
    data: &DataDir,
    settings: impl Into<BuildSettings<'a>>,
    now: Timestamp,
    progress: &Progress,
) -> anyhow::Result<BuildReport> {
    let BuildSettings { mut options, countries } = settings.into();
    let started = Instant::now();
    let mut steps = Vec::new();
    let mut lap = Instant::now();
    let mut step = |name: &'static str| {
        steps.push((name, lap.elapsed().as_secs_f64()));
        lap = Instant::now();
    };
    let _lock = data.lock()?;
    // What pages were assessed to be is kept with them.
    options.is_full |= spam_version_before(data)?.is_some_and(|version| version != rank::spam::SPAM_VERSION);
    let tell = |stage: &'static str, done: usize, all: usize| progress.tell(stage, done as u64, all as u64);
    let mut build = Build::begin(data, options, &quality::assess, &tell)?;
    step("merge");
    let stages = build.stage_seconds();

    let size = |name: &'static str, nodes: u64, edge_bound: u64| Size {
        name,
        nodes,
        edge_bound,
        memory_bytes: options.memory_bytes,
        threads: options.threads,
        scratch: build.scratch(),
    };
    let domain_size = size("domains", build.domain_nodes(), build.domain_edge_bound());
    let page_size = size("pages", build.page_nodes(), build.page_edge_bound());
    // Domains first: a page begins with a share of what its domain is worth.
    let domain = ranked(domain_size, build.domain_edges(), PageRankOptions::default(), progress)?;
    let mut domains = Domains::default();
    let pages = Pages::read(&build, &mut domains)?;
    let is_home = |page: u32| pages.is_home.get(page as usize) == Some(&true);
    let prior = rank::page_prior(&pages.domain, is_home, &domain.relative);
    let with_prior = PageRankOptions { teleport: Some(prior.clone()), ..PageRankOptions::default() };
    let page = ranked(page_size, build.page_edges(), with_prior, progress)?;
    step("rank");
    domains.assess(&build, domain_size, &domain, progress)?;
    step("quality");
    let summary = RankSummary {
        scale_version: scale::VERSION,
        spam_version: rank::spam::SPAM_VERSION,
        damping: scale::DAMPING,
        page_iterations: page.iterations,
        page_l1_bound: page.l1_error_bound,
        domain_iterations: domain.iterations,
        domain_l1_bound: domain.l1_error_bound,
        page_edges: page.edges,
        domain_edges: domain.edges,
        streamed: page.is_streamed || domain.is_streamed,
    };
    let (page_places, domain_places) =
        (Percentiles::of_values(&page.relative), Percentiles::of_values(&domain.relative));
    let nodes = page.relative.len() as f64;
    let standing = |ranked: &Ranked, places: &Percentiles, node: usize, teleport: f64| {
        let relative = ranked.relative.get(node).copied().unwrap_or_default();
        let coverage = rank::coverage(relative, teleport, ranked.dangling_mass);
        Standing { percentile: places.of(relative), coverage: (coverage * 10_000.0).round() as u16 }
    };
    let scoring = Scoring {
        page: &page.relative,
        domain: &domain.relative,
        score: &|relative| scale::score(relative).get(),
        passed: &|relative, followed, hops| {
            // Every hop passes on what reaches it, damped once more.
            scale::passed(relative, followed) * scale::DAMPING.powi(i32::try_from(hops).unwrap_or(i32::MAX))
        },
        page_standing: &|node| {
            standing(&page, &page_places, node, nodes * prior.get(node).copied().unwrap_or_default())
        },
        domain_standing: &|node| standing(&domain, &domain_places, node, 1.0),
        spam: &|node| pages.spam(&domains, node),
        platforms: &domains.platforms,
        pages_of_host: &|host_key| pages.of_host(host_key),
        country: &|host, ip| country_of(countries, host, ip),
    };
    build.scores(&scoring, &tell)?;
    step("scores");
    let preview = build.preview();
    build.order(|bucket, writer| query::fill_order(&preview, bucket, writer), &tell)?;
    step("order");
    let written = FOLDED.map(|table| (table, build.folded(table))).to_vec();
    let (snapshot, manifest) = build.publish(now, summary)?;
    step("publish");
    // The merge is said stage by stage.
    steps.splice(..1, stages);
    progress.finish();
    Ok(BuildReport { snapshot, manifest, elapsed_seconds: started.elapsed().as_secs_f64(), steps, written })
}

/// The version of the signals of spam of the snapshot that is served.
fn spam_version_before(data: &DataDir) -> anyhow::Result<Option<u32>> {
    let there = data.snapshots()?;
    let Some(id) = data.current()?.filter(|id| there.contains(id)) else { return Ok(None) };
    Ok(Some(Snapshot::open(data, id, 0)?.manifest().rank.spam_version))
}

/// The country of a host: by the ending of its name, else by the place of its server.
fn country_of(countries: Option<&Countries>, host: &Host, ip: Option<IpAddr>) -> Option<[u8; 2]> {
    // Most endings say nothing, but those that do spare the look-up of the address.
    geo::domain_country(host.tld(), None)
        .or_else(|| countries.zip(ip).and_then(|(countries, ip)| geo::address_country(countries, ip)))
        .map(CountryCode::bytes)
}
