//! Bodies of answers, as servers and tools really leave them in archives.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;
use warc::http::{BodyLimits, HttpError, Response, Tolerance, parse_response};

use crate::build::{PAGE, gzip, http, read, records, warc, zstd};

fn response(fields: &str, body: &[u8]) -> Response<'static> {
    parse_response(http(fields, body).leak(), &BodyLimits::default()).unwrap()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut chunks: Vec<u8> = body
        .chunks(7)
        .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
        .collect();
    chunks.extend(b"0\r\n\r\n");
    chunks
}

#[test]
fn chunks_and_codings_are_undone_in_their_order() {
    for (fields, body) in [
        ("Transfer-Encoding: chunked\r\n", chunked(PAGE.as_bytes())),
        ("Transfer-Encoding: Chunked\r\nContent-Encoding: GZIP\r\n", chunked(&gzip(PAGE.as_bytes()))),
        ("Transfer-Encoding: gzip, chunked\r\n", chunked(&gzip(PAGE.as_bytes()))),
        ("Content-Encoding: zstd, gzip\r\n", gzip(&zstd(PAGE.as_bytes()))),
        ("Content-Encoding: zstd\r\nContent-Encoding: gzip\r\n", gzip(&zstd(PAGE.as_bytes()))),
        ("Content-Encoding: identity, none\r\n", PAGE.as_bytes().to_vec()),
    ] {
        let response = response(fields, &body);
        assert_eq!(response.body, PAGE.as_bytes(), "{fields}");
        assert_eq!((response.decode_problem(), response.body_truncated), (None, false), "{fields}");
    }
}

#[test]
fn a_head_that_lies_about_the_body_is_told_and_the_body_kept() {
    let both = "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n";
    let plain = response(both, PAGE.as_bytes());
    assert_eq!(plain.tolerances, [Tolerance::NotChunked, Tolerance::NotEncoded]);
    assert_eq!((&*plain.body, plain.body_truncated), (PAGE.as_bytes(), false));
    let dechunked = response(both, &gzip(PAGE.as_bytes()));
    assert_eq!((&*dechunked.body, dechunked.decode_problem()), (PAGE.as_bytes(), Some(Tolerance::NotChunked)));
    let unzipped = response("Content-Encoding: br\r\n", PAGE.as_bytes());
    assert_eq!((&*unzipped.body, unzipped.decode_problem()), (PAGE.as_bytes(), Some(Tolerance::NotEncoded)));
}

#[test]
fn a_cut_body_is_told() {
    let long = PAGE.repeat(500);
    let stored = gzip(long.as_bytes());
    let cut = response("Content-Encoding: gzip\r\n", &stored[..stored.len() - 12]);
    assert!(long.as_bytes().starts_with(&cut.body) && !cut.body.is_empty());
    assert_eq!((cut.decode_problem(), cut.body_truncated), (Some(Tolerance::EncodingCut), true));
    let short = response("Content-Length: 100\r\n", b"short");
    assert_eq!((short.decode_problem(), short.body_truncated), (Some(Tolerance::ShorterThanDeclared), true));
    // An answer to HEAD declares a body that it does not have.
    assert_eq!(response("Content-Length: 100\r\n", b"").decode_problem(), None);
    let mut corrupt = ZlibEncoder::new(Vec::new(), Compression::default());
    corrupt.write_all(long.as_bytes()).unwrap();
    let mut corrupt = corrupt.finish().unwrap();
    corrupt.pop();
    corrupt.push(0x77);
    let corrupt = response("Content-Encoding: deflate\r\n", &corrupt);
    assert_eq!((corrupt.body.len(), corrupt.decode_problem()), (long.len(), Some(Tolerance::EncodingCorrupt)));
}

#[test]
fn bombs_and_towers_of_codings_are_errors() {
    let bomb = gzip(&gzip(&vec![b' '; 64 << 20]));
    let block = http("Content-Encoding: gzip, gzip\r\n", &bomb);
    assert_eq!(parse_response(&block, &BodyLimits::default()), Err(HttpError::Bomb));
    let block = http("Content-Encoding: gzip, gzip, gzip\r\n", b"x");
    assert_eq!(parse_response(&block, &BodyLimits::default()), Err(HttpError::TooManyCodings));
    assert_eq!(parse_response(b"<html>", &BodyLimits::default()), Err(HttpError::NoStatusLine));
}

#[test]
fn a_long_body_is_cut_at_the_limit() {
    let limits = BodyLimits { max_body_bytes: 10, ..BodyLimits::default() };
    for (fields, body) in [
        ("", PAGE.as_bytes().to_vec()),
        ("Transfer-Encoding: chunked\r\n", chunked(PAGE.as_bytes())),
        ("Content-Encoding: gzip\r\n", gzip(PAGE.as_bytes())),
    ] {
        let block = http(fields, &body);
        let response = parse_response(&block, &limits).unwrap();
        assert_eq!(response.body, &PAGE.as_bytes()[..10], "{fields}");
        assert_eq!(
            (response.decode_problem(), response.body_truncated),
            (Some(Tolerance::OverLimit), true),
            "{fields}"
        );
    }
    let items = read(&warc("resource", "http://a/", "text/html", PAGE.as_bytes()));
    let file = records(&items)[0].http_response(&limits).unwrap();
    assert_eq!((file.body.len(), file.body_truncated), (10, true));
}

#[test]
fn a_truncated_record_gives_a_truncated_body() {
    let archive = warc("response", "http://a/", "application/http", &http("", PAGE.as_bytes()));
    let items = read(&archive[..archive.len() - 20]);
    assert!(records(&items)[0].http_response(&BodyLimits::default()).unwrap().body_truncated);
}
