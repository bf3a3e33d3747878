//! Makes the tiny index of the present format that tests of later formats open: `make_fixture FOLDER`. The same
//! program always makes the same bytes.

use std::path::{Path, PathBuf};

use anyhow::Context;
use model::{BucketCount, Timestamp};
use openbacklinks::pipeline::{IngestOptions, build, ingest};
use openbacklinks::terminal::Progress;
use store::{BuildOptions, DataDir};

const MEMORY_BYTES: usize = 64 << 20;

/// When its snapshots say that they were made.
const MADE_AT: i64 = 1_800_000_000;

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os().nth(1).context("usage: make_fixture FOLDER")?.into();
    let archives = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats");
    let progress = Progress::new(true);
    let data = DataDir::open_or_create(&folder, BucketCount::new(1).context("one bucket")?)?;
    for number in [1, 2] {
        let crawl = Some(format!("crawl-{number}").parse()?);
        let options = IngestOptions {
            crawl,
            memory_bytes: MEMORY_BYTES as u64,
            threads: 1,
            checkpoint: std::time::Duration::from_secs(10),
        };
        ingest(&data, &[archives.join(format!("pages-{number}.warc"))], &options, &progress)?;
        let options = BuildOptions { memory_bytes: MEMORY_BYTES, threads: 1, is_full: false };
        build(&data, options, Timestamp::from_seconds(MADE_AT + number), &progress)?;
    }
    Ok(())
}
