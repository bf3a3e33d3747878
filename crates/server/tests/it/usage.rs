//! What was answered, what it cost, and who may know.

use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use server::keys::{KeyStore, NewKey};
use server::{App, Ledger, Prices};

use crate::auth::keyed_app;
use crate::fake::{Answer, PATH, now, open_app, send};

const ID_LIST: &str = "/v3/backlinks/id_list";
const ERRORS: &str = "/v3/backlinks/errors";
const USER_DATA: &str = "/v3/appendix/user_data";

/// An app with the vendor's prices and a ledger in a folder.
fn priced_app(directory: &Path) -> (App, Ledger, KeyStore) {
    let (app, keys) = keyed_app(directory);
    let ledger = Ledger::open(&directory.join("usage"), now()).unwrap();
    let prices = Prices {
        request_usd: "0.024".parse().unwrap(),
        row_usd: "0.000036".parse().unwrap(),
        deposit_usd: "10".parse().unwrap(),
    };
    (app.with_prices(prices).with_ledger(ledger.clone()), ledger, keys)
}

async fn ask(app: &App, key: &NewKey, path: &str, body: &Value) -> Answer {
    let method = if body.is_null() { Method::GET } else { Method::POST };
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let request = Request::builder().method(method).uri(path);
    send(app, request.header("authorization", format!("Bearer {}", key.expose())).body(body).unwrap()).await
}

fn results(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.codes(), (200, 20000, 20000), "{}", answer.hint());
    let task = &answer.json()["tasks"][0];
    assert_eq!(task["cost"], 0);
    let results = task["result"].as_array().cloned().unwrap_or_default();
    assert_eq!(task["result_count"], results.len());
    results
}

fn today() -> Value {
    json!({"datetime_from": "2026-11-23 00:00:00 +00:00", "datetime_to": "2026-11-24 00:00:00 +00:00"})
}

#[tokio::test]
async fn costs_are_of_requests_and_rows_and_agree_with_the_user_data() {
    let directory = tempfile::tempdir().unwrap();
    let (app, _, keys) = priced_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    for (body, cost) in [
        (json!([{"target": "many.org", "limit": 24}]), json!(0.024_864)),
        (json!([{"target": "small.org"}, {"target": "small.org"}]), json!(0.024_072)),
        (json!([{"target": "absent.org"}]), json!(0.024)),
        (json!([{"target": " "}]), json!(0)),
        (json!([{"target": "failed.org"}]), json!(0)),
    ] {
        let answer = ask(&app, &key, PATH, &body).await.json();
        assert_eq!((&answer["cost"], &answer["tasks"][0]["cost"]), (&cost, &cost), "{body}");
        assert!(answer["tasks"][1].is_null() || answer["tasks"][1]["cost"] == 0);
    }
    let reduced = ask(&app, &key, "/v3/backlinks/backlinks/live.ai", &json!({"target": "small.org"})).await.json();
    assert!(reduced["cost"].is_null());
    ask(&app, &key, "/v3/backlinks/index", &Value::Null).await;
    let user = results(&ask(&app, &key, USER_DATA, &Value::Null).await).remove(0);
    let money = &user["money"];
    let spent = json!(0.097_008);
    assert_eq!((&money["total"], &money["balance"]), (&json!(10), &json!(9.902_992)));
    for period in ["day", "minute"] {
        let (money, rates) = (&money["statistics"][period], &user["rates"]["statistics"][period]);
        assert_eq!((&money["total"], &money["total_backlinks"], &money["total_appendix"]), (&spent, &spent, &json!(0)));
        assert_eq!(money["backlinks"], json!({"backlinks": {"live": spent}, "index": 0}));
        assert_eq!((&rates["total"], &rates["backlinks"]["backlinks"]["live"]), (&json!(7), &json!(6)));
        assert_eq!(rates["backlinks"]["index"], 1);
    }
    assert_eq!(money["statistics"]["day"]["value"], "2026-11-23");
    assert_eq!(money["statistics"]["minute"]["value"], "2026-11-23 12:00");
    let price = &user["price"]["backlinks"]["backlinks"]["live"]["priority_normal"];
    let expected = json!([{"cost_type": "per_request", "cost": 0.024}, {"cost_type": "per_result", "cost": 0.000_036}]);
    assert_eq!(price, &expected);
    assert_eq!(user["price"]["backlinks"]["index"]["priority_normal"][0]["cost"], 0);
    let limits = &user["rates"]["limits"]["minute"];
    assert_eq!((&limits["total"], &limits["appendix"]["user_data"]), (&json!(2000), &json!(6)));
    let listed = results(&ask(&app, &key, ID_LIST, &today()).await);
    let sum: f64 = listed.iter().map(|task| task["cost"].as_f64().unwrap()).sum();
    assert!((sum - 0.097_008).abs() < 1e-12, "{sum}");
}

