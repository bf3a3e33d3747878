//! The reduced form under `.ai`.

use axum::body::Body;
use axum::http::Request;
use server::{Access, RequestLimits};

use crate::auth::keyed_app;
use crate::fake::{Answer, app_with, open_app, send};

const PATHS: [&str; 3] = [
    "/v3/backlinks/backlinks/live.ai",
    "/apis/v1/dataforseo/backlinks/backlinks/live.ai",
    "/dataforseo/backlinks/backlinks/live.ai/",
];

const FULL: &str = r#"{"type":"backlink","domain_from":"blog.sample.net","url_from":"https://blog.sample.net/tools/","url_from_https":true,"domain_to":"www.example.org","url_to":"https://www.example.org/guide","url_to_https":true,"tld_from":"net","backlink_spam_score":4,"rank":212,"page_from_rank":305,"domain_from_rank":351,"domain_from_platform_type":["cms","blogs"],"domain_from_ip":"203.0.113.7","domain_from_country":"WW","page_from_external_links":14,"page_from_internal_links":61,"page_from_size":48211,"page_from_encoding":"utf-8","page_from_language":"en","page_from_title":"Tools we use","page_from_status_code":200,"first_seen":"2024-03-26 02:46:50 +00:00","prev_seen":"2026-08-01 10:11:12 +00:00","last_seen":"2026-10-30 09:00:00 +00:00","item_type":"anchor","attributes":["noopener"],"dofollow":true,"original":true,"anchor":"the guide","text_pre":"We follow","text_post":"for setup.","semantic_location":"article","links_count":1,"group_count":0,"url_to_status_code":200,"url_to_spam_score":0,"is_indirect_link":true,"indirect_link_path":[{"type":"redirect","status_code":301,"url":"http://exa.mp/g"}],"new_reason":"link_added","evidence":{"archive":"crawl-1.warc.gz","offset":8589934592,"length":1534,"digest":"sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}}"#;

const BARE: &str = r#"{"type":"backlink","domain_from":"192.0.2.1","url_from":"http://192.0.2.1/\"\u0001","domain_to":"example.org","url_to":"http://example.org/","is_new":true,"is_lost":true,"rank":0,"page_from_rank":0,"domain_from_rank":0,"domain_from_is_ip":true,"first_seen":"2026-11-23 12:00:30 +00:00","last_seen":"2026-11-23 12:00:30 +00:00","item_type":"redirect","links_count":2,"group_count":0,"is_broken":true,"lost_date":"2026-11-23 12:00:30 +00:00","new_reason":"restored","lost_reason":"page_gone","evidence":{"archive":"old.arc.gz","offset":0,"length":90}}"#;

async fn ask(path: &str, body: &str) -> Answer {
    send(&open_app(), Request::post(path).body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_reduced_answer_is_a_code_and_items_without_what_is_empty() {
    let expected = format!(
        r#"{{"id":"11231200-0000-0269-0000-[RANDOM]","status_code":20000,"status_message":"Ok.","items":[{FULL},{BARE}]}}"#
    );
    for path in PATHS {
        let answer = ask(path, r#"[{"target":"example.org"}]"#).await;
        assert_eq!((answer.status.as_u16(), answer.masked()), (200, expected.clone()), "{path}");
    }
}

#[tokio::test]
async fn a_reduced_answer_has_ten_items_unless_a_limit_is_posted() {
    let (app, fake) = app_with(Access::Open, RequestLimits::default());
    for (body, limit) in [
        (r#"{"target":"many.org"}"#, 10),
        (r#"{"target":"many.org","limit":null}"#, 10),
        (r#"{"target":"many.org","limit":100}"#, 100),
    ] {
        let answer = send(&app, Request::post(PATHS[0]).body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.json()["items"].as_array().unwrap().len(), limit, "{body}");
        assert_eq!(fake.asked.lock().unwrap().pop().unwrap().limit as usize, limit);
    }
}

#[tokio::test]
async fn a_target_without_links_has_no_items_and_is_fine() {
    let answer = ask(PATHS[0], r#"[{"target":"absent.org"}]"#).await;
    let expected = r#"{"id":"11231200-0000-0269-0000-[RANDOM]","status_code":20000,"status_message":"Ok.","items":[]}"#;
    assert_eq!(answer.masked(), expected);
}

#[tokio::test]
async fn the_code_of_a_failed_task_is_the_code_of_the_reduced_answer() {
    for (target, code, message) in [
        ("\"  \"", 40501, "Invalid Field: 'target'."),
        ("\"corrupt.org\"", 50000, "Internal Error."),
        ("\"panics.org\"", 50000, "Internal Error."),
    ] {
        let answer = ask(PATHS[0], &format!(r#"[{{"target":{target}}}]"#)).await;
        let expected =
            format!(r#"{{"id":"11231200-0000-0269-0000-[RANDOM]","status_code":{code},"status_message":"{message}"}}"#);
        assert_eq!((answer.status.as_u16(), answer.masked()), (200, expected));
        assert!(!answer.hint().is_empty());
    }
}

#[tokio::test]
async fn a_reduced_answer_is_that_of_the_first_task() {
    let answer = ask(PATHS[0], r#"[{"target":"example.org"},{"target":"absent.org"}]"#).await;
    assert_eq!(answer.json()["items"].as_array().unwrap().len(), 2);
    assert_eq!(answer.hint(), "only the first task was run");
}

#[tokio::test]
async fn a_refusal_of_everything_is_reduced_to_its_code() {
    let answer = ask(PATHS[0], "[]").await;
    assert_eq!(answer.body, r#"{"status_code":40502,"status_message":"POST Data Is Empty."}"#);
    let directory = tempfile::tempdir().unwrap();
    let (app, _) = keyed_app(directory.path());
    let unauthorized = |path: &str| Request::post(path).body(Body::empty()).unwrap();
    let answer = send(&app, unauthorized(PATHS[0])).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status_code"]), (401, &40100.into()));
    let answer = send(&app, unauthorized(PATHS[1])).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (401, &"Unauthorized".into()));
}
