//! Databases in MaxMind's format (MMDB): read once, whole, into the same arrays as text.
//!
//! The country of a record is `country.iso_code`, as GeoIP2, GeoLite2 and DB-IP have it, or `country_code`, as the collections
//! of ip-location-db have it. Everything else in a record is passed over.

use std::collections::HashMap;

use maxminddb::{MaxMindDbError, Reader, WithinOptions};
use serde::Deserialize;

use crate::country::CountryCode;
use crate::ranges::{Range, network_of};

/// What a database ends with, somewhere in its last 128 KiB.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

#[derive(Debug, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Country<'a>>,
    country_code: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
struct Country<'a> {
    iso_code: Option<&'a str>,
}

/// Whether a file is a database of this format.
pub(crate) fn is_database(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(128 << 10)..];
    tail.windows(MARKER.len()).any(|window| window == MARKER)
}

/// The ranges of a database.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Range>, MaxMindDbError> {
    let reader = Reader::from_source(bytes)?;
    // A tree has one leaf more than nodes. What is no tree, because nodes share children, may have 2¹²⁸.
    let mut leaves = u64::from(reader.metadata().node_count) + 1;
    // Many networks share a record.
    let mut countries: HashMap<usize, Option<CountryCode>> = HashMap::new();
    let mut ranges = Vec::new();
    // Networks without data too, so that every leaf counts.
    for found in reader.networks(WithinOptions::default().include_networks_without_data())? {
        let found = found?;
        leaves = leaves.checked_sub(1).ok_or_else(|| MaxMindDbError::invalid_database("its nodes are no tree"))?;
        let Some(offset) = found.offset() else { continue };
        let country = if let Some(country) = countries.get(&offset) {
            *country
        } else {
            let record = found.decode::<Record<'_>>()?;
            let code =
                record.and_then(|record| record.country.and_then(|country| country.iso_code).or(record.country_code));
            let country = code.and_then(CountryCode::parse);
            countries.insert(offset, country);
            country
        };
        let network = found.network()?;
        if let Some((first, last)) = network_of(network.network(), network.prefix()) {
            ranges.push(Range { first, last, country });
        }
    }
    Ok(ranges)
}
