//! Archives as found in the world, where they lie beside the workspace: no panic, and at least the
//! records that others find. The files are not ours, so they are not in the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use warc::http::BodyLimits;
use warc::{Item, ReaderOptions, WarcError};

/// What an archive gave.
#[derive(Debug, Default)]
struct Report {
    records: usize,
    answers: usize,
    /// Skips and damages by reason.
    reasons: BTreeMap<&'static str, usize>,
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no ../shared/data beside the workspace");
    None
}

fn read(path: &Path) -> Result<Report, WarcError> {
    let mut report = Report::default();
    for item in warc::open(path, ReaderOptions::default())? {
        match item? {
            Item::Skip(skip) => *report.reasons.entry(skip.reason.as_str()).or_default() += 1,
            Item::Record(record) => {
                report.records += 1;
                report.answers += usize::from(record.http_response(&BodyLimits::default()).is_ok());
                if let Some(damage) = record.damage {
                    *report.reasons.entry(damage.as_str()).or_default() += 1;
                }
            }
        }
    }
    Ok(report)
}

/// File, records that warcio 1.8 finds before it gives up, records that we find, and why we differ
/// or what is broken.
const EXPECTED: &[(&str, usize, usize, &str)] = &[
    ("archivesunleashed__aut__example.arc.gz", 300, 300, ""),
    ("archivesunleashed__aut__example.docs.warc.gz", 21, 21, ""),
    ("archivesunleashed__aut__example.txt.warc.gz", 6, 6, ""),
    ("archivesunleashed__aut__example.warc.gz", 822, 822, ""),
    ("chatnoir-eu__chatnoir-resiliparse__block-sized-records.warc", 3, 3, ""),
    ("chatnoir-eu__chatnoir-resiliparse__block-sized-records.warc.gz", 3, 3, ""),
    ("chatnoir-eu__chatnoir-resiliparse__clipped.warc.gz", 1, 1, "broken: cut_member"),
    ("chatnoir-eu__chatnoir-resiliparse__warcfile.warc", 50, 50, ""),
    ("chatnoir-eu__chatnoir-resiliparse__warcfile.warc.gz", 50, 50, ""),
    ("commoncrawl__whirlwind-python__whirlwind.warc", 4, 4, ""),
    ("commoncrawl__whirlwind-python__whirlwind.warc.gz", 4, 4, ""),
    ("commoncrawl__whirlwind-python__whirlwind.warc.wat", 2, 2, ""),
    ("commoncrawl__whirlwind-python__whirlwind.warc.wat.gz", 2, 2, ""),
    ("commoncrawl__whirlwind-python__whirlwind.warc.wet", 2, 2, ""),
    ("commoncrawl__whirlwind-python__whirlwind.warc.wet.gz", 2, 2, ""),
    (
        "iipc__webarchive-commons__IAH-20080430204825-00000-blackbook-truncated.arc",
        1,
        9,
        "warcio gives up: a record that it does not like",
    ),
    ("iipc__webarchive-commons__IAH-urls-wget.warc", 36, 36, ""),
    ("iipc__webarchive-commons__IAH-urls-wget.warc.gz", 36, 36, ""),
    ("iipc__webarchive-commons__link-extraction-test.warc", 4, 8, "warcio gives up: a record that it does not like"),
    ("netarchivesuite__netarchivesuite__2_fyensdk.arc", 190, 190, ""),
    ("netarchivesuite__netarchivesuite__3_fyensdk.arc", 7, 7, ""),
    (
        "netarchivesuite__netarchivesuite__42-117-20051212141240-00000-sb-test-har-001.statsbiblioteket.dk.ARC",
        3,
        5,
        "broken: garbage, length_too_long, length_too_short",
    ),
    (
        "netarchivesuite__netarchivesuite__42-117-20051212141240-00000-sb-test-har-001.statsbiblioteket.dk.arc",
        3,
        5,
        "broken: garbage, length_too_long, length_too_short",
    ),
    (
        "netarchivesuite__netarchivesuite__42-117-20051212141242-00002-sb-test-har-001.statsbiblioteket.dk.arc",
        5,
        6,
        "broken: garbage, length_too_long, length_too_short",
    ),
    ("netarchivesuite__netarchivesuite__4_fyensdk.arc", 7, 7, ""),
    ("netarchivesuite__netarchivesuite__5_fyensdk.arc", 190, 190, ""),
    ("netarchivesuite__netarchivesuite__GetTest.ARC", 2, 4, "broken: garbage, length_too_long, length_too_short"),
    (
        "netarchivesuite__netarchivesuite__NetarchiveSuite-correct2.arc",
        1,
        20,
        "warcio gives up: a record that it does not like",
    ),
    (
        "netarchivesuite__netarchivesuite__NetarchiveSuite-store2.arc",
        3,
        4,
        "broken: garbage, length_too_long, length_too_short",
    ),
    ("netarchivesuite__netarchivesuite__Upload2.ARC", 5, 6, "warcio gives up: a record that it does not like"),
    ("netarchivesuite__netarchivesuite__Upload3.ARC", 5, 6, "broken: garbage, length_too_short"),
    ("netarchivesuite__netarchivesuite__file-2.arc", 4, 4, "broken: garbage, length_too_short"),
    ("netarchivesuite__netarchivesuite__fyensdk.arc", 190, 190, ""),
    ("netarchivesuite__netarchivesuite__fyensdk.warc", 191, 191, ""),
    ("netarchivesuite__netarchivesuite__get1.ARC", 3, 4, "broken: garbage, length_too_long, length_too_short"),
    ("netarchivesuite__netarchivesuite__get2.ARC", 3, 4, "broken: garbage, length_too_long, length_too_short"),
    ("netarchivesuite__netarchivesuite__integrity1.ARC", 1, 4, "broken: garbage, length_too_long, length_too_short"),
    ("netarchivesuite__netarchivesuite__integrity11.ARC", 2, 2, "broken: length_too_long"),
    ("netarchivesuite__netarchivesuite__integrity2.ARC", 3, 5, "broken: garbage, length_too_long, length_too_short"),
    ("netarchivesuite__netarchivesuite__test1.arc", 1, 2, "warcio gives up: a record that it does not like"),
    ("netarchivesuite__netarchivesuite__test2.arc", 1, 2, "warcio gives up: a record that it does not like"),
    ("netarchivesuite__netarchivesuite__test3.arc", 1, 2, "warcio gives up: a record that it does not like"),
    ("netarchivesuite__solrwayback__Evil-Warc-Headers.warc", 1, 1, "broken: length_too_long"),
    ("netarchivesuite__solrwayback__transfer_compression_none_truncated.warc.gz", 3, 3, "broken: cut_member"),
    ("openzim__warc2zim__single-page-test.warc", 41, 108, "warcio gives up: brotli or chunks"),
    ("ukwa__webarchive-discovery__transfer_compression_brotli.warc", 3, 5, "warcio gives up: brotli or chunks"),
    ("ukwa__webarchive-discovery__transfer_compression_brotli.warc.gz", 3, 5, "warcio gives up: brotli or chunks"),
    ("ukwa__webarchive-discovery__truncated_datetime.warc", 5, 5, ""),
    ("ukwa__webarchive-test-suite__IAH-20080430204825-00000-blackbook-truncated.arc", 9, 9, ""),
    ("ukwa__webarchive-test-suite__IAH-20080430204825-00000-blackbook-truncated.arc.gz", 9, 9, ""),
    ("ukwa__webarchive-test-suite__IAH-20080430204825-00000-blackbook-truncated.warc", 23, 23, ""),
    ("ukwa__webarchive-test-suite__IAH-20080430204825-00000-blackbook-truncated.warc.gz", 23, 23, ""),
    ("webrecorder__pywb__bad.arc", 4, 4, "broken: bad_length"),
    ("webrecorder__pywb__example.arc", 2, 2, ""),
    ("webrecorder__pywb__example.arc.gz", 2, 2, ""),
    ("webrecorder__pywb__example.warc", 6, 6, "broken: garbage, length_too_short"),
    ("webrecorder__pywb__example.warc.gz", 6, 6, ""),
    ("webrecorder__pywb__iana.warc.gz", 343, 343, ""),
    ("webrecorder__pywb__missing-status-text.warc", 1, 1, ""),
    ("webrecorder__warcio__example-bad-non-chunked.warc.gz", 1, 6, "warcio gives up: brotli or chunks"),
    ("webrecorder__warcio__example-iana.org-chunked.warc", 3, 3, ""),
    ("webrecorder__warcio__example-space-in-url.arc", 2, 2, "broken: length_too_long"),
    ("webrecorder__warcio__example-trunc.warc", 4, 4, "broken: garbage, length_too_short"),
    ("webrecorder__warcio__example-wrong-chunks.warc.gz", 1, 2, "warcio gives up: brotli or chunks"),
    ("webrecorder__warcio__example.warc", 6, 6, ""),
    ("webrecorder__warcio__example.warc.gz", 6, 6, ""),
];

#[test]
fn archives_as_found_give_every_record_that_can_be_found() {
    let Some(folder) = folder() else { return };
    for (name, theirs, ours, why) in EXPECTED {
        let report = read(&folder.join("archives").join(name)).unwrap();
        assert_eq!(report.records, *ours, "{name} ({why}): {report:?}");
        assert!(ours >= theirs, "{name}");
        assert_eq!(!report.reasons.is_empty(), why.starts_with("broken"), "{name}: {report:?}");
    }
}

#[test]
fn every_file_is_read_to_its_end() {
    let Some(folder) = folder() else { return };
    let mut paths: Vec<PathBuf> = ["archives", "captures"]
        .iter()
        .flat_map(|name| fs::read_dir(folder.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut records = 0;
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy();
        match read(path) {
            Ok(report) => {
                println!("{name}: {report:?}");
                records += report.records;
                let is_capture = path.parent().unwrap().ends_with("captures");
                // One record about the file, then pages.
                assert!(!is_capture || report.answers + 1 == report.records, "{name}: {report:?}");
            }
            Err(WarcError::UnsupportedContainer { container }) => {
                assert!(name.ends_with(".wacz"), "{name}");
                println!("{name}: {container}");
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    println!("{} files, {records} records", paths.len());
}
