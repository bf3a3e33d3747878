//! Countries, and the rule by which a domain belongs to one.
//!
//! # The rule
//!
//! 1. A domain under a **country code** belongs to that country, wherever it is hosted: `example.de` is in DE. Country codes
//!    that are sold to everybody (`.io`, `.co`, `.me`, `.tv`, `.ai`) are no exception: the vendor of the API answers `IO` for
//!    such a domain on an American address, and any line between the two kinds would be an opinion.
//! 2. Under any other ending, the **country of the address** that the page came from, by a range database.
//! 3. **`WW`** (worldwide) under such an ending for an address that is announced from many countries at once, as networks
//!    of content delivery do: the database would name the seat of the company. The networks are in `anycast.txt`.
//! 4. Otherwise unknown: no address in the archive, no database, or an address that the database does not place. Unknown
//!    is not `WW`: nothing says that such a site belongs to no country.
//!
//! A country code is two letters of ISO 3166-1; `uk` is GB, `ac` (Ascension) is SH, `su` is RU, `eu` stays EU. Codes in other
//! scripts are in `idn_country_codes.txt`. Generic endings for places (`.berlin`, `.cat`) are generic.
//!
//! *Limits*: the country of an address is that of its network's owner as registries have it, right for 97 to 98 % of
//! addresses at best, and says where a machine is, not for whom a site is.

use std::fmt;

/// ISO 3166-1 alpha-2, as of 2026: 249 codes.
const ISO: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW \
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI \
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN \
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME \
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF \
    PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV \
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE \
    YT ZA ZM ZW";

const IDN: &str = include_str!("idn_country_codes.txt");

/// Whether the list has a code.
fn is_iso(code: [u8; 2]) -> bool {
    ISO.as_bytes().chunks(3).any(|listed| listed.starts_with(&code))
}

/// A country by its two letters (ISO 3166-1), upper case; also EU and WW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Everywhere: an address that is announced from many countries.
    pub const WORLDWIDE: Self = Self(*b"WW");

    /// The code of two letters, in any case; None for anything else. Whether there is such a country is not checked.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 2] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Self(bytes.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The country of an ending: of the last label of a public suffix, in any case, as an A-label. None for a generic one.
    pub fn of_tld(tld: &str) -> Option<Self> {
        let label = tld.rsplit('.').next()?.to_ascii_uppercase();
        match label.as_str() {
            "UK" => Some(Self(*b"GB")),
            "AC" => Some(Self(*b"SH")),
            "SU" => Some(Self(*b"RU")),
            "EU" => Some(Self(*b"EU")),
            _ if label.len() == 2 => Self::parse(&label).filter(|code| is_iso(code.0)),
            // No other ending of more letters belongs to a country.
            _ if label.starts_with("XN--") => {
                let mut lines = IDN.lines().filter_map(|line| line.split_once(' '));
                let (_, code) = lines.find(|(idn, _)| idn.eq_ignore_ascii_case(&label))?;
                Self::parse(code)
            }
            _ => None,
        }
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The two letters, for storage.
    pub const fn bytes(self) -> [u8; 2] {
        self.0
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The country that a domain belongs to; see the [rule](mod@crate::country).
///
/// `tld` is the public suffix of the domain, None for an address; `address_country` is what
/// [`address_country`](crate::address_country) says of the address that a page of it came from.
pub fn domain_country(tld: Option<&str>, address_country: Option<CountryCode>) -> Option<CountryCode> {
    tld.and_then(CountryCode::of_tld).or(address_country)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(tld: Option<&str>, address: Option<&str>) -> Option<String> {
        domain_country(tld, address.and_then(CountryCode::parse)).map(|code| code.to_string())
    }

    #[test]
    fn a_country_code_comes_before_the_address() {
        for (tld, expected) in [
            ("de", "DE"),
            ("DE", "DE"),
            ("co.uk", "GB"),
            ("uk", "GB"),
            ("io", "IO"),
            ("ai", "AI"),
            ("eu", "EU"),
            ("su", "RU"),
            ("ac", "SH"),
            ("xn--p1ai", "RU"),
            ("xn--fiqs8s", "CN"),
            ("XN--90A3AC", "RS"),
        ] {
            assert_eq!(country(Some(tld), Some("US")).as_deref(), Some(expected), "{tld}");
            assert_eq!(country(Some(tld), None).as_deref(), Some(expected), "{tld}");
        }
    }

    #[test]
    fn a_generic_ending_takes_the_country_of_the_address() {
        for tld in
            [Some("com"), Some("org"), Some("berlin"), Some("xn--ngbc5azd"), Some("zz"), Some(""), Some("#"), None]
        {
            assert_eq!(country(tld, Some("us")).as_deref(), Some("US"), "{tld:?}");
            assert_eq!(country(tld, None), None, "{tld:?}");
        }
        assert_eq!(domain_country(Some("com"), Some(CountryCode::WORLDWIDE)), Some(CountryCode::WORLDWIDE));
    }

    #[test]
    fn the_lists_are_whole() {
        let codes: Vec<&str> = ISO.split(' ').collect();
        assert_eq!(codes.len(), 249);
        assert!(codes.iter().all(|code| CountryCode::parse(code).is_some()));
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]));
        let idn: Vec<&str> = IDN.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(idn.len(), 62);
        for line in idn {
            let (tld, code) = line.split_once(' ').unwrap();
            assert!(code == "EU" || codes.contains(&code), "{line}");
            assert_eq!(CountryCode::of_tld(tld).map(|code| code.to_string()).as_deref(), Some(code));
        }
    }

    #[test]
    fn a_code_is_two_letters() {
        for text in ["", "D", "DEU", "D1", "É", "??"] {
            assert_eq!(CountryCode::parse(text), None, "{text}");
        }
    }
}
