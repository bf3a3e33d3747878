//! Reads a filter from JSON, within bounds, without a tree in between.
//!
//! The bounds take the place of the vendor's eight conditions. A condition costs about 10 ns a row on
//! a narrow column and 100 to 200 on a text, so 64 of them stay within the deadline of an answer on
//! the largest targets; patterns are bounded so that compiling them never takes longer than
//! answering.
//!
//! An error says where (the path of indexes that leads to it) and why. It repeats nothing of what was
//! posted, because it goes into headers and logs.

mod value;

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, SeqAccess, Visitor};

use super::operator::Operator;
use super::pattern;
use super::text::{Like, TextTest};
use super::values::{Matcher, Number, NumberTest, Operand};
use super::{Condition, Expression, Filter};
use crate::field::{Field, FieldType};

use value::Value;
pub(crate) use value::time;

/// Conditions of a filter.
pub const MAX_CONDITIONS: usize = 64;
/// Brackets around a condition.
pub const MAX_DEPTH: usize = 16;
/// Values of one list.
pub const MAX_LIST: usize = 1000;
/// Characters of one text or pattern.
pub const MAX_TEXT_CHARS: usize = 1000;
/// Conditions with a regular expression.
pub const MAX_REGEXES: usize = 16;

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    path: Vec<usize>,
    reason: String,
}

impl FilterError {
    /// The indexes that lead to the place, outermost first.
    pub fn path(&self) -> &[usize] {
        &self.path
    }

    /// What is wrong there.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    pub(super) fn empty() -> Self {
        Self { path: Vec::new(), reason: "has no condition".to_owned() }
    }
}

/// `filters[2][0]: not a field of this function`
impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("filters")?;
        for index in &self.path {
            write!(f, "[{index}]")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// Reads a filter; `None` for `[]`. Cost: linear in the text up to the first fault.
    pub fn parse(json: &str) -> Result<Option<Self>, FilterError> {
        let mut reader = Reader::default();
        let mut from = serde_json::Deserializer::from_str(json);
        let read = Top { reader: &mut reader }.deserialize(&mut from).and_then(|read| from.end().map(|()| read));
        match read {
            Ok(root) => Ok(root.map(|root| Self { root: root.in_order() })),
            Err(error) => Err(reader.error.take().unwrap_or_else(|| FilterError {
                path: std::mem::take(&mut reader.path),
                reason: format!("not JSON at line {}, column {}", error.line(), error.column()),
            })),
        }
    }
}

impl Expression {
    /// The same with parts from the cheapest to the dearest, and without brackets around one part.
    fn in_order(self) -> Self {
        let sorted = |parts: Vec<Self>| {
            let mut parts: Vec<Self> = parts.into_iter().map(Self::in_order).collect();
            parts.sort_by_key(Self::cost);
            parts
        };
        match self {
            Self::All(parts) => Self::All(sorted(parts)),
            Self::Any(parts) => Self::Any(sorted(parts)),
            Self::Condition(condition) => Self::Condition(condition),
        }
    }

    /// A rough cost of a row.
    fn cost(&self) -> u32 {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).sum::<u32>().saturating_add(1),
            Self::Condition(condition) => {
                let pattern = match condition.matcher {
                    Matcher::Text(TextTest::Regex(_)) => 4,
                    Matcher::Text(TextTest::Match(_)) => 3,
                    Matcher::Text(TextTest::Like(_)) => 2,
                    _ => 1,
                };
                crate::column::cost(condition.field) * 4 + pattern
            }
        }
    }
}

/// The state of reading: where, how much, and what went wrong.
#[derive(Debug, Default)]
struct Reader {
    path: Vec<usize>,
    conditions: usize,
    regexes: usize,
    folded_classes: usize,
    error: Option<FilterError>,
}

impl Reader {
    /// Notes an error at the present place; what is returned only ends the reading.
    fn fail<E: serde::de::Error>(&mut self, reason: impl Into<String>) -> E {
        self.error.get_or_insert(FilterError { path: self.path.clone(), reason: reason.into() });
        E::custom("refused")
    }
}

/// The whole: a list that may be empty.
struct Top<'a> {
    reader: &'a mut Reader,
}

/// What can stand in an expression.
enum Part {
    Text(String),
    Expression(Expression),
    /// A list with nothing in it.
    Empty,
    /// Null, a number or a boolean.
    Other,
}

