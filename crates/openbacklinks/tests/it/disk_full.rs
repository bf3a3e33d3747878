//! A disk that is too small, at every stage of `ingest` and `build`: a clear error, the old snapshot as it
//! was, and the same command works once there is space.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::running::{Connection, Server, archive_of_step, popular_target, rows, run, run_well};

/// Free space grows by this part of what the command needs, until the command succeeds.
const STEPS: u64 = 24;

/// A small file system in memory; unmounted with the value.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// `None` where mounting is not allowed; says so.
    fn mount(path: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { path });
        }
        eprintln!("skipped: mounting a tmpfs is not allowed");
        None
    }

    fn free_bytes(&self) -> u64 {
        let output = Command::new("df").args(["--block-size=1", "--output=avail"]).arg(&self.path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().nth(1).unwrap().trim().parse().unwrap()
    }

    /// Fills the disk up to `free_bytes`.
    fn fill(&self, free_bytes: u64) {
        self.empty();
        let ballast = self.free_bytes().saturating_sub(free_bytes);
        fs::write(self.path.join("ballast"), vec![0; ballast as usize]).unwrap();
    }

    fn empty(&self) {
        let _ = fs::remove_file(self.path.join("ballast"));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.path).status();
    }
}

/// The file that there was no space for, as the command told it; `None` if it succeeded.
fn missing_space(output: &Output) -> Option<String> {
    if output.status.success() {
        return None;
    }
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    let (told, hint) = error.split_once("\nhint: ").unwrap_or_else(|| panic!("no hint: {error}"));
    let (_, file) = told.split_once("/index/").unwrap_or_else(|| panic!("no file is named: {error}"));
    let (file, reason) = file.split_once(": ").unwrap();
    assert!(reason.starts_with("No space left on device"), "{error}");
    assert!(hint.contains("free some space"), "{error}");
    Some(file.to_owned())
}

/// Runs a command with more and more free space, until it succeeds; the files that failed, and how often.
/// After each failure the index must be as before.
fn until_it_works(
    disk: &SmallDisk,
    needs: u64,
    command: impl Fn() -> Output,
    check: &mut dyn FnMut(),
) -> BTreeMap<String, usize> {
    let mut failed = BTreeMap::new();
    for step in 0..STEPS * 6 {
        disk.fill(needs * step / STEPS);
        let Some(file) = missing_space(&command()) else {
            disk.empty();
            return failed;
        };
        *failed.entry(file).or_default() += 1;
        check();
    }
    panic!("six times the space was not enough");
}

#[test]
fn a_full_disk_is_told_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path().join("disk"), "64m") else { return };
    let data = disk.path.join("index");
    let target = popular_target();
    let archives = [0, 1].map(|step| archive_of_step(folder.path(), step));
    let ingest = |step: usize| {
        let rest: [&OsStr; 1] = [archives[step].as_ref()];
        run(&format!("ingest --buckets 2 --memory 64MiB --crawl step-{step}"), &data, &rest)
    };
    let build = || run("build --memory 64MiB", &data, &[]);
    let free = disk.free_bytes();
    assert!(ingest(0).status.success());
    let crawl_bytes = free - disk.free_bytes();
    let free = disk.free_bytes();
    assert!(build().status.success());
    let snapshot_bytes = free - disk.free_bytes();
    println!("a crawl takes {crawl_bytes} bytes, a snapshot {snapshot_bytes}");

    let server = Server::start(&data, folder.path().join("log"), "--no-auth");
    let mut connection = Connection::to(&server.address());
    let old = rows(&data, &target);
    assert!(old.as_array().unwrap().len() > 5);
    let mut check = || {
        assert!(rows(&data, &target) == old, "the old snapshot answers");
        assert!(connection.rows(&target) == old, "the server answers");
        run_well("inspect --verify", &data, &[]);
        let left: Vec<_> = fs::read_dir(data.join("tmp")).map(Iterator::collect).unwrap_or_default();
        assert!(left.is_empty(), "{left:?}");
    };
    let failed = until_it_works(&disk, crawl_bytes, || ingest(1), &mut check);
    println!("ingest failed at {failed:?}");
    assert!(failed.len() >= 2, "{failed:?}");
    check();
    let failed = until_it_works(&disk, snapshot_bytes, build, &mut check);
    println!("build failed at {failed:?}");
    assert!(failed.len() >= 4, "{failed:?}");
    run_well("inspect --verify", &data, &[]);
    assert!(rows(&data, &target) != old, "the new snapshot is served");
    server.stop();
}
