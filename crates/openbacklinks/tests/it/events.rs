//! `backlinks events` against events that are found by going through all visits.

use model::{Timestamp, Visit};
use openbacklinks::pipeline::build;
use openbacklinks::terminal::Progress;
use serde_json::Value;
use store::DataDir;

use crate::lives::{crawls, domain, events};
use crate::program::{backlinks, json};
use crate::shared::{OPTIONS, add_crawl};

/// An index that crawls came to one by one, with a snapshot after each.
pub(crate) fn growing(folder: &std::path::Path, crawls: &[Vec<Visit>]) -> DataDir {
    let data = DataDir::open_or_create(folder, model::BucketCount::new(3).unwrap()).unwrap();
    for (number, visits) in crawls.iter().enumerate() {
        add_crawl(&data, &format!("crawl-{number}"), visits);
        let now = Timestamp::from_seconds(1_700_000_000 + number as i64);
        build(&data, OPTIONS, now, &Progress::new(true)).unwrap();
    }
    data
}

/// Whether a URL is of a host, or of one below it.
fn is_at(url: &str, host: &str) -> bool {
    let own = url.split('/').nth(2).unwrap();
    own == host || own.ends_with(&format!(".{host}"))
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn is_internal(event: &Value) -> bool {
    event["url_from"].as_str().is_some_and(|from| domain(from) == domain(event["url_to"].as_str().unwrap()))
}

#[test]
fn events_are_those_that_the_visits_tell() {
    let mut kinds = std::collections::BTreeMap::new();
    for seed in 0..4 {
        let crawls = crawls(seed, 6);
        let folder = tempfile::tempdir().unwrap();
        growing(folder.path(), &crawls);
        let data = folder.path().to_str().unwrap();
        let all = events(&crawls.concat());
        let asked = |arguments: &[&str]| {
            let output = backlinks(&[&["events", "--data", data, "--format", "jsonl"], arguments].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            lines(&output.stdout)
        };
        for host in ["a.com", "b.org", "c.net", "d.co.uk", "e.de", "10.1.2.3"] {
            let of_host = |event: &&Value| is_at(event["url_to"].as_str().unwrap(), host);
            let own: Vec<Value> = all.iter().filter(of_host).cloned().collect();
            assert_eq!(asked(&[host, "--include-internal"]), own, "seed {seed} {host}");
            let outside: Vec<Value> = own.iter().filter(|event| !is_internal(event)).cloned().collect();
            assert_eq!(asked(&[host]), outside, "seed {seed} {host}");
            assert_eq!(asked(&[host, "--limit", "7"]), outside[outside.len().saturating_sub(7)..], "seed {seed}");
            // Times are compared as text: all of one form.
            let since = outside.get(outside.len() / 2).map_or("2030", |event| event["time"].as_str().unwrap());
            let newer: Vec<Value> =
                outside.iter().filter(|event| event["time"].as_str().unwrap() >= since).cloned().collect();
            assert_eq!(asked(&[host, "--since", since]), newer, "seed {seed} {host} {since}");
            for event in own {
                *kinds.entry(event["event"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
        }
        let page = "https://a.com/";
        let of_page: Vec<Value> =
            all.iter().filter(|event| event["url_to"] == page && !is_internal(event)).cloned().collect();
        assert_eq!(asked(&[page]), of_page);
        let exact = |event: &&Value| {
            let url = event["url_to"].as_str().unwrap();
            (url.starts_with("https://a.com/") || url.starts_with("http://www.a.com/")) && !is_internal(event)
        };
        let of_host: Vec<Value> = all.iter().filter(exact).cloned().collect();
        assert_eq!(asked(&["a.com", "--no-subdomains"]), of_host);
    }
    println!("{kinds:?}");
    assert_eq!(kinds.len(), 7, "{kinds:?}");
}

#[test]
fn since_a_snapshot_there_is_what_its_table_does_not_hold() {
    let crawls = crawls(11, 5);
    let folder = tempfile::tempdir().unwrap();
    growing(folder.path(), &crawls);
    let data = folder.path().to_str().unwrap();
    let now = events(&crawls.concat());
    let mut told_otherwise = 0;
    for number in 1..=5 {
        let before = events(&crawls[..number].concat());
        told_otherwise += before.iter().filter(|event| !now.contains(event)).count();
        for host in ["a.com", "b.org", "c.net"] {
            let expected: Vec<&Value> = now
                .iter()
                .filter(|event| is_at(event["url_to"].as_str().unwrap(), host) && !before.contains(event))
                .collect();
            let number = number.to_string();
            let asked =
                backlinks(&["events", host, "--data", data, "--since", &number, "--include-internal", "--json"]);
            let asked = json(&asked);
            assert_eq!(asked["items"].as_array().unwrap().iter().collect::<Vec<_>>(), expected, "{host} {number}");
            assert_eq!(asked["snapshot"], 5);
        }
    }
    assert!(told_otherwise > 0, "older visits came later");
}

#[test]
fn events_have_the_forms_and_exit_codes_of_questions() {
    let crawls = crawls(3, 3);
    let folder = tempfile::tempdir().unwrap();
    growing(folder.path(), &crawls);
    let data = folder.path().to_str().unwrap();
    let run = |arguments: &[&str]| backlinks(&[&["events", "--data", data], arguments].concat());
    let table = String::from_utf8(run(&["a.com"]).stdout).unwrap();
    assert!(table.starts_with("a.com: ") && table.contains("link_added"), "{table}");
    let csv = String::from_utf8(run(&["a.com", "--format", "csv"]).stdout).unwrap();
    assert!(csv.starts_with("time,event,reason,url_from,url_to,before,after,status_code\r\n"), "{csv}");
    assert!(csv.contains("'=three"), "a formula is text: {csv}");
    for (arguments, code) in [
        (&["no such"][..], 2),
        (&["a.com", "--since", "yesterday"], 2),
        (&["a.com", "--since", "9"], 3),
        (&["a.com", "--limit", "0"], 2),
        (&["a.com", "--since", "2020-01-01T00:00:00Z"], 0),
    ] {
        assert_eq!(run(arguments).status.code(), Some(code), "{arguments:?}");
    }
    let empty = tempfile::tempdir().unwrap();
    DataDir::open_or_create(empty.path(), model::BucketCount::new(1).unwrap()).unwrap();
    assert_eq!(backlinks(&["events", "a.com", "--data", empty.path().to_str().unwrap()]).status.code(), Some(3));
}
