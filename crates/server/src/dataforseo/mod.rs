//! The face of the DataForSEO Backlinks API v3. Everything that is as it is because the vendor has
//! it so (envelope, codes in an answer with status 200, nulls, task ids) is in this module.

mod backlinks;
mod codes;
mod envelope;
mod live;
mod posted;
mod refusal;
mod reply;
mod task_id;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::routing::post;

use self::backlinks::BacklinksLive;
use self::codes::Code;
use self::live::live;
use self::refusal::Refusal;
use self::reply::Reply;
use crate::app::App;

/// Rows in the shape of the API's `items`, for other faces of the program.
pub fn items(rows: &[query::Backlink]) -> impl serde::Serialize + '_ {
    backlinks::Items(rows)
}

/// The routes of the API, and the answers to paths and methods that nothing has.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v3/backlinks/backlinks/live", post(backlinks_live))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
}

async fn backlinks_live(State(app): State<App>, request: Request) -> Reply {
    live::<BacklinksLive>(app, request).await
}

async fn no_such_path(State(app): State<App>, uri: Uri) -> Reply {
    let is_below_root = uri.path() == "/v3" || uri.path().starts_with("/v3/");
    let code = if is_below_root { Code::InvalidPath } else { Code::NotFound };
    Reply::refused(app.index().published(), &Refusal::new(code, "there is no such path"))
}

async fn no_such_method(State(app): State<App>) -> Reply {
    Reply::refused(app.index().published(), &Refusal::new(Code::NotFound, "the path does not have this method"))
}
