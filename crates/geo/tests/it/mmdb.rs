//! Databases in MaxMind's format, made here.

use std::path::PathBuf;

use geo::{Countries, CountryCode, GeoError};

/// A database being made: a tree over 128 bits, IPv4 below `::/96`, records of 24 bits.
#[derive(Default)]
struct Builder {
    /// Children of each node; `Leaf` places count from the start of the data.
    nodes: Vec<[Child; 2]>,
    data: Vec<u8>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Child {
    #[default]
    Nothing,
    Node(usize),
    Leaf(usize),
}

impl Builder {
    fn new() -> Self {
        Self { nodes: vec![[Child::Nothing; 2]], data: Vec::new() }
    }

    /// Gives the network of the first `length` bits of `address` a record.
    fn insert(&mut self, address: u128, length: u32, record: &[u8]) {
        let place = self.data.len();
        self.data.extend_from_slice(record);
        let mut node = 0;
        for depth in 0..length {
            let bit = (address >> (127 - depth) & 1) as usize;
            if depth + 1 == length {
                self.nodes[node][bit] = Child::Leaf(place);
            } else if let Child::Node(next) = self.nodes[node][bit] {
                node = next;
            } else {
                self.nodes.push([Child::Nothing; 2]);
                self.nodes[node][bit] = Child::Node(self.nodes.len() - 1);
                node = self.nodes.len() - 1;
            }
        }
    }

    fn finish(&self) -> Vec<u8> {
        let count = self.nodes.len();
        let mut bytes = Vec::new();
        for child in self.nodes.iter().flatten() {
            let number = match *child {
                Child::Nothing => count,
                Child::Node(node) => node,
                Child::Leaf(place) => count + 16 + place,
            };
            bytes.extend_from_slice(&(number as u32).to_be_bytes()[1..]);
        }
        bytes.extend_from_slice(&[0; 16]);
        bytes.extend_from_slice(&self.data);
        bytes.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        let entries = [
            (text("node_count"), number(6, count as u64)),
            (text("record_size"), number(5, 24)),
            (text("ip_version"), number(5, 6)),
            (text("database_type"), text("Made-up")),
            (text("languages"), vec![0x00, 0x04]),
            (text("binary_format_major_version"), number(5, 2)),
            (text("binary_format_minor_version"), number(5, 0)),
            (text("build_epoch"), number(9, 1)),
            (text("description"), map(&[])),
        ];
        bytes.extend_from_slice(&map(&entries));
        bytes
    }
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![2 << 5 | text.len().min(29) as u8];
    if let Some(more) = text.len().checked_sub(29) {
        bytes.push(more as u8);
    }
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// An unsigned number of the types 5 (16 bits), 6 (32 bits) and 9 (64 bits).
fn number(kind: u8, value: u64) -> Vec<u8> {
    let bytes: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    let head = if kind < 8 { vec![kind << 5 | bytes.len() as u8] } else { vec![bytes.len() as u8, kind - 7] };
    [head, bytes].concat()
}

fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![7 << 5 | entries.len() as u8];
    for (key, value) in entries {
        bytes.extend_from_slice(key);
        bytes.extend_from_slice(value);
    }
    bytes
}

fn database() -> Vec<u8> {
    let nested =
        |code| map(&[(text("country"), map(&[(text("iso_code"), text(code)), (text("geoname_id"), number(6, 7))]))]);
    let mut builder = Builder::new();
    builder.insert(0xc000_0200, 120, &nested("DE"));
    builder.insert(0xc633_6400, 120, &map(&[(text("country_code"), text("FR"))]));
    builder.insert(0xcb00_7100, 120, &map(&[(text("city"), text("Nowhere"))]));
    builder.insert(0x2001_0db8 << 96, 48, &nested("JP"));
    builder.finish()
}

fn opened(name: &str, bytes: &[u8]) -> Result<Countries, GeoError> {
    let path = std::env::temp_dir().join(format!("geo-{name}-{}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let opened = Countries::open([&path]);
    std::fs::remove_file(path).unwrap();
    opened
}

#[test]
fn a_database_gives_what_text_gives() {
    let countries = opened("same", &database()).unwrap();
    for (address, expected) in [
        ("192.0.1.255", None),
        ("192.0.2.0", Some("DE")),
        ("192.0.2.255", Some("DE")),
        ("192.0.3.0", None),
        ("198.51.100.9", Some("FR")),
        ("203.0.113.1", None),
        ("2001:db8::1", Some("JP")),
        ("2001:db8:1::", None),
    ] {
        assert_eq!(countries.country(address.parse().unwrap()), expected.and_then(CountryCode::parse), "{address}");
    }
}

#[test]
fn a_damaged_database_is_an_error_or_another_database() {
    let good = database();
    let mut errors = 0;
    for at in (0..good.len()).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        errors += usize::from(opened("damaged", &bad).is_err());
    }
    println!("{errors} of {} damages noticed", good.len().div_ceil(3));
    assert!(errors > 10);
}

#[test]
fn nodes_that_are_no_tree_end() {
    // Node n leads to node n + 1 on both sides: 2¹²⁸ networks of 128 nodes, all empty.
    let mut builder = Builder::new();
    builder.nodes = (1..128).map(|next| [Child::Node(next); 2]).chain([[Child::Nothing; 2]]).collect();
    assert!(matches!(opened("tree", &builder.finish()), Err(GeoError::Database { .. })));
}

#[test]
fn the_seed_of_the_fuzz_target_is_this_database() {
    assert!(std::fs::read(seed()).unwrap() == database(), "run the ignored test `write_the_seed`");
}

#[test]
#[ignore = "writes to the repository"]
fn write_the_seed() {
    std::fs::write(seed(), database()).unwrap();
}

fn seed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/range_file/database")
}
