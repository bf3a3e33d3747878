//! Ranking in one line, distances, and the data beside the repository.

use std::path::PathBuf;

use rank::{Graph, Method, PageRankOptions, Ranks, page_rank};

pub(crate) const METHODS: [Method; 2] = [Method::GaussSeidel, Method::Power];

pub(crate) fn rank(graph: &Graph, options: PageRankOptions) -> Ranks {
    page_rank(graph, options, &mut |_| {}).unwrap()
}

/// ℓ₁ distance.
pub(crate) fn distance(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).sum()
}

/// The largest difference.
pub(crate) fn largest_difference(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(left, right)| (left - right).abs()).fold(0.0, f64::max)
}

/// A file of the data that lies beside the repository; None, said aloud, where it is absent.
pub(crate) fn shared_data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if path.try_exists().unwrap() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}
