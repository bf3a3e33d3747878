//! One contender of the ingest bench: `ingest_bench CONTENDER FILE...` does its work twice, first to warm up,
//! then timed, and prints a line of JSON: `bytes`, `items`, `seconds`, `cpu_seconds`.

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
        "whole-ours" => timed(|| documents::whole_ours(&files)),
        "whole-lol_html" => timed(|| documents::whole_lol_html(&files)),
        "html-ours" => of_documents(&files, documents::ours),
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
    let warm = work()?;
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    let done = work()?;
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    anyhow::ensure!(warm == done, "{warm:?} and {done:?} of the same files");
    let Work { bytes, items } = done;
    let line = serde_json::json!({"bytes": bytes, "items": items, "seconds": seconds, "cpu_seconds": cpu_seconds});
    println!("{line}");
    Ok(())
}
