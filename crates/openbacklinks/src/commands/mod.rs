//! One file a command.

mod build;
mod config;
mod crawls;
mod demo;
mod events;
mod forget;
mod ingest;
mod inspect;
mod keys;
pub mod query;
mod serve;
mod snapshots;

use std::time::{SystemTime, UNIX_EPOCH};

use model::{Target, Timestamp};
use serde_json::Value;

use crate::args::Command;
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus};

/// Runs a command; an error is for [`crate::terminal::report_error`].
pub fn run(command: &Command, settings: &Settings) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Demo(arguments) => demo::run(arguments, settings),
        Command::Ingest(arguments) => ingest::run(arguments, settings),
        Command::Build(arguments) => build::run(arguments, settings),
        Command::Serve(_) => serve::run(settings),
        Command::Query(arguments) => query::run(arguments, settings),
        Command::Events(arguments) => events::run(arguments, settings),
        Command::Crawls(arguments) => crawls::run(arguments, settings),
        Command::Snapshots(arguments) => snapshots::run(arguments, settings),
        Command::Forget(arguments) => forget::run(arguments, settings),
        Command::Keys(arguments) => keys::run(arguments, settings),
        Command::Inspect(arguments) => inspect::run(arguments, settings),
        Command::Config(arguments) => config::run(arguments, settings),
    }
}

/// The only place that reads the clock.
#[expect(clippy::disallowed_methods, reason = "the program is where time comes from")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(since.as_secs() as i64)
}

/// The target that was typed.
fn target(text: &str, include_subdomains: bool) -> Result<Target, Advised> {
    Target::parse(text, include_subdomains).map_err(|error| Advised {
        status: ExitStatus::Usage,
        message: error.to_string(),
        hint: "ask for a domain (example.org), a subdomain (blog.example.org) or a page (https://example.org/)",
    })
}

/// A row for a table.
fn item(value: Value) -> query::fields::Item {
    match value {
        Value::Object(item) => item,
        _ => query::fields::Item::new(),
    }
}

/// As many threads as the machine has cores.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
