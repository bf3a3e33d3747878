#![doc = include_str!("../README.md")]

pub mod graph;
pub mod page_rank;
pub mod scale;
mod sum;
mod sweep;

#[doc(inline)]
pub use crate::graph::{Graph, GraphError, memory_needed};
#[doc(inline)]
pub use crate::page_rank::{Dangling, Method, PageRankOptions, Progress, RankError, Ranks, page_rank};
