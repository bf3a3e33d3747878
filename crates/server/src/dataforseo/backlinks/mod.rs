//! `POST /v3/backlinks/backlinks/live`: the links to a target, one for each referring page.

mod item;

use model::{Target, TargetError};
use query::{Backlink, BacklinksQuestion, LinkStatus};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

pub(super) use self::item::{Item, Items, RankScale};
use super::codes::Code;
use super::envelope::Function;
use super::live::Live;
use super::posted::Posted;
use super::refusal::Refusal;
use super::skin::Form;
use crate::app::{AnswerError, Backlinks};

pub(super) const LIMIT_DEFAULT: u32 = 100;
const LIMIT_DEFAULT_REDUCED: u32 = 10;
pub(super) const LIMIT_MAX: u32 = 1000;
pub(super) const OFFSET_MAX: u32 = 20_000;
pub(super) const TAG_CHARS: usize = 255;

/// Every field that may be posted. `rows` is our own; the last two belong to other functions of the
/// API, whose clients send them here too, and mean nothing.
pub(super) const FIELDS: &[&str] = &[
    "target",
    "mode",
    "custom_mode",
    "filters",
    "order_by",
    "offset",
    "search_after_token",
    "limit",
    "backlinks_status_type",
    "include_subdomains",
    "include_indirect_links",
    "exclude_internal_backlinks",
    "rank_scale",
    "tag",
    "rows",
    "backlinks_filters",
    "internal_list_limit",
];

/// Fields whose only value for now is the empty one.
const NOT_YET: &[&str] = &["custom_mode", "filters", "order_by", "search_after_token"];

/// The function.
pub(super) struct BacklinksLive;

/// What is asked, and what of it is repeated in the result.
struct Request {
    question: BacklinksQuestion,
    target: String,
    mode: Option<String>,
    scale: RankScale,
}

/// The result.
pub(super) struct Found {
    target: String,
    mode: Option<String>,
    scale: RankScale,
    total_count: u64,
    rows: Vec<Backlink>,
}

impl Live for BacklinksLive {
    const FUNCTION: &'static Function =
        &Function { api: "backlinks", name: "backlinks", number: 269, path: &["v3", "backlinks", "backlinks", "live"] };
    type Found = Found;

    fn run(index: &dyn Backlinks, posted: &Posted<'_>, form: Form) -> Result<Option<Found>, Refusal> {
        let Request { question, target, mode, scale } = Request::read(posted, form)?;
        let answer = index.backlinks(&question)?;
        let found = Found { target, mode, scale, total_count: answer.total_count, rows: answer.rows };
        Ok((found.total_count > 0).then_some(found))
    }

    fn items(found: &Found) -> impl Iterator<Item: Serialize> {
        Items::new(&found.rows, found.scale).each()
    }
}

impl Request {
    fn read(posted: &Posted<'_>, form: Form) -> Result<Self, Refusal> {
        posted.only(FIELDS)?;
        let include_subdomains = posted.flag("include_subdomains", true)?;
        let target = posted.text("target")?.ok_or_else(|| Refusal::field("target", "is required"))?;
        let parsed = Target::parse(&target, include_subdomains).map_err(|error| refuse_target(&error))?;
        let mode = read_mode(posted)?;
        for name in NOT_YET {
            refuse_unless_empty(posted, name)?;
        }
        let limit_default = match form {
            Form::Whole => LIMIT_DEFAULT,
            Form::Reduced => LIMIT_DEFAULT_REDUCED,
        };
        let choices = [("live", LinkStatus::Live), ("lost", LinkStatus::Lost), ("all", LinkStatus::All)];
        let question = BacklinksQuestion {
            offset: posted.integer("offset", 0, 0..=OFFSET_MAX)?,
            limit: posted.integer("limit", limit_default, 1..=LIMIT_MAX)?,
            status: posted.choice("backlinks_status_type", LinkStatus::Live, &choices)?,
            include_indirect: posted.flag("include_indirect_links", true)?,
            exclude_internal: posted.flag("exclude_internal_backlinks", true)?,
            ..BacklinksQuestion::new(parsed)
        };
        let scales = [("one_thousand", RankScale::OneThousand), ("one_hundred", RankScale::OneHundred)];
        let scale = posted.choice("rank_scale", RankScale::OneThousand, &scales)?;
        supported(posted, "rows", &[("per_page", true), ("per_link", false)])?;
        if posted.text("tag")?.is_some_and(|tag| tag.chars().count() > TAG_CHARS) {
            return Err(Refusal::field("tag", format!("must have at most {TAG_CHARS} characters")));
        }
        Ok(Self { question, target, mode, scale })
    }
}

fn read_mode(posted: &Posted<'_>) -> Result<Option<String>, Refusal> {
    supported(posted, "mode", &[("as_is", true), ("one_per_domain", false), ("one_per_anchor", false)])?;
    posted.text("mode")
}

/// Refuses a value that has no meaning, and one whose meaning is not there yet.
fn supported(posted: &Posted<'_>, name: &str, choices: &[(&str, bool)]) -> Result<(), Refusal> {
    if posted.choice(name, true, choices)? {
        return Ok(());
    }
    let supported: Vec<_> = choices.iter().filter(|(_, is_supported)| *is_supported).map(|(value, _)| *value).collect();
    Err(Refusal::field(name, format!("is not supported yet with this value, only with {}", supported.join(", "))))
}

fn refuse_unless_empty(posted: &Posted<'_>, name: &str) -> Result<(), Refusal> {
    let Some(raw) = posted.raw(name) else {
        return Ok(());
    };
    let is_empty = match raw.get().split_at_checked(1) {
        Some(("[", rest)) => rest.trim_start() == "]",
        Some(("{", rest)) => rest.trim_start() == "}",
        _ => raw.get() == "\"\"",
    };
    if is_empty { Ok(()) } else { Err(Refusal::field(name, "is not supported yet")) }
}

/// The reason without the text that was posted, which may hold what is nobody's business.
fn refuse_target(error: &TargetError) -> Refusal {
    let reason = match error {
        TargetError::Empty => "is empty",
        TargetError::NotAHost(_) => "is neither a domain nor an absolute URL; pages start with http:// or https://",
        TargetError::NotAUrl(_) => "is not a valid http or https URL",
        TargetError::UnknownSuffix(_) => "ends in a top-level domain that does not exist",
        TargetError::PublicSuffix(_) => "is a public suffix, not a domain; ask for a domain below it",
        _ => "is not valid",
    };
    Refusal::field("target", reason)
}

impl From<AnswerError> for Refusal {
    fn from(error: AnswerError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the index gave no answer");
        Self::new(Code::Internal, error.to_string())
    }
}

impl Serialize for Found {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut result = serializer.serialize_struct("Result", 7)?;
        result.serialize_field("target", &self.target)?;
        result.serialize_field("mode", &self.mode)?;
        result.serialize_field("custom_mode", &None::<()>)?;
        result.serialize_field("total_count", &self.total_count)?;
        result.serialize_field("items_count", &self.rows.len())?;
        result.serialize_field("items", &Items::new(&self.rows, self.scale))?;
        result.serialize_field("search_after_token", &None::<()>)?;
        result.end()
    }
}
