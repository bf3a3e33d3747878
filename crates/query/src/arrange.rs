//! The order of rows: what comes before what, and the few that are shown of many.
//!
//! Only as many rows are kept as can be shown, so memory does not grow with the target when rows are
//! sorted by texts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::RankScore;
use store::{Result, RowId};

use crate::candidate::{Candidate, Context, LOT, lots};
use crate::field::{Field, FieldType};
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
    Text(Box<str>),
}

/// The place of a row: the keys of the question, then the default order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    keys: Vec<Value>,
    rank_and_age: u64,
    tie: u32,
}

/// A row with its place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    place: Place,
    at: u32,
}

/// Rank, highest first, then last seen, newest first, as one ascending number: the scale decides which
/// ranks are equal.
fn rank_and_age(candidate: &Candidate, scale: RankScale) -> u64 {
    match scale {
        RankScale::OneThousand => candidate.place,
        RankScale::OneHundred => {
            let rank = u16::MAX - (candidate.place >> 32) as u16;
            let on_scale = u64::from(u16::MAX - scale.of(RankScore::new(rank)));
            on_scale << 32 | (candidate.place & u64::from(u32::MAX))
        }
    }
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
    winners: Vec<Candidate>,
    order: &[SortKey],
    after: Option<RowId>,
    (offset, limit): (usize, usize),
) -> Result<Option<Vec<Candidate>>> {
    let wanted = offset.saturating_add(limit);
    let order = telling_keys(order);
    let behind = match after {
        None => None,
        Some(id) => match winners.iter().find(|winner| winner.id == id) {
            None => return Ok(None),
            Some(row) => places(context, std::slice::from_ref(row), order)?.pop(),
        },
    };
    let mut shown = if order.is_empty() {
        first_by_default(context.scale, winners, behind.as_ref(), wanted)
    } else {
        first_by_keys(context, &winners, order, behind.as_ref(), wanted)?
    };
    shown.drain(..offset.min(shown.len()));
    Ok(Some(shown))
}

fn first_by_default(
    scale: RankScale,
    mut winners: Vec<Candidate>,
    behind: Option<&Place>,
    wanted: usize,
) -> Vec<Candidate> {
    let place = |candidate: &Candidate| (rank_and_age(candidate, scale), candidate.tie);
    if let Some(behind) = behind {
        winners.retain(|winner| place(winner) > (behind.rank_and_age, behind.tie));
    }
    if wanted < winners.len() {
        winners.select_nth_unstable_by_key(wanted, place);
        winners.truncate(wanted);
    }
    winners.sort_unstable_by_key(place);
    winners
}

fn first_by_keys(
    context: &Context<'_>,
    winners: &[Candidate],
    order: &[SortKey],
    behind: Option<&Place>,
    wanted: usize,
) -> Result<Vec<Candidate>> {
    // The last of those kept is on top.
    let mut kept: BinaryHeap<Placed> = BinaryHeap::new();
    for (number, part) in winners.chunks(LOT).enumerate() {
        for (at, place) in places(context, part, order)?.into_iter().enumerate() {
            let is_late = kept.len() >= wanted && kept.peek().is_none_or(|last| place > last.place);
            if is_late || behind.is_some_and(|behind| place <= *behind) {
                continue;
            }
            kept.push(Placed { place, at: (number * LOT + at) as u32 });
            if kept.len() > wanted {
                kept.pop();
            }
        }
    }
    let in_order = kept.into_sorted_vec();
    Ok(in_order.into_iter().filter_map(|placed| winners.get(placed.at as usize).copied()).collect())
}

/// The places of some rows. Cost: the columns of the keys.
fn places(context: &Context<'_>, rows: &[Candidate], order: &[SortKey]) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = rows
        .iter()
        .map(|row| Place {
            keys: Vec::with_capacity(order.len()),
            rank_and_age: rank_and_age(row, context.scale),
            tie: row.tie,
        })
        .collect();
    for key in order {
        lots(context, rows, |lot, all, at| {
            let mut next = at.iter();
            let mut put = |value: Option<Plain>| {
                let value = match value {
                    None => Value::Null,
                    Some(value) if key.descending => Value::Down(Reverse(value)),
                    Some(value) => Value::Up(value),
                };
                if let Some(place) = next.next().and_then(|at| places.get_mut(*at as usize)) {
                    place.keys.push(value);
                }
            };
            if key.field.field_type() == FieldType::Text {
                lot.texts(key.field, all, |text| put(text.map(|text| Plain::Text(text.into()))))
            } else {
                lot.numbers(key.field, all, |number| put(number.map(Plain::Number)))
            }
        })?;
    }
    Ok(places)
}
