//! Small archives, written by the letter of the standards, and reading them in one go.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use warc::{ArchiveReader, Item, ReaderOptions, Record, SkipReason};

pub(crate) const PAGE: &str = "<html><a href=\"http://example.net/\">next</a></html>";

/// A WARC record with these fields after `WARC-Type` and `WARC-Target-URI`.
pub(crate) fn warc_with(kind: &str, url: &str, fields: &str, block: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2008-04-30T20:48:25Z\r\n{fields}"
    );
    [head.as_bytes(), b"\r\n", block, b"\r\n\r\n"].concat()
}

/// A WARC record with the right length.
pub(crate) fn warc(kind: &str, url: &str, content_type: &str, block: &[u8]) -> Vec<u8> {
    warc_with(kind, url, &format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n", block.len()), block)
}

/// The block of an answer with status 200.
pub(crate) fn http(fields: &str, body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", fields.as_bytes(), b"\r\n", body].concat()
}

/// A response record that holds [`PAGE`].
pub(crate) fn response(url: &str) -> Vec<u8> {
    let block = http("Content-Type: text/html\r\n", PAGE.as_bytes());
    warc("response", url, "application/http; msgtype=response", &block)
}

/// Three response records, `/0`, `/1` and `/2`.
pub(crate) fn three() -> [Vec<u8>; 3] {
    [0, 1, 2].map(|number| response(&format!("http://example.org/{number}")))
}

/// The block that an ARC file begins with.
pub(crate) fn arc_version_block() -> Vec<u8> {
    let block = "1 0 OpenBacklinks\nURL IP-address Archive-date Content-type Archive-length\n";
    arc("filedesc://test.arc", "0.0.0.0", "text/plain", &block.len().to_string(), block.as_bytes())
}

/// An ARC record; the length is given, since it may lie.
pub(crate) fn arc(url: &str, ip: &str, content_type: &str, length: &str, block: &[u8]) -> Vec<u8> {
    [format!("{url} {ip} 20080430204825 {content_type} {length}\n").as_bytes(), block, b"\n"].concat()
}

/// An ARC record that holds [`PAGE`].
pub(crate) fn arc_response(url: &str) -> Vec<u8> {
    let block = http("Content-Type: text/html\r\n", PAGE.as_bytes());
    arc(url, "192.0.2.1", "text/html", &block.len().to_string(), &block)
}

pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(data, 3).unwrap()
}

pub(crate) fn read_with(bytes: &[u8], options: ReaderOptions) -> Vec<Item> {
    ArchiveReader::new(bytes, options).unwrap().map(Result::unwrap).collect()
}

pub(crate) fn read(bytes: &[u8]) -> Vec<Item> {
    read_with(bytes, ReaderOptions::default())
}

pub(crate) fn records(items: &[Item]) -> Vec<&Record> {
    items.iter().filter_map(|item| if let Item::Record(record) = item { Some(record) } else { None }).collect()
}

pub(crate) fn skips(items: &[Item]) -> Vec<(u64, SkipReason)> {
    items
        .iter()
        .filter_map(|item| if let Item::Skip(skip) = item { Some((skip.offset, skip.reason)) } else { None })
        .collect()
}

/// The last part of every URL and the damage: the short form of what was read.
pub(crate) fn summary(items: &[Item]) -> Vec<(String, Option<SkipReason>)> {
    let name = |record: &Record| record.url.as_deref().unwrap_or("-").rsplit('/').next().unwrap().to_owned();
    records(items).iter().map(|record| (name(record), record.damage)).collect()
}

/// What [`summary`] gives for records without damage.
pub(crate) fn whole(names: &[&str]) -> Vec<(String, Option<SkipReason>)> {
    names.iter().map(|name| ((*name).to_owned(), None)).collect()
}
