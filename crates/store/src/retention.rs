//! Which snapshots are kept: the newest ones, and every one that was served within a while, because an
//! answer that is read in pages goes on in the snapshot that it began on.

use model::{SnapshotId, Timestamp};

use crate::error::{Result, StoreError};
use crate::layout::{DataDir, discard};
use crate::manifest::{self, MANIFEST};
use crate::snapshot::SnapshotManifest;

/// What stays. The snapshot that is served stays whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// So many of the newest, the one that is served among them.
    pub snapshots: u32,
    /// And every one that was served within so many seconds.
    pub seconds: i64,
}

/// Removes the snapshots that nothing needs any more; their numbers, oldest first.
///
/// A snapshot was served until the next one was made; if the next one was removed, it counts as served
/// until the one behind that was made. Takes the right to write for the time of the work. A snapshot whose
/// age cannot be told stays.
pub fn retire(data: &DataDir, now: Timestamp, keep: Retention) -> Result<Vec<SnapshotId>> {
    let _lock = data.lock()?;
    let Some(served) = data.current()? else { return Ok(Vec::new()) };
    let mut snapshots = data.snapshots()?;
    snapshots.retain(|id| *id <= served);
    let newest = usize::try_from(keep.snapshots.max(1)).unwrap_or(usize::MAX);
    let mut retired = Vec::new();
    for pair in snapshots.windows(2).take(snapshots.len().saturating_sub(newest)) {
        let [old, next] = pair else { continue };
        let Ok(manifest) = manifest::read::<SnapshotManifest>(&data.snapshot(*next).join(MANIFEST)) else { continue };
        if keep.seconds == 0 || now.seconds().saturating_sub(manifest.created_at) > keep.seconds {
            discard(data, &data.snapshot(*old))?;
            retired.push(*old);
        }
    }
    Ok(retired)
}

/// Removes snapshots, whatever their age. Nothing is removed if one of them is not there, or is served.
pub fn remove_snapshots(data: &DataDir, snapshots: &[SnapshotId]) -> Result<()> {
    let _lock = data.lock()?;
    let (kept, served) = (data.snapshots()?, data.current()?);
    for snapshot in snapshots {
        if !kept.contains(snapshot) {
            let path = data.root().join("snapshots");
            return Err(StoreError::NotFound { what: format!("snapshot {}", snapshot.0), path });
        }
        if served == Some(*snapshot) {
            return Err(StoreError::Served { snapshot: *snapshot });
        }
    }
    let mut wanted = snapshots.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.iter().try_for_each(|snapshot| discard(data, &data.snapshot(*snapshot)))
}
