//! Stage 5: what every build computes anew for each row, page and domain.
//!
//! Three passes over a bucket. The first sorts its rows by the text of `url_from`, then `url_to`. The
//! second walks that order: a page's rows are together, so it numbers pages and rows (the last
//! resort of every ordering) and counts a page's links to the same page, host and domain. The third
//! goes back to row order and writes the columns.

mod files;
mod placement;
mod ranked;
mod rows;

use model::{Bucket, Host, HostKey, UrlKey};

use super::Context;
use super::enrichment::Scoring;
use super::nodes::Nodes;
use crate::block::Compression;
use crate::codec::Malformed;
use crate::error::{Result, StoreError, corrupt};
use crate::group::{ColumnKind, GroupShape};
use crate::manifest::FileEntry;

pub(super) use files::FilesByName;

/// Hosts with rows, in key order: where their rows are in both sections.
pub(crate) static HOSTS: GroupShape = GroupShape {
    name: "hosts",
    rows_per_block: 256,
    columns: &[ColumnKind::Bytes, ColumnKind::Number, ColumnKind::Number, ColumnKind::Number, ColumnKind::Number],
    compression: Compression::Zstd(3),
};

/// The sections of the link tables, in the order of their numbers.
pub(crate) const SECTIONS: [&str; 2] = ["body", "indirect"];

/// What scores are made of, for all buckets.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) files: &'a FilesByName<'a>,
    pub(super) scoring: &'a Scoring<'a>,
    pub(super) nodes: &'a Nodes,
}

/// Writes the scores of a bucket; the new files.
pub(super) fn write(given: Given<'_>, bucket: Bucket) -> Result<Vec<FileEntry>> {
    let Given { context, files, .. } = given;
    let by_text = placement::sort_by_text(context, bucket, files)?;
    let placements = placement::place(context, bucket, &by_text)?;
    drop(by_text);
    let mut written = rows::write(given, bucket, &placements)?;
    written.push(ranked::write_pages(given, bucket)?);
    written.push(ranked::write_domains(given, bucket)?);
    Ok(written)
}

fn malformed(context: &Context<'_>, error: Malformed) -> StoreError {
    corrupt(context.folder, "scan", error.0)
}

/// A row's target as text, remembered while it repeats.
#[derive(Default)]
struct TargetText {
    key: Vec<u8>,
    url: String,
    host: Option<Host>,
    host_key: Vec<u8>,
}

impl TargetText {
    fn set(&mut self, context: &Context<'_>, key: &[u8]) -> Result<()> {
        if self.key != key || self.host.is_none() {
            let (url, host) = UrlKey::url_and_host(key).map_err(|_| corrupt(context.folder, "scan", "URL key"))?;
            key.clone_into(&mut self.key);
            HostKey::new(&host).as_bytes().clone_into(&mut self.host_key);
            (self.url, self.host) = (url, Some(host));
        }
        Ok(())
    }

    fn host(&self) -> &Host {
        self.host.as_ref().expect("set before it is asked for")
    }
}
