//! A client of the server in this process, on a real index.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use model::Timestamp;
use openbacklinks::served::Served;
use query::{BacklinksAnswer, BacklinksQuestion, Bounds, Index};
use serde_json::Value;
use server::{Access, AnswerError, App, Backlinks, IndexTotals, RequestLimits};
use tokio::runtime::Runtime;
use tower::ServiceExt;

pub(crate) struct Client {
    app: App,
    runtime: Runtime,
}

struct InParts(Served);

impl Backlinks for InParts {
    fn backlinks(&self, question: &BacklinksQuestion, bounds: &Bounds) -> Result<BacklinksAnswer, AnswerError> {
        let mut bounds = bounds.clone();
        (bounds.threads, bounds.rows_of_a_thread) = (3, 10);
        self.0.backlinks(question, &bounds)
    }

    fn totals(&self) -> Result<Option<IndexTotals>, AnswerError> {
        self.0.totals()
    }

    fn snapshot(&self) -> Option<u64> {
        self.0.snapshot()
    }

    fn published(&self) -> Timestamp {
        self.0.published()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) http: u16,
    pub(crate) hint: String,
    /// The snapshot that answered.
    pub(crate) snapshot: Option<u32>,
    pub(crate) json: Value,
}

impl Client {
    pub(crate) fn of(index: Arc<Index>) -> Self {
        Self::of_backlinks(Served::new(index))
    }

    /// Every question that can be is answered by three threads, each with a part of the rows.
    pub(crate) fn in_parts(index: Arc<Index>) -> Self {
        Self::of_backlinks(InParts(Served::new(index)))
    }

    fn of_backlinks(backlinks: impl Backlinks + 'static) -> Self {
        let now = || Timestamp::parse_iso("2026-11-23T12:00:30Z").unwrap();
        let app = App::new(Arc::new(backlinks), Access::Open, now, RequestLimits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { app, runtime }
    }

    pub(crate) fn post(&self, body: String) -> Reply {
        let request = Request::post("/v3/backlinks/backlinks/live").body(Body::from(body)).unwrap();
        self.runtime.block_on(async {
            let (head, body) = server::router(self.app.clone()).oneshot(request).await.unwrap().into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let hint = head.headers.get("x-error-hint").map_or("", |hint| hint.to_str().unwrap()).to_owned();
            let snapshot = head.headers.get("x-snapshot").map(|id| id.to_str().unwrap().parse().unwrap());
            Reply { http: head.status.as_u16(), hint, snapshot, json: serde_json::from_slice(&bytes).unwrap() }
        })
    }

    /// Posts one task.
    pub(crate) fn ask(&self, task: &Value) -> Reply {
        self.post(Value::Array(vec![task.clone()]).to_string())
    }
}

impl Reply {
    /// Code of the first task, or of the whole answer if there is none.
    pub(crate) fn code(&self) -> u64 {
        self.task()["status_code"].as_u64().or(self.json["status_code"].as_u64()).unwrap()
    }

    pub(crate) fn message(&self) -> &str {
        self.task()["status_message"].as_str().or(self.json["status_message"].as_str()).unwrap()
    }

    pub(crate) fn task(&self) -> &Value {
        &self.json["tasks"][0]
    }

    /// The result; null if there is none.
    pub(crate) fn result(&self) -> &Value {
        &self.task()["result"][0]
    }
}
