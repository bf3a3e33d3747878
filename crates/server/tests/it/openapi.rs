//! The document against the committed one, and against what the server does.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use server::keys::KeyStore;
use server::{Access, App, RequestLimits};
use sha2::{Digest, Sha256};

use crate::fake::{Answer, PATH, app_with, now, open_app, send};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
/// With this variable set the test writes the committed document anew.
const RENEW: &str = "RENEW_OPENAPI";

async fn get(path: &str) -> Answer {
    send(&open_app(), Request::get(path).body(Body::empty()).unwrap()).await
}

async fn document() -> Value {
    let answer = get("/openapi.json").await;
    assert_eq!((answer.status.as_u16(), &answer.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    answer.json()
}

#[tokio::test]
async fn the_committed_document_is_that_of_the_code() {
    let served = get("/openapi.json").await.body;
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(COMMITTED, &served).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let difference = served.lines().zip(committed.lines()).position(|(served, committed)| served != committed);
    assert!(
        served == committed,
        "docs/openapi.json is not what the code describes (line {}): read what changed, then renew it with\n\
        {RENEW}=1 cargo test -p server --test it openapi",
        difference.map_or(committed.lines().count(), |line| line + 1)
    );
}

/// Follows a reference.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => {
            document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("no {reference}"))
        }
        None => schema,
    }
}

/// Every member of a value is described, every required one is there, and types are as described.
fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolved(document, schema);
    if let Some(forms) = schema["anyOf"].as_array() {
        let kind = if value.is_null() { "null" } else { "" };
        let form = forms.iter().find(|form| (form["type"] == "null") == (kind == "null")).unwrap();
        return check(document, form, value, place);
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.clone(),
        Value::Null => return,
        kind => vec![kind.clone()],
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) if kinds.contains(&json!("number")) => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.contains(&json!(kind)), "{place}: {kind} is not {kinds:?}");
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{place}: {value} is not among {allowed:?}");
    }
    for element in value.as_array().into_iter().flatten() {
        check(document, &schema["items"], element, &format!("{place}[]"));
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains_key(name.as_str().unwrap()), "{place}: {name} is missing");
        }
        for (name, member) in members {
            let described = &schema["properties"][name];
            let is_open = schema.get("additionalProperties").is_some();
            assert!(!described.is_null() || is_open, "{place}: {name} is not described");
            check(document, described, member, &format!("{place}.{name}"));
        }
    }
}

#[tokio::test]
async fn every_member_of_every_answer_is_described() {
    let document = document().await;
    let mut checked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let (method, operation) = item.as_object().unwrap().iter().next().unwrap();
        if operation["tags"][0] == "operation" {
            continue;
        }
        let period = json!({"datetime_from": "2026-11-23", "datetime_to": "2026-11-24", "include_metadata": true});
        let bodies = match (method.as_str(), path.as_str()) {
            ("get", _) => vec![Value::Null],
            (_, path) if path.contains("id_list") => vec![period, json!({})],
            (_, path) if path.contains("errors") => vec![json!({}), json!({"limit": "x"})],
            _ => vec![json!({"target": "example.org"}), json!({"target": "absent.org"}), json!([]), json!([{}, {}])],
        };
        let app = open_app();
        for target in [" ", "example.org"] {
            send(&app, Request::post(PATH).body(Body::from(json!({"target": target}).to_string())).unwrap()).await;
        }
        for body in bodies {
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(path);
            let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
            let answer = send(&app, request.body(body).unwrap()).await;
            let response = &operation["responses"][answer.status.as_str()];
            let kind = answer.headers["content-type"].to_str().unwrap();
            let schema = &response["content"][kind]["schema"];
            assert!(schema.is_object(), "{path}: {} {kind} is not described", answer.status);
            check(&document, schema, &answer.json(), path);
            checked += 1;
        }
    }
    assert_eq!(checked, 6 * (4 + 1 + 1 + 2 + 2) + 2 * 3);
}

#[tokio::test]
async fn every_path_of_the_document_exists_with_its_method_and_answers_who_shows_no_key_as_described() {
    let directory = tempfile::tempdir().unwrap();
    let keys = std::sync::Arc::new(KeyStore::open(directory.path()).unwrap());
    let app = app_with(Access::Keys(keys), RequestLimits::default()).0;
    let document = document().await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let (method, operation) = item.as_object().unwrap().iter().next().unwrap();
        let request = Request::builder().method(method.to_uppercase().as_str()).uri(path).body(Body::empty()).unwrap();
        let answer = send(&app, request).await;
        let is_free = operation["security"] == json!([]);
        assert_eq!(answer.status.as_u16(), if is_free { 200 } else { 401 }, "{path}");
        let kind = answer.headers["content-type"].to_str().unwrap();
        let response = &operation["responses"][answer.status.as_str()];
        assert!(response["content"][kind].is_object(), "{path}: {} {kind}", answer.status);
        if !is_free {
            check(&document, &response["content"][kind]["schema"], &answer.json(), path);
            for header in response["headers"].as_object().unwrap().keys() {
                assert!(answer.headers.contains_key(header), "{path}: {header}");
            }
        }
    }
}

