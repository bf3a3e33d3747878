//! The rank of a set of links is the score of the sum of what each passes, whatever the filter.

use std::sync::Arc;

use model::Visit;
use serde_json::{Value, json};
use synthweb::{Web, WebOptions};

use crate::client::Client;
use crate::dice::Dice;
use crate::evaluator::Evaluator;
use crate::oracle::Oracle;
use crate::requests::Requests;
use crate::shared::{captures, index_of, open};

/// Every link that a task selects, each as a row, and the rank that the first answer tells of all.
fn ask(client: &Client, task: &Value) -> (Vec<Value>, Value) {
    let (mut links, mut set, mut token) = (Vec::new(), Value::Null, Value::Null);
    loop {
        let mut task = task.clone();
        task["search_after_token"] = token;
        let reply = client.ask(&task);
        assert_eq!(reply.code(), 20_000, "{task}: {}", reply.hint);
        let result = reply.result();
        if set.is_null() {
            set = result["explain"].clone();
        }
        links.extend(result["items"].as_array().cloned().unwrap_or_default());
        token = result["search_after_token"].clone();
        if token.is_null() {
            return (links, set);
        }
    }
}

fn judge(visits: &[&[Visit]], cases: usize, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::of(Arc::new(open(&index_of(folder.path(), visits, 3))));
    let oracle = Oracle::of(&visits.concat());
    let evaluator = Evaluator::of(&oracle);
    let mut requests = Requests::new(&oracle, &evaluator);
    let mut dice = Dice::new(seed);
    let (mut with_links, mut links_met, mut with_rank, mut nofollow_met) = (0, 0, 0, 0);
    for case in 0..cases {
        let mut task = requests.good(&mut dice);
        for (name, value) in [("rows", json!("per_link")), ("limit", json!(700)), ("explain", json!(true))] {
            task[name] = value;
        }
        for name in ["mode", "custom_mode", "order_by", "offset", "rank_scale", "search_after_token"] {
            task[name] = Value::Null;
        }
        if case % 10 == 0 {
            task["filters"] = json!(["dofollow", "=", false]);
        }
        let (links, set) = ask(&client, &task);
        if links.is_empty() {
            continue;
        }
        let mut passed: Vec<f64> = links
            .iter()
            .map(|link| {
                let passed = link["explain"]["rank"]["passed"].as_f64().unwrap() as f32;
                // What one link passes is a set of one.
                assert_eq!(link["rank"], score(f64::from(passed)), "{link}");
                f64::from(passed)
            })
            .collect();
        passed.sort_by(f64::total_cmp);
        let sum: f64 = passed.iter().sum();
        let told = set["passed"].as_f64().unwrap();
        assert!((told - sum).abs() <= sum * 1e-12, "{task}: {told} is not {sum}");
        assert_eq!((&set["links"], &set["rank"]), (&json!(links.len()), &json!(score(told))), "{task}");
        if links.iter().all(|link| link["dofollow"] == false) {
            assert_eq!((told.to_bits(), &set["rank"]), (0, &json!(0)), "{task}");
            nofollow_met += 1;
        }
        with_links += 1;
        links_met += links.len();
        with_rank += usize::from(told > 0.0);
    }
    println!("{with_links} sets of {links_met} links, {with_rank} with a rank, {nofollow_met} of nofollow alone");
    assert!(with_links > cases / 3 && with_rank > cases / 10 && nofollow_met > 3);
}

fn score(mass: f64) -> u16 {
    (65.0 * mass.max(1.0).ln()).round().clamp(0.0, 1000.0) as u16
}

#[test]
fn the_rank_of_any_set_of_links_of_a_synthetic_web_is_the_score_of_their_sum() {
    let web = Web::new(WebOptions::new(23, 250));
    let crawls: Vec<Vec<Visit>> = (0..3).map(|step| web.visits(step).collect()).collect();
    judge(&crawls.iter().map(Vec::as_slice).collect::<Vec<_>>(), 400, 5);
}

#[test]
fn the_rank_of_any_set_of_links_of_real_captures_is_the_score_of_their_sum() {
    let Some(visits) = captures() else { return };
    judge(&[&visits], 400, 6);
}