#[tokio::test]
async fn the_list_of_ids_has_each_task_once_with_what_was_posted_on_request() {
    let directory = tempfile::tempdir().unwrap();
    let (app, ledger, keys) = priced_app(directory.path());
    let (key, other) = (keys.create("one", now()).unwrap(), keys.create("two", now()).unwrap());
    let first = ask(&app, &key, PATH, &json!([{"target": "small.org", "limit": 1, "tag": null}])).await.json();
    let second = ask(&app, &key, PATH, &json!([{"target": " "}, {"target": "b.org"}])).await.json();
    ask(&app, &key, PATH, &json!([])).await;
    ask(&app, &other, PATH, &json!([{"target": "small.org"}])).await;
    let ids: Vec<_> =
        [&first["tasks"][0], &second["tasks"][0], &second["tasks"][1]].map(|task| task["id"].clone()).into();
    let listed = results(&ask(&app, &key, ID_LIST, &today()).await);
    assert_eq!(listed.iter().map(|task| task["id"].clone()).collect::<Vec<_>>(), ids);
    let expected = json!({
        "id": ids[0], "url": PATH, "datetime_posted": "2026-11-23 12:00:30 +00:00",
        "datetime_done": "2026-11-23 12:00:30 +00:00", "status": "Ok.", "cost": 0.024_036, "metadata": null
    });
    assert_eq!(listed[0].to_string(), expected.to_string());
    assert_eq!(listed[1]["status"], "Invalid Field: 'target'.");
    let mut body = today();
    body["include_metadata"] = json!(true);
    body["sort"] = json!("desc");
    body["offset"] = json!(1);
    body["limit"] = json!(3);
    let listed = results(&ask(&app, &key, "/dataforseo/backlinks/id_list", &json!([body])).await);
    let expected = [("b.org", 40000), (" ", 40501), ("small.org", 20000)];
    assert_eq!(listed.len(), expected.len());
    for (task, (target, _)) in listed.iter().zip(expected) {
        assert_eq!(task["metadata"]["target"], target);
    }
    assert_eq!(listed[2]["metadata"], json!({"target": "small.org", "limit": 1}));
    ledger.close();
    drop((app, ledger));
    let (app, _, _) = priced_app(directory.path());
    let listed = results(&ask(&app, &key, ID_LIST, &today()).await);
    assert_eq!(listed.len(), 5, "they survive a restart, the lists themselves among them");
    let user = results(&ask(&app, &key, USER_DATA, &Value::Null).await).remove(0);
    assert_eq!(user["money"]["balance"], json!(9.975_964));
}

#[tokio::test]
async fn errors_begin_with_the_newest_and_are_those_of_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let (app, _, keys) = priced_app(directory.path());
    let (key, other) = (keys.create("one", now()).unwrap(), keys.create("two", now()).unwrap());
    let failed = ask(&app, &key, PATH, &json!({"target": " "})).await.json();
    ask(&app, &key, PATH, &json!([])).await;
    ask(&app, &key, ID_LIST, &json!({})).await;
    ask(&app, &key, PATH, &json!({"target": "small.org"})).await;
    ask(&app, &other, PATH, &json!({"target": " "})).await;
    let listed = results(&ask(&app, &key, ERRORS, &json!([{}])).await);
    let codes: Vec<_> = listed.iter().map(|error| error["error_code"].as_u64().unwrap()).collect();
    assert_eq!(codes, [40501, 40502, 40501]);
    let error = &listed[2];
    assert_eq!(error["id"], failed["tasks"][0]["id"]);
    assert!(error["http_time"].as_f64().unwrap() < 10.0);
    let mut error = error.clone();
    error["http_time"] = json!(0);
    error["id"] = json!("");
    let expected = r#"{"id":"","datetime":"2026-11-23 12:00:30 +00:00","function":"backlinks/backlinks","error_code":40501,"error_message":"Invalid Field: 'target'.","http_url":"/v3/backlinks/backlinks/live","http_method":"POST","http_code":200,"http_time":0,"http_response":null}"#;
    assert_eq!(error.to_string(), expected);
    let only = json!({"filtered_function": "backlinks/id_list"});
    let listed = results(&ask(&app, &key, ERRORS, &only).await);
    assert_eq!((listed.len(), &listed[0]["function"]), (1, &json!("backlinks/id_list")));
    let reduced = ask(&app, &key, "/v3/backlinks/errors.ai", &only).await.json();
    assert_eq!(reduced["items"][0]["error_code"], 40501);
    assert!(reduced["items"][0]["http_response"].is_null());
}

