//! What a ledger forgets: what was posted after a month, everything after six.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::segment::{Day, Fullness, Segment, private};

/// The longest six months have so many days.
pub(super) const DAYS: i64 = 184;
/// The longest month.
pub(super) const METADATA_DAYS: i64 = 31;

const TEMPORARY: &str = "bare.tmp";

/// Deletes segments that are too old, and takes what was posted out of those that are a month old.
/// Only segments before `sealed` are touched: nothing is appended to them, and their sums are kept.
pub(super) fn forget(folder: &Path, today: Day, sealed: Day) -> io::Result<()> {
    for segment in Segment::list(folder)?.into_iter().filter(|segment| segment.day < sealed) {
        let age = today.0 - segment.day.0;
        let full = Segment::new(folder, segment.day, Fullness::Full);
        if age > DAYS {
            remove(&full.path)?;
            remove(&Segment::new(folder, segment.day, Fullness::Bare).path)?;
        } else if age > METADATA_DAYS {
            if segment.fullness == Fullness::Full {
                strip(folder, &full)?;
            }
            remove(&full.path)?;
        }
    }
    Ok(())
}

/// Writes a segment anew, without what was posted. The new file is whole when it gets its name.
fn strip(folder: &Path, full: &Segment) -> io::Result<()> {
    let temporary = folder.join(TEMPORARY);
    let file = private().write(true).create(true).truncate(true).open(&temporary)?;
    let mut file = BufWriter::new(file);
    let mut records = full.records()?;
    let mut frame = Vec::new();
    while let Some(record) = records.next()? {
        if let Some(entry) = record.entry() {
            frame.clear();
            entry.without_metadata().write(&mut frame);
            file.write_all(&frame)?;
        }
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary, Segment::new(folder, full.day, Fullness::Bare).path)?;
    File::open(folder)?.sync_all()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
