//! `backlinks`: see the README.

use std::process::ExitCode;

use clap::Parser;
use openbacklinks::args::Arguments;
use openbacklinks::{commands, terminal};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    terminal::start_log();
    match commands::run(arguments) {
        Ok(status) => status.into(),
        Err(error) => terminal::report_error(&error).into(),
    }
}
