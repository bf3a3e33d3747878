//! The files of a snapshot that is being built, by name.

use std::collections::HashMap;
use std::path::Path;

use model::Bucket;

use crate::build::Context;
use crate::error::{Result, bad_manifest};
use crate::group::{GroupFile, GroupShape};
use crate::links::group_name;
use crate::manifest::FileEntry;

/// The files that earlier stages made.
pub(in crate::build) struct FilesByName<'a>(HashMap<&'a str, &'a FileEntry>);

impl<'a> FilesByName<'a> {
    pub(in crate::build) fn new(files: &'a [FileEntry]) -> Self {
        Self(files.iter().map(|entry| (entry.name.as_str(), entry)).collect())
    }

    pub(super) fn open(&self, context: &Context<'_>, name: &str, shape: &'static GroupShape) -> Result<GroupFile> {
        self.in_folder(context.folder, name, shape)
    }

    pub(in crate::build) fn in_folder(
        &self,
        folder: &Path,
        name: &str,
        shape: &'static GroupShape,
    ) -> Result<GroupFile> {
        let entry = self.0.get(name).ok_or_else(|| bad_manifest(folder, format!("no file {name}")))?;
        GroupFile::open(folder, entry, shape, None)
    }

    pub(in crate::build) fn section(
        &self,
        context: &Context<'_>,
        bucket: Bucket,
        section: &str,
        shape: &'static GroupShape,
    ) -> Result<GroupFile> {
        self.open(context, &group_name(section, shape, bucket), shape)
    }
}
