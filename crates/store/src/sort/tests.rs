use proptest::prelude::*;

use super::*;

fn drain(runs: &SortedRuns, buckets: u16) -> Vec<(u16, Vec<u8>, Vec<u8>)> {
    let mut records = Vec::new();
    for bucket in 0..buckets {
        let mut merge = runs.merge(bucket).unwrap();
        while merge.advance().unwrap() {
            records.push((bucket, merge.key().to_vec(), merge.value().to_vec()));
        }
    }
    records
}

/// Short keys, and keys that differ behind the bytes that a sorter compares first.
fn any_key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(0_u8..3, 0..4),
        prop::collection::vec(0_u8..3, 0..4).prop_map(|end| [vec![1; 14], end].concat())
    ]
}

proptest! {
    #[test]
    fn a_merge_is_the_sort_of_the_concatenation(
        parts in prop::collection::vec(prop::collection::vec((0_u16..3, any_key(), prop::collection::vec(any::<u8>(), 0..3000)), 0..60), 1..4),
        keep in any::<bool>(),
        is_compressed in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = Vec::new();
        let mut expected = Vec::new();
        for part in parts {
            let sorter = Sorter::new(folder.path(), 3, 1 << 16);
            let mut sorter = if is_compressed { sorter.compressed() } else { sorter };
            for (bucket, key, value) in part {
                sorter.push(bucket, &key, &value).unwrap();
                expected.push((bucket, key, value));
            }
            runs.push(sorter.finish(keep).unwrap());
        }
        let runs = SortedRuns::join(runs).unwrap().unwrap();
        prop_assert_eq!(runs.records(), expected.len() as u64);
        expected.sort();
        prop_assert_eq!(drain(&runs, 3), expected);
    }
}

#[test]
fn very_many_runs_are_merged_in_steps() {
    let folder = tempfile::tempdir().unwrap();
    let mut sorter = Sorter::new(folder.path(), 2, 1);
    let count = (MAX_FAN_IN as u32 + 40) * 2;
    for number in (0..count).rev() {
        // Each record is nearly the whole budget, so each makes a run.
        sorter.push((number % 2) as u16, &number.to_be_bytes(), &vec![number as u8; 1 << 16]).unwrap();
    }
    let runs = sorter.finish(false).unwrap();
    assert_eq!(open_files(folder.path()), 0, "a run is closed until it is read");
    let keys: Vec<u32> =
        drain(&runs, 2).into_iter().map(|(_, key, _)| u32::from_be_bytes(key.try_into().unwrap())).collect();
    let expected: Vec<u32> = (0..count).step_by(2).chain((1..count).step_by(2)).collect();
    assert_eq!(keys, expected);
    drop(runs);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "runs are removed when they are done with");
}

/// Files of a folder that this process has open, where the system tells.
fn open_files(folder: &std::path::Path) -> usize {
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else { return 0 };
    let paths = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    paths.filter(|path| path.starts_with(folder)).count()
}

#[test]
fn a_damaged_run_is_an_error() {
    [false, true].into_iter().for_each(is_a_damaged_run_an_error);
}

fn is_a_damaged_run_an_error(is_compressed: bool) {
    let folder = tempfile::tempdir().unwrap();
    let sorter = Sorter::new(folder.path(), 1, 1 << 20);
    let mut sorter = if is_compressed { sorter.compressed() } else { sorter };
    for number in 0..1000_u32 {
        sorter.push(0, &number.to_be_bytes(), b"value").unwrap();
    }
    let runs = sorter.finish(false).unwrap();
    let path = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let good = std::fs::read(&path).unwrap();
    let about = runs.runs_on_disk();
    let read = || SortedRuns::of_kept(folder.path(), 1, &about, folder.path()).verify();
    read().unwrap();
    for at in (0..good.len()).step_by(7).chain(good.len() - 16..good.len()) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, bad).unwrap();
        assert!(matches!(read(), Err(crate::StoreError::Corrupt { .. } | crate::StoreError::Io { .. })), "byte {at}");
    }
    std::fs::write(&path, &good[1..]).unwrap();
    assert!(matches!(read(), Err(crate::StoreError::Corrupt { .. })));
}
