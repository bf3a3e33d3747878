//! Random requests to the server on a real index are answered as the evaluator answers them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::Visit;
use query::Index;
use serde_json::{Value, json};
use synthweb::{Web, WebOptions};

use crate::client::Client;
use crate::conditions::{FIELDS, operators};
use crate::dice::Dice;
use crate::evaluator::Evaluator;
use crate::oracle::Oracle;
use crate::requests::Requests;
use crate::shared::{captures, index_of, open, shared_data};

/// How often something was asked, and how often with an answer that had rows.
#[derive(Default)]
struct Coverage {
    cases: usize,
    with_rows: usize,
    rows: usize,
    used: BTreeMap<String, (usize, usize)>,
}

impl Coverage {
    fn count(&mut self, task: &Value, rows: usize) {
        self.cases += 1;
        self.with_rows += usize::from(rows > 0);
        self.rows += rows;
        let mut met = BTreeSet::new();
        for name in ["mode", "backlinks_status_type", "rank_scale", "rows", "include_subdomains"] {
            met.insert(format!("{name} {}", task[name]));
        }
        for name in ["include_indirect_links", "exclude_internal_backlinks"] {
            met.insert(format!("{name} {}", task[name]));
        }
        met.insert(format!("custom_mode {}", task["custom_mode"]["field"]));
        for key in task["order_by"].as_array().into_iter().flatten() {
            met.insert(format!("order_by {}", key.as_str().unwrap().split(',').next().unwrap().trim()));
        }
        for_each_condition(&task["filters"], &mut |field, operator, value| {
            met.insert(format!("field {field}"));
            met.insert(format!("operator {operator}"));
            if value.is_null() {
                met.insert(format!("null {operator}"));
            }
        });
        for name in met {
            let (times, with_rows) = self.used.entry(name).or_default();
            *times += 1;
            *with_rows += usize::from(rows > 0);
        }
    }

    fn print(&self, web: &str) {
        println!("{web}: {} cases, {} with rows, {} rows compared", self.cases, self.with_rows, self.rows);
        for (name, (times, with_rows)) in &self.used {
            println!("  {name}: {times}, {with_rows} with rows");
        }
    }

    fn times(&self, name: &str) -> (usize, usize) {
        self.used.get(name).copied().unwrap_or_default()
    }
}

fn for_each_condition(filter: &Value, see: &mut impl FnMut(&str, &str, &Value)) {
    let Some(parts) = filter.as_array().filter(|parts| !parts.is_empty()) else { return };
    match (parts[0].as_str(), parts.get(1).and_then(Value::as_str)) {
        (Some(field), Some(operator)) => see(field, operator, &parts[2]),
        _ => parts.iter().for_each(|part| for_each_condition(part, see)),
    }
}

/// What is wrong with the answer to a good task; the number of rows if nothing is.
pub(crate) fn judge(client: &Client, evaluator: &Evaluator, task: &Value) -> Result<usize, String> {
    let expected = evaluator.answer(task);
    let reply = client.ask(task);
    if (reply.http, reply.code()) != (200, 20_000) {
        return Err(format!("{} {}: {}", reply.code(), reply.message(), reply.hint));
    }
    let result = reply.result();
    if expected.total_count == 0 {
        let is_empty = reply.task()["result"].is_null() && reply.task()["result_count"] == 0;
        return if is_empty { Ok(0) } else { Err(format!("no row expected, found {}", result["total_count"])) };
    }
    let items =
        result["items"].as_array().ok_or_else(|| format!("{} rows expected, none found", expected.total_count))?;
    if result["total_count"] != expected.total_count {
        return Err(format!("total_count {}, expected {}", result["total_count"], expected.total_count));
    }
    if result["items_count"] != items.len() || items.len() != expected.items.len() {
        return Err(format!("{} items, {} expected", items.len(), expected.items.len()));
    }
    for (at, (found, expected)) in items.iter().zip(&expected.items).enumerate() {
        for (name, value) in expected.as_object().unwrap() {
            if found[name] != *value {
                let row = |item: &Value| format!("{} → {}", item["url_from"], item["url_to"]);
                let (found_row, expected_row) = (row(found), row(expected));
                return Err(format!(
                    "item {at}: {name} is {}, expected {value}\n  found    {found_row}\n  expected {expected_row}",
                    found[name]
                ));
            }
        }
        if found.as_object().unwrap().len() != expected.as_object().unwrap().len() {
            return Err(format!("item {at}: other members than expected"));
        }
    }
    for name in ["target", "mode", "custom_mode"] {
        // An empty object is absent.
        let is_empty = task[name].as_object().is_some_and(serde_json::Map::is_empty);
        if result[name] != if is_empty { Value::Null } else { task[name].clone() } {
            return Err(format!("result.{name} is {}, posted {}", result[name], task[name]));
        }
    }
    if result["search_after_token"].is_null() != expected.is_end {
        return Err(format!(
            "search_after_token is {}, the end is reached: {}",
            result["search_after_token"], expected.is_end
        ));
    }
    Ok(items.len())
}

