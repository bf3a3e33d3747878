//! WACZ files written here and broken in every way, and those found in the world.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter, path::EntryPath};
use warc::wacz::{self, WaczOptions};
use warc::{Item, Record, SkipReason, WarcError};

use crate::build::{gzip, summary, three, whole};

/// A zip of stored and deflated entries.
fn zip(entries: &[(&str, CompressionMethod, &[u8])]) -> Vec<u8> {
    let mut zip = ZipArchiveWriter::new(Vec::new());
    for (name, method, data) in entries {
        let (mut entry, config) =
            zip.new_file(EntryPath::verbatim(name.as_bytes())).compression_method(*method).start().unwrap();
        let descriptor = if *method == CompressionMethod::DEFLATE {
            let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::default()));
            writer.write_all(data).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(data).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap()
}

const STORE: CompressionMethod = CompressionMethod::STORE;
const DEFLATE: CompressionMethod = CompressionMethod::DEFLATE;

#[derive(Debug, Default)]
struct Found {
    /// The items of each archive.
    archives: Vec<(String, Vec<Item>)>,
    /// What the zip says of its entries.
    skips: Vec<(SkipReason, String)>,
}

fn read_path(path: &Path, options: WaczOptions) -> Result<Found, WarcError> {
    let wacz = wacz::open(path, options)?;
    let mut found = Found::default();
    for skip in wacz.skips() {
        found.skips.push((skip.reason, skip.detail.clone().unwrap_or_default()));
    }
    for entry in wacz.archives() {
        let items = wacz.read(entry)?.collect::<Result<_, _>>()?;
        found.archives.push((entry.name().to_owned(), items));
    }
    Ok(found)
}

fn read_with(bytes: &[u8], options: WaczOptions) -> Result<Found, WarcError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.wacz");
    fs::write(&path, bytes).unwrap();
    read_path(&path, options)
}

fn read(bytes: &[u8]) -> Result<Found, WarcError> {
    read_with(bytes, WaczOptions::default())
}

fn last_skip(items: &[Item]) -> Option<SkipReason> {
    match items.last() {
        Some(Item::Skip(skip)) => Some(skip.reason),
        _ => None,
    }
}

/// Where `needle` begins for the last time.
fn rfind(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).rposition(|window| window == needle).unwrap()
}

#[test]
fn every_archive_inside_is_read_with_offsets_of_its_own() {
    let plain = three().concat();
    let members: Vec<u8> = three().iter().flat_map(|part| gzip(part)).collect();
    let bytes = zip(&[
        ("datapackage.json", DEFLATE, b"{}"),
        ("archive/a.warc.gz", STORE, &members),
        ("archive/b.WARC", DEFLATE, &plain),
        ("archive/empty.warc", STORE, b""),
        ("indexes/index.cdx", STORE, &plain),
    ]);
    let found = read(&bytes).unwrap();
    assert_eq!(found.skips, []);
    let names: Vec<&str> = found.archives.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["archive/a.warc.gz", "archive/b.WARC", "archive/empty.warc"]);
    assert_eq!(found.archives[0].1, crate::build::read(&members));
    assert_eq!(found.archives[1].1, crate::build::read(&plain));
    assert_eq!(found.archives[2].1, []);
}

#[test]
fn a_zip_is_told_by_its_first_bytes_and_an_archive_reader_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test");
    for (bytes, is_zip) in [
        (zip(&[("archive/a.warc", STORE, b"")]), true),
        (zip(&[]), true),
        (three().concat(), false),
        (b"PK".to_vec(), false),
    ] {
        fs::write(&path, &bytes).unwrap();
        assert_eq!(wacz::detect(&path).unwrap(), is_zip);
        let answer = warc::open(&path, warc::ReaderOptions::default());
        assert_eq!(matches!(answer, Err(WarcError::UnsupportedContainer { .. })), is_zip);
    }
    assert!(matches!(wacz::detect(&folder.path().join("none")), Err(WarcError::Open { .. })));
    assert!(matches!(wacz::open(&folder.path().join("none"), WaczOptions::default()), Err(WarcError::Open { .. })));
}

#[test]
fn a_zip_without_its_end_is_an_error() {
    let bytes = zip(&[("archive/a.warc", STORE, &three().concat())]);
    for cut in [4, 100, bytes.len() - 22, bytes.len() - 1] {
        assert!(matches!(read(&bytes[..cut]), Err(WarcError::BrokenZip { .. })), "{cut}");
    }
    assert!(matches!(read(b"PK\x03\x04 nothing"), Err(WarcError::BrokenZip { .. })));
    assert!(matches!(read(b""), Err(WarcError::BrokenZip { .. })));
}

