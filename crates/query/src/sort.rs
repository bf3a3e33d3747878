//! The sort keys of a question.

use std::fmt;

use crate::field::Field;

/// A question has at most so many sort keys.
pub const MAX_SORT_KEYS: usize = 3;

/// A field to sort by. Nulls come last in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The field.
    pub field: Field,
    /// Largest first.
    pub descending: bool,
}

/// Why a text is no sort key. Nothing of the text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SortError {
    /// No comma, or more than one.
    #[error("must be \"field,asc\" or \"field,desc\"")]
    Form,
    /// No such field.
    #[error("not a field of this function")]
    UnknownField,
    /// A list.
    #[error("lists cannot be sorted by")]
    List,
    /// Neither `asc` nor `desc`.
    #[error("the direction must be asc or desc")]
    Direction,
    /// A field for the second time.
    #[error("the field was named before")]
    Repeated,
    /// Too many keys.
    #[error("there may be at most 3 sort keys")]
    TooMany,
}

impl SortKey {
    /// Reads `field,asc` or `field,desc`; spaces around the comma are passed over.
    pub fn parse(text: &str) -> Result<Self, SortError> {
        let (name, direction) = text.split_once(',').ok_or(SortError::Form)?;
        let field = Field::parse(name.trim()).ok_or(SortError::UnknownField)?;
        let descending = match direction.trim() {
            "asc" => false,
            "desc" => true,
            _ => return Err(SortError::Direction),
        };
        if field.is_sortable() { Ok(Self { field, descending }) } else { Err(SortError::List) }
    }

    /// Reads all keys of a question; on error also which one is wrong.
    pub fn parse_all<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Self>, (usize, SortError)> {
        let mut keys: Vec<Self> = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            if at == MAX_SORT_KEYS {
                return Err((at, SortError::TooMany));
            }
            let key = Self::parse(text.as_ref()).map_err(|error| (at, error))?;
            if keys.iter().any(|before| before.field == key.field) {
                return Err((at, SortError::Repeated));
            }
            keys.push(key);
        }
        Ok(keys)
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.field.name(), if self.descending { "desc" } else { "asc" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_a_field_and_a_direction() {
        for text in ["rank,desc", "url_from,asc", "lost_date,asc"] {
            assert_eq!(SortKey::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(SortKey::parse(" rank , desc ").unwrap().to_string(), "rank,desc");
        for (text, error) in [
            ("rank", SortError::Form),
            ("", SortError::Form),
            ("Rank,asc", SortError::UnknownField),
            ("rank,up", SortError::Direction),
            ("rank,asc,desc", SortError::Direction),
            ("attributes,asc", SortError::List),
        ] {
            assert_eq!(SortKey::parse(text), Err(error), "{text}");
        }
        assert_eq!(SortKey::parse_all(&["rank,asc", "rank,desc"]), Err((1, SortError::Repeated)));
        let four = ["rank,asc", "alt,asc", "anchor,asc", "is_new,asc"];
        assert_eq!(SortKey::parse_all(&four), Err((3, SortError::TooMany)));
    }
}
