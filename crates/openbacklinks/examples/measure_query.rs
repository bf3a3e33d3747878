//! Times a question about a target: `measure_query DATA_DIR TARGET [RUNS] [FLAG...]`.
//!
//! Asks the default question (100 rows), inside this process, and writes the rows as the API does.
//! `--filter=JSON`, `--mode=one_per_domain`, `--order=field,desc` and `--offset=N` ask another one;
//! `--threads=N` scans large targets by so many threads (then processor time is that of all threads, in
//! ticks of 10 ms); `--by-token` goes on by token where `--offset` would begin; `--warm` leaves all but the warm question
//! out, for a profile.
//! `cold`: the snapshot is opened anew for every run, so nothing is decoded or opened yet (files are in
//! the page cache if they ever were read). `warm`: the same question again and again. With
//! `--with-internal` internal links count too; for that question no list is kept, so that it shows the
//! cost of a scan. Without a target it prints the targets by their stored links. Prints JSON.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use model::Target;
use query::{Backlink, BacklinksQuestion, Bounds, Index, Mode, SortKey};
use serde_json::{Value, json};

/// What `serve` takes by default.
const CACHE_BYTES: u64 = 512 << 20;

fn main() -> anyhow::Result<()> {
    let (flags, arguments): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let Some(root) = arguments.first().map(Path::new) else {
        bail!("usage: measure_query DATA_DIR [TARGET [RUNS]] [FLAG...]");
    };
    let Some(target) = arguments.get(1) else { return print(&targets(root)?) };
    let runs: u32 = arguments.get(2).map_or(Ok(200), |runs| runs.parse()).context("RUNS is a number")?;
    let mut question = BacklinksQuestion::new(Target::parse(target, true)?);
    let mut bounds = Bounds::none();
    for flag in &flags {
        read_flag(flag, &mut question, &mut bounds)?;
    }
    let ask = |index: &Index, question: &BacklinksQuestion| ask(index, question, &bounds);
    let of_all = bounds.threads > 1;
    if flags.iter().any(|flag| flag == "--by-token") {
        let limit = question.limit;
        let before = BacklinksQuestion { offset: question.offset.saturating_sub(limit), ..question.clone() };
        question.after = Index::open(root, 0)?.backlinks(&before)?.next;
    }

    if flags.iter().any(|flag| flag == "--warm") {
        let index = Index::open(root, CACHE_BYTES)?;
        ask(&index, &question)?;
        return print(&measure(runs, of_all, || ask(&index, &question))?);
    }
    let open = measure(runs, of_all, || Ok(Index::open(root, CACHE_BYTES)?))?;
    let cold = measure(runs, of_all, || ask(&Index::open(root, CACHE_BYTES)?, &question))?;
    let uncached = Index::open(root, 0)?;
    ask(&uncached, &question)?;
    let no_cache = measure(runs, of_all, || ask(&uncached, &question))?;
    let index = Index::open(root, CACHE_BYTES)?;
    let (total_count, rows, json_bytes) = ask(&index, &question)?;
    let warm = measure(runs, of_all, || ask(&index, &question))?;
    let write =
        measure(runs, of_all, || Ok(serde_json::to_vec(&server::items(&rows, query::RankScale::OneThousand))?))?;
    let pages: Vec<&str> = rows.iter().map(|row| row.url_from.as_str()).collect();
    let counts: Vec<u32> = rows.iter().map(|row| row.links_count).collect();
    let groups: Vec<u32> = rows.iter().map(|row| row.group_count).collect();
    print(&json!({
        "target": target,
        "flags": flags,
        "runs": runs,
        "total_count": total_count,
        "json_bytes": json_bytes,
        "open": open,
        "cold_with_open": cold,
        "open_files_no_cache": no_cache,
        "warm": warm,
        "json_only": write,
        "peak_memory_bytes": openbacklinks::terminal::peak_memory(),
        "url_from_xxh3": format!("{:016x}", store::checksum(pages.join("\n").as_bytes())),
        "url_from": pages,
        "links_count": counts,
        "group_count": groups,
    }))
}

