//! A target with more referring pages than lists keep rows: the far end is answered in another way than
//! the beginning, and so are questions about so many rows.

use std::sync::Arc;

use model::{Evidence, Link, LinkKind, Outcome, Page, RelTokens, Timestamp, Visit, parse_url};
use serde_json::{Value, json};

use crate::client::Client;
use crate::dice::Dice;
use crate::evaluator::Evaluator;
use crate::oracle::Oracle;
use crate::shared::{index_of, open};

/// Lists keep 32,768 rows.
const PAGES: usize = 35_000;

/// Pages that lose links at a second visit: one in so many.
const LOSING: usize = 20;

/// Pages of many hosts, each with one or two links to one domain, some of which are lost later.
fn visits() -> Vec<Visit> {
    let mut dice = Dice::new(5);
    let mut visits = Vec::new();
    for number in 0..PAGES {
        let url = |text: String| parse_url(&text, None).unwrap();
        let from = url(format!("https://h{}.from-{}.org/{number}", number % 11, number / 50));
        let mut page = Page::new(from, Timestamp::from_seconds(1_700_000_000 + dice.below(5000) as i64), 200);
        page.title = (number % 3 > 0).then(|| format!("Title İstanbul {}", number % 100));
        let mut links = Vec::new();
        for _ in 0..=dice.below(2) {
            let to = url(format!("https://{}big-target.com/{}", ["", "www.", "a."][dice.below(3)], dice.below(9)));
            let mut link = Link::new(to, LinkKind::Anchor);
            link.anchor = (dice.below(9) > 0).then(|| format!("anchor {}", dice.below(500)));
            link.rel = RelTokens::parse(["", "nofollow", "noopener"][dice.below(3)]);
            link.dofollow = !link.rel.has("nofollow");
            links.push(link);
        }
        let evidence = Evidence { archive: "made.warc".into(), offset: number as u64, length: 1, digest: None };
        if number % LOSING == 0 {
            let mut later = page.clone();
            later.fetched_at = Timestamp::from_seconds(1_700_100_000);
            let kept = links.iter().take(usize::from(number % 40 == 0)).cloned().collect();
            visits.push(Visit::new(later, kept, Outcome::Definite, evidence.clone()).unwrap());
        }
        visits.push(Visit::new(page, links, Outcome::Definite, evidence).unwrap());
    }
    visits
}

/// Follows the tokens to the end.
fn walk(client: &Client, task: &Value) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), task.clone());
    loop {
        let reply = client.ask(&next);
        assert_eq!(reply.code(), 20_000, "{task}: {}", reply.hint);
        found.extend(reply.result()["items"].as_array().unwrap().iter().cloned());
        match &reply.result()["search_after_token"] {
            Value::Null => return found,
            token => next["search_after_token"] = token.clone(),
        }
    }
}

#[test]
fn a_walk_goes_on_behind_the_rows_that_lists_keep() {
    let visits = visits();
    let folder = tempfile::tempdir().unwrap();
    let client = Client::of(Arc::new(open(&index_of(folder.path(), &[&visits], 2))));
    let evaluator = Evaluator::of(&Oracle::of(&visits));
    drop(visits);
    for (more, rows) in [
        (json!({}), 32_769),
        (
            json!({"backlinks_status_type": "all", "filters": ["links_count", ">", 1], "order_by": ["is_lost,desc"]}),
            5000,
        ),
        (json!({"filters": ["anchor", "regex", "9$"], "order_by": ["page_from_title,desc", "anchor,asc"]}), 3000),
        (
            json!({"filters": [["page_from_title", "not_match", "stanbul"], "and", ["page_from_title", "match", "İSTANBUL 7"]]}),
            200,
        ),
        (json!({"custom_mode": {"field": "anchor", "value": 9}, "rank_scale": "one_hundred"}), 4000),
        (json!({"mode": "one_per_domain", "filters": ["group_count", ">", 6]}), 1000),
        (
            json!({"rows": "per_link", "filters": [["attributes", "has", "noopener"], "and", ["page_from_title", "=", null]]}),
            5000,
        ),
    ] {
        let mut task = json!({"target": "big-target.com", "limit": 1000});
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = walk(&client, &task);
        task["limit"] = json!(PAGES * 2);
        let expected = evaluator.answer(&task).items;
        assert!(expected.len() >= rows, "{} rows: {task}", expected.len());
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "row {at}: {task}");
        }
        assert_eq!(found.len(), expected.len(), "{task}");
        println!("{} rows: {more}", found.len());
    }
}
