//! Ranks of pages and domains: in memory where the graph fits, else with its edges on disk.

use std::path::Path;

use anyhow::Context;
use model::PageRank;
use rank::{EdgeFile, Graph, PageRankOptions, Plan, Ranks, scale};
use store::Edges;

use crate::terminal::{Advised, ExitStatus, Progress};

/// A graph that was ranked.
#[derive(Debug)]
pub(super) struct Ranked {
    /// Relative rank of each node.
    pub(super) relative: Vec<f64>,
    /// What of all ranks stands at nodes that lead nowhere.
    pub(super) dangling_mass: f64,
    /// Sweeps made.
    pub(super) iterations: u32,
    /// Proved bound of the L1 error.
    pub(super) l1_error_bound: f64,
    /// Edges, each counted once.
    pub(super) edges: u64,
    /// Whether the edges were read from disk in each sweep.
    pub(super) is_streamed: bool,
}

/// What a graph is called, how large it may be, and what may be used for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size<'a> {
    /// For messages: `pages` or `domains`.
    pub(super) name: &'static str,
    pub(super) nodes: u64,
    pub(super) edge_bound: u64,
    pub(super) memory_bytes: usize,
    pub(super) threads: usize,
    /// Where edges can be put.
    pub(super) scratch: &'a Path,
}

/// Ranks a graph.
pub(super) fn ranked(
    size: Size<'_>,
    edges: Edges<'_>,
    options: PageRankOptions,
    progress: &Progress,
) -> anyhow::Result<Ranked> {
    let Size { name, nodes, edge_bound, memory_bytes, threads, scratch } = size;
    let plan = rank::plan(nodes, edge_bound, memory_bytes as u64);
    let count = u32::try_from(nodes).map_err(|_| too_large(name, nodes, memory_bytes, None))?;
    let options = PageRankOptions { threads, ..options };
    let mut tell = |sweep: rank::Progress| {
        progress.tell("rank", sweep.iteration.into(), sweep.iteration.into());
    };
    let (ranks, edges, is_streamed) = match plan {
        Plan::InMemory => {
            let graph =
                Graph::from_sorted_edges(count, edges).with_context(|| format!("cannot read the graph of {name}"))?;
            (rank::page_rank(&graph, options, &mut tell)?, graph.edges(), false)
        }
        Plan::Streamed => {
            let path = scratch.join(format!("edges-{name}"));
            let file =
                EdgeFile::write(&path, count, edges).with_context(|| format!("cannot keep the edges of {name}"))?;
            (rank::page_rank_streamed(&file, options, &mut tell)?, file.edges(), true)
        }
        Plan::TooLarge { needed } => return Err(too_large(name, nodes, memory_bytes, Some(needed))),
    };
    let Ranks { values, iterations, l1_error_bound, dangling_mass, .. } = ranks;
    let relative = values.into_iter().map(|value| scale::relative(PageRank(value), count)).collect();
    Ok(Ranked { relative, dangling_mass, iterations, l1_error_bound, edges, is_streamed })
}

fn too_large(name: &str, nodes: u64, memory_bytes: usize, needed: Option<u64>) -> anyhow::Error {
    let needs = needed.map_or("more than there can be".to_owned(), |needed| format!("{needed} bytes"));
    let message = format!("ranking {nodes} {name} needs {needs}, more than --memory {memory_bytes}");
    let hint = "give --memory that much; edges are read from disk, but the ranks of all nodes are kept in memory";
    Advised { status: ExitStatus::Failure, message, hint }.into()
}
