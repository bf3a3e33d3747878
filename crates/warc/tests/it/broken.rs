//! Archives that are broken: what can be used is used, the rest is counted, and reading goes on.

use std::io::{self, BufReader, Read};

use warc::{ArchiveReader, Item, ReaderOptions, RecordKind, SkipReason, WarcError};

use crate::build::{
    PAGE, arc, arc_response, arc_version_block, gzip, http, read, read_with, records, response, skips, summary, three,
    warc_with, whole, zstd,
};

fn damaged(name: &str, damage: SkipReason) -> (String, Option<SkipReason>) {
    (name.to_owned(), Some(damage))
}

/// A response record whose length is said to be `length`.
fn with_length(length: &str) -> Vec<u8> {
    let fields = format!("Content-Type: application/http\r\nContent-Length: {length}\r\n");
    warc_with("response", "http://example.org/bad", &fields, &http("", PAGE.as_bytes()))
}

#[test]
fn a_length_that_is_no_number_costs_nothing() {
    let good = http("", PAGE.as_bytes());
    for length in ["-1", "abc", "99999999999999999999999999", "1e3"] {
        let plain = [with_length(length), response("http://a/next")].concat();
        for bytes in
            [plain.clone(), gzip(&plain), [gzip(&with_length(length)), gzip(&response("http://a/next"))].concat()]
        {
            let items = read(&bytes);
            assert_eq!(summary(&items), [damaged("bad", SkipReason::BadLength), ("next".to_owned(), None)], "{length}");
            assert_eq!(records(&items)[0].payload, good, "{length}");
        }
    }
    let missing = warc_with("response", "http://example.org/bad", "Content-Type: application/http\r\n", &good);
    let items = read(&[missing, response("http://a/next")].concat());
    assert_eq!(summary(&items), [damaged("bad", SkipReason::MissingLength), ("next".to_owned(), None)]);
    assert_eq!(records(&items)[0].payload, good);
}

#[test]
fn a_length_that_runs_over_the_next_record_is_cut_back() {
    let good = http("", PAGE.as_bytes());
    for excess in [1, 4, 5, 6, 20, 100, 300, 1_000_000, 1 << 40, i64::MAX as usize] {
        let liar = with_length(&(good.len() + excess).to_string());
        let plain = [response("http://a/0"), liar.clone(), response("http://a/2"), response("http://a/3")].concat();
        for bytes in [plain.clone(), gzip(&plain), zstd(&plain)] {
            let items = read(&bytes);
            let names: Vec<_> = summary(&items).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["0", "bad", "2", "3"], "{excess}");
            assert_eq!(skips(&items), [], "{excess}");
            let bad = records(&items)[1];
            // Up to four bytes more are only line ends.
            assert_eq!(bad.damage, (excess > 4).then_some(SkipReason::LengthTooLong), "{excess}");
            assert_eq!(bad.payload.get(..good.len()), Some(good.as_slice()), "{excess}");
        }
        let members = [gzip(&liar), gzip(&response("http://a/2"))].concat();
        let items = read(&members);
        assert_eq!(summary(&items).last(), whole(&["2"]).first(), "{excess}");
        assert_eq!(records(&items)[0].truncated, excess > 4, "{excess}");
    }
}

#[test]
fn a_length_that_is_too_short_leaves_garbage_behind() {
    let good = http("", PAGE.as_bytes());
    let liar = with_length(&(good.len() - 10).to_string());
    let plain = [liar.clone(), response("http://a/next")].concat();
    let items = read(&plain);
    assert_eq!(summary(&items), [damaged("bad", SkipReason::LengthTooShort), ("next".to_owned(), None)]);
    assert_eq!(records(&items)[0].payload, good[..good.len() - 10]);
    assert_eq!(skips(&items), [(liar.len() as u64 - 14, SkipReason::Garbage)]);
    assert!(matches!(items[..], [Item::Record(_), Item::Skip(_), Item::Record(_)]));
}

#[test]
fn a_length_beyond_the_file_is_known_before_its_data_are_dropped() {
    let bytes = [with_length("1000000"), response("http://a/next")].concat();
    let options = ReaderOptions { max_payload_bytes: 50, ..ReaderOptions::default() };
    let known = ReaderOptions { file_bytes: Some(bytes.len() as u64), ..options.clone() };
    assert_eq!(
        summary(&read_with(&bytes, known)),
        [damaged("bad", SkipReason::LengthTooLong), ("next".to_owned(), None)]
    );
    assert_eq!(summary(&read_with(&bytes, options)), [damaged("bad", SkipReason::LengthTooLong)]);
}

