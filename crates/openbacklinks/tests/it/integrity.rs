//! Damaged bytes are reported, never served.

use std::fs;
use std::path::{Path, PathBuf};

use model::{Target, Visit};
use query::{BacklinksQuestion, Index};
use store::{DataDir, StoreError};
use synthweb::{Web, WebOptions};

use crate::shared::{files, index_of};

/// Every file below a folder but those of keys and locks.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in files(folder) {
        if path.is_dir() { found.extend(all_files(&path)) } else { found.push(path) }
    }
    found.retain(|path| !path.ends_with("lock"));
    found
}

fn small_index(folder: &Path) -> (DataDir, Vec<Visit>) {
    let visits: Vec<Visit> = Web::new(WebOptions::new(5, 60)).visits(0).collect();
    (index_of(folder, &[&visits], 2), visits)
}

#[test]
fn one_changed_byte_anywhere_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = small_index(folder.path());
    assert!(store::verify(&data, |_, _| {}).unwrap().problems.is_empty());
    let mut changed = 0;
    for path in all_files(&folder.path().join("crawls")).into_iter().chain(all_files(&folder.path().join("snapshots")))
    {
        let good = fs::read(&path).unwrap();
        let step = (good.len() / 40).max(1);
        for at in (0..good.len()).step_by(step).chain(good.len().saturating_sub(50)..good.len()) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&path, &bad).unwrap();
            let problems = store::verify(&data, |_, _| {}).unwrap().problems;
            assert!(!problems.is_empty(), "{} byte {at} changed unseen", path.display());
            for problem in &problems {
                match problem {
                    StoreError::Corrupt { path: named, block, .. } => {
                        assert_eq!(named, &path, "byte {at}");
                        assert!(!block.is_empty());
                    }
                    StoreError::Manifest { path: named, .. } => assert_eq!(named, &path, "byte {at}"),
                    other => panic!("{other}"),
                }
            }
            changed += 1;
        }
        fs::write(&path, &good).unwrap();
    }
    println!("{changed} bytes changed, all found");
    assert!(store::verify(&data, |_, _| {}).unwrap().problems.is_empty());
}

#[test]
fn a_question_that_meets_damage_answers_an_error_and_never_other_rows() {
    let folder = tempfile::tempdir().unwrap();
    let (data, visits) = small_index(folder.path());
    let questions: Vec<BacklinksQuestion> = visits
        .iter()
        .flat_map(|visit| &visit.links)
        .filter_map(|link| Target::parse(link.key.host().registrable(), true).ok())
        .map(BacklinksQuestion::new)
        .step_by(9)
        .take(20)
        .collect();
    let ask = || -> Vec<Option<query::BacklinksAnswer>> {
        match Index::open(data.root(), 1 << 20) {
            Err(_) => questions.iter().map(|_| None).collect(),
            Ok(index) => questions.iter().map(|question| index.backlinks(question).ok()).collect(),
        }
    };
    let good = ask();
    assert!(good.iter().all(Option::is_some));
    let mut errors = 0;
    for path in all_files(&folder.path().join("snapshots")) {
        let bytes = fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by((bytes.len() / 12).max(1)) {
            let mut bad = bytes.clone();
            bad[at] ^= 0x01;
            fs::write(&path, &bad).unwrap();
            for (found, expected) in ask().iter().zip(&good) {
                match found {
                    None => errors += 1,
                    Some(_) => assert_eq!(found, expected, "{} byte {at}", path.display()),
                }
            }
        }
        fs::write(&path, &bytes).unwrap();
    }
    println!("{errors} questions answered with an error");
    assert!(errors > 100, "{errors}");
}
