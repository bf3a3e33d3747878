//! Groups of rows: the best of each are kept, and each knows the links of its group.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use store::NumberColumn;

use crate::candidate::{Candidate, Context, lots};
use crate::field::FieldType;
use crate::index::QueryError;
use crate::question::GroupField;

/// Numbers groups as they are met; null is one of them.
#[derive(Debug, Default)]
struct Numbers {
    by_number: HashMap<i64, u32>,
    by_text: TextNumbers,
    null: Option<u32>,
    count: u32,
}

impl Numbers {
    fn of_null(&mut self) -> u32 {
        *self.null.get_or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    fn of_number(&mut self, value: Option<i64>) -> u32 {
        let Some(value) = value else { return self.of_null() };
        *self.by_number.entry(value).or_insert_with(|| {
            self.count += 1;
            self.count - 1
        })
    }

    fn of_text(&mut self, value: Option<&[u8]>) -> u32 {
        let Some(value) = value else { return self.of_null() };
        self.by_text.of(value, &mut self.count)
    }

    fn bytes(&self) -> usize {
        let texts = &self.by_text;
        texts.bytes.capacity() + texts.entries.capacity() * size_of::<Entry>() + texts.slots.len() * 4
    }
}

/// A map from texts to numbers that keeps the texts in one piece: the different ones are many, and
/// each would be an allocation of its own.
#[derive(Debug, Default)]
struct TextNumbers {
    hasher: RandomState,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Open addressing: 0, or the place of an entry plus one. Their number is a power of two.
    slots: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    start: usize,
    length: usize,
    number: u32,
}

impl TextNumbers {
    /// The number of a text, or the next one.
    fn of(&mut self, text: &[u8], count: &mut u32) -> u32 {
        if self.slots.len() < self.entries.len() * 2 + 2 {
            self.grow();
        }
        let hash = self.hasher.hash_one(text);
        let mut slot = self.first_slot(hash);
        while let Some(place) = self.slots[slot].checked_sub(1) {
            let entry = self.entries[place as usize];
            if entry.hash == hash && self.bytes[entry.start..entry.start + entry.length] == *text {
                return entry.number;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.entries.push(Entry { hash, start: self.bytes.len(), length: text.len(), number: *count });
        self.bytes.extend_from_slice(text);
        self.slots[slot] = self.entries.len() as u32;
        *count += 1;
        *count - 1
    }

    fn first_slot(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(1024)];
        for place in 0..self.entries.len() {
            let mut slot = self.first_slot(self.entries[place].hash);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = place as u32 + 1;
        }
    }
}

/// The rows of groups that are kept.
#[derive(Debug)]
enum Kept {
    /// The best one of each, by the number of the group, with the links so far.
    One(Vec<Option<Candidate>>),
    /// All of them with their groups; so many of each are kept in the end.
    Some(Vec<(u32, Candidate)>, usize),
}

impl Kept {
    fn put(&mut self, group: u32, row: &Candidate) {
        match self {
            Self::One(best) => {
                let group = group as usize;
                if group >= best.len() {
                    best.resize((group + 1).next_power_of_two(), None);
                }
                let known = &mut best[group];
                let group_links = known.map_or(0, |best| best.group_links).saturating_add(row.links);
                let winner = known.filter(|best| best < row).unwrap_or(*row);
                *known = Some(Candidate { group_links, ..winner });
            }
            Self::Some(rows, _) => rows.push((group, *row)),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::One(best) => best.len() * size_of::<Candidate>(),
            Self::Some(rows, _) => rows.capacity() * size_of::<(u32, Candidate)>(),
        }
    }

    fn into_rows(self) -> Vec<Candidate> {
        let (mut rows, count) = match self {
            Self::One(best) => return best.into_iter().flatten().collect(),
            Self::Some(rows, count) => (rows, count),
        };
        rows.sort_unstable();
        let mut kept = Vec::new();
        for members in rows.chunk_by(|left, right| left.0 == right.0) {
            let group_links = members.iter().fold(0_u32, |sum, (_, row)| sum.saturating_add(row.links));
            kept.extend(members.iter().take(count).map(|(_, row)| Candidate { group_links, ..*row }));
        }
        kept
    }
}

/// Of each group the best `kept_of_each` rows, which know the links of their group then. Memory: each
/// different value once, and a row for each group, or all rows if more than one is kept of each.
pub(crate) fn best_of_groups(
    context: &Context<'_>,
    rows: &[Candidate],
    group: GroupField,
    kept_of_each: u32,
) -> Result<Vec<Candidate>, QueryError> {
    let mut numbers = Numbers::default();
    let mut kept = match kept_of_each {
        1 => Kept::One(Vec::new()),
        count => Kept::Some(Vec::new(), count as usize),
    };
    lots(context, rows, |lot, all, at| {
        context.bounds.check(numbers.bytes() + kept.bytes())?;
        let mut next = at.iter().filter_map(|at| rows.get(*at as usize));
        let mut put = |number: u32| next.next().into_iter().for_each(|row| kept.put(number, row));
        if group == GroupField::DomainFrom {
            // Hosts are numbered already.
            let number = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
            let column = NumberColumn::SourceHost;
            lot.reader.numbers(lot.section, column, lot.at(all), |host| put(number(host).unwrap_or_default()))?;
        } else if group.field().field_type() == FieldType::Text {
            lot.texts(group.field(), all, |text| put(numbers.of_text(text)))?;
        } else {
            lot.numbers(group.field(), all, |number| put(numbers.of_number(number)))?;
        }
        Ok(())
    })?;
    Ok(kept.into_rows())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_number_and_different_ones_different_numbers() {
        let mut numbers = Numbers::default();
        let text = |at: u32| format!("text {}", at % 5000);
        let first: Vec<u32> = (0..20_000).map(|at| numbers.of_text(Some(text(at).as_bytes()))).collect();
        assert_eq!(numbers.of_null(), 5000);
        let again: Vec<u32> = (0..20_000).map(|at| numbers.of_text(Some(text(at).as_bytes()))).collect();
        assert_eq!(first, again);
        let different: std::collections::HashSet<u32> = first.into_iter().collect();
        assert_eq!(different.len(), 5000);
        assert_eq!(numbers.of_text(None), 5000);
        assert_eq!(numbers.of_text(Some(b"")), 5001);
    }
}
