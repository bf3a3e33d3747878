//! Every code that is not about a field.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use server::{Access, RequestLimits};

use crate::fake::{PATH, app_with, open_app, post, send};

#[tokio::test]
async fn what_is_no_list_of_tasks_is_refused_whole() {
    for (body, code, message) in [
        ("", 40502, "POST Data Is Empty."),
        ("[]", 40502, "POST Data Is Empty."),
        ("null", 40502, "POST Data Is Empty."),
        ("{", 40503, "POST Data Is Invalid."),
        ("target=example.org", 40503, "POST Data Is Invalid."),
        ("\"x\"", 40503, "POST Data Is Invalid."),
    ] {
        let answer = post(&open_app(), body).await;
        let expected = format!(
            r#"{{"version":"0.1.20261101","status_code":{code},"status_message":"{message}","time":"0 sec.","cost":0,"tasks_count":0,"tasks_error":0,"tasks":null}}"#
        );
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &expected), "{body}");
        assert!(!answer.hint().is_empty());
    }
    assert_eq!(post(&open_app(), "[5]").await.codes(), (200, 20000, 40503));
    assert_eq!(post(&open_app(), format!("[{}0]", "0,".repeat(100))).await.codes(), (200, 40006, 0));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_whether_declared_or_not() {
    let long = "x".repeat((1 << 20) + 1);
    let undeclared = post(&open_app(), long.clone()).await;
    let declared = Request::post(PATH).header("content-length", long.len()).body(Body::from("x")).unwrap();
    for answer in [undeclared, send(&open_app(), declared).await] {
        assert_eq!(answer.codes(), (200, 40503, 0));
        assert_eq!(answer.hint(), "the body is longer than 1048576 bytes");
        assert_eq!(answer.headers["connection"], "close");
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused_with_its_reason() {
    let request = Request::post(PATH).header("content-encoding", "gzip").body(Body::from("x")).unwrap();
    let answer = send(&open_app(), request).await;
    assert_eq!(answer.codes(), (200, 40503, 0));
    assert!(answer.hint().contains("Content-Encoding"));
}

#[tokio::test]
async fn paths_and_methods_that_nothing_has_are_not_found() {
    for (method, path, code, message) in [
        (Method::POST, "/v3/backlinks/nothing/live", 40402, "Invalid Path."),
        (Method::POST, "/v3/backlinks/backlinks/live.xml", 40402, "Invalid Path."),
        (Method::GET, "/v3", 40402, "Invalid Path."),
        (Method::GET, "/", 40400, "Not Found."),
        (Method::GET, "/v30/x", 40400, "Not Found."),
        (Method::GET, PATH, 40400, "Not Found."),
        (Method::PUT, PATH, 40400, "Not Found."),
        (Method::OPTIONS, PATH, 40400, "Not Found."),
    ] {
        let request = Request::builder().method(method.clone()).uri(path).body(Body::empty()).unwrap();
        let answer = send(&open_app(), request).await;
        assert_eq!(answer.codes(), (404, code, 0), "{method} {path}");
        assert_eq!(answer.json()["status_message"], message);
        assert!(answer.json()["tasks"].is_null());
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn slashes_are_folded() {
    for path in
        ["//v3//backlinks/backlinks/live", "/v3/backlinks/backlinks/live/", "/v3/backlinks///backlinks/live//?x=1"]
    {
        let request = Request::post(path).body(Body::from(r#"{"target":"example.org"}"#)).unwrap();
        let answer = send(&open_app(), request).await;
        assert_eq!(answer.codes(), (200, 20000, 20000), "{path}");
        assert_eq!(answer.json()["tasks"][0]["path"], serde_json::json!(["v3", "backlinks", "backlinks", "live"]));
    }
}

#[tokio::test]
async fn corrupt_files_failures_and_panics_are_failed_tasks_and_never_rows() {
    for (target, hint) in [
        ("corrupt.org", "block 3 of `links/body/7` fails its checksum"),
        ("failed.org", "the index could not answer"),
        ("panics.org", "the work did not come to its end"),
    ] {
        let answer = post(&open_app(), format!(r#"{{"target":"{target}"}}"#)).await;
        assert_eq!(answer.codes(), (200, 20000, 50000), "{target}");
        let task = &answer.json()["tasks"][0];
        assert_eq!(task["status_message"], "Internal Error.");
        assert!(task["result"].is_null());
        assert_eq!(task["data"]["target"], target);
        assert_eq!(answer.hint(), hint);
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_timeout() {
    let mut limits = RequestLimits::default();
    limits.answer_deadline = Duration::from_millis(50);
    let (app, _) = app_with(Access::Open, limits);
    let answer = post(&app, r#"{"target":"slow.org"}"#).await;
    assert_eq!(answer.codes(), (200, 20000, 50401));
    assert_eq!(answer.json()["tasks"][0]["status_message"], "Internal Error - Timeout.");
}

#[tokio::test]
async fn a_question_that_needs_wider_bounds_is_asked_again_and_one_past_all_bounds_refused() {
    let (app, fake) = app_with(Access::Open, RequestLimits::default());
    assert_eq!(post(&app, r#"{"target":"large.org"}"#).await.codes(), (200, 20000, 20000));
    assert_eq!(fake.asked.lock().unwrap().len(), 2);
    let answer = post(&app, r#"{"target":"huge.org"}"#).await;
    assert_eq!(answer.codes(), (200, 20000, 40501));
    assert_eq!(answer.json()["tasks"][0]["status_message"], "Invalid Field: 'target'.");
    let hint = "target has too many links for this question, which needs more than 512 MiB of memory";
    assert_eq!(answer.hint(), hint);
}

#[tokio::test]
async fn health_needs_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let (app, _) = crate::auth::keyed_app(directory.path());
    for path in ["/health/livez", "/health/readyz"] {
        let answer = send(&app, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "ok\n"));
    }
}
