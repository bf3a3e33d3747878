//! One file a command.

mod build;
mod demo;
mod ingest;
mod inspect;
mod keys;
mod query;
mod serve;

use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;

use crate::args::{Arguments, Command};
use crate::terminal::ExitStatus;

/// Runs a command; an error is for [`crate::terminal::report_error`].
pub fn run(arguments: Arguments) -> anyhow::Result<ExitStatus> {
    match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Ingest(arguments) => ingest::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Query(arguments) => query::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
    }
}

/// The only place that reads the clock.
#[expect(clippy::disallowed_methods, reason = "the program is where time comes from")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(since.as_secs() as i64)
}

/// As many threads as the machine has cores.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
