//! PageRank of a graph whose edges are on disk: only vectors of the nodes are in memory.
//!
//! Same fixed point, same options and the same certificate as [`page_rank()`](crate::page_rank()), whose
//! [documentation](mod@crate::page_rank) has the formula and the proof. Another way there, because edges on disk are sorted
//! by source while a pulling sweep wants them by target: this one *pushes*, and no edge is ever sorted again.
//!
//! # How it is solved
//!
//! Strongly preferential PageRank is the solution of (I − d·Pᵀ)·x = (1 − d)·v, divided by its sum. Kept are x and what is
//! missing, the *residual* r = (1 − d)·v + d·Pᵀx − x, from x = 0 and r = (1 − d)·v on. A sweep takes the nodes in order;
//! at node u, with p = P(u→u),
//!
//! ```text
//! δ = r(u)/(1 − d·p),   x(u) ← x(u) + δ,   r(u) ← 0,   r(w) ← r(w) + d·δ/k(u) for each other target w
//! ```
//!
//! which is Gauss–Seidel, written by columns (for PageRank: Bianchini, Gori, Scarselli 2005; McSherry 2005): what
//! earlier nodes pushed is used by later ones in the same sweep. Nothing is ever subtracted, so nothing cancels. Since
//! F(x) − x = r for the pseudorank, Σr/Σx is the step that a power sweep would make; when that is small enough, x is
//! divided by its sum and power sweeps are made until d/(1−d)·‖step‖₁ is at most the bound asked for. Nearly always that
//! is one sweep. With [`Dangling::Uniform`] what a dangling node would push is gathered and spread after the sweep.
//!
//! # Cost
//!
//! Memory: x and r in `f64`, 16 bytes a node; 8 for a prior; one bit a node; one block of edges. See
//! [`streamed_memory_needed`]. Time of a sweep: the file is read once from start to end, and r is written at random once an
//! edge. One thread.

use crate::edge_file::{EdgeFile, StreamError};
use crate::graph::memory_needed;
use crate::page_rank::{Checked, Dangling, Method, PageRankOptions, Progress, Ranks};
use crate::sum::Sum;

/// Nodes whose values are added plainly before the sum is carried on with compensation.
const RUN: usize = 256;

/// Where a graph can be ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// In memory: [`Graph`](crate::Graph) and [`page_rank()`](crate::page_rank()).
    InMemory,
    /// With its edges on disk: [`EdgeFile`] and [`page_rank_streamed`].
    Streamed,
    /// Not even the vectors of the nodes fit.
    TooLarge {
        /// The least memory, in bytes, with which it would be streamed.
        needed: u64,
    },
}

/// How to rank a graph of `nodes` nodes and at most `edge_bound` edges within `memory_bytes`.
pub fn plan(nodes: u64, edge_bound: u64, memory_bytes: u64) -> Plan {
    let needed = streamed_memory_needed(nodes);
    if memory_needed(nodes, edge_bound) <= memory_bytes {
        Plan::InMemory
    } else if needed <= memory_bytes {
        Plan::Streamed
    } else {
        Plan::TooLarge { needed }
    }
}

/// The most bytes that writing an [`EdgeFile`] and ranking it hold at once, a prior vector included: 25 a node and 8 MiB.
///
/// The links of one node are held while they are read, 4 bytes each: from 1.5 million on they come on top.
pub fn streamed_memory_needed(nodes: u64) -> u64 {
    25_u64.saturating_mul(nodes).saturating_add(8 << 20)
}

/// Ranks the nodes of a graph on disk; calls `progress` after every sweep. [`PageRankOptions::threads`] has no effect.
///
/// Equal input gives equal bits. Against [`page_rank()`](crate::page_rank()) the results differ by what both bounds allow.
/// Fails if the options make no sense, and if the file cannot be read or is damaged.
pub fn page_rank_streamed(
    edges: &EdgeFile,
    options: PageRankOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Ranks, StreamError> {
    let Checked { damping, l1_bound, max_iterations, dangling, method, prior, .. } =
        options.check(edges.nodes()).map_err(StreamError::Options)?;
    if edges.nodes() == 0 {
        return Ok(Ranks::of_nothing());
    }
    // Pushing starts from nothing: one sweep alone is spent better on the teleport distribution.
    let method = if max_iterations < 2 { Method::Power } else { method };
    let mut iteration = 0;
    let mut solver = Solver::new(edges, damping, dangling, prior, method);
    if method == Method::GaussSeidel {
        // F(x) − x = r: a power sweep from here proves the bound. It also shrinks what is left, by d.
        let target = l1_bound * (1.0 - damping) / damping.max(f64::MIN_POSITIVE);
        // The last sweep allowed goes to the certificate.
        while iteration + 1 < max_iterations {
            iteration += 1;
            let l1_change = solver.push_sweep()?;
            progress(Progress { iteration, l1_change, l1_error_bound: None });
            if l1_change <= target {
                break;
            }
        }
    }
    let mut l1_error_bound = f64::INFINITY;
    while iteration < max_iterations && l1_error_bound > l1_bound {
        iteration += 1;
        let l1_change = solver.power_sweep()?;
        l1_error_bound = damping / (1.0 - damping) * l1_change;
        progress(Progress { iteration, l1_change, l1_error_bound: Some(l1_error_bound) });
    }
    let dangling_mass = solver.dangling_mass();
    let converged = l1_error_bound <= l1_bound;
    Ok(Ranks { values: solver.values, iterations: iteration, l1_error_bound, converged, dangling_mass })
}

#[derive(Debug)]
struct Solver<'a> {
    edges: &'a EdgeFile,
    damping: f64,
    dangling: Dangling,
    prior: Option<Vec<f64>>,
    /// x.
    values: Vec<f64>,
    /// r while pushing; what the next x is made in while sweeping with the power method.
    other: Vec<f64>,
    /// Σ values.
    mass: f64,
}

