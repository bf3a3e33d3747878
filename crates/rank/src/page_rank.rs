//! PageRank: the formula, what is done about dangling nodes, how it is solved, and what the stopping number bounds.
//!
//! # Formula
//!
//! For a graph of n nodes let P be the matrix of the random surfer, P(u→v) = 1/k(u) for each of the k(u) edges out of u,
//! and a row of zeros for a *dangling* node, one without edges. With the damping d, 0 ≤ d < 1, and the teleport
//! distribution v (uniform, 1/n, unless a prior is given), PageRank is the fixed point of
//!
//! ```text
//! F(x) = (1 − d)·v + d·(Pᵀx + D(x)·u),      D(x) = Σ x(w) over dangling w
//! ```
//!
//! (Page, Brin, Motwani, Winograd 1999; the three treatments of dangling nodes are those of Boldi, Posenato, Santini and
//! Vigna, *Traps and Pitfalls of Topic-Biased PageRank*, 2008.) Where the dangling mass goes is [`Dangling`]:
//!
//! | | u | sum of x |
//! |---|---|---|
//! | [`Dangling::Prior`], strongly preferential | v | 1 |
//! | [`Dangling::Uniform`], weakly preferential | 1/n | 1 |
//! | [`Dangling::Drop`], pseudorank | 0 | at most 1 |
//!
//! The first two are the same without a prior. In web graphs whose frontier is not crawled most nodes dangle (64 to 75 %
//! in Common Crawl's), so D is not a detail; it is summed in every sweep.
//!
//! # What the stopping number bounds
//!
//! F contracts by d in the ℓ₁ norm: ‖F(x) − F(y)‖₁ ≤ d·‖x − y‖₁ for all x and y, since no row of P with its dangling part
//! sums to more than 1. Let x be any vector at all, y = F(x), and x* the fixed point. Then
//! ‖y − x*‖₁ ≤ d·‖x − x*‖₁ ≤ d·(‖x − y‖₁ + ‖y − x*‖₁), hence
//!
//! ```text
//! ‖y − x*‖₁ ≤ d/(1 − d)·‖y − x‖₁
//! ```
//!
//! That right side is [`Ranks::l1_error_bound`], for the y that is returned. It is an upper bound on the sum of the errors
//! of all nodes, so of any single one and of any set; it is proved, not estimated, up to the rounding of the arithmetic:
//! values are `f64` (a relative error of about 1e-16 per addition within one node's in-links), and sums over nodes are
//! compensated. Bounds below 1e-14 mean nothing.
//!
//! # How it is solved
//!
//! [`Method::Power`] is x ← F(x) from the uniform vector (or the prior). The error falls by d a sweep: at d = 0.85
//! ln ε / ln d sweeps, about 113 for 1e-8.
//!
//! [`Method::GaussSeidel`], the default, needs about half of that or less, and each sweep costs the same. Strongly
//! preferential PageRank is the pseudorank divided by its sum: put D(x) = c in the formula and what is left is the
//! linear system (I − d·Pᵀ)·x = (1 − d + d·c)·v, whose solutions for all c are multiples of each other. So the dangling
//! mass is held still at its last sum while the system is solved, sweep by sweep, using values of the same sweep where the
//! order of nodes allows it, and solving for the self-loop of a node at once (a regular splitting of an M-matrix: in the
//! limit never slower than Jacobi). It pays most where neighbours in the order are neighbours in the graph, as pages
//! sorted by URL are.
//!
//! The step between two Gauss–Seidel vectors bounds nothing in ℓ₁. So when it has become small the vector is divided by
//! its sum and *one sweep of the power method* is made: the derivation above holds for any x, and the step of that sweep
//! bounds the error of its result. If the bound is not yet good enough, solving goes on. (With a prior and
//! [`Dangling::Uniform`] D is renewed in each sweep; the certificate is the same.)
//!
//! The result does not depend on the number of threads, to the last bit.
//!
//! # Cost
//!
//! Time: one random read of 8 bytes per edge and sweep. Memory, beside the graph: 16 bytes per node, and 8 for a prior;
//! see [`memory_needed`](crate::memory_needed).

