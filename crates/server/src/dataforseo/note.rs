//! What is put into the ledger about an answer: each of its tasks, or that it was refused whole.
//!
//! Not in the ledger are requests whose sender is not known, and those that came too often: their
//! number has no bound.

use std::time::Instant;

use axum::http::request::Parts;
use model::Timestamp;

use super::codes::Code;
use super::envelope::{Function, Task};
use super::posted::Posted;
use super::reply::Reply;
use super::task_id::task_id;
use crate::app::App;
use crate::ledger::{Entry, EntryKind, Fixed};
use crate::money::Usd;

/// Bytes of a posted task that are kept; of a longer one nothing is.
const METADATA_BYTES: usize = 16 << 10;

/// What a request was, for all its tasks.
#[derive(Debug)]
pub(super) struct Call {
    method: String,
    url: String,
    posted: Timestamp,
    started: Instant,
}

/// What became of one task.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) kind: EntryKind,
    pub(super) id: String,
    pub(super) code: u16,
    pub(super) message: String,
    pub(super) cost: Usd,
    pub(super) rows: u64,
    pub(super) metadata: Option<String>,
}

impl Call {
    pub(super) fn of(app: &App, head: &Parts, started: Instant) -> Self {
        let (method, url) = (head.method.to_string(), head.uri.path().to_owned());
        Self { method, url, posted: app.now(), started }
    }

    /// Puts an answer into the ledger.
    pub(super) fn keep(self, app: &App, account: u16, function: &Function, reply: &mut Reply) {
        let now = app.now();
        let mut notes = std::mem::take(&mut reply.notes);
        if notes.is_empty() {
            notes.push(Note {
                kind: EntryKind::Request,
                id: task_id(now, account, function.number),
                code: reply.code.number(),
                message: reply.code.message().to_owned(),
                cost: Usd::ZERO,
                rows: 0,
                metadata: None,
            });
        }
        let elapsed_micros = self.started.elapsed().as_micros().try_into().unwrap_or(u32::MAX);
        for note in notes {
            app.metrics().add_rows(note.rows);
            app.ledger().add(Entry {
                fixed: Fixed {
                    account,
                    kind: note.kind,
                    code: note.code,
                    http_status: reply.http.as_u16(),
                    posted: self.posted,
                    done: now,
                    elapsed_micros,
                    cost: note.cost,
                    rows: note.rows.try_into().unwrap_or(u32::MAX),
                },
                id: note.id,
                function: function.name(),
                method: self.method.clone(),
                url: self.url.clone(),
                message: note.message,
                metadata: note.metadata,
            });
        }
    }
}

impl Note {
    /// Of a task in an answer; the first one has the rows.
    pub(super) fn of<R>(task: &Task<'_, R>, posted: Option<&Posted<'_>>, rows: u64) -> Self {
        let is_further = task.status_code == Code::OneTask.number();
        Self {
            kind: if is_further { EntryKind::FurtherTask } else { EntryKind::Task },
            id: task.id.clone(),
            code: task.status_code,
            message: task.status_message.to_owned(),
            cost: task.cost,
            rows: if is_further { 0 } else { rows },
            metadata: posted.and_then(|posted| posted.within(METADATA_BYTES)),
        }
    }
}
