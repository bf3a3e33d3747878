//! The program `backlinks`, as a library, so that its tests can call what its commands call.
//!
//! ```text
//! args      what was typed
//! settings  flags over environment over file over defaults
//! commands  one file a command: settings in, report out
//! pipeline  ingest and build: the other crates put together
//! served    an index as the server asks it
//! terminal  progress for people, reports for people and machines, exit codes
//! ```

pub mod args;
pub mod commands;
mod nearest;
pub mod pipeline;
pub mod served;
pub mod settings;
pub mod terminal;