/// Simpler tasks: without a field, with a part of the filter, with fewer sort keys.
fn simpler(task: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for name in task.as_object().unwrap().keys().filter(|name| *name != "target") {
        let mut fewer = task.as_object().unwrap().clone();
        fewer.shift_remove(name);
        found.push(Value::Object(fewer));
    }
    let mut with = |name: &str, value: Value| {
        let mut other = task.clone();
        other[name] = value;
        found.push(other);
    };
    for filter in simpler_filters(&task["filters"]) {
        with("filters", filter);
    }
    if let Some(keys) = task["order_by"].as_array() {
        for at in 0..keys.len() {
            with(
                "order_by",
                keys.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, key)| key.clone()).collect(),
            );
        }
    }
    found
}

fn simpler_filters(filter: &Value) -> Vec<Value> {
    let Some(parts) = filter.as_array().filter(|parts| !parts.is_empty()) else { return Vec::new() };
    if parts[0].is_string() {
        let list = parts[2].as_array().filter(|list| list.len() > 1);
        return list.into_iter().flatten().map(|one| json!([parts[0], parts[1], [one]])).collect();
    }
    let mut found = Vec::new();
    for at in (0..parts.len()).step_by(2) {
        found.push(parts[at].clone());
        for inner in simpler_filters(&parts[at]) {
            let mut other = parts.clone();
            other[at] = inner;
            found.push(Value::Array(other));
        }
        if parts.len() > 2 {
            let mut fewer = parts.clone();
            fewer.drain(if at == 0 { 0..2 } else { at - 1..at + 1 });
            found.push(Value::Array(fewer));
        }
    }
    found
}

fn shrunk(mut task: Value, is_wrong: impl Fn(&Value) -> bool) -> Value {
    while let Some(smaller) = simpler(&task).into_iter().find(&is_wrong) {
        task = smaller;
    }
    task
}

/// Asks `cases` questions, one in twenty of them with a fault.
fn check(web: &str, client: &Client, oracle: &Oracle, seed: u64, cases: usize) -> Coverage {
    let evaluator = Evaluator::of(oracle);
    let mut requests = Requests::new(oracle, &evaluator);
    let mut coverage = Coverage::default();
    let (mut refused, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for case in 0..cases {
        let mut dice = Dice::new(seed + case as u64);
        if case % 20 == 19 {
            let (task, name) = requests.faulty(&mut dice);
            let reply = client.ask(&task);
            let found = (reply.http, reply.code(), reply.message());
            let is_told = !reply.hint.is_empty() && (name != "filters" || reply.hint.starts_with("filters"));
            if found != (200, 40501, &*format!("Invalid Field: '{name}'.")) || !is_told {
                wrong.push(format!(
                    "seed {}: fault in {name}: {found:?}, hint `{}`\n{task}",
                    seed + case as u64,
                    reply.hint
                ));
            }
            *refused.entry(name).or_default() += 1;
            continue;
        }
        let task = requests.good(&mut dice);
        if let Ok(rows) = judge(client, &evaluator, &task) {
            coverage.count(&task, rows);
        } else {
            let small = shrunk(task, |task| judge(client, &evaluator, task).is_err());
            let reason = judge(client, &evaluator, &small).unwrap_err();
            wrong.push(format!("seed {}: {reason}\n{small}", seed + case as u64));
        }
        if wrong.len() > 20 {
            break;
        }
    }
    coverage.print(web);
    println!("  refused: {refused:?}");
    assert!(wrong.is_empty(), "{web}: {} wrong answers\n{}", wrong.len(), wrong.join("\n"));
    coverage
}

/// The generator is not vacuous: every word of the language was used, and had answers.
fn assert_covered(coverage: &Coverage) {
    assert!(coverage.with_rows * 2 > coverage.cases, "{} of {}", coverage.with_rows, coverage.cases);
    for kind in ["bool", "num", "str", "time", "array"] {
        for operator in operators(kind) {
            assert!(coverage.times(&format!("operator {operator}")).1 > 0, "{operator}");
        }
    }
    for (field, kind) in FIELDS {
        assert!(coverage.times(&format!("field {field}")).1 > 0, "filter {field}");
        assert!(kind == "array" || coverage.times(&format!("order_by {field}")).1 > 0, "order {field}");
    }
    for name in [
        "mode \"one_per_domain\"",
        "mode \"one_per_anchor\"",
        "custom_mode \"domain\"",
        "custom_mode \"domain_from_country\"",
        "custom_mode \"semantic_location\"",
        "custom_mode \"new_reason\"",
        "custom_mode \"lost_reason\"",
        "rank_scale \"one_hundred\"",
        "rows \"per_link\"",
        "backlinks_status_type \"lost\"",
        "null =",
        "null <>",
    ] {
        assert!(coverage.times(name).1 > 0, "{name}");
    }
}

/// Cases about the synthetic web; all of them where there are no captures.
const SYNTHETIC: usize = 6000;
const CAPTURES: usize = 5000;
const LARGE: usize = 500;

#[test]
fn random_questions_about_a_synthetic_web_are_answered_as_a_scan_answers_them() {
    let web = Web::new(WebOptions::new(11, 260));
    let crawls: Vec<Vec<Visit>> = (0..3).map(|step| web.visits(step).collect()).collect();
    let slices: Vec<&[Visit]> = crawls.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &slices, 3));
    let oracle = Oracle::of(&crawls.concat());
    let cases = if shared_data("captures").is_some() { SYNTHETIC } else { SYNTHETIC + CAPTURES };
    assert_covered(&check("synthweb", &Client::of(Arc::new(index)), &oracle, 1, cases));
}

