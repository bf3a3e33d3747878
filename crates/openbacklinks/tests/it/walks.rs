//! Walks through whole answers by `search_after_token`, while new snapshots are published.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::evaluator::Evaluator;
use crate::growing::{Growing, KEPT_SECONDS, with};

/// A walk under way: what it found, and what it must have found in the end.
struct Walk {
    task: Value,
    limit: usize,
    total: usize,
    expected: Vec<Value>,
    found: Vec<Value>,
    token: Option<String>,
}

impl Walk {
    fn new(evaluator: &Evaluator, task: &Value, limit: usize) -> Self {
        let whole = evaluator.answer(&with(task, "limit", 1_000_000));
        let (total, expected) = (whole.total_count, whole.items);
        Self { task: with(task, "limit", limit), limit, total, expected, found: Vec::new(), token: None }
    }

    /// Asks for the next page; false at the end.
    fn step(&mut self, client: &Client) -> bool {
        let next = match &self.token {
            Some(token) => with(&self.task, "search_after_token", token.as_str()),
            None if self.found.is_empty() => self.task.clone(),
            None => return false,
        };
        let reply = client.ask(&next);
        assert_eq!((reply.code(), &*reply.hint), (20_000, ""), "after {} rows: {}", self.found.len(), self.task);
        let result = reply.result();
        let items = result["items"].as_array().unwrap();
        assert!(!items.is_empty() && items.len() <= self.limit, "{} items: {}", items.len(), self.task);
        for item in items {
            assert_eq!(Some(item), self.expected.get(self.found.len()), "row {}: {}", self.found.len(), self.task);
            self.found.push(item.clone());
        }
        assert_eq!(result["total_count"], self.total, "{}", self.task);
        self.token = result["search_after_token"].as_str().map(str::to_owned);
        assert_eq!(self.token.is_none(), self.found.len() == self.expected.len(), "{}", self.task);
        self.token.is_some()
    }
}

/// Questions of every kind about one target.
pub(crate) fn tasks(target: &str) -> Vec<Value> {
    let filter = json!([["dofollow", "=", true], "and", [["rank", ">", 5], "or", ["anchor", "ilike", "%e%"]]]);
    let hundred = "one_hundred";
    vec![
        json!({"target": target}),
        json!({"target": target, "rank_scale": hundred}),
        json!({"target": target, "include_subdomains": false, "rank_scale": hundred}),
        json!({"target": target, "rows": "per_link", "backlinks_status_type": "all"}),
        json!({"target": target, "filters": filter}),
        json!({"target": target, "filters": filter, "rank_scale": hundred, "order_by": ["rank,asc"]}),
        json!({"target": target, "order_by": ["anchor,desc", "page_from_language,asc"]}),
        json!({"target": target, "order_by": ["prev_seen,asc", "is_new,desc", "rank,desc"]}),
        json!({"target": target, "mode": "one_per_domain"}),
        json!({"target": target, "mode": "one_per_anchor", "order_by": ["group_count,desc"]}),
        json!({"target": target, "custom_mode": {"field": "semantic_location", "value": 40}, "rank_scale": hundred}),
        json!({"target": target, "mode": "one_per_domain", "filters": ["group_count", ">", 1]}),
        json!({"target": target, "backlinks_status_type": "all", "exclude_internal_backlinks": false}),
        json!({"target": target, "include_indirect_links": false, "offset": 5}),
    ]
}

/// A walk for each question and page size, long ones with small pages left out.
fn walks(evaluator: &Evaluator, target: &str) -> Vec<Walk> {
    let mut walks = Vec::new();
    for task in tasks(target) {
        for limit in [1, 2, 7, 100, 1000] {
            let walk = Walk::new(evaluator, &task, limit);
            assert!(walk.expected.len() > 10, "{} rows: {task}", walk.expected.len());
            if walk.expected.len() <= limit * 250 {
                walks.push(walk);
            }
        }
    }
    walks
}

#[test]
fn a_walk_gives_every_row_once_and_in_order_while_snapshots_are_published() {
    let folder = tempfile::tempdir().unwrap();
    let mut growing = Growing::new(folder.path(), 12_000);
    let target = growing.largest();
    let mut under_way = Vec::new();
    let (mut all, mut rows) = (0, 0);
    // Walks begin on each of three snapshots; those of the older ones go on meanwhile.
    for _ in 0..3 {
        under_way.extend(walks(&growing.evaluator(), &target));
        for _ in 0..2 {
            under_way.retain_mut(|walk| {
                let goes_on = walk.step(&growing.client);
                all += usize::from(!goes_on);
                rows += if goes_on { 0 } else { walk.found.len() };
                goes_on
            });
        }
        growing.publish();
    }
    let longest = under_way.len();
    for walk in &mut under_way {
        while walk.step(&growing.client) {}
        all += 1;
        rows += walk.found.len();
    }
    println!("{all} walks, {rows} rows; {longest} of them were under way while a snapshot was published");
    assert!(longest > 40, "{longest}");
}

