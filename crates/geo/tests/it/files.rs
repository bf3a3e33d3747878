//! Files in text: the committed ones, with made-up ranges of documentation addresses.

use std::net::IpAddr;
use std::path::PathBuf;

use geo::{Countries, CountryCode, GeoError, address_country};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

#[test]
fn both_kinds_of_address_are_found() {
    let countries = Countries::open([fixture("geoip"), fixture("geoip6")]).unwrap();
    for (address, expected) in [
        ("192.0.1.255", None),
        ("192.0.2.0", Some("DE")),
        ("192.0.2.255", Some("DE")),
        ("192.0.3.0", None),
        ("198.51.100.9", Some("FR")),
        ("203.0.113.1", None),
        ("2001:db8::1", Some("JP")),
        ("2001:db8:0:ffff:ffff:ffff:ffff:ffff", Some("JP")),
        ("2001:db8:1::", None),
        ("::ffff:192.0.2.1", Some("DE")),
    ] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(countries.country(address), expected.and_then(CountryCode::parse), "{address}");
        assert_eq!(address_country(&countries, address), countries.country(address), "{address}");
    }
    assert_eq!(countries.entries(), 6);
    assert!(countries.memory_bytes() < 200);
}

#[test]
fn an_address_that_is_everywhere_is_in_no_country() {
    let countries = Countries::open([fixture("geoip")]).unwrap();
    let address = "151.101.1.6".parse().unwrap();
    assert_eq!(countries.country(address), None);
    assert_eq!(address_country(&countries, address), Some(CountryCode::WORLDWIDE));
}

#[test]
fn the_first_file_that_knows_answers() {
    let folder = std::env::temp_dir().join(format!("geo-first-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let other = folder.join("other");
    std::fs::write(&other, "192.0.2.0,192.0.2.255,US\n203.0.113.0,203.0.113.255,US\n").unwrap();
    let country = |order: [&PathBuf; 2], address: &str| {
        Countries::open(order).unwrap().country(address.parse().unwrap()).unwrap().to_string()
    };
    let own = fixture("geoip");
    assert_eq!(country([&own, &other], "192.0.2.1"), "DE");
    assert_eq!(country([&other, &own], "192.0.2.1"), "US");
    // Unknown in the first.
    assert_eq!(country([&own, &other], "203.0.113.1"), "US");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn faults_name_file_and_line() {
    let folder = std::env::temp_dir().join(format!("geo-faults-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("ranges");
    let open = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Countries::open([&path]).unwrap_err()
    };
    assert!(matches!(open("# a\n1,2,DE\n1,x,DE"), GeoError::Line { line: 3, what: "not an address", .. }));
    assert!(matches!(open("# a\n10,20,DE\n1,2,DE\n20,30,DE"), GeoError::Overlap { lines: [2, 4], .. }));
    let text = open("1,2,DE\n2,3,DE").to_string();
    assert!(text.starts_with("lines 1 and 2 of ") && text.ends_with("ranges share addresses"), "{text}");
    let missing = Countries::open([folder.join("missing")]).unwrap_err();
    assert!(matches!(missing, GeoError::Read { .. }));
    std::fs::remove_dir_all(folder).unwrap();
}
