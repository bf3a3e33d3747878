//! An earlier state of the index, as questions name it.

use std::fmt;

use model::{SnapshotId, Timestamp};

use crate::filter::parse_time;

/// The snapshot that a question is about, if not the one that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AsOf {
    /// The one with this number.
    Snapshot(SnapshotId),
    /// The newest one that had been made by then.
    Time(Timestamp),
}

impl AsOf {
    /// How it must be written, as a sentence goes on behind the name of what is wrong.
    pub const RULE: &'static str =
        "must be a date such as 2026-11-23, a time such as 2026-11-23 21:47:49 +00:00, or the number of a snapshot";

    /// Reads the number of a snapshot, a time, or a date, which stands for its last second (UTC).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Self::Snapshot);
        }
        let time = parse_time(text)?;
        let is_date = text.len() == "2026-11-23".len();
        Some(Self::Time(if is_date { Timestamp::from_seconds(time.seconds() + 86_399) } else { time }))
    }
}

/// The same for whatever means the same.
impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Snapshot(id) => id.0.fmt(f),
            Self::Time(time) => time.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_last_second_and_digits_are_a_number() {
        let time = |text| Some(AsOf::Time(Timestamp::parse_iso(text).unwrap()));
        for (text, expected) in [
            ("2026-11-23", time("2026-11-23T23:59:59Z")),
            (" 2026-11-23 ", time("2026-11-23T23:59:59Z")),
            ("2026-11-23 21:47:49 +00:00", time("2026-11-23T21:47:49Z")),
            ("2026-11-23T00:00:00+02:00", time("2026-11-22T22:00:00Z")),
            ("7", Some(AsOf::Snapshot(SnapshotId(7)))),
            ("000007", Some(AsOf::Snapshot(SnapshotId(7)))),
            ("2026", Some(AsOf::Snapshot(SnapshotId(2026)))),
            ("2026-11", None),
            ("2026-02-30", None),
            ("99999999999", None),
            ("-1", None),
            ("1.0", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(AsOf::parse(text), expected, "{text}");
            if let Some(as_of) = expected {
                assert_eq!(AsOf::parse(&as_of.to_string()), expected, "{text}");
            }
        }
    }
}
