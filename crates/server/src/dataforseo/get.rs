//! The way of one request without a body, the same for every function of that kind.

use std::time::Instant;

use axum::extract::Request;
use serde::Serialize;
use serde_json::value::RawValue;

use super::codes::Code;
use super::door::enter;
use super::envelope::{Data, Envelope, Function, Seconds, Task};
use super::note::Note;
use super::reduced::{Pruned, Reduced};
use super::refusal::Refusal;
use super::reply::Reply;
use super::skin::{Form, Shape};
use super::task_id::task_id;
use crate::app::App;
use crate::auth::Caller;
use crate::money::Usd;

/// A function that is asked with GET.
pub(super) trait Get: 'static {
    /// Its names and number.
    const FUNCTION: &'static Function;
    /// One of its results.
    type Found: Serialize;

    /// The results; none means that there is nothing. Blocks.
    fn run(app: &App, caller: &Caller) -> Result<Vec<Self::Found>, Refusal>;
}

/// Answers a request to such a function.
pub(super) async fn get<G: Get>(app: App, shape: Shape, request: Request) -> Reply {
    let started = Instant::now();
    let _under_way = app.metrics().begin();
    let reply = match enter(&app, shape, G::FUNCTION, &request.into_parts().0, started) {
        Ok(visit) => {
            let reply = answered::<G>(&app, shape, visit.caller.clone(), started).await;
            visit.end(&app, G::FUNCTION, reply)
        }
        Err(reply) => *reply,
    };
    reply.logged(&app, G::FUNCTION, started)
}

async fn answered<G: Get>(app: &App, shape: Shape, caller: Caller, started: Instant) -> Reply {
    let (working, account) = (app.clone(), caller.account);
    let run = app.pool().run(move |_| Some(G::run(&working, &caller).and_then(|found| serialised(&found, shape.form))));
    let outcome = run.await.unwrap_or_else(|error| Err(error.into()));
    let id = task_id(app.now(), account, G::FUNCTION.number);
    let task = task(G::FUNCTION, id, &outcome, started);
    let written = match shape.form {
        Form::Whole => {
            let tasks = std::slice::from_ref(&task);
            serde_json::to_vec(&Envelope::of_tasks(app.index().published(), started.elapsed(), tasks))
        }
        Form::Reduced => reduced(&task.id, &outcome),
    };
    let note = Note::of(&task, None, 0);
    let Ok(body) = written else {
        return Reply::refused(app.index().published(), shape.form, &unwritable());
    };
    let (code, hint) = match &outcome {
        Ok(_) => (Code::Ok, None),
        Err(refusal) => (refusal.code, Some(refusal.hint.clone().into_owned())),
    };
    Reply { code, hint, notes: vec![note], ..Reply::of(Code::Ok, body) }
}

/// Results on their way into an answer of either form.
type Results = Vec<Box<RawValue>>;

fn serialised<T: Serialize>(found: &[T], form: Form) -> Result<Results, Refusal> {
    let written = found.iter().map(|found| match form {
        Form::Whole => serde_json::value::to_raw_value(found),
        Form::Reduced => serde_json::value::to_raw_value(&Pruned(found)),
    });
    written.collect::<Result<_, _>>().map_err(|_| unwritable())
}

fn unwritable() -> Refusal {
    Refusal::new(Code::Internal, "the answer could not be written")
}

fn task<'a>(
    function: &'static Function,
    id: String,
    outcome: &'a Result<Results, Refusal>,
    started: Instant,
) -> Task<'a, Box<RawValue>> {
    let (status_code, status_message, found) = code_and_results(outcome);
    Task {
        id,
        status_code,
        status_message,
        time: if outcome.is_ok() { Seconds(started.elapsed()) } else { Seconds::default() },
        cost: Usd::ZERO,
        result_count: found.len(),
        path: function.path,
        data: Data { function, posted: None },
        result: Some(found).filter(|found| !found.is_empty()),
    }
}

fn reduced(id: &str, outcome: &Result<Results, Refusal>) -> serde_json::Result<Vec<u8>> {
    let (status_code, status_message, found) = code_and_results(outcome);
    serde_json::to_vec(&Reduced { id: Some(id), status_code, status_message, items: outcome.is_ok().then_some(found) })
}

fn code_and_results(outcome: &Result<Results, Refusal>) -> (u16, &str, &[Box<RawValue>]) {
    match outcome {
        Ok(found) => (Code::Ok.number(), Code::Ok.message(), found),
        Err(refusal) => (refusal.code.number(), &refusal.message, &[]),
    }
}
