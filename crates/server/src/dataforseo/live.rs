//! The way of one live request, the same for every function: who asks, the body, its first task on
//! a thread that may block, and the answer around it.

use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::codes::Code;
use super::door::enter;
use super::envelope::{Cost, Data, Envelope, Function, Seconds, Task};
use super::posted::{Posted, tasks};
use super::reduced::{Pruned, Reduced};
use super::refusal::Refusal;
use super::reply::Reply;
use super::skin::{Form, Shape};
use super::task_id::task_id;
use crate::app::App;
use crate::auth::{AuthError, Caller};
use crate::limits::BodyError;
use crate::pool::PoolError;

/// A live function of the API.
pub(super) trait Live: 'static {
    /// Its names and number.
    const FUNCTION: &'static Function;
    /// Its result, which is written straight to bytes.
    type Found: Serialize;

    /// Runs a task. `None` means that there is nothing. Some defaults depend on the form. Blocks.
    fn run(app: &App, posted: &Posted<'_>, form: Form) -> Result<Option<Self::Found>, Refusal>;

    /// The items of a result, which are all of it that the reduced form has.
    fn items(found: &Self::Found) -> impl Iterator<Item: Serialize>;
}

/// Answers a request to a live function.
pub(super) async fn live<L: Live>(app: App, shape: Shape, request: Request) -> Reply {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let reply = match enter(&app, shape, &head, started) {
        Ok(visit) => {
            let caller = visit.caller.clone();
            let (Ok(reply) | Err(reply)) = answered::<L>(&app, shape.form, caller, &head.headers, body, started).await;
            visit.end(reply)
        }
        Err(reply) => *reply,
    };
    reply.logged(L::FUNCTION, started)
}

async fn answered<L: Live>(
    app: &App,
    form: Form,
    caller: Caller,
    headers: &HeaderMap,
    body: Body,
    started: Instant,
) -> Result<Reply, Reply> {
    let body = app.limits().read(headers, body).await.map_err(|error| {
        let close = error != BodyError::Encoded;
        Reply { close, ..Reply::refused(app.index().published(), form, &error.into()) }
    })?;
    let asked = Asked { app: app.clone(), caller, form, body, started };
    let working = asked.clone();
    let work = move || working.answer::<L>(|posted| L::run(&working.app, posted, form));
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
    form: Form,
    body: Bytes,
    started: Instant,
}

impl Asked {
    /// Answers each posted task: the first by `run`, the others with a refusal.
    fn answer<L: Live>(&self, run: impl FnOnce(&Posted<'_>) -> Result<Option<L::Found>, Refusal>) -> Reply {
        let published = self.app.index().published();
        let posted = match tasks(&self.body) {
            Ok(posted) => posted,
            Err(refusal) => return Reply::refused(published, self.form, &refusal),
        };
        let outcome = match posted.first() {
            Some(Ok(first)) => run(first),
            Some(Err(refusal)) => Err(refusal.clone()),
            None => Err(Refusal::new(Code::EmptyPost, "the array has no task")),
        };
        let written = match self.form {
            Form::Whole => self.whole::<L>(&posted, &outcome),
            Form::Reduced => self.reduced::<L>(&outcome),
        };
        let body = match written {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(error = %error, "cannot write an answer");
                let refusal = Refusal::new(Code::Internal, "the answer could not be written");
                return Reply::refused(published, self.form, &refusal);
            }
        };
        let (code, hint) = match &outcome {
            Err(refusal) => (refusal.code, Some(refusal.hint.clone().into_owned())),
            Ok(_) => (Code::Ok, (posted.len() > 1).then(|| "only the first task was run".to_owned())),
        };
        Reply { code, hint, ..Reply::of(Code::Ok, body) }
    }

    /// The envelope with all its tasks.
    fn whole<L: Live>(
        &self,
        posted: &[Result<Posted<'_>, Refusal>],
        outcome: &Result<Option<L::Found>, Refusal>,
    ) -> serde_json::Result<Vec<u8>> {
        let tasks = self.tasks::<L>(posted, outcome);
        let failed = tasks.iter().filter(|task| task.status_code != Code::Ok.number()).count();
        let published = self.app.index().published();
        serde_json::to_vec(&Envelope::of_tasks(published, self.started.elapsed(), &tasks, failed))
    }

    /// The first task alone, which has the place of the answer.
    fn reduced<L: Live>(&self, outcome: &Result<Option<L::Found>, Refusal>) -> serde_json::Result<Vec<u8>> {
        let id = task_id(self.app.now(), self.caller.account, L::FUNCTION.number);
        let (status_code, status_message) = match outcome {
            Ok(_) => (Code::Ok.number(), Code::Ok.message()),
            Err(refusal) => (refusal.code.number(), &*refusal.message),
        };
        let items = outcome.as_ref().ok().map(|found| PrunedItems::<L>(found.as_ref()));
        serde_json::to_vec(&Reduced { id: Some(&id), status_code, status_message, items })
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
                    first.result = found.as_ref().map(std::slice::from_ref);
                }
                Err(refusal) => {
                    (first.status_code, first.status_message) = (refusal.code.number(), &refusal.message);
                }
            }
        }
        tasks
    }
}

/// The items of a result in the reduced form; none if there is no result.
struct PrunedItems<'a, L: Live>(Option<&'a L::Found>);

impl<L: Live> Serialize for PrunedItems<'_, L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.into_iter().flat_map(L::items).map(Pruned))
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
