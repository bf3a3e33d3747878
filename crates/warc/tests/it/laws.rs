//! Laws: what was written is read, whatever the container and the buffer, and evidence opens again.

use proptest::prelude::*;
use warc::{Item, Record};

use crate::build::{arc, arc_version_block, gzip, read, records, skips, warc, zstd};

/// A record to write: kind, path of the URL, block.
type Draft = (&'static str, String, Vec<u8>);

fn any_block() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "(HTTP/1.1 200 OK\r\n(A: [a-z]{0,5}\r\n){0,3}\r\n)?[<>a-z\r\n]{0,80}".prop_map(String::into_bytes),
        // Heads inside a block must not be taken for heads, as long as the lengths are right.
        "[a-z]{0,5}\r\nWARC/1.0\r\nWARC-Type: response\r\nContent-Length: 3\r\n\r\n[a-z]{3}"
            .prop_map(String::into_bytes),
        "x\nhttp://a/ 192.0.2.1 20080430204825 text/html 1\ny\n".prop_map(String::into_bytes),
    ]
}

fn any_drafts() -> impl Strategy<Value = Vec<Draft>> {
    let kind = prop::sample::select(&["response", "request", "resource", "metadata", "conversion"][..]);
    prop::collection::vec((kind, "[a-z/ %]{0,12}[a-z]", any_block()), 1..6)
}

/// How an archive is wrapped: 0 plain, then gzip and zstd per record, whole, and in blocks.
fn wrap(parts: &[Vec<u8>], way: u8, block_bytes: usize) -> Vec<u8> {
    let whole = parts.concat();
    match way {
        0 => whole,
        1 => parts.iter().flat_map(|part| gzip(part)).collect(),
        2 => gzip(&whole),
        3 => whole.chunks(block_bytes).flat_map(gzip).collect(),
        4 => parts.iter().flat_map(|part| zstd(part)).collect(),
        _ => zstd(&whole),
    }
}

fn write_warc(drafts: &[Draft]) -> Vec<Vec<u8>> {
    drafts
        .iter()
        .map(|(kind, path, block)| warc(kind, &format!("http://a/{path}"), "application/http", block))
        .collect()
}

fn write_arc(drafts: &[Draft]) -> Vec<Vec<u8>> {
    let records = drafts.iter().map(|(_, path, block)| {
        arc(&format!("http://a/{path}"), "192.0.2.1", "text/html", &block.len().to_string(), block)
    });
    std::iter::once(arc_version_block()).chain(records).collect()
}

fn assert_same(drafts: &[Draft], read: &[&Record]) -> Result<(), TestCaseError> {
    prop_assert_eq!(read.len(), drafts.len());
    for ((_, path, block), record) in drafts.iter().zip(read) {
        let url = format!("http://a/{path}");
        prop_assert_eq!(record.url.as_deref(), Some(url.as_str()));
        prop_assert_eq!(&record.payload, block);
        prop_assert_eq!((record.damage, record.truncated), (None, false));
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_was_written_is_read(drafts in any_drafts(), way in 0_u8..6, block_bytes in 50_usize..400) {
        let items = read(&wrap(&write_warc(&drafts), way, block_bytes));
        prop_assert_eq!(skips(&items), vec![]);
        assert_same(&drafts, &records(&items))?;
        // The end of an ARC line, cut inside its scheme, looks like an ARC line: not in blocks, then.
        let way = if way == 3 { 2 } else { way };
        let items = read(&wrap(&write_arc(&drafts), way, block_bytes));
        prop_assert_eq!(skips(&items), vec![]);
        assert_same(&drafts, &records(&items)[1..])?;
    }

    #[test]
    fn evidence_opens_again(drafts in any_drafts(), way in prop::sample::select(&[0_u8, 1, 4][..])) {
        let file = wrap(&write_warc(&drafts), way, 1);
        for record in records(&read(&file)) {
            let (start, end) = (record.offset as usize, (record.offset + record.length) as usize);
            let again = read(&file[start..end]);
            let expected = Record { offset: 0, ..record.clone() };
            prop_assert_eq!(again, vec![Item::Record(expected.clone())]);
            let from_here = read(&file[start..]);
            prop_assert_eq!(from_here.first(), Some(&Item::Record(expected)));
        }
    }

    #[test]
    fn the_buffer_of_the_reader_changes_nothing(
        drafts in any_drafts(),
        is_arc: bool,
        way in 0_u8..6,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 0..4),
    ) {
        let parts = if is_arc { write_arc(&drafts) } else { write_warc(&drafts) };
        let mut file = wrap(&parts, way, 100);
        for (at, kind, byte) in edits {
            let at = at.index(file.len());
            match kind {
                0 => file[at] = byte,
                1 => file.insert(at, byte),
                2 => { file.remove(at); }
                _ => file.truncate(at.max(1)),
            }
            file.push(byte);
        }
        warc::fuzz::check_archive(&file);
    }

    #[test]
    fn any_bytes_are_a_body_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), coding in "(gzip|deflate|br|zstd)") {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n");
        warc::fuzz::check_http_body(&[head.as_bytes(), &bytes].concat());
        warc::fuzz::check_http_body(&bytes);
    }
}
