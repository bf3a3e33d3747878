//! Graphs whose PageRank is a formula.
//!
//! Formulas are for y = b + d·Pᵀy with any constant b, divided by their sum: without a prior, dangling nodes change b alone
//! (that is the normalised pseudorank of the module documentation). With b = 1 a node without in-links has y = 1.

use rank::{Dangling, Graph, PageRankOptions};

use crate::support::{METHODS, distance, rank};

/// Compares all methods at several dampings with `formula(d)`, up to a factor.
fn assert_formula(name: &str, nodes: u32, edges: Vec<(u32, u32)>, formula: impl Fn(f64) -> Vec<f64>) {
    let graph = Graph::from_edges(nodes, edges);
    for damping in [0.0, 0.3, 0.85, 0.99] {
        let mut expected = formula(damping);
        let sum: f64 = expected.iter().sum();
        for value in &mut expected {
            *value /= sum;
        }
        for method in METHODS {
            let options = PageRankOptions {
                damping,
                method,
                l1_bound: 1e-11,
                max_iterations: 5000,
                ..PageRankOptions::default()
            };
            let ranks = rank(&graph, options);
            let error = distance(&ranks.values, &expected);
            assert!(ranks.converged, "{name} {damping} {method:?}");
            assert!(error <= ranks.l1_error_bound + 1e-13, "{name} {damping} {method:?}: {error:e} {ranks:?}");
        }
    }
}

#[test]
fn a_cycle_is_uniform() {
    // Every node has one in-link from a node like itself.
    for nodes in [1, 2, 7, 100] {
        let edges = (0..nodes).map(|node| (node, (node + 1) % nodes)).collect();
        assert_formula("cycle", nodes, edges, |_| vec![1.0; nodes as usize]);
    }
}

#[test]
fn a_clique_is_uniform() {
    for nodes in [2, 3, 20] {
        let edges = (0..nodes * nodes).map(|pair| (pair / nodes, pair % nodes)).filter(|(u, v)| u != v).collect();
        assert_formula("clique", nodes, edges, |_| vec![1.0; nodes as usize]);
    }
}

#[test]
fn nodes_without_edges_are_uniform() {
    assert_formula("no edges", 5, Vec::new(), |_| vec![1.0; 5]);
}

#[test]
fn a_chain_fills_up_geometrically() {
    // y(0) = 1, y(i) = 1 + d·y(i−1) = 1 + d + … + dⁱ = (1 − dⁱ⁺¹)/(1 − d). Both ways, as Gauss–Seidel sees them differently.
    for nodes in [2, 3, 50] {
        let formula = |d: f64| (1..=nodes as i32).map(|end| (1.0 - d.powi(end)) / (1.0 - d)).collect::<Vec<_>>();
        assert_formula("chain", nodes, (1..nodes).map(|node| (node - 1, node)).collect(), formula);
        assert_formula("chain backwards", nodes, (1..nodes).map(|node| (node, node - 1)).collect(), |d| {
            formula(d).into_iter().rev().collect()
        });
    }
}

#[test]
fn the_centre_of_a_star_collects() {
    // m leaves link to node 0, which dangles: y(leaf) = 1, y(0) = 1 + d·m.
    let leaves = 30;
    let edges = (1..=leaves).map(|leaf| (leaf, 0)).collect();
    assert_formula("star", leaves + 1, edges, |d| {
        let mut values = vec![1.0; leaves as usize + 1];
        values[0] = 1.0 + d * f64::from(leaves);
        values
    });
}

#[test]
fn the_centre_of_a_star_shares_out() {
    // Node 0 links to m leaves, which dangle: y(0) = 1, y(leaf) = 1 + d/m.
    let leaves = 30;
    let edges = (1..=leaves).map(|leaf| (0, leaf)).collect();
    assert_formula("star turned round", leaves + 1, edges, |d| {
        let mut values = vec![1.0 + d / f64::from(leaves); leaves as usize + 1];
        values[0] = 1.0;
        values
    });
}

