#![doc = include_str!("../README.md")]

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
