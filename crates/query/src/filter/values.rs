//! The values that conditions compare with, and the tests made of them.

use std::cmp::Ordering;
use std::fmt;
use std::ops::RangeInclusive;

use model::Timestamp;

use super::operator::Operator;
use super::text::TextTest;

/// The value of a condition, as it was meant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Null,
    Bool(bool),
    Number(Number),
    Time(Timestamp),
    Text(String),
    Numbers(Vec<Number>),
    Times(Vec<Timestamp>),
    Texts(Vec<String>),
}

/// A number as it was posted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Whole(i64),
    Other(f64),
}

/// What is asked of a value that is not null.
#[derive(Debug, Clone)]
pub(crate) enum Matcher {
    /// Nothing: every value passes.
    Anything,
    /// Of numbers, of times in seconds since 1970, and of booleans as 0 and 1.
    Number(NumberTest),
    /// Of texts.
    Text(TextTest),
    /// Of lists of texts: that this one is among them.
    Has(String),
}

/// A question about a number.
#[derive(Debug, Clone)]
pub(crate) enum NumberTest {
    Compare(Operator, Number),
    In(Vec<Number>),
}

impl Number {
    /// Reads a number as JSON writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // The reader of JSON would take white space around the number.
        let is_bare = !text.contains(|letter: char| letter.is_ascii_whitespace());
        let number: serde_json::Number = serde_json::from_str(text).ok().filter(|_| is_bare)?;
        Self::of(&number)
    }

    pub(super) fn of(number: &serde_json::Number) -> Option<Self> {
        if let Some(whole) = number.as_i64() {
            return Some(Self::Whole(whole));
        }
        let other = number.as_f64().filter(|other| other.is_finite())?;
        // 5.0 is 5, so that equal questions are written alike.
        let is_whole = other.fract() == 0.0 && other.abs() < 9.0e15;
        Some(if is_whole { Self::Whole(other as i64) } else { Self::Other(other) })
    }

    /// How a value compares with the number.
    fn compare(self, value: i64) -> Ordering {
        match self {
            Self::Whole(whole) => value.cmp(&whole),
            Self::Other(other) => (value as f64).total_cmp(&other),
        }
    }
}

impl NumberTest {
    /// The values that pass, if they are a range.
    pub(crate) fn range(&self) -> Option<RangeInclusive<i64>> {
        match self {
            Self::Compare(operator, Number::Whole(whole)) => Some(match operator {
                Operator::Less => i64::MIN..=whole.checked_sub(1)?,
                Operator::LessOrEqual => i64::MIN..=*whole,
                Operator::Greater => whole.checked_add(1)?..=i64::MAX,
                Operator::GreaterOrEqual => *whole..=i64::MAX,
                _ => *whole..=*whole,
            }),
            _ => None,
        }
    }

    /// Whether a value passes.
    pub(crate) fn holds(&self, value: i64) -> bool {
        match self {
            Self::Compare(operator, number) => {
                let order = number.compare(value);
                match operator {
                    Operator::Less => order.is_lt(),
                    Operator::LessOrEqual => order.is_le(),
                    Operator::Greater => order.is_gt(),
                    Operator::GreaterOrEqual => order.is_ge(),
                    _ => order.is_eq(),
                }
            }
            Self::In(numbers) => numbers.iter().any(|number| number.compare(value).is_eq()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(whole) => whole.fmt(f),
            // The shortest text that reads back as the same number.
            Self::Other(other) => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Time(time) => write!(f, "\"{time}\""),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Numbers(numbers) => list(f, numbers.iter().map(Number::to_string)),
            Self::Times(times) => list(f, times.iter().map(|time| format!("\"{time}\""))),
            Self::Texts(texts) => list(f, texts.iter().map(|text| quoted(text))),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list(f: &mut fmt::Formatter<'_>, values: impl Iterator<Item = String>) -> fmt::Result {
    write!(f, "[{}]", values.collect::<Vec<_>>().join(","))
}
