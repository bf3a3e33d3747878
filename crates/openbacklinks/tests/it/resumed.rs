//! An ingest that goes on where one was killed: which inputs it takes for read.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use synthweb::{Web, WebOptions};

use crate::shared::files;

const ARCHIVES: u64 = 4;

fn archives(folder: &Path) -> Vec<PathBuf> {
    let web = Web::new(WebOptions::new(6, 40));
    let path = |part: u64| folder.join(format!("{part}.warc.gz"));
    let write = |part: u64| {
        let pages = web.pages() * part / ARCHIVES..web.pages() * (part + 1) / ARCHIVES;
        web.write_warc(0, pages, &mut File::create(path(part)).unwrap()).unwrap();
        path(part)
    };
    (0..ARCHIVES).map(write).collect()
}

fn ingest(data: &Path, paths: &[PathBuf]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backlinks"));
    command.args(["ingest", "--json", "--quiet", "--crawl", "one", "--buckets", "2", "--data"]).arg(data).args(paths);
    command.env("BACKLINKS_CHECKPOINT_SECONDS", "0");
    command
}

/// Kills an ingest when it has read everything.
fn killed(data: &Path, paths: &[PathBuf]) {
    let mut command = ingest(data, paths);
    let mut child = command.env("BACKLINKS_STOP_AT", "crawl.merged").stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(errors.any(|line| line.unwrap() == "stopped at crawl.merged"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How many inputs an ingest did not read again, and what it told.
fn ended(output: &Output) -> (u64, String) {
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.success(), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    (report["resumed_inputs"].as_u64().unwrap(), errors)
}

fn crawl(data: &Path) -> Vec<Vec<u8>> {
    files(&data.join("crawls/one")).iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn inputs_that_are_as_they_were_are_not_read_again_and_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let all = archives(folder.path());
    let some = &all[..3];
    // What is asked for after the kill, how many inputs of it are read already, how many parts are of no use.
    let cases: [(&str, &[PathBuf], u64, u64); 4] = [
        ("the same", some, 3, 0),
        ("one has changed", some, 2, 1),
        ("one more", &all, 3, 0),
        ("one less, one more", &all[1..], 2, 1),
    ];
    for (name, asked, resumed, dropped) in cases {
        let (data, whole) = (folder.path().join(name), folder.path().join(format!("{name}, whole")));
        killed(&data, some);
        let inspected = Command::new(env!("CARGO_BIN_EXE_backlinks"))
            .args(["inspect", "--json", "--data"])
            .arg(&data)
            .output()
            .unwrap();
        let inspected: Value = serde_json::from_slice(&inspected.stdout).unwrap();
        assert_eq!((&inspected["partial"][0]["crawl"], &inspected["partial"][0]["inputs"]), (&"one".into(), &3.into()));
        if name == "one has changed" {
            let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
            File::options().write(true).open(&all[1]).unwrap().set_modified(changed).unwrap();
        }
        let (found, told) = ended(&ingest(&data, asked).output().unwrap());
        assert_eq!(found, resumed, "{name}: {told}");
        let going_on = format!("{resumed} of {} inputs are read already", asked.len());
        assert!(told.contains(&going_on), "{name}: {told}");
        assert_eq!(told.contains(&format!("is dropped: {dropped} parts")), dropped > 0, "{name}: {told}");
        assert_eq!(ended(&ingest(&whole, asked).output().unwrap()).0, 0);
        assert!(crawl(&data) == crawl(&whole), "{name}: other bytes than those of an ingest in one go");
    }
}
