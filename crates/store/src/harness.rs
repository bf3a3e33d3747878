//! What tests of the whole program need to see, and what the fuzz target runs, so that its corpus can be replayed as an
//! ordinary test.

use std::path::Path;

use crate::block::{BlockFile, Directory, FOOTER_BYTES, Footer, unpacked};
use crate::build::{CarriedVisit, check_history};
use crate::by_rank::BY_RANK;
use crate::codec::Decoder;
use crate::error::Result;
use crate::events::{link_events, target_events};
use crate::facts::VisitFacts;
use crate::group::{Block, ColumnKind, GroupShape};
use crate::links::{FACTS, KEYS, LinkRow, SCAN, TEXTS};
use crate::manifest::FileEntry;
use crate::pages::PAGES;
use crate::record::Cursor;
use crate::text_batch::TextBatch;

/// Shapes with columns of every kind.
static SHAPES: [&GroupShape; 6] = [&KEYS, &FACTS, &TEXTS, &SCAN, &PAGES, &BY_RANK];

/// Calls `each` with the decoded bytes of every part of a block file: its blocks, and its directory.
pub fn parts(folder: &Path, entry: &FileEntry, each: impl FnMut(&[u8])) -> Result<()> {
    BlockFile::open(folder, entry)?.parts(each)
}

/// Reads `data` as something that lies in a file behind its checksum; the first byte says what.
///
/// # Panics
/// If what comes out breaks a promise of this crate.
pub fn stored(data: &[u8]) {
    let Some((what, bytes)) = data.split_first() else { return };
    match what {
        0 => directory(bytes),
        1 => compressed(bytes),
        2 => block(bytes),
        3 => records(bytes),
        4 => visit(bytes),
        5 => link_row(bytes),
        6 => check_history(bytes),
        _ => events(bytes),
    }
}

/// A footer, or a leaf: what is read is written and read again as it was.
fn directory(bytes: &[u8]) {
    if let Ok(bytes) = <&[u8; FOOTER_BYTES]>::try_from(bytes) {
        if let Ok(footer) = Footer::decode(bytes) {
            assert_eq!(footer.encode(), *bytes);
        }
        return;
    }
    let Ok(leaf) = Directory::leaf(bytes, 7) else { return };
    let mut written = Vec::new();
    leaf.encode(&mut written);
    assert_eq!(Directory::leaf(&written, 7), Ok(leaf));
}

/// A compressed block: two bytes for how long it should be, then what is stored.
fn compressed(bytes: &[u8]) {
    let Some((length, stored)) = bytes.split_first_chunk() else { return };
    let length = u16::from_le_bytes(*length);
    if let Ok(raw) = unpacked(stored.to_vec(), length.into()) {
        assert_eq!(raw.len(), usize::from(length));
    }
}

/// A block of columns: a byte for its shape, then itself. All ways to its values give the same.
fn block(bytes: &[u8]) {
    let Some((shape, raw)) = bytes.split_first() else { return };
    let shape = SHAPES[usize::from(*shape) % SHAPES.len()];
    let Ok(block) = Block::decode(raw.to_vec(), shape) else { return };
    let rows: Vec<usize> = (0..block.rows()).collect();
    let every_second: Vec<usize> = rows.iter().copied().step_by(2).collect();
    let places: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
    for (column, kind) in shape.columns.iter().enumerate() {
        let (mut filled, mut gathered) = (Vec::new(), Vec::new());
        block.fill(column, 0..block.rows(), &mut filled, |value| value as u32);
        block.gather(column, 0, &places, &mut gathered);
        assert_eq!(filled, gathered);
        let numbers: Vec<_> = rows.iter().map(|row| block.number(column, *row)).collect();
        assert!(filled.iter().zip(&numbers).all(|(filled, number)| *filled == number.unwrap_or_default() as u32));
        let mut each = Vec::new();
        block.each_number(column, &rows, |number| each.push(number));
        assert_eq!(each, numbers);
        if *kind == ColumnKind::Bytes {
            texts(&block, column, &rows);
            texts(&block, column, &every_second);
        }
    }
    assert!(block.bytes_in_memory() >= raw.len() as u64);
}

fn texts(block: &Block, column: usize, rows: &[usize]) {
    let texts: Vec<_> = rows.iter().map(|row| block.bytes(column, *row)).collect();
    let mut each = Vec::new();
    block.each_bytes(column, rows, |bytes| each.push(bytes.map(<[u8]>::to_vec)));
    assert!(each.iter().map(Option::as_deref).eq(texts.iter().copied()));
    let mut batch = TextBatch::default();
    block.put_texts(column, rows, &mut batch);
    let batched = (0..batch.len()).map(|at| (!batch.is_null(at)).then(|| batch.text(at)));
    assert!(batched.eq(texts.iter().copied()));
}