#[tokio::test]
async fn the_bounds_of_the_document_are_those_that_are_checked() {
    let document = document().await;
    let schemas = &document["components"]["schemas"];
    let period = json!({"datetime_from": "2026-11-23", "datetime_to": "2026-11-24"});
    for (task, path, base) in [
        ("BacklinksTask", PATH, json!({"target": "example.org"})),
        ("IdListTask", "/v3/backlinks/id_list", period),
        ("ErrorsTask", "/v3/backlinks/errors", json!({})),
    ] {
        let mut checked = 0;
        for (name, field) in schemas[task]["properties"].as_object().unwrap() {
            let Some(least) = field["minimum"].as_i64() else { continue };
            let most = field["maximum"].as_i64().unwrap();
            for (value, code) in [(least, 20000), (most, 20000), (least - 1, 40501), (most + 1, 40501)] {
                let mut body = base.clone();
                body[name] = json!(value);
                let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
                assert_eq!(send(&open_app(), request).await.codes(), (200, 20000, code), "{task}.{name} {value}");
            }
            checked += 1;
        }
        assert_eq!(checked, 2, "{task}");
    }
}

fn limited(directory: &Path, per_minute: u32, at_once: u32) -> (App, String) {
    let mut limits = RequestLimits::default();
    limits.rates.per_minute = per_minute;
    limits.rates.at_once = at_once;
    let keys = KeyStore::open(directory).unwrap();
    let key = keys.create("one", now()).unwrap();
    let app = app_with(Access::Keys(std::sync::Arc::new(keys)), limits).0;
    (app, format!("Bearer {}", key.expose()))
}

/// The code of an answer, or of a task that failed.
fn code(answer: &Answer) -> u64 {
    let json = answer.json();
    let mut tasks = json["tasks"].as_array().into_iter().flatten().map(|task| task["status_code"].as_u64().unwrap());
    tasks.next_back().unwrap_or(json["status_code"].as_u64().unwrap())
}

#[tokio::test]
async fn every_code_that_the_server_says_it_produces_is_produced() {
    let mut produced = BTreeSet::new();
    let many = format!("[{}]", vec!["{}"; 101].join(","));
    for (method, path, body) in [
        (Method::POST, PATH, r#"{"target":"example.org"}"#),
        (Method::POST, PATH, r#"[{"target":"example.org"},{"target":"example.org"}]"#),
        (Method::POST, PATH, &many),
        (Method::GET, "/", ""),
        (Method::GET, "/v3/nothing", ""),
        (Method::POST, PATH, r#"{"target":" "}"#),
        (Method::POST, PATH, ""),
        (Method::POST, PATH, "["),
        (Method::POST, PATH, r#"{"target":"example.org","nonsense":1}"#),
        (Method::POST, PATH, r#"{"target":"corrupt.org"}"#),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
        produced.insert(code(&send(&open_app(), request).await));
    }
    let mut limits = RequestLimits::default();
    limits.answer_deadline = Duration::from_millis(50);
    let task = |target: &str| Request::post(PATH).body(Body::from(json!({"target": target}).to_string())).unwrap();
    produced.insert(code(&send(&app_with(Access::Open, limits).0, task("slow.org")).await));
    let directory = tempfile::tempdir().unwrap();
    let (app, _) = limited(directory.path(), 1, 1);
    produced.insert(code(&send(&app, task("example.org")).await));
    for (per_minute, at_once) in [(1, 5), (5, 1)] {
        let directory = tempfile::tempdir().unwrap();
        let (app, bearer) = limited(directory.path(), per_minute, at_once);
        let ask = || async {
            let mut request = task("slow.org");
            request.headers_mut().insert("authorization", bearer.parse().unwrap());
            code(&send(&app, request).await)
        };
        let (first, second) = tokio::join!(ask(), ask());
        produced.extend([first, second]);
    }
    let document = document().await;
    let said = document["components"]["schemas"]["StatusCode"]["enum"].as_array().unwrap();
    let said: BTreeSet<_> = said.iter().map(|code| code.as_u64().unwrap()).collect();
    assert_eq!(produced, said, "each code needs a case here that produces it");
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let answer = get("/docs").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    let style = answer.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(answer.headers["content-security-policy"], expected.as_str());
    for forbidden in ["<script", "<link", "<img", "<iframe", "src=", "style=", "url(", "@import", "onclick"] {
        assert!(!answer.body.contains(forbidden), "{forbidden}");
    }
    for addresses in answer.body.split("href=\"").skip(1) {
        let address = addresses.split('"').next().unwrap();
        assert!(address.starts_with('#') || address == "/openapi.json", "{address}");
        let target = address.trim_start_matches('#');
        assert!(address == "/openapi.json" || answer.body.contains(&format!("id=\"{target}\"")), "{address}");
    }
    for needed in
        ["lang=\"en\"", "name=\"viewport\"", "color-scheme:light dark", "/v3/backlinks/id_list", "domain_from"]
    {
        assert!(answer.body.contains(needed), "{needed}");
    }
}
