//! `backlinks query`: the question of the API, asked on the command line.

mod csv;
mod fields;
mod question;
mod table;

use anyhow::Context;
use query::{BacklinksAnswer, BacklinksQuestion, Index, Mode, Rows};
use serde_json::{Value, json};

pub use fields::FIELDS;

use crate::args::{Format, Query};
use crate::settings::Settings;
use crate::terminal::{ExitStatus, print_text, terminal_width};
use fields::Item;

/// Decoded blocks kept while one question is answered.
const CACHE_BYTES: u64 = 64 << 20;

pub(super) fn run(arguments: &Query, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let question = question::question(arguments)?;
    let format = if arguments.output.json { Format::Json } else { arguments.format };
    let usual = if format == Format::Table { fields::TABLE_FIELDS } else { FIELDS };
    let named = fields::parse(&arguments.fields)?;
    let fields = if named.is_empty() { usual } else { &named };
    let index = Index::open(settings.data()?, CACHE_BYTES)?;
    let answer = index.backlinks(&question)?;
    let items = fields::select(items(&answer, &question)?, fields);
    let text = match format {
        Format::Table => {
            let width = terminal_width();
            let told = format!("{}: {}\n", arguments.target, told(&answer, &question));
            if items.is_empty() { told } else { told + &table::table(&items, fields, width) }
        }
        Format::Json => {
            let answer = json!({ "target": arguments.target, "total_count": answer.total_count, "items": items });
            format!("{answer}\n")
        }
        Format::Jsonl => items.into_iter().map(|item| Value::Object(item).to_string() + "\n").collect(),
        Format::Csv => csv::csv(&items, fields)?,
    };
    print_text(&text)?;
    Ok(ExitStatus::Success)
}

/// Rows as the API writes them.
fn items(answer: &BacklinksAnswer, question: &BacklinksQuestion) -> anyhow::Result<Vec<Item>> {
    let value = serde_json::to_value(server::items(&answer.rows, question.scale)).context("rows become JSON")?;
    serde_json::from_value(value).context("a row is an object")
}

fn told(answer: &BacklinksAnswer, question: &BacklinksQuestion) -> String {
    let rows = match (question.mode, question.rows) {
        (Mode::AsIs, Rows::PerPage) => "referring pages",
        (Mode::AsIs, Rows::PerLink) => "links",
        _ => "rows",
    };
    format!("{} {rows}, {} shown", answer.total_count, answer.rows.len())
}
