//! API keys: made here, kept as hashes in `keys.json` of the data directory, checked on every request.
//!
//! A running server sees a change of the file at the next request, so that a revoked key is out at
//! once; another program may change the file at the same time.

mod file;
mod key;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use model::Timestamp;
use subtle::ConstantTimeEq;

pub use key::{KeyId, KeyTextError, NewKey};

use file::{KeyFile, Stamp, StoredKey};
use key::{KeyHash, parse_key};

/// What is public of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// What its owner calls it.
    pub name: String,
    /// The account number in task ids: 1 for the first key, and so on; never given twice.
    pub account: u16,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it is void.
    pub revoked: Option<Timestamp>,
}

/// Why keys could not be read, changed or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not as this program writes it.
    #[error("`{}` is not valid: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness(#[source] getrandom::Error),
    /// There is no such key.
    #[error("there is no key `{0}`")]
    Unknown(KeyId),
    /// The name is empty or over 100 characters.
    #[error("the name of a key has 1 to 100 characters")]
    Name,
    /// Account numbers have four digits.
    #[error("there are 9999 keys already")]
    Full,
}

/// The keys of a data directory.
#[derive(Debug)]
pub struct KeyStore {
    file: KeyFile,
    loaded: RwLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    keys: Vec<StoredKey>,
    stamp: Option<Stamp>,
}

impl KeyStore {
    /// Opens the keys of a data directory, which must exist; without a key file there are no keys.
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        let file = KeyFile::new(directory);
        let (keys, stamp) = file.read()?;
        Ok(Self { file, loaded: RwLock::new(Loaded { keys, stamp }) })
    }

    /// Makes a key. Its secret is in the answer and nowhere else.
    pub fn create(&self, name: &str, now: Timestamp) -> Result<NewKey, KeyError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(KeyError::Name);
        }
        let made = NewKey::generate().map_err(KeyError::Randomness)?;
        let hash = KeyHash::of(made.expose());
        self.change(|keys| {
            let last = keys.iter().map(|stored| stored.key.account).max().unwrap_or(0);
            let account = Some(last + 1).filter(|&account| account <= 9999).ok_or(KeyError::Full)?;
            let key = Key { id: made.id().clone(), name: name.to_owned(), account, created: now, revoked: None };
            keys.push(StoredKey { key, hash });
            Ok(())
        })?;
        Ok(made)
    }

    /// Makes a key void. A key that is void already stays so since its first revocation.
    pub fn revoke(&self, id: &KeyId, now: Timestamp) -> Result<(), KeyError> {
        self.change(|keys| {
            let found = keys.iter_mut().find(|stored| stored.key.id == *id);
            let stored = found.ok_or_else(|| KeyError::Unknown(id.clone()))?;
            stored.key.revoked.get_or_insert(now);
            Ok(())
        })
    }

    /// Every key ever made here, void ones included, oldest first.
    pub fn list(&self) -> Result<Vec<Key>, KeyError> {
        self.with_current(|keys| keys.iter().map(|stored| stored.key.clone()).collect())
    }

    /// Whether any key lets someone in.
    pub fn has_valid_key(&self) -> Result<bool, KeyError> {
        self.with_current(|keys| keys.iter().any(|stored| stored.key.revoked.is_none()))
    }

    /// The key that was shown, if it is valid. Known and unknown ids do the same work, and hashes are
    /// compared in constant time.
    pub(crate) fn check(&self, shown: &str) -> Result<Result<Key, Refused>, KeyError> {
        let id = match parse_key(shown) {
            Ok(id) => id,
            Err(error) => return Ok(Err(Refused::Text(error))),
        };
        let hash = KeyHash::of(shown);
        self.with_current(|keys| {
            let stored = keys.iter().find(|stored| stored.key.id == id);
            let expected = stored.map_or([0; 32], |stored| stored.hash.0);
            let is_equal = bool::from(expected.ct_eq(&hash.0));
            match stored.filter(|_| is_equal) {
                Some(StoredKey { key, .. }) if key.revoked.is_none() => Ok(key.clone()),
                Some(_) => Err(Refused::Revoked),
                None => Err(Refused::Unknown),
            }
        })
    }

    /// Reads, changes and writes the file under its lock.
    fn change(&self, change: impl FnOnce(&mut Vec<StoredKey>) -> Result<(), KeyError>) -> Result<(), KeyError> {
        let _lock = self.file.lock()?;
        let (mut keys, _) = self.file.read()?;
        change(&mut keys)?;
        self.file.write(&keys)
    }

    /// Looks at the keys as they are on disk now. If the file cannot be read, nobody is let in.
    fn with_current<T>(&self, look: impl FnOnce(&[StoredKey]) -> T) -> Result<T, KeyError> {
        let stamp = self.file.stamp()?;
        {
            let loaded = self.loaded.read().unwrap_or_else(PoisonError::into_inner);
            if loaded.stamp == stamp {
                return Ok(look(&loaded.keys));
            }
        }
        let (keys, stamp) = self.file.read()?;
        let seen = look(&keys);
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Loaded { keys, stamp };
        Ok(seen)
    }
}

