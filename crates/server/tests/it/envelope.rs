//! The bytes of answers, key by key.

use crate::fake::{open_app, post};

const FULL: &str = r#"{"type":"backlink","domain_from":"blog.sample.net","url_from":"https://blog.sample.net/tools/","url_from_https":true,"domain_to":"www.example.org","url_to":"https://www.example.org/guide","url_to_https":true,"tld_from":"net","is_new":false,"is_lost":false,"backlink_spam_score":4,"rank":212,"page_from_rank":305,"domain_from_rank":351,"domain_from_platform_type":["cms","blogs"],"domain_from_is_ip":false,"domain_from_ip":"203.0.113.7","domain_from_country":"WW","page_from_external_links":14,"page_from_internal_links":61,"page_from_size":48211,"page_from_encoding":"utf-8","page_from_language":"en","page_from_title":"Tools we use","page_from_status_code":200,"first_seen":"2024-03-26 02:46:50 +00:00","prev_seen":"2026-08-01 10:11:12 +00:00","last_seen":"2026-10-30 09:00:00 +00:00","item_type":"anchor","attributes":["noopener"],"dofollow":true,"original":true,"alt":null,"image_url":null,"anchor":"the guide","text_pre":"We follow","text_post":"for setup.","semantic_location":"article","links_count":1,"group_count":0,"is_broken":false,"url_to_status_code":200,"url_to_spam_score":0,"url_to_redirect_target":null,"ranked_keywords_info":null,"is_indirect_link":true,"indirect_link_path":[{"type":"redirect","status_code":301,"url":"http://exa.mp/g"}],"lost_date":null,"new_reason":"link_added","lost_reason":null,"evidence":{"archive":"crawl-1.warc.gz","offset":8589934592,"length":1534,"digest":"sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}}"#;

const BARE: &str = r#"{"type":"backlink","domain_from":"192.0.2.1","url_from":"http://192.0.2.1/\"\u0001","url_from_https":false,"domain_to":"example.org","url_to":"http://example.org/","url_to_https":false,"tld_from":null,"is_new":true,"is_lost":true,"backlink_spam_score":null,"rank":0,"page_from_rank":0,"domain_from_rank":0,"domain_from_platform_type":null,"domain_from_is_ip":true,"domain_from_ip":null,"domain_from_country":null,"page_from_external_links":null,"page_from_internal_links":null,"page_from_size":null,"page_from_encoding":null,"page_from_language":null,"page_from_title":null,"page_from_status_code":null,"first_seen":"2026-11-23 12:00:30 +00:00","prev_seen":null,"last_seen":"2026-11-23 12:00:30 +00:00","item_type":"redirect","attributes":null,"dofollow":false,"original":false,"alt":null,"image_url":null,"anchor":null,"text_pre":null,"text_post":null,"semantic_location":null,"links_count":2,"group_count":0,"is_broken":true,"url_to_status_code":null,"url_to_spam_score":null,"url_to_redirect_target":null,"ranked_keywords_info":null,"is_indirect_link":false,"indirect_link_path":null,"lost_date":"2026-11-23 12:00:30 +00:00","new_reason":"restored","lost_reason":"page_gone","evidence":{"archive":"old.arc.gz","offset":0,"length":90,"digest":null}}"#;

#[tokio::test]
async fn an_answer_has_every_key_in_the_order_of_the_contract() {
    let body = r#"[{"target":"small.org","mode":"as_is","limit":2,"filters": [ ],"tag":"t1"}]"#;
    let answer = post(&open_app(), body).await;
    let head = r#"{"version":"0.1.20261101","status_code":20000,"status_message":"Ok.","time":"[TIME]","cost":0,"tasks_count":1,"tasks_error":0,"tasks":[{"id":"11231200-0000-0269-0000-[RANDOM]","status_code":20000,"status_message":"Ok.","time":"[TIME]","cost":0,"result_count":1,"path":["v3","backlinks","backlinks","live"],"data":{"api":"backlinks","function":"backlinks","target":"small.org","mode":"as_is","limit":2,"filters":[ ],"tag":"t1"},"result":[{"target":"small.org","mode":"as_is","custom_mode":null,"total_count":2,"items_count":2,"items":["#;
    let expected = format!(r#"{head}{FULL},{BARE}],"search_after_token":null}}]}}]}}"#);
    assert_eq!(answer.masked(), expected);
    assert_eq!(answer.codes(), (200, 20000, 20000));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(!answer.headers.contains_key("x-error-hint"));
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_target_without_links_is_fine_and_has_no_result() {
    let answer = post(&open_app(), r#"{"target":"absent.org"}"#).await;
    let expected = r#"{"version":"0.1.20261101","status_code":20000,"status_message":"Ok.","time":"[TIME]","cost":0,"tasks_count":1,"tasks_error":0,"tasks":[{"id":"11231200-0000-0269-0000-[RANDOM]","status_code":20000,"status_message":"Ok.","time":"[TIME]","cost":0,"result_count":0,"path":["v3","backlinks","backlinks","live"],"data":{"api":"backlinks","function":"backlinks","target":"absent.org"},"result":null}]}"#;
    let without_times = |text: &str| text.replace("0 sec.", "[TIME]");
    assert_eq!(without_times(&answer.masked()), expected);
}

#[tokio::test]
async fn a_page_past_the_end_has_the_count_and_no_items() {
    let answer = post(&open_app(), r#"{"target":"example.org","offset":400}"#).await.json();
    let result = &answer["tasks"][0]["result"][0];
    assert_eq!(result["total_count"], 318);
    assert_eq!(result["items_count"], 0);
    assert_eq!(result["items"], serde_json::json!([]));
}

#[tokio::test]
async fn every_task_after_the_first_is_refused_and_counted() {
    let answer = post(&open_app(), r#"[{"target":"absent.org"},{"target":"b.org","tag":"two"},5]"#).await;
    let json = answer.json();
    assert_eq!(answer.codes(), (200, 20000, 20000));
    assert_eq!((&json["tasks_count"], &json["tasks_error"]), (&3.into(), &2.into()));
    for (at, data) in [
        (1, r#"{"api":"backlinks","function":"backlinks","target":"b.org","tag":"two"}"#),
        (2, r#"{"api":"backlinks","function":"backlinks"}"#),
    ] {
        let task = &json["tasks"][at];
        assert_eq!(task["status_code"], 40000);
        assert_eq!(task["status_message"], "You can set only one task at a time.");
        assert_eq!((&task["cost"], &task["time"], &task["result_count"]), (&0.into(), &"0 sec.".into(), &0.into()));
        assert!(task["result"].is_null());
        assert_eq!(task["data"].to_string(), data);
    }
    assert_eq!(answer.hint(), "only the first task was run");
}

#[tokio::test]
async fn a_thousand_rows_are_whole() {
    let answer = post(&open_app(), r#"{"target":"many.org","limit":1000}"#).await;
    assert_eq!(answer.body.matches(FULL).count(), 1000);
    assert_eq!(answer.json()["tasks"][0]["result"][0]["total_count"], 50_000);
}
