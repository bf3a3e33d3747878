//! The way of one posted request, the same for every function: who asks, the body, its first task on
//! a thread that may block, and the answer around it.

use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use model::SnapshotId;
use query::Bounds;
use serde::{Serialize, Serializer};

use super::codes::Code;
use super::door::enter;
use super::envelope::{Data, Envelope, Function, Seconds, Task};
use super::note::Note;
use super::posted::{Posted, tasks};
use super::reduced::{Pruned, Reduced};
use super::refusal::Refusal;
use super::reply::Reply;
use super::skin::{Form, Shape};
use super::task_id::task_id;
use crate::app::App;
use crate::auth::{AuthError, Caller};
use crate::limits::BodyError;
use crate::money::Usd;
use crate::pool::PoolError;

/// A function that is asked with POST.
pub(super) trait Post: 'static {
    /// Its names and number.
    const FUNCTION: &'static Function;
    /// Whether a task that succeeds is charged for.
    const HAS_PRICE: bool;
    /// One of its results, which are written straight to bytes.
    type Found: Serialize;

    /// Runs a task. Blocks.
    fn run(asked: &Asked, posted: &Posted<'_>, bounds: &Bounds) -> Result<Answered<Self::Found>, Halt>;

    /// The rows of the results, which are all of them that the reduced form has.
    fn items(found: &[Self::Found]) -> impl Iterator<Item: Serialize>;
}

/// What a task brought.
#[derive(Debug)]
pub(super) struct Answered<F> {
    /// Its results; none means that there is nothing.
    pub(super) found: Vec<F>,
    /// The snapshot that was asked, if one was.
    pub(super) snapshot: Option<SnapshotId>,
}

/// Why a task brought nothing.
#[derive(Debug)]
pub(super) enum Halt {
    /// For good.
    Refused(Refusal),
    /// Within these bounds; it can be tried again with wider ones.
    NeedsMore,
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Tells the snapshot that answered.
const SNAPSHOT: HeaderName = HeaderName::from_static("x-snapshot");

/// Answers a request to such a function.
pub(super) async fn post<P: Post>(app: App, shape: Shape, request: Request) -> Reply {
    let started = Instant::now();
    let _under_way = app.metrics().begin();
    let (head, body) = request.into_parts();
    let reply = match enter(&app, shape, P::FUNCTION, &head, started) {
        Ok(visit) => {
            let caller = visit.caller.clone();
            let (Ok(reply) | Err(reply)) = answered::<P>(&app, shape.form, caller, &head.headers, body, started).await;
            visit.end(&app, P::FUNCTION, reply)
        }
        Err(reply) => *reply,
    };
    reply.logged(&app, P::FUNCTION, started)
}

async fn answered<P: Post>(
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
    let work = move |bounds: &Bounds| working.answer::<P>(|posted| P::run(&working, posted, bounds));
    match app.pool().run(work).await {
        Ok(reply) => Ok(reply),
        Err(error) => {
            let refusal = Refusal::from(error);
            let refused = asked.answer::<P>(|_| Err(refusal.clone().into()));
            Err(refused.unwrap_or_else(|| Reply::refused(asked.app.index().published(), form, &refusal)))
        }
    }
}

/// A request whose body was read.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) app: App,
    pub(super) caller: Caller,
    /// Some defaults depend on it.
    pub(super) form: Form,
    body: Bytes,
    started: Instant,
}

