//! How often one key may ask, and how much at once.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use server::keys::{KeyStore, NewKey};
use server::{Access, App, RequestLimits};

use crate::fake::{Answer, PATH, app_with, now, open_app, post, send};

fn limited_app(directory: &Path, per_minute: u32, at_once: u32) -> (App, KeyStore) {
    let mut limits = RequestLimits::default();
    limits.rates.per_minute = per_minute;
    limits.rates.at_once = at_once;
    let keys = Arc::new(KeyStore::open(directory).unwrap());
    (app_with(Access::Keys(keys), limits).0, KeyStore::open(directory).unwrap())
}

async fn ask(app: &App, key: &NewKey, path: &str, target: &str) -> Answer {
    let request = Request::post(path).header("authorization", format!("Bearer {}", key.expose()));
    send(app, request.body(Body::from(format!(r#"{{"target":"{target}"}}"#))).unwrap()).await
}

fn told(answer: &Answer) -> (&str, &str) {
    let header = |name| answer.headers.get(name).map_or("", |value: &axum::http::HeaderValue| value.to_str().unwrap());
    (header("x-ratelimit-limit"), header("x-ratelimit-remaining"))
}

#[tokio::test]
async fn every_answer_to_a_key_tells_how_many_requests_are_left() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = limited_app(directory.path(), 2000, 30);
    let key = keys.create("one", now()).unwrap();
    assert_eq!(told(&ask(&app, &key, PATH, "example.org").await), ("2000", "1999"));
    assert_eq!(told(&ask(&app, &key, PATH, " ").await).0, "2000", "refused tasks too");
    let index = Request::get("/v3/backlinks/index").header("authorization", format!("Bearer {}", key.expose()));
    assert_eq!(told(&send(&app, index.body(Body::empty()).unwrap()).await).0, "2000");
    assert_eq!(told(&post(&app, "").await), ("", ""), "who has no key learns nothing");
    assert_eq!(told(&post(&open_app(), "[]").await), ("", ""), "where no key is needed there is no limit");
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_refused_with_status_200_and_told_when_to_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = limited_app(directory.path(), 1, 30);
    let (key, other) = (keys.create("one", now()).unwrap(), keys.create("two", now()).unwrap());
    assert_eq!(ask(&app, &key, PATH, "example.org").await.codes(), (200, 20000, 20000));
    for path in [PATH, "/dataforseo/backlinks/backlinks/live"] {
        let answer = ask(&app, &key, path, "example.org").await;
        let expected = r#"{"version":"0.1.20261101","status_code":40202,"status_message":"The rate-limit per minute has been exceeded.","time":"0 sec.","cost":0,"tasks_count":0,"tasks_error":0,"tasks":null}"#;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, expected));
        assert_eq!(told(&answer), ("1", "0"));
        let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((50..=60).contains(&seconds), "{seconds}");
        assert!(answer.hint().contains("the next one is possible in"));
    }
    let reduced = ask(&app, &key, "/v3/backlinks/backlinks/live.ai", "example.org").await;
    assert_eq!(reduced.json()["status_code"], 40202);
    assert_eq!(ask(&app, &other, PATH, "example.org").await.codes(), (200, 20000, 20000), "another key may");
}

#[tokio::test]
async fn a_key_with_too_many_requests_under_way_is_refused_until_one_ends() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = limited_app(directory.path(), 2000, 1);
    let key = keys.create("one", now()).unwrap();
    let (slow, refused) =
        tokio::join!(ask(&app, &key, PATH, "slow.org"), async { ask(&app, &key, PATH, "example.org").await });
    assert_eq!(slow.codes(), (200, 20000, 20000));
    assert_eq!(refused.codes(), (200, 40209, 0));
    assert_eq!(refused.json()["status_message"], "Too many simultaneous queries.");
    assert_eq!(ask(&app, &key, PATH, "example.org").await.codes(), (200, 20000, 20000));
}
