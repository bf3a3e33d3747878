//! The index as a whole: the snapshot that is served, and the questions that can be put to it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use model::SnapshotId;
use store::{DataDir, Scope, Snapshot, StoreError};

use crate::answer::BacklinksAnswer;
use crate::candidate::Context;
use crate::question::{BacklinksQuestion, Position};
use crate::row::backlink;
use crate::selection::{Selection, Shown, is_kept_ready};

/// Earlier snapshots that stay open for questions that began on them.
const EARLIER: usize = 4;

/// The cache of an earlier snapshot has this part of the bytes.
const EARLIER_SHARE: u64 = 8;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Nothing has been built yet.
    #[error("the index has no snapshot yet")]
    NoSnapshot,
    /// The question began on a snapshot that is not kept any more.
    #[error("snapshot {0} is not kept any more")]
    SnapshotGone(SnapshotId),
    /// The question goes on behind a row that is none of its own.
    #[error("the row to go on behind is not of this question")]
    Position,
    /// A file cannot be read or is not what was written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An index, open for questions from any number of threads.
#[derive(Debug)]
pub struct Index {
    data: DataDir,
    cache_bytes: u64,
    served: RwLock<Arc<Snapshot>>,
    /// The last one used last.
    earlier: Mutex<Vec<Arc<Snapshot>>>,
}

impl Index {
    /// Opens the snapshot that is served, with a cache of `cache_bytes` for decoded blocks.
    pub fn open(root: &Path, cache_bytes: u64) -> Result<Self, QueryError> {
        let data = DataDir::open(root)?;
        let id = data.current()?.ok_or(QueryError::NoSnapshot)?;
        let snapshot = Snapshot::open(&data, id, cache_bytes)?;
        Ok(Self { data, cache_bytes, served: RwLock::new(Arc::new(snapshot)), earlier: Mutex::default() })
    }

    /// The folder of the index.
    pub fn root(&self) -> &Path {
        self.data.root()
    }

    /// The snapshot that questions go to now. Whoever holds it keeps it, whatever is published.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.served.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Moves on to a snapshot that was published since; its number, if there is one.
    pub fn refresh(&self) -> Result<Option<SnapshotId>, QueryError> {
        let id = self.data.current()?.ok_or(QueryError::NoSnapshot)?;
        if self.snapshot().id() == id {
            return Ok(None);
        }
        let snapshot = Arc::new(Snapshot::open(&self.data, id, self.cache_bytes)?);
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(Some(id))
    }

    /// The snapshot that a question is about: the one it began on, if it goes on, else the one that is
    /// served now.
    fn snapshot_of(&self, question: &BacklinksQuestion) -> Result<Arc<Snapshot>, QueryError> {
        let served = self.snapshot();
        let Some(id) = question.after.map(|position| position.snapshot).filter(|id| *id != served.id()) else {
            return Ok(served);
        };
        let is_kept = self.data.snapshots()?.contains(&id);
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_kept {
            earlier.retain(|snapshot| snapshot.id() != id);
            return Err(QueryError::SnapshotGone(id));
        }
        if let Some(at) = earlier.iter().position(|snapshot| snapshot.id() == id) {
            // The last one used is the last one to be closed.
            let snapshot = earlier.remove(at);
            earlier.push(Arc::clone(&snapshot));
            return Ok(snapshot);
        }
        let snapshot = Arc::new(Snapshot::open(&self.data, id, self.cache_bytes / EARLIER_SHARE)?);
        if earlier.len() == EARLIER {
            earlier.remove(0);
        }
        earlier.push(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The links to a target: see [`BacklinksQuestion`].
    ///
    /// Cost: for a default question about a large host or domain, the rows shown; else 16 bytes for
    /// each stored link of the target, the columns that filter, mode and order ask for, and the rows
    /// shown.
    pub fn backlinks(&self, question: &BacklinksQuestion) -> Result<BacklinksAnswer, QueryError> {
        let snapshot = self.snapshot_of(question)?;
        let reader = snapshot.bucket(snapshot.buckets().of(&question.target.host()))?;
        let before = question.after.map_or(question.offset.into(), |position| position.rows_before);
        let mut ready = None;
        if is_kept_ready(question)
            && let Some(scope) = Scope::of(&question.target)
            && let Some(list) = reader.order(&scope)?
        {
            let rows = list.rows(before, question.limit.into())?;
            ready = rows.map(|rows| (list.counters().referring_pages, rows.into_iter().map(Shown::from).collect()));
        }
        let (total_count, rows): (u64, Vec<Shown>) = if let Some(answer) = ready {
            answer
        } else {
            let context = Context { reader, newest_visit: snapshot.newest_visit(), scale: question.scale };
            let selection = Selection::of(context, question)?;
            let total_count = selection.count();
            let (after, offset) = match question.after {
                None => (None, question.offset as usize),
                Some(position) => (Some(position.row), 0),
            };
            let rows = selection.rows(question, after, (offset, question.limit as usize))?;
            (total_count, rows.ok_or(QueryError::Position)?)
        };
        let rows_before = before + rows.len() as u64;
        let next = rows.last().filter(|_| rows_before < total_count);
        let next = next.map(|last| Position { snapshot: snapshot.id(), row: last.id, rows_before });
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let newest_visit = snapshot.newest_visit();
        let fetched = reader.fetch(&ids)?.into_iter().zip(rows);
        let rows = fetched.map(|(row, shown)| backlink(row, shown.links, shown.group_links, newest_visit)).collect();
        Ok(BacklinksAnswer { total_count, rows, next })
    }
}
