//! Typed questions about a snapshot, typed answers.
//!
//! A question is a value ([`BacklinksQuestion`]), not a text; an answer is a value
//! ([`BacklinksAnswer`]), not a document. No SQL and no file format appears in this crate's public
//! functions. Everything here blocks; callers that must not block use a thread.
//!
//! How an answer comes about: the narrow columns of every row of the target say which rows count,
//! which of a page's rows is its best, and in what order pages come ([`selection`]); then only the
//! rows to be shown are fetched ([`row`]). For large targets the first part was done when the
//! snapshot was built ([`fill_order`]).

mod answer;
mod index;
mod order;
mod question;
mod row;
mod selection;

pub use answer::{Backlink, BacklinksAnswer, Hop, HopKind};
pub use index::{Index, QueryError};
pub use order::{LARGE, fill_order};
pub use question::{BacklinksQuestion, LinkStatus};