#[test]
fn garbage_is_one_skip_wherever_it_lies() {
    let [first, second, third] = three();
    let garbage = b"some garbage\nover two lines, WARC/1.0 inside\n";
    let bytes = [garbage, first.as_slice(), &second, &third].concat();
    let items = read(&bytes);
    assert_eq!((summary(&items), skips(&items)), (whole(&["0", "1", "2"]), vec![(0, SkipReason::Garbage)]));

    let members = [gzip(&first), garbage.to_vec(), gzip(&second), gzip(&third), b"\0\0\0\0".to_vec()].concat();
    let items = read(&members);
    let offset = gzip(&first).len() as u64;
    let end = members.len() as u64 - 4;
    assert_eq!(summary(&items), whole(&["0", "1", "2"]));
    assert_eq!(skips(&items), [(offset, SkipReason::Garbage), (end, SkipReason::Garbage)]);

    for bytes in [&b"no archive at all"[..], b"<html>", b"\n\n\0\0", b"WARC", b"http://a/ b c d\n"] {
        let items = read(bytes);
        assert_eq!((items.len(), records(&items).len()), (1, 0), "{bytes:?}");
    }
}

#[test]
fn a_cut_member_gives_its_part_and_the_next_members_are_found() {
    let noise: Vec<u8> = (0..3000_u32).flat_map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let first = crate::build::warc("resource", "http://a/cut", "text/plain", &noise);
    for compress in [gzip, zstd] {
        let member = compress(&first);
        let rest = [compress(&response("http://a/1")), compress(&response("http://a/2"))].concat();
        for cut in [5, 30, 200, member.len() / 2, member.len() - 1] {
            let items = read(&[&member[..cut], &rest].concat());
            let names: Vec<_> = summary(&items).into_iter().filter(|(name, _)| name != "cut").collect();
            assert_eq!(names, whole(&["1", "2"]), "cut at {cut}");
            let told = skips(&items).len() + records(&items).iter().filter(|record| record.damage.is_some()).count();
            assert!((1..=2).contains(&told), "cut at {cut}: {items:?}");
        }
    }
    let member = gzip(&first);
    let items = read(&member[..member.len() / 2]);
    assert_eq!(summary(&items), [damaged("cut", SkipReason::CutMember)]);
    let record = records(&items)[0];
    assert!(record.truncated && record.digest.is_none() && noise.starts_with(&record.payload));
    assert!(record.payload.len() > 4000);
    assert_eq!(skips(&read(&member[..15])), [(0, SkipReason::CutMember)]);
}

#[test]
fn a_wrong_checksum_is_told_and_the_record_kept() {
    let mut member = gzip(&response("http://a/0"));
    let at = member.len() - 6;
    member[at] ^= 1;
    let items = read(&[member, gzip(&response("http://a/1"))].concat());
    assert_eq!(summary(&items), [damaged("0", SkipReason::BadChecksum), ("1".to_owned(), None)]);
    assert_eq!(skips(&items), []);
}

#[test]
fn a_corrupt_member_costs_itself_alone() {
    for compress in [gzip, zstd] {
        let [first, second, third] = three().map(|part| compress(&part));
        for at in 0..second.len() {
            let mut broken = second.clone();
            broken[at] ^= 0x55;
            let items = read(&[first.as_slice(), &broken, &third].concat());
            let names: Vec<_> = summary(&items).into_iter().map(|(name, _)| name).collect();
            assert!(names.starts_with(&["0".to_owned()]), "{at}: {names:?}");
            assert!(names.ends_with(&["2".to_owned()]), "{at}: {names:?}");
        }
    }
}

