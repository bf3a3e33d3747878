//! The range files of Debian's package `tor-geoipdb`, where they are installed, against a second reader.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::IpAddr;
use std::time::Instant;

use geo::Countries;

const FILES: [&str; 2] = ["/usr/share/tor/geoip", "/usr/share/tor/geoip6"];

/// The second reader: ends and country by the beginning, all as 128-bit numbers, IPv4 apart.
struct Second {
    ranges: [BTreeMap<u128, (u128, String)>; 2],
}

impl Second {
    fn read(files: [&str; 2]) -> Self {
        let ranges = files.map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            let number = |text: &str| match text.parse::<u128>() {
                Ok(number) => number,
                Err(_) => sixteen(text),
            };
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines
                .map(|line| {
                    let columns: Vec<&str> = line.split(',').collect();
                    (number(columns[0]), (number(columns[1]), columns[2].to_owned()))
                })
                .collect()
        });
        Self { ranges }
    }

    fn country(&self, address: IpAddr) -> Option<&str> {
        let (ranges, number) = match address {
            IpAddr::V4(address) => (&self.ranges[0], u128::from(u32::from_be_bytes(address.octets()))),
            IpAddr::V6(address) => (&self.ranges[1], u128::from_be_bytes(address.octets())),
        };
        let (_, (last, country)) = ranges.range(..=number).next_back()?;
        (number <= *last && country != "??").then_some(country.as_str())
    }
}

/// An IPv6 address in text, groups of hexadecimal digits with one gap.
fn sixteen(text: &str) -> u128 {
    let groups = |text: &str| -> Vec<u128> {
        text.split(':')
            .filter(|group| !group.is_empty())
            .map(|group| u128::from_str_radix(group, 16).unwrap())
            .collect()
    };
    let (head, tail) = text.split_once("::").unwrap_or((text, ""));
    let (head, tail) = (groups(head), groups(tail));
    let head = (0..8).map(|place| head.get(place).copied().unwrap_or(0)).fold(0, |sum, group| sum << 16 | group);
    head | tail.iter().fold(0, |sum, group| sum << 16 | group)
}

/// Addresses: beginnings and ends of ranges, their neighbours, and any.
fn addresses(second: &Second, count: usize) -> Vec<IpAddr> {
    let mut state = 1_u128;
    let mut random = move || {
        state = state.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(0x5851_f42d_4c95_7f2d);
        state ^ state >> 67
    };
    let ends: [Vec<u128>; 2] =
        [0, 1].map(|kind| second.ranges[kind].iter().flat_map(|(&first, &(last, _))| [first, last]).collect());
    let mut addresses = Vec::new();
    while addresses.len() < count {
        for kind in 0..2 {
            let end = ends[kind][(random() >> 64) as usize % ends[kind].len()];
            // Inside of two to the twentieth of an end, at it and beside it, and anywhere.
            for number in [end, end.wrapping_sub(1), end.wrapping_add(1), end.wrapping_add(random() >> 108), random()] {
                addresses.push(match kind {
                    0 => IpAddr::from((number as u32).to_be_bytes()),
                    _ => IpAddr::from(number.to_be_bytes()),
                });
            }
        }
    }
    addresses
}

#[test]
fn ten_thousand_addresses_are_where_a_second_reader_has_them() {
    for file in FILES {
        if !std::fs::exists(file).unwrap() {
            println!("skipped: no {file}; it is in Debian's package tor-geoipdb");
            return;
        }
    }
    let start = Instant::now();
    let countries = Countries::open(FILES).unwrap();
    let open_ms = start.elapsed().as_millis();
    let second = Second::read(FILES);
    let addresses = addresses(&second, 10_000);
    let mut found = 0;
    for &address in &addresses {
        let country = countries.country(address);
        found += usize::from(country.is_some());
        assert_eq!(country.as_ref().map(geo::CountryCode::as_str), second.country(address), "{address}");
    }
    assert!(found > addresses.len() / 2, "{found}");

    let start = Instant::now();
    let rounds = 20;
    for _ in 0..rounds {
        for &address in &addresses {
            black_box(countries.country(black_box(address)));
        }
    }
    println!(
        "{} addresses equal, {found} in a country; read in {open_ms} ms; {} entries, {:.2} MiB; {:.0} ns a look-up",
        addresses.len(),
        countries.entries(),
        countries.memory_bytes() as f64 / f64::from(1 << 20),
        start.elapsed().as_nanos() as f64 / (rounds * addresses.len()) as f64
    );
}
