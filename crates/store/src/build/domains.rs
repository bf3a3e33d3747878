//! Numbers of registrable domains in a bucket, in the order in which its pages come to them.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Bucket, Host, HostKey};

use crate::error::{Result, StoreError};
use crate::group::GroupWriter;
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::pages::DOMAINS;

/// Domain key → number. All domains of one bucket are in memory: about 100 bytes each.
///
/// Numbers do not follow the keys: pages of a domain need not lie together, because a private suffix
/// below it may begin others between them.
#[derive(Debug, Default)]
pub(super) struct DomainNumbers {
    numbers: BTreeMap<Vec<u8>, u32>,
    /// The host asked for last and its number: keys come sorted, so most questions repeat.
    last: Option<(Host, u32)>,
}

/// The key of a registrable domain: that of its host.
pub(crate) fn domain_key(host: &Host) -> Vec<u8> {
    let domain = Host::parse(host.registrable()).unwrap_or_else(|| host.clone());
    HostKey::new(&domain).as_bytes().to_vec()
}

/// The name of a bucket's table.
pub(super) fn domain_file(bucket: Bucket) -> String {
    file_name(DOMAINS.name, bucket)
}

impl DomainNumbers {
    /// The number of a host's domain; the next one if it has none yet.
    pub(super) fn number(&mut self, host: &Host) -> Result<u32> {
        if let Some((last, number)) = &self.last
            && last == host
        {
            return Ok(*number);
        }
        let next = u32::try_from(self.numbers.len()).map_err(|_| StoreError::TooMany { what: "domains" })?;
        let number = *self.numbers.entry(domain_key(host)).or_insert(next);
        self.last = Some((host.clone(), number));
        Ok(number)
    }

    /// Writes the `domains` table.
    pub(super) fn write(&self, folder: &Path, bucket: Bucket) -> Result<FileEntry> {
        let mut group = GroupWriter::create(folder, domain_file(bucket), &DOMAINS)?;
        for (key, number) in &self.numbers {
            group.push(key, &[key.as_slice().into(), u64::from(*number).into()])?;
        }
        group.finish()
    }
}
