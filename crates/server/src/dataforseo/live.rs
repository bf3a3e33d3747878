//! The way of one live request, the same for every function: who asks, the body, its first task on
//! a thread that may block, and the answer around it.

use std::time::Instant;

use axum::extract::Request;
use bytes::Bytes;
use serde::Serialize;

use super::codes::Code;
use super::envelope::{Cost, Data, Envelope, Function, Seconds, Task};
use super::posted::{Posted, tasks};
use super::refusal::Refusal;
use super::reply::Reply;
use super::task_id::task_id;
use crate::app::{App, Backlinks};
use crate::auth::{AuthError, Caller};
use crate::limits::BodyError;
use crate::pool::PoolError;

/// A live function of the API.
pub(super) trait Live: 'static {
    /// Its names and number.
    const FUNCTION: &'static Function;
    /// Its result, which is written straight to bytes.
    type Found: Serialize;

    /// Runs a task. `None` means that there is nothing. Blocks.
    fn run(index: &dyn Backlinks, posted: &Posted<'_>) -> Result<Option<Self::Found>, Refusal>;
}

/// Answers a request to a live function.
pub(super) async fn live<L: Live>(app: App, request: Request) -> Reply {
    let started = Instant::now();
    let (Ok(reply) | Err(reply)) = admitted::<L>(&app, request, started).await;
    tracing::info!(
        api.function = L::FUNCTION.name,
        http.status = reply.http.as_u16(),
        api.code = reply.code.number(),
        api.hint = reply.hint.as_deref().unwrap_or_default(),
        answer.bytes = reply.body.len(),
        elapsed_ms = started.elapsed().as_millis() as u64,
        "answered"
    );
    reply
}

async fn admitted<L: Live>(app: &App, request: Request, started: Instant) -> Result<Reply, Reply> {
    let refused = |refusal: Refusal| Reply::refused(app.index().published(), &refusal);
    let (head, body) = request.into_parts();
    let caller = app.access().admit(&head.headers, &head.uri).map_err(|error| refused(error.into()))?;
    let body = app.limits().read(&head.headers, body).await.map_err(|error| {
        let close = error != BodyError::Encoded;
        Reply { close, ..refused(error.into()) }
    })?;
    let asked = Asked { app: app.clone(), caller, body, started };
    let working = asked.clone();
    let work = move || working.answer::<L>(|posted| L::run(working.app.index(), posted));
    match app.pool().run(work).await {
        Ok(reply) => Ok(reply),
        Err(error) => Err(asked.answer::<L>(|_| Err(error.into()))),
    }
}

/// A request whose body was read.
#[derive(Clone)]
struct Asked {
    app: App,
    caller: Caller,
    body: Bytes,
    started: Instant,
}

impl Asked {
    /// Answers each posted task: the first by `run`, the others with a refusal.
    fn answer<L: Live>(&self, run: impl FnOnce(&Posted<'_>) -> Result<Option<L::Found>, Refusal>) -> Reply {
        let published = self.app.index().published();
        let posted = match tasks(&self.body) {
            Ok(posted) => posted,
            Err(refusal) => return Reply::refused(published, &refusal),
        };
        let outcome = match posted.first() {
            Some(Ok(first)) => run(first),
            Some(Err(refusal)) => Err(refusal.clone()),
            None => return Reply::refused(published, &Refusal::new(Code::EmptyPost, "the array has no task")),
        };
        let tasks = self.tasks::<L>(&posted, &outcome);
        let failed = tasks.iter().filter(|task| task.status_code != Code::Ok.number()).count();
        let envelope = Envelope::of_tasks(published, self.started.elapsed(), &tasks, failed);
        let mut body = Vec::with_capacity(4096);
        if let Err(error) = serde_json::to_writer(&mut body, &envelope) {
            tracing::error!(error = %error, "cannot write an answer");
            return Reply::refused(published, &Refusal::new(Code::Internal, "the answer could not be written"));
        }
        let (code, hint) = match &outcome {
            Err(refusal) => (refusal.code, Some(refusal.hint.clone().into_owned())),
            Ok(_) => (Code::Ok, (posted.len() > 1).then(|| "only the first task was run".to_owned())),
        };
        Reply { http: Code::Ok.http(), code, hint, body, close: false }
    }

    fn tasks<'a, L: Live>(
        &self,
        posted: &'a [Result<Posted<'a>, Refusal>],
        outcome: &'a Result<Option<L::Found>, Refusal>,
    ) -> Vec<Task<'a, L::Found>> {
        let now = self.app.now();
        let task = |posted: &'a Result<Posted<'a>, Refusal>| Task {
            id: task_id(now, self.caller.account, L::FUNCTION.number),
            status_code: Code::OneTask.number(),
            status_message: Code::OneTask.message(),
            time: Seconds::default(),
            cost: Cost::default(),
            result_count: 0,
            path: L::FUNCTION.path,
            data: Data { function: L::FUNCTION, posted: posted.as_ref().ok() },
            result: None,
        };
        let mut tasks: Vec<_> = posted.iter().map(task).collect();
        if let Some(first) = tasks.first_mut() {
            match outcome {
                Ok(found) => {
                    (first.status_code, first.status_message) = (Code::Ok.number(), Code::Ok.message());
                    first.time = Seconds(self.started.elapsed());
                    first.result_count = usize::from(found.is_some());
                    first.result = found.as_ref().map(|found| [found]);
                }
                Err(refusal) => {
                    (first.status_code, first.status_message) = (refusal.code.number(), &refusal.message);
                }
            }
        }
        tasks
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        let code = match &error {
            AuthError::Keys(cause) => {
                tracing::error!(error = cause as &dyn std::error::Error, "the keys cannot be read");
                Code::Internal
            }
            _ => Code::Unauthorized,
        };
        Self::new(code, error.to_string())
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        Self::new(Code::InvalidPost, error.to_string())
    }
}

impl From<PoolError> for Refusal {
    fn from(error: PoolError) -> Self {
        let code = match error {
            PoolError::Deadline(_) => Code::Timeout,
            PoolError::Broken => Code::Internal,
        };
        Self::new(code, error.to_string())
    }
}
