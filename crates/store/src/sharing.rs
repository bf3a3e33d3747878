//! What a snapshot alone holds on disk, and what others hold as well.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::error::{IoContext, Result};
use crate::layout::DataDir;
use crate::snapshot::SnapshotManifest;

/// Bytes of the files of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SnapshotBytes {
    /// Of files that are its own: what its removal gives back.
    pub own: u64,
    /// Of files that other snapshots have too.
    pub shared: u64,
}

/// Counts them, by the number of names that each file has. Cost: a look at every file of the snapshot.
pub fn snapshot_bytes(data: &DataDir, manifest: &SnapshotManifest) -> Result<SnapshotBytes> {
    let folder = data.snapshot(model::SnapshotId(manifest.snapshot));
    let mut bytes = SnapshotBytes::default();
    for file in &manifest.files {
        let path = folder.join(&file.name);
        let names = fs::metadata(&path).during("look at", &path)?.nlink();
        *(if names > 1 { &mut bytes.shared } else { &mut bytes.own }) += file.size_bytes;
    }
    Ok(bytes)
}
