//! Files that are either there whole or not there: temporary name, fsync, rename, fsync of the folder.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{IoContext, Result};
use crate::stop::kill_point;

/// Writes a small file so that a reader sees the old bytes or the new ones, even after a power cut.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary_name(path);
    let mut file = File::create(&temporary).during("create", &temporary)?;
    kill_point("file.created");
    file.write_all(bytes).during("write", &temporary)?;
    kill_point("file.written");
    file.sync_all().during("sync", &temporary)?;
    kill_point("file.synced");
    fs::rename(&temporary, path).during("rename", &temporary)?;
    kill_point("file.renamed");
    sync_parent(path)
}

/// Gives a file that never changes a second name: a hard link, or a copy where the file system has none.
/// The new entry lasts once its folder is synced.
pub(crate) fn share_file(from: &Path, to: &Path) -> Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => return Ok(()),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::StorageFull) => {
            return Err(error).during("link", from);
        }
        // No hard links here, or too many of this file.
        Err(_) => {}
    }
    fs::copy(from, to).during("copy", from)?;
    File::open(to).and_then(|file| file.sync_all()).during("sync", to)
}

/// Makes a rename or a new entry of `path`'s folder last.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => sync_folder(Path::new(".")),
    }
}

pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    File::open(path).and_then(|folder| folder.sync_all()).during("sync", path)
}

/// The name under which something is made before it is moved to `path`.
pub(crate) fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

/// Removes a folder and all in it; a folder that is not there is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.during("remove", path),
    }
}
