//! Typed questions about a snapshot, typed answers.
//!
//! A question is a value ([`BacklinksQuestion`]), not a text; an answer is a value
//! ([`BacklinksAnswer`]), not a document. No SQL and no file format appears in this crate's public
//! functions. Everything here blocks; callers that must not block use a thread.

mod answer;
mod question;

pub use answer::{Backlink, BacklinksAnswer, Hop, HopKind};
pub use question::{BacklinksQuestion, LinkStatus};
