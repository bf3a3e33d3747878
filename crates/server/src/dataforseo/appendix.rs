//! `GET /v3/appendix/errors` and `/status`: what clients look up.
//!
//! Ours where the contract is silent: the status is `ok`, for who can say so is.

use schemars::JsonSchema;
use serde::Serialize;

use super::codes;
use super::envelope::Function;
use super::functions::FUNCTIONS;
use super::get::Get;
use super::refusal::Refusal;
use crate::app::App;
use crate::auth::Caller;

/// Every code, with its message.
pub(super) struct Errors;
/// Which functions work.
pub(super) struct Status;

/// A code of the table.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ListedCode {
    code: u16,
    message: &'static str,
}

/// An API and its functions.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ApiStatus {
    api: &'static str,
    status: &'static str,
    endpoints: Vec<EndpointStatus>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct EndpointStatus {
    endpoint: String,
    status: &'static str,
}

impl Get for Errors {
    const FUNCTION: &'static Function =
        &Function { api: "appendix", name: "errors", number: 161, path: &["v3", "appendix", "errors"] };
    type Found = ListedCode;

    fn run(_: &App, _: &Caller) -> Result<Vec<ListedCode>, Refusal> {
        Ok(codes::all().into_iter().map(|(code, message)| ListedCode { code, message }).collect())
    }
}

impl Get for Status {
    const FUNCTION: &'static Function =
        &Function { api: "appendix", name: "status", number: 162, path: &["v3", "appendix", "status"] };
    type Found = ApiStatus;

    fn run(_: &App, _: &Caller) -> Result<Vec<ApiStatus>, Refusal> {
        let status = |api| {
            let of_api = FUNCTIONS.iter().filter(|function| function.api == api);
            let path = |function: &&Function| EndpointStatus {
                endpoint: format!("/{}", function.path.join("/")),
                status: "ok",
            };
            ApiStatus { api, status: "ok", endpoints: of_api.map(path).collect() }
        };
        Ok(vec![status("backlinks"), status("appendix")])
    }
}
