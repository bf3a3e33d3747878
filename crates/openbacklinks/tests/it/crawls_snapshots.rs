//! Listing, comparing and removing crawls and snapshots.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use store::DataDir;

use crate::events::growing;
use crate::lives::{crawls, differences, domain};
use crate::program::{backlinks, json};
use crate::shared::add_crawl;

struct Program<'a> {
    data: &'a DataDir,
}

impl Program<'_> {
    fn run(&self, arguments: &str) -> std::process::Output {
        let words: Vec<&str> = arguments.split(' ').collect();
        backlinks(&[words.as_slice(), &["--data", self.data.root().to_str().unwrap()]].concat())
    }

    fn json(&self, arguments: &str) -> Value {
        json(&self.run(&format!("{arguments} --json")))
    }

    fn code(&self, arguments: &str) -> Option<i32> {
        self.run(arguments).status.code()
    }

    fn numbers(&self) -> Vec<u64> {
        let list = self.json("snapshots list");
        list["snapshots"].as_array().unwrap().iter().map(|one| one["snapshot"].as_u64().unwrap()).collect()
    }
}

#[test]
fn a_crawl_is_listed_and_removed() {
    let crawls = crawls(1, 3);
    let folder = tempfile::tempdir().unwrap();
    let data = growing(folder.path(), &crawls);
    let program = Program { data: &data };
    let list = program.json("crawls list");
    let listed = list["crawls"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    for (number, (listed, visits)) in listed.iter().zip(&crawls).enumerate() {
        let times = visits.iter().map(|visit| visit.page.fetched_at);
        assert_eq!(listed["crawl"], format!("crawl-{number}"));
        assert_eq!(listed["visits"], visits.len());
        assert_eq!(listed["links"], visits.iter().map(|visit| visit.links.len()).sum::<usize>());
        assert_eq!(listed["inputs"], json!([format!("crawl-{number}")]));
        assert_eq!(listed["first_fetched"], times.clone().min().unwrap().to_string());
        assert_eq!(listed["last_fetched"], times.max().unwrap().to_string());
        let bytes: u64 = fs::read_dir(data.crawl(&format!("crawl-{number}").parse().unwrap()))
            .unwrap()
            .map(|file| file.unwrap())
            .filter(|file| file.file_name() != "manifest.json")
            .map(|file| file.metadata().unwrap().len())
            .sum();
        assert_eq!(listed["bytes"], bytes);
        assert_eq!(listed["served"], true);
    }
    add_crawl(&data, "new", &crawls[0]);
    assert_eq!(program.json("crawls list")["crawls"][3]["served"], false, "no snapshot was made from it yet");
    assert_eq!(program.code("crawls remove new"), Some(0));
    assert_eq!(program.code("crawls remove crawl-1 crawl-9"), Some(3));
    assert_eq!(program.code("crawls remove ../snapshots"), Some(3));
    assert_eq!(program.json("crawls list")["crawls"].as_array().unwrap().len(), 3, "all or nothing");
    let lock = data.lock().unwrap();
    assert_eq!(program.code("crawls remove crawl-1"), Some(1), "somebody writes");
    drop(lock);
    assert_eq!(program.json("crawls remove crawl-1"), json!({ "removed": ["crawl-1"] }));
    assert!(!folder.path().join("crawls/crawl-1").try_exists().unwrap());
    let rest = program.json("crawls list");
    assert_eq!(rest["crawls"].as_array().unwrap().len(), 2);
    let text = String::from_utf8(program.run("crawls list").stdout).unwrap();
    assert!(text.contains("crawl-2") && text.contains("2020-"), "{text}");
    let text = String::from_utf8(program.run("crawls remove crawl-0").stdout).unwrap();
    assert!(text.contains("the next build takes it out"), "{text}");
    assert_eq!(program.code("build"), Some(0));
    assert_eq!(
        program.json("snapshots list")["snapshots"].as_array().unwrap().last().unwrap()["crawls"],
        json!(["crawl-2"])
    );
    assert!(store::verify(&data, |_, _| ()).unwrap().problems.is_empty());
}

#[test]
fn snapshots_are_listed_with_what_they_share_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data = growing(folder.path(), &crawls(2, 4));
    let program = Program { data: &data };
    let list = program.json("snapshots list");
    let snapshots = list["snapshots"].as_array().unwrap();
    assert_eq!(program.numbers(), [1, 2, 3, 4]);
    let served: Vec<bool> = snapshots.iter().map(|one| one["served"].as_bool().unwrap()).collect();
    assert_eq!(served, [false, false, false, true]);
    assert_eq!(snapshots[1]["crawls"], json!(["crawl-0", "crawl-1"]));
    // Nothing new: the next one shares all that crawls are folded into.
    assert_eq!(program.code("build --keep-snapshots 9"), Some(0));
    let list = program.json("snapshots list");
    let last = list["snapshots"][4].clone();
    assert!(last["shared_bytes"].as_u64().unwrap() > 0 && last["own_bytes"].as_u64().unwrap() > 0, "{last}");
    let manifest = store::Snapshot::open(&data, model::SnapshotId(5), 0).unwrap().manifest().clone();
    let all: u64 = manifest.files.iter().map(|file| file.size_bytes).sum();
    assert_eq!(last["shared_bytes"].as_u64().unwrap() + last["own_bytes"].as_u64().unwrap(), all);

    assert_eq!(program.code("snapshots remove 5"), Some(2), "it is served");
    assert_eq!(program.code("snapshots remove 2 5"), Some(2));
    assert_eq!(program.code("snapshots remove 2 8"), Some(3));
    assert_eq!(program.code("snapshots remove two"), Some(2));
    assert_eq!(program.numbers(), [1, 2, 3, 4, 5], "all or nothing");
    assert_eq!(program.json("snapshots remove 4 000002 4"), json!({ "removed": [4, 2, 4] }));
    assert_eq!(program.numbers(), [1, 3, 5]);
    let alone = program.json("snapshots list")["snapshots"][2].clone();
    let own = |one: &Value| one["own_bytes"].as_u64().unwrap();
    assert!(own(&alone) > own(&last), "what it shared with the fourth is its own now: {alone}");
    // The gaps are no hindrance to retirement.
    let built = program.json("build --keep-hours 0 --keep-snapshots 3");
    assert_eq!((&built["snapshot"], &built["retired"]), (&json!(6), &json!([1])));
    assert_eq!(program.code("build --keep-snapshots 0"), Some(2));
    let built = program.json("build --keep-hours 0 --keep-snapshots 2");
    assert_eq!(built["retired"], json!([3, 5]));
    assert_eq!(program.numbers(), [6, 7]);
    assert!(store::verify(&data, |_, _| ()).unwrap().problems.is_empty());
}

