//! Copies of the folder of an index, made while it is served, and snapshots that are published meanwhile.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::running::{Connection, Server, archive_of_step, copy, popular_target, rows, run, run_well};

/// How often a test looks for what takes the server up to two seconds.
const LOOKS: usize = 1200;

fn ingest(data: &Path, archive: &Path, step: u32) {
    run_well(&format!("ingest --buckets 2 --memory 64MiB --crawl step-{step}"), data, &[archive.as_ref()]);
}

fn build(data: &Path) {
    run_well("build --memory 64MiB --keep-hours 0", data, &[]);
}

/// Archives of the first steps, and an index of the very first.
fn first_index(folder: &Path, steps: u32) -> (PathBuf, Vec<PathBuf>) {
    let archives: Vec<PathBuf> = (0..steps).map(|step| archive_of_step(folder, step)).collect();
    let data = folder.join("index");
    ingest(&data, &archives[0], 0);
    build(&data);
    (data, archives)
}

/// The copy is whole: every block is as written, it answers the same, and it can be served and built upon.
fn assert_whole(folder: &Path, copied: &Path, target: &str, expected: &Value) {
    run_well("inspect --verify", copied, &[]);
    assert!(rows(copied, target) == *expected, "{} answers something else", copied.display());
    let server = Server::start(copied, folder.join("log-of-copy"), "--no-auth");
    assert!(Connection::to(&server.address()).rows(target) == *expected);
    server.stop();
}

/// Ends the clients, also where the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks on a kept connection until `end` is set; every answer in its order, equal neighbours once.
fn ask_until(address: &str, target: &str, end: &AtomicBool) -> Vec<Value> {
    let mut connection = Connection::to(address);
    let mut answers: Vec<Value> = Vec::new();
    while !end.load(Ordering::Relaxed) {
        let answer = connection.rows(target);
        if answers.last() != Some(&answer) {
            answers.push(answer);
        }
    }
    answers
}

#[test]
fn a_folder_copied_while_it_is_served_is_an_index_that_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = first_index(folder.path(), 1);
    let target = popular_target();
    let expected = rows(&data, &target);
    let server = Server::start(&data, folder.path().join("log"), "--no-auth");
    let (address, end) = (server.address(), AtomicBool::new(false));
    let copied = folder.path().join("copy");
    let answers = thread::scope(|scope| {
        let client = scope.spawn(|| ask_until(&address, &target, &end));
        let ends = End(&end);
        Connection::to(&address).rows(&target);
        copy(&data, &copied);
        drop(ends);
        client.join().unwrap()
    });
    assert!(answers.iter().all(|answer| *answer == expected));
    server.stop();
    assert_whole(folder.path(), &copied, &target, &expected);
}

#[test]
fn a_copy_under_the_lock_is_whole_and_writers_are_refused_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (data, archives) = first_index(folder.path(), 2);
    ingest(&data, &archives[1], 1);
    let target = popular_target();
    let expected = rows(&data, &target);
    let copied = folder.path().join("copy");
    {
        // What `flock DATA/lock cp -a DATA COPY` does, and a build in the middle of it.
        let lock = File::options().write(true).open(data.join("lock")).unwrap();
        lock.lock().unwrap();
        copy(&data.join("crawls"), &copied.join("crawls"));
        let refused = run("build", &data, &[]);
        let error = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{error}");
        assert!(error.contains("is locked by another process"), "{error}");
        copy(&data, &copied);
    }
    build(&data);
    assert!(rows(&data, &target) != expected, "the build after the copy publishes");
    assert_whole(folder.path(), &copied, &target, &expected);
    build(&copied);
    assert!(rows(&copied, &target) == rows(&data, &target), "the copy goes on as the original did");
}

#[test]
fn the_command_of_the_manual_makes_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _) = first_index(folder.path(), 1);
    let target = popular_target();
    let copied = folder.path().join("copy");
    let made = Command::new("flock").arg(data.join("lock")).args(["cp", "-a"]).arg(&data).arg(&copied).output();
    let Ok(made) = made else {
        eprintln!("skipped: there is no flock here");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_whole(folder.path(), &copied, &target, &rows(&data, &target));
}

/// A copy without the lock may have a `CURRENT` that names a snapshot which was published too late for it.
#[test]
fn a_copy_that_lacks_its_snapshot_says_so_and_without_snapshots_a_build_makes_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (data, archives) = first_index(folder.path(), 2);
    ingest(&data, &archives[1], 1);
    let copied = folder.path().join("copy");
    copy(&data, &copied);
    build(&data);
    fs::copy(data.join("snapshots/CURRENT"), copied.join("snapshots/CURRENT")).unwrap();
    let target = popular_target();
    let refused = run("query", &copied, &[target.as_ref()]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    println!("{}", error.trim_end());
    assert!(!refused.status.success() && error.contains("000002"), "{error}");
    fs::remove_dir_all(copied.join("snapshots")).unwrap();
    fs::create_dir(copied.join("snapshots")).unwrap();
    build(&copied);
    assert_whole(folder.path(), &copied, &target, &rows(&data, &target));
}

#[test]
fn a_server_moves_on_to_each_new_snapshot_and_fails_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let (data, archives) = first_index(folder.path(), 4);
    let target = popular_target();
    let server = Server::start(&data, folder.path().join("log"), "--no-auth");
    let (address, end) = (server.address(), AtomicBool::new(false));
    let mut expected = vec![rows(&data, &target)];
    let answers: Vec<Vec<Value>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..3).map(|_| scope.spawn(|| ask_until(&address, &target, &end))).collect();
        let ends = End(&end);
        let mut watcher = Connection::to(&address);
        let first = watcher.snapshot();
        for step in 1..4 {
            ingest(&data, &archives[step as usize], step);
            build(&data);
            expected.push(rows(&data, &target));
            let moved = (0..LOOKS).any(|_| {
                thread::sleep(std::time::Duration::from_millis(100));
                watcher.snapshot() == first + step
            });
            assert!(moved, "the server stays on snapshot {}", watcher.snapshot());
            assert!(watcher.rows(&target) == expected[step as usize]);
        }
        drop(ends);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert!(expected.windows(2).all(|pair| pair[0] != pair[1]), "each snapshot answers something else");
    for answers in answers {
        // Each answer is that of one snapshot, and none comes after that of a later one.
        assert!(answers == expected, "{} answers", answers.len());
    }
    server.stop();
}
