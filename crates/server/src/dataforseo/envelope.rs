//! The frame around every answer, with its keys in the vendor's order.

use std::fmt;
use std::time::Duration;

use model::Timestamp;
use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::codes::Code;
use super::describe::StatusCode;
use super::posted::Posted;
use super::task_id::digits;
use crate::money::Usd;

/// What the vendor calls a function: a name, a number in task ids, a path.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) api: &'static str,
    pub(super) name: &'static str,
    pub(super) number: u16,
    pub(super) path: &'static [&'static str],
}

impl Function {
    /// Both parts of its name.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.api, self.name)
    }
}

/// An answer. `tasks` is null when everything is refused.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Answer")]
pub(super) struct Envelope<'a, T> {
    pub(super) version: String,
    #[schemars(with = "StatusCode")]
    pub(super) status_code: u16,
    pub(super) status_message: &'a str,
    pub(super) time: Seconds,
    pub(super) cost: Usd,
    pub(super) tasks_count: usize,
    pub(super) tasks_error: usize,
    pub(super) tasks: Option<&'a [T]>,
}

/// A task of an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{R}Task")]
pub(super) struct Task<'a, R> {
    pub(super) id: String,
    #[schemars(with = "StatusCode")]
    pub(super) status_code: u16,
    pub(super) status_message: &'a str,
    pub(super) time: Seconds,
    pub(super) cost: Usd,
    pub(super) result_count: usize,
    pub(super) path: &'static [&'static str],
    pub(super) data: Data<'a>,
    pub(super) result: Option<&'a [R]>,
}

/// The function, then what was posted to it, as posted.
#[derive(Debug)]
pub(super) struct Data<'a> {
    pub(super) function: &'static Function,
    pub(super) posted: Option<&'a Posted<'a>>,
}

/// `"0.0412 sec."`
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seconds(pub(super) Duration);

impl<'a> Envelope<'a, ()> {
    /// The refusal of everything.
    pub(super) fn refusal(published: Timestamp, code: Code, message: &'a str) -> Self {
        Self {
            version: version(published),
            status_code: code.number(),
            status_message: message,
            time: Seconds::default(),
            cost: Usd::ZERO,
            tasks_count: 0,
            tasks_error: 0,
            tasks: None,
        }
    }
}

impl<'a, R> Envelope<'a, Task<'a, R>> {
    /// An answer with tasks. It is fine itself, whatever they are.
    pub(super) fn of_tasks(published: Timestamp, time: Duration, tasks: &'a [Task<'a, R>]) -> Self {
        Self {
            version: version(published),
            status_code: Code::Ok.number(),
            status_message: Code::Ok.message(),
            time: Seconds(time),
            cost: tasks.iter().map(|task| task.cost).sum(),
            tasks_count: tasks.len(),
            tasks_error: tasks.iter().filter(|task| task.status_code != Code::Ok.number()).count(),
            tasks: Some(tasks),
        }
    }
}

/// The version of the API's shape, with the date of the snapshot that is served.
fn version(published: Timestamp) -> String {
    format!("0.1.{}", digits(published, 0..10))
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("api", self.function.api)?;
        map.serialize_entry("function", self.function.name)?;
        let posted = self.posted.into_iter().flat_map(Posted::members);
        for (name, value) in posted.filter(|(name, _)| !matches!(*name, "api" | "function")) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.4}", self.0.as_secs_f64());
        write!(f, "{} sec.", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_up_to_four_decimals() {
        for (micros, expected) in [
            (0, "0 sec."),
            (41_249, "0.0412 sec."),
            (50_000, "0.05 sec."),
            (2_121_100, "2.1211 sec."),
            (120_000_000, "120 sec."),
            (9, "0 sec."),
        ] {
            assert_eq!(Seconds(Duration::from_micros(micros)).to_string(), expected);
        }
    }
}
