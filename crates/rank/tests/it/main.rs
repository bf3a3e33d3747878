//! Ranks against what is known without this crate: formulas, a second solver, published values.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests: helpers fail loudly and figures are shown")]

mod closed_forms;
mod known_domains;
mod published;
mod second_solver;
mod spam;
mod streamed;
mod support;
mod web_graph;
