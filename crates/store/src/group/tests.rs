//! What is written is read again, row by row and column by column.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::codec::Decoder;
use crate::text_batch::TextBatch;

static SHAPE: GroupShape = GroupShape {
    name: "test",
    rows_per_block: 4,
    columns: &[ColumnKind::Bytes, ColumnKind::Number, ColumnKind::Bytes],
    compression: Compression::Zstd(3),
};

type Row = (Vec<u8>, Option<u64>, Option<Vec<u8>>);

fn write(folder: &Path, rows: &[Row]) -> GroupFile {
    let mut writer = GroupWriter::create(folder, "test.blk".to_owned(), &SHAPE).unwrap();
    for row in rows {
        writer.push(&row.0, &cells(row)).unwrap();
    }
    let entry = writer.finish().unwrap();
    assert_eq!(entry.rows, rows.len() as u64);
    GroupFile::open(folder, &entry, &SHAPE, None).unwrap()
}

fn cells(row: &Row) -> [Cell<'_>; 3] {
    [row.0.as_slice().into(), row.1.into(), Cell::Bytes(row.2.as_deref())]
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let number = prop::option::of(prop_oneof![Just(0), 0..300_u64, any::<u32>().prop_map(u64::from), 0..u64::MAX]);
    prop::collection::vec(
        (prop::collection::vec(0_u8..3, 0..4), number, prop::option::of(prop::collection::vec(any::<u8>(), 0..60))),
        0..40,
    )
    .prop_map(|mut rows| {
        rows.sort();
        rows
    })
}

proptest! {
    #[test]
    fn rows_that_come_encoded_make_the_same_file(rows in any_rows()) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &rows);
        let mut writer = GroupWriter::create(folder.path(), "encoded.blk".to_owned(), &SHAPE).unwrap();
        for row in &rows {
            let mut encoded = Vec::new();
            put_cells(&mut encoded, &cells(row));
            let mut from = Decoder::new(&encoded);
            writer.push_encoded(&row.0, &mut from).unwrap();
            prop_assert!(from.is_empty());
        }
        writer.finish().unwrap();
        let bytes = |name| std::fs::read(folder.path().join(name)).unwrap();
        prop_assert_eq!(bytes("encoded.blk"), bytes("test.blk"));
    }

    #[test]
    fn what_was_written_is_read_by_row_and_in_order(rows in any_rows()) {
        let folder = tempfile::tempdir().unwrap();
        let group = write(folder.path(), &rows);
        let mut scan = group.rows_in_order();
        for (number, row) in rows.iter().enumerate() {
            let (at, place) = group.block_of(number as u64);
            let block = group.block(at).unwrap();
            let found = (block.bytes(0, place).unwrap().to_vec(), block.number(1, place), block.bytes(2, place).map(<[u8]>::to_vec));
            prop_assert_eq!(&found, row);
            let (block, place) = scan.advance().unwrap().unwrap();
            prop_assert_eq!(block.number(1, place), row.1);
        }
        prop_assert!(scan.advance().unwrap().is_none());
    }

    #[test]
    fn columns_of_some_rows_are_those_of_each_row(
        rows in any_rows(),
        picks in prop::collection::vec(0_usize..4, 0..6),
        neighbours in (0_usize..4, 0_usize..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let group = write(folder.path(), &rows);
        for block in 0..rows.len().div_ceil(4) {
            let rows = &rows[block * 4..rows.len().min(block * 4 + 4)];
            let block = group.block(block as u64).unwrap();
            let lists = [picks.clone(), (neighbours.0..neighbours.0 + neighbours.1).collect()];
            for list in lists.map(|list| list.into_iter().filter(|row| *row < rows.len()).collect::<Vec<_>>()) {
                let mut texts = TextBatch::default();
                texts.push(Some(b"before"));
                block.put_texts(2, &list, &mut texts);
                let found: Vec<_> = (1..texts.len()).map(|at| (!texts.is_null(at)).then(|| texts.text(at))).collect();
                let expected: Vec<_> = list.iter().map(|row| rows[*row].2.as_deref()).collect();
                prop_assert_eq!(&found, &expected);
                let mut found = Vec::new();
                block.each_bytes(2, &list, |bytes| found.push(bytes.map(<[u8]>::to_vec)));
                prop_assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
                let (mut numbers, places): (Vec<u32>, Vec<u32>) = (Vec::new(), list.iter().map(|row| *row as u32).collect());
                block.gather(1, 0, &places, &mut numbers);
                let expected: Vec<u32> = list.iter().map(|row| rows[*row].1.unwrap_or(0) as u32).collect();
                prop_assert_eq!(numbers, expected);
            }
        }
    }

    #[test]
    fn the_lower_bound_is_the_one_of_a_plain_search(rows in any_rows(), key in prop::collection::vec(0_u8..3, 0..4)) {
        let folder = tempfile::tempdir().unwrap();
        let group = write(folder.path(), &rows);
        let expected = rows.partition_point(|row| row.0 < key) as u64;
        prop_assert_eq!(group.lower_bound(&key, 0).unwrap(), expected);
    }

    #[test]
    fn any_bytes_decode_or_are_refused(raw in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(block) = Block::decode(raw, &SHAPE) {
            for row in 0..block.rows() {
                let _ = (block.bytes(0, row), block.number(1, row), block.text(2, row));
            }
        }
    }
}
