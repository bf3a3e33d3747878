//! `POST /v3/backlinks/backlinks/live`: the links to a target, one for each referring page.

mod explain;
mod item;
mod token;

use std::borrow::Cow;

use model::{Target, TargetError};
use query::{
    AsOf, Backlink, BacklinksQuestion, Bounds, Filter, GroupField, LinkStatus, Mode, RankScale, Rows, SortKey,
};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

pub(super) use self::explain::OfSet;
pub(super) use self::item::{Item, Items};
use super::codes::Code;
use super::envelope::Function;
use super::live::Live;
use super::post::{Answered, Halt};
use super::posted::Posted;
use super::refusal::Refusal;
use super::skin::Form;
use crate::app::{AnswerError, App};
use crate::secret::TokenSecret;

pub(super) const LIMIT_DEFAULT: u32 = 100;
const LIMIT_DEFAULT_REDUCED: u32 = 10;
pub(super) const LIMIT_MAX: u32 = 1000;
pub(super) const OFFSET_MAX: u32 = 20_000;
pub(super) const TAG_CHARS: usize = 255;
pub(super) const GROUP_ROWS_MAX: u32 = 1000;

/// Every field that may be posted. `rows`, `explain` and `as_of` are our own; the last two belong to other functions of the
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
    "explain",
    "as_of",
    "backlinks_filters",
    "internal_list_limit",
];

/// The function.
pub(super) struct BacklinksLive;

/// What is asked, and what of it is repeated in the result.
struct Request<'a> {
    question: BacklinksQuestion,
    echo: Echo<'a>,
}

/// Fields of the request that the result repeats as they were posted.
struct Echo<'a> {
    target: String,
    mode: Option<String>,
    custom_mode: Option<&'a RawValue>,
}

/// The result.
pub(super) struct Found {
    target: String,
    mode: Option<String>,
    custom_mode: Option<Box<RawValue>>,
    scale: RankScale,
    total_count: u64,
    rows: Vec<Backlink>,
    search_after_token: Option<String>,
    explain: Option<OfSet>,
}

/// `custom_mode` as it is posted. The value is read as text, so that `1.0` is not taken for a whole
/// number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomMode<'a> {
    #[serde(borrow)]
    field: Option<Cow<'a, str>>,
    value: Option<u32>,
}

impl Live for BacklinksLive {
    const FUNCTION: &'static Function =
        &Function { api: "backlinks", name: "backlinks", number: 269, path: &["v3", "backlinks", "backlinks", "live"] };
    type Found = Found;

    fn run(app: &App, posted: &Posted<'_>, form: Form, bounds: &Bounds) -> Result<Answered<Found>, Halt> {
        let Request { question, echo } = Request::read(app.token_secret(), posted, form)?;
        let answer = app.index().backlinks(&question, bounds).map_err(Halt::from)?;
        let token = answer.next.map(|position| token::seal(app.token_secret(), &question, position));
        let found = Found {
            target: echo.target,
            mode: echo.mode,
            custom_mode: echo.custom_mode.map(ToOwned::to_owned),
            scale: question.scale,
            total_count: answer.total_count,
            rows: answer.rows,
            search_after_token: token,
            explain: answer.set_rank.map(|set| OfSet::new(set, question.scale)),
        };
        let found = (found.total_count > 0).then_some(found);
        Ok(Answered { found: found.into_iter().collect(), snapshot: Some(answer.snapshot) })
    }

    fn items(found: &Found) -> impl Iterator<Item: Serialize> {
        Items::new(&found.rows, found.scale).each()
    }
}

impl<'a> Request<'a> {
    fn read(secret: &TokenSecret, posted: &Posted<'a>, form: Form) -> Result<Self, Refusal> {
        posted.only(FIELDS)?;
        let include_subdomains = posted.flag("include_subdomains", true)?;
        let target = posted.text("target")?.ok_or_else(|| Refusal::field("target", "is required"))?;
        let parsed = Target::parse(&target, include_subdomains).map_err(|error| refuse_target(&error))?;
        let limit_default = match form {
            Form::Whole => LIMIT_DEFAULT,
            Form::Reduced => LIMIT_DEFAULT_REDUCED,
        };
        let modes =
            [("as_is", Mode::AsIs), ("one_per_domain", Mode::OnePerDomain), ("one_per_anchor", Mode::OnePerAnchor)];
        let mode = posted.choice("mode", Mode::AsIs, &modes)?;
        let choices = [("live", LinkStatus::Live), ("lost", LinkStatus::Lost), ("all", LinkStatus::All)];
        let scales = [("one_thousand", RankScale::OneThousand), ("one_hundred", RankScale::OneHundred)];
        let kinds = [("per_page", Rows::PerPage), ("per_link", Rows::PerLink)];
        let mut question = BacklinksQuestion {
            status: posted.choice("backlinks_status_type", LinkStatus::Live, &choices)?,
            include_indirect: posted.flag("include_indirect_links", true)?,
            exclude_internal: posted.flag("exclude_internal_backlinks", true)?,
            rows: posted.choice("rows", Rows::PerPage, &kinds)?,
            mode: read_custom_mode(posted)?.unwrap_or(mode),
            filter: read_filter(posted)?,
            order: read_order(posted)?,
            scale: posted.choice("rank_scale", RankScale::OneThousand, &scales)?,
            offset: posted.integer("offset", 0, 0..=OFFSET_MAX)?,
            limit: posted.integer("limit", limit_default, 1..=LIMIT_MAX)?,
            explain: posted.flag("explain", false)?,
            as_of: read_as_of(posted)?,
            ..BacklinksQuestion::new(parsed)
        };
        if posted.text("tag")?.is_some_and(|tag| tag.chars().count() > TAG_CHARS) {
            return Err(Refusal::field("tag", format!("must have at most {TAG_CHARS} characters")));
        }
        if let Some(token) = posted.text("search_after_token")?.filter(|token| !token.is_empty()) {
            let position = token::open(secret, &question, &token);
            question.after = Some(position.map_err(|error| Refusal::field("search_after_token", error.to_string()))?);
        }
        let custom_mode = posted.raw("custom_mode").filter(|raw| !is_empty_object(raw));
        Ok(Self { question, echo: Echo { target, mode: posted.text("mode")?, custom_mode } })
    }
}

