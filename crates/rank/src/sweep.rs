//! One pass over all nodes, in parallel, with the same result for every number of threads.
//!
//! Nodes are cut into at most [`PARTS`] runs of about equal work; the cut depends on the graph alone. A part reads the old
//! vector and writes its own piece of the new one, so threads share nothing that changes; whichever thread takes a part
//! computes the same numbers, and the sums of the parts are added in their order.
//!
//! The vectors hold *shares*: c(u) = x(u)/k(u), what u gives to each of its k targets, so that the inner loop is one read
//! and one addition per edge. A dangling node gives nothing to anyone, its slot is never read by another and holds x
//! itself.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::graph::Graph;
use crate::sum::Sum;

/// The most parts; also the most threads that can be of use.
const PARTS: usize = 64;

/// The least work of a part, in edges and nodes: below it, handing it out costs more than doing it.
const PART_WORK: usize = 1 << 15;

/// How a pass treats nodes of its own part that it has already renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Old values only: the power method.
    Old,
    /// New ones: Gauss–Seidel inside a part, Jacobi between parts.
    Renewed,
}

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
}

impl<'a> Sweeper<'a> {
    pub(crate) fn new(graph: &'a Graph, damping: f64, threads: usize) -> Self {
        let parts = cut(graph);
        let threads = threads.clamp(1, parts.len().max(1));
        Self { graph, damping, parts, threads }
    }

    /// Writes base + d·Pᵀ(scale·old) to `new`, shares in both.
    ///
    /// `scale` makes a vector of any mass one of mass 1 on the way; with [`Reading::Renewed`] it must be 1.
    pub(crate) fn pass(&self, reading: Reading, base: Base<'_>, scale: f64, old: &[f64], new: &mut [f64]) -> Sums {
        let mut sums = vec![Sums::default(); self.parts.len()];
        let mut jobs = Vec::with_capacity(self.parts.len());
        let mut rest = new;
        for (part, sums) in self.parts.iter().zip(&mut sums) {
            let (own, after) = rest.split_at_mut(part.len());
            rest = after;
            jobs.push((part.start, own, sums));
        }
        let jobs = Mutex::new(jobs.into_iter());
        let work = || {
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((first, own, sums)) = job else { break };
                *sums = match reading {
                    Reading::Old => self.part::<false>(base, scale, first, old, own),
                    Reading::Renewed => self.part::<true>(base, scale, first, old, own),
                };
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(work);
            }
            work();
        });
        let total = |of: fn(&Sums) -> f64| sums.iter().map(of).collect::<Sum>().value();
        Sums { mass: total(|s| s.mass), dangling: total(|s| s.dangling), change: total(|s| s.change) }
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
        for node in nodes {
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
            let value = base.of(node) + factor * shares;
            let links = f64::from(out_degrees[node].max(1));
            own[node - first] = value / links;
            mass.add(value);
            change.add((value - scale * old[node] * links).abs());
            if out_degrees[node] == 0 {
                dangling.add(value);
            }
        }
        Sums { mass: mass.value(), dangling: dangling.value(), change: change.value() }
    }
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
