//! `backlinks demo`: the whole way on a web that exists only here.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use model::{BucketCount, Target};
use query::{BacklinksQuestion, Index};
use serde_json::json;
use server::Access;
use server::keys::KeyStore;
use store::{BuildOptions, DataDir};
use synthweb::{HostNumber, Web};

use crate::args::Demo;
use crate::pipeline::{IngestOptions, build, ingest};
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, Progress, note, print};

/// Crawls of the synthetic web, each some time after the one before.
const STEPS: u32 = 2;

/// Hosts among which the demo's target is looked for; popular hosts have small numbers.
const CANDIDATES: u64 = 32;

const MEMORY_BYTES: usize = 512 << 20;

pub(super) fn run(arguments: &Demo, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let folder = tempfile::Builder::new().prefix("backlinks-demo-").tempdir().context("cannot make a folder")?;
    let progress = Progress::new(arguments.output.quiet);
    let web = Web::with_links(arguments.seed, arguments.links);
    let archives = folder.path().join("archives");
    std::fs::create_dir(&archives).context("cannot make a folder")?;
    let index_folder = folder.path().join("index");
    let data = DataDir::open_or_create(&index_folder, BucketCount::new(4).unwrap_or(BucketCount::DEFAULT))?;
    for step in 0..STEPS {
        let archive = write_archive(&web, step, &archives)?;
        let crawl = Some(format!("step-{step}").parse().context("a crawl's name")?);
        // Nobody can go on with a demo that was killed.
        let checkpoint = Duration::MAX;
        let options = IngestOptions { crawl, memory_bytes: MEMORY_BYTES as u64, threads: super::threads(), checkpoint };
        let report = ingest(&data, &[archive], &options, &progress)?;
        note(format_args!(
            "crawl {}: {} visits, {} links",
            report.manifest.crawl, report.manifest.visits, report.manifest.links
        ));
    }
    let options = BuildOptions { memory_bytes: MEMORY_BYTES, threads: super::threads(), is_full: false };
    let report = build(&data, options, super::now(), &progress)?;
    let totals = report.manifest.totals;
    note(format_args!(
        "snapshot {}: {} pages, {} links, {} indirect links",
        report.snapshot, totals.pages, totals.links, totals.indirect_links
    ));
    let index = Arc::new(Index::open(&index_folder, 64 << 20)?);
    let target = largest_target(&web, &index)?;
    let keys = KeyStore::open(&index_folder)?;
    let key = keys.create("demo", super::now())?;
    super::serve::runtime()?.block_on(async {
        let stop = super::serve::stop_signal();
        let listener = super::serve::listen(settings.serve.listen).await?;
        let address = listener.local_addr().context("cannot read the address")?;
        let url = format!("http://{address}/v3/backlinks/backlinks/live");
        let curl = format!(
            "curl -s -u {}:{} -H 'Content-Type: application/json' -d '[{{\"target\":\"{target}\",\"limit\":3}}]' {url}",
            key.id().as_str(),
            key.expose()
        );
        if arguments.output.json {
            let about = json!({ "address": address.to_string(), "key": key.expose(), "target": target, "curl": curl });
            print(about)?;
        } else {
            print(format_args!("address  http://{address}"))?;
            print(format_args!("key      {}", key.expose()))?;
            print(format_args!("try      {curl}"))?;
        }
        if arguments.no_serve {
            return Ok(ExitStatus::Success);
        }
        note("serving until it is stopped (Ctrl-C)");
        super::serve::serve(listener, index, Access::Keys(Arc::new(keys)), settings, stop).await
    })
}

fn write_archive(web: &Web, step: u32, folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("synthweb-{step}.warc.gz"));
    let file = File::create(&path).context("cannot make an archive")?;
    let mut file = BufWriter::new(file);
    web.write_warc(step, 0..web.pages(), &mut file).context("cannot write an archive")?;
    file.flush().context("cannot write an archive")?;
    Ok(path)
}

/// Of the most popular hosts, the one with the most referring pages.
fn largest_target(web: &Web, index: &Index) -> anyhow::Result<String> {
    let mut best: Option<(u64, String)> = None;
    for number in 0..web.hosts().min(CANDIDATES) {
        let Some(host) = web.host(HostNumber(number)) else { continue };
        let Ok(target) = Target::parse(host.registrable(), true) else { continue };
        let count = index.backlinks(&BacklinksQuestion::new(target))?.total_count;
        if best.as_ref().is_none_or(|(most, _)| count > *most) {
            best = Some((count, host.registrable().to_owned()));
        }
    }
    let best = best.filter(|(count, _)| *count > 0);
    let (_, target) = best.ok_or_else(|| Advised {
        status: ExitStatus::Failure,
        message: "no popular host of the synthetic web has a backlink".to_owned(),
        hint: "give --links a larger number",
    })?;
    Ok(target)
}
