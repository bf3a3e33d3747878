//! `backlinks forget`: the answer to whoever wants to be left out.

use anyhow::Context;
use model::{Host, SnapshotId, Target};
use serde_json::json;
use store::{DataDir, Erased};

use super::build::build_now;
use crate::args::{Forget, ForgetCommand};
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, confirm, print};

pub(super) fn run(arguments: &Forget, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = DataDir::open(settings.data()?)?;
    if let Some(ForgetCommand::List { output, .. }) = &arguments.command {
        return list(&data, output.json);
    }
    let targets: Vec<Target> =
        arguments.hosts.iter().map(|text| host(text, arguments.exact)).collect::<Result<_, _>>()?;
    if !arguments.yes {
        ask(&targets)?;
    }
    let report = forget(&data, settings, &targets, arguments.output.quiet)?;
    show(&report, &targets, arguments.output.json)?;
    Ok(ExitStatus::Success)
}

/// What was done.
struct Report {
    erased: Erased,
    /// The snapshot without them, if one had to be made.
    snapshot: Option<SnapshotId>,
    /// Those that held them.
    removed: Vec<SnapshotId>,
}

/// Erases hosts everywhere. Each step may be killed; the same call goes on.
fn forget(data: &DataDir, settings: &Settings, targets: &[Target], quiet: bool) -> anyhow::Result<Report> {
    let erased = store::forget(data, targets, super::now(), super::threads())
        .context("not everything is erased yet: run the same command again")?;
    let removed = store::snapshots_to_forget(data)?;
    let mut snapshot = None;
    if data.current()?.is_some_and(|served| removed.contains(&served)) {
        let report = build_now(data, settings, false, quiet).context(
            "the hosts are erased from the crawls, but not yet from the snapshots: run the same command again",
        )?;
        snapshot = Some(report.snapshot);
    }
    store::remove_snapshots(data, &removed)
        .context("older snapshots still hold the hosts: run the same command again")?;
    Ok(Report { erased, snapshot, removed })
}

fn host(text: &str, exact: bool) -> Result<Target, Advised> {
    let wrong = |message: String| Advised {
        status: ExitStatus::Usage,
        message,
        hint: "name a domain (example.org) or a host (blog.example.org)",
    };
    match Target::parse(text, !exact) {
        Err(error) => Err(wrong(error.to_string())),
        Ok(Target::Page(_)) => Err(wrong(format!("`{text}` is a page; hosts are forgotten as a whole"))),
        Ok(Target::Host { host, include_subdomains: true }) if host.is_public_suffix() => Err(wrong(format!(
            "`{host}` is a public suffix: the names below it belong to others; --exact forgets that host alone"
        ))),
        Ok(target) => Ok(target),
    }
}

/// `example.org and everything below it`
fn named(target: &Target) -> String {
    match target {
        Target::Host { host, include_subdomains: true } if !host.is_ip() => format!("{host} and everything below it"),
        other => other.host().to_string(),
    }
}

fn ask(targets: &[Target]) -> anyhow::Result<()> {
    let names: Vec<String> = targets.iter().map(named).collect();
    let question = format!(
        "This erases {} from all crawls and snapshots, and keeps it out; it cannot be undone.",
        names.join(", ")
    );
    let (status, message) = match confirm(question)? {
        Some(true) => return Ok(()),
        Some(false) => (ExitStatus::Failure, "nothing was done"),
        None => (ExitStatus::Usage, "nobody is there to confirm that this cannot be undone"),
    };
    Err(Advised { status, message: message.to_owned(), hint: "--yes goes on without asking" }.into())
}

fn show(report: &Report, targets: &[Target], as_json: bool) -> anyhow::Result<()> {
    let Report { erased, snapshot, removed } = report;
    if as_json {
        let hosts: Vec<Host> = targets.iter().map(Target::host).collect();
        return print(json!({
            "hosts": hosts.iter().map(Host::as_str).collect::<Vec<_>>(),
            "visits": erased.visits,
            "links": erased.links,
            "files": erased.files,
            "crawls": erased.crawls,
            "snapshot": snapshot.map(|id| id.0),
            "removed_snapshots": removed.iter().map(|id| id.0).collect::<Vec<_>>(),
        }));
    }
    for target in targets {
        print(format_args!("{} is kept out from now on", named(target)))?;
    }
    print(format_args!(
        "{} visits and {} links erased from {} crawls",
        erased.visits,
        erased.links,
        erased.crawls.len()
    ))?;
    if let Some(snapshot) = snapshot {
        print(format_args!("snapshot {} is served; it holds nothing of it", snapshot.0))?;
    }
    for id in removed {
        print(format_args!("snapshot {} removed", id.0))?;
    }
    Ok(())
}

fn list(data: &DataDir, as_json: bool) -> anyhow::Result<ExitStatus> {
    let hosts = store::forgotten(data)?;
    let at = |seconds: i64| model::Timestamp::from_seconds(seconds).to_string();
    if as_json {
        let hosts: Vec<_> = hosts
            .iter()
            .map(|host| json!({ "host": host.host, "exact": host.exact, "forgotten_at": at(host.forgotten_at) }))
            .collect();
        print(json!({ "hosts": hosts }))?;
        return Ok(ExitStatus::Success);
    }
    for host in hosts {
        let below = if host.exact { "" } else { " and everything below it" };
        print(format_args!("{}  {}{below}", at(host.forgotten_at), host.host))?;
    }
    Ok(ExitStatus::Success)
}
