#![doc = include_str!("../README.md")]

pub mod edge_file;
pub mod graph;
mod mass_sum;
pub mod page_rank;
pub mod position;
pub mod prior;
pub mod scale;
pub mod spam;
pub mod streamed;
mod sum;
mod sweep;

#[doc(inline)]
pub use crate::edge_file::{EdgeFile, EdgeFileError, StreamError};
#[doc(inline)]
pub use crate::graph::{Graph, GraphError, memory_needed};
#[doc(inline)]
pub use crate::mass_sum::MassSum;
#[doc(inline)]
pub use crate::page_rank::{Dangling, Method, PageRankOptions, Progress, RankError, Ranks, page_rank};
#[doc(inline)]
pub use crate::position::{Percentiles, coverage};
#[doc(inline)]
pub use crate::prior::page_prior;
#[doc(inline)]
pub use crate::streamed::{Plan, page_rank_streamed, plan, streamed_memory_needed};
