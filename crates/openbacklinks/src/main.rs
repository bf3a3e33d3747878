//! `backlinks`: see the README.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use openbacklinks::args::Arguments;
use openbacklinks::settings::{CONFIG_VARIABLE, LogFormat, Settings, environment};
use openbacklinks::terminal::{Advised, note, report_error, start_log};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = match Settings::resolve(arguments.given(), &environment, Path::new("")) {
        Ok(settings) => settings,
        Err(error) => return report_error(&Advised::from(error).into(), LogFormat::Text).into(),
    };
    start_log(settings.log);
    tell_file(&arguments, &settings);
    match openbacklinks::commands::run(&arguments.command, &settings) {
        Ok(status) => status.into(),
        Err(error) => report_error(&error, settings.log.format).into(),
    }
}

/// A file that nobody named changes what is done: that is told.
fn tell_file(arguments: &Arguments, settings: &Settings) {
    let is_named = arguments.config.is_some() || environment(CONFIG_VARIABLE).is_some_and(|path| !path.is_empty());
    let Some(path) = settings.file.as_deref().filter(|_| !is_named) else { return };
    match settings.log.format {
        LogFormat::Json => tracing::info!(config.file = %path.display(), "settings are read from {}", path.display()),
        LogFormat::Text if arguments.is_quiet() => {}
        LogFormat::Text => note(format_args!("settings are read from {}", path.display())),
    }
}
