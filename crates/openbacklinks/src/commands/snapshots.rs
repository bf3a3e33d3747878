//! `backlinks snapshots`

use std::ops::ControlFlow;

use anyhow::Context;
use model::{SnapshotId, Timestamp};
use serde_json::{Value, json};
use store::{DataDir, Difference, DifferenceCounts, Follow, LinkVersion, Snapshot};

use super::query::fields::Item;
use super::query::table::table;
use crate::args::{Diff, DiffFormat, Snapshots};
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, Lines, human_bytes, print, print_text, terminal_width};

pub(super) fn run(command: &Snapshots, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = DataDir::open(settings.data()?)?;
    match command {
        Snapshots::List { output, .. } => list(&data, output.json),
        Snapshots::Remove { numbers, output, .. } => remove(&data, numbers, output.json),
        Snapshots::Diff(arguments) => diff(&data, arguments),
    }
}

fn list(data: &DataDir, as_json: bool) -> anyhow::Result<ExitStatus> {
    let served = data.current()?;
    let mut listed: Vec<Value> = Vec::new();
    for id in data.snapshots()? {
        let snapshot = Snapshot::open(data, id, 0)?;
        let manifest = snapshot.manifest();
        let (totals, bytes) = (manifest.totals, store::snapshot_bytes(data, manifest)?);
        let made = Timestamp::from_seconds(manifest.created_at).to_string();
        let is_served = served == Some(id);
        listed.push(if as_json {
            json!({
                "snapshot": id.0,
                "made_at": made,
                "crawls": manifest.crawls.iter().map(|crawl| &crawl.name).collect::<Vec<_>>(),
                "links": totals.links,
                "indirect_links": totals.indirect_links,
                "pages": totals.pages,
                "own_bytes": bytes.own,
                "shared_bytes": bytes.shared,
                "served": is_served,
            })
        } else {
            json!({
                "snapshot": id.0,
                "made": made.get(..16),
                "crawls": manifest.crawls.len(),
                "links": totals.links,
                "indirect": totals.indirect_links,
                "pages": totals.pages,
                "own": human_bytes(bytes.own),
                "shared": human_bytes(bytes.shared),
                "served": if is_served { "yes" } else { "no" },
            })
        });
    }
    if as_json {
        print(json!({ "snapshots": listed }))?;
    } else {
        let rows: Vec<Item> = listed.into_iter().map(super::item).collect();
        let fields = ["snapshot", "made", "crawls", "links", "indirect", "pages", "own", "shared", "served"];
        print_text(&table(&rows, &fields, terminal_width()))?;
    }
    Ok(ExitStatus::Success)
}

/// A snapshot by the number that was typed.
pub(super) fn number(text: &str) -> Result<SnapshotId, Advised> {
    text.parse().map_err(|_| Advised {
        status: ExitStatus::Usage,
        message: format!("`{text}` is no number of a snapshot"),
        hint: "`backlinks snapshots list` shows the numbers",
    })
}

/// Opens a snapshot that somebody named.
pub(super) fn open(data: &DataDir, id: SnapshotId) -> anyhow::Result<Snapshot> {
    if !data.snapshots()?.contains(&id) {
        let message = format!("snapshot {} is not there", id.0);
        let hint = "`backlinks snapshots list` shows which are kept";
        return Err(Advised { status: ExitStatus::NotFound, message, hint }.into());
    }
    Ok(Snapshot::open(data, id, 0)?)
}

fn remove(data: &DataDir, numbers: &[String], as_json: bool) -> anyhow::Result<ExitStatus> {
    let snapshots: Vec<SnapshotId> = numbers.iter().map(|text| number(text)).collect::<Result<_, _>>()?;
    store::remove_snapshots(data, &snapshots)?;
    if as_json {
        print(json!({ "removed": snapshots.iter().map(|id| id.0).collect::<Vec<_>>() }))?;
    } else {
        for id in snapshots {
            print(format_args!("snapshot {} removed", id.0))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn diff(data: &DataDir, arguments: &Diff) -> anyhow::Result<ExitStatus> {
    let before = open(data, number(&arguments.before)?)?;
    let after = open(data, number(&arguments.after)?)?;
    let target = arguments.target.as_deref().map(|text| super::target(text, !arguments.no_subdomains)).transpose()?;
    let ranges = target.as_ref().map(|target| (after.buckets().of(&target.host()), target.ranges()));
    let ranges = ranges.as_ref().map(|(bucket, ranges)| (*bucket, ranges.as_slice()));
    let format = if arguments.output.json { DiffFormat::Json } else { arguments.format };
    let mut counts = DifferenceCounts::default();
    if format == DiffFormat::Jsonl {
        let mut lines = Lines::new();
        let mut written = Ok(true);
        store::difference(&before, &after, ranges, |difference| {
            written = lines.write(&as_json(&difference).to_string());
            if matches!(written, Ok(true)) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        written.context("cannot write")?;
        lines.finish()?;
        return Ok(ExitStatus::Success);
    }
    store::difference(&before, &after, ranges, |difference| {
        counts.add(&difference);
        ControlFlow::Continue(())
    })?;
    let numbers = DifferenceCounts::KINDS.map(|kind| (kind.as_str(), counts.of(kind)));
    if format == DiffFormat::Json {
        let mut whole = json!({ "before": before.id().0, "after": after.id().0, "target": arguments.target });
        for (name, count) in numbers {
            whole[name] = count.into();
        }
        print(whole)?;
    } else {
        let of =
            target.map_or_else(String::new, |_| format!(" to {}", arguments.target.as_deref().unwrap_or_default()));
        print_text(&format!("direct links{of}, from snapshot {} to {}:\n", before.id().0, after.id().0))?;
        for (name, count) in numbers {
            print(format_args!("{count:>12}  {name}"))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn as_json(difference: &Difference) -> Value {
    let changes: Vec<&str> = difference.kinds().into_iter().map(store::LinkDifference::as_str).collect();
    let version = |version: &LinkVersion| {
        let mut value = json!({ "is_lost": version.is_lost });
        value["attributes"] = attributes(&version.follow);
        value["dofollow"] = version.follow.dofollow.into();
        value["anchor"] = version.anchor.as_deref().into();
        value
    };
    match difference {
        Difference::Link { url_from, url_to, before, after } => json!({
            "changes": changes,
            "url_from": url_from,
            "url_to": url_to,
            "before": before.as_ref().map(version),
            "after": after.as_ref().map(version),
        }),
        Difference::Target { url_to, before, after } => json!({
            "changes": changes,
            "url_from": null,
            "url_to": url_to,
            "before": { "status_code": before },
            "after": { "status_code": after },
        }),
    }
}

/// The tokens of `rel`, as the API has them: null for none.
pub(super) fn attributes(follow: &Follow) -> Value {
    let tokens: Vec<&str> = follow.rel.split(' ').filter(|token| !token.is_empty()).collect();
    if tokens.is_empty() { Value::Null } else { tokens.into() }
}
