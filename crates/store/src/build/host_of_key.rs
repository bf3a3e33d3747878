//! Finding hosts and buckets of keys, which every stage does for every link.
//!
//! A host is made of its key by a search in the list of public suffixes, which costs more than all else that
//! is done with most keys. Sources of a target and targets of a page come in no order of hosts, but some
//! hosts come again and again; so those met last are remembered.

use std::path::Path;

use model::{Bucket, Host, HostKey, UrlKey};

use super::Context;
use crate::error::{Result, corrupt};

/// So many hosts are remembered at most, each in a place that follows from its key.
const PLACES: usize = 1 << 14;

/// Hosts and buckets of keys. Memory: up to 4 MiB.
#[derive(Debug, Default)]
pub(super) struct HostOfKey {
    places: Vec<Option<KnownHost>>,
    /// The place of the last host: keys often come sorted.
    last: usize,
}

#[derive(Debug, Clone)]
struct KnownHost {
    /// The host's key, with which all keys of its URLs begin.
    prefix: Vec<u8>,
    host: Host,
    bucket: Option<Bucket>,
}

impl HostOfKey {
    /// The host of a checked key.
    pub(super) fn get(&mut self, key: &[u8], path: &Path) -> Result<&Host> {
        Ok(&self.known(key, path)?.host)
    }

    /// The bucket of a page.
    pub(super) fn bucket(&mut self, key: &[u8], context: &Context<'_>) -> Result<Bucket> {
        let KnownHost { host, bucket, .. } = self.known(key, context.folder)?;
        Ok(*bucket.get_or_insert_with(|| context.buckets.of(host)))
    }

    fn known(&mut self, key: &[u8], path: &Path) -> Result<&mut KnownHost> {
        if self.places.is_empty() {
            self.places.resize(PLACES, None);
        }
        let is_of = |known: &Option<KnownHost>| known.as_ref().is_some_and(|known| key.starts_with(&known.prefix));
        if !is_of(&self.places[self.last]) {
            let bad = || corrupt(path, "run", "URL key");
            let prefix = UrlKey::host_key_bytes(key).ok_or_else(bad)?;
            self.last = crate::checksum(prefix) as usize % PLACES;
            if !is_of(&self.places[self.last]) {
                let host = HostKey::host_of(prefix).map_err(|_| bad())?;
                self.places[self.last] = Some(KnownHost { prefix: prefix.to_vec(), host, bucket: None });
            }
        }
        Ok(self.places[self.last].as_mut().expect("it is the key's"))
    }
}

#[cfg(test)]
mod tests {
    use model::parse_url;

    use super::*;

    #[test]
    fn hosts_that_share_a_place_are_told_apart() {
        let mut hosts = HostOfKey::default();
        // More hosts than places, in an order in which each comes again after others took its place.
        let keys: Vec<UrlKey> = (0..PLACES as u32 * 2)
            .map(|number| UrlKey::new(&parse_url(&format!("http://h{number}.example/p"), None).unwrap()).unwrap())
            .collect();
        for key in keys.iter().chain(keys.iter().rev()).flat_map(|key| [key, key]) {
            assert_eq!(*hosts.get(key.as_bytes(), Path::new("")).unwrap(), key.host());
        }
        for broken in [&b""[..], b"org", b"org\x00", b"\x02abc"] {
            assert!(HostOfKey::default().get(broken, Path::new("")).is_err(), "{broken:?}");
        }
    }
}