impl Asked {
    /// Answers each posted task: the first by `run`, the others with a refusal. `None` if the first one needs
    /// wider bounds.
    fn answer<P: Post>(&self, run: impl FnOnce(&Posted<'_>) -> Result<Answered<P::Found>, Halt>) -> Option<Reply> {
        let published = self.app.index().published();
        let posted = match tasks(&self.body) {
            Ok(posted) => posted,
            Err(refusal) => return Some(Reply::refused(published, self.form, &refusal)),
        };
        let outcome = match posted.first() {
            Some(Ok(first)) => run(first),
            Some(Err(refusal)) => Err(refusal.clone().into()),
            None => Err(Refusal::new(Code::EmptyPost, "the array has no task").into()),
        };
        let (outcome, snapshot) = match outcome {
            Ok(Answered { found, snapshot }) => (Ok(found), snapshot),
            Err(Halt::Refused(refusal)) => (Err(refusal), None),
            Err(Halt::NeedsMore) => return None,
        };
        let rows = outcome.as_ref().map_or(0, |found| P::items(found).count() as u64);
        let tasks = self.tasks::<P>(&posted, &outcome, rows);
        let written = match self.form {
            Form::Whole => {
                let elapsed = self.started.elapsed();
                serde_json::to_vec(&Envelope::of_tasks(published, elapsed, &tasks))
            }
            Form::Reduced => reduced::<P>(tasks.first(), &outcome),
        };
        let body = match written {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(error = %error, "cannot write an answer");
                let refusal = Refusal::new(Code::Internal, "the answer could not be written");
                return Some(Reply::refused(published, self.form, &refusal));
            }
        };
        let (code, hint) = match &outcome {
            Err(refusal) => (refusal.code, Some(refusal.hint.clone().into_owned())),
            Ok(_) => (Code::Ok, (posted.len() > 1).then(|| "only the first task was run".to_owned())),
        };
        let notes =
            tasks.iter().zip(&posted).map(|(task, posted)| Note::of(task, posted.as_ref().ok(), rows)).collect();
        let headers = snapshot.map(|id| (SNAPSHOT, HeaderValue::from(id.0))).into_iter().collect();
        Some(Reply { code, hint, headers, notes, ..Reply::of(Code::Ok, body) })
    }

    /// The tasks of an answer: the first with its outcome, the others refused.
    fn tasks<'a, P: Post>(
        &self,
        posted: &'a [Result<Posted<'a>, Refusal>],
        outcome: &'a Result<Vec<P::Found>, Refusal>,
        rows: u64,
    ) -> Vec<Task<'a, P::Found>> {
        let now = self.app.now();
        let task = |posted: &'a Result<Posted<'a>, Refusal>| Task {
            id: task_id(now, self.caller.account, P::FUNCTION.number),
            status_code: Code::OneTask.number(),
            status_message: Code::OneTask.message(),
            time: Seconds::default(),
            cost: Usd::ZERO,
            result_count: 0,
            path: P::FUNCTION.path,
            data: Data { function: P::FUNCTION, posted: posted.as_ref().ok() },
            result: None,
        };
        let mut tasks: Vec<_> = posted.iter().map(task).collect();
        if let Some(first) = tasks.first_mut() {
            match outcome {
                Ok(found) => {
                    (first.status_code, first.status_message) = (Code::Ok.number(), Code::Ok.message());
                    first.time = Seconds(self.started.elapsed());
                    first.cost = if P::HAS_PRICE { self.app.prices().of_task(rows) } else { Usd::ZERO };
                    first.result_count = found.len();
                    first.result = Some(found.as_slice()).filter(|found| !found.is_empty());
                }
                Err(refusal) => {
                    (first.status_code, first.status_message) = (refusal.code.number(), &refusal.message);
                }
            }
        }
        tasks
    }
}

/// The first task alone, which has the place of the answer.
fn reduced<P: Post>(
    task: Option<&Task<'_, P::Found>>,
    outcome: &Result<Vec<P::Found>, Refusal>,
) -> serde_json::Result<Vec<u8>> {
    let (status_code, status_message) = match outcome {
        Ok(_) => (Code::Ok.number(), Code::Ok.message()),
        Err(refusal) => (refusal.code.number(), &*refusal.message),
    };
    let items = outcome.as_ref().ok().map(|found| PrunedItems::<P>(found));
    serde_json::to_vec(&Reduced { id: task.map(|task| &*task.id), status_code, status_message, items })
}

/// The rows of results in the reduced form.
struct PrunedItems<'a, P: Post>(&'a [P::Found]);

impl<P: Post> Serialize for PrunedItems<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(P::items(self.0).map(Pruned))
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
            PoolError::Crowded => Code::TooManyAtOnce,
            PoolError::Broken => Code::Internal,
        };
        Self::new(code, error.to_string())
    }
}
