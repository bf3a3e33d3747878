//! What is asked with GET: filters, totals, and the appendix.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use server::{Access, App, IndexTotals, RequestLimits};

use crate::auth::keyed_app;
use crate::fake::{Answer, Fake, now, open_app, send};

async fn get(app: &App, path: &str) -> Answer {
    send(app, Request::get(path).body(Body::empty()).unwrap()).await
}

fn app_of(fake: Fake) -> App {
    App::new(Arc::new(fake), Access::Open, now, RequestLimits::default())
}

#[tokio::test]
async fn available_filters_has_the_functions_in_order_with_the_type_of_each_field() {
    for root in ["/v3", "/apis/v1/dataforseo", "/dataforseo"] {
        let answer = get(&open_app(), &format!("{root}/backlinks/available_filters")).await;
        assert_eq!(answer.codes(), (200, 20000, 20000), "{root}");
        let json = answer.json();
        let task = &json["tasks"][0];
        assert!(task["id"].as_str().unwrap().starts_with("11231200-0000-0331-0000-"));
        assert_eq!(task["path"], json!(["v3", "backlinks", "available_filters"]));
        assert_eq!(task["data"].to_string(), r#"{"api":"backlinks","function":"available_filters"}"#);
        assert_eq!(task["result_count"], 1);
        let result = task["result"][0].as_object().unwrap();
        let functions: Vec<_> = result.keys().map(String::as_str).collect();
        let expected = "content_duplicates backlinks domain_pages anchors referring_domains domain_intersection \
            page_intersection referring_networks domain_pages_summary competitors";
        assert_eq!(functions.join(" "), expected);
        let fields = &result["backlinks"];
        for (field, kind) in [
            ("domain_from", "str"),
            ("rank", "num"),
            ("last_seen", "time"),
            ("dofollow", "bool"),
            ("domain_from_platform_type", "array.str"),
            ("ranked_keywords_info.page_from_keywords_count_top_100", "num"),
        ] {
            assert_eq!(fields[field], kind, "{field}");
        }
    }
}

#[tokio::test]
async fn every_field_of_an_item_is_a_filter_unless_it_is_no_plain_value() {
    let filters = get(&open_app(), "/v3/backlinks/available_filters").await.json();
    let filters = filters["tasks"][0]["result"][0]["backlinks"].as_object().unwrap().clone();
    let rows = [crate::fake::full_row()];
    let items = serde_json::to_value(server::items(&rows, query::RankScale::OneThousand)).unwrap();
    let not_filters = ["type", "ranked_keywords_info", "indirect_link_path", "evidence"];
    for name in items[0].as_object().unwrap().keys() {
        assert_eq!(filters.contains_key(name), !not_filters.contains(&name.as_str()), "{name}");
    }
}

#[tokio::test]
async fn the_index_says_how_much_there_is_and_since_when() {
    let totals = Some(IndexTotals { backlinks: 12_345_678_901, pages: 7, domains: 3 });
    let app = app_of(Fake { totals, ..Fake::default() });
    let answer = get(&app, "/v3/backlinks/index").await;
    let expected = r#""path":["v3","backlinks","index"],"data":{"api":"backlinks","function":"index"},"result":[{"total_backlinks":12345678901,"total_pages":7,"total_domains":3,"index_history":[{"date":"2026-11-01","total_backlinks":12345678901,"total_pages":7,"total_domains":3}]}]}]}"#;
    assert!(answer.body.ends_with(expected), "{}", answer.body);
    let answer = get(&app, "/dataforseo/backlinks/index.ai").await.json();
    assert_eq!((&answer["status_code"], &answer["items"][0]["total_pages"]), (&20000.into(), &7.into()));
}

#[tokio::test]
async fn an_index_that_does_not_know_its_size_is_fine_and_has_no_result() {
    let answer = get(&open_app(), "/v3/backlinks/index").await;
    assert_eq!(answer.codes(), (200, 20000, 20000));
    let task = &answer.json()["tasks"][0];
    assert!(task["result"].is_null() && task["result_count"] == 0);
}

#[tokio::test]
async fn an_index_that_fails_is_a_failed_task() {
    let app = app_of(Fake { totals_fail: true, ..Fake::default() });
    let answer = get(&app, "/v3/backlinks/index").await;
    assert_eq!(answer.codes(), (200, 20000, 50000));
    assert_eq!(answer.json()["tasks_error"], 1);
    assert_eq!(answer.hint(), "the index could not answer");
    let answer = get(&app, "/v3/backlinks/index.ai").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status_code"]), (200, &50000.into()));
}

#[tokio::test]
async fn every_code_is_listed_once_and_in_order() {
    let answer = get(&open_app(), "/v3/appendix/errors").await.json();
    let task = &answer["tasks"][0];
    let listed = task["result"].as_array().unwrap();
    assert_eq!(task["result_count"], listed.len());
    let codes: Vec<_> = listed.iter().map(|error| error["code"].as_u64().unwrap()).collect();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    assert_eq!(codes.len(), 47);
    assert!(listed.contains(&json!({"code": 40501, "message": "Invalid Field."})));
    assert!(listed.contains(&json!({"code": 40602, "message": "Task In Queue."})));
    assert!(!answer.to_string().contains("https://"), "addresses of the vendor are of no use here");
}

#[tokio::test]
async fn the_status_names_paths_that_exist() {
    let answer = get(&open_app(), "/v3/appendix/status").await.json();
    let apis = answer["tasks"][0]["result"].as_array().unwrap();
    assert_eq!((&apis[0]["api"], &apis[0]["status"]), (&"backlinks".into(), &"ok".into()));
    for endpoint in apis.iter().flat_map(|api| api["endpoints"].as_array().unwrap()) {
        let request = Request::builder().method("TRACE").uri(endpoint["endpoint"].as_str().unwrap());
        let hint = send(&open_app(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(hint.hint(), "the path does not have this method", "{endpoint}");
    }
}

#[tokio::test]
async fn the_user_is_the_key_that_was_shown() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    let request = Request::get("/v3/appendix/user_data").header("authorization", format!("Bearer {}", key.expose()));
    let answer = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.codes(), (200, 20000, 20000));
    let user = &answer.json()["tasks"][0]["result"][0];
    assert_eq!(user["login"], key.id().as_str());
    assert_eq!((&user["money"]["balance"], &user["timezone"]), (&0.into(), &"UTC".into()));
    assert_eq!(user["rates"]["limits"]["minute"]["total"], 2000);
    assert!(!answer.body.contains(key.expose()));
    let names: Vec<_> = user.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["login", "timezone", "rates", "money", "price", "backlinks_subscription_expiry_date"]);
    assert_eq!(get(&open_app(), "/v3/appendix/user_data").await.json()["tasks"][0]["result"][0]["login"], "anonymous");
}

#[tokio::test]
async fn who_shows_no_key_gets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (app, _) = keyed_app(directory.path());
    for path in
        ["/v3/backlinks/index", "/v3/backlinks/available_filters", "/v3/appendix/user_data", "/v3/appendix/errors"]
    {
        assert_eq!(get(&app, path).await.codes(), (401, 40100, 0), "{path}");
    }
    let gateway = get(&app, "/dataforseo/backlinks/index").await;
    assert_eq!((gateway.status.as_u16(), &gateway.json()["error"]), (401, &"Unauthorized".into()));
}
