//! The index as a whole: the snapshot that is served, and the questions that can be put to it.

use std::path::Path;
use std::sync::{Arc, RwLock};

use model::SnapshotId;
use store::{DataDir, Scope, Snapshot, StoreError};

use crate::answer::BacklinksAnswer;
use crate::question::{BacklinksQuestion, LinkStatus};
use crate::row::backlink;
use crate::selection::Selection;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// Nothing has been built yet.
    #[error("the index has no snapshot yet")]
    NoSnapshot,
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
}

impl Index {
    /// Opens the snapshot that is served, with a cache of `cache_bytes` for decoded blocks.
    pub fn open(root: &Path, cache_bytes: u64) -> Result<Self, QueryError> {
        let data = DataDir::open(root)?;
        let id = data.current()?.ok_or(QueryError::NoSnapshot)?;
        let snapshot = Snapshot::open(&data, id, cache_bytes)?;
        Ok(Self { data, cache_bytes, served: RwLock::new(Arc::new(snapshot)) })
    }

    /// The folder of the index.
    pub fn root(&self) -> &Path {
        self.data.root()
    }

    /// The snapshot that questions go to now. Whoever holds it keeps it, whatever is published.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.served.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Moves on to a snapshot that was published since; its number, if there is one.
    pub fn refresh(&self) -> Result<Option<SnapshotId>, QueryError> {
        let id = self.data.current()?.ok_or(QueryError::NoSnapshot)?;
        if self.snapshot().id() == id {
            return Ok(None);
        }
        let snapshot = Arc::new(Snapshot::open(&self.data, id, self.cache_bytes)?);
        *self.served.write().unwrap_or_else(std::sync::PoisonError::into_inner) = snapshot;
        Ok(Some(id))
    }

    /// The links to a target, one for each referring page.
    ///
    /// Cost: for a default question about a large host or domain, the rows shown; else 16 bytes for
    /// each stored link of the target, and the rows shown.
    pub fn backlinks(&self, question: &BacklinksQuestion) -> Result<BacklinksAnswer, QueryError> {
        let snapshot = self.snapshot();
        let reader = snapshot.bucket(snapshot.buckets().of(&question.target.host()))?;
        let mut ready = None;
        if is_default(question)
            && let Some(scope) = Scope::of(&question.target)
            && let Some(list) = reader.order(&scope)?
        {
            let rows = list.rows(question.offset.into(), question.limit.into())?;
            ready = rows.map(|rows| (list.counters().referring_pages, rows));
        }
        let (total_count, rows) = if let Some(answer) = ready {
            answer
        } else {
            let selection = Selection::of(reader, question)?;
            (selection.count(), selection.rows(question.offset as usize, question.limit as usize))
        };
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let newest_visit = snapshot.newest_visit();
        let fetched = reader.fetch(&ids)?.into_iter().zip(rows);
        let rows = fetched.map(|(row, ordered)| backlink(row, ordered.links, newest_visit)).collect();
        Ok(BacklinksAnswer { total_count, rows })
    }
}

/// Whether the question is the one that lists are kept for.
fn is_default(question: &BacklinksQuestion) -> bool {
    question.status == LinkStatus::Live && question.exclude_internal && question.include_indirect
}