use thiserror::Error;

use crate::graph::Graph;
use crate::sum::Sum;
use crate::sweep::{Base, Sums, Sweeper};

/// Where the mass of nodes without out-links goes in each sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dangling {
    /// To all nodes as the teleport does (strongly preferential).
    #[default]
    Prior,
    /// To all nodes alike (weakly preferential); differs from `Prior` only if there is a prior.
    Uniform,
    /// Nowhere (pseudorank): values sum to less than 1 if any node dangles.
    Drop,
}

/// How the fixed point is approached. Same fixed point, same meaning of the error bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Gauss–Seidel sweeps, certified by a power sweep.
    #[default]
    GaussSeidel,
    /// Power iteration from the teleport distribution: for comparing after a given number of iterations.
    Power,
}

/// What to compute and how well.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRankOptions {
    /// d, the probability of following a link; 0 ≤ d < 1.
    pub damping: f64,
    /// Stop when the ℓ₁ distance to the true ranks is proved to be at most this; 0 runs to `max_iterations`.
    pub l1_bound: f64,
    /// Stop after this many sweeps, of either kind, at any rate.
    pub max_iterations: u32,
    /// Threads to compute with; 0 is taken as 1. No influence on the result.
    pub threads: usize,
    /// What happens to the mass of dangling nodes.
    pub dangling: Dangling,
    /// The way to the fixed point.
    pub method: Method,
    /// v: weights ≥ 0, one per node, divided by their sum before use. None is uniform.
    pub teleport: Option<Vec<f64>>,
}

impl Default for PageRankOptions {
    /// d = 0.85, ℓ₁ bound 1e-9, at most 200 sweeps, one thread per core, no prior.
    fn default() -> Self {
        Self {
            damping: crate::scale::DAMPING,
            l1_bound: 1e-9,
            max_iterations: 200,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            dangling: Dangling::default(),
            method: Method::default(),
            teleport: None,
        }
    }
}

/// Why the options cannot be followed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RankError {
    /// Not 0 ≤ d < 1.
    #[error("damping {0} is not in 0..1")]
    Damping(f64),
    /// Negative or not a number.
    #[error("the error bound {0} is not a number from 0 up")]
    L1Bound(f64),
    /// The prior is for another graph.
    #[error("the teleport vector has {given} weights, the graph has {nodes} nodes")]
    TeleportLength {
        /// Weights in the vector.
        given: usize,
        /// Nodes in the graph.
        nodes: u32,
    },
    /// A weight is negative, infinite or not a number.
    #[error("the teleport weight {weight} of node {node} is not a finite number from 0 up")]
    TeleportWeight {
        /// The first such node.
        node: u32,
        /// Its weight.
        weight: f64,
    },
    /// The weights have no sum to divide by.
    #[error("the teleport weights sum to {0}, so they are no distribution")]
    TeleportSum(f64),
}

/// Told after every sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Sweeps so far, from 1.
    pub iteration: u32,
    /// ℓ₁ norm of the last step, relative to the mass of the vector.
    pub l1_change: f64,
    /// The proved bound on the error, after sweeps that prove one (each one of the power method).
    pub l1_error_bound: Option<f64>,
}

/// PageRanks and how good they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranks {
    /// The PageRank of each node; they sum to 1 (less with [`Dangling::Drop`]). Empty for a graph without nodes.
    pub values: Vec<f64>,
    /// Sweeps made.
    pub iterations: u32,
    /// Proved: ‖values − true ranks‖₁ ≤ this = d/(1−d)·‖last power step‖₁. Infinite if no sweep was allowed.
    pub l1_error_bound: f64,
    /// Whether the bound asked for was reached.
    pub converged: bool,
    /// D: the sum of the values of dangling nodes. [`coverage`](crate::coverage()) needs it.
    pub dangling_mass: f64,
}