impl<'a> Solver<'a> {
    fn new(edges: &'a EdgeFile, damping: f64, dangling: Dangling, prior: Option<Vec<f64>>, method: Method) -> Self {
        let nodes = edges.nodes() as usize;
        let teleport = |factor: f64| match &prior {
            Some(prior) => prior.iter().map(|weight| factor * weight).collect(),
            None => vec![factor / nodes as f64; nodes],
        };
        let (values, other, mass) = match method {
            Method::GaussSeidel => (vec![0.0; nodes], teleport(1.0 - damping), 0.0),
            Method::Power => (teleport(1.0), vec![0.0; nodes], 1.0),
        };
        Self { edges, damping, dangling, prior, values, other, mass }
    }

    /// One Gauss–Seidel sweep. Returns Σr/Σx.
    fn push_sweep(&mut self) -> Result<f64, StreamError> {
        let Self { edges, damping, dangling, values, other: residual, .. } = self;
        let damping = *damping;
        let mut settled = 0;
        let mut held_back = Sum::default();
        let mut settle_dangling = |nodes: std::ops::Range<usize>, values: &mut [f64], residual: &mut [f64]| {
            for (value, missing) in values[nodes.clone()].iter_mut().zip(&mut residual[nodes]) {
                *value += *missing;
                held_back.add(*missing);
                *missing = 0.0;
            }
        };
        edges.replay(|source, targets| {
            let node = source as usize;
            settle_dangling(settled..node, values, residual);
            settled = node + 1;
            let factor = damping / targets.len() as f64;
            let has_loop = targets.binary_search(&source).is_ok();
            let found = if has_loop { residual[node] / (1.0 - factor) } else { residual[node] };
            values[node] += found;
            let share = factor * found;
            for &target in targets {
                residual[target as usize] += share;
            }
            // A loop's share is in `found` already.
            residual[node] = 0.0;
        })?;
        settle_dangling(settled..values.len(), values, residual);
        let spread = match dangling {
            Dangling::Uniform => damping * held_back.value() / values.len() as f64,
            Dangling::Prior | Dangling::Drop => 0.0,
        };
        let (mut mass, mut missing) = (Sum::default(), Sum::default());
        for (values, residual) in values.chunks(RUN).zip(residual.chunks_mut(RUN)) {
            mass.add(values.iter().sum());
            for missing in residual.iter_mut() {
                *missing += spread;
            }
            missing.add(residual.iter().sum());
        }
        self.mass = mass.value();
        Ok(missing.value() / self.mass)
    }

    /// Makes x ← F(x), after dividing x by its sum where the ranks sum to 1. Returns the ℓ₁ norm of the step.
    fn power_sweep(&mut self) -> Result<f64, StreamError> {
        let scale = if self.dangling == Dangling::Drop { 1.0 } else { 1.0 / self.mass };
        let dangling_mass = self.dangling_mass() * scale;
        let Self { edges, damping, dangling, prior, values: old, other: new, mass } = self;
        new.fill(0.0);
        edges.replay(|source, targets| {
            let share = scale * old[source as usize] / targets.len() as f64;
            for &target in targets {
                new[target as usize] += share;
            }
        })?;
        let (jump, all) = (1.0 - *damping, old.len() as f64);
        let (by_prior, by_all) = match dangling {
            Dangling::Prior => (jump + *damping * dangling_mass, 0.0),
            Dangling::Uniform => (jump, *damping * dangling_mass),
            Dangling::Drop => (jump, 0.0),
        };
        let (mut sum, mut change) = (Sum::default(), Sum::default());
        for start in (0..old.len()).step_by(RUN) {
            let (mut run_sum, mut run_change) = (0.0, 0.0);
            for node in start..old.len().min(start + RUN) {
                let weight = prior.as_ref().map_or(1.0 / all, |prior| prior[node]);
                let value = by_all / all + by_prior * weight + *damping * new[node];
                run_sum += value;
                run_change += (value - scale * old[node]).abs();
                new[node] = value;
            }
            sum.add(run_sum);
            change.add(run_change);
        }
        std::mem::swap(old, new);
        *mass = sum.value();
        Ok(change.value())
    }

    /// Σ x over dangling nodes.
    fn dangling_mass(&self) -> f64 {
        let dangling = (0..).zip(&self.values).filter(|(node, _)| !self.edges.is_linking(*node));
        dangling.map(|(_, &value)| value).collect::<Sum>().value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_goes_where_it_fits() {
        // 12·10 + 25·10 + 4·1000 and 8 MiB against 25·10 and 8 MiB; the graph of a million links is built in 8 bytes each.
        let (in_memory, streamed) = (memory_needed(10, 1_000_000), streamed_memory_needed(10));
        assert_eq!(streamed, 250 + (8 << 20));
        assert_eq!(plan(10, 1_000_000, in_memory), Plan::InMemory);
        assert_eq!(plan(10, 1_000_000, in_memory - 1), Plan::Streamed);
        assert_eq!(plan(10, 1_000_000, streamed), Plan::Streamed);
        assert_eq!(plan(10, 1_000_000, streamed - 1), Plan::TooLarge { needed: streamed });
        assert_eq!(plan(u64::MAX, u64::MAX, u64::MAX - 1), Plan::TooLarge { needed: u64::MAX });
    }
}
