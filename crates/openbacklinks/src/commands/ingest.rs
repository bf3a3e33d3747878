//! `backlinks ingest`

use serde_json::json;
use store::{CrawlInput, DataDir};

use crate::args::Ingest;
use crate::pipeline::{IngestOptions, IngestReport, ingest};
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, Progress, human_bytes, peak_memory, print};

pub(super) fn run(arguments: &Ingest, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let crawl = arguments.crawl.as_deref().map(str::parse).transpose().map_err(|error: model::IdError| Advised {
        status: ExitStatus::Usage,
        message: error.to_string(),
        hint: "a crawl's name is also the name of its folder",
    })?;
    let data = DataDir::open_or_create(settings.data()?, settings.ingest.buckets)?;
    let progress = Progress::new(arguments.output.quiet);
    let options = IngestOptions {
        crawl,
        memory_bytes: settings.ingest.memory_bytes,
        threads: super::threads(),
        checkpoint: settings.ingest.checkpoint,
    };
    let report = ingest(&data, &arguments.paths, &options, &progress)?;
    progress.finish();
    if arguments.output.json {
        print(as_json(&report))?;
    } else {
        show(&report)?;
    }
    let is_rejected = report.manifest.inputs.iter().any(|input| input.rejected.is_some());
    Ok(if is_rejected { ExitStatus::Partial } else { ExitStatus::Success })
}

fn as_json(report: &IngestReport) -> serde_json::Value {
    let manifest = &report.manifest;
    json!({
        "crawl": manifest.crawl,
        "was_there": report.was_there,
        "resumed_inputs": report.resumed_inputs,
        "visits": manifest.visits,
        "links": manifest.links,
        "duplicates": manifest.duplicates,
        "elapsed_seconds": report.elapsed_seconds,
        "peak_memory_bytes": peak_memory(),
        "inputs": manifest.inputs,
    })
}

fn show(report: &IngestReport) -> anyhow::Result<()> {
    let manifest = &report.manifest;
    if report.was_there {
        return print(format_args!("crawl {} is there already, made from the same inputs", manifest.crawl));
    }
    print(format_args!("{:>9} {:>9} {:>9}  input", "records", "pages", "links"))?;
    for input in &manifest.inputs {
        print(format_args!(
            "{:>9} {:>9} {:>9}  {}{}",
            input.records,
            input.pages,
            input.links,
            input.name,
            remarks(input)
        ))?;
    }
    let bytes: u64 = manifest.inputs.iter().map(|input| input.size_bytes).sum();
    let seconds = report.elapsed_seconds.max(1e-9);
    print(format_args!(
        "crawl {}: {} visits, {} links, {} duplicates left out",
        manifest.crawl, manifest.visits, manifest.links, manifest.duplicates
    ))?;
    print(format_args!(
        "{} in {seconds:.1} s: {:.0} pages/s, {:.1} MB/s, {:.0} links/s; peak memory {}",
        human_bytes(bytes),
        manifest.visits as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        manifest.links as f64 / seconds,
        peak_memory().map_or_else(|| "unknown".to_owned(), human_bytes)
    ))
}

/// What was left out or put up with, by reason.
fn remarks(input: &CrawlInput) -> String {
    let mut parts = Vec::new();
    if let Some(reason) = &input.rejected {
        parts.push(format!("rejected: {reason}"));
    }
    for (reason, skips) in &input.skips {
        let first = skips.offsets.first().map(|offset| format!(" (first at {offset})")).unwrap_or_default();
        parts.push(format!("skipped {} {reason}{first}", skips.count));
    }
    for (what, count) in &input.tolerated {
        parts.push(format!("tolerated {count} {what}"));
    }
    if parts.is_empty() { String::new() } else { format!("  [{}]", parts.join("; ")) }
}
