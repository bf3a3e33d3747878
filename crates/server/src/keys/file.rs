//! `keys.json`: read strictly, written atomically.
//!
//! ```json
//! {"format":1,"keys":[{"id":"…","name":"…","account":1,"created":"…","revoked":null,"sha256":"…"}],"checksum":"…"}
//! ```
//!
//! `checksum` is the SHA-256 of `keys` as it stands in the file. A file that differs in any way is
//! refused whole: a key file that is half understood would let in or lock out the wrong people.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::key::{KeyHash, KeyId};
use super::{Key, KeyError};

const FILE: &str = "keys.json";
const TEMPORARY: &str = "keys.json.tmp";
const LOCK: &str = "keys.lock";
const FORMAT: u32 = 1;
const MAX_BYTES: u64 = 16 << 20;

/// One key as it is kept: what is public, and the hash of the whole key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredKey {
    pub(super) key: Key,
    pub(super) hash: KeyHash,
}

/// Tells one version of the file from the next. Writing makes a new file each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

/// The key file of a data directory.
#[derive(Debug)]
pub(super) struct KeyFile {
    directory: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<K> {
    format: u32,
    keys: K,
    checksum: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    id: KeyId,
    name: String,
    account: u16,
    created: String,
    revoked: Option<String>,
    sha256: String,
}

impl KeyFile {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// Which version is there now; `None` if there is no file.
    pub(super) fn stamp(&self) -> Result<Option<Stamp>, KeyError> {
        match fs::metadata(self.path()) {
            Ok(metadata) => Ok(Some(Stamp::of(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyError::Read { path: self.path(), source }),
        }
    }

    /// The keys and the version that they come from; no file means no keys.
    pub(super) fn read(&self) -> Result<(Vec<StoredKey>, Option<Stamp>), KeyError> {
        let failed = |source| KeyError::Read { path: self.path(), source };
        let file = match File::open(self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), None)),
            Err(source) => return Err(failed(source)),
        };
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        let keys = decode(&bytes).map_err(|reason| KeyError::Invalid { path: self.path(), reason })?;
        Ok((keys, Some(stamp)))
    }

    /// Replaces the file: readers see the old or the new one, and the new one survives a power cut.
    pub(super) fn write(&self, keys: &[StoredKey]) -> Result<(), KeyError> {
        let failed = |source| KeyError::Write { path: self.path(), source };
        let bytes = encode(keys).map_err(|error| failed(error.into()))?;
        let temporary = self.directory.join(TEMPORARY);
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut file = private().write(true).create_new(true).open(&temporary).map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&temporary, self.path()).map_err(failed)?;
        File::open(&self.directory).and_then(|directory| directory.sync_all()).map_err(failed)
    }

    /// Keeps other programs from changing the file until the lock is dropped.
    pub(super) fn lock(&self) -> Result<File, KeyError> {
        let path = self.directory.join(LOCK);
        let opened = private().write(true).create(true).truncate(false).open(&path);
        let locked = opened.and_then(|file| file.lock().map(|()| file));
        locked.map_err(|source| KeyError::Write { path, source })
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: metadata.modified().ok(), bytes: metadata.len(), inode }
    }
}

/// Options for files that only their owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn encode(keys: &[StoredKey]) -> serde_json::Result<Vec<u8>> {
    let records: Vec<_> = keys.iter().map(Record::of).collect();
    let keys = serde_json::value::to_raw_value(&records)?;
    let checksum = hex(&Sha256::digest(keys.get().as_bytes()).into());
    let mut bytes = serde_json::to_vec(&Document { format: FORMAT, keys, checksum })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn decode(bytes: &[u8]) -> Result<Vec<StoredKey>, &'static str> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err("it is too long");
    }
    let document: Document<Box<RawValue>> =
        serde_json::from_slice(bytes).map_err(|_| "it is not a key file, or cut short")?;
    if document.format != FORMAT {
        return Err("its format is of another version of this program");
    }
    if document.checksum != hex(&Sha256::digest(document.keys.get().as_bytes()).into()) {
        return Err("its checksum does not match: it was damaged, or changed by hand");
    }
    let records: Vec<Record> = serde_json::from_str(document.keys.get()).map_err(|_| "a key in it is malformed")?;
    let mut keys: Vec<StoredKey> = Vec::with_capacity(records.len());
    for record in records {
        let stored = record.read().ok_or("a key in it is malformed")?;
        if keys.iter().any(|other| other.key.id == stored.key.id) {
            return Err("a key is in it twice");
        }
        keys.push(stored);
    }
    Ok(keys)
}

impl Record {
    fn of(stored: &StoredKey) -> Self {
        let StoredKey { key, hash } = stored.clone();
        Self {
            id: key.id,
            name: key.name,
            account: key.account,
            created: key.created.to_string(),
            revoked: key.revoked.map(|at| at.to_string()),
            sha256: hex(&hash.0),
        }
    }

    fn read(self) -> Option<StoredKey> {
        let revoked = match self.revoked {
            Some(text) => Some(Timestamp::parse_iso(&text)?),
            None => None,
        };
        let created = Timestamp::parse_iso(&self.created)?;
        let hash = KeyHash(unhex(&self.sha256)?);
        Some(StoredKey { key: Key { id: self.id, name: self.name, account: self.account, created, revoked }, hash })
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
