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
mod text;
mod values;

use std::fmt;

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

    /// The filter with every condition on `group_count` taken for true; `None` if nothing is left.
    /// What it refuses, the filter refuses whatever the groups turn out to be.
    pub(crate) fn admits_before_grouping(&self) -> Option<Self> {
        self.root.without(Field::GroupCount).map(|root| Self { root })
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
