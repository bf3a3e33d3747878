//! What stands beside a score: where a node stands among all, and how much of its rank is known from links.
//!
//! # Percentile
//!
//! For a value that `less` nodes are below and `equal` nodes have,
//!
//! ```text
//! p = round(10000·(less + equal/2)/N)
//! ```
//!
//! in hundredths of a per cent: the *middle* position of those that share it (Hazen 1914), so that the mean over all nodes
//! is 50 % whatever is tied. Half of a web graph are nodes that one faint link reaches, with the same value; they stand
//! in the middle of their crowd, not at its top. Values are compared as `f32`, as they are stored.
//!
//! # Coverage
//!
//! The rank of a node is what the random jump gives it and what comes over links:
//!
//! ```text
//! x = N·v·(1 + d·D/(1 − d)) + x_links          coverage = x_links/x = 1 − N·v·(1 + d·D/(1 − d))/x
//! ```
//!
//! with its prior v (1/N without one) and the sum D of the ranks of dangling nodes, whose mass comes back as jumps
//! ([`Ranks::dangling_mass`](crate::Ranks::dangling_mass), [`Dangling::Prior`](crate::Dangling::Prior)). 0: nothing that was
//! crawled links there, the score is a guess from the domain. Near 1: the score is made of links.

use crate::scale::DAMPING;

/// The percentile of one hundred per cent.
pub const PERCENTILE_ONE: u16 = 10_000;

/// Where values stand among those of all nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Percentiles {
    /// The least value of each percentile that occurs; both ascending. At most 10,001.
    steps: Vec<(f32, u16)>,
}

impl Percentiles {
    /// Of the values of all nodes. While it works, 4 bytes a node; what is left is at most 80 KiB. NaN counts as 0.
    pub fn of_values(values: &[f64]) -> Self {
        let mut sorted: Vec<f32> = values.iter().map(|&value| narrow(value)).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let mut steps: Vec<(f32, u16)> = Vec::new();
        let mut less = 0_u64;
        for ties in sorted.chunk_by(|left, right| left.total_cmp(right).is_eq()) {
            let twice = 2 * less + ties.len() as u64;
            // round(10000·twice/(2N)), halves up.
            let percentile = (u64::from(PERCENTILE_ONE) * twice + values.len() as u64) / (2 * values.len() as u64);
            less += ties.len() as u64;
            if let Some(&value) = ties.first()
                && steps.last().is_none_or(|&(_, last)| u64::from(last) < percentile)
            {
                steps.push((value, percentile as u16));
            }
        }
        Self { steps }
    }

    /// The percentile of a value, 0 to 10,000; exact for the values of the nodes. Other values stand with the next lower one.
    pub fn of(&self, value: f64) -> u16 {
        let value = narrow(value);
        let above = self.steps.partition_point(|&(least, _)| least <= value);
        above.checked_sub(1).and_then(|step| self.steps.get(step)).map_or(0, |&(_, percentile)| percentile)
    }
}

/// The share of a relative rank that came over links, 0 to 1.
///
/// `teleport` is N·v, 1 without a prior; `dangling_mass` is D. 0 for a node without rank.
pub fn coverage(x: f64, teleport: f64, dangling_mass: f64) -> f64 {
    let jumped = teleport * (1.0 + DAMPING * dangling_mass / (1.0 - DAMPING));
    if x > 0.0 { (1.0 - jumped / x).clamp(0.0, 1.0) } else { 0.0 }
}

/// As ranks are stored; no negative zero, no NaN.
fn narrow(value: f64) -> f32 {
    if value.is_nan() { 0.0 } else { value as f32 + 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Graph, PageRankOptions, page_rank, scale};
    use model::PageRank;
    use proptest::prelude::*;

    #[test]
    fn ties_stand_in_the_middle() {
        // Four of five share the least value: (0 + 4/2)/5 = 40 %; the fifth (4 + 1/2)/5 = 90 %.
        let percentiles = Percentiles::of_values(&[1.0, 1.0, 7.0, 1.0, 1.0]);
        assert_eq!([0.5, 1.0, 3.0, 7.0, 9.0].map(|value| percentiles.of(value)), [0, 4000, 4000, 9000, 9000]);
        assert_eq!(Percentiles::of_values(&[]).of(1.0), 0);
        assert_eq!(Percentiles::of_values(&[f64::NAN, -0.0, 0.0]).of(0.0), 5000);
    }

    #[test]
    fn the_table_stays_small() {
        let values: Vec<f64> = (0..50_000).map(|node| f64::from(node) * 1.5).collect();
        let percentiles = Percentiles::of_values(&values);
        assert_eq!(percentiles.steps.len(), 10_001);
        assert_eq!((percentiles.of(0.0), percentiles.of(f64::INFINITY)), (0, PERCENTILE_ONE));
    }

    proptest! {
        #[test]
        fn percentiles_are_counted(values in prop::collection::vec(0_u8..20, 1..200)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let percentiles = Percentiles::of_values(&values);
            for &value in &values {
                let less = values.iter().filter(|other| **other < value).count() as f64;
                let equal = values.iter().filter(|other| other.total_cmp(&value).is_eq()).count() as f64;
                let expected = (10_000.0 * (less + equal / 2.0) / values.len() as f64 + 1e-9).round();
                prop_assert_eq!(percentiles.of(value), expected as u16);
            }
        }

        #[test]
        fn what_came_over_links_is_what_links_passed(
            edges in prop::collection::vec((0_u32..12, 0_u32..12), 0..40),
            weights in prop::option::of(prop::collection::vec(0.1_f64..1.0, 12)),
        ) {
            let graph = Graph::from_edges(12, edges);
            let options = PageRankOptions { teleport: weights.clone(), l1_bound: 1e-12, ..PageRankOptions::default() };
            let ranks = page_rank(&graph, options, &mut |_| {}).unwrap();
            let weights = weights.unwrap_or_else(|| vec![1.0; 12]);
            let sum: f64 = weights.iter().sum();
            let x: Vec<f64> = ranks.values.iter().map(|&rank| scale::relative(PageRank(rank), 12)).collect();
            for node in 0..12 {
                let passed = |source: &u32| scale::passed(x[*source as usize], graph.out_degree(*source));
                let over_links: f64 = graph.in_links(node).iter().map(passed).sum();
                let node = node as usize;
                let found = coverage(x[node], 12.0 * weights[node] / sum, ranks.dangling_mass);
                prop_assert!((found - over_links / x[node]).abs() < 1e-9, "{} {}", found, over_links / x[node]);
            }
        }
    }

    #[test]
    fn no_links_no_coverage() {
        assert!(coverage(1.0, 1.0, 0.3) == 0.0);
        assert!(coverage(0.0, 1.0, 0.0) == 0.0);
        assert!((coverage(4.0, 1.0, 0.0) - 0.75).abs() < 1e-15);
    }
}
