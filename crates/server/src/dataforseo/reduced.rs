//! The reduced form, for readers that pay by the word: a code, the items, and nothing that is empty.
//!
//! The vendor's documentation says what is left out and no more. Ours where it is silent: `items` is
//! there whenever the task succeeded, and `id` whenever there was a task.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

/// An answer in the reduced form. The code is that of the task, or of the refusal of everything.
#[derive(Debug, Serialize)]
pub(super) struct Reduced<'a, I> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    pub(super) status_code: u16,
    pub(super) status_message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<I>,
}

/// An item without its empty members. It becomes a tree of its own, one item at a time.
#[derive(Debug)]
pub(super) struct Pruned<T>(pub(super) T);

impl<T: Serialize> Serialize for Pruned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut item = serde_json::to_value(&self.0).map_err(S::Error::custom)?;
        prune(&mut item);
        item.serialize(serializer)
    }
}

/// Takes away members that are empty, null or false, and rounds what is no integer. Elements of
/// arrays stay, for their number may mean something.
fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => members.retain(|_, member| {
            prune(member);
            !is_empty(member)
        }),
        Value::Array(elements) => elements.iter_mut().for_each(prune),
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(|float| (float * 1000.0).round() / 1000.0);
            if let Some(rounded) = rounded.and_then(Number::from_f64) {
                *number = rounded;
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_that_are_empty_null_or_false_go_and_floats_are_rounded() {
        let item = json!({
            "a": null, "b": false, "c": "", "d": [], "e": {}, "f": {"g": null, "h": {"i": false}},
            "zero": 0, "true": true, "list": [null, {"x": "", "y": 1}, 0.123_456], "float": 2.666_66, "whole": 2.0
        });
        let expected = r#"{"zero":0,"true":true,"list":[null,{"y":1},0.123],"float":2.667,"whole":2.0}"#;
        assert_eq!(serde_json::to_string(&Pruned(item)).unwrap(), expected);
    }
}
