//! One pass over all nodes, in parallel, with the same result for every number of threads.
//!
//! Nodes are cut into runs of about equal work, the parts; the cut depends on the graph alone. A part reads the old vector
//! and writes its own piece of the new one, so threads share nothing that changes; whichever thread takes a part computes
//! the same numbers, and the sums of the parts are added in their order.
//!
//! A pass of the power method does all parts at once. A Gauss–Seidel pass does every eighth part, then the parts after
//! those, and so on: eight waves. A part reads what earlier waves renewed, and of its own nodes what it has renewed itself;
//! only links between parts of one wave, an eighth of the far ones, read old values where a serial sweep would read new
//! ones. (On cnr-2000 that costs 64 sweeps; all parts in one wave 96, without the order in the parts 113.)
//!
//! The vectors hold *shares*: c(u) = x(u)/k(u), what u gives to each of its k targets, so that the inner loop is one read
//! and one addition per edge. A dangling node gives nothing to anyone, its slot is never read by another and holds x
//! itself.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::graph::Graph;
use crate::sum::Sum;

/// The most parts.
const PARTS: usize = 128;

/// In how many waves a Gauss–Seidel sweep does the parts; the most threads of use to it are `PARTS / WAVES`.
const WAVES: usize = 8;

/// The least work of a part, in edges and nodes: below it, handing it out costs more than doing it.
const PART_WORK: usize = 1 << 15;

/// Nodes whose values are added plainly before the sum is carried on with compensation.
const RUN: usize = 256;

/// What a node gets without in-links: `flat + slope·prior(v)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base<'a> {
    pub(crate) flat: f64,
    pub(crate) slope: f64,
    pub(crate) prior: Option<&'a [f64]>,
}

impl Base<'_> {
    fn of(&self, node: usize) -> f64 {
        self.prior.map_or(self.flat, |prior| self.flat + self.slope * prior[node])
    }
}

/// Sums over all nodes after a pass.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    /// Σ x of the new vector.
    pub(crate) mass: f64,
    /// Σ x of the new vector over dangling nodes.
    pub(crate) dangling: f64,
    /// Σ |new − old|, the ℓ₁ norm of the step.
    pub(crate) change: f64,
}

/// Passes over one graph.
#[derive(Debug)]
pub(crate) struct Sweeper<'a> {
    graph: &'a Graph,
    damping: f64,
    parts: Vec<Range<usize>>,
    threads: usize,
    /// One bit per node: does it link to itself?
    loops: Vec<u64>,
}

impl<'a> Sweeper<'a> {
    pub(crate) fn new(graph: &'a Graph, damping: f64, threads: usize) -> Self {
        let parts = cut(graph);
        let threads = threads.clamp(1, parts.len().max(1));
        let mut loops = vec![0_u64; (graph.nodes() as usize).div_ceil(64)];
        for node in 0..graph.nodes() {
            if graph.in_links(node).binary_search(&node).is_ok() {
                loops[node as usize / 64] |= 1 << (node % 64);
            }
        }
        Self { graph, damping, parts, threads, loops }
    }

    /// The power method: writes base + d·Pᵀ(scale·old) to `new`, shares in both.
    ///
    /// `scale` makes a vector of any mass one of mass 1 on the way.
    pub(crate) fn power(&self, base: Base<'_>, scale: f64, old: &[f64], new: &mut [f64]) -> Sums {
        let mut sums = vec![Sums::default(); self.parts.len()];
        self.run(0, 1, &mut sums, new, |first, own| self.part::<false>(base, scale, first, old, own));
        add_up(&sums)
    }

    /// Gauss–Seidel: renews `values`, in waves. `room` is where a wave writes until it is over.
    pub(crate) fn gauss_seidel(&self, base: Base<'_>, values: &mut [f64], room: &mut [f64]) -> Sums {
        let mut sums = vec![Sums::default(); self.parts.len()];
        for wave in 0..WAVES {
            let old = &*values;
            self.run(wave, WAVES, &mut sums, room, |first, own| self.part::<true>(base, 1.0, first, old, own));
            for part in self.parts.iter().skip(wave).step_by(WAVES) {
                values[part.clone()].copy_from_slice(&room[part.clone()]);
            }
        }
        add_up(&sums)
    }

