//! The other crates put together: archives to a crawl, crawls to a snapshot.

mod build;
mod ingest;
mod quality;
mod ranks;

pub use build::{BuildReport, BuildSettings, build};
pub use ingest::{IngestOptions, IngestReport, ingest, visits_of_archive};
