#![doc = include_str!("../README.md")]
#![deny(clippy::indexing_slicing)]

mod block;
mod container;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod head;
pub mod http;
mod payload;
mod reader;
mod record;
mod source;
mod stream;
pub mod wacz;

pub use container::Container;
pub use error::WarcError;
pub use payload::Payload;
pub use reader::{ArchiveReader, ReaderOptions, open};
pub use record::{BlockKind, Format, Item, Record, RecordKind, Skip, SkipReason};
