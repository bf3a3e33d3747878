//! The index as the server wants it: the seam between `query` and `server`, which do not know each
//! other's errors.

use std::path::Path;
use std::sync::Arc;

use model::Timestamp;
use query::{BacklinksAnswer, BacklinksQuestion, Bounds, Index, QueryError};
use server::{AnswerError, Backlinks, IndexTotals};
use store::StoreError;

/// An index, asked by the server. A refresh of the index is seen by the next question.
#[derive(Debug, Clone)]
pub struct Served(Arc<Index>);

impl Served {
    /// Serves an index that others may hold too.
    pub fn new(index: Arc<Index>) -> Self {
        Self(index)
    }
}

impl Backlinks for Served {
    fn backlinks(&self, question: &BacklinksQuestion, bounds: &Bounds) -> Result<BacklinksAnswer, AnswerError> {
        let answer = match self.0.backlinks_within(question, bounds) {
            // `forget` removes what was served a moment ago at once, and files are opened when they are asked.
            Err(QueryError::Store(StoreError::Io { .. })) if matches!(self.0.refresh(), Ok(Some(_))) => {
                self.0.backlinks_within(question, bounds)
            }
            other => other,
        };
        answer.map_err(|error| match error {
            QueryError::Store(StoreError::Corrupt { path, block, .. }) => {
                let file = path.strip_prefix(self.0.root()).map(Path::to_owned).unwrap_or(path);
                AnswerError::Corrupt { file, block }
            }
            QueryError::SnapshotGone(_) => {
                AnswerError::Position { reason: "is of a snapshot that is not kept any more; begin anew without it" }
            }
            QueryError::NoSnapshotAsOf { oldest, made } => AnswerError::AsOf {
                reason: format!("names no snapshot that is kept; the oldest is number {} of {made}", oldest.0),
            },
            QueryError::TooManyRows => AnswerError::TooManyRows,
            QueryError::TooLarge { memory_bytes } => AnswerError::TooLarge { memory_bytes },
            QueryError::CalledOff => AnswerError::CalledOff,
            QueryError::Position => AnswerError::Position { reason: "does not lead to a row of this question" },
            other => AnswerError::Failed { source: Box::new(other) },
        })
    }

    fn totals(&self) -> Result<Option<IndexTotals>, AnswerError> {
        let totals = self.0.snapshot().manifest().totals;
        let backlinks = totals.links + totals.indirect_links;
        Ok(Some(IndexTotals { backlinks, pages: totals.pages, domains: totals.domains }))
    }

    fn snapshot(&self) -> Option<u64> {
        Some(self.0.snapshot().id().0.into())
    }

    fn published(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.snapshot().manifest().created_at)
    }
}
