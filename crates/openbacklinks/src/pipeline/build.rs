//! Crawls in, the next snapshot out.

use std::time::Instant;

use anyhow::Context;
use model::{PageRank, SnapshotId, Timestamp};
use rank::{Graph, PageRankOptions, Ranks, scale};
use store::{Build, BuildOptions, DataDir, Edges, RankSummary, Scoring, SnapshotManifest};

use crate::terminal::{Advised, ExitStatus, Progress};

/// What came of a build.
#[derive(Debug)]
pub struct BuildReport {
    /// The new snapshot.
    pub snapshot: SnapshotId,
    /// Its manifest.
    pub manifest: SnapshotManifest,
    /// Seconds that it took.
    pub elapsed_seconds: f64,
    /// Seconds of each step, in order.
    pub steps: Vec<(&'static str, f64)>,
}

/// Builds a snapshot from all crawls and publishes it.
pub fn build(
    data: &DataDir,
    options: BuildOptions,
    now: Timestamp,
    progress: &Progress,
) -> anyhow::Result<BuildReport> {
    let started = Instant::now();
    let mut steps = Vec::new();
    let mut lap = Instant::now();
    let mut step = |name: &'static str| {
        steps.push((name, lap.elapsed().as_secs_f64()));
        lap = Instant::now();
    };
    let _lock = data.lock()?;
    let tell = |stage: &'static str, done: usize, all: usize| progress.tell(stage, done as u64, all as u64);
    let mut build = Build::begin(data, options, &tell)?;
    step("merge");

    let (page, page_graph) =
        ranks("pages", build.page_nodes(), build.page_edge_bound(), build.page_edges(), options, progress)?;
    let (domain, domain_graph) =
        ranks("domains", build.domain_nodes(), build.domain_edge_bound(), build.domain_edges(), options, progress)?;
    step("rank");
    let summary = RankSummary {
        scale_version: scale::VERSION,
        damping: scale::DAMPING,
        page_iterations: page.iterations,
        page_l1_bound: page.l1_error_bound,
        domain_iterations: domain.iterations,
        domain_l1_bound: domain.l1_error_bound,
        page_edges: page_graph.edges,
        domain_edges: domain_graph.edges,
    };
    let relative = |ranks: Ranks, nodes: u32| -> Vec<f64> {
        ranks.values.into_iter().map(|value| scale::relative(PageRank(value), nodes)).collect()
    };
    let (page, domain) = (relative(page, page_graph.nodes), relative(domain, domain_graph.nodes));
    let scoring = Scoring {
        page: &page,
        domain: &domain,
        score: &|relative| scale::score(relative).get(),
        passed: &|relative, followed, hops| {
            // Every hop passes on what reaches it, damped once more.
            scale::passed(relative, followed) * scale::DAMPING.powi(i32::try_from(hops).unwrap_or(i32::MAX))
        },
    };
    build.scores(&scoring, &tell)?;
    step("scores");
    let preview = build.preview();
    build.order(|bucket, writer| query::fill_order(&preview, bucket, writer), &tell)?;
    step("order");
    let (snapshot, manifest) = build.publish(now, summary)?;
    step("publish");
    progress.finish();
    Ok(BuildReport { snapshot, manifest, elapsed_seconds: started.elapsed().as_secs_f64(), steps })
}

/// What is told about a graph after it is gone.
struct GraphFacts {
    nodes: u32,
    edges: u64,
}

fn ranks(
    name: &'static str,
    nodes: u64,
    edge_bound: u64,
    edges: Edges<'_>,
    options: BuildOptions,
    progress: &Progress,
) -> anyhow::Result<(Ranks, GraphFacts)> {
    let needed = rank::memory_needed(nodes, edge_bound);
    let count = u32::try_from(nodes).ok().filter(|_| needed <= options.memory_bytes as u64);
    let Some(count) = count else {
        let message = format!(
            "ranking {nodes} {name} with up to {edge_bound} links needs {needed} bytes, more than --memory {}",
            options.memory_bytes
        );
        let hint = "give --memory that much; ranks are computed in memory";
        return Err(Advised { status: ExitStatus::Failure, message, hint }.into());
    };
    let graph = Graph::from_sorted_edges(count, edges).with_context(|| format!("cannot read the graph of {name}"))?;
    let rank_options = PageRankOptions { threads: options.threads, ..PageRankOptions::default() };
    let ranks = rank::page_rank(&graph, rank_options, &mut |sweep| {
        progress.tell("rank", sweep.iteration.into(), sweep.iteration.into());
    })?;
    Ok((ranks, GraphFacts { nodes: count, edges: graph.edges() }))
}
