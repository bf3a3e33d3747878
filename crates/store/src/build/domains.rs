//! Numbers of registrable domains in a bucket, by first sight.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Bucket, Host, HostKey};

use crate::error::{Result, StoreError};
use crate::group::GroupWriter;
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::pages::DOMAINS;
use crate::snapshot::Snapshot;

/// Domain key → number. All domains of one bucket are in memory: about 100 bytes each.
#[derive(Debug, Clone, Default)]
pub(super) struct DomainNumbers {
    numbers: BTreeMap<Vec<u8>, u32>,
    next: u32,
    /// The host asked for last and its number: keys come sorted, so most questions repeat.
    last: Option<(Host, u32)>,
}

/// The key of a registrable domain: that of its host.
pub(crate) fn domain_key(host: &Host) -> Vec<u8> {
    let domain = Host::parse(host.registrable()).unwrap_or_else(|| host.clone());
    HostKey::new(&domain).as_bytes().to_vec()
}

impl DomainNumbers {
    /// The numbers that a published snapshot gave.
    pub(super) fn of_snapshot(snapshot: &Snapshot, bucket: Bucket) -> Result<Self> {
        let mut this = Self::default();
        for (key, number) in snapshot.domain_numbers(bucket)? {
            this.next = this.next.max(number + 1);
            this.numbers.insert(key, number);
        }
        Ok(this)
    }

    /// The number of a host's domain; a new one if it has none yet.
    pub(super) fn number(&mut self, host: &Host) -> Result<u32> {
        if let Some((last, number)) = &self.last
            && last == host
        {
            return Ok(*number);
        }
        let key = domain_key(host);
        let number = if let Some(number) = self.numbers.get(&key) {
            *number
        } else {
            let number = self.next;
            self.next = number.checked_add(1).ok_or(StoreError::TooMany { what: "domains" })?;
            self.numbers.insert(key, number);
            number
        };
        self.last = Some((host.clone(), number));
        Ok(number)
    }

    /// How many numbers were given out.
    pub(super) fn count(&self) -> u32 {
        self.next
    }

    /// Writes the `domains` table.
    pub(super) fn write(&self, folder: &Path, bucket: Bucket) -> Result<FileEntry> {
        let mut group = GroupWriter::create(folder, file_name(DOMAINS.name, bucket), &DOMAINS)?;
        for (key, number) in &self.numbers {
            group.push(key, &[key.as_slice().into(), u64::from(*number).into()])?;
        }
        group.finish()
    }
}
