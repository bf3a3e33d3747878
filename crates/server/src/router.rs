//! Every route on one screen.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::app::App;
use crate::dataforseo;
use crate::fold::fold_slashes;
use crate::metrics;
use crate::openapi;

/// The routes as a service; [`serve`](crate::serve) puts it on a listener.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/health/livez", get(alive))
        .route("/health/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi::json_document))
        .route("/docs", get(openapi::page))
        .merge(dataforseo::routes())
        .layer(map_response(secure))
        .with_state(app);
    // Around the routes, not a layer of them: layers run after a route was chosen.
    Router::new().fallback_service(MapRequestLayer::new(fold_slashes).layer(routes))
}

/// The process lives.
async fn alive() -> &'static str {
    "ok\n"
}

/// New requests are welcome; an index is open before the server runs.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.is_draining() { (StatusCode::SERVICE_UNAVAILABLE, "draining\n") } else { (StatusCode::OK, "ok\n") }
}

async fn metrics(State(app): State<App>) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::text(&app))
}

/// Answers are for who asked, and are what their content type says.
async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
