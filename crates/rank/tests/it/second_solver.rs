//! Random graphs against a power iteration on a dense matrix, and laws that hold for any graph.

use proptest::prelude::*;
use rank::{Dangling, Graph, PageRankOptions, RankError, page_rank};

use crate::support::{METHODS, distance, rank};

/// F(x) = (1−d)·v + d·(Pᵀx + D(x)·u) 400 times, written down as it stands.
fn dense(nodes: usize, edges: &[(u32, u32)], d: f64, dangling: Dangling, v: &[f64]) -> Vec<f64> {
    let mut matrix = vec![vec![0.0; nodes]; nodes];
    for &(source, target) in edges {
        matrix[source as usize][target as usize] = 1.0;
    }
    for row in &mut matrix {
        let links: f64 = row.iter().sum();
        for (target, entry) in row.iter_mut().enumerate() {
            *entry = match dangling {
                _ if links > 0.0 => *entry / links,
                Dangling::Prior => v[target],
                Dangling::Uniform => 1.0 / nodes as f64,
                Dangling::Drop => 0.0,
            };
        }
    }
    let mut x = v.to_vec();
    for _ in 0..400 {
        let surf = |target: usize| (0..nodes).map(|source| x[source] * matrix[source][target]).sum::<f64>();
        x = (0..nodes).map(|target| (1.0 - d) * v[target] + d * surf(target)).collect();
    }
    x
}

const NODES: u32 = 24;

fn edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..NODES, 0..NODES), 0..120)
}

fn treatments() -> impl Strategy<Value = Dangling> {
    prop::sample::select(vec![Dangling::Prior, Dangling::Uniform, Dangling::Drop])
}

proptest! {
    #[test]
    fn random_graphs_agree_with_a_dense_power_iteration(
        edges in edges(),
        dangling in treatments(),
        d in 0.0_f64..0.9,
        weights in prop::option::of(prop::collection::vec(0.0_f64..1.0, NODES as usize)),
    ) {
        let v = weights.clone().unwrap_or_else(|| vec![1.0; NODES as usize]);
        let sum: f64 = v.iter().sum();
        prop_assume!(sum > 0.0);
        let v: Vec<f64> = v.into_iter().map(|weight| weight / sum).collect();
        let expected = dense(NODES as usize, &edges, d, dangling, &v);
        let graph = Graph::from_edges(NODES, edges);
        for method in METHODS {
            let teleport = weights.clone();
            let options = PageRankOptions { damping: d, dangling, method, teleport, max_iterations: 1000, ..PageRankOptions::default() };
            let ranks = rank(&graph, options);
            prop_assert!(ranks.converged);
            let error = distance(&ranks.values, &expected);
            prop_assert!(error <= ranks.l1_error_bound + 1e-13, "{:?}: {:e} > {:e}", method, error, ranks.l1_error_bound);
        }
    }

    #[test]
    fn the_bound_holds_wherever_the_solver_stops(edges in edges(), sweeps in 1_u32..40) {
        let v = vec![1.0 / f64::from(NODES); NODES as usize];
        let expected = dense(NODES as usize, &edges, 0.85, Dangling::Prior, &v);
        let graph = Graph::from_edges(NODES, edges);
        for method in METHODS {
            let ranks = rank(&graph, PageRankOptions { method, max_iterations: sweeps, l1_bound: 0.0, ..PageRankOptions::default() });
            prop_assert!(distance(&ranks.values, &expected) <= ranks.l1_error_bound + 1e-13);
            prop_assert!((ranks.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn renaming_nodes_renames_ranks(edges in edges(), names in Just((0..NODES).collect::<Vec<_>>()).prop_shuffle()) {
        let renamed = edges.iter().map(|&(u, v)| (names[u as usize], names[v as usize])).collect();
        for method in METHODS {
            let options = PageRankOptions { method, l1_bound: 1e-12, ..PageRankOptions::default() };
            let ranks = rank(&Graph::from_edges(NODES, edges.clone()), options.clone());
            let other = rank(&Graph::from_edges(NODES, Vec::clone(&renamed)), options);
            let moved: Vec<f64> = names.iter().map(|&name| other.values[name as usize]).collect();
            prop_assert!(distance(&ranks.values, &moved) <= 2e-12 + 1e-14);
        }
    }
}

#[test]
fn a_graph_without_nodes_has_no_ranks() {
    let ranks = rank(&Graph::from_edges(0, Vec::new()), PageRankOptions::default());
    assert!(ranks.converged && ranks.values.is_empty());
}

#[test]
fn no_sweep_proves_nothing() {
    let graph = Graph::from_edges(2, vec![(0, 1)]);
    let ranks = rank(&graph, PageRankOptions { max_iterations: 0, ..PageRankOptions::default() });
    assert!(!ranks.converged && ranks.l1_error_bound.is_infinite());
}

#[test]
fn progress_counts_every_sweep_and_ends_with_the_bound() {
    let graph = Graph::from_edges(3, vec![(0, 1), (1, 0), (1, 2)]);
    for method in METHODS {
        let mut seen = Vec::new();
        let options = PageRankOptions { method, ..PageRankOptions::default() };
        let ranks = page_rank(&graph, options, &mut |progress| seen.push(progress)).unwrap();
        assert!(seen.iter().map(|progress| progress.iteration).eq(1..=ranks.iterations));
        assert_eq!(seen.last().unwrap().l1_error_bound, Some(ranks.l1_error_bound));
    }
}

#[test]
fn options_without_sense_are_refused() {
    let graph = Graph::from_edges(2, vec![(0, 1)]);
    let refused = |options| page_rank(&graph, options, &mut |_| {}).unwrap_err();
    let default = PageRankOptions::default;
    for damping in [-0.1, 1.0, f64::NAN] {
        assert!(matches!(refused(PageRankOptions { damping, ..default() }), RankError::Damping(_)));
    }
    for l1_bound in [-1.0, f64::NAN] {
        assert!(matches!(refused(PageRankOptions { l1_bound, ..default() }), RankError::L1Bound(_)));
    }
    let teleport = |weights: &[f64]| refused(PageRankOptions { teleport: Some(weights.to_vec()), ..default() });
    assert_eq!(teleport(&[1.0]), RankError::TeleportLength { given: 1, nodes: 2 });
    assert_eq!(teleport(&[1.0, -1.0]), RankError::TeleportWeight { node: 1, weight: -1.0 });
    assert_eq!(teleport(&[0.0, 0.0]), RankError::TeleportSum(0.0));
}