impl Ranks {
    /// The ranks of a graph without nodes.
    pub(crate) const fn of_nothing() -> Self {
        Self { values: Vec::new(), iterations: 0, l1_error_bound: 0.0, converged: true, dangling_mass: 0.0 }
    }
}

/// Options that make sense; the prior sums to 1.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) damping: f64,
    pub(crate) l1_bound: f64,
    pub(crate) max_iterations: u32,
    pub(crate) threads: usize,
    pub(crate) dangling: Dangling,
    pub(crate) method: Method,
    pub(crate) prior: Option<Vec<f64>>,
}

impl PageRankOptions {
    /// Checks for a graph of `nodes` nodes.
    pub(crate) fn check(self, nodes: u32) -> Result<Checked, RankError> {
        let Self { damping, l1_bound, max_iterations, threads, dangling, method, teleport } = self;
        if !(0.0..1.0).contains(&damping) {
            return Err(RankError::Damping(damping));
        }
        if l1_bound.is_nan() || l1_bound < 0.0 {
            return Err(RankError::L1Bound(l1_bound));
        }
        let prior = teleport.map(|weights| distribution(weights, nodes)).transpose()?;
        Ok(Checked { damping, l1_bound, max_iterations, threads, dangling, method, prior })
    }
}

/// Ranks the nodes of `graph`; calls `progress` after every sweep, on the calling thread.
///
/// Reaching `max_iterations` is not an error: see [`Ranks::converged`] and [`Ranks::l1_error_bound`].
/// Fails only for options that make no sense. The mathematics and the cost are in [`page_rank`](mod@crate::page_rank).
pub fn page_rank(
    graph: &Graph,
    options: PageRankOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Ranks, RankError> {
    let Checked { damping, l1_bound, max_iterations, threads, dangling, method, prior } =
        options.check(graph.nodes())?;
    if graph.nodes() == 0 {
        return Ok(Ranks::of_nothing());
    }
    let mut solver = Solver::new(graph, damping, dangling, prior.as_deref(), threads);
    let mut iteration = 0;
    let mut l1_error_bound = f64::INFINITY;
    // A Gauss–Seidel step this small makes a good enough bound likely; tightened when it did not.
    let mut target = l1_bound * (1.0 - damping) / damping.max(f64::MIN_POSITIVE);
    let mut solving = method == Method::GaussSeidel;
    while iteration < max_iterations && l1_error_bound > l1_bound {
        iteration += 1;
        // The last sweep allowed goes to the certificate.
        if solving && iteration < max_iterations {
            let l1_change = solver.gauss_seidel_sweep();
            progress(Progress { iteration, l1_change, l1_error_bound: None });
            solving = l1_change > target;
            continue;
        }
        let l1_change = solver.power_sweep();
        l1_error_bound = damping / (1.0 - damping) * l1_change;
        progress(Progress { iteration, l1_change, l1_error_bound: Some(l1_error_bound) });
        solving = method == Method::GaussSeidel;
        target *= (0.5 * l1_bound / l1_error_bound).clamp(0.01, 0.5);
    }
    let dangling_mass = solver.dangling_mass;
    let values = solver.into_values();
    let converged = l1_error_bound <= l1_bound;
    Ok(Ranks { values, iterations: iteration, l1_error_bound, converged, dangling_mass })
}

/// Divides weights by their sum.
fn distribution(mut weights: Vec<f64>, nodes: u32) -> Result<Vec<f64>, RankError> {
    if weights.len() != nodes as usize {
        return Err(RankError::TeleportLength { given: weights.len(), nodes });
    }
    let wrong = (0..).zip(&weights).find(|(_, weight)| !weight.is_finite() || **weight < 0.0);
    if let Some((node, &weight)) = wrong {
        return Err(RankError::TeleportWeight { node, weight });
    }
    let sum = weights.iter().copied().collect::<Sum>().value();
    if nodes > 0 && !sum.is_normal() {
        return Err(RankError::TeleportSum(sum));
    }
    for weight in &mut weights {
        *weight /= sum;
    }
    Ok(weights)
}

/// The vector and what the next sweep must know of it.
#[derive(Debug)]
struct Solver<'a> {
    graph: &'a Graph,
    sweeper: Sweeper<'a>,
    damping: f64,
    dangling: Dangling,
    prior: Option<&'a [f64]>,
    /// x as shares, see [`crate::sweep`].
    current: Vec<f64>,
    /// Where the next sweep writes.
    next: Vec<f64>,
    /// Σ current.
    mass: f64,
    /// Σ current over dangling nodes.
    dangling_mass: f64,
    /// The dangling mass that Gauss–Seidel sweeps distribute: held still between power sweeps.
    held_dangling_mass: f64,
}

