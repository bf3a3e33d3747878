//! Which snapshots stay, and what becomes of answers that go on in those that do not.

use model::{SnapshotId, Target, Timestamp, Visit};
use openbacklinks::pipeline::build;
use openbacklinks::terminal::Progress;
use query::{BacklinksQuestion, QueryError};
use store::Retention;
use synthweb::{Web, WebOptions};

use crate::shared::{OPTIONS, index_of, open};

const HOUR: i64 = 3600;
const DAY: Retention = Retention { snapshots: 2, seconds: 24 * HOUR };

fn at_hour(hour: i64) -> Timestamp {
    Timestamp::from_seconds(hour * HOUR)
}

#[test]
fn the_last_two_snapshots_stay_and_every_one_that_was_served_within_a_day() {
    let web = Web::new(WebOptions::new(7, 60));
    let visits: Vec<Visit> = web.visits(0).collect();
    let folder = tempfile::tempdir().unwrap();
    let data = index_of(folder.path(), &[&visits], 2);
    let index = open(&data);
    let busiest = visits.iter().flat_map(|visit| &visit.links).map(|link| link.key.host().registrable().to_owned());
    let target = busiest.fold(std::collections::BTreeMap::<String, u32>::new(), |mut sizes, name| {
        *sizes.entry(name).or_default() += 1;
        sizes
    });
    let target = target.into_iter().max_by_key(|(_, size)| *size).unwrap().0;
    let question = BacklinksQuestion { limit: 1, ..BacklinksQuestion::new(Target::parse(&target, true).unwrap()) };
    let first = index.backlinks(&question).unwrap();
    let after = Some(first.next.expect("the target has several rows"));
    for hour in [10, 40, 41, 42] {
        build(&data, OPTIONS, at_hour(hour), &Progress::new(true)).unwrap();
    }
    index.refresh().unwrap();
    let goes_on = BacklinksQuestion { after, ..question };
    assert_eq!(index.backlinks(&goes_on).unwrap().total_count, first.total_count);
    let numbers = || data.snapshots().unwrap().into_iter().map(|id| id.0).collect::<Vec<_>>();
    // The first was served until hour 10, the second until hour 40.
    assert_eq!(store::retire(&data, at_hour(34), DAY).unwrap(), []);
    assert_eq!(store::retire(&data, at_hour(42), DAY).unwrap(), [SnapshotId(1)]);
    assert_eq!(numbers(), [2, 3, 4, 5]);
    assert!(matches!(index.backlinks(&goes_on), Err(QueryError::SnapshotGone(SnapshotId(1)))));
    assert_eq!(store::retire(&data, at_hour(500), DAY).unwrap(), [SnapshotId(2), SnapshotId(3)]);
    assert_eq!(store::retire(&data, at_hour(5000), Retention { snapshots: 2, seconds: 0 }).unwrap(), []);
    assert_eq!(numbers(), [4, 5]);
    assert!(store::verify(&data, |_, _| {}).unwrap().problems.is_empty());
}

#[test]
fn a_build_removes_what_it_is_told_not_to_keep() {
    let folder = tempfile::tempdir().unwrap();
    let visits: Vec<Visit> = Web::new(WebOptions::new(7, 20)).visits(0).collect();
    index_of(folder.path(), &[&visits], 1);
    let built = |arguments: &[&str]| -> serde_json::Value {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_backlinks"));
        command.args(["build", "--json", "--data"]).arg(folder.path()).args(arguments);
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
    };
    // The first one is of 1970, so it was served until now; the others are of now.
    assert_eq!(built(&[])["retired"], serde_json::json!([]));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(built(&[])["retired"], serde_json::json!([]), "a day is the default");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(built(&["--keep-hours", "0"])["retired"], serde_json::json!([1, 2]));
}
