//! A decoded block: any value of it, or many at once.

use std::ops::Range;

use super::{ColumnKind, GroupShape};
use crate::codec::{Decoder, Malformed};
use crate::text_batch::TextBatch;

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
    pub(crate) fn decode(raw: Vec<u8>, shape: &GroupShape) -> Result<Self, Malformed> {
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
