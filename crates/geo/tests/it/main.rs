//! Maps of countries from files.
#![expect(clippy::unwrap_used, reason = "tests: helpers fail loudly")]

mod debian;
mod files;
mod mmdb;
