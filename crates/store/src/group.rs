//! Groups of columns: rows cut into blocks, columns inside a block.
//!
//! A table is one or more groups that agree row by row. A question reads the narrow groups to decide
//! which rows win, and fetches only those from the wide ones; a block of a wide group holds few rows,
//! so that one row costs one small decompression (see `docs/adr/0001-row-blocks.md`).
//!
//! ```text
//! block  := rows (LEB128) column*
//! column := width (1 byte: 0, 1, 2, 4 or 8) · rows little-endian numbers of that width
//!           and for a column of bytes: the bytes of all rows, back to back
//! number := 0 for null, else value + 1;  for bytes: 0 for null, else length + 1
//! ```

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::block::{BlockFile, BlockWriter, Compression, Scan};
use crate::cache::{BlockCache, FileNumber};
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, StoreError, corrupt};
use crate::manifest::FileEntry;
use crate::text_batch::TextBatch;

/// What a column holds. Every column can be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Numbers up to `u64::MAX - 1`.
    Number,
    /// Bytes or text.
    Bytes,
}

/// The fixed shape of a group.
#[derive(Debug)]
pub(crate) struct GroupShape {
    /// Part of the file's name.
    pub(crate) name: &'static str,
    /// Rows in every block but the last, and those that were cut off.
    pub(crate) rows_per_block: u32,
    /// The columns, in order.
    pub(crate) columns: &'static [ColumnKind],
    /// What compresses its blocks.
    pub(crate) compression: Compression,
}

/// One column being filled.
#[derive(Debug, Default)]
struct ColumnBuffer {
    numbers: Vec<u64>,
    bytes: Vec<u8>,
}

/// Writes rows of a group.
pub(crate) struct GroupWriter {
    shape: &'static GroupShape,
    writer: BlockWriter,
    columns: Vec<ColumnBuffer>,
    rows: u32,
    first_key: Vec<u8>,
    raw: Vec<u8>,
    name: String,
}

/// One value of a row being written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Number(Option<u64>),
    Bytes(Option<&'a [u8]>),
}

impl Cell<'_> {
    pub(crate) const NULL: Self = Cell::Number(None);
}

impl From<u64> for Cell<'_> {
    fn from(value: u64) -> Self {
        Cell::Number(Some(value))
    }
}

impl From<Option<u64>> for Cell<'_> {
    fn from(value: Option<u64>) -> Self {
        Cell::Number(value)
    }
}

impl<'a> From<&'a [u8]> for Cell<'a> {
    fn from(value: &'a [u8]) -> Self {
        Cell::Bytes(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Cell::Bytes(value.map(str::as_bytes))
    }
}

impl ColumnBuffer {
    #[inline]
    fn put(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Number(value) => self.numbers.push(value.map_or(0, |value| value.saturating_add(1))),
            Cell::Bytes(value) => {
                self.numbers.push(value.map_or(0, |value| value.len() as u64 + 1));
                self.bytes.extend_from_slice(value.unwrap_or_default());
            }
        }
    }

    #[inline]
    fn take(&mut self, kind: ColumnKind, from: &mut Decoder<'_>) -> Result<(), Malformed> {
        let number = from.int()?;
        self.numbers.push(number);
        if kind == ColumnKind::Bytes && number > 1 {
            self.bytes.extend_from_slice(from.raw(number - 1)?);
        }
        Ok(())
    }
}

impl GroupWriter {
    /// Creates `folder/name`.
    pub(crate) fn create(folder: &Path, name: String, shape: &'static GroupShape) -> Result<Self> {
        Ok(Self {
            shape,
            writer: BlockWriter::create(&folder.join(&name), shape.compression)?,
            columns: shape.columns.iter().map(|_| ColumnBuffer::default()).collect(),
            rows: 0,
            first_key: Vec::new(),
            raw: Vec::new(),
            name,
        })
    }

    /// Appends a row; `key` is its sort key, kept for the first row of each block (empty in groups
    /// that are not looked up by key).
    pub(crate) fn push(&mut self, key: &[u8], cells: &[Cell<'_>]) -> Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.begin_row(key);
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.put(*cell);
        }
        self.end_row()
    }