/// Two crawls of a web with targets of thousands of links, which lists are kept for and which are read in another
/// way; with the folder of the index.
pub(crate) fn large_targets() -> (tempfile::TempDir, Arc<Index>, Oracle) {
    let web = Web::with_links(3, 36_000);
    let crawls: Vec<Vec<Visit>> = (0..2).map(|step| web.visits(step).collect()).collect();
    let slices: Vec<&[Visit]> = crawls.iter().map(Vec::as_slice).collect();
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &slices, 2));
    (folder, Arc::new(index), Oracle::of(&crawls.concat()))
}

#[test]
fn random_questions_about_large_targets_are_answered_as_a_scan_answers_them() {
    let (_folder, index, oracle) = large_targets();
    let clients = [Client::of(Arc::clone(&index)), Client::in_parts(index)];
    for (client, (name, seed)) in clients.iter().zip([("large targets", 2_000_000), ("in parts", 3_000_000)]) {
        let coverage = check(name, client, &oracle, seed, LARGE);
        assert!(coverage.rows > LARGE * 10, "{}", coverage.rows);
    }
}

/// Links of a page to several sites of one target, of which some are internal and some are not, and links
/// that a filter leaves out: all count for the group of a page that is in it.
#[test]
fn groups_of_hosts_below_a_public_suffix_are_those_of_a_scan() {
    let web = Web::with_links(3, 36_000);
    let visits: Vec<Visit> = web.visits(0).collect();
    let folder = tempfile::tempdir().unwrap();
    let client = Client::of(Arc::new(open(&index_of(folder.path(), &[&visits], 2))));
    let oracle = Oracle::of(&visits);
    let evaluator = Evaluator::of(&oracle);
    let (mut rows, mut wrong) = (0, Vec::new());
    for target in ["github.io", "blogspot.com"] {
        for more in [
            json!({}),
            json!({"exclude_internal_backlinks": false}),
            json!({"include_indirect_links": false}),
            json!({"backlinks_status_type": "all"}),
            json!({"rows": "per_link"}),
            json!({"include_subdomains": false}),
            json!({"filters": ["dofollow", "=", true]}),
            json!({"filters": ["group_count", ">", 2]}),
            json!({"filters": ["links_count", ">", 1]}),
            json!({"order_by": ["links_count,desc"]}),
        ] {
            let mut task = json!({"target": target, "mode": "one_per_domain", "limit": 1000});
            task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            match judge(&client, &evaluator, &task) {
                Ok(found) => rows += found,
                Err(reason) => wrong.push(format!("{reason}\n{task}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows > 5000, "{rows}");
}

#[test]
fn random_questions_about_real_captures_are_answered_as_a_scan_answers_them() {
    let Some(visits) = captures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let index = open(&index_of(folder.path(), &[&visits], 4));
    let oracle = Oracle::of(&visits);
    assert_covered(&check("captures", &Client::of(Arc::new(index)), &oracle, 1_000_000, CAPTURES));
}
