//! The program from outside: commands, exit codes, and the way of the data through archives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};

use model::{Outcome, PlatformTypes, Timestamp, Visit};
use openbacklinks::pipeline::visits_of_archive;
use serde_json::Value;
use synthweb::{Web, WebOptions};

pub(crate) fn backlinks(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backlinks")).args(arguments).output().unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn write_archive(web: &Web, step: u32, path: &Path) {
    web.write_warc(step, 0..web.pages(), &mut File::create(path).unwrap()).unwrap();
}

/// What does not depend on where the bytes are, and what the synthetic web says of itself: it does not
/// say what its words look like, or what its pages look like the work of.
fn without_evidence(visits: Vec<Visit>) -> BTreeMap<(String, Timestamp), Visit> {
    let bare = |mut visit: Visit| {
        visit.evidence = model::Evidence { archive: String::new(), offset: 0, length: 0, digest: None };
        (visit.page.language_code, visit.page.platforms, visit.page.signals) = (None, PlatformTypes::EMPTY, None);
        ((visit.key.to_url_string(), visit.page.fetched_at), visit)
    };
    visits.into_iter().map(bare).collect()
}

#[test]
fn what_is_read_from_an_archive_is_what_was_written_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = WebOptions::new(11, 400);
    options.shares.cut = 30;
    let web = Web::new(options);
    let mut outcomes: BTreeMap<(&str, bool), u32> = BTreeMap::new();
    for step in 0..4 {
        let path = folder.path().join(format!("{step}.warc.gz"));
        write_archive(&web, step, &path);
        let (found, report) = visits_of_archive(&path).unwrap();
        assert!(report.skips.is_empty() && report.rejected.is_none(), "{report:?}");
        let (found, expected) = (without_evidence(found), without_evidence(web.visits(step).collect()));
        assert_eq!(found.len(), expected.len());
        for (place, visit) in expected {
            assert_eq!(found[&place], visit, "{place:?}");
            let outcome = match visit.outcome {
                Outcome::Definite => "definite",
                Outcome::Unchanged => "unchanged",
                Outcome::Unknown => "unknown",
            };
            *outcomes.entry((outcome, visit.links.is_empty())).or_default() += 1;
        }
    }
    println!("visits by outcome, and whether they have no links: {outcomes:?}");
    assert_eq!(outcomes.len(), 5, "{outcomes:?}");
}

#[test]
fn the_commands_lead_from_archives_to_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("index");
    let data = data.to_str().unwrap();
    let web = Web::new(WebOptions::new(2, 300));
    let archive = folder.path().join("a.warc.gz");
    write_archive(&web, 0, &archive);
    let archive = archive.to_str().unwrap();

    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let nothing = backlinks(&["ingest", "--data", data, empty.to_str().unwrap()]);
    assert_eq!(nothing.status.code(), Some(3), "no file to read");
    assert_eq!(backlinks(&["build", "--data", data]).status.code(), Some(3), "no crawl yet");
    let nowhere = folder.path().join("nowhere");
    let missing = backlinks(&["build", "--data", nowhere.to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(3), "no index yet");
    let ingested = json(&backlinks(&["ingest", "--data", data, "--crawl", "one", "--json", archive]));
    assert_eq!(ingested["crawl"], "one");
    assert!(ingested["links"].as_u64().unwrap() > 1000);
    let again = json(&backlinks(&["ingest", "--data", data, "--crawl", "one", "--json", archive]));
    assert_eq!(again["was_there"], true, "a repeated ingest is harmless");
    assert_eq!(backlinks(&["query", "example.org", "--data", data]).status.code(), Some(3), "no snapshot yet");
    let built = json(&backlinks(&["build", "--data", data, "--json"]));
    // A page that was fetched twice has its links once.
    let links: BTreeSet<_> = web
        .visits(0)
        .flat_map(|visit| visit.links.into_iter().map(move |link| (visit.key.clone(), link.key)))
        .collect();
    assert_eq!(built["totals"]["links"], links.len());

    let target = web.visits(0).flat_map(|visit| visit.links).next().unwrap().key.host().registrable().to_owned();
    let answer = json(&backlinks(&["query", &target, "--data", data, "--json", "--limit", "5"]));
    let items = answer["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.len() <= 5);
    assert_eq!(items[0]["type"], "backlink");
    assert!(items[0]["domain_to"].as_str().unwrap().ends_with(&target));
    let table = backlinks(&["query", &target, "--data", data]);
    assert!(String::from_utf8(table.stdout).unwrap().contains("referring pages"));

    let key = json(&backlinks(&["keys", "create", "--data", data, "--name", "test", "--json"]));
    let id = key["id"].as_str().unwrap();
    let listed = backlinks(&["keys", "list", "--data", data]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(id) && !listed.contains(key["key"].as_str().unwrap()));
    assert_eq!(backlinks(&["keys", "revoke", "--data", data, id]).status.code(), Some(0));
    assert_eq!(backlinks(&["keys", "revoke", "--data", data, "aaaaaaaa"]).status.code(), Some(3));

    let verified = json(&backlinks(&["inspect", "--data", data, "--verify", "--json"]));
    assert_eq!(verified["problems"].as_array().unwrap().len(), 0);
    assert_eq!(backlinks(&["query", "no such", "--data", data]).status.code(), Some(2));
    assert_eq!(backlinks(&["query"]).status.code(), Some(2));
    let outside = backlinks(&["serve", "--data", data, "--listen", "0.0.0.0:0", "--no-auth"]);
    assert_eq!(outside.status.code(), Some(2), "no-auth is for loopback only");
    let open = backlinks(&["serve", "--data", data, "--listen", "0.0.0.0:0"]);
    assert_eq!(open.status.code(), Some(2), "no valid key, and others could reach it");
}

#[test]
fn damage_is_exit_code_five_and_a_rejected_input_four() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("index");
    let zip = folder.path().join("not-an-archive.wacz");
    std::fs::write(&zip, b"PK\x03\x04 nothing").unwrap();
    let archive = folder.path().join("a.warc.gz");
    write_archive(&Web::new(WebOptions::new(2, 20)), 0, &archive);
    let (data, zip, archive) = (data.to_str().unwrap(), zip.to_str().unwrap(), archive.to_str().unwrap());
    let output = backlinks(&["ingest", "--data", data, archive, zip]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().contains("rejected"));
    assert_eq!(backlinks(&["build", "--data", data]).status.code(), Some(0));
    let manifest = Path::new(data).join("snapshots/000001/manifest.json");
    let mut bytes = std::fs::read(&manifest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&manifest, bytes).unwrap();
    let output = backlinks(&["inspect", "--data", data, "--verify"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8(output.stdout).unwrap().contains("manifest.json"));
    assert_eq!(backlinks(&["query", "example.org", "--data", data]).status.code(), Some(5));
}

#[test]
fn help_is_there_for_every_command_with_an_example() {
    for command in ["demo", "ingest", "build", "serve", "query", "keys", "inspect", "config"] {
        let output = backlinks(&[command, "--help"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Example:") && text.contains(&format!("backlinks {command}")), "{text}");
    }
}
