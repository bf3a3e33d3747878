//! The filter language: a typed expression, made once of what was posted, and asked of many rows.
//!
//! ```text
//! condition  := [field, operator, value]
//! expression := condition | [expression, connector, expression, …] | [expression]
//! connector  := "and" | "or"                   `and` binds tighter
//! ```
//!
//! There is no `not` around an expression, so an expression with some conditions replaced by *true*
//! admits at least the rows that it admits itself: see [`Filter::admits_before_grouping`].
//!
//! Null: every condition is false of it, except `<>`, `not_*` and `has_not`, which are true; `=` and
//! `<>` with the value null ask for null itself.

mod evaluate;
mod operator;
mod parse;
mod pattern;
mod state_table;
mod text;
mod values;

use std::fmt;
use std::ops::RangeInclusive;

use crate::field::Field;

pub use operator::Operator;
pub(crate) use parse::time as parse_time;
pub use parse::{FilterError, MAX_CONDITIONS, MAX_DEPTH, MAX_LIST, MAX_REGEXES, MAX_TEXT_CHARS};
pub use pattern::MAX_FOLDED_CLASSES;
use values::{Matcher, Operand};

/// An expression that rows fulfil or not. Its patterns are compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    root: Expression,
}

/// Conditions on what a scan reads of every row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NarrowTest {
    /// Whether the link must, or must not, be followed.
    pub(crate) is_dofollow: Option<bool>,
    /// Bounds of its rank, from 0 to 1000; nothing fulfils an empty range.
    pub(crate) ranks: RangeInclusive<u16>,
}

impl Default for NarrowTest {
    fn default() -> Self {
        Self { is_dofollow: None, ranks: 0..=u16::MAX }
    }
}

/// A node of the expression.
#[derive(Debug, Clone, PartialEq)]
enum Expression {
    /// All of them, cheapest first.
    All(Vec<Self>),
    /// Any of them, cheapest first.
    Any(Vec<Self>),
    /// A comparison of one field.
    Condition(Condition),
}

/// A comparison of one field.
#[derive(Debug, Clone)]
struct Condition {
    field: Field,
    operator: Operator,
    operand: Operand,
    /// What is asked of a value that is not null; the opposite if `is_negated`.
    matcher: Matcher,
    is_negated: bool,
    /// What is true of null.
    admits_null: bool,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        (self.field, self.operator, &self.operand) == (other.field, other.operator, &other.operand)
    }
}

impl Filter {
    /// Whether a condition is about this field.
    pub fn mentions(&self, field: Field) -> bool {
        self.root.mentions(field)
    }

    /// How many conditions it has.
    pub(crate) fn conditions(&self) -> usize {
        self.root.conditions()
    }

    /// Takes the filter apart: what it asks of flags and rank of a row alone, and what is left to ask of the
    /// rows that fulfil that.
    pub(crate) fn narrowed(&self) -> (NarrowTest, Option<Self>) {
        let mut test = NarrowTest::default();
        let mut is_left = |part: &Expression| match part {
            Expression::Condition(condition) => !condition.narrow(&mut test),
            _ => true,
        };
        let root = match &self.root {
            Expression::All(parts) => {
                let left: Vec<Expression> = parts.iter().filter(|part| is_left(part)).cloned().collect();
                (!left.is_empty()).then_some(Expression::All(left))
            }
            condition => is_left(condition).then(|| condition.clone()),
        };
        (test, root.map(|root| Self { root }))
    }

    /// The filter with every condition on `group_count` taken for true; `None` if nothing is left.
    /// What it refuses, the filter refuses whatever the groups turn out to be.
    pub(crate) fn admits_before_grouping(&self) -> Option<Self> {
        self.root.without(Field::GroupCount).map(|root| Self { root })
    }
}

impl Condition {
    /// Adds the condition to a test; whether it is one on flags or rank, and the test says all of it. Neither
    /// is ever null.
    fn narrow(&self, test: &mut NarrowTest) -> bool {
        let Matcher::Number(number_test) = &self.matcher else { return false };
        let Some(range) = number_test.range().filter(|_| !self.is_negated) else { return false };
        match self.field {
            Field::Rank => {
                let bound = |value: i64| value.clamp(0, i64::from(u16::MAX)) as u16;
                let is_possible = *range.end() >= 0 && *range.start() <= i64::from(u16::MAX);
                let start = if is_possible { bound(*range.start()) } else { u16::MAX };
                let end = if is_possible { bound(*range.end()) } else { 0 };
                test.ranks = start.max(*test.ranks.start())..=end.min(*test.ranks.end());
            }
            // Of two that exclude each other no row fulfils both.
            Field::Dofollow if test.is_dofollow == Some(!range.contains(&1)) => test.ranks = RangeInclusive::new(1, 0),
            Field::Dofollow => test.is_dofollow = Some(range.contains(&1)),
            _ => return false,
        }
        true
    }
}

