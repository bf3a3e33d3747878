//! What published clients break on: the points of the contract's checklist, a test each, in its order.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use server::{Access, RequestLimits};

use crate::auth::keyed_app;
use crate::fake::{Answer, PATH, app_with, now, open_app, post, send};

/// Every field that clients send, some of which only older ones know.
const FIELDS: [&str; 17] = [
    "mode",
    "custom_mode",
    "filters",
    "order_by",
    "offset",
    "search_after_token",
    "limit",
    "backlinks_status_type",
    "include_subdomains",
    "include_indirect_links",
    "exclude_internal_backlinks",
    "rank_scale",
    "tag",
    "rows",
    "backlinks_filters",
    "internal_list_limit",
    "some_field_of_tomorrow",
];

async fn ask(task: &Value) -> Answer {
    post(&open_app(), task.to_string()).await
}

#[tokio::test]
async fn point_1_null_is_absent_in_every_field() {
    let (app, fake) = app_with(Access::Open, RequestLimits::default());
    let mut nulls = json!({"target": "example.org"});
    for field in FIELDS {
        nulls[field] = Value::Null;
    }
    for task in [nulls, json!({"target": "example.org"})] {
        let answer = post(&app, task.to_string()).await;
        assert_eq!(answer.codes(), (200, 20000, 20000), "{}", answer.hint());
        let data = &answer.json()["tasks"][0]["data"];
        assert_eq!(*data, json!({"api": "backlinks", "function": "backlinks", "target": "example.org"}));
    }
    let asked = fake.asked.lock().unwrap();
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn point_2_the_suffix_ai_is_accepted() {
    for root in ["/v3", "/apis/v1/dataforseo", "/dataforseo"] {
        let path = format!("{root}/backlinks/backlinks/live.ai");
        let body = Body::from(r#"[{"target":"example.org"}]"#);
        let json = send(&open_app(), Request::post(path).body(body).unwrap()).await.json();
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "status_code", "status_message", "items"]);
        assert_eq!(json["status_code"], 20000);
    }
}

#[tokio::test]
async fn point_3_include_indirect_links_is_accepted_though_the_newest_description_lacks_it() {
    for value in [json!(true), json!(false), json!(null)] {
        let answer = ask(&json!({"target": "example.org", "include_indirect_links": value})).await;
        assert_eq!(answer.codes(), (200, 20000, 20000), "{value}");
    }
}

#[tokio::test]
async fn point_4_integers_stay_integers_on_both_scales() {
    fn assert_whole(value: &Value, place: &str) {
        match value {
            Value::Number(number) => assert!(!number.is_f64(), "{place} is {number}"),
            Value::Array(list) => list.iter().for_each(|one| assert_whole(one, place)),
            Value::Object(members) => members.iter().for_each(|(name, one)| assert_whole(one, name)),
            _ => {}
        }
    }
    for (scale, rank) in [("one_thousand", 212), ("one_hundred", 33)] {
        let answer = ask(&json!({"target": "example.org", "rank_scale": scale})).await.json();
        let result = &answer["tasks"][0]["result"][0];
        assert_whole(result, "result");
        assert_eq!(result["items"][0]["rank"], rank);
    }
}

