//! Questions about earlier snapshots are answered as they were answered then.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::growing::{Growing, with};
use crate::walks::tasks;

/// Between two snapshots: the sixth is made when a day has passed.
const BETWEEN: i64 = 17_280;

/// Six snapshots, and what each answered when it was the newest.
fn grown(folder: &std::path::Path) -> (Growing, Vec<Value>, Vec<Vec<Value>>) {
    let mut growing = Growing::new(folder, 4000);
    growing.seconds_between = BETWEEN;
    let tasks: Vec<Value> = tasks(&growing.largest()).iter().map(|task| with(task, "limit", 30)).collect();
    let mut answered = Vec::new();
    loop {
        answered.push(tasks.iter().map(|task| answer(&growing, task, growing.published as u32)).collect());
        if growing.published == 6 {
            return (growing, tasks, answered);
        }
        growing.publish();
    }
}

/// Count and rows of an answer that a snapshot must have given.
fn answer(growing: &Growing, task: &Value, snapshot: u32) -> Value {
    let reply = growing.client.ask(task);
    assert_eq!((reply.code(), reply.snapshot), (20_000, Some(snapshot)), "{task}: {}", reply.hint);
    json!([reply.result()["total_count"], reply.result()["items"]])
}

#[test]
fn every_earlier_snapshot_answers_as_it_did_when_it_was_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let (growing, tasks, answered) = grown(folder.path());
    let time = |seconds: i64| model::Timestamp::from_seconds(seconds).to_string();
    for (at, answers) in answered.iter().enumerate() {
        let made = at as i64 * BETWEEN;
        let names = [json!(at + 1), json!((at + 1).to_string()), json!(time(made)), json!(time(made + BETWEEN - 1))];
        for name in names {
            for (task, then) in tasks.iter().zip(answers) {
                assert_eq!(
                    answer(&growing, &with(task, "as_of", name.clone()), at as u32 + 1),
                    *then,
                    "{name}: {task}"
                );
            }
        }
    }
    for (task, at) in tasks.iter().zip(0..) {
        let different = answered.windows(2).filter(|pair| pair[0][at] != pair[1][at]).count();
        assert_eq!(different, 5, "each crawl changes the answer: {task}");
    }
    // A date alone is its end; what is to come is as it is now.
    for (name, snapshot) in [("1970-01-01", 5), ("1970-01-02", 6), ("2030-01-01", 6)] {
        let found = answer(&growing, &with(&tasks[0], "as_of", name), snapshot);
        assert_eq!(found, answered[snapshot as usize - 1][0], "{name}");
    }
    for name in [json!("1969-12-31"), json!("1969-12-31 23:59:59 +00:00"), json!(0), json!(7)] {
        let reply = growing.client.ask(&with(&tasks[0], "as_of", name.clone()));
        assert_eq!((reply.code(), reply.message()), (40501, "Invalid Field: 'as_of'."), "{name}");
        let told = "as_of names no snapshot that is kept; the oldest is number 1 of 1970-01-01 00:00:00 +00:00";
        assert_eq!((&*reply.hint, reply.snapshot), (told, None), "{name}");
    }
}

#[test]
fn a_token_goes_on_in_its_own_snapshot_and_with_the_same_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut growing = Growing::new(folder.path(), 4000);
    growing.publish();
    // By now the name means the second one; later it means another.
    let task = json!({"target": growing.largest(), "limit": 5, "as_of": "2030-01-01"});
    let first = growing.client.ask(&task);
    let whole = growing.client.ask(&with(&task, "limit", 10)).result()["items"].clone();
    growing.publish();
    let next = with(&task, "search_after_token", first.result()["search_after_token"].clone());
    let reply = growing.client.ask(&next);
    assert_eq!(reply.snapshot, Some(2));
    assert_eq!(reply.result()["items"].as_array().unwrap()[..], whole.as_array().unwrap()[5..]);
    assert_eq!(growing.client.ask(&task).snapshot, Some(3));
    for other in [json!(2), json!("2030-01-02"), Value::Null] {
        let reply = growing.client.ask(&with(&next, "as_of", other));
        assert_eq!((reply.code(), reply.message()), (40501, "Invalid Field: 'search_after_token'."));
    }
    let same_otherwise_written = with(&next, "as_of", "2030-01-01T23:59:59Z");
    assert_eq!(growing.client.ask(&same_otherwise_written).result()["items"], reply.result()["items"]);
}

#[test]
fn the_command_line_asks_earlier_snapshots_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut growing = Growing::new(folder.path(), 2000);
    growing.seconds_between = BETWEEN;
    growing.publish();
    let target = growing.largest();
    let run = |as_of: &[&str]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backlinks"));
        command.args(["query", &target, "--data"]).arg(folder.path()).args(as_of).output().unwrap()
    };
    let rows = |as_of: &[&str]| -> (Value, Value) {
        let output = run(&[as_of, &["--json", "--limit", "50"]].concat());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        (answer["snapshot"].clone(), answer["items"].clone())
    };
    for (as_of, snapshot) in [(&["--as-of", "1"][..], 1), (&["--as-of=1970-01-01 04:47:59 +00:00"], 1), (&[], 2)] {
        let asked = growing.client.ask(&json!({"target": target, "limit": 50, "as_of": snapshot}));
        assert_eq!(rows(as_of), (json!(snapshot), asked.result()["items"].clone()), "{as_of:?}");
    }
    let table = String::from_utf8(run(&["--as-of", "1"]).stdout).unwrap();
    assert!(table.lines().next().unwrap().ends_with(" shown, in snapshot 1"), "{table}");
    for (as_of, code, told) in [
        ("9", 3, "no such snapshot is kept; the oldest is number 1 of 1970-01-01 00:00:00 +00:00"),
        ("1969-12-31", 3, "no such snapshot is kept"),
        ("yesterday", 2, "--as-of must be a date such as"),
    ] {
        let output = run(&["--as-of", as_of]);
        assert_eq!(output.status.code(), Some(code), "{as_of}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{as_of}: {output:?}");
    }
}
