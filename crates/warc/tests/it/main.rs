//! Archives built in code, read back: whole, in every container, and broken in every way.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests panic, and say what they skip")]

mod archives;
mod bodies;
mod broken;
mod build;
mod corpus;
mod laws;
mod shared_data;
mod wacz;
