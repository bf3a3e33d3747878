//! Values that others published.
//!
//! All of them are F(x) = (1−d)/n + d·(Pᵀx + D(x)/n) with d = 0.85, applied *a given number of times* to the uniform
//! vector, dangling mass spread over all nodes: [`Method::Power`] with `max_iterations`. Undirected edges count as two.
//!
//! - LDBC Graphalytics defines PageRank by a number of iterations: 2 in the examples, 26 in the larger directed and
//!   undirected tests (the directed one has settled by then).
//! - LAGraph's files carry no number. They are what the power iteration gives when it stops at a tolerance of 1e-4,
//!   2e-5 to 4e-5 away from the fixed point; after 16, 8 and 11 iterations they agree to all ten digits printed.

use std::fs;

use rank::{Graph, Method, PageRankOptions};

use crate::support::{largest_difference, rank, shared_data};

/// Both sides round: files to ten digits or to `f64`.
const TOLERANCE: f64 = 1e-9;

fn read(name: &str) -> Option<String> {
    Some(fs::read_to_string(shared_data("graph/pagerank-oracles")?.join(name)).unwrap())
}

fn assert_published(name: &str, graph: &Graph, iterations: u32, published: &[f64]) {
    let options = PageRankOptions {
        method: Method::Power,
        max_iterations: iterations,
        l1_bound: 0.0,
        ..PageRankOptions::default()
    };
    let ranks = rank(graph, options);
    let difference = largest_difference(&ranks.values, published);
    println!("{name}: {} nodes, {} edges, {iterations} iterations: {difference:.1e}", graph.nodes(), graph.edges());
    assert!(difference <= TOLERANCE, "{name}: {difference:e}");
}

/// Lines `id target target …`, and ranks as lines `id rank`.
fn ldbc(input: &str, output: &str, iterations: u32) {
    let (Some(links), Some(ranks)) = (read(input), read(output)) else { return };
    let mut published: Vec<(u32, f64)> = ranks
        .lines()
        .map(|line| {
            let (id, rank) = line.split_once(' ').unwrap();
            (id.parse().unwrap(), rank.trim().parse().unwrap())
        })
        .collect();
    published.sort_by_key(|&(id, _)| id);
    let node = |id: &str| {
        let id = id.parse().unwrap();
        published.binary_search_by_key(&id, |&(id, _)| id).unwrap() as u32
    };
    let edges = links
        .lines()
        .flat_map(|line| {
            let mut ids = line.split_whitespace().map(node);
            let source = ids.next().unwrap();
            ids.map(move |target| (source, target)).collect::<Vec<_>>()
        })
        .collect();
    let graph = Graph::from_edges(published.len() as u32, edges);
    let ranks: Vec<f64> = published.iter().map(|&(_, rank)| rank).collect();
    assert_published(input, &graph, iterations, &ranks);
}

/// A Matrix Market file, entry (i, j) an edge from i to j, and ranks one a line.
fn lagraph(matrix: &str, output: &str, iterations: u32) {
    let (Some(text), Some(ranks)) = (read(matrix), read(output)) else { return };
    let symmetric = text.lines().next().unwrap().ends_with("symmetric");
    let mut lines = text.lines().filter(|line| !line.starts_with('%'));
    let numbers = |line: &str| {
        let mut numbers = line.split_whitespace().map(|number| number.parse::<u32>().unwrap_or(0));
        (numbers.next().unwrap(), numbers.next().unwrap())
    };
    let (nodes, _) = numbers(lines.next().unwrap());
    let mut edges = Vec::new();
    for line in lines {
        let (row, column) = numbers(line);
        edges.push((row - 1, column - 1));
        if symmetric {
            edges.push((column - 1, row - 1));
        }
    }
    let published: Vec<f64> = ranks.lines().map(|line| line.trim().parse().unwrap()).collect();
    assert_published(matrix, &Graph::from_edges(nodes, edges), iterations, &published);
}

#[test]
fn ldbc_examples_agree_after_2_iterations() {
    ldbc("ldbc_example_example-directed-input", "ldbc_example_example-directed-PR", 2);
    ldbc("ldbc_example_example-undirected-input", "ldbc_example_example-undirected-PR", 2);
}

#[test]
fn ldbc_tests_agree_after_26_iterations() {
    ldbc("ldbc_pr_dir-input", "ldbc_pr_dir-output", 26);
    ldbc("ldbc_pr_undir-input", "ldbc_pr_undir-output", 26);
}

#[test]
fn lagraph_values_agree_where_a_tolerance_of_1e4_stops() {
    lagraph("lagraph_karate.mtx", "lagraph_karate_rank.txt", 16);
    lagraph("lagraph_west0067.mtx", "lagraph_west0067_rank.txt", 8);
    lagraph("lagraph_ldbc-directed-example.mtx", "lagraph_ldbc_directed_example_rank.txt", 11);
}
