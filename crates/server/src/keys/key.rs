//! The text of a key: `bl_<id>_<secret>`.
//!
//! The id is public: 8 characters. The secret is 256 bits from the operating system in 52 characters
//! of base 32, followed by 6 check characters, 30 bits of the SHA-256 of all that stands before
//! them: so a typo is known as one before any store is asked, and a scanner for lost secrets can
//! tell a key from other text. A key has so much entropy that its stored form needs no slow hash.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const ID_CHARS: usize = 8;
const SECRET_CHARS: usize = 52;
const CHECK_CHARS: usize = 6;

/// The public part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

/// Why a text is no key or no id of one. Nothing of the text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// Not of the form.
    #[error("a key has the form bl_<id>_<secret>")]
    Form,
    /// The check characters belong to another text.
    #[error("the key has a typo: its check characters do not match")]
    Typo,
}

/// A key that was just made: the only time that its secret is known.
pub struct NewKey {
    id: KeyId,
    text: String,
}

/// What is stored of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyHash(pub(super) [u8; 32]);

impl KeyId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let well_formed = text.len() == ID_CHARS && text.bytes().all(|byte| ALPHABET.contains(&byte));
        well_formed.then(|| Self(text.to_owned())).ok_or(KeyTextError::Form)
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl NewKey {
    /// Makes a key from the operating system's randomness.
    pub(super) fn generate() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; ID_CHARS * 5 / 8], [0; 32]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        let id = KeyId(base32(&id));
        let body = format!("bl_{id}_{}", base32(&secret));
        let check = check_characters(&body);
        Ok(Self { id, text: body + &check })
    }

    /// The public part.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole key, to be shown once.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl KeyHash {
    pub(super) fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

/// Reads a key and gives its id.
pub(super) fn parse_key(text: &str) -> Result<KeyId, KeyTextError> {
    let (id, secret) = text.strip_prefix("bl_").and_then(|rest| rest.split_once('_')).ok_or(KeyTextError::Form)?;
    let id = KeyId::parse(id)?;
    if secret.len() != SECRET_CHARS + CHECK_CHARS || !secret.bytes().all(|byte| ALPHABET.contains(&byte)) {
        return Err(KeyTextError::Form);
    }
    let (body, check) = text.split_at(text.len() - CHECK_CHARS);
    if check_characters(body) == check { Ok(id) } else { Err(KeyTextError::Typo) }
}

fn check_characters(body: &str) -> String {
    let mut check = base32(&Sha256::digest(body.as_bytes()));
    check.truncate(CHECK_CHARS);
    check
}

/// Base 32 (RFC 4648, lower case, no padding).
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for &byte in bytes {
        held = held << 8 | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(held << (5 - bits)) as usize & 31]));
    }
    text
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyTextError;
    fn try_from(text: String) -> Result<Self, KeyTextError> {
        Self::parse(&text)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_that_of_the_rfc() {
        for (bytes, text) in [("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foobar", "mzxw6ytboi")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_new_key_reads_back_and_hides_its_secret() {
        let key = NewKey::generate().unwrap();
        assert_eq!(parse_key(key.expose()).as_ref(), Ok(key.id()));
        assert_eq!(key.expose().len(), 3 + ID_CHARS + 1 + SECRET_CHARS + CHECK_CHARS);
        let secret = key.expose().rsplit('_').next().unwrap();
        assert!(!format!("{key:?}").contains(secret));
        assert_ne!(NewKey::generate().unwrap().expose(), key.expose());
    }

    #[test]
    fn every_typo_of_one_character_and_every_swap_is_known_as_one() {
        let key = NewKey::generate().unwrap().expose().to_owned();
        for at in 3..key.len() {
            let mut typo = key.clone().into_bytes();
            typo[at] = if typo[at] == b'a' { b'b' } else { b'a' };
            assert!(parse_key(std::str::from_utf8(&typo).unwrap()).is_err(), "position {at}");
            let mut swap = key.clone().into_bytes();
            swap.swap(at - 1, at);
            if swap != key.as_bytes() {
                assert!(parse_key(std::str::from_utf8(&swap).unwrap()).is_err(), "position {at}");
            }
        }
        for text in ["", "bl_", "bl__", "bl_abcdefgh_", "sk_abcdefgh_x", &key[..key.len() - 1], &format!("{key}a")] {
            assert_eq!(parse_key(text), Err(KeyTextError::Form), "{text}");
        }
    }
}
