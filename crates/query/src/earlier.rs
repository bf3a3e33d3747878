//! Earlier snapshots: which there are, and the few that stay open.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::{SnapshotId, Timestamp};
use store::{DataDir, Snapshot, StoreError};

use crate::as_of::AsOf;
use crate::index::QueryError;

/// So many stay open.
const OPEN: usize = 4;

/// The earlier snapshots of an index.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// The last one used last.
    open: Mutex<Vec<Arc<Snapshot>>>,
    /// When each was made, as far as somebody asked.
    made: Mutex<BTreeMap<SnapshotId, Timestamp>>,
}

impl Earlier {
    /// A snapshot, if it is kept, with a cache of `cache_bytes` if it is not open yet.
    pub(crate) fn get(
        &self,
        data: &DataDir,
        id: SnapshotId,
        cache_bytes: u64,
    ) -> Result<Option<Arc<Snapshot>>, StoreError> {
        let is_kept = data.snapshots()?.contains(&id);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_kept {
            open.retain(|snapshot| snapshot.id() != id);
            return Ok(None);
        }
        let snapshot = match open.iter().position(|snapshot| snapshot.id() == id) {
            // The last one used is the last one to be closed.
            Some(at) => open.remove(at),
            None => Arc::new(Snapshot::open(data, id, cache_bytes)?),
        };
        if open.len() == OPEN {
            open.remove(0);
        }
        open.push(Arc::clone(&snapshot));
        Ok(Some(snapshot))
    }

    /// The snapshot that `as_of` means, of those that are kept and not newer than `served`. Cost: a
    /// folder is listed, and the manifest of each snapshot read at the first question.
    pub(crate) fn find(&self, data: &DataDir, served: &Snapshot, as_of: AsOf) -> Result<SnapshotId, QueryError> {
        let made = self.made(data, served)?;
        let is_meant = |(id, at): &(&SnapshotId, &Timestamp)| match as_of {
            AsOf::Snapshot(number) => **id == number,
            AsOf::Time(time) => **at <= time,
        };
        if let Some((id, _)) = made.iter().rev().find(is_meant) {
            return Ok(*id);
        }
        let (oldest, made) = made.into_iter().next().unwrap_or((served.id(), served.made_at()));
        Err(QueryError::NoSnapshotAsOf { oldest, made })
    }

    /// When each snapshot was made that is kept and not newer than `served`.
    fn made(&self, data: &DataDir, served: &Snapshot) -> Result<BTreeMap<SnapshotId, Timestamp>, StoreError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = data.snapshots()?;
        made.retain(|id, _| kept.contains(id));
        for id in kept.into_iter().filter(|id| *id <= served.id()) {
            if made.contains_key(&id) {
                continue;
            }
            match Snapshot::open(data, id, 0) {
                Ok(snapshot) => _ = made.insert(id, snapshot.made_at()),
                // Retired since the folder was listed.
                Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(made.range(..=served.id()).map(|(id, at)| (*id, *at)).collect())
    }
}
