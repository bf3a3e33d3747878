//! `backlinks query`: the question of the API, asked on the command line.

pub(super) mod csv;
pub(super) mod fields;
mod question;
pub(super) mod table;

use anyhow::Context;
use query::{BacklinksAnswer, BacklinksQuestion, Bounds, Index, Mode, Rows};
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
    let mut fields = fields::parse(&arguments.fields)?;
    if fields.is_empty() {
        fields.extend(if format == Format::Table { fields::TABLE_FIELDS } else { FIELDS });
        // In a table there is room for the rank of all of them alone.
        fields.extend((question.explain && format != Format::Table).then_some(fields::EXPLAIN));
    }
    let fields = &fields;
    let index = Index::open(settings.data()?, CACHE_BYTES)?;
    let mut bounds = Bounds::none();
    bounds.threads = super::threads();
    let answer = index.backlinks_within(&question, &bounds)?;
    let items = fields::select(items(&answer, &question)?, fields);
    let text = match format {
        Format::Table => {
            let width = terminal_width();
            let told = format!("{}: {}\n", arguments.target, told(&answer, &question));
            if items.is_empty() { told } else { told + &table::table(&items, fields, width) }
        }
        Format::Json => {
            let mut whole = json!({
                "target": arguments.target,
                "snapshot": answer.snapshot.0,
                "total_count": answer.total_count,
                "items": items,
            });
            if let Some(set) = answer.set_rank {
                let rank = question.scale.of(set.rank);
                whole["explain"] = json!({ "links": set.links, "passed": set.mass, "rank": rank });
            }
            format!("{whole}\n")
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
    let rank = answer.set_rank.map_or_else(String::new, |set| {
        format!("; their {} links together pass a rank of {}", set.links, question.scale.of(set.rank))
    });
    let earlier = question.as_of.map_or_else(String::new, |_| format!(", in snapshot {}", answer.snapshot.0));
    format!("{} {rows}, {} shown{earlier}{rank}", answer.total_count, answer.rows.len())
}
