//! Ranges of addresses as sorted arrays of where they begin.
//!
//! A range `first..=last` of a country is two entries: its country from `first` on, nothing from `last + 1` on; entries that
//! change nothing are left out, so neighbours of one country are one. To look up an address is to find the last entry that is
//! not above it. 6 bytes an entry for IPv4, 18 for IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::country::CountryCode;

/// A range of addresses of one kind; `last` is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: IpAddr,
    pub(crate) last: IpAddr,
    /// None: the file has the range, and knows nothing of it.
    pub(crate) country: Option<CountryCode>,
}

/// Two ranges share addresses; by their places in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overlap {
    pub(crate) places: [usize; 2],
}

/// The ranges of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ranges {
    v4: Table<u32>,
    v6: Table<u128>,
}

/// Entries, ascending. Country `[0, 0]` is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Table<A> {
    starts: Vec<A>,
    countries: Vec<[u8; 2]>,
}

impl Ranges {
    /// Of ranges in any order that share no address. Ends below their beginnings make no range.
    pub(crate) fn new(ranges: &[Range]) -> Result<Self, Overlap> {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (place, range) in ranges.iter().enumerate() {
            let country = range.country.map_or([0; 2], CountryCode::bytes);
            match (range.first, range.last) {
                (IpAddr::V4(first), IpAddr::V4(last)) => v4.push((u32::from(first), u32::from(last), country, place)),
                (IpAddr::V6(first), IpAddr::V6(last)) => v6.push((u128::from(first), u128::from(last), country, place)),
                _ => {}
            }
        }
        Ok(Self { v4: Table::new(v4, |last| last.checked_add(1))?, v6: Table::new(v6, |last| last.checked_add(1))? })
    }

    /// The country of an address. An IPv6 address that stands for an IPv4 one (`::ffff:192.0.2.1`) is that one.
    pub(crate) fn country(&self, address: IpAddr) -> Option<CountryCode> {
        let code = match address.to_canonical() {
            IpAddr::V4(address) => self.v4.get(address.into()),
            IpAddr::V6(address) => self.v6.get(address.into()),
        }?;
        CountryCode::parse(std::str::from_utf8(&code).ok()?)
    }

    /// Entries of both tables.
    pub(crate) fn entries(&self) -> usize {
        self.v4.starts.len() + self.v6.starts.len()
    }

    /// Bytes on the heap.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.v4.starts.capacity() * size_of::<u32>()
            + self.v6.starts.capacity() * size_of::<u128>()
            + (self.v4.countries.capacity() + self.v6.countries.capacity()) * 2
    }
}

impl<A: Copy + Ord> Table<A> {
    fn new(mut ranges: Vec<(A, A, [u8; 2], usize)>, next: impl Fn(A) -> Option<A>) -> Result<Self, Overlap> {
        ranges.retain(|&(first, last, ..)| first <= last);
        ranges.sort_unstable_by_key(|&(first, _, _, place)| (first, place));
        let mut table = Self { starts: Vec::new(), countries: Vec::new() };
        // Where the range before ended, and its place.
        let mut before: Option<(A, usize)> = None;
        for &(first, last, country, place) in &ranges {
            if let Some((end, earlier)) = before {
                if first <= end {
                    return Err(Overlap { places: [earlier, place] });
                }
                if let Some(gap) = next(end).filter(|gap| *gap < first) {
                    table.push(gap, [0; 2]);
                }
            }
            table.push(first, country);
            before = Some((last, place));
        }
        if let Some(gap) = before.and_then(|(end, _)| next(end)) {
            table.push(gap, [0; 2]);
        }
        table.starts.shrink_to_fit();
        table.countries.shrink_to_fit();
        Ok(table)
    }

    fn push(&mut self, start: A, country: [u8; 2]) {
        if self.countries.last().copied().unwrap_or([0; 2]) != country {
            self.starts.push(start);
            self.countries.push(country);
        }
    }

    fn get(&self, address: A) -> Option<[u8; 2]> {
        let after = self.starts.partition_point(|start| *start <= address);
        self.countries.get(after.checked_sub(1)?).copied()
    }
}

/// A network in CIDR notation as a range.
pub(crate) fn network(text: &str) -> Option<(IpAddr, IpAddr)> {
    let (address, length) = text.split_once('/')?;
    network_of(address.parse().ok()?, length.parse().ok()?)
}

