use std::fs::OpenOptions;
use std::io::Write;

use proptest::prelude::*;

use super::record::{Frame, frame};
use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).unwrap()
}

fn entry(number: u32, done: Timestamp) -> Entry {
    Entry {
        fixed: Fixed {
            account: 1,
            kind: EntryKind::Task,
            code: if number % 3 == 2 { 40501 } else { 20000 },
            http_status: 200,
            posted: done,
            done,
            elapsed_micros: 1234,
            cost: Usd::from_nanos(36_000 + i64::from(number)),
            rows: number,
        },
        id: format!("11241200-0001-0269-0000-{number:012x}"),
        function: if number.is_multiple_of(2) { "backlinks/backlinks" } else { "backlinks/index" }.to_owned(),
        method: "POST".to_owned(),
        url: "/v3/backlinks/backlinks/live".to_owned(),
        message: "Ok.".to_owned(),
        metadata: Some(format!(r#"{{"target":"host-{number}.example"}}"#)),
    }
}

fn all(ledger: &Ledger) -> Vec<Entry> {
    list(ledger, 0, 1000, false)
}

fn list(ledger: &Ledger, offset: u64, limit: usize, newest_first: bool) -> Vec<Entry> {
    let (from, to) = (at("2020-01-01"), at("2030-01-01"));
    ledger.list(&Wanted { account: 1, from, to, what: What::Tasks, offset, limit, newest_first }).unwrap()
}

fn numbers(entries: &[Entry]) -> Vec<u32> {
    entries.iter().map(|entry| entry.fixed.rows).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Where each record of a file ends.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut records = Records::new(bytes);
    while records.next().unwrap().is_some() {
        ends.push(records.good_end as usize);
    }
    ends
}

/// A folder with the entries 0..count of one day.
fn written(count: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let now = at("2026-11-24 12:00:00");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    for number in 0..count {
        ledger.add(entry(number, now));
    }
    ledger.close();
    assert_eq!(ledger.faults(), (0, 0));
    let file = folder.path().join("tasks-2026-11-24.log");
    (folder, file)
}

#[test]
fn entries_and_sums_survive_a_restart() {
    let (folder, _) = written(100);
    let now = at("2026-11-24 12:00:30");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    let expected: Vec<_> = (0..100).map(|number| entry(number, at("2026-11-24 12:00:00"))).collect();
    assert_eq!(all(&ledger), expected);
    let usage = ledger.usage(1, now);
    assert_eq!(usage.spent, expected.iter().map(|entry| entry.fixed.cost).sum());
    assert_eq!((usage.day.total(|_| true).calls, usage.minute.total(|_| true).cost), (100, usage.spent));
    assert_eq!(usage.day.functions["backlinks/index"].calls, 50);
    let later = ledger.usage(1, at("2026-11-25 00:00:00"));
    assert_eq!((later.spent, later.day.total(|_| true).calls), (usage.spent, 0));
    assert_eq!(ledger.usage(2, now), Usage { ..ledger.usage(3, now) }, "others have used nothing");
}

#[test]
fn entries_survive_a_kill_as_soon_as_they_can_be_listed() {
    let (folder, _) = written(3);
    let now = at("2026-11-24 12:00:00");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    ledger.add(entry(3, now));
    assert_eq!(all(&ledger).len(), 4);
    let copy = tempfile::tempdir().unwrap();
    for name in files(folder.path()) {
        fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
    }
    let other = Ledger::open(copy.path(), now).unwrap();
    assert_eq!(all(&other), all(&ledger));
    assert_eq!(other.usage(1, now), ledger.usage(1, now));
}

#[test]
fn a_flipped_byte_costs_at_most_its_record_and_is_counted() {
    let (_folder, file) = written(5);
    let bytes = fs::read(&file).unwrap();
    let ends = ends(&bytes);
    for place in 0..bytes.len() {
        for mask in [0x01, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[place] ^= mask;
            let mut records = Records::new(damaged.as_slice());
            let mut found = Vec::new();
            while let Some(record) = records.next().unwrap() {
                found.push(record.entry().unwrap().fixed.rows);
            }
            let hit = ends.partition_point(|&end| end <= place) as u32;
            let expected: Vec<u32> = (0..5).filter(|&number| number != hit).collect();
            assert_eq!((found, records.damaged), (expected, 1), "byte {place}");
        }
    }
}

#[test]
fn a_torn_end_is_cut_off_and_the_ledger_goes_on() {
    let (_folder, file) = written(3);
    let bytes = fs::read(&file).unwrap();
    let ends = ends(&bytes);
    let now = at("2026-11-24 13:00:00");
    for length in (0..bytes.len()).step_by(7) {
        for tail in [&[][..], &[0; 64]] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("tasks-2026-11-24.log"), [&bytes[..length], tail].concat()).unwrap();
            let whole = ends.partition_point(|&end| end <= length) as u32;
            let ledger = Ledger::open(folder.path(), now).unwrap();
            ledger.add(entry(9, now));
            let expected: Vec<u32> = (0..whole).chain([9]).collect();
            assert_eq!(numbers(&all(&ledger)), expected, "{length}");
            ledger.close();
            let mut records = Records::new(File::open(folder.path().join("tasks-2026-11-24.log")).unwrap());
            while records.next().unwrap().is_some() {}
            assert_eq!(records.damaged, 0, "what was torn is gone");
        }
    }
}

