//! `POST /v3/backlinks/id_list` and `/v3/backlinks/errors`: what was answered to the key that asks.
//!
//! Both are free and read the ledger. Ours where the vendor is silent: tasks are in the order of
//! their answers, errors begin with the newest, `url` is the path that was asked, `status` the
//! message of the task, and `http_response` is null, for answers are not kept.

use std::ops::RangeInclusive;

use model::Timestamp;
use query::Bounds;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::codes::Code;
use super::envelope::Function;
use super::post::{Answered, Asked, Halt, Post};
use super::posted::Posted;
use super::refusal::Refusal;
use crate::auth::Caller;
use crate::ledger::{DAYS, Entry, LedgerError, METADATA_DAYS, Wanted, What};
use crate::money::Usd;

pub(super) const LIMIT: RangeInclusive<u32> = 1..=1000;
pub(super) const LIMIT_DEFAULT: u32 = 1000;
pub(super) const OFFSET: RangeInclusive<u32> = 0..=1_000_000;

const ERROR_DAYS: i64 = 7;
const DAY: i64 = 86_400;

/// Tasks of a period.
pub(super) struct IdList;
/// Tasks and requests of the last days that failed.
pub(super) struct Errors;

/// A task that was answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Listed {
    id: String,
    url: String,
    datetime_posted: String,
    datetime_done: String,
    status: String,
    cost: Usd,
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    metadata: Option<Box<RawValue>>,
}

/// A task or a request that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Failed {
    id: String,
    datetime: String,
    function: String,
    error_code: u16,
    error_message: String,
    http_url: String,
    http_method: String,
    http_code: u16,
    /// In seconds.
    http_time: f64,
    http_response: Option<String>,
}

impl IdList {
    pub(super) const FIELDS: &[&str] = &["datetime_from", "datetime_to", "limit", "offset", "sort", "include_metadata"];
}

impl Errors {
    pub(super) const FIELDS: &[&str] = &["limit", "offset", "filtered_function", "datetime_from", "datetime_to"];
}

impl Post for IdList {
    const FUNCTION: &'static Function =
        &Function { api: "backlinks", name: "id_list", number: 333, path: &["v3", "backlinks", "id_list"] };
    const HAS_PRICE: bool = false;
    type Found = Listed;

    fn run(asked: &Asked, posted: &Posted<'_>, _: &Bounds) -> Result<Answered<Listed>, Halt> {
        let Asked { app, caller, .. } = asked;
        posted.only(Self::FIELDS)?;
        let now = app.now();
        let required = |name| Refusal::field(name, "is required");
        let from = time(posted, "datetime_from")?.ok_or_else(|| required("datetime_from"))?;
        let to = time(posted, "datetime_to")?.ok_or_else(|| required("datetime_to"))?;
        check_period(from, to, now, DAYS, "six months")?;
        let has_metadata = posted.flag("include_metadata", false)?;
        let newest_first = posted.choice("sort", false, &[("asc", false), ("desc", true)])?;
        let wanted = wanted(caller, posted, (from, to), What::Tasks, newest_first)?;
        let metadata_since = now.seconds() - METADATA_DAYS * DAY;
        let listed = |entry: Entry| {
            let has_metadata = has_metadata && entry.fixed.posted.seconds() >= metadata_since;
            let metadata = entry.metadata.filter(|_| has_metadata).and_then(|text| RawValue::from_string(text).ok());
            Listed {
                id: entry.id,
                url: entry.url,
                datetime_posted: entry.fixed.posted.to_string(),
                datetime_done: entry.fixed.done.to_string(),
                status: entry.message,
                cost: entry.fixed.cost,
                metadata,
            }
        };
        let found = app.ledger().list(&wanted).map_err(Refusal::from)?.into_iter().map(listed).collect();
        Ok(Answered { found, snapshot: None })
    }

    fn items(found: &[Listed]) -> impl Iterator<Item: Serialize> {
        found.iter()
    }
}

impl Post for Errors {
    const FUNCTION: &'static Function =
        &Function { api: "backlinks", name: "errors", number: 332, path: &["v3", "backlinks", "errors"] };
    const HAS_PRICE: bool = false;
    type Found = Failed;

    fn run(asked: &Asked, posted: &Posted<'_>, _: &Bounds) -> Result<Answered<Failed>, Halt> {
        let Asked { app, caller, .. } = asked;
        posted.only(Self::FIELDS)?;
        let now = app.now();
        let week_ago = Timestamp::from_seconds(now.seconds() - ERROR_DAYS * DAY);
        let from = time(posted, "datetime_from")?.unwrap_or(week_ago);
        let to = time(posted, "datetime_to")?.unwrap_or_else(|| now.max(from));
        check_period(from, to, now, ERROR_DAYS, "seven days")?;
        let function = posted.text("filtered_function")?;
        let what = What::Errors { ok: Code::Ok.number(), function };
        let wanted = wanted(caller, posted, (from.max(week_ago), to), what, true)?;
        let failed = |entry: Entry| Failed {
            id: entry.id,
            datetime: entry.fixed.done.to_string(),
            function: entry.function,
            error_code: entry.fixed.code,
            error_message: entry.message,
            http_url: entry.url,
            http_method: entry.method,
            http_code: entry.fixed.http_status,
            http_time: f64::from(entry.fixed.elapsed_micros) / 1e6,
            http_response: None,
        };
        let found = app.ledger().list(&wanted).map_err(Refusal::from)?.into_iter().map(failed).collect();
        Ok(Answered { found, snapshot: None })
    }

    fn items(found: &[Failed]) -> impl Iterator<Item: Serialize> {
        found.iter()
    }
}

/// A point in time: `2026-11-23 21:47:49 +00:00`, and what else is ISO 8601 with a whole date.
fn time(posted: &Posted<'_>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = posted.text(name)? else { return Ok(None) };
    let has_date = text.trim().bytes().filter(|&byte| byte == b'-').count() >= 2;
    let time = Timestamp::parse_iso(&text).filter(|_| has_date);
    time.map(Some).ok_or_else(|| Refusal::field(name, "must be a time such as 2026-11-23 21:47:49 +00:00"))
}

/// A day more than was said passes, for clients that round.
fn check_period(from: Timestamp, to: Timestamp, now: Timestamp, days: i64, said: &str) -> Result<(), Refusal> {
    if from.seconds() < now.seconds() - (days + 1) * DAY {
        return Err(Refusal::field("datetime_from", format!("must not be more than {said} ago")));
    }
    if to < from {
        return Err(Refusal::field("datetime_to", "must not be before datetime_from"));
    }
    Ok(())
}

fn wanted(
    caller: &Caller,
    posted: &Posted<'_>,
    (from, to): (Timestamp, Timestamp),
    what: What,
    newest_first: bool,
) -> Result<Wanted, Refusal> {
    Ok(Wanted {
        account: caller.account,
        from,
        to,
        what,
        offset: posted.integer("offset", 0, OFFSET)?.into(),
        limit: posted.integer("limit", LIMIT_DEFAULT, LIMIT)? as usize,
        newest_first,
    })
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the usage cannot be read");
        Self::new(Code::Internal, "the usage cannot be read")
    }
}