/// The range of a network. None if the length is too long, or bits are set below it.
pub(crate) fn network_of(address: IpAddr, length: u8) -> Option<(IpAddr, IpAddr)> {
    match address {
        IpAddr::V4(first) => {
            let below = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            let is_network = length <= 32 && u32::from(first) & below == 0;
            is_network.then(|| (address, Ipv4Addr::from(u32::from(first) | below).into()))
        }
        IpAddr::V6(first) => {
            let below = u128::MAX.checked_shr(length.into()).unwrap_or(0);
            let is_network = length <= 128 && u128::from(first) & below == 0;
            is_network.then(|| (address, Ipv6Addr::from(u128::from(first) | below).into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(first: u32, last: u32, code: &str) -> Range {
        Range {
            first: Ipv4Addr::from(first).into(),
            last: Ipv4Addr::from(last).into(),
            country: CountryCode::parse(code),
        }
    }

    fn at(ranges: &Ranges, address: u32) -> Option<String> {
        ranges.country(Ipv4Addr::from(address).into()).map(|code| code.to_string())
    }

    #[test]
    fn ends_belong_to_their_range_and_gaps_to_nobody() {
        let ranges = Ranges::new(&[
            range(30, 39, "DE"),
            range(10, 19, "FR"),
            range(20, 29, "FR"),
            range(50, 60, "??"),
            range(u32::MAX - 1, u32::MAX, "JP"),
        ])
        .unwrap();
        let cases = [
            (9, None),
            (10, Some("FR")),
            (29, Some("FR")),
            (30, Some("DE")),
            (39, Some("DE")),
            (40, None),
            (55, None),
            (u32::MAX, Some("JP")),
        ];
        for (address, expected) in cases {
            assert_eq!(at(&ranges, address).as_deref(), expected, "{address}");
        }
        // FR, DE, none, JP: the unknown range is the gap that it lies in.
        assert_eq!(ranges.entries(), 4);
        assert_eq!(Ranges::default().country("::1".parse().unwrap()), None);
    }

    #[test]
    fn an_overlap_is_named() {
        let overlap = Ranges::new(&[range(20, 30, "DE"), range(1, 2, "FR"), range(30, 40, "DE")]).unwrap_err();
        assert_eq!(overlap, Overlap { places: [0, 2] });
    }

    #[test]
    fn a_mapped_address_is_the_one_it_stands_for() {
        let ranges = Ranges::new(&[range(0xc000_0200, 0xc000_02ff, "DE")]).unwrap();
        assert_eq!(ranges.country("::ffff:192.0.2.7".parse().unwrap()), CountryCode::parse("DE"));
        assert_eq!(ranges.country("2001:db8::1".parse().unwrap()), None);
    }

    #[test]
    fn networks_are_ranges() {
        let found = |text| network(text).map(|(first, last)| format!("{first} {last}"));
        assert_eq!(found("192.0.2.0/24").as_deref(), Some("192.0.2.0 192.0.2.255"));
        assert_eq!(found("0.0.0.0/0").as_deref(), Some("0.0.0.0 255.255.255.255"));
        assert_eq!(found("192.0.2.1/32").as_deref(), Some("192.0.2.1 192.0.2.1"));
        assert_eq!(found("2001:db8::/127").as_deref(), Some("2001:db8:: 2001:db8::1"));
        for text in ["192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "2001:db8::1/64", "192.0.2.0", "a/8", ""] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn looking_up_is_scanning(starts in prop::collection::btree_set(0_u32..300, 0..30), lengths in prop::collection::vec(0_u32..20, 30), codes in prop::collection::vec(0_usize..4, 30)) {
            let starts: Vec<u32> = starts.into_iter().collect();
            let mut ranges = Vec::new();
            for (place, &first) in starts.iter().enumerate() {
                let limit = starts.get(place + 1).map_or(400, |next| next - 1);
                ranges.push(range(first, limit.min(first + lengths[place]), ["DE", "FR", "JP", "??"][codes[place]]));
            }
            let table = Ranges::new(&ranges).unwrap();
            for address in 0..450 {
                let ip = IpAddr::from(Ipv4Addr::from(address));
                let scanned = ranges.iter().find(|range| range.first <= ip && ip <= range.last).and_then(|range| range.country);
                prop_assert_eq!(table.country(ip), scanned);
            }
        }
    }
}
