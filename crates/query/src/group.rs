//! Groups of rows: the best of each are kept, and each knows the links of its group.

use std::collections::HashMap;

use store::{Result, Side};

use crate::candidate::{Candidate, Context, lots};
use crate::field::FieldType;
use crate::question::GroupField;

/// Numbers groups as they are met; null is one of them.
#[derive(Debug, Default)]
struct Numbers {
    by_number: HashMap<i64, u32>,
    by_bytes: HashMap<Box<[u8]>, u32>,
    null: Option<u32>,
    count: u32,
}

impl Numbers {
    fn next(&mut self) -> u32 {
        self.count += 1;
        self.count - 1
    }

    fn of_number(&mut self, value: Option<i64>) -> u32 {
        let known = value.map_or(self.null, |value| self.by_number.get(&value).copied());
        known.unwrap_or_else(|| {
            let number = self.next();
            match value {
                None => self.null = Some(number),
                Some(value) => _ = self.by_number.insert(value, number),
            }
            number
        })
    }

    fn of_bytes(&mut self, value: Option<&[u8]>) -> u32 {
        let known = value.map_or(self.null, |value| self.by_bytes.get(value).copied());
        known.unwrap_or_else(|| {
            let number = self.next();
            match value {
                None => self.null = Some(number),
                Some(value) => _ = self.by_bytes.insert(value.into(), number),
            }
            number
        })
    }
}

/// Of each group the best `kept_of_each` rows, which know the links of their group then. Memory: each
/// different value once.
pub(crate) fn best_of_groups(
    context: &Context<'_>,
    rows: &[Candidate],
    group: GroupField,
    kept_of_each: u32,
) -> Result<Vec<Candidate>> {
    let mut numbers = Numbers::default();
    let mut grouped: Vec<(u32, Candidate)> = Vec::with_capacity(rows.len());
    lots(context, rows, |lot, all, at| {
        let mut next = at.iter();
        let mut put = |number: u32| {
            grouped.extend(next.next().and_then(|at| rows.get(*at as usize)).map(|row| (number, *row)));
        };
        if group == GroupField::DomainFrom {
            // The key of a host says as much as its name, and need not be made.
            let rows = lot.rows.iter().copied();
            context.reader.host_keys(lot.section, Side::Source, rows, |key| put(numbers.of_bytes(Some(key))))
        } else if group.field().field_type() == FieldType::Text {
            lot.texts(group.field(), all, |text| put(numbers.of_bytes(text.map(str::as_bytes))))
        } else {
            lot.numbers(group.field(), all, |number| put(numbers.of_number(number)))
        }
    })?;
    grouped.sort_unstable();
    let mut kept = Vec::new();
    for members in grouped.chunk_by(|left, right| left.0 == right.0) {
        let group_links = members.iter().fold(0_u32, |sum, (_, row)| sum.saturating_add(row.links));
        let best = members.iter().take(kept_of_each as usize);
        kept.extend(best.map(|(_, row)| Candidate { group_links, ..*row }));
    }
    Ok(kept)
}
