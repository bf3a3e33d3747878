//! Writing rows of a group, column by column.

use std::path::Path;

use super::{ColumnKind, GroupShape};
use crate::block::BlockWriter;
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, corrupt};
use crate::manifest::FileEntry;

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

    #[expect(clippy::inline_always, reason = "thirty of them make a row, and a call takes as long as what it does")]
    #[inline(always)]
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