/// Why a key that was shown lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Text(KeyTextError),
    #[error("the key is not known here")]
    Unknown,
    #[error("the key was revoked")]
    Revoked,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
    const LATER: Timestamp = Timestamp::from_seconds(1_790_000_060);

    #[test]
    fn a_key_lets_in_until_it_is_revoked_by_another_program() {
        let directory = tempfile::tempdir().unwrap();
        let server = KeyStore::open(directory.path()).unwrap();
        let other = KeyStore::open(directory.path()).unwrap();
        assert!(!server.has_valid_key().unwrap());
        let key = other.create("laptop", NOW).unwrap();
        let second = other.create("ci", NOW).unwrap();
        assert_eq!(server.check(key.expose()).unwrap().unwrap().account, 1);
        assert_eq!(server.check(second.expose()).unwrap().unwrap().account, 2);
        other.revoke(key.id(), LATER).unwrap();
        assert_eq!(server.check(key.expose()).unwrap(), Err(Refused::Revoked));
        assert!(server.check(second.expose()).unwrap().is_ok());
        other.revoke(key.id(), Timestamp::from_seconds(0)).unwrap();
        assert_eq!(server.list().unwrap()[0].revoked, Some(LATER));
        assert!(matches!(other.revoke(&KeyId::parse("aaaaaaaa").unwrap(), NOW), Err(KeyError::Unknown(_))));
    }

    #[test]
    fn the_right_id_with_a_wrong_secret_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let store = KeyStore::open(directory.path()).unwrap();
        let key = store.create("one", NOW).unwrap();
        let elsewhere = NewKey::generate().unwrap();
        assert_eq!(store.check(elsewhere.expose()).unwrap(), Err(Refused::Unknown));
        // Even a well-formed key with the id of another, made by someone who knows the check.
        let mut keys = store.file.read().unwrap().0;
        keys[0].hash = KeyHash([7; 32]);
        store.file.write(&keys).unwrap();
        assert_eq!(store.check(key.expose()).unwrap(), Err(Refused::Unknown));
    }

    #[test]
    fn the_file_holds_no_secret_and_only_its_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = KeyStore::open(directory.path()).unwrap();
        let key = store.create("one", NOW).unwrap();
        let path = directory.path().join("keys.json");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(key.expose().rsplit('_').next().unwrap()));
        assert!(text.contains(key.id().as_str()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn every_flipped_byte_of_the_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let store = KeyStore::open(directory.path()).unwrap();
        store.create("one", NOW).unwrap();
        let path = directory.path().join("keys.json");
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() - 1 {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            let opened = KeyStore::open(directory.path());
            assert!(matches!(opened, Err(KeyError::Invalid { .. })), "byte {at}: {opened:?}");
        }
        std::fs::write(&path, &good[..good.len() / 2]).unwrap();
        assert!(store.check(NewKey::generate().unwrap().expose()).is_err(), "a broken file lets nobody in");
    }

    #[test]
    fn two_programs_that_make_keys_at_once_lose_none() {
        let directory = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let store = KeyStore::open(directory.path()).unwrap();
                    for _ in 0..5 {
                        store.create("one", NOW).unwrap();
                    }
                });
            }
        });
        let keys = KeyStore::open(directory.path()).unwrap().list().unwrap();
        let mut accounts: Vec<_> = keys.iter().map(|key| key.account).collect();
        accounts.sort_unstable();
        assert_eq!(accounts, (1..=20).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_needs_a_name() {
        let directory = tempfile::tempdir().unwrap();
        let store = KeyStore::open(directory.path()).unwrap();
        assert!(matches!(store.create(" ", NOW), Err(KeyError::Name)));
        assert!(matches!(store.create(&"x".repeat(101), NOW), Err(KeyError::Name)));
    }
}
