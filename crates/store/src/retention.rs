//! Which snapshots are kept: the one that is served, the one before it, and every one that was served
//! within a while, because an answer that is read in pages goes on in the snapshot that it began on.

use model::{SnapshotId, Timestamp};

use crate::durable;
use crate::error::{IoContext, Result};
use crate::layout::DataDir;
use crate::manifest::{self, MANIFEST};
use crate::snapshot::SnapshotManifest;
use crate::stop::kill_point;

/// Removes the snapshots that nothing needs any more; their numbers, oldest first.
///
/// A snapshot was served until the next one was made. Takes the right to write for the time of the
/// work. A snapshot whose age cannot be told stays.
pub fn retire(data: &DataDir, now: Timestamp, keep_seconds: i64) -> Result<Vec<SnapshotId>> {
    let _lock = data.lock()?;
    let Some(served) = data.current()? else { return Ok(Vec::new()) };
    let snapshots = data.snapshots()?;
    let before: Vec<SnapshotId> = snapshots.iter().copied().filter(|id| *id < served).collect();
    let mut retired = Vec::new();
    for pair in before.windows(2) {
        let [old, next] = pair else { continue };
        let Ok(manifest) = manifest::read::<SnapshotManifest>(&data.snapshot(*next).join(MANIFEST)) else { continue };
        if now.seconds().saturating_sub(manifest.created_at) > keep_seconds {
            remove(data, *old)?;
            retired.push(*old);
        }
    }
    Ok(retired)
}

/// Takes a snapshot out of sight in one step, then removes its files.
fn remove(data: &DataDir, snapshot: SnapshotId) -> Result<()> {
    let path = data.snapshot(snapshot);
    let rubbish = data.temporary("retired")?;
    let moved = rubbish.path().join(snapshot.to_string());
    kill_point("retire.before");
    std::fs::rename(&path, &moved).during("rename", &path)?;
    kill_point("retire.moved");
    durable::sync_parent(&path)?;
    durable::remove_folder(&moved)
}
