//! Keys over HTTP.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use server::keys::KeyStore;
use server::{Access, App, RequestLimits};

use crate::fake::{Answer, PATH, app_with, now, open_app, send};

const TASK: &str = r#"{"target":"example.org"}"#;

/// An app whose keys are in `directory`, and another view of them, as another program has it.
pub(crate) fn keyed_app(directory: &Path) -> (App, KeyStore) {
    let keys = Arc::new(KeyStore::open(directory).unwrap());
    (app_with(Access::Keys(keys), RequestLimits::default()).0, KeyStore::open(directory).unwrap())
}

async fn with_header(app: &App, authorization: &str) -> Answer {
    let request = Request::post(PATH).header("authorization", authorization).body(Body::from(TASK)).unwrap();
    send(app, request).await
}

fn basic(login: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{login}:{password}")))
}

fn assert_refused(answer: &Answer, hint: &str) {
    let expected = r#"{"version":"0.1.20261101","status_code":40100,"status_message":"You are not authorized to access this resource.","time":"0 sec.","cost":0,"tasks_count":0,"tasks_error":0,"tasks":null}"#;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, expected));
    assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
    assert!(answer.hint().contains(hint), "{}", answer.hint());
}

#[tokio::test]
async fn a_key_is_good_as_password_and_as_token() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let first = keys.create("first", now()).unwrap();
    let second = keys.create("second", now()).unwrap();
    let bearer = format!("Bearer {}", second.expose());
    for (header, account) in [
        (basic(first.id().as_str(), first.expose()), "-0001-0269-"),
        (basic("anything", first.expose()), "-0001-0269-"),
        (bearer, "-0002-0269-"),
    ] {
        let answer = with_header(&app, &header).await;
        assert_eq!(answer.codes(), (200, 20000, 20000));
        assert!(answer.json()["tasks"][0]["id"].as_str().unwrap().contains(account));
    }
}

#[tokio::test]
async fn who_shows_no_good_key_is_refused_with_the_whole_envelope() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    let missing = send(&app, Request::post(PATH).body(Body::from(TASK)).unwrap()).await;
    assert_refused(&missing, "no credentials");
    let swapped = basic(key.expose(), key.id().as_str());
    let mut typo = key.expose().to_owned();
    let last = if typo.pop() == Some('a') { 'b' } else { 'a' };
    typo.push(last);
    let elsewhere = tempfile::tempdir().unwrap();
    let foreign = KeyStore::open(elsewhere.path()).unwrap().create("x", now()).unwrap();
    for (header, hint) in [
        ("Digest x".to_owned(), "neither Basic nor Bearer"),
        ("Basic !".to_owned(), "malformed"),
        (basic("login", "password"), "a key has the form bl_<id>_<secret>"),
        (swapped, "a key has the form"),
        (basic("login", &typo), "typo"),
        (format!("Bearer {}", foreign.expose()), "not known here"),
    ] {
        assert_refused(&with_header(&app, &header).await, hint);
    }
}

#[tokio::test]
async fn a_key_revoked_by_another_program_is_out_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    let header = basic("x", key.expose());
    assert_eq!(with_header(&app, &header).await.codes().0, 200);
    keys.revoke(key.id(), now()).unwrap();
    assert_refused(&with_header(&app, &header).await, "revoked");
}

#[tokio::test]
async fn a_damaged_key_file_lets_nobody_in_and_is_our_fault() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    std::fs::write(directory.path().join("keys.json"), "{").unwrap();
    let answer = with_header(&app, &basic("x", key.expose())).await;
    assert_eq!(answer.codes(), (500, 50000, 0));
    assert_eq!(answer.json()["status_message"], "Internal Error.");
    assert!(!answer.hint().contains("keys.json"), "paths are for the log");
}

#[tokio::test]
async fn without_keys_credentials_are_ignored() {
    assert_eq!(with_header(&open_app(), "Basic nonsense").await.codes(), (200, 20000, 20000));
}

#[tokio::test]
async fn without_keys_a_foreign_name_in_host_is_refused() {
    let request = |host: &str| Request::post(PATH).header("host", host).body(Body::from(TASK)).unwrap();
    assert_eq!(send(&open_app(), request("localhost:8080")).await.codes().0, 200);
    assert_refused(&send(&open_app(), request("rebound.example")).await, "Host");
}
