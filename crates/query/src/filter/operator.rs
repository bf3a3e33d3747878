//! The operators, and which type of field takes which.

use crate::field::FieldType;

/// Declares the operators: variant, name.
macro_rules! operators {
    ($($variant:ident, $name:literal;)+) => {
        /// An operator of a condition.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names say what they do; texts are explained in `filter::text`")]
        pub enum Operator { $($variant,)+ }

        impl Operator {
            /// Every operator.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As it is written.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

operators! {
    Equal, "=";
    NotEqual, "<>";
    Less, "<";
    LessOrEqual, "<=";
    Greater, ">";
    GreaterOrEqual, ">=";
    In, "in";
    NotIn, "not_in";
    Like, "like";
    NotLike, "not_like";
    Ilike, "ilike";
    NotIlike, "not_ilike";
    Match, "match";
    NotMatch, "not_match";
    Regex, "regex";
    NotRegex, "not_regex";
    Has, "has";
    HasNot, "has_not";
}

use Operator::{
    Equal, Greater, GreaterOrEqual, Has, HasNot, Ilike, In, Less, LessOrEqual, Like, Match, NotEqual, NotIlike, NotIn,
    NotLike, NotMatch, NotRegex, Regex,
};

impl Operator {
    /// The operator of a name, in exactly this case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.name() == name)
    }

    /// The operators of a type of field.
    pub const fn of_type(field_type: FieldType) -> &'static [Self] {
        match field_type {
            FieldType::Bool => &[Equal, NotEqual],
            FieldType::Number | FieldType::Time => {
                &[Less, LessOrEqual, Greater, GreaterOrEqual, Equal, NotEqual, In, NotIn]
            }
            FieldType::Text => {
                &[Equal, NotEqual, Like, NotLike, Ilike, NotIlike, Match, NotMatch, Regex, NotRegex, In, NotIn]
            }
            FieldType::TextList => &[Has, HasNot],
        }
    }

    /// The operator of which this one is the opposite; `None` if it is none's.
    pub(super) const fn opposite_of(self) -> Option<Self> {
        match self {
            NotEqual => Some(Equal),
            NotIn => Some(In),
            NotLike => Some(Like),
            NotIlike => Some(Ilike),
            NotMatch => Some(Match),
            NotRegex => Some(Regex),
            HasNot => Some(Has),
            _ => None,
        }
    }

    /// Whether its value is a list.
    pub(super) const fn takes_list(self) -> bool {
        matches!(self, In | NotIn)
    }
}
