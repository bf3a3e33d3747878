//! `backlinks config`

use serde_json::{Map, Value, json};

use crate::args::Config;
use crate::nearest::nearest;
use crate::settings::{Found, Origin, SETTINGS, Setting, Settings, unknown_variables};
use crate::terminal::{ExitStatus, note, print};

pub(super) fn run(arguments: &Config, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let file = settings.file.as_ref().map(|path| path.display().to_string());
    if arguments.json {
        let all: Map<String, Value> = settings.shown.iter().map(as_json).collect();
        print(json!({ "file": file, "settings": all }))?;
    } else {
        print(format_args!("# file: {}", file.as_deref().unwrap_or("none")))?;
        for entry in &settings.shown {
            let (value, origin) = told(entry.1.as_ref());
            print(format_args!("{:<26} {:<22} {origin}", entry.0.key, value.as_deref().unwrap_or("none")))?;
        }
    }
    for name in unknown_variables() {
        let known = SETTINGS.iter().map(|setting| setting.variable);
        let near = nearest(&name, known).map(|near| format!("; the nearest is {near}")).unwrap_or_default();
        note(format_args!("{name} is set, and is no setting{near}"));
    }
    Ok(ExitStatus::Success)
}

fn as_json((setting, found): &(&'static Setting, Option<Found>)) -> (String, Value) {
    let (value, from) = told(found.as_ref());
    let about = json!({ "value": value, "from": from.to_string(), "variable": setting.variable });
    (setting.key.to_owned(), about)
}

fn told(found: Option<&Found>) -> (Option<String>, &Origin) {
    match found {
        Some(found) => (Some(found.text.to_string_lossy().into_owned()), &found.origin),
        None => (None, &Origin::Default),
    }
}
