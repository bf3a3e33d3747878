//! How long requests take to be refused that are made to cost much: `bombs` prints the median of nine
//! for each, in this process, and for bodies of 100 MB over loopback.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "the report of an example")]

#[path = "../tests/it/bomb_list.rs"]
mod bomb_list;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use model::Timestamp;
use query::{BacklinksAnswer, BacklinksQuestion, Bounds};
use server::{Access, AnswerError, App, Backlinks, RequestLimits, ServerOptions};
use tokio::net::TcpListener;
use tower::ServiceExt;

use bomb_list::{Refused, bombs, send_100_megabytes};

const RUNS: usize = 9;

/// No bomb may reach the index.
struct Untouched;

impl Backlinks for Untouched {
    fn backlinks(&self, _: &BacklinksQuestion, _: &Bounds) -> Result<BacklinksAnswer, AnswerError> {
        panic!("a bomb reached the index")
    }

    fn published(&self) -> Timestamp {
        Timestamp::from_seconds(0)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let now = || Timestamp::from_seconds(0);
    let app = App::new(Arc::new(Untouched), Access::Open, now, RequestLimits::default());
    for bomb in bombs() {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(post(&app, bomb.body.clone()).await);
        }
        print(bomb.name, runs, bomb.codes);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(server::serve(listener, app, ServerOptions::default(), std::future::pending()));
    for (name, is_chunked) in [("100 MB with Content-Length", false), ("100 MB in chunks", true)] {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            runs.push(send_100_megabytes(address, is_chunked).await);
        }
        print(name, runs, &[40503]);
    }
    server.abort();
}

async fn post(app: &App, body: String) -> Refused {
    let request = Request::post("/v3/backlinks/backlinks/live").body(Body::from(body)).unwrap();
    let started = Instant::now();
    let (head, body) = server::router(app.clone()).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let took = started.elapsed();
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let code = json["tasks"][0]["status_code"].as_u64().or(json["status_code"].as_u64()).unwrap();
    let hint = head.headers.get("x-error-hint").map_or("", |hint| hint.to_str().unwrap()).to_owned();
    Refused { code: code as u16, hint, took }
}

fn print(name: &str, mut runs: Vec<Refused>, codes: &[u16]) {
    runs.sort_by_key(|run| run.took);
    let (median, worst) = (&runs[RUNS / 2], &runs[RUNS - 1]);
    assert!(codes.contains(&median.code) && !median.hint.is_empty(), "{name}: {} {}", median.code, median.hint);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let (usual, longest) = (milliseconds(median.took), milliseconds(worst.took));
    println!("{usual:8.2} ms (at most {longest:.2})  {name}: {} {}", median.code, median.hint);
}
