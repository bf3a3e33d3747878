//! `backlinks inspect`

use serde_json::json;
use store::{CrawlManifest, DataDir, Snapshot, SnapshotManifest, Verification, verify};

use crate::args::Inspect;
use crate::settings::Settings;
use crate::terminal::{ExitStatus, Progress, human_bytes, print};

pub(super) fn run(arguments: &Inspect, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = DataDir::open(settings.data()?)?;
    if arguments.verify {
        return run_verify(&data, arguments);
    }
    let crawls: Vec<CrawlManifest> =
        data.crawls()?.iter().map(|crawl| CrawlManifest::read(&data, crawl)).collect::<Result<_, _>>()?;
    let partial = store::partial_ingests(&data)?;
    let current = data.current()?;
    let mut snapshots: Vec<SnapshotManifest> = Vec::new();
    for id in data.snapshots()? {
        snapshots.push(Snapshot::open(&data, id, 0)?.manifest().clone());
    }
    if arguments.output.json {
        print(json!({
            "buckets": data.buckets().get(),
            "current": current.map(|id| id.0),
            "crawls": crawls,
            "partial": partial,
            "snapshots": snapshots,
        }))?;
        return Ok(ExitStatus::Success);
    }
    print(format_args!("{}: {} buckets", data.root().display(), data.buckets().get()))?;
    for crawl in crawls {
        let bytes: u64 = crawl.files.iter().map(|file| file.size_bytes).sum();
        print(format_args!(
            "crawl {}: {} inputs, {} visits, {} links, {}",
            crawl.crawl,
            crawl.inputs.len(),
            crawl.visits,
            crawl.links,
            human_bytes(bytes)
        ))?;
    }
    for crawl in partial {
        print(format_args!(
            "crawl {}: not finished, {} inputs read, {}; the same ingest again goes on with it",
            crawl.crawl,
            crawl.inputs,
            human_bytes(crawl.size_bytes)
        ))?;
    }
    for snapshot in snapshots {
        let bytes: u64 = snapshot.files.iter().map(|file| file.size_bytes).sum();
        let served = if current.is_some_and(|id| id.0 == snapshot.snapshot) { ", served" } else { "" };
        let totals = snapshot.totals;
        print(format_args!(
            "snapshot {:06}: {} pages, {} domains, {} links, {} indirect links, {}{served}",
            snapshot.snapshot,
            totals.pages,
            totals.domains,
            totals.links,
            totals.indirect_links,
            human_bytes(bytes)
        ))?;
    }
    Ok(ExitStatus::Success)
}

fn run_verify(data: &DataDir, arguments: &Inspect) -> anyhow::Result<ExitStatus> {
    let progress = Progress::new(arguments.output.quiet);
    let found = verify(data, |_, files| progress.tell("verify", files, files))?;
    progress.finish();
    if arguments.output.json {
        let problems: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        print(json!({ "files": found.files, "blocks": found.blocks, "bytes": found.bytes, "problems": problems }))?;
    } else {
        show(&found)?;
    }
    Ok(if found.problems.is_empty() { ExitStatus::Success } else { ExitStatus::Integrity })
}

fn show(found: &Verification) -> anyhow::Result<()> {
    for problem in &found.problems {
        print(problem)?;
    }
    print(format_args!(
        "{} files, {} blocks, {}: {}",
        found.files,
        found.blocks,
        human_bytes(found.bytes),
        match found.problems.len() {
            0 => "all as written".to_owned(),
            count => format!("{count} damaged"),
        }
    ))
}
