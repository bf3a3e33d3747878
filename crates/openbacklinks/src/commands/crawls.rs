//! `backlinks crawls`

use model::CrawlId;
use serde_json::{Value, json};
use store::{CrawlManifest, DataDir, FoldedCrawl, Snapshot};

use super::query::fields::Item;
use super::query::table::table;
use crate::args::Crawls;
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, human_bytes, print, print_text, terminal_width};

pub(super) fn run(command: &Crawls, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = DataDir::open(settings.data()?)?;
    match command {
        Crawls::List { output, .. } => list(&data, output.json),
        Crawls::Remove { names, output, .. } => remove(&data, names, output.json),
    }
}

fn list(data: &DataDir, as_json: bool) -> anyhow::Result<ExitStatus> {
    let served = data.current()?.map(|id| Snapshot::open(data, id, 0)).transpose()?;
    let is_served = |crawl: &CrawlManifest| {
        served.as_ref().is_some_and(|snapshot| snapshot.manifest().crawls.contains(&FoldedCrawl::of(crawl)))
    };
    let crawls: Vec<CrawlManifest> =
        data.crawls()?.iter().map(|crawl| CrawlManifest::read(data, crawl)).collect::<Result<_, _>>()?;
    if as_json {
        let crawls: Vec<Value> = crawls
            .iter()
            .map(|crawl| {
                json!({
                    "crawl": crawl.crawl,
                    "visits": crawl.visits,
                    "links": crawl.links,
                    "inputs": crawl.inputs.iter().map(|input| &input.name).collect::<Vec<_>>(),
                    "first_fetched": crawl.fetched.map(|(first, _)| time(first)),
                    "last_fetched": crawl.fetched.map(|(_, last)| time(last)),
                    "bytes": bytes(crawl),
                    "served": is_served(crawl),
                })
            })
            .collect();
        print(json!({ "crawls": crawls }))?;
        return Ok(ExitStatus::Success);
    }
    let rows: Vec<Item> = crawls
        .iter()
        .map(|crawl| {
            let row = json!({
                "crawl": crawl.crawl,
                "visits": crawl.visits,
                "links": crawl.links,
                "inputs": crawl.inputs.len(),
                "first": crawl.fetched.map(|(first, _)| day(first)),
                "last": crawl.fetched.map(|(_, last)| day(last)),
                "size": human_bytes(bytes(crawl)),
                "served": if is_served(crawl) { "yes" } else { "no" },
            });
            super::item(row)
        })
        .collect();
    let fields = ["crawl", "visits", "links", "inputs", "first", "last", "size", "served"];
    print_text(&table(&rows, &fields, terminal_width()))?;
    Ok(ExitStatus::Success)
}

fn bytes(crawl: &CrawlManifest) -> u64 {
    crawl.files.iter().map(|file| file.size_bytes).sum()
}

fn time(seconds: i64) -> String {
    model::Timestamp::from_seconds(seconds).to_string()
}

fn day(seconds: i64) -> String {
    time(seconds).split(' ').next().unwrap_or_default().to_owned()
}

fn remove(data: &DataDir, names: &[String], as_json: bool) -> anyhow::Result<ExitStatus> {
    let crawls: Vec<CrawlId> = names
        .iter()
        .map(|name| {
            name.parse().map_err(|error: model::IdError| Advised {
                status: ExitStatus::NotFound,
                message: error.to_string(),
                hint: "`backlinks crawls list` shows the names",
            })
        })
        .collect::<Result<_, _>>()?;
    store::remove_crawls(data, &crawls)?;
    if as_json {
        print(json!({ "removed": names }))?;
    } else {
        for name in names {
            print(format_args!("crawl {name} removed; the next build takes it out of the index"))?;
        }
    }
    Ok(ExitStatus::Success)
}
