//! One binary for all tests from outside. Try not to add more.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod chains;
mod change;
mod shape;
mod truth;
