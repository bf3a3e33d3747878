//! Files that nothing names. Manifests are read as plain JSON, by no code of ours.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Documents that are there by their own name.
const KNOWN: [&str; 7] =
    ["index.json", "lock", "keys.json", "keys.lock", "token.key", "forgotten.json", "snapshots/CURRENT"];

/// Folders that may be there and empty.
const FOLDERS: [&str; 3] = ["crawls", "snapshots", "tmp"];

/// Every file and folder below an index that no manifest names and that is none of the known documents, and
/// every file that is named and not there.
pub(crate) fn orphans(data: &Path) -> Vec<String> {
    let mut named: BTreeSet<PathBuf> = KNOWN.iter().map(|name| data.join(name)).collect();
    let mut problems = Vec::new();
    for parent in ["crawls", "snapshots"] {
        for folder in children(&data.join(parent)).into_iter().filter(|path| path.is_dir()) {
            let manifest = folder.join("manifest.json");
            for (name, size_bytes) in files_of(&manifest) {
                let path = folder.join(name);
                match std::fs::metadata(&path) {
                    Ok(about) if about.len() == size_bytes => {}
                    _ => problems.push(format!("{} is named and not there", path.display())),
                }
                named.insert(path);
            }
            named.insert(manifest);
        }
    }
    let mut folders: BTreeSet<PathBuf> = FOLDERS.iter().map(|name| data.join(name)).collect();
    folders.extend(named.iter().flat_map(|path| path.ancestors().skip(1)).map(Path::to_owned));
    let mut waiting = vec![data.to_owned()];
    while let Some(folder) = waiting.pop() {
        for path in children(&folder) {
            // What the server writes of usage is its own.
            if path == data.join("usage") {
                continue;
            }
            let is_known = if path.is_dir() { folders.contains(&path) } else { named.contains(&path) };
            if !is_known {
                problems.push(format!("nothing names {}", path.display()));
            } else if path.is_dir() {
                waiting.push(path);
            }
        }
    }
    problems
}

/// Names and sizes of the files of a manifest; its first line has the checksum.
fn files_of(manifest: &Path) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(manifest).unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
    let (_, document) = text.split_once('\n').unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let files = document["files"].as_array().unwrap();
    files.iter().map(|file| (file["name"].as_str().unwrap().to_owned(), file["size_bytes"].as_u64().unwrap())).collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
