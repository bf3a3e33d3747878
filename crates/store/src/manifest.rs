//! Manifests: the list of files that make up a crawl or a snapshot, under a checksum of its own.
//!
//! ```text
//! {"manifest":1,"xxh3":"0123456789abcdef"}\n      the checksum of all bytes that follow
//! { …the document, JSON… }\n
//! ```

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::durable;
use crate::error::{IoContext, Result, bad_manifest};

/// The name of every manifest.
pub(crate) const MANIFEST: &str = "manifest.json";

/// One file of a crawl or snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path below the manifest's folder.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Rows in it.
    pub rows: u64,
    /// Checksum of the file's footer (XXH3-64, hexadecimal), which covers every other byte through
    /// the checksums of the directory.
    pub checksum: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    manifest: u32,
    xxh3: String,
}

/// Writes a document under its checksum, atomically.
pub(crate) fn write<T: Serialize>(path: &Path, document: &T) -> Result<()> {
    let mut body = serde_json::to_vec_pretty(document).map_err(|error| bad_manifest(path, error.to_string()))?;
    body.push(b'\n');
    let head = Head { manifest: 1, xxh3: format!("{:016x}", xxh3_64(&body)) };
    let mut bytes = serde_json::to_vec(&head).map_err(|error| bad_manifest(path, error.to_string()))?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&body);
    durable::write_file(path, &bytes)
}

/// Reads a document after checking its checksum.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).during("read", path)?;
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| bad_manifest(path, "no first line"))?;
    let (head, body) = (&bytes[..end], &bytes[end + 1..]);
    let parsed: Head = serde_json::from_slice(head).map_err(|_| bad_manifest(path, "the first line is corrupt"))?;
    if parsed.manifest != 1 {
        return Err(bad_manifest(path, format!("version {} is newer than this program", parsed.manifest)));
    }
    // The head is compared as it would be written, so that no byte of it can change unseen.
    let expected = Head { manifest: 1, xxh3: format!("{:016x}", xxh3_64(body)) };
    if serde_json::to_vec(&expected).ok().as_deref() != Some(head) {
        return Err(bad_manifest(path, "checksum"));
    }
    serde_json::from_slice(body).map_err(|error| bad_manifest(path, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_with_any_byte_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MANIFEST);
        let entry = FileEntry { name: "a".into(), size_bytes: 1, rows: 2, checksum: "3".into() };
        write(&path, &entry).unwrap();
        assert_eq!(read::<FileEntry>(&path).unwrap(), entry);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x01;
            fs::write(&path, &bad).unwrap();
            assert!(read::<FileEntry>(&path).is_err(), "byte {at}");
        }
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert!(read::<FileEntry>(&path).is_err());
    }
}
