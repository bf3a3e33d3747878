//! The face of the DataForSEO Backlinks API v3. Everything that is as it is because the vendor has
//! it so (envelope, codes in an answer with status 200, nulls, task ids) is in this module.

mod appendix;
mod available_filters;
mod backlinks;
mod codes;
pub(crate) mod describe;
mod door;
mod envelope;
mod functions;
mod get;
mod history;
mod live;
mod note;
mod post;
mod posted;
mod reduced;
mod refusal;
mod reply;
mod skin;
mod task_id;
mod totals;
mod user_data;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::routing::{self, MethodRouter};

use self::appendix::Status;
use self::available_filters::AvailableFilters;
use self::backlinks::BacklinksLive;
use self::codes::Code;
use self::get::{Get, get};
use self::live::Posting;
use self::post::{Post, post};
use self::refusal::Refusal;
use self::reply::Reply;
use self::skin::{FORMS, Form, ROOTS, Shape, Skin};
use self::totals::Index;
use self::user_data::UserData;
use crate::app::App;

/// Rows in the shape of the API's `items`, ranks on a scale, for other faces of the program.
pub fn items(rows: &[query::Backlink], scale: query::RankScale) -> impl serde::Serialize + '_ {
    backlinks::Items::new(rows, scale)
}

/// The routes of the API, and the answers to paths and methods that nothing has.
pub(crate) fn routes() -> Router<App> {
    let mut routes = Router::new();
    for (suffix, form) in FORMS {
        let shape = Shape { skin: Skin::Vendor, form };
        routes = routes
            .route(&format!("/v3/appendix/errors{suffix}"), get_route::<appendix::Errors>(shape))
            .route(&format!("/v3/appendix/status{suffix}"), get_route::<Status>(shape))
            .route(&format!("/v3/appendix/user_data{suffix}"), get_route::<UserData>(shape));
        for (root, skin) in ROOTS {
            let shape = Shape { skin, form };
            routes = routes
                .route(&format!("{root}/backlinks/backlinks/live{suffix}"), post_route::<Posting<BacklinksLive>>(shape))
                .route(&format!("{root}/backlinks/id_list{suffix}"), post_route::<history::IdList>(shape))
                .route(&format!("{root}/backlinks/errors{suffix}"), post_route::<history::Errors>(shape))
                .route(&format!("{root}/backlinks/available_filters{suffix}"), get_route::<AvailableFilters>(shape))
                .route(&format!("{root}/backlinks/index{suffix}"), get_route::<Index>(shape));
        }
    }
    routes.fallback(no_such_path).method_not_allowed_fallback(no_such_method)
}

fn post_route<P: Post>(shape: Shape) -> MethodRouter<App> {
    routing::post(move |State(app): State<App>, request: Request| post::<P>(app, shape, request))
}

fn get_route<G: Get>(shape: Shape) -> MethodRouter<App> {
    routing::get(move |State(app): State<App>, request: Request| get::<G>(app, shape, request))
}

async fn no_such_path(State(app): State<App>, uri: Uri) -> Reply {
    let code = if Skin::of(uri.path()).is_some() { Code::InvalidPath } else { Code::NotFound };
    nothing_there(&app, &uri, &Refusal::new(code, "there is no such path"))
}

async fn no_such_method(State(app): State<App>, uri: Uri) -> Reply {
    nothing_there(&app, &uri, &Refusal::new(Code::NotFound, "the path does not have this method"))
}

fn nothing_there(app: &App, uri: &Uri, refusal: &Refusal) -> Reply {
    let shape = Shape { skin: Skin::of(uri.path()).unwrap_or(Skin::Vendor), form: Form::Whole };
    Reply::turned_away(app.index().published(), shape, refusal)
}
