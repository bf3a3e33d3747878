//! What was typed to the question that the API would make of it.

use query::{
    AsOf, BacklinksQuestion, Field, Filter, GroupField, LinkStatus, Mode, RankScale, Rows, SortError, SortKey,
};

use crate::args::{ModeArgument, Query, RankScaleArgument, RowsArgument, StatusArgument};
use crate::nearest::nearest;
use crate::terminal::{Advised, ExitStatus};

/// Rows of a group that can be kept at most.
const MOST_OF_A_GROUP: u32 = 1000;

pub(super) fn question(arguments: &Query) -> anyhow::Result<BacklinksQuestion> {
    let target = crate::commands::target(&arguments.target, !arguments.no_subdomains)?;
    let mut question = BacklinksQuestion::new(target);
    question.status = match arguments.status {
        StatusArgument::Live => LinkStatus::Live,
        StatusArgument::Lost => LinkStatus::Lost,
        StatusArgument::All => LinkStatus::All,
    };
    question.exclude_internal = !arguments.include_internal;
    question.include_indirect = !arguments.no_indirect;
    question.rows = match arguments.rows {
        RowsArgument::PerPage => Rows::PerPage,
        RowsArgument::PerLink => Rows::PerLink,
    };
    question.filter = arguments.filter.as_deref().map(filter).transpose()?.flatten();
    question.mode = mode(arguments)?;
    question.order = order(&arguments.order_by)?;
    question.scale = match arguments.rank_scale {
        RankScaleArgument::OneThousand => RankScale::OneThousand,
        RankScaleArgument::OneHundred => RankScale::OneHundred,
    };
    question.as_of = arguments.as_of.as_deref().map(as_of).transpose()?;
    question.offset = arguments.offset;
    question.limit = arguments.limit;
    question.explain = arguments.explain;
    Ok(question)
}

/// An error of the command line.
fn wrong(message: String, hint: &'static str) -> Advised {
    Advised { status: ExitStatus::Usage, message, hint }
}

/// A filter; `[]` is none.
fn filter(text: &str) -> Result<Option<Filter>, Advised> {
    let hint = "a filter is JSON, such as '[\"dofollow\",\"=\",true]'; docs/api-compat.md has the whole language";
    Filter::parse(text).map_err(|error| wrong(format!("--filter: {error}"), hint))
}

fn as_of(text: &str) -> Result<AsOf, Advised> {
    let hint = "leave it out to ask the snapshot that is served";
    AsOf::parse(text).ok_or_else(|| wrong(format!("--as-of {}", AsOf::RULE), hint))
}

fn mode(arguments: &Query) -> Result<Mode, Advised> {
    let Some(text) = &arguments.custom_mode else {
        return Ok(match arguments.mode {
            ModeArgument::AsIs => Mode::AsIs,
            ModeArgument::OnePerDomain => Mode::OnePerDomain,
            ModeArgument::OnePerAnchor => Mode::OnePerAnchor,
        });
    };
    let hint = "write a field and how many rows of each of its values are kept, such as tld_from:3";
    let (name, value) =
        text.split_once(':').ok_or_else(|| wrong("--custom-mode: there is no colon".to_owned(), hint))?;
    let Some(field) = GroupField::parse(name) else {
        let known = GroupField::ALL.into_iter().map(|field| field.field().name());
        return Err(wrong(format!("--custom-mode: {}", unknown(name, known)), hint));
    };
    let value = value.parse().ok().filter(|value| (1..=MOST_OF_A_GROUP).contains(value));
    let value =
        value.ok_or_else(|| wrong(format!("--custom-mode: not a whole number from 1 to {MOST_OF_A_GROUP}"), hint))?;
    Ok(Mode::Custom { field, value })
}

fn order(texts: &[String]) -> Result<Vec<SortKey>, Advised> {
    SortKey::parse_all(texts).map_err(|(at, error)| {
        let name = texts.get(at).and_then(|text| text.split(',').next()).unwrap_or_default().trim();
        let reason = match error {
            SortError::UnknownField => unknown(name, Field::ALL.iter().map(|field| field.name())),
            other => format!("`{name}`: {other}"),
        };
        wrong(format!("--order-by: {reason}"), "write a field and a direction, such as rank,desc")
    })
}

fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("`{name}` is no field for this; the nearest is `{near}`"),
        None => format!("`{name}` is no field for this"),
    }
}
