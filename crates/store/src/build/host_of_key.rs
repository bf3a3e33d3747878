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
/// So many buckets.
const BUCKET_PLACES: usize = 1 << 15;

/// Hosts and buckets of keys. Memory: up to 4 MiB for hosts, 2 MiB for buckets.
#[derive(Debug, Default)]
pub(super) struct HostOfKey {
    places: Vec<Option<KnownHost>>,
    /// The place of the last host: keys often come sorted.
    last: usize,
    buckets: Vec<KnownBucket>,
    last_bucket: usize,
}

#[derive(Debug, Clone)]
struct KnownHost {
    /// The host's key, with which all keys of its URLs begin.
    prefix: Vec<u8>,
    host: Host,
}

/// Fills a line of a processor's cache, so that a look-up reads one of them. Longer keys are not remembered.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct KnownBucket {
    bucket: Bucket,
    /// 0 for a place that is free.
    length: u8,
    prefix: [u8; 60],
}

impl KnownBucket {
    const FREE: Self = Self { bucket: Bucket(0), length: 0, prefix: [0; 60] };

    fn is_of(&self, key: &[u8]) -> bool {
        self.length > 0 && key.starts_with(&self.prefix[..usize::from(self.length)])
    }

    fn of(prefix: &[u8], bucket: Bucket) -> Self {
        let mut this = Self { bucket, ..Self::FREE };
        if let Some(into) = this.prefix.get_mut(..prefix.len()) {
            into.copy_from_slice(prefix);
            this.length = prefix.len() as u8;
        }
        this
    }
}

impl HostOfKey {
    /// The host of a checked key.
    pub(super) fn get(&mut self, key: &[u8], path: &Path) -> Result<&Host> {
        Ok(&self.known(key, path)?.host)
    }

    /// The bucket of a page.
    pub(super) fn bucket(&mut self, key: &[u8], context: &Context<'_>) -> Result<Bucket> {
        if self.buckets.is_empty() {
            self.buckets.resize(BUCKET_PLACES, KnownBucket::FREE);
        }
        if !self.buckets[self.last_bucket].is_of(key) {
            let bad = || corrupt(context.folder, "run", "URL key");
            let prefix = UrlKey::host_key_bytes(key).ok_or_else(bad)?;
            self.last_bucket = crate::checksum(prefix) as usize % BUCKET_PLACES;
            if !self.buckets[self.last_bucket].is_of(key) {
                let host = HostKey::host_of(prefix).map_err(|_| bad())?;
                self.buckets[self.last_bucket] = KnownBucket::of(prefix, context.buckets.of(&host));
            }
        }
        Ok(self.buckets[self.last_bucket].bucket)
    }

    fn known(&mut self, key: &[u8], path: &Path) -> Result<&KnownHost> {
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
                self.places[self.last] = Some(KnownHost { prefix: prefix.to_vec(), host });
            }
        }
        Ok(self.places[self.last].as_ref().expect("it is the key's"))
    }
}

#[cfg(test)]
mod tests {
    use model::parse_url;

    use super::*;

    #[test]
    fn a_place_knows_keys_of_its_host_and_none_of_a_host_too_long_for_it() {
        let prefix = |length: usize| [&vec![b'a'; length - 1][..], b"\0"].concat();
        for length in 2..80 {
            let place = KnownBucket::of(&prefix(length), Bucket(7));
            assert_eq!(place.bucket, Bucket(7));
            assert_eq!(place.is_of(&[&prefix(length)[..], b"\0/\0\x01"].concat()), length <= 60);
            assert!(!place.is_of(&prefix(length + 1)) && !place.is_of(&prefix(length)[1..]));
        }
        assert!(!KnownBucket::FREE.is_of(b"a\0"));
    }

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
