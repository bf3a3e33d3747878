//! No body can make the server fail.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::fake::{open_app, post};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("example.org")),
        Just(json!("https://example.org/")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any_name(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_name() -> impl Strategy<Value = String> {
    let known = [
        "target",
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
        "api",
    ];
    prop_oneof![8 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"]
}

/// A task whose target is good, so that the other fields are reached.
fn any_task() -> impl Strategy<Value = Value> {
    prop::collection::vec((any_name(), any_json()), 0..6).prop_map(|members| {
        let mut task: Map<_, _> = members.into_iter().collect();
        task.insert("target".to_owned(), json!("example.org"));
        Value::Object(task)
    })
}

fn assert_answers(body: Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(post(&open_app(), body));
    let json = answer.json();
    assert_eq!(answer.status.as_u16(), 200);
    let tasks = json["tasks"].as_array().cloned().unwrap_or_default();
    assert_eq!(json["tasks_count"], tasks.len());
    let codes: Vec<_> = tasks.iter().map(|task| task["status_code"].as_u64().unwrap()).collect();
    assert!(codes.iter().chain(&json["status_code"].as_u64()).all(|code| *code < 50000), "{codes:?}");
    assert_eq!(json["tasks_error"], codes.iter().filter(|code| **code != 20000).count());
    assert!(codes.first().is_none_or(|code| *code == 20000) || !answer.hint().is_empty());
}

proptest! {
    #[test]
    fn any_json_has_an_answer(body in any_json()) {
        assert_answers(body.to_string().into_bytes());
    }

    #[test]
    fn any_tasks_have_an_answer(tasks in prop::collection::vec(any_task(), 0..3)) {
        assert_answers(Value::Array(tasks).to_string().into_bytes());
    }

    #[test]
    fn any_bytes_have_an_answer(body in prop::collection::vec(any::<u8>(), 0..200)) {
        assert_answers(body);
    }

    #[test]
    fn any_json_with_a_byte_changed_has_an_answer(body in any_task(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut body = body.to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        assert_answers(body);
    }
}
