//! Arrows between crates go strictly down, and heavy libraries stay behind their wall.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

const LAYERS: &[(&str, u32)] = &[
    ("model", 0),
    ("warc", 0),
    ("geo", 0),
    ("store", 1),
    ("rank", 1),
    ("extract", 1),
    ("synthweb", 1),
    ("query", 2),
    ("server", 3),
    ("openbacklinks", 4),
];

/// `warc` speaks of times and digests in the words of `model`: the one arrow inside a layer.
const SIDEWAYS: &[(&str, &str)] = &[("warc", "model")];

/// A library, and the crates that may name it.
const WALLS: &[(&str, &[&str])] = &[
    ("arrow", &["store"]),
    ("parquet", &["store"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("clap", &["openbacklinks"]),
    ("anyhow", &["openbacklinks"]),
    ("psl", &["model"]),
    ("url", &["model"]),
    ("maxminddb", &["geo"]),
    ("reqwest", &[]),
    ("ureq", &[]),
    ("tokio", &["server", "openbacklinks"]),
];

#[test]
fn crates_use_only_what_lies_below_them() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let layers: BTreeMap<&str, u32> = LAYERS.iter().copied().collect();
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), LAYERS.len(), "a new crate needs a layer here and in ARCHITECTURE.md");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let own = layers.get(name).copied().unwrap_or_else(|| panic!("{name} has no layer"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            let is_for_tests = dependency["kind"].as_str() == Some("dev");
            if let Some(layer) = layers.get(other) {
                let is_down = *layer < own || SIDEWAYS.contains(&(name, other));
                assert!(is_down || is_for_tests, "{name} (layer {own}) uses {other} (layer {layer})");
            }
            if let Some((_, allowed)) = WALLS.iter().find(|(wall, _)| *wall == other) {
                assert!(allowed.contains(&name) || is_for_tests, "{name} uses {other}");
            }
        }
    }
}
