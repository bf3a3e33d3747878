//! Archives that are as they should be.

use std::io::{BufReader, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use model::{Digest, Timestamp};
use warc::http::{BodyLimits, HttpError};
use warc::{ArchiveReader, BlockKind, Container, Format, Item, ReaderOptions, RecordKind, WarcError};

use crate::build::{
    PAGE, arc, arc_response, arc_version_block, gzip, http, read, read_with, records, response, skips, summary, three,
    warc, warc_with, whole, zstd,
};

#[test]
fn every_container_gives_the_same_records() {
    let parts = three();
    let plain = parts.concat();
    let expected = whole(&["0", "1", "2"]);
    for (name, bytes, container) in [
        ("plain", plain.clone(), Container::Plain),
        ("gzip per record", parts.iter().flat_map(|part| gzip(part)).collect(), Container::Gzip),
        ("gzip whole", gzip(&plain), Container::Gzip),
        ("gzip in blocks", plain.chunks(100).flat_map(gzip).collect(), Container::Gzip),
        ("zstd per record", parts.iter().flat_map(|part| zstd(part)).collect(), Container::Zstd),
        ("zstd whole", zstd(&plain), Container::Zstd),
        ("zstd in blocks", plain.chunks(100).flat_map(zstd).collect(), Container::Zstd),
    ] {
        let items = read(&bytes);
        assert_eq!(summary(&items), expected, "{name}");
        assert_eq!(skips(&items), [], "{name}");
        for record in records(&items) {
            assert_eq!(record.container, container, "{name}");
            assert!(!record.truncated, "{name}");
            let response = record.http_response(&BodyLimits::default()).unwrap();
            assert_eq!((response.status, &*response.body), (200, PAGE.as_bytes()), "{name}");
        }
    }
}

#[test]
fn offsets_and_lengths_are_those_of_records_or_members() {
    let parts = three();
    let plain = parts.concat();
    let items = read(&plain);
    let mut offset = 0;
    for (record, part) in records(&items).iter().zip(&parts) {
        // The line ends after a block are no part of the record.
        assert_eq!((record.offset, record.length), (offset, part.len() as u64 - 4));
        offset += part.len() as u64;
    }
    for compress in [gzip, zstd] {
        let members = parts.each_ref().map(|part| compress(part));
        let items = read(&members.concat());
        let mut offset = 0;
        for (record, member) in records(&items).iter().zip(&members) {
            assert_eq!((record.offset, record.length), (offset, member.len() as u64));
            assert_eq!(record.position_in_member, 0);
            offset += member.len() as u64;
        }
    }
    let items = read(&gzip(&plain));
    let positions: Vec<u64> = records(&items).iter().map(|record| record.position_in_member).collect();
    assert_eq!(positions, [0, parts[0].len() as u64, (parts[0].len() + parts[1].len()) as u64]);
}

#[test]
fn a_zstd_dictionary_is_used_and_no_record() {
    let dictionary: Vec<u8> = three().concat();
    let mut compressor = zstd::bulk::Compressor::with_dictionary(3, &dictionary).unwrap();
    let frames: Vec<u8> = three().iter().flat_map(|part| compressor.compress(part).unwrap()).collect();
    for stored in [dictionary.clone(), zstd(&dictionary)] {
        let mut file = vec![0x5d, 0x2a, 0x4d, 0x18];
        file.extend((stored.len() as u32).to_le_bytes());
        file.extend(&stored);
        file.extend(&frames);
        let items = read(&file);
        assert_eq!(summary(&items), whole(&["0", "1", "2"]));
        assert_eq!(skips(&items), []);
        assert_eq!(records(&items)[0].offset, 8 + stored.len() as u64);
    }
    assert_eq!(summary(&read(&frames)), []);
}

#[test]
fn all_that_a_warc_head_says_is_in_the_record() {
    let block = http("", b"x");
    let fields = format!(
        "content-type: application/http;msgtype=response\r\nWARC-IP-Address: 2001:db8::1\r\n\
         WARC-Payload-Digest: sha1:ABC\r\nX-Long: one\r\n two\r\nCONTENT-LENGTH: {}\r\n",
        block.len()
    );
    let bytes = warc_with("Revisit", "<http://example.org/a b>", &fields, &block).replace_version("0.18");
    let items = read(&bytes);
    let record = records(&items)[0];
    assert_eq!((record.kind, record.format), (RecordKind::Revisit, Format::Warc));
    assert_eq!(record.url.as_deref(), Some("http://example.org/a b"));
    assert_eq!(record.time, Timestamp::parse_iso("2008-04-30T20:48:25Z"));
    assert_eq!(record.ip, "2001:db8::1".parse().ok());
    assert_eq!(record.digest, Some(Digest("sha1:ABC".to_owned())));
    assert_eq!(record.header("x-long"), Some("one two"));
    assert_eq!(record.declared_length, Some(block.len() as u64));
    assert_eq!(record.block_kind(), BlockKind::HttpResponse);
}

trait ReplaceVersion {
    fn replace_version(self, version: &str) -> Self;
}

impl ReplaceVersion for Vec<u8> {
    fn replace_version(self, version: &str) -> Self {
        [b"WARC/", version.as_bytes(), self.strip_prefix(b"WARC/1.0").unwrap()].concat()
    }
}

#[test]
fn every_version_and_kind_is_read() {
    for version in ["0.17", "0.18", "1.0", "1.1"] {
        assert_eq!(summary(&read(&response("http://a/0").replace_version(version))), whole(&["0"]), "{version}");
    }
    for (name, kind) in [
        ("request", RecordKind::Request),
        ("resource", RecordKind::Resource),
        ("metadata", RecordKind::Metadata),
        ("warcinfo", RecordKind::Warcinfo),
        ("conversion", RecordKind::Conversion),
        ("continuation", RecordKind::Continuation),
        ("response", RecordKind::Response),
        ("news", RecordKind::Other),
    ] {
        let items = read(&warc(name, "http://a/", "text/plain", b"text"));
        assert_eq!(records(&items)[0].kind, kind);
        assert_eq!(records(&items)[0].payload, b"text");
    }
}

#[test]
fn a_missing_digest_is_computed_from_the_body_as_archived() {
    // printf hello | sha1sum, in base 32
    let hello = Some(Digest("sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N".to_owned()));
    let of_http = warc("response", "http://a/", "application/http", &http("A: b\r\n", b"hello"));
    let of_file = warc("resource", "http://a/", "text/plain", b"hello");
    let of_arc = [arc_version_block(), arc("http://a/", "192.0.2.1", "text/html", "24", &http("", b"hello"))].concat();
    for bytes in [of_http, of_file, of_arc] {
        let items = read(&bytes);
        let record = records(&items).pop().unwrap();
        assert_eq!(record.digest, hello);
        // The payload is hashed whole even if only a part of it is kept.
        let options = ReaderOptions { max_payload_bytes: record.payload.len() - 2, ..ReaderOptions::default() };
        let items = read_with(&bytes, options);
        let cut = records(&items).pop().unwrap().clone();
        assert!(cut.truncated);
        assert_eq!(cut.digest, hello);
    }
}

#[test]
fn a_block_digest_stands_for_the_payload_only_where_the_block_is_the_payload() {
    let fields = "Content-Type: text/plain\r\nWARC-Block-Digest: sha1:BLOCK\r\nContent-Length: 5\r\n";
    let items = read(&warc_with("resource", "http://a/", fields, b"hello"));
    assert_eq!(records(&items)[0].digest, Some(Digest("sha1:BLOCK".to_owned())));
    let fields = "Content-Type: application/http\r\nWARC-Block-Digest: sha1:BLOCK\r\nContent-Length: 24\r\n";
    let items = read(&warc_with("response", "http://a/", fields, &http("", b"hello")));
    assert_ne!(records(&items)[0].digest, Some(Digest("sha1:BLOCK".to_owned())));
}

#[test]
fn a_long_payload_is_cut_and_the_next_record_read() {
    let long = warc("resource", "http://a/long", "text/plain", &vec![b'x'; 200_000]);
    let plain = [long.clone(), response("http://a/next")].concat();
    let options = ReaderOptions { max_payload_bytes: 1000, ..ReaderOptions::default() };
    for bytes in [plain.clone(), gzip(&plain), [gzip(&long), gzip(&response("http://a/next"))].concat()] {
        let items = read_with(&bytes, options.clone());
        assert_eq!(summary(&items), whole(&["long", "next"]));
        let record = records(&items)[0];
        assert_eq!((record.payload.len(), record.truncated, record.declared_length), (1000, true, Some(200_000)));
    }
}

#[test]
fn empty_records_and_empty_files_are_fine() {
    assert_eq!(read(b""), []);
    assert_eq!(read(&gzip(b"")), []);
    let empty = warc("resource", "http://a/empty", "text/plain", b"");
    let bytes = [empty.clone(), empty, response("http://a/0")].concat();
    assert_eq!(summary(&read(&bytes)), whole(&["empty", "empty", "0"]));
    let items =
        read(&[arc_version_block(), arc("http://a/e", "0.0.0.0", "-", "0", b""), arc_response("http://a/0")].concat());
    assert_eq!(summary(&items), whole(&["test.arc", "e", "0"]));
}

#[test]
fn members_that_hold_members_or_are_long_are_read_whole() {
    // Stored, not compressed: the archive inside stands in the member byte by byte.
    let store = |data: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    };
    let inner = three().map(|record| gzip(&record)).concat();
    let nested = warc("resource", "http://a/", "application/gzip", &inner);
    let noise: Vec<u8> = (0..6_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let long = warc("resource", "http://b/", "image/png", &noise);
    let members = [store(&nested), store(&long), gzip(&nested), gzip(&long), store(&nested)];
    for buffer_bytes in [1 << 10, 100_000, 64 << 20] {
        let archive = members.concat();
        let reader = BufReader::with_capacity(buffer_bytes, archive.as_slice());
        let reader = ArchiveReader::new(reader, ReaderOptions::default()).unwrap();
        let items: Vec<Item> = reader.map(Result::unwrap).collect();
        let records = records(&items);
        assert_eq!((items.len(), records.len()), (5, 5));
        let mut offset = 0;
        for (at, (record, member)) in records.iter().zip(&members).enumerate() {
            let block = if at % 2 == 0 { &inner } else { &noise };
            assert!(record.payload == *block && record.damage.is_none(), "{at} with {buffer_bytes}");
            assert_eq!((record.offset, record.length), (offset, member.len() as u64), "{at} with {buffer_bytes}");
            offset += member.len() as u64;
        }
    }
}

#[test]
fn records_whose_blocks_fill_buffers_exactly_are_read() {
    for size in [511, 512, 4096, 65_535, 65_536, 65_537, 131_072] {
        let first = warc("resource", "http://a/0", "text/plain", &vec![b'x'; size]);
        let plain = [first, response("http://a/1")].concat();
        for bytes in [plain.clone(), gzip(&plain), zstd(&plain)] {
            let items = read(&bytes);
            assert_eq!(summary(&items), whole(&["0", "1"]), "{size}");
            assert_eq!(records(&items)[0].payload.len(), size);
        }
    }
}

#[test]
fn truncation_that_the_record_declares_is_told() {
    let fields = "Content-Type: text/plain\r\nWARC-Truncated: length\r\nContent-Length: 5\r\n";
    let items = read(&warc_with("resource", "http://a/", fields, b"hello"));
    assert!(records(&items)[0].truncated);
    assert_eq!(records(&items)[0].damage, None);
}

#[test]
fn arc_records_of_both_versions_are_read_in_every_container() {
    let block = http("", b"two");
    let version_2 = [
        format!("http://a/2 192.0.2.1 20080430204825 text/html 200 X - 99999999 t.arc {}\n", block.len()).as_bytes(),
        &block,
        b"\n",
    ]
    .concat();
    let spaced = arc_response("http://example.org/a b c/1");
    let parts = [arc_version_block(), spaced, version_2, arc("dns:a", "192.0.2.1", "text/dns", "2", b"ok")];
    let plain = parts.concat();
    for bytes in [plain.clone(), gzip(&plain), parts.iter().flat_map(|part| gzip(part)).collect(), zstd(&plain)] {
        let items = read(&bytes);
        assert_eq!(summary(&items), whole(&["test.arc", "1", "2", "dns:a"]));
        assert_eq!(skips(&items), []);
        let records = records(&items);
        assert_eq!(records[0].kind, RecordKind::Warcinfo);
        assert_eq!(records[1].url.as_deref(), Some("http://example.org/a b c/1"));
        assert_eq!(records[1].http_response(&BodyLimits::default()).unwrap().body, PAGE.as_bytes());
        assert_eq!(records[2].content_type.as_deref(), Some("text/html"));
        assert_eq!(records[3].block_kind(), BlockKind::Dns);
        assert_eq!(records[3].http_response(&BodyLimits::default()), Err(HttpError::NotHttp));
    }
}

#[test]
fn only_answers_and_files_give_a_response() {
    let limits = BodyLimits::default();
    for (kind, content_type, is_response) in [
        ("response", "application/http; msgtype=response", true),
        ("response", "text/html", true),
        ("revisit", "application/http", true),
        ("request", "application/http; msgtype=request", false),
        ("response", "application/http; msgtype=request", false),
        ("response", "text/dns", false),
        ("metadata", "application/json", false),
        ("conversion", "text/plain", false),
    ] {
        let items = read(&warc(kind, "http://a/", content_type, &http("", b"x")));
        assert_eq!(records(&items)[0].http_response(&limits).is_ok(), is_response, "{kind} {content_type}");
    }
    let items = read(&warc("resource", "http://a/", "text/html", b"<p>"));
    let file = records(&items)[0].http_response(&limits).unwrap();
    assert_eq!((file.status, file.headers.get("content-type"), &*file.body), (200, Some("text/html"), &b"<p>"[..]));
    for url in ["dns:example.org", "whois://whois.example/x"] {
        let items = read(&warc("response", url, "application/http", b"x"));
        assert_eq!(records(&items)[0].http_response(&limits), Err(HttpError::NotHttp), "{url}");
    }
}

#[test]
fn containers_that_hold_archives_are_named() {
    for (magic, name) in [(&b"PK\x03\x04rest"[..], "zip or wacz"), (b"BZh9rest", "bzip2"), (b"\xfd7zXZ\0", "xz")] {
        match ArchiveReader::new(magic, ReaderOptions::default()) {
            Err(WarcError::UnsupportedContainer { container }) => assert_eq!(container, name),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_is_opened_by_its_bytes_and_a_missing_one_named() {
    let mut file = tempfile::Builder::new().suffix(".warc").tempfile().unwrap();
    file.write_all(&gzip(&response("http://a/0"))).unwrap();
    let items: Vec<_> = warc::open(file.path(), ReaderOptions::default()).unwrap().map(Result::unwrap).collect();
    assert_eq!(summary(&items), whole(&["0"]));
    let error = warc::open(&file.path().join("missing"), ReaderOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("cannot open the archive "), "{error}");
}