    /// Does one wave: every `waves`-th part from `wave` on.
    fn run(
        &self,
        wave: usize,
        waves: usize,
        sums: &mut [Sums],
        new: &mut [f64],
        work: impl Fn(usize, &mut [f64]) -> Sums + Sync,
    ) {
        let mut jobs = Vec::with_capacity(self.parts.len().div_ceil(waves));
        let mut rest = new;
        for (number, (part, sums)) in self.parts.iter().zip(sums).enumerate() {
            let (own, after) = rest.split_at_mut(part.len());
            rest = after;
            if number % waves == wave {
                jobs.push((part.start, own, sums));
            }
        }
        let threads = self.threads.min(jobs.len());
        let jobs = Mutex::new(jobs.into_iter());
        let take_jobs = || {
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((first, own, sums)) = job else { break };
                *sums = work(first, own);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(take_jobs);
            }
            take_jobs();
        });
    }

    fn part<const RENEWED: bool>(
        &self,
        base: Base<'_>,
        scale: f64,
        first: usize,
        old: &[f64],
        own: &mut [f64],
    ) -> Sums {
        let (out_degrees, offsets, sources) = self.graph.parts();
        let nodes = first..first + own.len();
        if RENEWED {
            own.copy_from_slice(&old[nodes.clone()]);
        }
        let factor = self.damping * scale;
        let (mut mass, mut dangling, mut change) = (Sum::default(), Sum::default(), Sum::default());
        for start in nodes.clone().step_by(RUN) {
            // Short plain sums inside compensated ones: as exact as needed, and out of the way of the inner loop.
            let (mut run_mass, mut run_dangling, mut run_change) = (0.0, 0.0, 0.0);
            for node in start..nodes.end.min(start + RUN) {
                let mut shares = 0.0;
                for &source in &sources[offsets[node]..offsets[node + 1]] {
                    let source = source as usize;
                    shares += if RENEWED {
                        // A source below `first` wraps around to beyond the part.
                        own.get(source.wrapping_sub(first)).copied().unwrap_or_else(|| old[source])
                    } else {
                        old[source]
                    };
                }
                let links = f64::from(out_degrees[node].max(1));
                let value = if RENEWED && self.loops[node / 64] >> (node % 64) & 1 == 1 {
                    // x = b + d·(shares of others) + d·x/k, solved for x.
                    (base.of(node) + factor * (shares - own[node - first])) / (1.0 - factor / links)
                } else {
                    base.of(node) + factor * shares
                };
                own[node - first] = value / links;
                run_mass += value;
                run_change += (value - scale * old[node] * links).abs();
                if out_degrees[node] == 0 {
                    run_dangling += value;
                }
            }
            mass.add(run_mass);
            dangling.add(run_dangling);
            change.add(run_change);
        }
        Sums { mass: mass.value(), dangling: dangling.value(), change: change.value() }
    }
}

/// Adds the sums of all parts, in their order.
fn add_up(parts: &[Sums]) -> Sums {
    let total = |of: fn(&Sums) -> f64| parts.iter().map(of).collect::<Sum>().value();
    Sums { mass: total(|sums| sums.mass), dangling: total(|sums| sums.dangling), change: total(|sums| sums.change) }
}

/// Cuts the nodes into runs of about equal work, counting two for a node and one for an in-link.
fn cut(graph: &Graph) -> Vec<Range<usize>> {
    let (out_degrees, offsets, sources) = graph.parts();
    let nodes = out_degrees.len();
    let work = sources.len() + 2 * nodes;
    let count = (work / PART_WORK).clamp(1, PARTS);
    let mut first = 0;
    let mut parts = Vec::with_capacity(count);
    for part in 1..=count {
        let (mut end, mut beyond) = (first, nodes);
        while end < beyond {
            let middle = usize::midpoint(end, beyond);
            if (offsets[middle] + 2 * middle) * count < work * part {
                end = middle + 1;
            } else {
                beyond = middle;
            }
        }
        parts.push(first..end);
        first = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_all_nodes_in_order_with_about_equal_work() {
        // A third of the nodes have all the in-links.
        let nodes = 300_000;
        let edges = (0..nodes).flat_map(|node| (0..4).map(move |link| (node, (node * 7 + link * 13) % (nodes / 3))));
        let graph = Graph::from_edges(nodes, edges.collect());
        let parts = cut(&graph);
        let work = |part: &Range<usize>| {
            part.clone().map(|node| 2 + graph.in_links(node as u32).len()).sum::<usize>() / PART_WORK
        };
        assert!(parts.len() > 40 && parts.len() <= PARTS, "{}", parts.len());
        assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!((parts[0].start, parts[parts.len() - 1].end), (0, nodes as usize));
        assert!(parts.iter().all(|part| work(part) <= 1), "a part has the work of two");
    }

    #[test]
    fn a_small_graph_is_one_part() {
        assert_eq!(cut(&Graph::from_edges(3, vec![(0, 1)])), vec![Range { start: 0, end: 3 }]);
        assert_eq!(cut(&Graph::from_edges(0, Vec::new())), vec![Range { start: 0, end: 0 }]);
    }
}