/// Overrides the mode if it is there; `{}` is as good as absent.
fn read_custom_mode(posted: &Posted<'_>) -> Result<Option<Mode>, Refusal> {
    const FIELD: &str = "custom_mode";
    let Some(raw) = posted.raw(FIELD).filter(|raw| !is_empty_object(raw)) else { return Ok(None) };
    let rule = || format!("must be {{field, value}} with a value from 1 to {GROUP_ROWS_MAX}");
    let read: CustomMode<'_> = serde_json::from_str(raw.get()).map_err(|_| Refusal::field(FIELD, rule()))?;
    let (Some(field), Some(value)) = (read.field, read.value) else {
        return Err(Refusal::field(FIELD, "needs both field and value"));
    };
    let Some(field) = GroupField::parse(&field) else {
        let names = GroupField::ALL.map(|group| group.field().name());
        return Err(Refusal::field(FIELD, format!("has a field that is none of: {}", names.join(", "))));
    };
    if (1..=GROUP_ROWS_MAX).contains(&value) {
        Ok(Some(Mode::Custom { field, value }))
    } else {
        Err(Refusal::field(FIELD, rule()))
    }
}

fn read_filter(posted: &Posted<'_>) -> Result<Option<Filter>, Refusal> {
    let Some(raw) = posted.raw("filters").filter(|raw| raw.get() != "\"\"") else { return Ok(None) };
    Filter::parse(raw.get()).map_err(|error| Refusal::reasoned("filters", error.to_string()))
}

fn read_order(posted: &Posted<'_>) -> Result<Vec<SortKey>, Refusal> {
    const FIELD: &str = "order_by";
    let Some(raw) = posted.raw(FIELD).filter(|raw| raw.get() != "\"\"") else { return Ok(Vec::new()) };
    let texts: Vec<Cow<'_, str>> = serde_json::from_str(raw.get())
        .map_err(|_| Refusal::field(FIELD, "must be a list of strings such as \"rank,desc\""))?;
    SortKey::parse_all(&texts).map_err(|(at, error)| Refusal::reasoned(FIELD, format!("{FIELD}[{at}]: {error}")))
}

/// A number may be posted as it is.
fn read_as_of(posted: &Posted<'_>) -> Result<Option<AsOf>, Refusal> {
    const FIELD: &str = "as_of";
    let Some(raw) = posted.raw(FIELD) else { return Ok(None) };
    let text: Cow<'_, str> = serde_json::from_str(raw.get()).unwrap_or(Cow::Borrowed(raw.get()));
    AsOf::parse(&text).map(Some).ok_or_else(|| Refusal::field(FIELD, AsOf::RULE))
}

fn is_empty_object(raw: &RawValue) -> bool {
    let inside = raw.get().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|inside| inside.trim().is_empty()) || raw.get() == "\"\""
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

impl From<AnswerError> for Halt {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::TooManyRows => Self::NeedsMore,
            other => Self::Refused(other.into()),
        }
    }
}

impl From<AnswerError> for Refusal {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Position { reason } => return Self::field("search_after_token", reason),
            AnswerError::AsOf { reason } => return Self::field("as_of", reason),
            AnswerError::TooLarge { memory_bytes } => {
                let mib = memory_bytes >> 20;
                let reason = format!("has too many links for this question, which needs more than {mib} MiB of memory");
                return Self::field("target", reason);
            }
            AnswerError::CalledOff => return Self::new(Code::Timeout, error.to_string()),
            _ => {}
        }
        tracing::error!(error = &error as &dyn std::error::Error, "the index gave no answer");
        Self::new(Code::Internal, error.to_string())
    }
}

impl Serialize for Found {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut result = serializer.serialize_struct("Result", 7 + usize::from(self.explain.is_some()))?;
        result.serialize_field("target", &self.target)?;
        result.serialize_field("mode", &self.mode)?;
        result.serialize_field("custom_mode", &self.custom_mode)?;
        result.serialize_field("total_count", &self.total_count)?;
        result.serialize_field("items_count", &self.rows.len())?;
        result.serialize_field("items", &Items::new(&self.rows, self.scale))?;
        result.serialize_field("search_after_token", &self.search_after_token)?;
        if let Some(explain) = &self.explain {
            result.serialize_field("explain", explain)?;
        }
        result.end()
    }
}
