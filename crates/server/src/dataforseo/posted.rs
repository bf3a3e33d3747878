//! What was posted: tasks as JSON objects, kept as they were written.
//!
//! `null` means that a field is absent, so such members vanish here. Values are kept as raw text:
//! they are echoed as posted, and a body of a megabyte cannot grow into a tree many times its size.

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::codes::Code;
use super::refusal::Refusal;

/// No function takes more tasks.
const MAX_TASKS: usize = 100;

/// One task: its members in posted order, without nulls; of a repeated name the last value.
#[derive(Debug, Default)]
pub(super) struct Posted<'a> {
    members: Vec<(String, &'a RawValue)>,
}

/// Splits a body into its tasks. A lone object is a task. Tasks that are no objects are `Err`.
pub(super) fn tasks(body: &[u8]) -> Result<Vec<Result<Posted<'_>, Refusal>>, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| invalid("the body is not UTF-8"))?.trim_ascii();
    if text.is_empty() {
        return Err(Refusal::new(Code::EmptyPost, "the body is empty"));
    }
    let whole: &RawValue = serde_json::from_str(text)
        .map_err(|error| invalid(format!("the body is not JSON: line {}, column {}", error.line(), error.column())))?;
    match whole.get().as_bytes().first() {
        Some(b'{') => Ok(vec![Posted::read(whole)]),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| invalid("the body is not JSON"))?;
            match elements.len() {
                0 => Err(Refusal::new(Code::EmptyPost, "the array has no task")),
                1..=MAX_TASKS => Ok(elements.into_iter().map(Posted::read).collect()),
                _ => Err(Refusal::new(Code::TooManyTasks, "a live function runs one task at a time")),
            }
        }
        Some(b'n') => Err(Refusal::new(Code::EmptyPost, "the body is null")),
        _ => Err(invalid("the body is neither an array of tasks nor a task")),
    }
}

fn invalid(hint: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(Code::InvalidPost, hint)
}

impl<'a> Posted<'a> {
    fn read(raw: &'a RawValue) -> Result<Self, Refusal> {
        serde_json::from_str(raw.get())
            .map_err(|_| invalid("a task is not an object, or has a value that not every reader can read"))
    }

    /// The members as posted.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.members.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// All of it as JSON, if it is not longer than so many bytes.
    pub(super) fn within(&self, bytes: usize) -> Option<String> {
        let length: usize = self.members().map(|(name, value)| name.len() + value.get().len() + 4).sum();
        if length > bytes {
            return None;
        }
        serde_json::to_string(self).ok()
    }

    /// Refuses names that are not among `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let mut unknown = self.members().map(|(name, _)| name).filter(|name| !known.contains(name)).peekable();
        if unknown.peek().is_some() { Err(Refusal::unknown_fields(unknown)) } else { Ok(()) }
    }

    /// A value as it was written.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.members().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// A string.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.typed(name, || "must be a string".to_owned())
    }

    /// A boolean.
    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        Ok(self.typed(name, || "must be true or false".to_owned())?.unwrap_or(default))
    }

    /// An integer in a range.
    pub(super) fn integer(&self, name: &str, default: u32, range: RangeInclusive<u32>) -> Result<u32, Refusal> {
        let rule = || format!("must be an integer from {} to {}", range.start(), range.end());
        let number = self.typed::<u32>(name, rule)?.unwrap_or(default);
        if range.contains(&number) { Ok(number) } else { Err(Refusal::field(name, rule())) }
    }

    /// One of a few names.
    pub(super) fn choice<T: Copy>(&self, name: &str, default: T, choices: &[(&str, T)]) -> Result<T, Refusal> {
        let rule = || {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            format!("must be one of: {}", names.join(", "))
        };
        let Some(text) = self.typed::<String>(name, rule)? else {
            return Ok(default);
        };
        let chosen = choices.iter().find(|(name, _)| *name == text);
        chosen.map(|(_, value)| *value).ok_or_else(|| Refusal::field(name, rule()))
    }

    fn typed<T: Deserialize<'a>>(&self, name: &str, rule: impl Fn() -> String) -> Result<Option<T>, Refusal> {
        let Some(raw) = self.raw(name) else {
            return Ok(None);
        };
        serde_json::from_str(raw.get()).map(Some).map_err(|_| Refusal::field(name, rule()))
    }
}

