//! What the fuzz target runs, so that its corpus can be replayed as an ordinary test.

use std::net::IpAddr;

use crate::ranges::Ranges;
use crate::{mmdb, text};

/// Reads `data` as a file of ranges, in text or as a database.
///
/// # Panics
/// If what comes out breaks a promise of this crate.
pub fn range_file(data: &[u8]) {
    let ranges = if mmdb::is_database(data) {
        match mmdb::read(data) {
            Ok(ranges) => ranges,
            Err(_) => return,
        }
    } else {
        match text::parse(data) {
            Ok((ranges, lines)) => {
                assert_eq!(ranges.len(), lines.len());
                ranges
            }
            Err(fault) => {
                let lines = data.split(|&byte| byte == b'\n').count() as u64;
                assert!((1..=lines).contains(&fault.line));
                return;
            }
        }
    };
    let Ok(table) = Ranges::new(&ranges) else { return };
    assert!(table.entries() <= 2 * ranges.len());
    for range in ranges.iter().take(100) {
        for address in [range.first, range.last] {
            // A mapped address is looked up as the IPv4 one that it stands for.
            let is_itself = address.to_canonical() == address;
            assert!(!is_itself || table.country(address) == range.country, "{address}");
        }
    }
    let outside = |address: IpAddr| !ranges.iter().any(|range| range.first <= address && address <= range.last);
    for address in ["0.0.0.0", "255.255.255.255", "::", "2001:db8::"].map(str::parse::<IpAddr>).into_iter().flatten() {
        assert!(!outside(address) || table.country(address).is_none(), "{address}");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_corpus_of_the_fuzz_target_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/range_file");
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            super::range_file(&std::fs::read(entry.unwrap().path()).unwrap());
            seeds += 1;
        }
        assert!(seeds >= 5, "{seeds} seeds");
    }
}
