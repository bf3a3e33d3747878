//! The program as a whole, against oracles that share no code with `store` and `query`.

// An item has 51 members, written as one `json!`.
#![recursion_limit = "256"]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test fails by panicking and tells figures"
)]

mod answers;
mod asking;
mod bomb_list;
mod bombs;
mod bounds;
mod client;
mod conditions;
mod configuration;
mod deep;
mod dice;
mod evaluator;
mod growing;
mod integrity;
mod items;
mod layers;
mod logs;
mod oracle;
mod program;
mod quality;
mod questions;
mod reasons;
mod requests;
mod retention;
mod set_ranks;
mod shared;
mod sitewide;
mod time_travel;
mod walks;
