//! What folding a small crawl into a large snapshot costs, beside building everything anew:
//! `fold_cost DIR [LINKS] [BUCKETS] [MEMORY_MIB]`.
//!
//! Three crawls, one after the other: new pages in one hundredth of the buckets that link into those buckets
//! alone; all known pages of one hundredth of the buckets, seen again, whose links lead anywhere; nothing. After
//! each, what was written of the tables that crawls are folded into, the seconds of their stages, and a full build
//! whose files must be the same.

#![allow(clippy::print_stdout, reason = "an example that reports")]

use std::error::Error;
use std::path::Path;

use model::{BucketCount, Evidence, Host, Link, LinkKind, Outcome, Page, Timestamp, Visit};
use openbacklinks::pipeline::{BuildReport, build};
use openbacklinks::terminal::Progress;
use store::{BuildOptions, CrawlInput, DataDir, FileEntry, VisitSorter};
use synthweb::Web;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let Some(folder) = arguments.first() else {
        return Err("usage: fold_cost DIR [LINKS] [BUCKETS] [MEMORY_MIB]".into());
    };
    let (links, buckets, memory) = (number(1, 20_000_000), number(2, 400) as u16, number(3, 2048) as usize);
    let count = BucketCount::new(buckets).ok_or("bad number of buckets")?;
    let options = BuildOptions { memory_bytes: memory << 20, threads: 2, is_full: false };
    let web = Web::with_links(1, links);
    let data = DataDir::open_or_create(Path::new(folder), count)?;
    let part: Vec<u16> = (0..count.get().div_ceil(100)).collect();
    let is_in_part = |host: &Host| part.contains(&data.buckets().of(host).0);

    add(&data, "first", web.visits(0))?;
    let first = build(&data, options, now(0), &Progress::new(true))?;
    println!("{} links, {} buckets, {memory} MiB", first.manifest.totals.links, count.get());
    tell("first", &first);

    // Pages that were not there before, on hosts that were.
    let known: Vec<Visit> =
        web.visits(0).filter(|visit| Host::of(&visit.page.url).is_some_and(|host| is_in_part(&host))).collect();
    let targets: Vec<_> = known.iter().map(|visit| visit.page.url.clone()).collect();
    let fresh = known.iter().enumerate().filter_map(|(number, visit)| {
        let url = visit.page.url.join(&format!("/fresh-{number}")).ok()?;
        let links = (0..30).filter_map(|step| targets.get((number * 31 + step * 977) % targets.len()));
        let links = links.map(|to| Link::new(to.clone(), LinkKind::Anchor)).collect();
        let page = Page::new(url, now(90), 200);
        Visit::new(page, links, Outcome::Definite, evidence(number))
    });
    step(&data, options, "one hundredth of the buckets on both sides", fresh)?;
    let seen_again = web.visits(1).filter(|visit| Host::of(&visit.page.url).is_some_and(|host| is_in_part(&host)));
    step(&data, options, "all pages of one hundredth of the buckets", seen_again)?;
    step(&data, options, "nothing", std::iter::empty())
}

fn now(days: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_571_200 + days * 86_400)
}

fn evidence(number: usize) -> Evidence {
    Evidence { archive: "fresh.warc.gz".to_owned(), offset: number as u64, length: 1, digest: None }
}

fn add(data: &DataDir, name: &str, visits: impl Iterator<Item = Visit>) -> Result<(), Box<dyn Error>> {
    let staging = data.temporary("ingest")?;
    let mut sorter = VisitSorter::new(staging.path(), data.buckets(), 512 << 20);
    for visit in visits {
        sorter.push(&visit)?;
    }
    let input = CrawlInput { name: name.to_owned(), ..CrawlInput::default() };
    store::publish_crawl(data, &name.parse()?, vec![sorter.finish()?], vec![input], 2, &staging)?;
    Ok(())
}

fn step(
    data: &DataDir,
    options: BuildOptions,
    name: &str,
    visits: impl Iterator<Item = Visit>,
) -> Result<(), Box<dyn Error>> {
    add(data, &name.replace(' ', "-"), visits)?;
    let folded = build(data, options, now(100), &Progress::new(true))?;
    tell(name, &folded);
    let full = build(data, BuildOptions { is_full: true, ..options }, now(100), &Progress::new(true))?;
    tell("  the same, everything anew", &full);
    let sorted = |report: &BuildReport| {
        let mut files: Vec<FileEntry> = report.manifest.files.clone();
        files.sort_by(|left, right| left.name.cmp(&right.name));
        files
    };
    if sorted(&folded) != sorted(&full) {
        return Err("the tables differ".into());
    }
    println!("  the same bytes");
    for id in data.snapshots()? {
        if Some(id) != data.current()? {
            std::fs::remove_dir_all(data.snapshot(id))?;
        }
    }
    Ok(())
}

fn tell(name: &str, report: &BuildReport) {
    println!("{name}:");
    for (table, written) in &report.written {
        println!(
            "  {table}: {} files written, {:.1} MiB; {} taken over, {:.1} MiB",
            written.files,
            written.bytes as f64 / 1_048_576.0,
            written.shared_files,
            written.shared_bytes as f64 / 1_048_576.0
        );
    }
    let steps: Vec<String> = report.steps.iter().map(|(name, seconds)| format!("{name} {seconds:.1}")).collect();
    println!("  {:.1} s: {}", report.elapsed_seconds, steps.join(", "));
}