/// One part of an expression, or a whole one.
struct PartSeed<'a> {
    reader: &'a mut Reader,
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Option<Expression>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self { reader } = self;
        match (PartSeed { reader: &mut *reader }).deserialize(deserializer)? {
            Part::Expression(root) => Ok(Some(root)),
            Part::Empty => Ok(None),
            Part::Other | Part::Text(_) => Err(reader.fail("must be a list")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for PartSeed<'_> {
    type Value = Part;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Part, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PartSeed<'_> {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition")
    }

    fn visit_str<E>(self, text: &str) -> Result<Part, E> {
        // Names are short; of what is longer only that it is no name is of interest.
        Ok(Part::Text(text.chars().take(100).collect()))
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Part, A::Error> {
        Err(self.reader.fail("an object has no place here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Part, A::Error> {
        let reader = self.reader;
        if reader.path.len() >= MAX_DEPTH {
            return Err(reader.fail(format!("more than {MAX_DEPTH} brackets inside each other")));
        }
        reader.path.push(0);
        let part = match list.next_element_seed(PartSeed { reader: &mut *reader })? {
            None => Part::Empty,
            Some(Part::Text(name)) => Part::Expression(Expression::Condition(condition(reader, &name, list)?)),
            Some(Part::Expression(first)) => Part::Expression(chain(reader, first, list)?),
            Some(Part::Empty) => return Err(reader.fail("an empty list is no condition")),
            Some(Part::Other) => return Err(reader.fail("must be the name of a field, or a list")),
        };
        reader.path.pop();
        Ok(part)
    }
}

/// The rest of an expression: connectors and expressions in turn. `and` binds tighter than `or`.
fn chain<'de, A: SeqAccess<'de>>(reader: &mut Reader, first: Expression, mut list: A) -> Result<Expression, A::Error> {
    let mut alternatives = Vec::new();
    let mut together = vec![first];
    let mut at = 0;
    loop {
        at += 1;
        set_index(reader, at);
        let is_and = match list.next_element_seed(PartSeed { reader: &mut *reader })? {
            None => break,
            Some(Part::Text(word)) if word.eq_ignore_ascii_case("and") => true,
            Some(Part::Text(word)) if word.eq_ignore_ascii_case("or") => false,
            Some(_) => return Err(reader.fail("must be \"and\" or \"or\"")),
        };
        at += 1;
        set_index(reader, at);
        let next = match list.next_element_seed(PartSeed { reader: &mut *reader })? {
            Some(Part::Expression(next)) => next,
            Some(_) => return Err(reader.fail("must be a condition or a list of conditions")),
            None => return Err(reader.fail("a condition is missing behind the connector")),
        };
        if !is_and {
            alternatives.push(joined(std::mem::take(&mut together), Expression::All));
        }
        together.push(next);
    }
    alternatives.push(joined(together, Expression::All));
    Ok(joined(alternatives, Expression::Any))
}

fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

fn set_index(reader: &mut Reader, at: usize) {
    if let Some(last) = reader.path.last_mut() {
        *last = at;
    }
}

/// The rest of a condition: operator and value.
fn condition<'de, A: SeqAccess<'de>>(reader: &mut Reader, name: &str, mut list: A) -> Result<Condition, A::Error> {
    reader.conditions += 1;
    if reader.conditions > MAX_CONDITIONS {
        return Err(reader.fail(format!("more than {MAX_CONDITIONS} conditions")));
    }
    let Some(field) = Field::parse(name) else { return Err(reader.fail("not a field of this function")) };
    set_index(reader, 1);
    let operator = match list.next_element_seed(PartSeed { reader: &mut *reader })? {
        None => return Err(reader.fail("the operator is missing")),
        Some(Part::Text(name)) => Operator::parse(&name),
        Some(_) => None,
    };
    let allowed = Operator::of_type(field.field_type());
    let Some(operator) = operator.filter(|operator| allowed.contains(operator) || is_null_test(*operator)) else {
        let names: Vec<&str> = allowed.iter().map(|operator| operator.name()).collect();
        return Err(reader.fail(format!("not an operator of `{}`; it has {}", field.name(), names.join(" "))));
    };
    set_index(reader, 2);
    let value = Value { field, operator, reader: &mut *reader };
    let Some(operand) = list.next_element_seed(value)? else { return Err(reader.fail("the value is missing")) };
    if !allowed.contains(&operator) && operand != Operand::Null {
        return Err(reader.fail("lists compare with null only this way; ask with has or has_not"));
    }
    let matcher = match matcher(reader, field, operator, &operand) {
        Ok(matcher) => matcher,
        Err(reason) => return Err(reader.fail(reason)),
    };
    set_index(reader, 3);
    if list.next_element::<IgnoredAny>()?.is_some() {
        return Err(reader.fail("a condition ends with its value"));
    }
    let is_opposite = operator.opposite_of().is_some();
    let asks_for_null = operand == Operand::Null;
    Ok(Condition {
        field,
        operator,
        matcher,
        // `= null` refuses every value, and `<> null` takes every one.
        is_negated: is_opposite != asks_for_null,
        admits_null: is_opposite != asks_for_null,
        operand,
    })
}

fn is_null_test(operator: Operator) -> bool {
    matches!(operator, Operator::Equal | Operator::NotEqual)
}

/// Compiles a condition.
fn matcher(reader: &mut Reader, field: Field, operator: Operator, operand: &Operand) -> Result<Matcher, String> {
    let whole = |number: i64| Number::Whole(number);
    // An opposite is the test of what it opposes, turned around by whoever asks.
    let operator = operator.opposite_of().unwrap_or(operator);
    Ok(match operand {
        Operand::Null => Matcher::Anything,
        Operand::Bool(value) => Matcher::Number(NumberTest::Compare(operator, whole((*value).into()))),
        Operand::Number(number) => Matcher::Number(NumberTest::Compare(operator, *number)),
        Operand::Time(time) => Matcher::Number(NumberTest::Compare(operator, whole(time.seconds()))),
        Operand::Numbers(numbers) => Matcher::Number(NumberTest::In(numbers.clone())),
        Operand::Times(times) => {
            Matcher::Number(NumberTest::In(times.iter().map(|time| whole(time.seconds())).collect()))
        }
        Operand::Texts(texts) => {
            Matcher::Text(TextTest::In(texts.iter().map(|text| text.clone().into_bytes()).collect()))
        }
        Operand::Text(text) if field.field_type() == FieldType::TextList => Matcher::Has(text.clone()),
        Operand::Text(text) => Matcher::Text(match operator {
            Operator::Like => TextTest::Like(Like::new(text, false)),
            Operator::Ilike => TextTest::Like(Like::new(text, true)),
            Operator::Match => TextTest::of_words(text).ok_or("has no word to match")?,
            Operator::Regex => {
                reader.regexes += 1;
                if reader.regexes > MAX_REGEXES {
                    return Err(format!("more than {MAX_REGEXES} regular expressions"));
                }
                TextTest::Regex(Box::new(pattern::compile(text, &mut reader.folded_classes)?))
            }
            _ => TextTest::Equal(text.clone()),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> String {
        json.parse::<Filter>().map_or_else(|error| error.to_string(), |filter| filter.to_string())
    }

    #[test]
    fn brackets_chains_and_strings_mean_what_they_say() {
        let follow = r#"["dofollow","=",true]"#;
        for same in [follow, r#"[["dofollow","=",true]]"#, r#"[[["dofollow","=","true"]]]"#] {
            assert_eq!(canonical(same), follow, "{same}");
        }
        assert_eq!(canonical(r#"["rank",">","80"]"#), r#"["rank",">",80]"#);
        assert_eq!(canonical(r#"["rank","in",["1",2.0,3.5]]"#), r#"["rank","in",[1,2,3.5]]"#);
        let (a, b, c) = (r#"["rank",">",1]"#, r#"["rank",">",2]"#, r#"["rank",">",3]"#);
        let chain = canonical(&format!(r#"[{a},"or",{b},"AND",{c}]"#));
        assert_eq!(chain, format!(r#"[{a},"or",{b},"and",{c}]"#));
        let bracketed = canonical(&format!(r#"[[{a},"or",{b}],"and",{c}]"#));
        assert_eq!(bracketed, format!(r#"[{c},"and",[{a},"or",{b}]]"#), "the cheaper part comes first");
        assert_eq!(canonical(&format!(r#"[{a},"and",{b},"and",{c}]"#)), format!(r#"[{a},"and",{b},"and",{c}]"#));
        assert_eq!(Filter::parse("[]"), Ok(None));
        assert_eq!(
            canonical(r#"["last_seen",">","2021-01-29T16:02:37+01:00"]"#),
            r#"["last_seen",">","2021-01-29 15:02:37 +00:00"]"#
        );
        assert_eq!(canonical(r#"["last_seen",">","2021-01-29"]"#), r#"["last_seen",">","2021-01-29 00:00:00 +00:00"]"#);
    }

    #[test]
    fn a_fault_is_named_with_its_place_and_reason() {
        for (json, expected) in [
            ("5", "filters: must be a list"),
            ("{}", "filters: an object has no place here"),
            ("[1]", "filters[0]: must be the name of a field, or a list"),
            ("[[]]", "filters[0]: an empty list is no condition"),
            (r#"["rnk","=",1]"#, "filters[0]: not a field of this function"),
            (r#"["Rank","=",1]"#, "filters[0]: not a field of this function"),
            (r#"["rank"]"#, "filters[1]: the operator is missing"),
            (r#"["rank","="]"#, "filters[2]: the value is missing"),
            (r#"["rank","like",1]"#, "filters[1]: not an operator of `rank`; it has < <= > >= = <> in not_in"),
            (r#"["rank","=","x"]"#, "filters[2]: must be a number"),
            (r#"["rank","=",[1]]"#, "filters[2]: must be a number"),
            (r#"["rank","=","1e999"]"#, "filters[2]: must be a number"),
            (r#"["rank","in",5]"#, "filters[2]: must be a list of values"),
            (r#"["rank","in",[5,"x"]]"#, "filters[2][1]: must be a number"),
            (r#"["rank","in",[null]]"#, "filters[2][0]: must be a number"),
            (r#"["rank","=",1,2]"#, "filters[3]: a condition ends with its value"),
            (r#"["rank","<",null]"#, "filters[2]: null goes with = and <> only"),
            (r#"["dofollow","=",1]"#, "filters[2]: must be true or false"),
            (r#"["anchor","=",1]"#, "filters[2]: must be a string"),
            (r#"["anchor","match","?"]"#, "filters[2]: has no word to match"),
            (r#"["anchor","regex","("]"#, "filters[2]: not a regular expression"),
            (r#"["anchor","regex","\\"]"#, "filters[2]: not a regular expression"),
            (r#"["attributes","=","x"]"#, "filters[2]: lists compare with null only this way; ask with has or has_not"),
            (r#"["last_seen",">","2021"]"#, "filters[2]: must be a time such as 2021-01-29 15:02:37 +00:00"),
            (r#"[["rank","=",1],["rank","=",2]]"#, r#"filters[1]: must be "and" or "or""#),
            (r#"[["rank","=",1],"xor",["rank","=",2]]"#, r#"filters[1]: must be "and" or "or""#),
            (r#"[["rank","=",1],"or"]"#, "filters[2]: a condition is missing behind the connector"),
            (r#"[["rank","=",1],"or","x"]"#, "filters[2]: must be a condition or a list of conditions"),
            (
                r#"[["rank","=",1],"or",[["rank","=",1],"or",["x","=",1]]]"#,
                "filters[2][2][0]: not a field of this function",
            ),
            ("[", "filters[0]: not JSON at line 1, column 1"),
        ] {
            assert_eq!(canonical(json), expected, "{json}");
        }
    }

    #[test]
    fn every_bound_has_its_reason() {
        let condition = r#"["rank",">",1]"#;
        let chain = |count: usize| format!("[{}]", vec![condition; count].join(",\"or\","));
        assert!(chain(MAX_CONDITIONS).parse::<Filter>().is_ok());
        assert!(canonical(&chain(MAX_CONDITIONS + 1)).ends_with("more than 64 conditions"));
        let nested = |depth: usize| format!("{}{condition}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(nested(MAX_DEPTH - 1).parse::<Filter>().is_ok());
        assert!(canonical(&nested(MAX_DEPTH)).ends_with("more than 16 brackets inside each other"));
        let list = |count: usize| format!(r#"["rank","in",[{}]]"#, vec!["1"; count].join(","));
        assert!(list(MAX_LIST).parse::<Filter>().is_ok());
        assert!(canonical(&list(MAX_LIST + 1)).ends_with("a list of more than 1000 values"));
        let text = |operator: &str, count: usize| format!(r#"["anchor","{operator}","{}"]"#, "é".repeat(count));
        assert!(text("like", MAX_TEXT_CHARS).parse::<Filter>().is_ok());
        assert!(canonical(&text("like", MAX_TEXT_CHARS + 1)).ends_with("longer than 1000 characters"));
        let regex = |pattern: &str| canonical(&format!(r#"["anchor","regex","{pattern}"]"#));
        assert!(regex("(a{100}){100}{100}").ends_with("needs more than 262144 bytes"));
        assert!(regex("\\\\w{1000}").ends_with("needs more than 262144 bytes"));
        let many = vec![r#"["anchor","regex","a"]"#; MAX_REGEXES + 1].join(",\"or\",");
        assert!(canonical(&format!("[{many}]")).ends_with("more than 16 regular expressions"));
    }

    #[test]
    fn a_canonical_text_reads_as_the_same_filter() {
        for json in [
            r#"["anchor","=",null]"#,
            r#"[["anchor","not_ilike","%\"\\%"],"or",["rank","<",-2.5],"and",["prev_seen","<>",null]]"#,
            r#"[["attributes","has_not","ugc"],"and",["last_seen","in",["2021-01-29 15:02:37 +00:00"]]]"#,
        ] {
            let filter: Filter = json.parse().unwrap();
            assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter);
        }
    }
}