#[test]
fn a_star_of_links_both_ways_keeps_half_in_the_middle() {
    // c = 1 + d·m·l and l = 1 + d·c/m, so c = (1 + d·m)/(1 − d²).
    let leaves = 30;
    let edges = (1..=leaves).flat_map(|leaf| [(0, leaf), (leaf, 0)]).collect();
    assert_formula("star both ways", leaves + 1, edges, |d| {
        let centre = (1.0 + d * f64::from(leaves)) / (1.0 - d * d);
        let mut values = vec![1.0 + d * centre / f64::from(leaves); leaves as usize + 1];
        values[0] = centre;
        values
    });
}

#[test]
fn a_node_that_links_to_itself_alone_keeps_all() {
    // Node 0 → 1 → 1: y(0) = 1, y(1) = 1 + d·y(0) + d·y(1), so y(1) = (1 + d)/(1 − d).
    assert_formula("loop", 2, vec![(0, 1), (1, 1)], |d| vec![1.0, (1.0 + d) / (1.0 - d)]);
}

#[test]
fn a_clique_leaks_into_a_cycle() {
    // Clique 0..k, whose node 0 also links to the first of a cycle of p nodes. Per node: clique without node 0: a; node 0: b.
    //   a = 1 + d·((k−2)·a/(k−1) + b/k),  b = 1 + d·a   ⇒   a·(1 − d·(k−2)/(k−1) − d²/k) = 1 + d/k
    // Cycle: c(0) = 1 + d·b/k + d·c(p−1), c(i) = s(i) + dⁱ·c(0) with s(i) = 1 + d + … + dⁱ⁻¹
    //   ⇒ c(0)·(1 − dᵖ) = 1 + d·b/k + d·s(p−1)
    let (clique, cycle) = (6_u32, 11_u32);
    let mut edges: Vec<_> =
        (0..clique * clique).map(|pair| (pair / clique, pair % clique)).filter(|(u, v)| u != v).collect();
    edges.push((0, clique));
    edges.extend((0..cycle).map(|node| (clique + node, clique + (node + 1) % cycle)));
    assert_formula("clique and cycle", clique + cycle, edges, |d| {
        let k = f64::from(clique);
        let a = (1.0 + d / k) / (1.0 - d * (k - 2.0) / (k - 1.0) - d * d / k);
        let b = 1.0 + d * a;
        let s = |terms: u32| (1.0 - d.powi(terms as i32)) / (1.0 - d);
        let first = (1.0 + d * b / k + d * s(cycle - 1)) / (1.0 - d.powi(cycle as i32));
        let mut values = vec![a; clique as usize];
        values[0] = b;
        values.extend((0..cycle).map(|place| s(place) + d.powi(place as i32) * first));
        values
    });
}

#[test]
fn dropped_mass_is_gone_and_spread_mass_goes_where_it_is_told() {
    // 0 → 1, all teleport to node 0, d = 1/2: x(0) = 1/2 + x(1)/2·u(0), x(1) = x(0)/2 + x(1)/2·u(1).
    let graph = Graph::from_edges(2, vec![(0, 1)]);
    let cases = [
        (Dangling::Drop, [0.5, 0.25]),             // u = (0, 0)
        (Dangling::Prior, [2.0 / 3.0, 1.0 / 3.0]), // u = (1, 0): x(0) = 1/2 + x(0)/4
        (Dangling::Uniform, [0.6, 0.4]),           // u = (½, ½): x(1)·¾ = x(0)/2, x(0) = ½ + x(0)/6
    ];
    for (dangling, expected) in cases {
        for method in METHODS {
            let teleport = Some(vec![3.0, 0.0]);
            let options = PageRankOptions { damping: 0.5, dangling, method, teleport, ..PageRankOptions::default() };
            let ranks = rank(&graph, options);
            assert!(distance(&ranks.values, &expected) <= 1e-9, "{dangling:?} {method:?} {ranks:?}");
        }
    }
}
