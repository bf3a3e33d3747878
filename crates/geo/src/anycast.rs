//! Networks that are announced from many countries at once.

use std::net::IpAddr;
use std::sync::LazyLock;

use crate::country::CountryCode;
use crate::ranges::{Range, Ranges, network};

/// The list; it says where it is from.
const LIST: &str = include_str!("anycast.txt");

static NETWORKS: LazyLock<Ranges> = LazyLock::new(|| {
    let ranges: Vec<Range> = networks().flatten().collect();
    Ranges::new(&ranges).expect("networks of the list share no address, as a test checks")
});

/// Whether an address lies in a network that is announced from many countries at once.
pub fn is_anycast(address: IpAddr) -> bool {
    NETWORKS.country(address).is_some()
}

/// Each line of the list; None for one that is no network.
fn networks() -> impl Iterator<Item = Option<Range>> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let (first, last) = network(line)?;
        Some(Range { first, last, country: Some(CountryCode::WORLDWIDE) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_network_and_none_overlap() {
        assert!(networks().all(|range| range.is_some()));
        assert!(Ranges::new(&networks().flatten().collect::<Vec<_>>()).is_ok());
    }

    #[test]
    fn addresses_are_in_the_list_or_not() {
        let is_listed = |text: &str| is_anycast(text.parse().unwrap());
        assert!(is_listed("104.16.0.1") && is_listed("151.101.1.6") && is_listed("2606:4700::1"));
        assert!(is_listed("::ffff:104.16.0.1"));
        assert!(!is_listed("192.0.2.1") && !is_listed("2001:db8::1") && !is_listed("104.15.255.255"));
    }
}
