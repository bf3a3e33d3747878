//! The seeds of the fuzz targets: written by our own builder, committed, and replayed here together
//! with whatever fuzzing found since.

use std::fs;
use std::path::PathBuf;

use crate::build::{PAGE, arc, arc_response, arc_version_block, gzip, http, response, three, warc_with, zstd};

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let lie = |length: &str| {
        let fields = format!("Content-Type: application/http\r\nContent-Length: {length}\r\n");
        [warc_with("response", "http://a/", &fields, &http("", PAGE.as_bytes())), response("http://a/next")].concat()
    };
    let parts = three();
    let arcs = [arc_version_block(), arc_response("http://a/0"), arc_response("http://a/b c")];
    let cut = gzip(&parts[0]);
    let arc_lie = |length: &str| {
        let liar = arc("http://a/", "192.0.2.1", "text/html", length, &http("", PAGE.as_bytes()));
        [arc_version_block(), liar, arc_response("http://a/0")].concat()
    };
    vec![
        ("warc", "plain", parts.concat()),
        ("warc", "gzip-members", parts.iter().flat_map(|part| gzip(part)).collect()),
        ("warc", "gzip-whole", gzip(&parts.concat())),
        ("warc", "gzip-blocks", parts.concat().chunks(100).flat_map(gzip).collect()),
        ("warc", "gzip-cut", [&cut[..cut.len() / 2], &gzip(&parts[1])].concat()),
        ("warc", "zstd-members", parts.iter().flat_map(|part| zstd(part)).collect()),
        ("warc", "length-too-long", lie("400")),
        ("warc", "length-too-short", lie("20")),
        ("warc", "length-gigantic", lie("18446744073709551615")),
        ("warc", "length-negative", lie("-1")),
        ("warc", "garbage", [b"garbage\n".as_slice(), &parts[0], b"more\nWARC/1.0\n", &parts[1]].concat()),
        ("arc", "plain", arcs.concat()),
        ("arc", "gzip-members", arcs.iter().flat_map(|part| gzip(part)).collect()),
        ("arc", "length-too-long", arc_lie("300")),
        ("arc", "length-too-short", arc_lie("20")),
        ("arc", "length-unknown", arc_lie("-1")),
        ("http_body", "plain", http("Content-Type: text/html\r\n", PAGE.as_bytes())),
        ("http_body", "chunked", http("Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n3;x\r\nyou\r\n0\r\n\r\n")),
        ("http_body", "gzip", http("Content-Encoding: gzip\r\n", &gzip(PAGE.as_bytes()))),
        ("http_body", "zstd-gzip", http("Content-Encoding: zstd, gzip\r\n", &gzip(&zstd(PAGE.as_bytes())))),
        (
            "http_body",
            "brotli",
            http("Content-Encoding: br\r\n", &[0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03]),
        ),
        ("http_body", "deflate", http("Content-Encoding: deflate\r\n", &[0x4b, 0x04, 0x00])),
        ("http_body", "lies", http("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", PAGE.as_bytes())),
        ("http_body", "tolerated", b"200 OK\nA: b\n c\nnonsense\n\nbody".to_vec()),
    ]
}

#[test]
fn every_corpus_is_replayed_and_holds_its_seeds() {
    for (target, name, bytes) in seeds() {
        let path = folder(target).join(name);
        assert!(path.is_file(), "{} is missing: run the ignored test `write_the_seeds`", path.display());
        // The seeds themselves are checked as built, since another compressor may write other bytes.
        replay(target, &bytes);
    }
    for target in ["warc", "arc", "http_body"] {
        for entry in fs::read_dir(folder(target)).unwrap() {
            replay(target, &fs::read(entry.unwrap().path()).unwrap());
        }
    }
}

fn replay(target: &str, bytes: &[u8]) {
    if target == "http_body" { warc::fuzz::check_http_body(bytes) } else { warc::fuzz::check_archive(bytes) }
}

#[test]
#[ignore = "writes into the source tree"]
fn write_the_seeds() {
    for (target, name, bytes) in seeds() {
        fs::create_dir_all(folder(target)).unwrap();
        fs::write(folder(target).join(name), bytes).unwrap();
    }
}