impl Serialize for Posted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.members())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Posted<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Posted<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Posted<'de>, A::Error> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            serde_json::from_str::<Readable>(value.get()).map_err(A::Error::custom)?;
            if let Some((_, seen)) = places.get(&name).and_then(|&place| members.get_mut(place)) {
                *seen = value;
            } else {
                places.insert(name.clone(), members.len());
                members.push((name, value));
            }
        }
        members.retain(|(_, value)| value.get() != "null");
        Ok(Posted { members })
    }
}

/// A value that any reader of JSON can read back from the echo: the grammar also allows strings with
/// half a surrogate pair, numbers past all bounds and nesting without end. Nothing is kept of it.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Readable {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Vec<(String, String)> {
        let tasks = tasks(body.as_bytes()).unwrap();
        let task = tasks.into_iter().next().unwrap().unwrap();
        task.members().map(|(name, value)| (name.to_owned(), value.get().to_owned())).collect()
    }

    fn code(body: &str) -> Code {
        match tasks(body.as_bytes()) {
            Ok(tasks) => tasks.into_iter().next().unwrap().unwrap_err().code,
            Err(refusal) => refusal.code,
        }
    }

    #[test]
    fn members_are_kept_as_written_and_in_order_without_nulls() {
        let expected = vec![("b".to_owned(), "1.0".to_owned()), ("a".to_owned(), "[ null ]".to_owned())];
        assert_eq!(one(r#"{"b":1.0,"c":null,"a":[ null ]}"#), expected);
        assert_eq!(one(r#" [{"b":1.0,"a":[ null ]}] "#), expected);
        assert_eq!(one(r#"{"b":0,"a":1,"\u0061":[ null ],"b":1.0}"#), expected);
        assert!(one(r#"{"a":1,"a":null}"#).is_empty());
    }

    #[test]
    fn what_is_no_list_of_tasks_is_refused_by_its_kind() {
        for (body, expected) in [
            ("", Code::EmptyPost),
            (" \n", Code::EmptyPost),
            ("[]", Code::EmptyPost),
            ("null", Code::EmptyPost),
            ("{", Code::InvalidPost),
            ("[{}", Code::InvalidPost),
            ("{} {}", Code::InvalidPost),
            ("5", Code::InvalidPost),
            ("\"x\"", Code::InvalidPost),
            ("[5]", Code::InvalidPost),
            ("[null]", Code::InvalidPost),
            ("[[{}]]", Code::InvalidPost),
            ("{\"\\ud800\":1}", Code::InvalidPost),
            ("{\"a\":[\"\\udc00\"]}", Code::InvalidPost),
        ] {
            assert_eq!(code(body), expected, "{body}");
        }
        assert_eq!(tasks(b"{\"a\":\"\xff\"}").unwrap_err().code, Code::InvalidPost);
        assert_eq!(tasks("[".repeat(1 << 20).as_bytes()).unwrap_err().code, Code::InvalidPost);
        assert_eq!(tasks(format!("[{}1]", "1,".repeat(100)).as_bytes()).unwrap_err().code, Code::TooManyTasks);
    }

    #[test]
    fn values_that_would_break_a_reader_of_the_echo_are_refused() {
        for (value, is_readable) in [
            (r#""\\ud800""#, true),
            (r#""\ud83d\ude00""#, true),
            (r#"{"a":[null,true,-1,1.5,"x"]}"#, true),
            (r#""\ud83d""#, false),
            (r#"["\ude00"]"#, false),
            (r#"{"\ud83d":1}"#, false),
            ("1e999", false),
            (&format!("{}{}", "[".repeat(100), "]".repeat(100)), true),
            (&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), false),
        ] {
            let body = format!(r#"{{"filters":{value}}}"#);
            let task = tasks(body.as_bytes()).unwrap().remove(0);
            assert_eq!(task.map_err(|refusal| refusal.code).is_ok(), is_readable, "{}", &body[..body.len().min(60)]);
        }
    }

    #[test]
    fn a_body_full_of_members_is_read_in_a_moment() {
        let body: Vec<_> = (0..80_000).map(|n| format!("\"{n}\":0")).collect();
        let started = std::time::Instant::now();
        let body = format!("{{{}}}", body.join(","));
        let read = tasks(body.as_bytes()).unwrap().remove(0).unwrap();
        assert!(read.only(&["a"]).unwrap_err().message.starts_with("Unknown Fields in POST Data: 0, 1, 2"));
        assert!(started.elapsed().as_secs() < 2);
    }
}
