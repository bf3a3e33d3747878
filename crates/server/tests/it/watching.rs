//! What who runs the server sees of it.

use axum::body::Body;
use axum::http::Request;
use server::App;

use crate::auth::keyed_app;
use crate::fake::{PATH, now, open_app, post, send};

async fn metrics(app: &App) -> String {
    let answer = send(app, Request::get("/metrics").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    answer.body
}

fn value(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
}

#[tokio::test]
async fn metrics_count_answers_by_function_and_code_and_say_nothing_that_was_posted() {
    let app = open_app();
    post(&app, r#"{"target":"small.org"}"#).await;
    post(&app, r#"{"target":"many.org","limit":1000}"#).await;
    post(&app, r#"{"target":" ","tag":"secret"}"#).await;
    post(&app, "[").await;
    send(&app, Request::get("/v3/backlinks/index").body(Body::empty()).unwrap()).await;
    let metrics = metrics(&app).await;
    for (labels, count) in [
        (r#"function="backlinks/backlinks",code="20000""#, 2),
        (r#"function="backlinks/backlinks",code="40501""#, 1),
        (r#"function="backlinks/backlinks",code="40503""#, 1),
        (r#"function="backlinks/index",code="20000""#, 1),
    ] {
        assert_eq!(value(&metrics, &format!("openbacklinks_requests_total{{{labels}}}")), count, "{labels}");
    }
    let of = |name: &str| value(&metrics, &format!("openbacklinks_{name}"));
    assert_eq!(of(r#"request_seconds_count{function="backlinks/backlinks"}"#), 4);
    assert_eq!(of(r#"request_seconds_bucket{function="backlinks/backlinks",le="+Inf"}"#), 4);
    assert!(of(r#"request_seconds_bucket{function="backlinks/backlinks",le="0.001"}"#) <= 4);
    assert_eq!((of("rows_total"), of("requests_under_way"), of("ledger_lost_total")), (1002, 0, 0));
    assert_eq!((of("snapshot_number"), of("draining")), (7, 0));
    assert_eq!(of("snapshot_published_timestamp_seconds"), 1_793_491_200);
    assert!(of("answer_bytes_total") > 1_000_000);
    assert!(!metrics.contains("secret") && !metrics.contains("small.org"));
}

#[tokio::test]
async fn a_request_that_is_worked_on_is_under_way() {
    let app = open_app();
    let (_, seen) = tokio::join!(post(&app, r#"{"target":"slow.org"}"#), async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        metrics(&app).await
    });
    assert_eq!(value(&seen, "openbacklinks_requests_under_way"), 1);
    assert_eq!(value(&metrics(&app).await, "openbacklinks_requests_under_way"), 0);
}

#[tokio::test]
async fn who_is_turned_away_is_counted_and_metrics_need_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    keys.create("one", now()).unwrap();
    send(&app, Request::post(PATH).body(Body::empty()).unwrap()).await;
    let metrics = metrics(&app).await;
    assert_eq!(value(&metrics, r#"openbacklinks_requests_total{function="backlinks/backlinks",code="40100"}"#), 1);
}