    /// Appends a row as [`put_cells`] wrote it.
    pub(crate) fn push_encoded(&mut self, key: &[u8], from: &mut Decoder<'_>) -> Result<()> {
        self.begin_row(key);
        let bad = |error: Malformed| corrupt(Path::new(&self.name), "row", error.0);
        for (column, kind) in self.columns.iter_mut().zip(self.shape.columns) {
            column.take(*kind, from).map_err(bad)?;
        }
        self.end_row()
    }

    /// Begins a row that is put together of its columns, in any order; `key` as with [`Self::push`]. Groups without keys
    /// need not be told.
    pub(crate) fn begin_row(&mut self, key: &[u8]) {
        if self.rows == 0 {
            key.clone_into(&mut self.first_key);
        }
    }

    /// Gives a column of that row its value.
    #[inline]
    pub(crate) fn put(&mut self, column: usize, cell: Cell<'_>) {
        self.columns[column].put(cell);
    }

    /// Gives some columns values that [`put_cells`] wrote, one behind the other.
    pub(crate) fn take(&mut self, columns: &[usize], from: &mut Decoder<'_>) -> Result<(), Malformed> {
        // A copy of its own stays in registers.
        let mut rest = *from;
        for column in columns {
            self.columns[*column].take(self.shape.columns[*column], &mut rest)?;
        }
        *from = rest;
        Ok(())
    }

    /// Ends a row of which every column has its value.
    pub(crate) fn end_row(&mut self) -> Result<()> {
        self.rows += 1;
        debug_assert!(self.columns.iter().all(|column| column.numbers.len() == self.rows as usize));
        if self.rows == self.shape.rows_per_block { self.end_block() } else { Ok(()) }
    }

