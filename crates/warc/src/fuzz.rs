//! What the fuzz targets check, here so that ordinary tests can replay their corpora.

use std::io::BufReader;

use crate::http::{BodyLimits, parse_response};
use crate::{ArchiveReader, Item, ReaderOptions};

/// Limits small enough to be reached by small inputs.
const OPTIONS: ReaderOptions = ReaderOptions { max_payload_bytes: 4096, max_head_bytes: 2048, file_bytes: None };
const LIMITS: BodyLimits =
    BodyLimits { max_head_bytes: 1024, max_body_bytes: 64 << 10, max_ratio: 200, ratio_from_bytes: 4096 };

/// Reads `bytes` as an archive: no panic, an end, bounded records, and the same items whatever the
/// buffer of the reader.
pub fn check_archive(bytes: &[u8]) {
    let whole = read_all(bytes, bytes.len().max(1));
    for item in &whole {
        if let Item::Record(record) = item {
            assert!(record.payload.len() <= OPTIONS.max_payload_bytes);
            assert!(record.offset <= bytes.len() as u64);
            assert!(record.offset + record.length <= bytes.len() as u64);
            if let Ok(response) = record.http_response(&LIMITS) {
                assert!(response.body.len() <= LIMITS.max_body_bytes);
            }
        }
    }
    assert_eq!(whole, read_all(bytes, 7));
}

/// Every item, but lengths that depend on how far a shared member was decoded.
fn read_all(bytes: &[u8], buffer_bytes: usize) -> Vec<Item> {
    let Ok(reader) = ArchiveReader::new(BufReader::with_capacity(buffer_bytes, bytes), OPTIONS) else {
        return Vec::new();
    };
    let mut items = Vec::new();
    for item in reader {
        let mut item = item.expect("bytes in memory can be read");
        if let Item::Record(record) = &mut item {
            let end = record.offset + record.length;
            assert!(end <= bytes.len() as u64);
            record.length = 0;
        }
        items.push(item);
    }
    items
}

/// Takes `bytes` for the block of an HTTP record: no panic, and a bounded body.
pub fn check_http_body(bytes: &[u8]) {
    if let Ok(response) = parse_response(bytes, &LIMITS) {
        assert!(response.body.len() <= LIMITS.max_body_bytes);
        assert!(response.tolerances.is_sorted());
    }
}
