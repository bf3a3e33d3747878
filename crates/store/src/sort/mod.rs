//! Sorting more than fits in memory: records go in in any order, and come out of a merge in key
//! order, bucket by bucket.
//!
//! A [`Sorter`] keeps records in one arena until its budget is used, sorts them and writes a *run*:
//! checked blocks, each bucket's records apart. [`SortedRuns`] holds the runs of any
//! number of sorters; [`SortedRuns::merge`] reads one bucket's records of all runs in order. Records of
//! equal keys come out in the order of their values, so that it does not show which sorter had which. Memory:
//! the budget while sorting; one block for each run while merging, and never more than [`MAX_FAN_IN`] runs at
//! once. No more files are open than are being merged.

mod merge;
mod run;
mod sorter;

pub use merge::Merge;
pub(crate) use sorter::{OrderedWriter, SorterMemory};
pub use sorter::{SortedRuns, Sorter};

/// So many runs are merged at once at most; more are first merged into longer ones.
pub(crate) const MAX_FAN_IN: usize = 256;

/// Raw bytes of a run's block.
const RUN_BLOCK_BYTES: usize = 128 * 1024;

#[cfg(test)]
mod tests;