#[tokio::test]
async fn periods_limits_and_unknown_fields_are_checked() {
    let periods = |from: &str, to: &str| json!({"datetime_from": from, "datetime_to": to});
    let with = |name: &str, value: Value| {
        let mut body = today();
        body[name] = value;
        body
    };
    for (path, body, field) in [
        (ID_LIST, json!({}), "datetime_from"),
        (ID_LIST, json!({"datetime_from": "2026-11-23 00:00:00 +00:00"}), "datetime_to"),
        (ID_LIST, periods("yesterday", "2026-11-23"), "datetime_from"),
        (ID_LIST, periods("2026-11-23", "2027"), "datetime_to"),
        (ID_LIST, periods("2026-11-23", "2026-11-22"), "datetime_to"),
        (ID_LIST, periods("2026-05-01", "2026-11-22"), "datetime_from"),
        (ID_LIST, with("limit", json!(1001)), "limit"),
        (ID_LIST, with("limit", json!(0)), "limit"),
        (ID_LIST, with("offset", json!(-1)), "offset"),
        (ID_LIST, with("sort", json!("up")), "sort"),
        (ID_LIST, with("include_metadata", json!("yes")), "include_metadata"),
        (ERRORS, periods("2026-11-10", "2026-11-23"), "datetime_from"),
        (ERRORS, json!({"limit": 1001}), "limit"),
        (ERRORS, json!({"filtered_function": 7}), "filtered_function"),
    ] {
        let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
        let answer = send(&open_app(), request).await;
        assert_eq!(answer.codes(), (200, 20000, 40501), "{body}");
        let message = format!("Invalid Field: '{field}'.");
        assert_eq!(answer.json()["tasks"][0]["status_message"], message, "{body}");
    }
    for (path, body) in [(ID_LIST, with("tag", json!("t"))), (ERRORS, json!({"sort": "asc"}))] {
        let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
        assert_eq!(send(&open_app(), request).await.codes(), (200, 20000, 40506));
    }
    for body in [periods("2026-05-25", "2026-11-23"), periods("2026-11-23T00:00:00Z", "2027-01-01 00:00:00 +02:00")] {
        let request = Request::post(ID_LIST).body(Body::from(body.to_string())).unwrap();
        assert_eq!(send(&open_app(), request).await.codes(), (200, 20000, 20000), "{body}");
    }
}

#[tokio::test]
async fn functions_that_look_back_have_narrower_limits() {
    let directory = tempfile::tempdir().unwrap();
    let (app, _, keys) = priced_app(directory.path());
    for (path, body, limit) in [
        (USER_DATA, Value::Null, 6),
        ("/v3/appendix/errors", Value::Null, 10),
        ("/v3/appendix/status", Value::Null, 10),
        (ERRORS, json!({}), 10),
        (ID_LIST, today(), 10),
    ] {
        let key = keys.create("one", now()).unwrap();
        for left in (0..limit).rev() {
            let answer = ask(&app, &key, path, &body).await;
            assert_eq!(answer.codes(), (200, 20000, 20000), "{path}");
            assert_eq!(answer.headers["x-ratelimit-limit"], limit.to_string());
            assert_eq!(answer.headers["x-ratelimit-remaining"], left.to_string());
        }
        let answer = ask(&app, &key, path, &body).await;
        assert_eq!(answer.codes(), (200, 40202, 0), "{path}");
        assert!(answer.headers.contains_key("retry-after"));
        let rows = ask(&app, &key, PATH, &json!({"target": "small.org"})).await;
        assert_eq!(rows.codes(), (200, 20000, 20000), "rows can be asked for all the same");
    }
}
