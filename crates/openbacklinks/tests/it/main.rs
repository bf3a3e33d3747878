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
mod backup;
mod bomb_list;
mod bombs;
mod bounds;
mod by_rank;
mod captures_history;
mod captures_oracle;
mod client;
mod conditions;
mod configuration;
mod crawls_snapshots;
mod deep;
mod demo;
mod dice;
mod disk_full;
mod evaluator;
mod events;
mod folding;
mod forget;
mod forget_killed;
mod formats;
mod growing;
mod history;
mod history_chains;
mod history_orders;
mod integrity;
mod items;
mod killing;
mod kills;
mod layers;
mod lives;
mod logs;
mod oracle;
mod program;
mod quality;
mod questions;
mod reasons;
mod requests;
mod resumed;
mod retention;
mod running;
mod set_ranks;
mod shared;
mod sitewide;
mod time_travel;
mod walks;
