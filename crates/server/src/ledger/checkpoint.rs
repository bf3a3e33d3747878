//! What accounts had spent before a day: so a start need not read the whole ledger, and deleted days
//! still count.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

use super::segment::{Day, private};
use crate::money::Usd;

const FILE: &str = "spent.json";
const TEMPORARY: &str = "spent.json.tmp";
const FORMAT: u32 = 1;
/// For as many accounts as there can be.
const MAX_BYTES: u64 = 4 << 20;

/// The sums over all segments before a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) before: Day,
    pub(super) spent: BTreeMap<u16, Usd>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<T> {
    format: u32,
    sums: T,
    checksum: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    before: String,
    /// In billionths of a dollar.
    spent: BTreeMap<u16, i64>,
}

impl Checkpoint {
    /// `None` if there is none, `Err` if it cannot be read or is damaged.
    pub(super) fn read(folder: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(folder.join(FILE)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        decode(&bytes).map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the sums are damaged"))
    }

    /// Replaces the file: the old one or the new one is there, whatever happens.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let spent = self.spent.iter().map(|(&account, spent)| (account, spent.nanos())).collect();
        let sums = serde_json::value::to_raw_value(&Written { before: self.before.text(), spent })?;
        let checksum = checksum(&sums);
        let mut bytes = serde_json::to_vec(&Document { format: FORMAT, sums, checksum })?;
        bytes.push(b'\n');
        let temporary = folder.join(TEMPORARY);
        let mut file = private().write(true).create(true).truncate(true).open(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, folder.join(FILE))?;
        File::open(folder)?.sync_all()
    }
}

fn checksum(sums: &RawValue) -> String {
    format!("{:016x}", xxh3_64(sums.get().as_bytes()))
}

fn decode(bytes: &[u8]) -> Option<Checkpoint> {
    let document: Document<Box<RawValue>> = serde_json::from_slice(bytes).ok()?;
    if document.format != FORMAT || document.checksum != checksum(&document.sums) {
        return None;
    }
    let written: Written = serde_json::from_str(document.sums.get()).ok()?;
    let spent = written.spent.into_iter().map(|(account, nanos)| (account, Usd::from_nanos(nanos))).collect();
    Some(Checkpoint { before: Day::parse(&written.before)?, spent })
}
