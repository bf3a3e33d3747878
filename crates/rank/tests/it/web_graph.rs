//! cnr-2000, a crawl of 325,557 pages and 3,216,152 links.

use std::fs::File;
use std::io::{BufReader, Read};

use flate2::read::GzDecoder;
use rank::{Graph, Method, PageRankOptions, memory_needed};

use crate::support::{METHODS, distance, rank, shared_data};

pub(crate) fn cnr_2000_edges() -> Option<Vec<(u32, u32)>> {
    let mut bytes = Vec::new();
    let file = File::open(shared_data("graph/cnr-2000.edges.u32le.gz")?).unwrap();
    GzDecoder::new(BufReader::new(file)).read_to_end(&mut bytes).unwrap();
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    Some(bytes.chunks_exact(8).map(|edge| (number(&edge[..4]), number(&edge[4..]))).collect())
}

fn cnr_2000() -> Option<Graph> {
    let edges = cnr_2000_edges()?.into_iter().map(Ok::<_, std::io::Error>);
    Some(Graph::from_sorted_edges(325_557, edges).unwrap())
}

#[test]
fn a_web_graph_converges_to_1e9() {
    let Some(graph) = cnr_2000() else { return };
    assert_eq!(graph.edges(), 3_216_152);
    assert!(graph.memory_bytes() <= memory_needed(325_557, graph.edges()));
    let ranks = rank(&graph, PageRankOptions::default());
    println!("{} sweeps, ℓ₁ error at most {:.2e}", ranks.iterations, ranks.l1_error_bound);
    assert!(ranks.converged && ranks.l1_error_bound <= 1e-9);
    assert!((ranks.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(ranks.iterations <= 75, "about half of the 113 sweeps of the power method");

    let power = PageRankOptions { method: Method::Power, l1_bound: 1e-6, ..PageRankOptions::default() };
    let other = rank(&graph, power);
    let apart = distance(&ranks.values, &other.values);
    assert!(apart <= ranks.l1_error_bound + other.l1_error_bound, "{apart:e}");
}

#[test]
fn the_number_of_threads_does_not_show() {
    let Some(graph) = cnr_2000() else { return };
    for method in METHODS {
        let at = |threads| {
            rank(&graph, PageRankOptions { method, threads, max_iterations: 4, ..PageRankOptions::default() })
        };
        let one = at(1);
        for threads in [0, 2, 3, 8] {
            assert!(at(threads) == one, "{method:?}: {threads} threads show");
        }
    }
}
