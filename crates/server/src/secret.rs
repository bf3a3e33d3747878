//! The secret with which the server recognises what it gave out itself: tokens to go on with.
//!
//! Kept in `token.key` of the data directory, so that tokens outlive a restart; only its owner can
//! read it. Whoever removes the file makes every token void, and no more.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const FILE: &str = "token.key";
const BYTES: usize = 32;
/// Bytes of a seal: half of the digest, as RFC 2104 allows.
pub(crate) const SEAL_BYTES: usize = 16;

/// A key for seals.
#[derive(Clone)]
pub struct TokenSecret([u8; BYTES]);

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file cannot be read or made.
    #[error("cannot {operation} `{}`", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The file does not hold a secret.
    #[error("`{}` does not hold {BYTES} bytes", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
    },
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    Randomness,
}

impl TokenSecret {
    /// A secret that ends with the process.
    pub fn random() -> Result<Self, SecretError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|_| SecretError::Randomness)?;
        Ok(Self(bytes))
    }

    /// The secret of a data directory, made at the first call.
    pub fn open(directory: &Path) -> Result<Self, SecretError> {
        let path = directory.join(FILE);
        match Self::read(&path)? {
            Some(secret) => Ok(secret),
            None => Self::create(directory, path),
        }
    }

    fn read(path: &Path) -> Result<Option<Self>, SecretError> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(BYTES as u64 + 1).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SecretError::Io { operation: "read", path: path.to_owned(), source }),
            Ok(_) => {}
        }
        let bytes = bytes.try_into().map_err(|_| SecretError::Invalid { path: path.to_owned() })?;
        Ok(Some(Self(bytes)))
    }

    /// Makes the file whole or not at all; of two programs that do so at once both get the same one.
    fn create(directory: &Path, path: PathBuf) -> Result<Self, SecretError> {
        let secret = Self::random()?;
        let temporary = directory.join(format!("{FILE}.{}.tmp", std::process::id()));
        let failed = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| SecretError::Io { operation, path, source }
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary).map_err(failed("create", &temporary))?;
        file.write_all(&secret.0).and_then(|()| file.sync_all()).map_err(failed("write", &temporary))?;
        // A link, unlike a rename, does not replace what another program made meanwhile.
        let linked = fs::hard_link(&temporary, &path);
        fs::remove_file(&temporary).map_err(failed("remove", &temporary))?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed("create", &path)(error)),
            _ => {}
        }
        File::open(directory).and_then(|folder| folder.sync_all()).map_err(failed("sync", directory))?;
        Self::read(&path)?.ok_or(SecretError::Invalid { path })
    }

    /// The seal of some bytes.
    pub(crate) fn seal(&self, bytes: &[u8]) -> [u8; SEAL_BYTES] {
        let digest = self.mac(bytes).finalize().into_bytes();
        let mut seal = [0; SEAL_BYTES];
        seal.iter_mut().zip(digest).for_each(|(into, byte)| *into = byte);
        seal
    }

    /// Whether the seal is that of the bytes. Takes as long whatever is wrong.
    pub(crate) fn is_sealed(&self, bytes: &[u8], seal: &[u8]) -> bool {
        seal.len() == SEAL_BYTES && self.mac(bytes).verify_truncated_left(seal).is_ok()
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.chain_update(bytes)
    }
}

/// Without the secret.
impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSecret").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_directory_has_the_same_secret_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let seal = TokenSecret::open(directory.path()).unwrap().seal(b"x");
        assert!(TokenSecret::open(directory.path()).unwrap().is_sealed(b"x", &seal));
        assert!(!TokenSecret::random().unwrap().is_sealed(b"x", &seal));
        assert!(!TokenSecret::open(directory.path()).unwrap().is_sealed(b"y", &seal));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(directory.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_of_another_length_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), "short").unwrap();
        assert!(matches!(TokenSecret::open(directory.path()), Err(SecretError::Invalid { .. })));
    }
}
