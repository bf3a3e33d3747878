//! Kills `ingest` and `build` as often as it is told, and checks after each kill: `kills [--kills N] [--seed N]`.
//!
//! The program that is killed is this one, which then does what `backlinks` does. Points to be killed at are in
//! builds with debug assertions alone, so without `--release`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a check fails by panicking and tells figures")]

#[path = "../tests/it/dice.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod dice;
#[path = "../tests/it/killing/mod.rs"]
mod killing;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use openbacklinks::args::Arguments;
use openbacklinks::settings::{LogFormat, Settings, environment};
use openbacklinks::terminal::{Advised, report_error, start_log};

use killing::{Plan, Program, run};

/// Set for the processes that are to be killed.
const CHILD: &str = "KILLS_CHILD";

#[derive(Debug, Parser)]
struct Given {
    /// Kills in all.
    #[arg(long, default_value_t = 500)]
    kills: usize,
    /// Another seed kills at other instants, in another web.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    if environment(CHILD).is_some() {
        return backlinks();
    }
    let given = Given::parse();
    let program = Program::new(std::env::current_exe().unwrap(), Some((CHILD, "1")));
    run(&program, Plan { kills: given.kills, seed: given.seed });
    ExitCode::SUCCESS
}

/// What `main` of the program does.
fn backlinks() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = match Settings::resolve(arguments.given(), &environment, Path::new("")) {
        Ok(settings) => settings,
        Err(error) => return report_error(&Advised::from(error).into(), LogFormat::Text).into(),
    };
    start_log(settings.log);
    match openbacklinks::commands::run(&arguments.command, &settings) {
        Ok(status) => status.into(),
        Err(error) => report_error(&error, settings.log.format).into(),
    }
}
