//! `backlinks build`

use std::path::PathBuf;

use anyhow::Context;
use geo::Countries;
use model::SnapshotId;
use serde_json::json;
use store::{BuildOptions, DataDir, Retention, Written};

use crate::args::Build;
use crate::pipeline::{BuildReport, BuildSettings, build};
use crate::settings::Settings;
use crate::terminal::{ExitStatus, Progress, human_bytes, note, peak_memory, print};

const SECONDS_OF_AN_HOUR: i64 = 3600;

pub(super) fn run(arguments: &Build, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = DataDir::open(settings.data()?)?;
    let report = build_now(&data, settings, arguments.full, arguments.output.quiet)?;
    let keep = Retention {
        snapshots: settings.build.keep_snapshots,
        seconds: i64::from(settings.build.keep_hours) * SECONDS_OF_AN_HOUR,
    };
    let retired = store::retire(&data, super::now(), keep)
        .context("the snapshot is published, but older ones cannot be removed")?;
    if arguments.output.json {
        print(as_json(&report, &retired))?;
    } else {
        show(&report, &retired)?;
    }
    Ok(ExitStatus::Success)
}

/// Makes the next snapshot as the settings say.
pub(super) fn build_now(
    data: &DataDir,
    settings: &Settings,
    is_full: bool,
    quiet: bool,
) -> anyhow::Result<BuildReport> {
    let progress = Progress::new(quiet);
    let memory_bytes = usize::try_from(settings.build.memory_bytes).unwrap_or(usize::MAX);
    let options = BuildOptions { memory_bytes, threads: super::threads(), is_full };
    let countries = countries(&settings.build.countries)?;
    build(data, BuildSettings { options, countries: countries.as_ref() }, super::now(), &progress)
}

/// Which country an address is in; says once that nobody told.
fn countries(files: &[PathBuf]) -> anyhow::Result<Option<Countries>> {
    if files.is_empty() {
        note(
            "no address has a country: --countries names the files that say so; names with a country code have theirs",
        );
        return Ok(None);
    }
    Ok(Some(Countries::open(files)?))
}

fn bytes(report: &BuildReport) -> u64 {
    report.manifest.files.iter().map(|file| file.size_bytes).sum()
}

fn as_json(report: &BuildReport, retired: &[SnapshotId]) -> serde_json::Value {
    let steps: serde_json::Map<String, serde_json::Value> =
        report.steps.iter().map(|(name, seconds)| ((*name).to_owned(), json!(seconds))).collect();
    json!({
        "snapshot": report.snapshot.0,
        "retired": retired.iter().map(|id| id.0).collect::<Vec<_>>(),
        "crawls": report.manifest.crawls.iter().map(|crawl| &crawl.name).collect::<Vec<_>>(),
        "totals": report.manifest.totals,
        "rank": report.manifest.rank,
        "bytes": bytes(report),
        "tables": tables(report),
        "elapsed_seconds": report.elapsed_seconds,
        "steps_seconds": steps,
        "peak_memory_bytes": peak_memory(),
    })
}

/// What was written of the tables that a build folds crawls into.
fn tables(report: &BuildReport) -> serde_json::Value {
    let table = |written: &Written| {
        json!({
            "files": written.files,
            "bytes": written.bytes,
            "shared_files": written.shared_files,
            "shared_bytes": written.shared_bytes,
        })
    };
    report
        .written
        .iter()
        .map(|(name, written)| ((*name).to_owned(), table(written)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn show(report: &BuildReport, retired: &[SnapshotId]) -> anyhow::Result<()> {
    let totals = &report.manifest.totals;
    let rank = &report.manifest.rank;
    let seconds = report.elapsed_seconds.max(1e-9);
    let rows = totals.links + totals.indirect_links;
    print(format_args!(
        "snapshot {}: {} pages ({} visited), {} domains, {} links, {} indirect links",
        report.snapshot, totals.pages, totals.visited_pages, totals.domains, totals.links, totals.indirect_links
    ))?;
    print(format_args!(
        "ranks: {} page edges in {} sweeps (L1 error at most {:.1e}), {} domain edges in {} sweeps (at most {:.1e})",
        rank.page_edges,
        rank.page_iterations,
        rank.page_l1_bound,
        rank.domain_edges,
        rank.domain_iterations,
        rank.domain_l1_bound
    ))?;
    let steps: Vec<String> = report.steps.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
    print(format_args!(
        "{} on disk, {:.0} bytes a row; {seconds:.1} s ({}), {:.0} links/s; peak memory {}",
        human_bytes(bytes(report)),
        bytes(report) as f64 / rows.max(1) as f64,
        steps.join(", "),
        totals.links as f64 / seconds,
        peak_memory().map_or_else(|| "unknown".to_owned(), human_bytes)
    ))?;
    for (name, Written { files, bytes, shared_files, shared_bytes }) in &report.written {
        if *shared_files > 0 {
            let (bytes, shared_bytes) = (human_bytes(*bytes), human_bytes(*shared_bytes));
            print(format_args!(
                "{name}: {files} files written ({bytes}), {shared_files} taken over as they were ({shared_bytes})"
            ))?;
        }
    }
    for id in retired {
        print(format_args!("snapshot {id} removed: it is not needed any more"))?;
    }
    Ok(())
}