impl Expression {
    fn mentions(&self, field: Field) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.mentions(field)),
            Self::Condition(condition) => condition.field == field,
        }
    }

    fn conditions(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::conditions).sum(),
            Self::Condition(_) => 1,
        }
    }

    /// The expression with the conditions on a field taken for true; `None` if it is true then.
    fn without(&self, field: Field) -> Option<Self> {
        match self {
            Self::All(parts) => {
                let left: Vec<Self> = parts.iter().filter_map(|part| part.without(field)).collect();
                (!left.is_empty()).then_some(Self::All(left))
            }
            Self::Any(parts) => parts.iter().map(|part| part.without(field)).collect::<Option<_>>().map(Self::Any),
            Self::Condition(condition) => (condition.field != field).then(|| self.clone()),
        }
    }
}

/// The filter as its shortest JSON: equal filters give equal texts, and reading it gives the filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Condition(condition) = self {
            let (name, operator) = (condition.field.name(), condition.operator.name());
            return write!(f, "[\"{name}\",\"{operator}\",{}]", condition.operand);
        }
        f.write_str("[")?;
        self.fmt_inside(f)?;
        f.write_str("]")
    }
}

impl Expression {
    /// Without brackets of its own: `and` binds tighter than `or`, so it needs none inside of that, and
    /// a written filter is nested no deeper than the one that was read.
    fn fmt_inside(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, connector) = match self {
            Self::All(parts) => (parts, "and"),
            Self::Any(parts) => (parts, "or"),
            Self::Condition(_) => return fmt::Display::fmt(self, f),
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                write!(f, ",\"{connector}\",")?;
            }
            match (self, part) {
                (Self::Any(_), Self::All(_)) => part.fmt_inside(f)?,
                _ => fmt::Display::fmt(part, f)?,
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(json: &str) -> Result<Self, FilterError> {
        Self::parse(json)?.ok_or_else(FilterError::empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_groups(json: &str) -> Option<String> {
        let filter: Filter = json.parse().unwrap();
        filter.admits_before_grouping().map(|filter| filter.to_string())
    }

    #[test]
    fn what_flags_and_ranks_must_be_is_told_by_the_conditions_that_all_hold() {
        let narrowed = |json: &str| json.parse::<Filter>().unwrap().narrowed();
        let (any, all, none) = (None, 0..=u16::MAX, RangeInclusive::new(u16::MAX, 0));
        let excluded = RangeInclusive::new(1, 0);
        for (json, is_dofollow, ranks, left) in [
            (r#"["rank",">",20]"#, any, 21..=u16::MAX, ""),
            (r#"[["rank",">=",20],"and",["rank","<",300],"and",["dofollow","=",true]]"#, Some(true), 20..=299, ""),
            (
                r#"[["dofollow","=",false],"and",["anchor","like","a%"]]"#,
                Some(false),
                all.clone(),
                r#"[["anchor","like","a%"]]"#,
            ),
            (r#"[["dofollow","=",true],"and",["dofollow","=",false]]"#, Some(true), excluded, ""),
            (r#"[["rank","=",7],"or",["dofollow","=",true]]"#, any, all.clone(), "itself"),
            (r#"["rank","<>",7]"#, any, all.clone(), "itself"),
            (r#"["rank","<=",5.5]"#, any, all.clone(), "itself"),
            (r#"["rank","<",-3]"#, any, none.clone(), ""),
            (r#"["rank",">",70000]"#, any, none, ""),
            (r#"["page_from_rank",">",20]"#, any, all, "itself"),
        ] {
            let (test, rest) = narrowed(json);
            assert_eq!(test, NarrowTest { is_dofollow, ranks }, "{json}");
            let left = if left == "itself" { json } else { left };
            assert_eq!(rest.map(|rest| rest.to_string()).unwrap_or_default(), left);
        }
    }

    #[test]
    fn conditions_on_groups_are_true_until_there_are_groups() {
        let rank = r#"["rank",">",5]"#;
        let group = r#"["group_count",">",5]"#;
        assert_eq!(without_groups(group), None);
        assert_eq!(without_groups(&format!("[{rank},\"or\",{group}]")), None);
        assert_eq!(without_groups(&format!("[{rank},\"and\",{group}]")).as_deref(), Some(&*format!("[{rank}]")));
        let nested = format!("[[{rank},\"or\",{group}],\"and\",{rank}]");
        assert_eq!(without_groups(&nested).as_deref(), Some(&*format!("[{rank}]")));
    }
}
