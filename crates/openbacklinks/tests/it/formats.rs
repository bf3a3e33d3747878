//! Indexes of earlier formats: refused by every command, with what to do, and left as they are.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::running::{copy, run};
use crate::shared::files;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats")
}

/// Every file and folder below a folder; files with their bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for path in files(folder) {
        if path.is_dir() {
            found.extend(contents(&path));
            found.insert(path, None);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, Some(bytes));
        }
    }
    found
}

#[test]
fn an_index_of_an_earlier_format_is_refused_with_what_to_do_and_left_as_it_is() {
    let archive = fixtures().join("pages-1.warc");
    let target = OsStr::new("two.example.com");
    let commands: [(&str, &[&OsStr]); 16] = [
        ("ingest --crawl crawl-3", &[archive.as_ref()]),
        ("build", &[]),
        ("serve --listen 127.0.0.1:0 --no-auth", &[]),
        ("query", &[target]),
        ("keys create --name x", &[]),
        ("keys list", &[]),
        ("keys revoke aaaaaaaa", &[]),
        ("inspect", &[]),
        ("crawls list", &[]),
        ("crawls remove crawl-1", &[]),
        ("snapshots list", &[]),
        ("snapshots remove 1", &[]),
        ("snapshots diff 1 2", &[]),
        ("events", &[target]),
        ("forget --yes", &[target]),
        ("inspect --verify", &[]),
    ];
    for format in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("index");
        copy(&fixtures().join(format!("format-{format}")), &data);
        let before = contents(&data);
        assert!(before.len() > 40, "{} has snapshots", data.display());
        for (command, rest) in commands {
            let output = run(command, &data, rest);
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(5), "{command}: {error}");
            assert!(error.contains(&format!("format {format}")), "{command}: {error}");
            let hint = error.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
            assert!(hint.contains("ingest the archives into a new folder"), "{command}: {error}");
            assert!(output.stdout.is_empty(), "{command}");
            assert!(contents(&data) == before, "{command} changed the index");
        }
    }
}

#[test]
fn an_index_of_this_format_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("index");
    copy(&fixtures().join("format-3"), &data);
    let output = run("inspect --verify", &data, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let output = run("query --json --status all", &data, &[OsStr::new("two.example.com")]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = fs::read_to_string(fixtures().join("format-3.answer.json")).unwrap();
    assert_eq!(answer, serde_json::from_str::<serde_json::Value>(&expected).unwrap());
    // What was written then can be built upon.
    let archive = fixtures().join("pages-1.warc");
    assert_eq!(run("ingest --crawl again", &data, &[archive.as_ref()]).status.code(), Some(0));
    assert_eq!(run("build", &data, &[]).status.code(), Some(0));
    assert_eq!(run("inspect --verify", &data, &[]).status.code(), Some(0));
}
