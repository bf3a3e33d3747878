//! Range files in text: one range a line.
//!
//! ```text
//! # comment
//! 16777216,16777471,AU                    IPv4, as numbers: `geoip` of Debian's `tor-geoipdb`
//! 2001:4:112::,2001:4:112:ffff:…,US       IPv6: `geoip6` of the same
//! 192.0.2.0,192.0.2.255,DE                IPv4 as it is mostly written: other collections
//! ```
//!
//! Columns behind the third are passed over. A country of `??` or nothing is an unknown one. Everything else is a fault:
//! whoever configures a file wants to hear of it.

use std::net::{IpAddr, Ipv4Addr};

use crate::country::CountryCode;
use crate::ranges::Range;

/// A line that is no range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: u64,
    /// What is wrong.
    pub(crate) what: &'static str,
}

/// The ranges of a file, with their lines.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Vec<Range>, Vec<u64>), Fault> {
    let (mut ranges, mut lines) = (Vec::new(), Vec::new());
    for (line, text) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let fault = |what| Fault { line, what };
        let text = std::str::from_utf8(text).map_err(|_| fault("not UTF-8"))?.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut columns = text.split(',').map(|column| column.trim().trim_matches('"'));
        let mut column = || columns.next().ok_or_else(|| fault("not three columns"));
        let (first, last, country) = (column()?, column()?, column()?);
        let (first, last) = (address(first), address(last));
        let (first, last) = first.zip(last).ok_or_else(|| fault("not an address"))?;
        if first.is_ipv4() != last.is_ipv4() {
            return Err(fault("ends of different kinds"));
        }
        if last < first {
            return Err(fault("ends before it begins"));
        }
        let country = match country {
            "??" | "" => None,
            code => Some(CountryCode::parse(code).ok_or_else(|| fault("not a country"))?),
        };
        ranges.push(Range { first, last, country });
        lines.push(line);
    }
    Ok((ranges, lines))
}

/// An address as a number (IPv4) or as it is written.
fn address(text: &str) -> Option<IpAddr> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(|number: u32| Ipv4Addr::from(number).into());
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_ranges() {
        let text =
            "# a\n\n3221225984,3221226239,DE\r\n\"192.0.3.0\",192.0.3.255 , fr,Paris\n2001:db8::,2001:db8::ff,??\n5,5,";
        let (ranges, lines) = parse(text.as_bytes()).unwrap();
        let found: Vec<String> = ranges
            .iter()
            .map(|range| {
                format!(
                    "{} {} {}",
                    range.first,
                    range.last,
                    range.country.map_or("-".to_owned(), |code| code.to_string())
                )
            })
            .collect();
        assert_eq!(
            found,
            ["192.0.2.0 192.0.2.255 DE", "192.0.3.0 192.0.3.255 FR", "2001:db8:: 2001:db8::ff -", "0.0.0.5 0.0.0.5 -"]
        );
        assert_eq!(lines, [3, 4, 5, 6]);
    }

    #[test]
    fn faults_are_named() {
        for (text, what) in [
            ("1,2", "not three columns"),
            ("1,x,DE", "not an address"),
            ("1,4294967296,DE", "not an address"),
            (",,DE", "not an address"),
            ("1,::1,DE", "ends of different kinds"),
            ("2,1,DE", "ends before it begins"),
            ("1,2,DEU", "not a country"),
        ] {
            assert_eq!(parse(format!("# first\n{text}\n").as_bytes()), Err(Fault { line: 2, what }), "{text}");
        }
        assert_eq!(parse(b"1,2,DE\n\xff"), Err(Fault { line: 2, what: "not UTF-8" }));
    }
}
