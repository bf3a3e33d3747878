//! What merging all crawls of an index costs, before ranks: `merge_cost DATA MEMORY_MIB [THREADS]`.
//!
//! Runs the first stages of a build over everything, as if no snapshot were there, and publishes nothing. Prints JSON:
//! seconds and CPU seconds of each stage, what came of it, and the most memory that was used. Needs Linux.

#![expect(clippy::print_stdout, reason = "an example that reports")]

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::Context;
use serde_json::json;
use store::{AssessedPage, Build, BuildOptions, DataDir};

/// `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux of today.
const TICKS_OF_A_SECOND: f64 = 100.0;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = arguments.first().context("usage: merge_cost DATA MEMORY_MIB [THREADS]")?;
    let number = |at: usize, default: usize| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (memory, threads) = (number(1, 2048), number(2, 2));
    let data = DataDir::open(Path::new(root))?;
    let options = BuildOptions { memory_bytes: memory << 20, threads, is_full: true };
    // When each stage began: wall clock and CPU seconds until then.
    let begun: Mutex<Vec<(&'static str, Instant, f64)>> = Mutex::default();
    let note = |stage: &'static str, _: usize, _: usize| {
        let mut begun = begun.lock().expect("no thread panics while it holds the lock");
        if begun.last().is_none_or(|(last, _, _)| *last != stage) {
            begun.push((stage, Instant::now(), cpu_seconds().unwrap_or_default()));
        }
    };
    let started = Instant::now();
    let build = Build::begin(&data, options, &stands_in, &note)?;
    let seconds = started.elapsed().as_secs_f64();
    let cpu = cpu_seconds()?;
    let (totals, peak) = (*build.totals(), openbacklinks::terminal::peak_memory());
    drop(build);
    let mut begun = begun.into_inner().expect("no thread panics while it holds the lock");
    begun.push(("end", started + std::time::Duration::from_secs_f64(seconds), cpu));
    let stages: Vec<_> = begun
        .windows(2)
        .map(|pair| {
            let ((name, from, cpu_from), (_, to, cpu_to)) = (pair[0], pair[1]);
            json!({ "stage": name, "seconds": (to - from).as_secs_f64(), "cpu_seconds": cpu_to - cpu_from })
        })
        .collect();
    println!(
        "{}",
        json!({
            "totals": totals,
            "seconds": seconds,
            "cpu_seconds": cpu,
            "peak_memory_bytes": peak,
            "memory_mib": memory,
            "threads": threads,
            "stages": stages,
        })
    );
    Ok(())
}

/// Stands in for the signals of spam, which the pipeline finds: as many looks at the texts, no score.
fn stands_in(page: &AssessedPage<'_>) -> u64 {
    let chars = |text: Option<&str>| text.map_or(0, |text| text.chars().count() as u64);
    (chars(page.title) + chars(page.description)) & 1
}

/// CPU seconds of all threads of this process, user and system.
fn cpu_seconds() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").context("needs Linux")?;
    // The name of the program stands in parentheses and may hold spaces.
    let after = text.rsplit_once(") ").context("no name")?.1;
    let ticks: u64 = after.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap_or_default()).sum();
    Ok(ticks as f64 / TICKS_OF_A_SECOND)
}
