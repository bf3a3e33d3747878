//! Asks a filter of many rows: condition by condition over columns, each only for the rows that are
//! still in question.

use store::Result;

use super::values::Matcher;
use super::{Condition, Expression, Filter};
use crate::column::Lot;
use crate::field::FieldType;

impl Filter {
    /// Of some places of a lot, ascending, those whose rows pass.
    pub(crate) fn admitted(&self, lot: &Lot<'_>, places: Vec<u32>) -> Result<Vec<u32>> {
        self.root.admitted(lot, places)
    }
}

impl Expression {
    /// Of some places, ascending, those whose rows pass.
    fn admitted(&self, lot: &Lot<'_>, places: Vec<u32>) -> Result<Vec<u32>> {
        match self {
            Self::Condition(condition) => condition.admitted(lot, &places),
            Self::All(parts) => {
                let mut left = places;
                for part in parts {
                    if left.is_empty() {
                        break;
                    }
                    left = part.admitted(lot, left)?;
                }
                Ok(left)
            }
            Self::Any(parts) => {
                let (mut admitted, mut left) = (Vec::new(), places);
                for part in parts {
                    if left.is_empty() {
                        break;
                    }
                    let more = part.admitted(lot, left.clone())?;
                    left.retain(|place| more.binary_search(place).is_err());
                    admitted.extend(more);
                }
                admitted.sort_unstable();
                Ok(admitted)
            }
        }
    }
}

impl Condition {
    fn admitted(&self, lot: &Lot<'_>, places: &[u32]) -> Result<Vec<u32>> {
        let mut admitted = places.to_vec();
        let (mut at, mut kept) = (0, 0);
        let mut decide = |holds: Option<bool>| {
            // Written whether it passes or not: a branch that nobody foresees would cost more.
            if let (Some(place), Some(into)) = (places.get(at), admitted.get_mut(kept)) {
                *into = *place;
            }
            at += 1;
            kept += usize::from(holds.map_or(self.admits_null, |holds| holds != self.is_negated));
        };
        match self.field.field_type() {
            FieldType::Bool | FieldType::Number | FieldType::Time => match &self.matcher {
                Matcher::Number(test) => match test.range() {
                    Some(range) => lot.numbers(self.field, places, |value| {
                        decide(value.map(|value| range.contains(&value)));
                    })?,
                    None => lot.numbers(self.field, places, |value| decide(value.map(|value| test.holds(value))))?,
                },
                _ => lot.numbers(self.field, places, |value| decide(value.map(|_| true)))?,
            },
            FieldType::Text => match &self.matcher {
                Matcher::Text(test) if test.wants_batches() => {
                    test.each_holds(&lot.text_batch(self.field, places)?, decide);
                }
                Matcher::Text(test) => {
                    if let Some(states) = test.states(places.len()) {
                        lot.texts(self.field, places, |value| decide(value.map(|value| states.is_match(value))))?;
                    } else {
                        let mut scratch = Vec::new();
                        lot.texts(self.field, places, |value| {
                            decide(value.map(|value| test.holds(value, &mut scratch)));
                        })?;
                    }
                }
                _ => lot.texts(self.field, places, |value| decide(value.map(|_| true)))?,
            },
            FieldType::TextList => lot.lists(self.field, places, |value| {
                decide(value.map(|value| match &self.matcher {
                    Matcher::Has(text) => value.split(|byte| *byte == b' ').any(|element| element == text.as_bytes()),
                    _ => true,
                }));
            })?,
        }
        admitted.truncate(kept);
        Ok(admitted)
    }
}