#[test]
fn a_broken_list_of_entries_gives_what_came_before_the_break() {
    let parts = three();
    let mut bytes = zip(&[("archive/a.warc", STORE, &parts[0]), ("archive/b.warc", STORE, &parts[1])]);
    let second = rfind(&bytes, b"PK\x01\x02");
    bytes[second] = b'X';
    let found = read(&bytes).unwrap();
    assert_eq!(found.archives.len(), 1);
    assert_eq!(summary(&found.archives[0].1), whole(&["0"]));
    assert_eq!(found.skips[0].0, SkipReason::UnusableEntry);
    assert!(found.skips[0].1.starts_with("the list of entries"), "{found:?}");
}

#[test]
fn an_entry_that_is_cut_gives_what_it_has_and_says_so() {
    let plain: Vec<u8> = three().concat();
    for method in [STORE, DEFLATE] {
        let mut bytes = zip(&[("archive/a.warc", method, &plain), ("archive/b.warc", STORE, &plain)]);
        let first = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        let stored = u32::from_le_bytes(bytes[first + 20..first + 24].try_into().unwrap());
        // A little of the third record is missing, or what of it was deflated.
        let less = stored - if method == STORE { 30 } else { 12 };
        bytes[first + 20..first + 24].copy_from_slice(&less.to_le_bytes());
        let found = read(&bytes).unwrap();
        let items = &found.archives[0].1;
        assert_eq!(summary(items)[..2], whole(&["0", "1"]), "{method:?}");
        assert_eq!(last_skip(items), Some(SkipReason::CutMember), "{method:?}");
        assert_eq!(summary(&found.archives[1].1), whole(&["0", "1", "2"]));
    }
}

#[test]
fn an_entry_that_does_not_decode_or_has_another_checksum_says_so() {
    let plain: Vec<u8> = three().concat();
    let mut bytes = zip(&[("archive/a.warc", STORE, &plain)]);
    let at = rfind(&bytes, b"next</a>");
    bytes[at] ^= 1;
    let items = read(&bytes).unwrap().archives.remove(0).1;
    assert_eq!(summary(&items), whole(&["0", "1", "2"]));
    assert_eq!(last_skip(&items), Some(SkipReason::BadChecksum));

    let mut bytes = zip(&[("archive/a.warc", DEFLATE, &plain)]);
    // A block of the third kind, which there is not.
    bytes[30 + "archive/a.warc".len()] |= 6;
    let items = read(&bytes).unwrap().archives.remove(0).1;
    assert_eq!(last_skip(&items), Some(SkipReason::CorruptMember));
}

#[test]
fn a_name_that_could_mislead_is_left_out() {
    let plain: Vec<u8> = three().concat();
    let names = ["../../etc/a.warc", "/a.warc", "a//b.warc", "archive\\a.warc", "c:a.warc", "a\nb.warc", "./a.warc"];
    for name in names {
        let found = read(&zip(&[(name, STORE, &plain), ("archive/good.warc", STORE, &plain)])).unwrap();
        assert_eq!(found.archives.len(), 1, "{name:?}");
        assert_eq!(found.archives[0].0, "archive/good.warc");
        assert_eq!(found.skips[0].0, SkipReason::UnusableEntry);
        assert!(!found.skips[0].1.contains('\n'));
    }
    let long = format!("archive/{}.warc", "a".repeat(60_000));
    let found = read(&zip(&[(&long, STORE, &plain)])).unwrap();
    assert_eq!((found.archives.len(), found.skips.len()), (0, 1));
    assert!(found.skips[0].1.len() < 400);
    let twice = zip(&[("archive/a.warc", STORE, &plain), ("archive/a.warc", STORE, &plain)]);
    let found = read(&twice).unwrap();
    assert_eq!((found.archives.len(), found.skips.len()), (1, 1));
}

#[test]
fn a_bomb_is_left_out_and_one_that_lies_is_cut_at_what_it_declares() {
    let bomb = vec![b'\n'; 20 << 20];
    let mut bytes = zip(&[("archive/bomb.warc", DEFLATE, &bomb)]);
    let found = read(&bytes).unwrap();
    assert_eq!((found.archives.len(), found.skips.len()), (0, 1), "{found:?}");
    assert!(found.skips[0].1.contains("far longer"));

    let record = rfind(&bytes, b"PK\x01\x02");
    bytes[record + 24..record + 28].copy_from_slice(&1000_u32.to_le_bytes());
    let items = read(&bytes).unwrap().archives.remove(0).1;
    assert!(matches!(&items[..], [Item::Skip(skip)]
        if (skip.offset, skip.reason) == (1000, SkipReason::LengthTooShort)));
}

