//! The program as a whole, against oracles that share no code with `store` and `query`.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking and tells figures")]

mod answers;
mod asking;
mod configuration;
mod integrity;
mod layers;
mod logs;
mod oracle;
mod program;
mod retention;
mod shared;