/// A block of records: every byte belongs to one, or it is malformed.
fn records(bytes: &[u8]) {
    let mut cursor = Cursor::default();
    cursor.start(bytes.to_vec());
    let mut read = 0;
    while !cursor.is_at_end() {
        if cursor.advance().is_err() {
            return;
        }
        read += cursor.key().len() + cursor.value().len();
    }
    assert!(read <= bytes.len());
}

/// A visit: what is read is written and read again as it was, and a build reads it too.
fn visit(bytes: &[u8]) {
    let carried = CarriedVisit::decode_after(bytes, None);
    let Ok(visit) = VisitFacts::decode(bytes) else { return };
    let carried = carried.expect("a build looks at less");
    assert_eq!(carried.links(), visit.links.len());
    let again = CarriedVisit::decode_after(bytes, Some(&carried)).expect("the same bytes");
    assert_eq!(again.links(), carried.links());
    let mut written = Vec::new();
    visit.encode(&mut written);
    assert_eq!(VisitFacts::decode(&written).as_ref(), Ok(&visit));
}

/// A record of the sort by target: two bytes for the length of its key, the key, the value.
fn link_row(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let Some((key, value)) = rest.split_at_checked(u16::from_le_bytes(*length).into()) else { return };
    let Ok(row) = LinkRow::decode(key, value) else { return };
    let (mut source, mut written) = (Vec::new(), Vec::new());
    row.from.encode(&mut source);
    row.part.encode(&source, &mut written);
    assert_eq!(LinkRow::decode(key, &written), Ok(row));
}