#[tokio::test]
async fn point_5_all_keys_are_there_whatever_the_answer() {
    let (closed, _) = keyed_app(tempfile::tempdir().unwrap().path());
    for (answer, tasks) in [
        (ask(&json!({"target": "example.org"})).await, 1),
        (ask(&json!({"target": "absent.org"})).await, 1),
        (ask(&json!({"target": "  "})).await, 1),
        (ask(&json!({"target": "failed.org"})).await, 1),
        (post(&open_app(), r#"[{"target":"example.org"},{"target":"example.org"}]"#).await, 2),
        (post(&open_app(), "").await, 0),
        (post(&closed, r#"[{"target":"example.org"}]"#).await, 0),
        (send(&open_app(), Request::post("/v3/nothing").body(Body::empty()).unwrap()).await, 0),
    ] {
        let json = answer.json();
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = "version status_code status_message time cost tasks_count tasks_error tasks";
        assert_eq!(keys.join(" "), expected);
        assert!(json["time"].as_str().unwrap().ends_with(" sec."));
        assert_eq!((&json["tasks_count"], json["tasks"].is_null()), (&json!(tasks), tasks == 0));
        for task in json["tasks"].as_array().into_iter().flatten() {
            let keys: Vec<&str> = task.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys.join(" "), "id status_code status_message time cost result_count path data result");
            assert!(task["data"].is_object() && task["time"].as_str().unwrap().ends_with(" sec."));
            assert!(task["path"].as_array().unwrap().iter().all(Value::is_string));
        }
    }
}

#[tokio::test]
async fn point_6_a_failed_task_is_http_200_and_counted() {
    for (body, codes) in [
        (json!({"target": "  "}), vec![40501]),
        (json!({"target": "example.org", "nothing": 1}), vec![40506]),
        (json!({"target": "corrupt.org"}), vec![50000]),
        (json!([{"target": "example.org"}, {"target": "example.org"}]), vec![20000, 40000]),
        (json!([{"target": "  "}, {}, {}]), vec![40501, 40000, 40000]),
    ] {
        let answer = ask(&body).await;
        let json = answer.json();
        assert_eq!((answer.status.as_u16(), &json["status_code"]), (200, &json!(20000)), "{body}");
        let found: Vec<_> = json["tasks"].as_array().unwrap().iter().map(|task| task["status_code"].clone()).collect();
        assert_eq!(found, codes, "{body}");
        assert_eq!(json["tasks_error"], codes.iter().filter(|code| **code != 20000).count());
    }
}

#[tokio::test]
async fn point_7_filters_are_read_in_every_form_that_clients_write() {
    for filters in [
        json!(["dofollow", "=", true]),
        json!(["rank", ">", "80"]),
        json!(["dofollow", "=", "true"]),
        json!([["page_from_rank", ">", "55"], "and", ["dofollow", "=", true]]),
        json!([
            ["dofollow", "=", true],
            "and",
            ["rank", ">", 1],
            "or",
            ["rank", "=", 0],
            "and",
            ["is_new", "<>", "false"]
        ]),
        json!([
            ["first_seen", ">", "2017-10-23 11:31:45 +00:00"],
            "and",
            [["anchor", "like", "%seo%"], "or", ["text_pre", "like", "%seo%"]]
        ]),
        json!([["dofollow", "=", true]]),
        json!([[["dofollow", "=", true]]]),
        json!([[["dofollow", "=", true]], "and", [[["rank", "in", [1, "2"]]]]]),
        json!([]),
    ] {
        let answer = ask(&json!({"target": "example.org", "filters": filters})).await;
        assert_eq!(answer.codes(), (200, 20000, 20000), "{filters}: {}", answer.hint());
    }
    let answer = ask(&json!({"target": "example.org", "filters": [["dofollow", "=", true], ["rank", ">", 1]]})).await;
    assert_eq!(answer.codes(), (200, 20000, 40501));
    assert!(answer.hint().starts_with("filters[1]: "), "{}", answer.hint());
}

#[tokio::test]
async fn point_8_the_body_is_an_array_or_an_object() {
    let task = json!({"target": "example.org", "limit": 1});
    let app = open_app();
    let (object, array) = (post(&app, task.to_string()).await, post(&app, json!([task]).to_string()).await);
    assert_eq!(object.codes(), (200, 20000, 20000));
    assert_eq!(object.json()["tasks"][0]["result"], array.json()["tasks"][0]["result"]);
}

#[tokio::test]
async fn point_9_further_tasks_come_back_with_40000() {
    let json = ask(&json!([{"target": "example.org"}, {"target": "b.org", "tag": "two"}])).await.json();
    let second = &json["tasks"][1];
    assert_eq!(second["status_code"], 40000);
    assert_eq!(second["status_message"], "You can set only one task at a time.");
    assert_eq!((&second["cost"], &second["data"]["tag"]), (&json!(0), &json!("two")));
    assert!(second["result"].is_null() && !json["tasks"][0]["result"].is_null());
}

#[tokio::test]
async fn point_10_user_data_answers() {
    let directory = tempfile::tempdir().unwrap();
    let (app, keys) = keyed_app(directory.path());
    let key = keys.create("one", now()).unwrap();
    let request = Request::get("/v3/appendix/user_data").header("authorization", format!("Bearer {}", key.expose()));
    let answer = send(&app, request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.codes(), (200, 20000, 20000));
    let result = &answer.json()["tasks"][0]["result"][0];
    for member in ["login", "timezone", "rates", "money", "price", "backlinks_subscription_expiry_date"] {
        assert!(result.get(member).is_some(), "{member}");
    }
}

/// The point is about `technologies` and `social_media_tags`, whose values must be strings. When this
/// fails the endpoint is there, and the point is to be tested here.
#[tokio::test]
async fn point_11_waits_for_domain_pages() {
    assert_absent("/v3/backlinks/domain_pages/live").await;
}

/// The point is about the values of an item, which must be arrays. When this fails the endpoint is
/// there, and the point is to be tested here.
#[tokio::test]
async fn point_12_waits_for_page_intersection() {
    assert_absent("/v3/backlinks/page_intersection/live").await;
}

async fn assert_absent(path: &str) {
    assert_ne!(path, PATH);
    let answer = send(&open_app(), Request::post(path).body(Body::from("[{}]")).unwrap()).await;
    assert_eq!(answer.codes(), (404, 40402, 0), "{path}");
}
