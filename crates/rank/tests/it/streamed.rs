//! Ranks with the edges on disk against ranks in memory.

use proptest::prelude::*;
use rank::{Dangling, EdgeFile, Graph, Method, PageRankOptions, Ranks, StreamError, page_rank_streamed};

use crate::support::{METHODS, distance, rank};

fn edge_file(nodes: u32, edges: &[(u32, u32)]) -> (tempfile::TempDir, EdgeFile) {
    let folder = tempfile::tempdir().unwrap();
    let edges = edges.iter().map(|&edge| Ok::<_, std::io::Error>(edge));
    let file = EdgeFile::write(&folder.path().join("edges"), nodes, edges).unwrap();
    (folder, file)
}

fn rank_streamed(file: &EdgeFile, options: PageRankOptions) -> Ranks {
    page_rank_streamed(file, options, &mut |_| {}).unwrap()
}

proptest! {
    #[test]
    fn streamed_ranks_are_those_in_memory(
        mut edges in prop::collection::vec((0_u32..24, 0_u32..24), 0..120),
        dangling in prop::sample::select(vec![Dangling::Prior, Dangling::Uniform, Dangling::Drop]),
        damping in 0.0_f64..0.9,
        teleport in prop::option::of(prop::collection::vec(0.0_f64..1.0, 24)),
    ) {
        prop_assume!(teleport.as_ref().is_none_or(|weights| weights.iter().sum::<f64>() > 0.0));
        edges.sort_unstable();
        let (_folder, file) = edge_file(24, &edges);
        let graph = Graph::from_edges(24, edges);
        prop_assert_eq!(file.edges(), graph.edges());
        for method in METHODS {
            let options = PageRankOptions {
                damping, dangling, method, teleport: teleport.clone(), l1_bound: 1e-11, max_iterations: 1000,
                ..PageRankOptions::default()
            };
            let streamed = rank_streamed(&file, options.clone());
            let in_memory = rank(&graph, options);
            prop_assert!(streamed.converged && streamed.l1_error_bound <= 1e-11);
            let apart = distance(&streamed.values, &in_memory.values);
            prop_assert!(apart <= streamed.l1_error_bound + in_memory.l1_error_bound + 1e-13, "{method:?}: {apart:e}");
            prop_assert!((streamed.dangling_mass - in_memory.dangling_mass).abs() <= apart + 1e-13);
        }
    }

    #[test]
    fn the_bound_holds_wherever_it_stops(mut edges in prop::collection::vec((0_u32..24, 0_u32..24), 0..120), sweeps in 0_u32..30) {
        edges.sort_unstable();
        let (_folder, file) = edge_file(24, &edges);
        let exact = rank(&Graph::from_edges(24, edges), PageRankOptions { l1_bound: 1e-13, ..PageRankOptions::default() });
        for method in METHODS {
            let options = PageRankOptions { method, max_iterations: sweeps, l1_bound: 0.0, ..PageRankOptions::default() };
            let ranks = rank_streamed(&file, options);
            prop_assert!(ranks.iterations <= sweeps);
            prop_assert!(distance(&ranks.values, &exact.values) <= ranks.l1_error_bound + 1e-12);
            prop_assert!((ranks.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn a_web_graph_on_disk_has_the_ranks_that_it_has_in_memory() {
    let Some(edges) = crate::web_graph::cnr_2000_edges() else { return };
    let (_folder, file) = edge_file(325_557, &edges);
    let streamed = rank_streamed(&file, PageRankOptions::default());
    let in_memory = rank(&Graph::from_edges(325_557, edges), PageRankOptions::default());
    let apart = distance(&streamed.values, &in_memory.values);
    println!(
        "{:.2} bytes an edge; {} sweeps streamed, {} in memory; ℓ₁ {apart:.1e} apart",
        file.bytes() as f64 / file.edges() as f64,
        streamed.iterations,
        in_memory.iterations
    );
    assert!(streamed.converged && apart <= 1e-9, "{apart:e}");
    assert!(streamed.iterations <= 75, "about half of the 113 sweeps of the power method");
}

#[test]
fn a_graph_without_nodes_or_sense_is_no_crash() {
    let (_folder, file) = edge_file(0, &[]);
    assert!(rank_streamed(&file, PageRankOptions::default()).values.is_empty());
    let options = PageRankOptions { damping: 1.0, method: Method::Power, ..PageRankOptions::default() };
    assert!(matches!(page_rank_streamed(&file, options, &mut |_| {}), Err(StreamError::Options(_))));
}
