//! Points in time, in whole seconds: the resolution of every archive format and of the API.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Seconds since 1970-01-01 00:00:00 UTC; negative before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads `2026-11-23T21:47:49Z`, with or without fraction, `T`, `Z` or an offset such as
    /// `+00:00` after a space (WARC dates and the API's own form). Cut dates (`2008`, `2008-04`,
    /// `2008-04-30`) mean their first instant.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, rest) = match text.find(['T', 't', ' ']) {
            Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
            None => (text, ""),
        };
        let mut fields = date.split('-');
        let year = digits(fields.next()?, 4)?;
        let month = fields.next().map_or(Some(1), |field| digits(field, 2))?;
        let day = fields.next().map_or(Some(1), |field| digits(field, 2))?;
        if fields.next().is_some() {
            return None;
        }
        let (clock, offset_seconds) = split_offset(rest)?;
        let clock = clock.split('.').next().unwrap_or_default();
        let mut parts = clock.split(':').filter(|part| !part.is_empty());
        let mut next = || parts.next().map_or(Some(0), |part| digits(part, 2));
        let (hour, minute, second) = (next()?, next()?, next()?);
        Self::from_civil([year, month, day, hour, minute, second]).map(|at| Self(at.0 - offset_seconds))
    }

    /// Reads the ARC form `20080430204825`; twelve, ten or eight digits mean the first instant of
    /// the minute, hour or day.
    pub fn parse_compact(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.len() < 8 {
            return None;
        }
        let field = |from: usize, to: usize| text.get(from..to).map_or(Some(0), |part| part.parse::<i32>().ok());
        Self::from_civil([field(0, 4)?, field(4, 6)?, field(6, 8)?, field(8, 10)?, field(10, 12)?, field(12, 14)?])
    }

    fn from_civil([year, month, day, hour, minute, second]: [i32; 6]) -> Option<Self> {
        // A leap second is the last second of its minute.
        let second = second.min(59);
        let civil = DateTime::new(
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
            i8::try_from(hour).ok()?,
            i8::try_from(minute).ok()?,
            i8::try_from(second).ok()?,
            0,
        )
        .ok()?;
        Some(Self(Offset::UTC.to_timestamp(civil).ok()?.as_second()))
    }
}

/// `2026-11-23 21:47:49 +00:00`, the form of the API. Years outside 1 to 9999 are clamped.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = jiff::Timestamp::MAX.as_second();
        let at = jiff::Timestamp::from_second(self.0.clamp(-62_135_596_800, bound)).unwrap_or_default();
        let civil = Offset::UTC.to_datetime(at);
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} +00:00",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    }
}

fn digits(text: &str, at_most: usize) -> Option<i32> {
    if text.is_empty() || text.len() > at_most || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Splits `21:47:49.5+01:00` into the clock and the offset in seconds.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    let text = text.trim_end_matches(['Z', 'z']).trim_end();
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0));
    };
    let sign = if text.get(at..=at)? == "-" { -1 } else { 1 };
    let offset = text.get(at + 1..)?.replace(':', "");
    let hours = i64::from(digits(offset.get(..2)?, 2)?);
    let minutes = match offset.get(2..)? {
        "" => 0,
        rest => i64::from(digits(rest, 2)?),
    };
    Some((text.get(..at)?.trim_end(), sign * (hours * 3600 + minutes * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_forms_agree_with_known_epochs() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2008-04-30T20:48:25Z", 1_209_588_505),
            ("2008-04-30T20:48:25.123456Z", 1_209_588_505),
            ("2021-01-29 15:02:37 +00:00", 1_611_932_557),
            ("2021-01-29T16:02:37+01:00", 1_611_932_557),
            ("2008", 1_199_145_600),
            ("2008-04-30", 1_209_513_600),
        ] {
            assert_eq!(Timestamp::parse_iso(text), Some(Timestamp(seconds)), "{text}");
        }
        for text in ["", "yesterday", "2008-13-01", "2008-02-30", "2008-01-01T25:00:00Z", "2008-1-1-1"] {
            assert_eq!(Timestamp::parse_iso(text), None, "{text}");
        }
    }

    #[test]
    fn compact_form_and_display_are_inverse() {
        let at = Timestamp::parse_compact("20080430204825").unwrap();
        assert_eq!(at.to_string(), "2008-04-30 20:48:25 +00:00");
        assert_eq!(Timestamp::parse_iso(&at.to_string()), Some(at));
        assert_eq!(Timestamp::parse_compact("2008043020").unwrap().to_string(), "2008-04-30 20:00:00 +00:00");
        assert_eq!(Timestamp::parse_compact("20081330204825"), None);
        assert_eq!(Timestamp::parse_compact("200804"), None);
    }
}
