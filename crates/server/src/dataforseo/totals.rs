//! `GET /v3/backlinks/index`: how much there is.

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::Function;
use super::get::Get;
use super::refusal::Refusal;
use crate::app::{App, IndexTotals};
use crate::auth::Caller;

/// The function.
pub(super) struct Index;

/// The result. Its history has one point, the snapshot that is served: older ones are not kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Totals {
    total_backlinks: u64,
    total_pages: u64,
    total_domains: u64,
    index_history: [Point; 1],
}

#[derive(Debug, Serialize, JsonSchema)]
struct Point {
    date: String,
    total_backlinks: u64,
    total_pages: u64,
    total_domains: u64,
}

impl Get for Index {
    const FUNCTION: &'static Function =
        &Function { api: "backlinks", name: "index", number: 330, path: &["v3", "backlinks", "index"] };
    type Found = Totals;

    fn run(app: &App, _: &Caller) -> Result<Vec<Totals>, Refusal> {
        let Some(IndexTotals { backlinks, pages, domains }) = app.index().totals()? else {
            return Ok(Vec::new());
        };
        let date = app.index().published().to_string().chars().take("2026-11-23".len()).collect();
        let point = Point { date, total_backlinks: backlinks, total_pages: pages, total_domains: domains };
        Ok(vec![Totals {
            total_backlinks: backlinks,
            total_pages: pages,
            total_domains: domains,
            index_history: [point],
        }])
    }
}