    /// Ends the block at hand, so that the next row begins another. Rows of such a group are not found by
    /// their numbers.
    pub(crate) fn cut(&mut self) -> Result<()> {
        if self.rows > 0 { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<()> {
        self.raw.clear();
        self.raw.put_int(self.rows.into());
        for column in &mut self.columns {
            put_numbers(&mut self.raw, &column.numbers);
            self.raw.put_raw(&column.bytes);
            column.numbers.clear();
            column.bytes.clear();
        }
        self.writer.push(&self.raw, self.rows.into(), &self.first_key)?;
        self.rows = 0;
        Ok(())
    }

    /// Writes what is left and closes the file.
    pub(crate) fn finish(mut self) -> Result<FileEntry> {
        self.cut()?;
        self.writer.finish(&self.name)
    }
}

fn put_numbers(raw: &mut Vec<u8>, numbers: &[u64]) {
    let width = match numbers.iter().copied().max().unwrap_or(0) {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    raw.push(width);
    // A loop for each width, in which nothing is left to decide.
    match width {
        0 => {}
        1 => raw.extend(numbers.iter().map(|number| *number as u8)),
        2 => raw.extend(numbers.iter().flat_map(|number| (*number as u16).to_le_bytes())),
        4 => raw.extend(numbers.iter().flat_map(|number| (*number as u32).to_le_bytes())),
        _ => raw.extend(numbers.iter().flat_map(|number| number.to_le_bytes())),
    }
}

/// Writes cells for [`GroupWriter::push_encoded`].
pub(crate) fn put_cells(into: &mut Vec<u8>, cells: &[Cell<'_>]) {
    for cell in cells {
        match cell {
            Cell::Number(value) => into.put_optional_int(*value),
            Cell::Bytes(value) => into.put_optional_bytes(*value),
        }
    }
}

/// Where a column lies in a decoded block.
#[derive(Debug, Clone)]
struct ColumnPlace {
    width: usize,
    numbers: usize,
    /// Start of each row's bytes, and the end of the last; empty for numbers.
    offsets: Vec<u32>,
}

/// A decoded block: random access to its values.
#[derive(Debug)]
pub(crate) struct Block {
    raw: Vec<u8>,
    rows: usize,
    columns: Vec<ColumnPlace>,
}

impl Block {
    fn decode(raw: Vec<u8>, shape: &GroupShape) -> Result<Self, Malformed> {
        let mut decoder = Decoder::new(&raw);
        let rows: usize = decoder.int_as()?;
        if rows > shape.rows_per_block as usize {
            return Err(Malformed("too many rows"));
        }
        let mut columns = Vec::with_capacity(shape.columns.len());
        for kind in shape.columns {
            let width = usize::from(decoder.raw(1)?[0]);
            if !matches!(width, 0 | 1 | 2 | 4 | 8) {
                return Err(Malformed("column width"));
            }
            let numbers = raw.len() - decoder.rest().len();
            let cells = decoder.raw((rows * width) as u64)?;
            let mut offsets = Vec::new();
            if *kind == ColumnKind::Bytes {
                let start = (raw.len() - decoder.rest().len()) as u64;
                let mut end = start;
                offsets.reserve_exact(rows + 1);
                for row in 0..rows {
                    offsets.push(end as u32);
                    end = end.saturating_add(number(cells, width, row).saturating_sub(1));
                    if end > raw.len() as u64 {
                        return Err(Malformed("cut bytes"));
                    }
                }
                offsets.push(end as u32);
                decoder.raw(end - start)?;
            }
            columns.push(ColumnPlace { width, numbers, offsets });
        }
        if !decoder.is_empty() {
            return Err(Malformed("trailing bytes"));
        }
        Ok(Self { raw, rows, columns })
    }

    /// What it takes to keep the block.
    pub(crate) fn bytes_in_memory(&self) -> u64 {
        let offsets: usize =
            self.columns.iter().map(|column| column.offsets.len() * 4 + size_of::<ColumnPlace>()).sum();
        (self.raw.len() + offsets + size_of::<Self>()) as u64
    }

    /// Rows in the block.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A number; `None` for null.
    pub(crate) fn number(&self, column: usize, row: usize) -> Option<u64> {
        let place = &self.columns[column];
        number(&self.raw[place.numbers..], place.width, row).checked_sub(1)
    }

    /// The numbers of some rows, in their order; they must lie in the block.
    pub(crate) fn each_number(&self, column: usize, rows: &[usize], mut each: impl FnMut(Option<u64>)) {
        let place = &self.columns[column];
        let cells = &self.raw[place.numbers..];
        // The width is decided once, and not for every row.
        match place.width {
            0 => each_number::<0>(cells, rows, &mut each),
            1 => each_number::<1>(cells, rows, &mut each),
            2 => each_number::<2>(cells, rows, &mut each),
            4 => each_number::<4>(cells, rows, &mut each),
            _ => each_number::<8>(cells, rows, &mut each),
        }
    }

    /// The bytes of some rows, in their order; they must lie in the block.
    pub(crate) fn each_bytes(&self, column: usize, rows: &[usize], mut each: impl FnMut(Option<&[u8]>)) {
        let place = &self.columns[column];
        let cells = &self.raw[place.numbers..];
        let mut each = |is_null: bool, row: usize| {
            let bytes = &self.raw[place.offsets[row] as usize..place.offsets[row + 1] as usize];
            each((!is_null).then_some(bytes));
        };
        // The width is decided once, and not for every row.
        match place.width {
            0 => rows.iter().for_each(|row| each(true, *row)),
            1 => rows.iter().for_each(|row| each(cells[*row] == 0, *row)),
            width => rows.iter().for_each(|row| each(number(cells, width, *row) == 0, *row)),
        }
    }

    /// Appends the bytes of some rows to a batch, in their order; they must lie in the block.
    pub(crate) fn put_texts(&self, column: usize, rows: &[usize], into: &mut TextBatch) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        let place = &self.columns[column];
        if rows.is_sorted_by(|row, next| row + 1 == *next) {
            let start = place.offsets[*first];
            let ends = &place.offsets[first + 1..last + 2];
            let cells = &self.raw[place.numbers..];
            let is_null = (*first..=*last).map(|row| number(cells, place.width, row) == 0);
            into.extend(&self.raw[start as usize..place.offsets[last + 1] as usize], (start, ends), is_null);
        } else {
            self.each_bytes(column, rows, |bytes| into.push(bytes));
        }
    }

    /// Fills `into` with the numbers of some rows, null as 0. `rows` must lie in the block.
    pub(crate) fn fill<T>(&self, column: usize, rows: Range<usize>, into: &mut Vec<T>, make: impl Fn(u64) -> T) {
        let place = &self.columns[column];
        into.clear();
        into.reserve(rows.len());
        let cells = &self.raw[place.numbers + rows.start * place.width..place.numbers + rows.end * place.width];
        let value = |stored: u64| make(stored.saturating_sub(1));
        match place.width {
            0 => into.extend(rows.map(|_| value(0))),
            1 => into.extend(cells.iter().map(|byte| value(u64::from(*byte)))),
            2 => {
                into.extend(cells.chunks_exact(2).map(|cell| value(u64::from(u16::from_le_bytes([cell[0], cell[1]])))));
            }
            4 => into.extend(
                cells
                    .chunks_exact(4)
                    .map(|cell| value(u64::from(u32::from_le_bytes([cell[0], cell[1], cell[2], cell[3]])))),
            ),
            width => into.extend(rows.map(|row| value(number(&self.raw[place.numbers..], width, row)))),
        }
    }

    /// Fills `into` with the numbers of the rows `from + place`, null as 0; they must lie in the block.
    pub(crate) fn gather(&self, column: usize, from: usize, places: &[u32], into: &mut Vec<u32>) {
        let place = &self.columns[column];
        let cells = &self.raw[place.numbers + from * place.width..];
        into.clear();
        match place.width {
            0 => into.resize(places.len(), 0),
            1 => gather::<1>(cells, places, into),
            2 => gather::<2>(cells, places, into),
            4 => gather::<4>(cells, places, into),
            _ => gather::<8>(cells, places, into),
        }
    }

    /// Bytes; `None` for null.
    pub(crate) fn bytes(&self, column: usize, row: usize) -> Option<&[u8]> {
        let place = &self.columns[column];
        number(&self.raw[place.numbers..], place.width, row).checked_sub(1)?;
        Some(&self.raw[place.offsets[row] as usize..place.offsets[row + 1] as usize])
    }

    /// Text; `None` for null, and for bytes that are not UTF-8, which are never written as text.
    pub(crate) fn text(&self, column: usize, row: usize) -> Option<&str> {
        self.bytes(column, row).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

fn each_number<const WIDTH: usize>(cells: &[u8], rows: &[usize], each: &mut impl FnMut(Option<u64>)) {
    for row in rows {
        each(number(cells, WIDTH, *row).checked_sub(1));
    }
}

fn gather<const WIDTH: usize>(cells: &[u8], places: &[u32], into: &mut Vec<u32>) {
    into.extend(places.iter().map(|place| number(cells, WIDTH, *place as usize).saturating_sub(1) as u32));
}

#[inline]
fn number(cells: &[u8], width: usize, row: usize) -> u64 {
    let at = row * width;
    match width {
        0 => 0,
        1 => u64::from(cells[at]),
        2 => u16::from_le_bytes(cell(cells, at)).into(),
        4 => u32::from_le_bytes(cell(cells, at)).into(),
        _ => u64::from_le_bytes(cell(cells, at)),
    }
}

/// The bytes of one number, which must be there: one look whether they are, not one for each.
#[inline]
fn cell<const WIDTH: usize>(cells: &[u8], at: usize) -> [u8; WIDTH] {
    *cells[at..].first_chunk().expect("the columns of a block were measured")
}

/// A group's file, open for reading.
#[derive(Debug)]
pub(crate) struct GroupFile {
    file: Arc<BlockFile>,
    cache: Option<(Arc<BlockCache>, FileNumber)>,
    shape: &'static GroupShape,
}

impl GroupFile {
    /// Opens the file that the manifest names.
    pub(crate) fn open(
        folder: &Path,
        entry: &FileEntry,
        shape: &'static GroupShape,
        cache: Option<Arc<BlockCache>>,
    ) -> Result<Self> {
        let cache = cache.map(|cache| (cache, FileNumber::next()));
        Ok(Self { file: Arc::new(BlockFile::open(folder, entry)?), cache, shape })
    }

    /// Rows in the group.
    pub(crate) fn rows(&self) -> u64 {
        self.file.rows()
    }

    /// Rows in every block but the last.
    pub(crate) fn rows_per_block(&self) -> usize {
        self.shape.rows_per_block as usize
    }

    /// The block that holds a row, and the row's place in it.
    pub(crate) fn block_of(&self, row: u64) -> (u64, usize) {
        let size = u64::from(self.shape.rows_per_block);
        (row / size, (row % size) as usize)
    }

    /// A decoded block.
    pub(crate) fn block(&self, block: u64) -> Result<Arc<Block>> {
        let load = || {
            let raw = self.file.block(block)?;
            Block::decode(raw, self.shape).map_err(|error| corrupt(self.file.path(), block, error.0))
        };
        match &self.cache {
            None => load().map(Arc::new),
            Some((cache, file)) => cache.get(*file, block, load),
        }
    }

    /// The first row whose key is not below `key`; keys are in column `key_column`.
    pub(crate) fn lower_bound(&self, key: &[u8], key_column: usize) -> Result<u64> {
        let Some(number) = self.file.block_before(key)? else { return Ok(0) };
        let block = self.block(number)?;
        let (mut low, mut high) = (0, block.rows());
        while low < high {
            let middle = low + (high - low) / 2;
            if block.bytes(key_column, middle).unwrap_or_default() < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(self.file.first_row(number)? + low as u64)
    }

    /// The last block whose first key is not above `key`, and that key.
    pub(crate) fn last_block_up_to(&self, key: &[u8]) -> Result<Option<(u64, &[u8])>> {
        self.file.last_block_up_to(key)
    }

    /// What is wrong with a block.
    pub(crate) fn corrupt(&self, block: u64, reason: &'static str) -> StoreError {
        corrupt(self.file.path(), block, reason)
    }

    /// Rows in any order.
    pub(crate) fn cursor(&self) -> RowCursor<'_> {
        RowCursor { group: self, current: None }
    }

    /// Rows in order, from the first.
    pub(crate) fn rows_in_order(&self) -> RowScan {
        RowScan { scan: self.file.scan(), shape: self.shape, block: None, row: 0 }
    }
}

/// Goes from row to row of a group, where neighbours share their block.
#[derive(Debug)]
pub(crate) struct RowCursor<'a> {
    group: &'a GroupFile,
    current: Option<(u64, Arc<Block>)>,
}

impl RowCursor<'_> {
    /// The block of a row, and its place there.
    pub(crate) fn row(&mut self, row: u64) -> Result<(&Block, usize)> {
        let (number, at) = self.group.block_of(row);
        if self.current.as_ref().is_none_or(|(known, _)| *known != number) {
            self.current = Some((number, self.group.block(number)?));
        }
        match &self.current {
            Some((_, block)) if at < block.rows() => Ok((block, at)),
            _ => Err(corrupt(self.group.file.path(), number, "a row is missing")),
        }
    }
}

/// Reads a group row by row.
#[derive(Debug)]
pub(crate) struct RowScan {
    scan: Scan,
    shape: &'static GroupShape,
    block: Option<Block>,
    row: usize,
}

impl RowScan {
    /// Moves to the next row; its block and its place there. `None` at the end.
    pub(crate) fn advance(&mut self) -> Result<Option<(&Block, usize)>> {
        self.row += 1;
        if self.block.as_ref().is_none_or(|block| self.row >= block.rows()) {
            let Some(raw) = self.scan.next_block()? else {
                self.block = None;
                return Ok(None);
            };
            let block = Block::decode(raw, self.shape);
            self.block = Some(block.map_err(|error| corrupt(self.scan.path(), "scan", error.0))?);
            self.row = 0;
        }
        Ok(self.current())
    }

    /// The row that [`Self::advance`] moved to.
    pub(crate) fn current(&self) -> Option<(&Block, usize)> {
        self.block.as_ref().filter(|block| self.row < block.rows()).map(|block| (block, self.row))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
}
