//! `backlinks events`: what happened to the links to a target, and to its pages.

use model::{NewReason, SnapshotId, Timestamp};
use query::EventsQuestion;
use serde_json::{Value, json};
use store::{DataDir, Event, Follow, LinkChange};

use super::query::csv::csv;
use super::query::fields::Item;
use super::query::table::table;
use super::snapshots;
use crate::args::{Events, Format};
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, Lines, print, print_text, terminal_width};

/// The fields of an event, in order.
const FIELDS: &[&str] = &["time", "event", "reason", "url_from", "url_to", "before", "after", "status_code"];

/// Since when, as it was typed.
enum Since {
    Time(Timestamp),
    Snapshot(SnapshotId),
}

pub(super) fn run(arguments: &Events, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let target = super::target(&arguments.target, !arguments.no_subdomains)?;
    let since = arguments.since.as_deref().map(since).transpose()?;
    let data = DataDir::open(settings.data()?)?;
    let served = data.current()?.ok_or(query::QueryError::NoSnapshot)?;
    let snapshot = snapshots::open(&data, served)?;
    let (time, earlier) = match since {
        None => (None, None),
        Some(Since::Time(time)) => (Some(time), None),
        Some(Since::Snapshot(id)) => (None, Some(snapshots::open(&data, id)?)),
    };
    let question = EventsQuestion {
        since: time,
        exclude_internal: !arguments.include_internal,
        limit: arguments.limit.map(|limit| limit as usize),
        ..EventsQuestion::new(target)
    };
    let events = query::events(&snapshot, earlier.as_ref(), &question)?;
    match if arguments.output.json { Format::Json } else { arguments.format } {
        Format::Json => {
            let items: Vec<Item> = events.iter().map(item).collect();
            print(json!({ "target": arguments.target, "snapshot": served.0, "items": items }))?;
        }
        Format::Jsonl => {
            let mut lines = Lines::new();
            for event in &events {
                if !lines.write(&Value::Object(item(event)).to_string())? {
                    break;
                }
            }
            lines.finish()?;
        }
        Format::Csv => print_text(&csv(&events.iter().map(item).collect::<Vec<_>>(), FIELDS)?)?,
        Format::Table => {
            print_text(&format!("{}: {} events\n", arguments.target, events.len()))?;
            if !events.is_empty() {
                print_text(&table(&events.iter().map(item).collect::<Vec<_>>(), FIELDS, terminal_width()))?;
            }
        }
    }
    Ok(ExitStatus::Success)
}

/// Digits are a snapshot, all else a time; a date is its first second (UTC).
fn since(text: &str) -> Result<Since, Advised> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return snapshots::number(text).map(Since::Snapshot);
    }
    Timestamp::parse_iso(text).map(Since::Time).ok_or_else(|| Advised {
        status: ExitStatus::Usage,
        message: "--since is neither a date nor a time nor the number of a snapshot".to_owned(),
        hint: "write a date such as 2026-11-23, a time such as 2026-11-23T21:47:49Z, or a number",
    })
}

fn item(event: &Event) -> Item {
    let (name, reason, before, after) = match event {
        Event::Link { event, .. } => change(&event.change),
        Event::Target { event, .. } => {
            let name = if event.is_broken { "target_broken" } else { "target_repaired" };
            (name, None, Value::Null, Value::Null)
        }
    };
    let (url_from, url_to, status) = match event {
        Event::Link { url_from, url_to, .. } => (Some(url_from), url_to, None),
        Event::Target { url_to, event } => (None, url_to, Some(event.status)),
    };
    super::item(json!({
        "time": event.at().to_string(),
        "event": name,
        "reason": reason,
        "url_from": url_from,
        "url_to": url_to,
        "before": before,
        "after": after,
        "status_code": status,
    }))
}

/// Name, reason, and what it was before and is after.
fn change(change: &LinkChange) -> (&'static str, Option<&'static str>, Value, Value) {
    let follow = |follow: &Follow| json!({ "attributes": snapshots::attributes(follow), "dofollow": follow.dofollow });
    match change {
        LinkChange::Found(NewReason::Restored) => ("restored", None, Value::Null, Value::Null),
        LinkChange::Found(reason) => ("new", Some(reason.as_str()), Value::Null, Value::Null),
        LinkChange::Lost(reason) => ("lost", Some(reason.as_str()), Value::Null, Value::Null),
        LinkChange::Rel { before, after } => ("rel_changed", None, follow(before), follow(after)),
        LinkChange::Anchor { before, after } => {
            ("anchor_changed", None, before.as_deref().into(), after.as_deref().into())
        }
    }
}
