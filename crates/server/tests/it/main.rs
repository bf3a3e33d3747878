//! The server from outside: as a tower service, and over loopback where the connection matters.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod auth;
mod checklist;
mod connection;
mod envelope;
mod fake;
mod fields;
mod lookups;
mod openapi;
mod property;
mod rates;
mod reduced;
mod refusals;
mod skins;
mod usage;
mod watching;
