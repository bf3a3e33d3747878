//! `GET /v3/appendix/…`: what clients ask first, to see whether they may and whether we are well.
//!
//! The contract names the fields and little more. Ours where it is silent: what costs nothing and has
//! no bound is zero or empty, the time zone is UTC, and the status is `ok`, for who can say so is.

use serde::Serialize;
use serde_json::{Value, json};

use super::available_filters::AvailableFilters;
use super::backlinks::BacklinksLive;
use super::codes;
use super::envelope::Function;
use super::get::Get;
use super::live::Live;
use super::refusal::Refusal;
use super::totals::Index;
use crate::app::App;
use crate::auth::Caller;

/// Every code, with its message.
pub(super) struct Errors;
/// Which functions work.
pub(super) struct Status;
/// Who asks.
pub(super) struct UserData;

/// A code of the table.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    code: u16,
    message: &'static str,
}

impl Get for Errors {
    const FUNCTION: &'static Function =
        &Function { api: "appendix", name: "errors", number: 161, path: &["v3", "appendix", "errors"] };
    type Found = Listed;

    fn run(_: &App, _: &Caller) -> Result<Vec<Listed>, Refusal> {
        Ok(codes::all().into_iter().map(|(code, message)| Listed { code, message }).collect())
    }
}

impl Get for Status {
    const FUNCTION: &'static Function =
        &Function { api: "appendix", name: "status", number: 162, path: &["v3", "appendix", "status"] };
    type Found = Value;

    fn run(_: &App, _: &Caller) -> Result<Vec<Value>, Refusal> {
        let status = |api: &str, functions: &[&Function]| {
            let path =
                |function: &&Function| json!({"endpoint": format!("/{}", function.path.join("/")), "status": "ok"});
            json!({"api": api, "status": "ok", "endpoints": functions.iter().map(path).collect::<Vec<_>>()})
        };
        Ok(vec![
            status("backlinks", &[BacklinksLive::FUNCTION, AvailableFilters::FUNCTION, Index::FUNCTION]),
            status("appendix", &[Errors::FUNCTION, Self::FUNCTION, UserData::FUNCTION]),
        ])
    }
}

impl Get for UserData {
    const FUNCTION: &'static Function =
        &Function { api: "appendix", name: "user_data", number: 160, path: &["v3", "appendix", "user_data"] };
    type Found = Value;

    fn run(app: &App, caller: &Caller) -> Result<Vec<Value>, Refusal> {
        let per_minute = app.limits().rates.per_minute;
        let limits = caller.login.as_ref().map_or(json!({}), |_| json!({"minute": {"total": per_minute}}));
        Ok(vec![json!({
            "login": caller.login.as_ref().map_or("anonymous", |id| id.as_str()),
            "timezone": "UTC",
            "rates": {"limits": limits, "statistics": {}},
            "money": {
                "total": 0,
                "balance": 0,
                "limits": {"day": {"total": 0}, "minute": {"total": 0}},
                "statistics": {"day": {"total": 0}, "minute": {"total": 0}},
            },
            "price": {},
            "backlinks_subscription_expiry_date": null,
        })])
    }
}