#[test]
fn lists_page_in_both_directions_over_days() {
    let folder = tempfile::tempdir().unwrap();
    let days = ["2026-11-20", "2026-11-22", "2026-11-23"];
    let ledger = Ledger::open(folder.path(), at(days[0])).unwrap();
    for number in 0..30 {
        ledger.add(entry(number, at(days[number as usize / 10])));
        ledger.add(Entry { fixed: Fixed { account: 2, ..entry(99, at(days[0])).fixed }, ..entry(99, at(days[0])) });
        let kind = EntryKind::Request;
        ledger.add(Entry { fixed: Fixed { kind, ..entry(98, at(days[0])).fixed }, ..entry(98, at(days[0])) });
    }
    assert_eq!(all(&ledger).len(), 30);
    assert_eq!(files(folder.path()).iter().filter(|name| name.starts_with("tasks-")).count(), 3);
    let everything: Vec<u32> = (0..30).collect();
    for limit in [1, 7, 10, 30, 1000] {
        let walk = |newest_first| {
            let mut walked = Vec::new();
            loop {
                let piece = numbers(&list(&ledger, walked.len() as u64, limit, newest_first));
                if piece.is_empty() {
                    return walked;
                }
                walked.extend(piece);
            }
        };
        assert_eq!(walk(false), everything, "{limit}");
        let mut backwards = walk(true);
        backwards.reverse();
        assert_eq!(backwards, everything, "{limit}");
    }
    let errors = Wanted {
        account: 1,
        from: at(days[1]),
        to: at(days[1]),
        what: What::Errors { ok: 20000, function: Some("backlinks/index".to_owned()) },
        offset: 0,
        limit: 10,
        newest_first: true,
    };
    assert_eq!(numbers(&ledger.list(&errors).unwrap()), [17, 11]);
}

#[test]
fn what_was_posted_goes_after_a_month_and_everything_after_six_but_not_the_sums() {
    let folder = tempfile::tempdir().unwrap();
    let days = ["2026-01-01", "2026-05-01", "2026-06-30"];
    let ledger = Ledger::open(folder.path(), at(days[0])).unwrap();
    for (number, day) in (0..).zip(days) {
        ledger.add(entry(number, at(day)));
    }
    ledger.close();
    let spent = ledger.usage(1, at(days[2])).spent;
    let now = at("2026-07-10");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    ledger.close();
    assert_eq!(files(folder.path()), ["bare-2026-05-01.log", "lock", "spent.json", "tasks-2026-06-30.log"]);
    let ledger = Ledger::open(folder.path(), now).unwrap();
    let entries = all(&ledger);
    assert_eq!(numbers(&entries), [1, 2]);
    assert_eq!((entries[0].metadata.as_deref(), entries[1].metadata.is_some()), (None, true));
    assert_eq!(ledger.usage(1, now).spent, spent);
    ledger.close();
    fs::remove_file(folder.path().join("spent.json")).unwrap();
    let ledger = Ledger::open(folder.path(), now).unwrap();
    let left = entries.iter().map(|entry| entry.fixed.cost).sum();
    assert_eq!(ledger.usage(1, now).spent, left, "without the sums what is there is added up");
    ledger.close();
    fs::write(folder.path().join("spent.json"), "{}").unwrap();
    let ledger = Ledger::open(folder.path(), now).unwrap();
    assert_eq!((ledger.usage(1, now).spent, ledger.faults()), (left, (0, 1)), "damaged sums are counted");
}