#[test]
fn entries_that_are_the_same_bytes_are_read_once() {
    let plain: Vec<u8> = three().concat();
    let mut bytes = zip(&[("archive/a.warc", STORE, &plain), ("archive/b.warc", STORE, &plain)]);
    let second = rfind(&bytes, b"PK\x01\x02");
    bytes[second + 42..second + 46].copy_from_slice(&[0; 4]);
    let found = read(&bytes).unwrap();
    assert_eq!((found.archives.len(), found.skips.len()), (1, 1));
    assert!(found.skips[0].1.contains("lies over another"));
}

#[test]
fn no_more_entries_are_looked_at_than_allowed() {
    let entries = [("archive/a.warc", STORE, b"".as_slice()), ("archive/b.warc", STORE, b""), ("c.warc", STORE, b"")];
    let found = read_with(&zip(&entries), WaczOptions { max_entries: 2, ..WaczOptions::default() }).unwrap();
    assert_eq!((found.archives.len(), found.skips.len()), (2, 1));
}

#[test]
fn an_encrypted_entry_and_a_foreign_method_are_left_out_and_a_zip_inside_is_not_followed() {
    let plain: Vec<u8> = three().concat();
    let inner = zip(&[("archive/a.warc", STORE, &plain)]);
    for (at, value) in [(8, 1_u8), (10, 93)] {
        let mut bytes = zip(&[("archive/a.warc", STORE, &plain)]);
        let record = rfind(&bytes, b"PK\x01\x02");
        bytes[record + at] |= value;
        let found = read(&bytes).unwrap();
        assert_eq!((found.archives.len(), found.skips.len()), (0, 1), "{at}");
    }
    let found = read(&zip(&[("archive/a.wacz", STORE, &inner)])).unwrap();
    assert_eq!((found.archives.len(), found.skips.len()), (0, 0));
    let disguised = read(&zip(&[("archive/a.warc", STORE, &inner)]));
    assert!(matches!(disguised, Err(WarcError::UnsupportedContainer { .. })));
}

#[test]
fn no_changed_byte_and_no_cut_makes_a_panic() {
    let [part, ..] = three();
    let bytes = zip(&[("archive/a.warc", DEFLATE, &part), ("archive/b.warc.gz", STORE, &gzip(&part))]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.wacz");
    let most = |found: Found| -> usize {
        let records = |items: &[Item]| items.iter().filter(|item| matches!(item, Item::Record(Record { .. }))).count();
        found.archives.iter().map(|(_, items)| records(items)).sum()
    };
    for at in 0..bytes.len() {
        for value in [0xff, bytes[at] ^ 1] {
            let mut changed = bytes.clone();
            changed[at] = value;
            fs::write(&path, &changed).unwrap();
            assert!(read_path(&path, WaczOptions::default()).map_or(0, most) <= 2, "{at} {value}");
        }
        fs::write(&path, &bytes[..at]).unwrap();
        assert!(read_path(&path, WaczOptions::default()).is_err(), "{at}");
    }
}

#[test]
fn wacz_files_of_the_world_give_their_records() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/archives");
    if !folder.is_dir() {
        eprintln!("skipped: there is no ../shared/data/archives beside the workspace");
        return;
    }
    for (name, archives, records) in [
        ("webrecorder__pywb__invalid_example_1.wacz", 0, 0),
        ("webrecorder__pywb__valid_example_1.wacz", 1, 4),
        ("webrecorder__replayweb.page__example.wacz", 1, 29),
        ("webrecorder__replayweb.page__iframetest.wacz", 1, 5),
    ] {
        let found = read_path(&folder.join(name), WaczOptions::default()).unwrap();
        let items: Vec<&Item> = found.archives.iter().flat_map(|(_, items)| items).collect();
        let read = items.iter().filter(|item| matches!(item, Item::Record(record) if record.damage.is_none())).count();
        eprintln!("{name}: {} archives, {read} records, {} other items", found.archives.len(), items.len() - read);
        assert_eq!(
            (found.archives.len(), read, items.len()),
            (archives, records, records),
            "{name}: {:?}",
            found.skips
        );
    }
}