/// A question with a token.
fn begun(growing: &Growing) -> (Value, String) {
    let task = json!({"target": growing.largest(), "limit": 3, "filters": ["rank", ">=", 0], "tag": "one"});
    let reply = growing.client.ask(&task);
    let token = reply.result()["search_after_token"].as_str().unwrap().to_owned();
    (task, token)
}

fn assert_refused(reply: &Reply, what: &str) {
    assert_eq!((reply.http, reply.code()), (200, 40501), "{what}");
    assert_eq!(reply.message(), "Invalid Field: 'search_after_token'.", "{what}");
    assert!(!reply.hint.is_empty(), "{what}");
}

#[test]
fn a_token_with_any_byte_changed_or_cut_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let growing = Growing::new(folder.path(), 2000);
    let (task, token) = begun(&growing);
    assert_eq!(growing.client.ask(&with(&task, "search_after_token", &*token)).code(), 20_000);
    let mut hints = BTreeMap::new();
    for at in 0..token.len() {
        for flip in [0x01, 0x02, 0x20] {
            let mut bytes = token.clone().into_bytes();
            bytes[at] ^= flip;
            let bent = String::from_utf8(bytes).unwrap();
            let reply = growing.client.ask(&with(&task, "search_after_token", bent));
            assert_refused(&reply, &format!("byte {at} of {token}"));
            *hints.entry(reply.hint).or_insert(0) += 1;
        }
        let reply = growing.client.ask(&with(&task, "search_after_token", &token[..at.max(1)]));
        assert_refused(&reply, &format!("cut at {at}: {token}"));
    }
    for bent in [format!("{token}A"), format!("{token}="), format!(" {token}"), token.repeat(2), "Ü".to_owned()] {
        assert_refused(&growing.client.ask(&with(&task, "search_after_token", &*bent)), &bent);
    }
    assert_refused(&growing.client.ask(&with(&task, "search_after_token", 5)), "a number");
    println!("{hints:?}");
}

#[test]
fn a_token_goes_on_with_its_own_question_only() {
    let folder = tempfile::tempdir().unwrap();
    let growing = Growing::new(folder.path(), 2000);
    let (task, token) = begun(&growing);
    let next = with(&task, "search_after_token", &*token);
    let same = |reply: &Reply| reply.result()["items"][0].clone();
    let expected = same(&growing.client.ask(&next));
    for (name, value) in [("limit", json!(7)), ("tag", json!("two")), ("offset", json!(3)), ("limit", Value::Null)] {
        assert_eq!(same(&growing.client.ask(&with(&next, name, value))), expected, "{name} may change");
    }
    for (name, value) in [
        ("target", json!("nothing-links-here.com")),
        ("target", json!(format!("https://{}/", growing.largest()))),
        ("mode", json!("one_per_domain")),
        ("custom_mode", json!({"field": "anchor", "value": 1})),
        ("filters", json!(["rank", ">=", 1])),
        ("filters", Value::Null),
        ("order_by", json!(["rank,desc"])),
        ("backlinks_status_type", json!("all")),
        ("include_subdomains", json!(false)),
        ("include_indirect_links", json!(false)),
        ("exclude_internal_backlinks", json!(false)),
        ("rank_scale", json!("one_hundred")),
        ("rows", json!("per_link")),
        ("as_of", json!(1)),
    ] {
        let reply = growing.client.ask(&with(&next, name, value));
        assert_refused(&reply, name);
    }
    let other = tempfile::tempdir().unwrap();
    let other = Growing::new(other.path(), 2000);
    assert_refused(&other.client.ask(&next), "a token of another index");
}

#[test]
fn a_token_of_a_snapshot_that_is_gone_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut growing = Growing::new(folder.path(), 2000);
    let (task, token) = begun(&growing);
    let next = with(&task, "search_after_token", &*token);
    growing.publish();
    assert_eq!(growing.client.ask(&next).code(), 20_000, "the last two are kept");
    growing.seconds_between = 2 * KEPT_SECONDS;
    growing.publish();
    growing.publish();
    growing.publish();
    let reply = growing.client.ask(&next);
    assert_refused(&reply, "three snapshots and six days later");
    println!("{}", reply.hint);
}
