//! Reads WARC files, whole, into memory.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Names in lower case.
pub(crate) type Fields = Vec<(String, String)>;

/// A record about a page.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) number: usize,
    pub(crate) url: String,
    pub(crate) date: String,
    /// 304 for a revisit record.
    pub(crate) status: u16,
    pub(crate) headers: Fields,
    /// With transfer and content encodings undone.
    pub(crate) body: Vec<u8>,
    pub(crate) is_revisit: bool,
}

/// The records of a file that are about pages; the others are counted in `left_out`.
pub(crate) fn read(path: &Path, left_out: &mut BTreeMap<String, usize>) -> Vec<Record> {
    let mut bytes = fs::read(path).unwrap();
    if bytes.starts_with(b"\x1f\x8b") {
        let packed = std::mem::take(&mut bytes);
        MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
    }
    let (mut rest, mut number, mut records) = (bytes.as_slice(), 0, Vec::new());
    while !rest.is_empty() {
        let (fields, after) = head(rest);
        let length: usize = find(&fields, "content-length").expect("a record has a length").parse().unwrap();
        let (block, after) = after.split_at(length);
        rest = after.trim_ascii_start();
        number += 1;
        let kind = find(&fields, "warc-type").unwrap_or_default();
        let url = find(&fields, "warc-target-uri").unwrap_or_default().trim_matches(['<', '>']).to_owned();
        if !matches!(kind, "response" | "revisit") || !url.starts_with("http") {
            *left_out.entry(kind.to_owned()).or_default() += 1;
            continue;
        }
        let date = find(&fields, "warc-date").expect("a record has a date").to_owned();
        let is_revisit = kind == "revisit";
        let (status, headers, body) = if is_revisit { (304, Vec::new(), Vec::new()) } else { response(block) };
        records.push(Record { number, url, date, status, headers, body, is_revisit });
    }
    records
}

/// Takes an HTTP response apart.
fn response(block: &[u8]) -> (u16, Fields, Vec<u8>) {
    let (headers, body) = head(block);
    let line = block.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let status = String::from_utf8_lossy(line).split_whitespace().nth(1).and_then(|word| word.parse().ok());
    let mut body = body.to_vec();
    if find(&headers, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        body = unchunked(&body);
    }
    let mut plain = Vec::new();
    let is_read = match find(&headers, "content-encoding").unwrap_or_default() {
        "gzip" | "x-gzip" => MultiGzDecoder::new(body.as_slice()).read_to_end(&mut plain),
        // Some servers leave the frame of zlib out.
        "deflate" if body.first() == Some(&0x78) => ZlibDecoder::new(body.as_slice()).read_to_end(&mut plain),
        "deflate" => DeflateDecoder::new(body.as_slice()).read_to_end(&mut plain),
        "" | "identity" => return (status.unwrap_or_default(), headers, body),
        other => panic!("this reader does not know the content encoding {other}"),
    };
    is_read.expect("a body can be unpacked");
    (status.unwrap_or_default(), headers, plain)
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.iter().position(|byte| *byte == b'\n') {
        let size = String::from_utf8_lossy(&body[..end]);
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).unwrap();
        whole.extend_from_slice(&body[end + 1..end + 1 + size]);
        body = &body[end + 1 + size..];
        body = body.strip_prefix(b"\r\n").unwrap_or(body);
        if size == 0 {
            break;
        }
    }
    whole
}

/// The fields up to the empty line, and what follows it.
fn head(bytes: &[u8]) -> (Fields, &[u8]) {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head ends");
    let text = String::from_utf8_lossy(&bytes[..end]);
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    (text.lines().filter_map(pair).collect(), &bytes[end + 4..])
}

/// The first field called `name`.
pub(crate) fn find<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}