/// Events of a link, and of a page.
fn events(bytes: &[u8]) {
    let first = model::Timestamp::from_seconds(0);
    if let Ok(events) = link_events(first, true, Some(bytes)) {
        assert!(events.first().is_some_and(|event| event.at == first));
    }
    if let Ok(events) = target_events(Some(bytes)) {
        // None takes less than two bytes.
        assert!(events.len() * 2 <= bytes.len());
    }
    let _ = Decoder::new(bytes).optional_texts::<3>();
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use model::{
        Digest, Evidence, LanguageCode, LifeCycle, Link, LinkKind, LostReason, NewReason, Outcome, Page, Timestamp,
        Visit, parse_url,
    };

    use super::*;
    use crate::block::Compression;
    use crate::build::history_of;
    use crate::codec::Encode;
    use crate::events::EventsWriter;
    use crate::facts::{EvidenceFacts, LinkFacts, encode_visit};
    use crate::group::{Cell, GroupWriter};
    use crate::links::{LinkPart, SourceFacts};
    use crate::record::RecordWriter;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/stored")
    }

    fn visited(at: i64, anchors: &[&str]) -> Vec<u8> {
        let url = |text: &str| parse_url(text, None).unwrap();
        let mut page = Page::new(url("https://a.example/"), Timestamp::from_seconds(at), 200);
        page.title = Some("a page".to_owned());
        let link = |anchor: &&str| Link {
            anchor: Some((*anchor).to_owned()),
            ..Link::new(url(&format!("https://{anchor}.example/")), LinkKind::Anchor)
        };
        let digest = Some(Digest(format!("sha1:{at}")));
        let evidence = Evidence { archive: "a.warc".to_owned(), offset: at as u64, length: 1, digest };
        let visit = Visit::new(page, anchors.iter().map(link).collect(), Outcome::Definite, evidence).unwrap();
        let mut bytes = Vec::new();
        encode_visit(&visit, &mut bytes);
        bytes
    }

    /// A block of keys.
    fn keys(temporary: &Path) -> Vec<u8> {
        let mut writer = GroupWriter::create(temporary, "keys.blk".to_owned(), &KEYS).unwrap();
        for number in 0..9_u8 {
            let path = Cell::Bytes((number % 2 == 0).then_some(b"path"));
            writer.push(&[number], &[[number].as_slice().into(), b"source".as_slice().into(), path]).unwrap();
        }
        last_part(temporary, &writer.finish().unwrap())
    }

    /// The last block of a file.
    fn last_part(temporary: &Path, entry: &FileEntry) -> Vec<u8> {
        let mut last = Vec::new();
        parts(temporary, entry, |bytes| last = bytes.to_vec()).unwrap();
        last
    }

    fn link_row() -> Vec<u8> {
        let at = Timestamp::from_seconds(5);
        let life = LifeCycle {
            first_seen: at,
            prev_seen: None,
            last_seen: at,
            lost_at: Some(Timestamp::from_seconds(9)),
            original: true,
            found_at_last_visit: false,
            new_reason: NewReason::PageFound,
            lost_reason: Some(LostReason::LinkRemoved),
        };
        let link = Link::new(parse_url("https://b.example/", None).unwrap(), LinkKind::Image);
        let link = LinkFacts::of(&link, 2);
        let evidence = EvidenceFacts { archive: "a.warc", offset: 5, length: 1, digest: None };
        let part = LinkPart { target: b"to", source: b"from", path: None, life, link, evidence, events: None };
        let from = SourceFacts {
            followed: 3,
            status: 200,
            ip: "192.0.2.1".parse().ok(),
            title: Some("a page"),
            language: LanguageCode::parse("en"),
            encoding: None,
            size_bytes: Some(900),
            internal_links: Some(1),
            external_links: None,
        };
        let (mut source, mut bytes) = (Vec::new(), b"\x06\0tofrom".to_vec());
        from.encode(&mut source);
        part.encode(&source, &mut bytes);
        bytes
    }

    fn seeds() -> Vec<(&'static str, u8, Vec<u8>)> {
        let temporary = tempfile::tempdir().unwrap();
        let mut records = RecordWriter::create(temporary.path(), "r.blk".to_owned(), Compression::Lz4).unwrap();
        (0..50_u8).for_each(|number| records.push(&[number], b"the same value again and again").unwrap());
        let records_entry = records.finish().unwrap();
        let file = fs::read(temporary.path().join("r.blk")).unwrap();
        let footer = file[file.len() - FOOTER_BYTES..].to_vec();
        let record_bytes = last_part(temporary.path(), &records_entry);
        let stored = |codec: u8, payload: &[u8]| {
            let length = (record_bytes.len() as u16).to_le_bytes();
            [length.as_slice(), &[codec], payload].concat()
        };
        let mut leaf = Vec::new();
        leaf.put_int(0);
        for _entry in 0..3 {
            for number in [100, 200, 9] {
                leaf.put_int(number);
            }
            leaf.put_raw(&[7; 8]);
            leaf.put_bytes(b"first key");
        }
        let mut turns = EventsWriter::default();
        turns.lost(Timestamp::from_seconds(9), LostReason::LinkRemoved);
        turns.restored(Timestamp::from_seconds(20));
        let visits = [visited(5, &["one", "two"]), visited(9, &["two"]), visited(20, &["one", "three"])];
        vec![
            ("footer", 0, footer),
            ("leaf", 0, leaf),
            ("raw", 1, stored(0, &record_bytes)),
            ("zstd", 1, stored(1, &zstd::bulk::compress(&record_bytes, 3).unwrap())),
            ("lz4", 1, stored(2, &lz4_flex::block::compress(&record_bytes))),
            ("block", 2, [vec![0], keys(temporary.path())].concat()),
            ("records", 3, record_bytes),
            ("visit", 4, visits[0].clone()),
            ("link-row", 5, link_row()),
            ("history", 6, history_of(&visits)),
            ("events", 7, turns.bytes(0..turns.end()).unwrap().to_vec()),
        ]
    }

    #[test]
    fn the_corpus_of_the_fuzz_target_passes_and_holds_its_seeds() {
        for (name, what, bytes) in seeds() {
            let path = folder().join(name);
            assert!(path.is_file(), "{} is missing: run the ignored test `write_the_seeds`", path.display());
            stored(&[vec![what], bytes].concat());
        }
        for entry in fs::read_dir(folder()).unwrap() {
            stored(&fs::read(entry.unwrap().path()).unwrap());
        }
    }

    #[test]
    fn seeds_are_read_to_their_end() {
        let seeds = seeds();
        let seed = |name| &seeds.iter().find(|seed| seed.0 == name).unwrap().2;
        assert!(Footer::decode(seed("footer").as_slice().try_into().unwrap()).is_ok());
        assert!(Directory::leaf(seed("leaf"), 0).is_ok());
        for name in ["raw", "zstd", "lz4"] {
            let (length, stored) = seed(name).split_at(2);
            assert_eq!(
                unpacked(stored.to_vec(), u16::from_le_bytes([length[0], length[1]]).into()).unwrap(),
                *seed("records")
            );
        }
        assert_eq!(Block::decode(seed("block")[1..].to_vec(), &KEYS).unwrap().rows(), 9);
        assert_eq!(VisitFacts::decode(seed("visit")).unwrap().links.len(), 2);
        let (key, value) = seed("link-row")[2..].split_at(6);
        assert_eq!(LinkRow::decode(key, value).unwrap().part.target, b"to");
        let first = Timestamp::from_seconds(0);
        assert_eq!(link_events(first, true, Some(seed("events"))).unwrap().len(), 3);
    }

    #[test]
    #[ignore = "writes into the source tree"]
    fn write_the_seeds() {
        fs::create_dir_all(folder()).unwrap();
        for (name, what, bytes) in seeds() {
            fs::write(folder().join(name), [vec![what], bytes].concat()).unwrap();
        }
    }
}
