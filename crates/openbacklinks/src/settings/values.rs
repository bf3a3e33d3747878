//! Texts to values. The reason why a text is none never repeats the text: what was meant for another
//! place may be a secret.

use std::fmt;
use std::net::SocketAddr;

use model::BucketCount;
use tracing_subscriber::filter::LevelFilter;

/// Why a text is not what a setting wants.
pub(super) type Reason = String;

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// An amount of US dollars, exact to a billionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dollars {
    nanos: i64,
}

const NANOS: i64 = 1_000_000_000;
const DECIMALS: usize = 9;

impl Dollars {
    /// In billionths of a dollar.
    pub const fn as_nanos(self) -> i64 {
        self.nanos
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:09}", self.nanos % NANOS);
        let decimals = decimals.trim_end_matches('0');
        let point = if decimals.is_empty() { "" } else { "." };
        write!(f, "{}{point}{decimals}", self.nanos / NANOS)
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, Reason> {
    text.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

pub(super) fn flag(text: &str) -> Result<bool, Reason> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("neither true nor false".to_owned()),
    }
}

pub(super) fn level(text: &str) -> Result<LevelFilter, Reason> {
    match text {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err("not one of off, error, warn, info, debug and trace".to_owned()),
    }
}

pub(super) fn format(text: &str) -> Result<LogFormat, Reason> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("neither text nor json".to_owned()),
    }
}

pub(super) fn buckets(text: &str) -> Result<BucketCount, Reason> {
    let count = text.parse().ok().and_then(BucketCount::new);
    count.ok_or_else(|| "not a whole number from 1 to 4096".to_owned())
}

/// A whole number from `least` to `most`.
pub(super) fn number(least: u32, most: u32) -> impl Fn(&str) -> Result<u32, Reason> {
    move |text| {
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("not a whole number from {least} to {most}"))
    }
}

/// Memory for a command: below 64 MiB nothing works well.
pub(super) fn memory(text: &str) -> Result<u64, Reason> {
    size(64 << 20, u64::MAX)(text)
}

/// A number of bytes as people write it, from `least` to `most`.
pub(super) fn size(least: u64, most: u64) -> impl Fn(&str) -> Result<u64, Reason> {
    move |text| {
        let bytes = bytes(text).ok_or("a size is a whole number and B, KB, MB, GB, TB, KiB, MiB, GiB or TiB")?;
        if bytes < least {
            return Err(format!("less than {}", in_units(least)));
        }
        if bytes > most {
            return Err(format!("more than {}", in_units(most)));
        }
        Ok(bytes)
    }
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "tib" | "t" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn in_units(bytes: u64) -> String {
    match bytes {
        bytes if bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}

/// A decimal number of dollars, up to a million: `0.00003`.
pub(super) fn dollars(text: &str) -> Result<Dollars, Reason> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) {
        return Err("not a decimal number of dollars, such as 0.02".to_owned());
    }
    if decimals.len() > DECIMALS {
        return Err(format!("more than {DECIMALS} decimals"));
    }
    let too_much = || "more than a million dollars".to_owned();
    let whole: i64 = whole.parse().ok().filter(|whole| (0..1_000_000).contains(whole)).ok_or_else(too_much)?;
    let decimals: i64 = format!("{decimals:0<9}").parse().map_err(|_| too_much())?;
    Ok(Dollars { nanos: whole * NANOS + decimals })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [("1GiB", 1 << 30), ("512 mib", 512 << 20), ("2GB", 2_000_000_000), ("67108864", 64 << 20)]
        {
            assert_eq!(memory(text), Ok(bytes), "{text}");
        }
        for text in ["", "1", "lots", "-1GiB", "1PiBB", "99999999999999999TiB", "GiB"] {
            assert!(memory(text).is_err(), "{text}");
        }
        assert_eq!(size(8 << 10, 1 << 20)("8KiB"), Ok(8192));
        assert_eq!(size(8 << 10, 1 << 20)("8191"), Err("less than 8 KiB".to_owned()));
        assert_eq!(size(8 << 10, 1 << 20)("2MiB"), Err("more than 1 MiB".to_owned()));
    }

    #[test]
    fn dollars_are_exact() {
        for (text, nanos) in [("0", 0), ("0.02", 20_000_000), ("0.00003", 30_000), ("12.5", 12_500_000_000)] {
            let amount = dollars(text).unwrap();
            assert_eq!(amount.as_nanos(), nanos, "{text}");
            assert_eq!(amount.to_string(), text);
        }
        for text in
            ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000000001", "1000000", "nan", "٣", "99999999999999999999"]
        {
            assert!(dollars(text).is_err(), "{text}");
        }
    }
}