#[test]
fn a_second_process_is_kept_away() {
    let (folder, _) = written(1);
    let now = at("2026-11-24 12:00:00");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    assert!(matches!(Ledger::open(folder.path(), now), Err(LedgerError::Locked { .. })));
    drop(ledger);
    assert!(Ledger::open(folder.path(), now).is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_nothing_and_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let now = at("2026-11-24 12:00:00");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("tasks-2026-11-24.log")).unwrap();
    for number in 0..10 {
        ledger.add(entry(number, now));
    }
    ledger.close();
    assert_eq!(ledger.faults(), (10, 0));
    assert_eq!(ledger.usage(1, now).day.total(|_| true).calls, 10, "the sums of this process go on");
    ledger.add(entry(10, now));
    assert_eq!(ledger.faults(), (11, 0), "after its end entries are lost");
}

#[test]
fn long_texts_are_cut_and_what_was_posted_is_kept_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let now = at("2026-11-24 12:00:00");
    let ledger = Ledger::open(folder.path(), now).unwrap();
    let metadata = |bytes: usize| Some("x".repeat(bytes));
    for bytes in [16 << 10, (16 << 10) + 1] {
        ledger.add(Entry { message: "\u{e9}".repeat(5000), metadata: metadata(bytes), ..entry(0, now) });
    }
    let entries = all(&ledger);
    assert_eq!(entries[0].message, "\u{e9}".repeat(1024));
    assert_eq!((&entries[0].metadata, &entries[1].metadata), (&metadata(16 << 10), &None));
}

#[test]
fn bytes_that_are_no_record_are_passed_over() {
    let (_folder, file) = written(1);
    let mut bytes = fs::read(&file).unwrap();
    assert!(matches!(frame(&bytes), Frame::Whole { .. }));
    bytes[0] ^= 1;
    OpenOptions::new().append(true).open(&file).unwrap().write_all(&bytes).unwrap();
    let mut records = Records::new(File::open(&file).unwrap());
    assert!(records.next().unwrap().is_some());
    assert!(records.next().unwrap().is_none());
    assert_eq!(records.damaged, 1);
}

#[test]
fn what_was_posted_cannot_pose_as_a_record() {
    let mut bytes = Vec::new();
    entry(0, at("2026-11-24")).write(&mut bytes);
    // The byte is in no UTF-8 text, and every other text is kept as UTF-8.
    assert_eq!(bytes[0], 0xFF);
}

#[test]
fn a_ledger_in_memory_is_bounded() {
    let ledger = Ledger::in_memory();
    for number in 0..1500 {
        ledger.add(entry(number, at("2026-11-24")));
    }
    assert_eq!(numbers(&all(&ledger)), (500..1500).collect::<Vec<_>>());
    assert_eq!(numbers(&list(&ledger, 1, 2, true)), [1498, 1497]);
    assert_eq!(ledger.usage(1, at("2026-11-24")).day.total(|_| true).calls, 1500);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096), marks in proptest::collection::vec(0_usize..4000, 0..20)) {
        let mut bytes = bytes;
        for at in marks {
            if let Some(place) = bytes.get_mut(at..at + 4) {
                place.copy_from_slice(&[0xFF, b'U', b'1', 0xFE]);
            }
        }
        let mut records = Records::new(bytes.as_slice());
        while let Some(record) = records.next().unwrap() {
            let _ = record.entry();
        }
        prop_assert!(records.damaged <= bytes.len() as u64);
    }

    #[test]
    fn an_entry_reads_back(number in any::<u32>(), seconds in -1_i64 << 40..1 << 40, text in ".{0,40}", metadata in proptest::option::of(".{0,40}")) {
        let written = Entry { url: text, metadata, ..entry(number, Timestamp::from_seconds(seconds)) };
        let mut bytes = Vec::new();
        written.write(&mut bytes);
        let Frame::Whole { record, length } = frame(&bytes) else { panic!("no frame") };
        prop_assert_eq!(length, bytes.len());
        prop_assert_eq!(record.function(), Some(written.function.as_str()));
        prop_assert_eq!(record.entry().unwrap(), written);
    }
}
