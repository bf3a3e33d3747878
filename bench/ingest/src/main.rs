//! One contender of the ingest bench: `ingest_bench CONTENDER FILE...` does its work once to warm up and then, timed,
//! until three seconds are over, five times at most. Prints a line of JSON of the pass in the middle, by CPU time:
//! `bytes`, `items`, `seconds`, `cpu_seconds`; and `best_cpu_seconds`, of the quickest pass.

mod documents;
mod records;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use cpu_time::ProcessTime;

/// What a contender worked through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Work {
    /// Bytes that the speed is told in: decoded records, or HTML.
    bytes: u64,
    /// Records or links.
    items: u64,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let contender = arguments.next().context("usage: ingest_bench CONTENDER FILE...")?;
    let files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    match contender.to_str().unwrap_or_default() {
        "warc-ours" => timed(|| records::ours(&files)),
        "warc-fastwarc" => timed(|| records::fastwarc(&files)),
        "warc-fastwarc-skip" => timed(|| records::fastwarc_skipping(&files)),
        "whole-ours" => timed(|| documents::whole_ours(&files, false)),
        "whole-ours-all" => timed(|| documents::whole_ours(&files, true)),
        "whole-lol_html" => timed(|| documents::whole_lol_html(&files)),
        "html-ours" => of_documents(&files, |document| documents::ours(document, false)),
        "html-ours-all" => of_documents(&files, |document| documents::ours(document, true)),
        "html-lol_html" => of_documents(&files, documents::lol_html),
        "html-html5ever" => of_documents(&files, documents::html5ever),
        other => bail!("no contender `{other}`"),
    }
}

fn of_documents(files: &[PathBuf], work: impl Fn(&documents::Document) -> anyhow::Result<u64>) -> anyhow::Result<()> {
    let documents = documents::load(files)?;
    timed(|| {
        let mut done = Work::default();
        for document in &documents {
            done.bytes += document.body.len() as u64;
            done.items += work(document)?;
        }
        Ok(done)
    })
}

fn timed(work: impl Fn() -> anyhow::Result<Work>) -> anyhow::Result<()> {
    const MOST_PASSES: usize = 5;
    const ENOUGH_SECONDS: f64 = 3.0;
    let warm = work()?;
    let start = Instant::now();
    let mut passes = Vec::new();
    while passes.is_empty() || passes.len() < MOST_PASSES && start.elapsed().as_secs_f64() < ENOUGH_SECONDS {
        let (start, cpu) = (Instant::now(), ProcessTime::now());
        let done = work()?;
        passes.push((cpu.elapsed().as_secs_f64(), start.elapsed().as_secs_f64()));
        anyhow::ensure!(warm == done, "{warm:?} and {done:?} of the same files");
    }
    passes.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (best, _) = passes.first().copied().context("no pass")?;
    let (cpu_seconds, seconds) = passes.get(passes.len() / 2).copied().context("no pass")?;
    let Work { bytes, items } = warm;
    let line = serde_json::json!({
        "bytes": bytes,
        "items": items,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "best_cpu_seconds": best,
    });
    println!("{line}");
    Ok(())
}
