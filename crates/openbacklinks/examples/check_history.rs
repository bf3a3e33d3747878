//! The history of every link of a folder of archived HTML pages (`.warc`, `.warc.gz`), each file a crawl, from
//! html5ever's tree beside that of an index: `check_history FOLDER`. Prints new and lost links of each file
//! and year, and what differs; fails if anything differs in links that are neither in `noscript` nor cloned
//! by the tree builder, which are told apart.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a report, and an oracle that may panic")]

#[path = "../tests/it/captures_oracle/mod.rs"]
mod captures_oracle;

use std::path::PathBuf;

use anyhow::{Context, ensure};

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("usage: check_history FOLDER")?.into();
    let files = captures_oracle::read_folder(&folder);
    ensure!(!files.is_empty(), "{} has no .warc or .warc.gz", folder.display());
    let findings = captures_oracle::check_orders(&files);
    ensure!(findings.differences.is_empty(), "{} differences", findings.differences.len());
    Ok(())
}
