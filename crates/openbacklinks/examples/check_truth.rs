//! Compares an index of a synthetic web with what the web says of itself, for sampled targets:
//! `check_truth DATA LINKS [SEED] [TARGETS] [HOST_EXPONENT]`. The web must be the one that was indexed, at step 0.
//!
//! Ranks are not part of the truth, so every row shown must be one of its page's true links, and pages
//! and numbers of links must be equal.

#![expect(clippy::print_stdout, reason = "the report of an example")]

#[path = "shared/web.rs"]
mod web;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use model::{Host, Target, Url};
use query::{Backlink, BacklinksQuestion, Index, LinkStatus};
use synthweb::{HostNumber, TruthRow};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    let data = arguments.first().map(PathBuf::from).context("usage: check_truth DATA LINKS [SEED] [TARGETS]")?;
    let exponent = arguments.get(4).map_or(Ok(web::HOST_EXPONENT), |text| text.parse())?;
    let web = web::web(number(2, 1), number(1, 100_000), exponent);
    let index = Index::open(&data, 256 << 20)?;
    let count = number(3, 24);
    // From fairly popular to hardly known, so that the truth of all fits in memory.
    let mut targets = BTreeMap::new();
    for at in 0..count {
        let host = web.host(HostNumber(40 + (web.hosts() - 40) * at * at / (count * count * 4))).context("no host")?;
        let is_below = at % 3 != 0;
        let name = if is_below { host.registrable().to_owned() } else { host.to_string() };
        let target = Target::parse(&name, is_below)?;
        targets.insert(format!("{name}{}", if is_below { " and below" } else { "" }), target);
    }
    let all: Vec<Target> = targets.values().cloned().collect();
    let truth = web.truth_for(&all, &[0]);
    let mut rows = 0;
    for (name, target) in &targets {
        let found = everything(&index, target)?;
        let expected = by_page(truth.of(target).filter(|row| enters(target, row)));
        ensure!(found.len() == expected.len(), "{name}: {} pages, {} are true", found.len(), expected.len());
        for row in &found {
            compare(row, expected.get(&row.url_from).context("a page that does not link")?)
                .with_context(|| format!("{name}: {} → {}", row.url_from, row.url_to))?;
        }
        rows += found.len();
        println!("{:>8} pages  {name}", found.len());
    }
    println!("{} targets, {rows} pages: equal", targets.len());
    Ok(())
}

fn everything(index: &Index, target: &Target) -> anyhow::Result<Vec<Backlink>> {
    let mut question = BacklinksQuestion::new(target.clone());
    question.status = LinkStatus::All;
    question.exclude_internal = false;
    question.limit = 1000;
    let mut rows = Vec::new();
    loop {
        question.offset = rows.len() as u32;
        let answer = index.backlinks(&question)?;
        if answer.rows.is_empty() {
            ensure!(answer.total_count == rows.len() as u64, "{} rows of {}", rows.len(), answer.total_count);
            let pages: BTreeSet<&str> = rows.iter().map(|row: &Backlink| row.url_from.as_str()).collect();
            ensure!(pages.len() == rows.len(), "a page came twice");
            return Ok(rows);
        }
        rows.extend(answer.rows);
    }
}

fn is_in(target: &Target, url: &Url) -> bool {
    let Some(found) = Host::of(url) else { return false };
    match target {
        Target::Page(key) => key.to_url_string() == url.as_str(),
        Target::Host { host, include_subdomains } => {
            let is_below = *include_subdomains && !host.is_ip() && found.as_str().ends_with(&format!(".{host}"));
            found.without_www() == host.as_str() || is_below
        }
    }
}

/// Whether the link enters the target with this row, not with an earlier hop.
fn enters(target: &Target, row: &TruthRow) -> bool {
    !row.path.iter().any(|hop| is_in(target, &hop.url))
}

fn by_page<'a>(rows: impl Iterator<Item = &'a TruthRow>) -> BTreeMap<String, Vec<&'a TruthRow>> {
    let mut pages: BTreeMap<String, Vec<&TruthRow>> = BTreeMap::new();
    for row in rows {
        pages.entry(row.url_from.to_string()).or_default().push(row);
    }
    pages
}

fn compare(found: &Backlink, page: &[&TruthRow]) -> anyhow::Result<()> {
    let hops: Vec<(u16, &str)> =
        found.indirect_link_path.iter().flatten().map(|hop| (hop.status, hop.url.as_str())).collect();
    let is_same = |row: &&&TruthRow| {
        let path = row.path.iter().map(|hop| (hop.status, hop.url.as_str()));
        row.url_to.as_str() == found.url_to && path.eq(hops.iter().copied())
    };
    let Some(row) = page.iter().find(is_same) else { bail!("no such link") };
    let links: u32 = page.iter().filter(|row| row.life.is_lost() == found.is_lost).map(|row| row.count).sum();
    ensure!(found.links_count == links, "links_count {} is {links}", found.links_count);
    let redirect = row.target_redirect.as_ref().map(Url::to_string);
    ensure!(found.url_to_redirect_target == redirect, "redirect target is {redirect:?}");
    ensure!(found.url_to_status_code == row.target_status, "target status is {:?}", row.target_status);
    ensure!(found.page_from_title == row.page.title, "title is {:?}", row.page.title);
    ensure!(found.page_from_size == row.page.size_bytes, "size is {:?}", row.page.size_bytes);
    ensure!(found.page_from_external_links == row.page.external_links, "external links");
    ensure!(found.page_from_internal_links == row.page.internal_links, "internal links");
    ensure!(found.page_from_status_code == Some(row.page.status), "status is {}", row.page.status);
    ensure!(found.anchor == row.link.anchor, "anchor is {:?}", row.link.anchor);
    ensure!((&found.text_pre, &found.text_post) == (&row.link.text_pre, &row.link.text_post), "texts");
    ensure!((&found.alt, &found.image_url) == (&row.link.alt, &row.link.image_url), "image");
    ensure!((found.item_type, found.dofollow) == (row.link.kind, row.link.dofollow), "kind or dofollow");
    ensure!(found.attributes.clone().unwrap_or_default().join(" ") == row.link.rel.as_str(), "rel");
    ensure!(found.semantic_location == row.link.location, "location");
    ensure!((found.first_seen, found.last_seen) == (row.life.first_seen, row.life.last_seen), "dates");
    Ok(())
}
