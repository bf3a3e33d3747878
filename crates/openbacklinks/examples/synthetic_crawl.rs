//! A step of a synthetic web as a crawl, without archives in between:
//! `synthetic_crawl DATA LINKS [STEP] [HOST_EXPONENT] [BUCKETS]`.
//!
//! The visits are those that `ingest` makes of the archives of the same web, sorted and published as it does.
//! Prints JSON: visits, links, seconds.

#![expect(clippy::print_stdout, reason = "an example that reports")]

#[path = "shared/web.rs"]
mod web;

use std::error::Error;
use std::path::Path;
use std::thread;
use std::time::Instant;

use model::BucketCount;
use serde_json::json;
use store::{CrawlInput, DataDir, SortedRuns, VisitSorter};
use synthweb::Web;

const THREADS: u64 = 2;
const SORTER_BYTES: usize = 512 << 20;

/// Sorted visits, how many there are, and their links.
type Sorted = (SortedRuns, u64, u64);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let Some(folder) = arguments.first() else {
        return Err("usage: synthetic_crawl DATA LINKS [STEP] [HOST_EXPONENT] [BUCKETS]".into());
    };
    let (links, step) = (number(1, 1_000_000), number(2, 0) as u32);
    let exponent = arguments.get(3).map_or(Ok(web::HOST_EXPONENT), |text| text.parse())?;
    let buckets = BucketCount::new(number(4, 16) as u16).ok_or("bad number of buckets")?;
    let started = Instant::now();
    let web = web::web(1, links, exponent);
    let data = DataDir::open_or_create(Path::new(folder), buckets)?;
    let staging = data.temporary("ingest")?;
    let (web, data_dir, runs) = (&web, &data, staging.path());
    let sorted: Vec<Result<Sorted, store::StoreError>> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..THREADS).map(|part| scope.spawn(move || sort(web, step, part, data_dir, runs))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread does not panic")).collect()
    });
    let (mut parts, mut visits, mut found) = (Vec::new(), 0, 0);
    for part in sorted {
        let (runs, its_visits, its_links) = part?;
        parts.push(runs);
        visits += its_visits;
        found += its_links;
    }
    let name = format!("step-{step}");
    let input = CrawlInput { name: format!("synthweb {links} {exponent} {step}"), ..CrawlInput::default() };
    store::publish_crawl(&data, &name.parse()?, parts, vec![input], THREADS as usize, &staging)?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{}", json!({ "crawl": name, "visits": visits, "links": found, "seconds": seconds }));
    Ok(())
}

fn sort(web: &Web, step: u32, part: u64, data: &DataDir, folder: &Path) -> Result<Sorted, store::StoreError> {
    let folder = folder.join(part.to_string());
    std::fs::create_dir_all(&folder).expect("the staging folder is ours");
    let mut sorter = VisitSorter::new(&folder, data.buckets(), SORTER_BYTES);
    let (mut visits, mut links) = (0, 0);
    let pages = web.pages() * part / THREADS..web.pages() * (part + 1) / THREADS;
    for visit in web.visits_in(step, pages) {
        sorter.push(&visit)?;
        visits += 1;
        links += visit.links.len() as u64;
    }
    Ok((sorter.finish()?, visits, links))
}
