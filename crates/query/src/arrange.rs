//! The order of rows: what comes before what, and the few that are shown of many.
//!
//! Only as many rows are kept as can be shown, so memory does not grow with the target when rows are
//! sorted by texts.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use store::RowId;

use crate::candidate::{Candidate, Context, LOT, lots};
use crate::field::{Field, FieldType};
use crate::index::QueryError;
use crate::question::RankScale;
use crate::sort::SortKey;

/// A value to sort by. Values of one key are all up or all down, and nulls come last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Up(Plain),
    Down(Reverse<Plain>),
    Null,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Plain {
    Number(i64),
    Text(Box<[u8]>),
}

/// A value as it is read.
#[derive(Debug, Clone, Copy)]
enum Read<'a> {
    Number(i64),
    /// Its bytes, whose order is that of texts.
    Text(&'a [u8]),
}

impl Read<'_> {
    fn kept(self) -> Plain {
        match self {
            Self::Number(number) => Plain::Number(number),
            Self::Text(text) => Plain::Text(text.into()),
        }
    }

    fn compare(self, other: &Plain) -> Ordering {
        match (self, other) {
            (Self::Number(number), Plain::Number(other)) => number.cmp(other),
            (Self::Text(text), Plain::Text(other)) => (*text).cmp(other),
            // A column is of one kind.
            _ => Ordering::Equal,
        }
    }
}

impl Value {
    /// The value, if it does not come behind `last`.
    fn not_behind(read: Option<Read<'_>>, descending: bool, last: Option<&Self>) -> Option<Self> {
        let is_behind = match (read, last) {
            (_, None | Some(Self::Null)) => false,
            (None, _) => true,
            (Some(read), Some(Self::Up(last))) => read.compare(last).is_gt(),
            (Some(read), Some(Self::Down(Reverse(last)))) => read.compare(last).is_lt(),
        };
        (!is_behind).then(|| match read {
            None => Self::Null,
            Some(read) if descending => Self::Down(Reverse(read.kept())),
            Some(read) => Self::Up(read.kept()),
        })
    }
}

/// The place of a row: the keys of the question, then the default order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    keys: Vec<Value>,
    rank_and_age: u64,
    tie: u32,
}

/// A row with its place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    place: Place,
    row: Candidate,
}

/// The keys that say more than the default order does.
pub(crate) fn telling_keys(order: &[SortKey]) -> &[SortKey] {
    let default = [Field::Rank, Field::LastSeen].map(|field| SortKey { field, descending: true });
    if default.starts_with(order) { &[] } else { order }
}

/// Rows `offset..offset + limit` in order, of those behind the row `after`, if there is one. `None` if
/// that row is not among the winners.
pub(crate) fn arrange(
    context: &Context<'_>,
    winners: &[Candidate],
    order: &[SortKey],
    after: Option<RowId>,
    (offset, limit): (usize, usize),
) -> Result<Option<Vec<Candidate>>, QueryError> {
    let wanted = offset.saturating_add(limit);
    let order = telling_keys(order);
    let behind = match after {
        None => None,
        Some(id) => match winners.iter().find(|winner| winner.id() == id) {
            None => return Ok(None),
            Some(row) => places(context, std::slice::from_ref(row), order, None)?.pop().map(|placed| placed.place),
        },
    };
    let mut shown = if order.is_empty() {
        let behind = behind.map(|place| (place.rank_and_age, place.tie));
        first_by_default(context.scale, winners, behind, wanted)
    } else {
        first_by_keys(context, winners, order, behind.as_ref(), wanted)?
    };
    shown.drain(..offset.min(shown.len()));
    Ok(Some(shown))
}

fn first_by_default(
    scale: RankScale,
    winners: &[Candidate],
    behind: Option<(u64, u32)>,
    wanted: usize,
) -> Vec<Candidate> {
    let place = |row: &Candidate| (row.rank_and_age(scale), row.tie);
    // So many are looked at before those are dropped that come too late.
    let most = wanted.saturating_mul(2).saturating_add(1024);
    let mut kept: Vec<Candidate> = Vec::new();
    let mut last = None;
    for row in winners {
        let place_of_row = place(row);
        let is_late = last.is_some_and(|last| place_of_row > last);
        if is_late || behind.is_some_and(|behind| place_of_row <= behind) {
            continue;
        }
        kept.push(*row);
        if kept.len() == most {
            kept.select_nth_unstable_by_key(wanted, place);
            kept.truncate(wanted);
            last = kept.iter().map(place).max();
        }
    }
    kept.sort_unstable_by_key(place);
    kept.truncate(wanted);
    kept
}

fn first_by_keys(
    context: &Context<'_>,
    winners: &[Candidate],
    order: &[SortKey],
    behind: Option<&Place>,
    wanted: usize,
) -> Result<Vec<Candidate>, QueryError> {
    // The last of those kept is on top.
    let mut kept: BinaryHeap<Placed> = BinaryHeap::new();
    for part in winners.chunks(LOT) {
        let is_full = kept.len() >= wanted;
        let last = kept.peek().filter(|_| is_full).and_then(|last| last.place.keys.first()).cloned();
        for placed in places(context, part, order, last.as_ref())? {
            let is_late = kept.len() >= wanted && kept.peek().is_none_or(|last| placed.place > last.place);
            if is_late || behind.is_some_and(|behind| placed.place <= *behind) {
                continue;
            }
            kept.push(placed);
            if kept.len() > wanted {
                kept.pop();
            }
        }
    }
    Ok(kept.into_sorted_vec().into_iter().map(|placed| placed.row).collect())
}

/// The places of some rows, but of those whose first key comes behind `last`. Cost: the columns of the
/// keys.
fn places(
    context: &Context<'_>,
    rows: &[Candidate],
    order: &[SortKey],
    last: Option<&Value>,
) -> Result<Vec<Placed>, QueryError> {
    let placed = |row: &Candidate, keys: Vec<Value>| {
        let place = Place { keys, rank_and_age: row.rank_and_age(context.scale), tie: row.tie };
        Placed { place, row: *row }
    };
    let Some((first, others)) = order.split_first() else {
        return Ok(rows.iter().map(|row| placed(row, Vec::new())).collect());
    };
    let values = values(context, rows, *first, last)?;
    let with_value = rows.iter().zip(values);
    let mut found: Vec<Placed> = with_value.filter_map(|(row, value)| Some(placed(row, vec![value?]))).collect();
    for key in others {
        let rows: Vec<Candidate> = found.iter().map(|placed| placed.row).collect();
        let values = self::values(context, &rows, *key, None)?;
        found.iter_mut().zip(values).for_each(|(placed, value)| placed.place.keys.extend(value));
    }
    Ok(found)
}

/// The values of a key for some rows; `None` for those that come behind `last`.
fn values(
    context: &Context<'_>,
    rows: &[Candidate],
    key: SortKey,
    last: Option<&Value>,
) -> Result<Vec<Option<Value>>, QueryError> {
    let mut values = vec![None; rows.len()];
    lots(context, rows, |lot, all, at| {
        let mut next = at.iter();
        let mut put = |read: Option<Read<'_>>| {
            if let Some(value) = next.next().and_then(|at| values.get_mut(*at as usize)) {
                *value = Value::not_behind(read, key.descending, last);
            }
        };
        if key.field.field_type() == FieldType::Text {
            lot.texts(key.field, all, |text| put(text.map(Read::Text)))?;
        } else {
            lot.numbers(key.field, all, |number| put(number.map(Read::Number)))?;
        }
        Ok(())
    })?;
    Ok(values)
}