impl<'a> Solver<'a> {
    /// Starts at the teleport distribution.
    fn new(graph: &'a Graph, damping: f64, dangling: Dangling, prior: Option<&'a [f64]>, threads: usize) -> Self {
        let nodes = graph.nodes();
        let uniform = 1.0 / f64::from(nodes);
        let mut dangling_mass = Sum::default();
        let mut current = Vec::with_capacity(nodes as usize);
        for node in 0..nodes {
            let value = prior.map_or(uniform, |prior| prior[node as usize]);
            let links = graph.out_degree(node);
            if links == 0 {
                dangling_mass.add(value);
            }
            current.push(value / f64::from(links.max(1)));
        }
        Self {
            graph,
            sweeper: Sweeper::new(graph, damping, threads),
            damping,
            dangling,
            prior,
            next: vec![0.0; current.len()],
            current,
            mass: 1.0,
            dangling_mass: dangling_mass.value(),
            held_dangling_mass: dangling_mass.value(),
        }
    }

    /// Makes x ← F(x), after dividing x by its sum where the ranks sum to 1. Returns the ℓ₁ norm of the step.
    fn power_sweep(&mut self) -> f64 {
        let scale = if self.dangling == Dangling::Drop { 1.0 } else { 1.0 / self.mass };
        let base = self.base(self.dangling_mass * scale);
        let sums = self.sweeper.power(base, scale, &self.current, &mut self.next);
        std::mem::swap(&mut self.current, &mut self.next);
        self.take(sums);
        self.held_dangling_mass = sums.dangling;
        sums.change
    }

    /// Makes one sweep towards a multiple of the fixed point. Returns the ℓ₁ norm of the step over that of the vector.
    fn gauss_seidel_sweep(&mut self) -> f64 {
        let base = self.base(self.held_dangling_mass);
        let sums = self.sweeper.gauss_seidel(base, &mut self.current, &mut self.next);
        self.take(sums);
        if self.prior.is_some() && self.dangling == Dangling::Uniform {
            self.held_dangling_mass = sums.dangling;
        }
        sums.change / sums.mass
    }

    fn take(&mut self, sums: Sums) {
        self.mass = sums.mass;
        self.dangling_mass = sums.dangling;
    }

    /// (1−d)·v + d·D·u.
    fn base(&self, dangling_mass: f64) -> Base<'a> {
        let nodes = f64::from(self.graph.nodes());
        let jump = 1.0 - self.damping;
        let (by_prior, by_all) = match self.dangling {
            Dangling::Prior => (jump + self.damping * dangling_mass, 0.0),
            Dangling::Uniform => (jump, self.damping * dangling_mass),
            Dangling::Drop => (jump, 0.0),
        };
        if self.prior.is_some() {
            Base { flat: by_all / nodes, slope: by_prior, prior: self.prior }
        } else {
            Base { flat: (by_all + by_prior) / nodes, slope: 0.0, prior: None }
        }
    }

    fn into_values(self) -> Vec<f64> {
        drop(self.next);
        let mut values = self.current;
        for (node, value) in (0..).zip(&mut values) {
            *value *= f64::from(self.graph.out_degree(node).max(1));
        }
        values
    }
}
