//! Compares the kinds of site that pages give evidence of with labels that were given by hand:
//! `cargo run --release -p extract --example platform_accuracy -- [-v]`. Reads the shared captures and archives; `-v`
//! prints each host that differs.
//!
//! Hosts in alphabetical order fall by turns into the half on which rules may be tuned and the half that is held out. A
//! class with fewer than ten labelled hosts in a half gets numbers alone.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use extract::{Options, Response, extract};
use model::{Host, PlatformType, PlatformTypes, Timestamp};
use warc::http::BodyLimits;
use warc::{Item, ReaderOptions};

const LABELS: &str = include_str!("../tests/platform_labels.tsv");

/// Hosts of a class: labelled and found, labelled alone, found alone.
#[derive(Default, Clone, Copy)]
struct Tally {
    both: usize,
    missed: usize,
    extra: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let is_verbose = std::env::args().any(|argument| argument == "-v");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !shared.try_exists()? {
        println!("skipped: no shared data");
        return Ok(());
    }
    let mut found: BTreeMap<String, PlatformTypes> = BTreeMap::new();
    for folder in ["captures", "archives"] {
        let mut files = fs::read_dir(shared.join(folder))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
        files.sort();
        for file in files {
            read(&file, &mut found);
        }
    }
    let mut halves = [[Tally::default(); 8], [Tally::default(); 8]];
    let mut hosts = [0, 0];
    for (number, line) in LABELS.lines().filter(|line| !line.starts_with('#')).enumerate() {
        let mut columns = line.split('\t');
        let (Some(host), Some(kinds)) = (columns.next(), columns.next()) else { return Err(line.into()) };
        let mut labelled = PlatformTypes::EMPTY;
        for kind in kinds.split(',').filter(|kind| *kind != "-") {
            labelled.insert(kind.parse()?);
        }
        let Some(says) = found.get(host) else {
            println!("no page of {host}");
            continue;
        };
        if let Some(count) = hosts.get_mut(number % 2) {
            *count += 1;
        }
        for kind in PlatformType::ALL {
            let Some(tally) = halves.get_mut(number % 2).and_then(|half| half.get_mut(usize::from(kind.number())))
            else {
                continue;
            };
            match (labelled.contains(*kind), says.contains(*kind)) {
                (true, true) => tally.both += 1,
                (true, false) => tally.missed += 1,
                (false, true) => tally.extra += 1,
                (false, false) => {}
            }
            if is_verbose && labelled.contains(*kind) != says.contains(*kind) {
                let what = if labelled.contains(*kind) { "missed" } else { "extra" };
                println!("{} {what} {kind} {host}", if number % 2 == 0 { "tuning  " } else { "held-out" });
            }
        }
    }
    for ((name, half), hosts) in ["tuning", "held out"].iter().zip(&halves).zip(hosts) {
        println!("{name}: {hosts} hosts");
        println!(
            "{:>16} {:>8} {:>6} {:>7} {:>6} {:>10} {:>7}",
            "kind", "labelled", "found", "missed", "extra", "precision", "recall"
        );
        for (kind, tally) in PlatformType::ALL.iter().zip(half).filter(|(kind, _)| **kind != PlatformType::Unknown) {
            let Tally { both, missed, extra } = *tally;
            let share = |of: usize| {
                if both + missed < 10 || of == 0 {
                    "-".to_owned()
                } else {
                    format!("{:.1} %", 100.0 * both as f64 / of as f64)
                }
            };
            let (precision, recall) = (share(both + extra), share(both + missed));
            println!(
                "{:>16} {:>8} {both:>6} {missed:>7} {extra:>6} {precision:>10} {recall:>7}",
                kind.as_str(),
                both + missed
            );
        }
    }
    Ok(())
}

/// Adds what the good pages of one archive give evidence of. An archive that breaks off counts as far as it goes.
fn read(file: &Path, found: &mut BTreeMap<String, PlatformTypes>) {
    let Ok(items) = warc::open(file, ReaderOptions::default()) else { return };
    for item in items {
        let Ok(item) = item else { return };
        let Item::Record(record) = item else { continue };
        let (Some(url), Ok(http)) = (record.url.as_deref(), record.http_response(&BodyLimits::default())) else {
            continue;
        };
        let headers: Vec<(String, String)> =
            http.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let fetched_at = Timestamp::from_seconds(0);
        let response = Response { url, status: http.status, headers: &headers, body: &http.body, ip: None, fetched_at };
        let Ok(extracted) = extract(&response, &Options::default()) else { continue };
        if http.status == 200
            && extracted.page.signals.is_some()
            && let Some(host) = Host::of(&extracted.page.url)
        {
            let types = found.entry(host.as_str().to_owned()).or_default();
            *types = types.union(extracted.page.platforms);
        }
    }
}