#[test]
fn a_head_that_does_not_parse_is_skipped() {
    let next = response("http://a/next");
    for (bad, reason) in [
        (&b"WARC/1.0\r\n\r\n"[..], SkipReason::BadHead),
        (b"WARC/x\r\nA: b\r\n\r\n", SkipReason::BadHead),
        (b"WARC/1.0\r\nno colon\r\n\r\n", SkipReason::BadHead),
    ] {
        let items = read(&[bad, &next].concat());
        assert_eq!((summary(&items), skips(&items)), (whole(&["next"]), vec![(0, reason)]), "{bad:?}");
    }
    let long = [b"WARC/1.0\r\nA: ".as_slice(), &vec![b'x'; 300_000], b"\r\n\r\n", &next].concat();
    let items = read(&long);
    assert_eq!((summary(&items), skips(&items)), (whole(&["next"]), vec![(0, SkipReason::HeadTooLong)]));
    assert_eq!(skips(&read(b"WARC/1.0\r\nWARC-Type: respo")), [(0, SkipReason::CutHead)]);
}

#[test]
fn a_record_cut_by_the_end_of_the_file_is_kept_as_far_as_it_goes() {
    let plain = response("http://a/0");
    let items = read(&plain[..plain.len() - 20]);
    assert_eq!(summary(&items), [damaged("0", SkipReason::LengthTooLong)]);
    assert!(records(&items)[0].truncated);
    // Without the line ends at its end a record is whole.
    assert_eq!(summary(&read(&plain[..plain.len() - 4])), whole(&["0"]));
}

#[test]
fn two_carriage_returns_end_a_line_too() {
    let text = String::from_utf8(response("http://a/0")).unwrap().replace("\r\n", "\r\r\n");
    let items = read(text.as_bytes());
    assert_eq!(records(&items)[0].kind, RecordKind::Response);
    assert_eq!(records(&items)[0].url.as_deref(), Some("http://a/0"));
}

#[test]
fn lengths_that_lie_in_arc_files_cost_one_record() {
    let block = http("", PAGE.as_bytes());
    let good = block.len();
    for (length, damage, skip_count) in [
        ((good + 30).to_string(), SkipReason::LengthTooLong, 0),
        ((good + 3000).to_string(), SkipReason::LengthTooLong, 0),
        ((good - 30).to_string(), SkipReason::LengthTooShort, 1),
        ("-1".to_owned(), SkipReason::BadLength, 0),
        ("abc".to_owned(), SkipReason::BadLength, 0),
    ] {
        let liar = arc("http://a/bad", "192.0.2.1", "text/html", &length, &block);
        let plain = [arc_version_block(), liar, arc_response("http://a/next"), arc_response("http://a/last")].concat();
        for bytes in [plain.clone(), gzip(&plain)] {
            let items = read(&bytes);
            let expected = [
                ("test.arc".to_owned(), None),
                damaged("bad", damage),
                ("next".to_owned(), None),
                ("last".to_owned(), None),
            ];
            assert_eq!(summary(&items), expected, "{length}");
            assert_eq!(skips(&items).len(), skip_count, "{length}");
            if damage != SkipReason::LengthTooShort {
                assert_eq!(records(&items)[1].payload, block, "{length}");
            }
        }
    }
}

#[test]
fn an_arc_file_without_a_version_block_is_read() {
    assert_eq!(summary(&read(&arc_response("http://a/0"))), whole(&["0"]));
}

#[test]
fn a_reader_that_fails_is_an_error_with_its_offset() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("disk on fire"))
        }
    }
    let good = response("http://a/0");
    let reader = BufReader::new(good.as_slice().chain(Fails));
    let mut reader = ArchiveReader::new(reader, ReaderOptions::default()).unwrap();
    let error = loop {
        match reader.next_item() {
            Ok(item) => assert!(item.is_some()),
            Err(error) => break error,
        }
    };
    match error {
        WarcError::Read { offset, source } => {
            assert_eq!((offset, source.to_string()), (good.len() as u64, "disk on fire".to_owned()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn hostile_files_are_read_in_linear_time() {
    // Many gzip heads, each of a member that breaks; many records, each longer than the file.
    let mut heads = Vec::new();
    for _ in 0..100_000 {
        heads.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 5, 0, 0xfa, 0xff, b'W', b'A', b'R', b'C', b'/']);
    }
    read(&heads);
    let liars = with_length("400000").repeat(2000);
    assert!(records(&read(&liars)).len() > 3);
    let lines = b"http://a/ 1.2.3.4 20080430204825 text/html 9999999\n".repeat(20_000);
    read(&lines);
}
