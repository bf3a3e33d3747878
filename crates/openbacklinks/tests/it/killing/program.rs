//! Running `backlinks` as a child: to its end, until it is killed, or held at a point.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::world::{self, World};

const SIGKILL: i32 = 9;

/// What a child does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Ingests a crawl of the world.
    Ingest(usize),
    /// Builds, and removes all snapshots but the last two.
    Build,
}

impl Work {
    pub(super) const fn is_build(self) -> bool {
        matches!(self, Self::Build)
    }
}

/// What a child left when it ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    /// What it printed, if that is JSON.
    pub(super) report: Value,
    pub(super) errors: String,
    /// The points that it passed, and how often each.
    pub(super) passed: BTreeMap<String, usize>,
    pub(super) elapsed: Duration,
}

/// The program to be killed.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    variable: Option<(&'static str, &'static str)>,
}

/// A child that waits at a point for its end.
pub(crate) struct Held {
    child: Child,
    /// Kept open: who writes to a closed pipe may die of it.
    _errors: Box<dyn Iterator<Item = String>>,
}

impl Held {
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(SIGKILL));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Nobody else would ever end it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// The program at a path; `variable` is set for it.
    pub(crate) fn new(path: PathBuf, variable: Option<(&'static str, &'static str)>) -> Self {
        Self { path, variable }
    }

    /// The program with a command for an index.
    pub(super) fn command(&self, arguments: &[&str], data: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).arg("--data").arg(data).envs(self.variable);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn work(&self, world: &World, data: &Path, work: Work) -> Command {
        match work {
            Work::Ingest(crawl) => {
                let name = world::name(crawl);
                let arguments =
                    ["ingest", "--json", "--quiet", "--memory", "64MiB", "--buckets", "3", "--crawl", &name];
                let mut command = self.command(&arguments, data);
                command.arg(world.archives(crawl)).env("BACKLINKS_CHECKPOINT_SECONDS", "0");
                command
            }
            Work::Build => {
                self.command(&["build", "--json", "--quiet", "--memory", "64MiB", "--keep-hours", "0"], data)
            }
        }
    }

    /// Runs to the end, whatever that is.
    pub(super) fn run(&self, world: &World, data: &Path, work: Work) -> Ended {
        let started = Instant::now();
        let output = self.work(world, data, work).env("BACKLINKS_STOP_AT", "?").output().unwrap();
        let elapsed = started.elapsed();
        let errors = String::from_utf8(output.stderr).unwrap();
        let passed = passed(&errors);
        let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ended { code: output.status.code(), report, errors, passed, elapsed }
    }

    /// Runs to the end, which must be a good one.
    pub(super) fn to_the_end(&self, world: &World, data: &Path, work: Work) -> Ended {
        let ended = self.run(world, data, work);
        assert_eq!(ended.code, Some(0), "{work:?}: {}", ended.errors);
        ended
    }

    /// Kills after a while; `false` if the child had ended by then.
    pub(super) fn kill_after(&self, world: &World, data: &Path, work: Work, after: Duration) -> bool {
        let mut command = self.work(world, data, work);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(status.success() || status.signal() == Some(SIGKILL), "{work:?}: {status}");
        !status.success()
    }

    /// Kills at the `count`-th passing of a point; `false` if the child ended without it.
    pub(super) fn kill_at(&self, world: &World, data: &Path, work: Work, point: &str, count: usize) -> bool {
        self.hold(world, data, work, point, count).map(Held::kill).is_some()
    }

    /// Waits until the child stands at a point.
    pub(super) fn hold(&self, world: &World, data: &Path, work: Work, point: &str, count: usize) -> Option<Held> {
        held(self.work(world, data, work), point, count)
    }
}

/// The points that a child told on standard error, which ran with `BACKLINKS_STOP_AT=?`, and how often it passed each.
pub(crate) fn passed(errors: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in errors.lines().filter_map(|line| line.strip_prefix("passed ")) {
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

/// A child that stands at the `count`-th passing of a point; `None` if it ended well without.
pub(crate) fn held(mut command: Command, point: &str, count: usize) -> Option<Held> {
    command.stdout(Stdio::null()).stderr(Stdio::piped()).env("BACKLINKS_STOP_AT", format!("{point}:{count}"));
    let mut child = command.spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut told = Vec::new();
    while let Some(line) = errors.next() {
        if line.starts_with("stopped at ") {
            return Some(Held { child, _errors: Box::new(errors) });
        }
        told.push(line);
    }
    let status = child.wait().unwrap();
    assert!(status.success(), "{command:?}: {status}: {told:?}");
    None
}
