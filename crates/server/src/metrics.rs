//! Counts and times of answers, for who watches the server: text in the form of Prometheus.
//!
//! Nothing here was posted, and no label comes from a request: the labels are names of functions and
//! codes, so their number is fixed.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::app::App;

/// Upper bounds of the times, in milliseconds.
const BOUNDS_MS: [u64; 12] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30_000];

/// The counts of a server. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    functions: Mutex<BTreeMap<Name, Counts>>,
    under_way: AtomicU64,
    rows: AtomicU64,
    bytes: AtomicU64,
}

/// The two parts of a function's name.
pub(crate) type Name = (&'static str, &'static str);

#[derive(Debug, Default)]
struct Counts {
    codes: BTreeMap<u16, u64>,
    /// Answers within each bound and not within the one before; the last are over all of them.
    times: [u64; BOUNDS_MS.len() + 1],
    micros: u64,
}

/// A request that is under way.
#[derive(Debug)]
pub(crate) struct UnderWay(Metrics);

impl Metrics {
    /// A request begins; it is under way until what this gives is dropped.
    pub(crate) fn begin(&self) -> UnderWay {
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.clone())
    }

    /// A request was answered.
    pub(crate) fn answered(&self, function: Name, code: u16, elapsed: Duration, bytes: usize) {
        self.0.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let mut functions = self.0.functions.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = functions.entry(function).or_default();
        *counts.codes.entry(code).or_default() += 1;
        let micros = elapsed.as_micros() as u64;
        counts.micros = counts.micros.saturating_add(micros);
        let place = BOUNDS_MS.partition_point(|bound| bound * 1000 < micros);
        if let Some(count) = counts.times.get_mut(place) {
            *count += 1;
        }
    }

    /// Rows were given out.
    pub(crate) fn add_rows(&self, rows: u64) {
        self.0.rows.fetch_add(rows, Ordering::Relaxed);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Everything there is to tell.
pub(crate) fn text(app: &App) -> String {
    let mut out = String::with_capacity(8 << 10);
    // Writing to a string cannot fail.
    let _ = write_all(app, &mut out);
    out
}

fn write_all(app: &App, out: &mut String) -> fmt::Result {
    let parts = &app.metrics().0;
    {
        let functions = parts.functions.lock().unwrap_or_else(PoisonError::into_inner);
        head(
            out,
            "requests_total",
            "counter",
            "Answered requests, by function and code of the answer or its first task.",
        )?;
        for ((api, name), counts) in &*functions {
            for (code, count) in &counts.codes {
                writeln!(out, r#"openbacklinks_requests_total{{function="{api}/{name}",code="{code}"}} {count}"#)?;
            }
        }
        head(out, "request_seconds", "histogram", "From the head of a request to its answer.")?;
        for ((api, name), counts) in &*functions {
            counts.write(out, &format!("{api}/{name}"))?;
        }
    }
    let (lost, damaged) = app.ledger().faults();
    let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
    single(out, "requests_under_way", "gauge", "Requests that are being answered.", load(&parts.under_way))?;
    single(out, "rows_total", "counter", "Rows in answers.", load(&parts.rows))?;
    single(out, "answer_bytes_total", "counter", "Bytes of bodies of answers.", load(&parts.bytes))?;
    single(out, "ledger_lost_total", "counter", "Answers whose usage could not be written.", lost)?;
    single(out, "ledger_damaged_total", "counter", "Damaged places found in the usage at the start.", damaged)?;
    if let Some(snapshot) = app.index().snapshot() {
        single(out, "snapshot_number", "gauge", "The snapshot that is served.", snapshot)?;
    }
    let published = app.index().published().seconds();
    single(out, "snapshot_published_timestamp_seconds", "gauge", "When that snapshot was made.", published)?;
    single(out, "draining", "gauge", "1 after the signal to stop.", u8::from(app.is_draining()))
}

impl Counts {
    fn write(&self, out: &mut String, function: &str) -> fmt::Result {
        let mut sum = 0;
        for (count, bound) in self.times.iter().zip(BOUNDS_MS.iter().map(Some).chain([None])) {
            sum += count;
            let bound = bound.map_or("+Inf".to_owned(), |&ms| (ms as f64 / 1000.0).to_string());
            writeln!(out, r#"openbacklinks_request_seconds_bucket{{function="{function}",le="{bound}"}} {sum}"#)?;
        }
        let seconds = self.micros as f64 / 1e6;
        writeln!(out, r#"openbacklinks_request_seconds_sum{{function="{function}"}} {seconds}"#)?;
        writeln!(out, r#"openbacklinks_request_seconds_count{{function="{function}"}} {sum}"#)
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP openbacklinks_{name} {help}\n# TYPE openbacklinks_{name} {kind}")
}

fn single(out: &mut String, name: &str, kind: &str, help: &str, value: impl fmt::Display) -> fmt::Result {
    head(out, name, kind, help)?;
    writeln!(out, "openbacklinks_{name} {value}")
}