fn read_flag(flag: &str, question: &mut BacklinksQuestion, bounds: &mut Bounds) -> anyhow::Result<()> {
    let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
    match (name, value) {
        ("--with-internal", _) => question.exclude_internal = false,
        ("--filter", json) => question.filter = Some(json.parse()?),
        ("--mode", "one_per_domain") => question.mode = Mode::OnePerDomain,
        ("--mode", "one_per_anchor") => question.mode = Mode::OnePerAnchor,
        ("--order", key) => question.order.push(SortKey::parse(key)?),
        ("--threads", threads) => bounds.threads = threads.parse()?,
        ("--offset", offset) => question.offset = offset.parse()?,
        ("--by-token" | "--warm", _) => {}
        _ => bail!("no such flag: {flag}"),
    }
    Ok(())
}

/// Asks and writes the items; the count, the rows, and the bytes of the items.
fn ask(index: &Index, question: &BacklinksQuestion, bounds: &Bounds) -> anyhow::Result<(u64, Vec<Backlink>, usize)> {
    let answer = index.backlinks_within(question, bounds)?;
    let bytes = serde_json::to_vec(&server::items(&answer.rows, query::RankScale::OneThousand))?.len();
    Ok((answer.total_count, answer.rows, bytes))
}

/// Mean milliseconds of a step: wall clock and processor, of this thread or of all.
fn measure<T>(runs: u32, of_all: bool, mut step: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<Value> {
    let cpu_ms = if of_all { cpu_ms_of_all } else { cpu_ms };
    let (cpu, started) = (cpu_ms()?, Instant::now());
    let mut slowest: f64 = 0.0;
    for _ in 0..runs {
        let run = Instant::now();
        step()?;
        slowest = slowest.max(run.elapsed().as_secs_f64() * 1000.0);
    }
    let wall = started.elapsed().as_secs_f64() * 1000.0;
    let mean = |total: f64| (total / f64::from(runs) * 1000.0).round() / 1000.0;
    Ok(json!({ "wall_ms": mean(wall), "cpu_ms": mean(cpu_ms()? - cpu), "slowest_wall_ms": slowest }))
}

/// Processor time of this thread, user and system; the only one that works here. The kernel brings the
/// number up to date at its ticks, so it needs runs of some length together.
fn cpu_ms() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("needs Linux")?;
    let nanoseconds: u64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds as f64 / 1e6)
}

/// Processor time of all threads, those that have ended too.
fn cpu_ms_of_all() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("needs Linux")?;
    // User and system time are the 12th and 13th behind the name, which stands in brackets.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10.0)
}

/// Registrable domains with the most stored links, and some with about 75.
fn targets(root: &Path) -> anyhow::Result<Value> {
    let index = Index::open(root, 0)?;
    let snapshot = index.snapshot();
    let mut sums: Vec<(usize, String)> = Vec::new();
    for bucket in snapshot.buckets().all() {
        let hosts = snapshot.bucket(bucket)?.hosts()?;
        for host in &hosts {
            let rows = host.ranges.iter().map(|range| range.rows.len()).sum();
            sums.push((rows, host.host.icann_registrable().to_owned()));
        }
    }
    sums.sort_by(|left, right| left.1.cmp(&right.1));
    sums.dedup_by(|next, sum| {
        let is_same = next.1 == sum.1;
        sum.0 += if is_same { next.0 } else { 0 };
        is_same
    });
    sums.sort_by(|left, right| right.cmp(left));
    let named = |sums: &mut dyn Iterator<Item = &(usize, String)>| -> Value {
        sums.take(10).map(|(rows, domain)| json!({ "domain": domain, "rows": rows })).collect()
    };
    let rows: usize = sums.iter().map(|sum| sum.0).sum();
    Ok(json!({
        "rows": rows,
        "domains": sums.len(),
        "largest": named(&mut sums.iter()),
        "small": named(&mut sums.iter().filter(|sum| (73..=77).contains(&sum.0))),
    }))
}

fn print(value: &Value) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{value}")?)
}
