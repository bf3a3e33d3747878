//! Sorted tables on disk.
#![expect(dead_code, reason = "wip")]
mod block;
mod codec;
mod durable;
mod error;
mod group;
mod manifest;
pub mod sort;
pub use error::{Result, StoreError};
pub use manifest::FileEntry;
