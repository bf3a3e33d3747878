//! The value of a condition, read in the type of its field.

use std::fmt;

use model::Timestamp;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{MAX_LIST, MAX_TEXT_CHARS, Reader, is_null_test, set_index};
use crate::field::{Field, FieldType};
use crate::filter::operator::Operator;
use crate::filter::values::{Number, Operand};

/// The value of a condition.
pub(super) struct Value<'a> {
    pub(super) field: Field,
    pub(super) operator: Operator,
    pub(super) reader: &'a mut Reader,
}

/// A value as JSON has it, without objects.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Operand;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Operand, D::Error> {
        if self.operator.takes_list() {
            return deserializer.deserialize_any(self);
        }
        let scalar = Scalar::deserialize(deserializer);
        let Ok(scalar) = scalar else { return Err(self.reader.fail(expected(self.field))) };
        match operand(self.field, scalar) {
            Ok(operand) if operand != Operand::Null || is_null_test(self.operator) => Ok(operand),
            Ok(_) => Err(self.reader.fail("null goes with = and <> only")),
            Err(reason) => Err(self.reader.fail(reason)),
        }
    }
}

/// The lists of `in` and `not_in`.
impl<'de> Visitor<'de> for Value<'_> {
    type Value = Operand;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Operand, A::Error> {
        let Self { field, reader, .. } = self;
        let (mut numbers, mut times, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        reader.path.push(0);
        for at in 0.. {
            set_index(reader, at);
            let Ok(next) = list.next_element::<Scalar>() else { return Err(reader.fail(expected(field))) };
            let Some(scalar) = next else { break };
            if at == MAX_LIST {
                return Err(reader.fail(format!("a list of more than {MAX_LIST} values")));
            }
            match operand(field, scalar) {
                Ok(Operand::Number(number)) => numbers.push(number),
                Ok(Operand::Time(time)) => times.push(time),
                Ok(Operand::Text(text)) => texts.push(text),
                Ok(_) => return Err(reader.fail(expected(field))),
                Err(reason) => return Err(reader.fail(reason)),
            }
        }
        reader.path.pop();
        Ok(match field.field_type() {
            FieldType::Number => Operand::Numbers(numbers),
            FieldType::Time => Operand::Times(times),
            _ => Operand::Texts(texts),
        })
    }

    // Everything else is refused with the same words.
    fn visit_unit<E: serde::de::Error>(self) -> Result<Operand, E> {
        Err(self.reader.fail("must be a list of values"))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Operand, E> {
        self.visit_unit()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Operand, E> {
        self.visit_unit()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Operand, E> {
        self.visit_unit()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Operand, E> {
        self.visit_unit()
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Operand, E> {
        self.visit_unit()
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, _: A) -> Result<Operand, A::Error> {
        self.visit_unit()
    }
}

/// What a value of a field must be.
fn expected(field: Field) -> &'static str {
    match field.field_type() {
        FieldType::Bool => "must be true or false",
        FieldType::Number => "must be a number",
        FieldType::Time => "must be a time such as 2021-01-29 15:02:37 +00:00",
        FieldType::Text | FieldType::TextList => "must be a string",
    }
}

/// A value in the type of its field. Booleans and numbers may be written as strings.
fn operand(field: Field, scalar: Scalar) -> Result<Operand, String> {
    let operand = match (field.field_type(), scalar) {
        (_, Scalar::Null) => Some(Operand::Null),
        (FieldType::Bool, Scalar::Bool(value)) => Some(Operand::Bool(value)),
        (FieldType::Bool, Scalar::Text(text)) => text.parse().ok().map(Operand::Bool),
        (FieldType::Number, Scalar::Number(number)) => Number::of(&number).map(Operand::Number),
        (FieldType::Number, Scalar::Text(text)) => Number::parse(&text).map(Operand::Number),
        (FieldType::Time, Scalar::Text(text)) => time(&text).map(Operand::Time),
        (FieldType::Text | FieldType::TextList, Scalar::Text(text)) => {
            if text.chars().count() > MAX_TEXT_CHARS {
                return Err(format!("longer than {MAX_TEXT_CHARS} characters"));
            }
            Some(Operand::Text(text))
        }
        _ => None,
    };
    operand.ok_or_else(|| expected(field).to_owned())
}

/// A whole date at least; [`Timestamp::parse_iso`] also takes cut ones.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let has_date = text.get(..10).is_some_and(|date| date.bytes().filter(|byte| *byte == b'-').count() == 2);
    let time = has_date.then(|| Timestamp::parse_iso(text)).flatten()?;
    // Years that cannot be written back are no use to anybody.
    (Timestamp::parse_iso(&time.to_string()) == Some(time)).then_some(time)
}
