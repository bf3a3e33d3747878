//! `backlinks forget`, killed at every point that it passes and called again.

use std::process::{Command, Stdio};

use model::Visit;
use store::DataDir;
use synthweb::{Web, WebOptions};

use crate::events::growing;
use crate::forget::{busiest, forget, tables, traces};
use crate::killing::orphans::orphans;
use crate::killing::program::{held, passed};
use crate::running::copy;

fn command(data: &DataDir, host: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backlinks"));
    command.args(["forget", "--yes", "--quiet", host, "--data"]).arg(data.root());
    command.stdin(Stdio::null());
    command
}

#[test]
fn a_forgetting_killed_at_any_point_leaves_a_whole_index_and_the_same_call_ends_it() {
    let web = Web::new(WebOptions { steps: 2, ..WebOptions::new(21, 150) });
    let crawls: Vec<Vec<Visit>> = (0..2).map(|step| web.visits(step).collect()).collect();
    let host = busiest(&crawls);
    let folder = tempfile::tempdir().unwrap();
    let index = growing(&folder.path().join("index"), &crawls);
    let copied = |name: &str| {
        let to = folder.path().join(name);
        copy(index.root(), &to);
        DataDir::open(&to).unwrap()
    };
    let at_once = copied("at-once");
    let output = command(&at_once, &host).env("BACKLINKS_STOP_AT", "?").output().unwrap();
    assert!(output.status.success());
    let points = passed(&String::from_utf8(output.stderr).unwrap());
    let (old, new) = (tables(&index), tables(&at_once));
    assert!(old != new);
    let mut kills = 0;
    for (point, most) in &points {
        // The first time, the last, and one between.
        let mut counts = vec![1, most.div_ceil(2), *most];
        counts.dedup();
        for count in counts {
            let about = format!("killed at {point}, {count} of {most}");
            let data = copied("killed");
            held(command(&data, &host), point, count).expect(&about).kill();
            kills += 1;
            let problems = store::verify(&data, |_, _| ()).unwrap().problems;
            assert!(problems.is_empty(), "{about}: {problems:?}");
            let served = tables(&data);
            assert!(served == old || served == new, "{about}: another snapshot is served");
            forget(&data, &[&host]);
            assert_eq!(traces(&data, &host), [""; 0], "{about}");
            assert!(tables(&data) == new, "{about}: not what comes of it at once");
            assert_eq!(store::snapshots_to_forget(&data).unwrap(), [], "{about}");
            assert_eq!(orphans(data.root()), [""; 0], "{about}");
            std::fs::remove_dir_all(data.root()).unwrap();
        }
    }
    println!("{host}: {kills} kills at {points:?}");
    assert!(["file.renamed", "retire.moved", "current.after"].iter().all(|point| points.contains_key(*point)));
}
