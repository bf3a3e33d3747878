use std::fs;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::StoreError;
use crate::manifest::FileEntry;

fn block(number: u64) -> Vec<u8> {
    // Every third block does not compress.
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let step = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state as u8
    };
    (0..200 + number % 50).map(|_| if number.is_multiple_of(3) { step(&mut state) } else { number as u8 }).collect()
}

fn write(folder: &std::path::Path, blocks: u64, compression: Compression) -> FileEntry {
    let mut writer = BlockWriter::create(&folder.join("t.blk"), compression).unwrap();
    for number in 0..blocks {
        writer.push(&block(number), number % 5, &number.to_be_bytes()).unwrap();
    }
    writer.finish("t.blk").unwrap()
}

const ALL: [Compression; 2] = [Compression::Lz4, Compression::Zstd(3)];

#[test]
fn blocks_are_read_by_number_key_and_row() {
    ALL.into_iter().for_each(are_read_by_number_key_and_row);
}

fn are_read_by_number_key_and_row(compression: Compression) {
    let folder = tempfile::tempdir().unwrap();
    let entry = write(folder.path(), 1000, compression);
    let file = Arc::new(BlockFile::open(folder.path(), &entry).unwrap());
    assert_eq!((file.verify().unwrap(), file.rows()), (1000, 2000));
    for number in [999_u64, 0, 256, 255, 511, 700] {
        assert_eq!(file.block(number).unwrap(), block(number));
        assert_eq!(file.first_row(number).unwrap(), (0..number).map(|at| at % 5).sum::<u64>());
        let before = number.saturating_sub(1);
        assert_eq!(file.block_before(&number.to_be_bytes()).unwrap(), Some(before));
    }
    assert!(file.block(1000).is_err());
    let mut scan = file.scan();
    for number in 0..1000 {
        assert_eq!(scan.next_block().unwrap(), Some(block(number)));
    }
    assert_eq!(scan.next_block().unwrap(), None);
}

#[test]
fn an_empty_file_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = BlockFile::open(folder.path(), &write(folder.path(), 0, Compression::Lz4)).unwrap();
    assert_eq!((file.verify().unwrap(), file.rows(), file.block_before(b"x").unwrap()), (0, 0, None));
}

#[test]
fn every_flipped_byte_is_found_and_placed() {
    ALL.into_iter().for_each(is_every_flipped_byte_found_and_placed);
}

fn is_every_flipped_byte_found_and_placed(compression: Compression) {
    let folder = tempfile::tempdir().unwrap();
    let entry = write(folder.path(), 300, compression);
    let path = folder.path().join("t.blk");
    let good = fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(97).chain(good.len() - 300..good.len()) {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        fs::write(&path, &bad).unwrap();
        let outcome = BlockFile::open(folder.path(), &entry).and_then(|file| file.verify());
        let Err(StoreError::Corrupt { block, .. }) = outcome else { panic!("byte {at} changed unseen") };
        assert!(!block.is_empty());
    }
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    assert!(BlockFile::open(folder.path(), &entry).is_err());
}

proptest! {
    /// A right checksum says that bytes are those that were written, not that a codec made them.
    #[test]
    fn foreign_payloads_are_refused_not_followed(
        codec in 0_u8..4,
        payload in prop::collection::vec(any::<u8>(), 0..64),
        raw_bytes in prop_oneof![0_u32..200, any::<u32>()],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.blk");
        let stored = [&[codec], payload.as_slice()].concat();
        fs::write(&path, &stored).unwrap();
        let (stored_bytes, checksum) = (stored.len() as u32, xxhash_rust::xxh3::xxh3_64(&stored));
        let entry = Entry { stored_bytes, raw_bytes, rows: 1, checksum, first_key: Vec::new() };
        let block = reader::read_block(&fs::File::open(&path).unwrap(), &path, &entry, 0, &0);
        if let Ok(block) = block {
            prop_assert_eq!(block.len(), raw_bytes as usize);
        }
    }
}