fn sorted(mut values: Vec<Value>) -> Vec<String> {
    values.sort_by_key(Value::to_string);
    values.iter().map(Value::to_string).collect()
}

#[test]
fn a_comparison_tells_what_the_visits_tell() {
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for seed in [5, 6] {
        let crawls = crawls(seed, 4);
        let folder = tempfile::tempdir().unwrap();
        let data = growing(folder.path(), &crawls);
        let program = Program { data: &data };
        for (before, after) in [(1, 2), (2, 4), (1, 4), (3, 3), (4, 2)] {
            let expected = differences(&crawls[..before].concat(), &crawls[..after].concat());
            let lines = |arguments: &str| -> Vec<Value> {
                let output = program.run(&format!("snapshots diff {before} {after} {arguments}--format jsonl"));
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                let text = String::from_utf8(output.stdout).unwrap();
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
            };
            assert_eq!(sorted(lines("")), sorted(expected.clone()), "seed {seed}, {before} to {after}");
            let to_a = |value: &&Value| domain(value["url_to"].as_str().unwrap()) == "a.com";
            assert_eq!(sorted(lines("a.com ")), sorted(expected.iter().filter(to_a).cloned().collect()));
            let counted = program.json(&format!("snapshots diff {before} {after}"));
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            for change in expected.iter().flat_map(|value| value["changes"].as_array().unwrap()) {
                *counts.entry(change.as_str().unwrap()).or_default() += 1;
                *kinds.entry(change.as_str().unwrap().to_owned()).or_default() += 1;
            }
            for name in [
                "new",
                "removed",
                "lost",
                "restored",
                "rel_changed",
                "anchor_changed",
                "target_broken",
                "target_repaired",
            ] {
                assert_eq!(counted[name], counts.get(name).copied().unwrap_or_default(), "{name}");
            }
        }
        let text = String::from_utf8(program.run("snapshots diff 1 4 b.org").stdout).unwrap();
        assert!(text.starts_with("direct links to b.org, from snapshot 1 to 4:\n"), "{text}");
        assert_eq!(program.code("snapshots diff 1 9"), Some(3));
        assert_eq!(program.code("snapshots diff one 2"), Some(2));
        assert_eq!(program.code("snapshots diff 1 2 nonsense"), Some(2));
    }
    println!("{kinds:?}");
    assert_eq!(kinds.len(), 8, "{kinds:?}");
}
