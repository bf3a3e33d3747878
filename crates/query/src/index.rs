//! The index as a whole: the snapshot that is served, and the questions that can be put to it.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use model::{SnapshotId, Timestamp};
use store::{DataDir, Scope, Snapshot, StoreError};

use crate::answer::{Backlink, BacklinksAnswer};
use crate::bounds::Bounds;
use crate::candidate::Context;
use crate::earlier::Earlier;
use crate::explain::{SetRank, explain};
use crate::filter::Filter;
use crate::question::{BacklinksQuestion, Mode, Position};
use crate::row::backlink;
use crate::selection::{Shown, is_kept_ready, select};
use crate::target_rows::TargetRows;

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
    /// No snapshot that is kept is the one that the question names.
    #[error("no such snapshot is kept; the oldest is number {} of {made}", oldest.0)]
    NoSnapshotAsOf {
        /// The oldest that is kept.
        oldest: SnapshotId,
        /// When that was made.
        made: Timestamp,
    },
    /// The question goes on behind a row that is none of its own.
    #[error("the row to go on behind is not of this question")]
    Position,
    /// More stored links would have to be scanned than the bounds allow.
    #[error("the target has more links than may be scanned")]
    TooManyRows,
    /// More memory would be needed than the bounds allow.
    #[error("the question needs more than {} MiB of memory", memory_bytes >> 20)]
    TooLarge {
        /// The bound.
        memory_bytes: u64,
    },
    /// Nobody waits for the answer any more.
    #[error("the question was called off")]
    CalledOff,
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
    earlier: Earlier,
}

impl Index {
    /// Opens the snapshot that is served, with a cache of `cache_bytes` for decoded blocks.
    pub fn open(root: &Path, cache_bytes: u64) -> Result<Self, QueryError> {
        let data = DataDir::open(root)?;
        let id = data.current()?.ok_or(QueryError::NoSnapshot)?;
        let snapshot = Snapshot::open(&data, id, cache_bytes)?;
        Ok(Self { data, cache_bytes, served: RwLock::new(Arc::new(snapshot)), earlier: Earlier::default() })
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

    /// The snapshot that a question is about: the one it began on, if it goes on; the one it names; else
    /// the one that is served now.
    fn snapshot_of(&self, question: &BacklinksQuestion) -> Result<Arc<Snapshot>, QueryError> {
        let served = self.snapshot();
        let id = match (question.after, question.as_of) {
            (Some(position), _) => position.snapshot,
            (None, Some(as_of)) => self.earlier.find(&self.data, &served, as_of)?,
            (None, None) => served.id(),
        };
        if id == served.id() {
            return Ok(served);
        }
        let snapshot = self.earlier.get(&self.data, id, self.cache_bytes / EARLIER_SHARE)?;
        snapshot.ok_or(QueryError::SnapshotGone(id))
    }

    /// The links to a target: see [`BacklinksQuestion`].
    ///
    /// Cost: for a default question about a large host or domain, the rows shown; else 16 bytes for
    /// each stored link of the target, the columns that filter, mode and order ask for, and the rows
    /// shown.
    pub fn backlinks(&self, question: &BacklinksQuestion) -> Result<BacklinksAnswer, QueryError> {
        self.backlinks_within(question, &Bounds::none())
    }

    /// The same within bounds.
    pub fn backlinks_within(
        &self,
        question: &BacklinksQuestion,
        bounds: &Bounds,
    ) -> Result<BacklinksAnswer, QueryError> {
        let snapshot = self.snapshot_of(question)?;
        let reader = snapshot.bucket(snapshot.buckets().of(&question.target.host()))?;
        let newest_visit = snapshot.newest_visit();
        let context = Context { reader, newest_visit, scale: question.scale, bounds };
        let before = question.after.map_or(question.offset.into(), |position| position.rows_before);
        let (total_count, set_rank, rows) = match kept_ready(&context, question, before)? {
            Some((total_count, rows)) => (total_count, None, rows),
            None => scanned(context, question)?,
        };
        let rows_before = before + rows.len() as u64;
        let next = rows.last().filter(|_| rows_before < total_count);
        let next = next.map(|last| Position { snapshot: snapshot.id(), row: last.id, rows_before });
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let fetched = reader.fetch(&ids)?.into_iter().zip(rows);
        let mut rows = Vec::with_capacity(ids.len());
        for (row, shown) in fetched {
            let explanation = question.explain.then(|| explain(&snapshot, &row)).transpose()?;
            let row = backlink(row, shown.links, shown.group_links, newest_visit);
            rows.push(Backlink { explanation, ..row });
        }
        Ok(BacklinksAnswer { snapshot: snapshot.id(), total_count, rows, next, set_rank })
    }
}

/// The count and the rows to be shown, from a list that the build keeps, if it has them.
fn kept_ready(
    context: &Context<'_>,
    question: &BacklinksQuestion,
    before: u64,
) -> Result<Option<(u64, Vec<Shown>)>, QueryError> {
    let Some(scope) = Scope::of(&question.target).filter(|_| is_kept_ready(question)) else { return Ok(None) };
    let Some(list) = context.reader.order(&scope)? else { return Ok(None) };
    let rows = list.rows(before, question.limit.into())?;
    Ok(rows.map(|rows| (list.counters().referring_pages, rows.into_iter().map(Shown::from).collect())))
}

/// What is done for each row of the target: it is read, and each condition, sort key and grouping may
/// read a column more.
fn steps(question: &BacklinksQuestion) -> u64 {
    let conditions = question.filter.as_ref().map_or(0, Filter::conditions);
    let steps = 1 + conditions + question.order.len() + usize::from(question.mode != Mode::AsIs);
    steps as u64
}

/// The same, and the rank of the set, from a scan of the target's rows.
fn scanned(
    context: Context<'_>,
    question: &BacklinksQuestion,
) -> Result<(u64, Option<SetRank>, Vec<Shown>), QueryError> {
    let rows = TargetRows::of(&context, &question.target)?;
    if rows.len() as u64 * steps(question) > context.bounds.rows {
        return Err(QueryError::TooManyRows);
    }
    let (after, before) = match question.after {
        None => (None, question.offset as usize),
        Some(position) => (Some(position.row), usize::try_from(position.rows_before).unwrap_or(usize::MAX)),
    };
    let selected = select(&context, &rows, question, after, (before, question.limit as usize))?;
    Ok((selected.count, selected.set_rank, selected.shown.ok_or(QueryError::Position)?))
}
