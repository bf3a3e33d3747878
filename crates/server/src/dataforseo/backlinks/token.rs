//! `search_after_token`: where the next rows of an answer are.
//!
//! ```text
//! token := base64 of: version 1, snapshot (4), section (1), row (4), rows before (8),
//!          digest of the question (16), seal of all that (16); numbers big-endian
//! ```
//!
//! It is good for the question that gave it, whatever its offset, limit and tag, and for as long as
//! the snapshot is kept. Nobody else can make one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{SnapshotId, Target};
use query::{BacklinksQuestion, Position, RowId};
use sha2::{Digest, Sha256};

use crate::secret::TokenSecret;

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 16;
/// Before the seal.
const SEALED_BYTES: usize = 1 + 4 + 1 + 4 + 8 + DIGEST_BYTES;
/// A longer text is no token.
const MAX_CHARS: usize = 200;

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    #[error("is not a token of this server, or was changed")]
    Foreign,
    #[error("belongs to another question: send everything but limit and tag as in the request that gave it")]
    OtherQuestion,
}

/// The token for a position in the answer to a question.
pub(super) fn seal(secret: &TokenSecret, question: &BacklinksQuestion, position: Position) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(position.snapshot.0.to_be_bytes());
    bytes.push(position.row.section);
    bytes.extend(position.row.row.to_be_bytes());
    bytes.extend(position.rows_before.to_be_bytes());
    bytes.extend(digest(question));
    let seal = secret.seal(&bytes);
    bytes.extend(seal);
    STANDARD.encode(bytes)
}

/// The position that a token stands for.
pub(super) fn open(secret: &TokenSecret, question: &BacklinksQuestion, token: &str) -> Result<Position, TokenError> {
    if token.len() > MAX_CHARS {
        return Err(TokenError::Foreign);
    }
    let bytes = STANDARD.decode(token).map_err(|_| TokenError::Foreign)?;
    let (sealed, seal) = bytes.split_at_checked(SEALED_BYTES).ok_or(TokenError::Foreign)?;
    if !secret.is_sealed(sealed, seal) {
        return Err(TokenError::Foreign);
    }
    let (position, of_question) = read(sealed).ok_or(TokenError::Foreign)?;
    if of_question == digest(question) { Ok(position) } else { Err(TokenError::OtherQuestion) }
}

fn read(sealed: &[u8]) -> Option<(Position, [u8; DIGEST_BYTES])> {
    let (version, rest) = sealed.split_first()?;
    let (snapshot, rest) = rest.split_first_chunk()?;
    let (section, rest) = rest.split_first()?;
    let (row, rest) = rest.split_first_chunk()?;
    let (rows_before, rest) = rest.split_first_chunk()?;
    let (of_question, _) = rest.split_first_chunk()?;
    let position = Position {
        snapshot: SnapshotId(u32::from_be_bytes(*snapshot)),
        row: RowId { section: *section, row: u32::from_be_bytes(*row) },
        rows_before: u64::from_be_bytes(*rows_before),
    };
    (*version == VERSION).then_some((position, *of_question))
}

/// A digest of everything that decides which rows there are and in what order: of what it means, not
/// of how it was written.
fn digest(question: &BacklinksQuestion) -> [u8; DIGEST_BYTES] {
    let BacklinksQuestion {
        target,
        as_of,
        status,
        exclude_internal,
        include_indirect,
        rows,
        filter,
        mode,
        order,
        scale,
        ..
    } = question;
    let target = match target {
        Target::Page(key) => key.to_url_string(),
        Target::Host { host, include_subdomains } => format!("{host} {include_subdomains}"),
    };
    let filter = filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let order: Vec<String> = order.iter().map(ToString::to_string).collect();
    // Nothing where it is not asked for, so that tokens of before there was such a field stay good.
    let as_of = as_of.map(|as_of| format!("\n{as_of}")).unwrap_or_default();
    let text = format!(
        "{target}\n{status:?} {exclude_internal} {include_indirect} {rows:?} {mode:?} {scale:?}\n{filter}\n{order:?}{as_of}"
    );
    let mut digest = [0; DIGEST_BYTES];
    digest.iter_mut().zip(Sha256::digest(text)).for_each(|(into, byte)| *into = byte);
    digest
}

#[cfg(test)]
mod tests {
    use query::{Mode, RankScale, Rows, SortKey};

    use super::*;

    const POSITION: Position =
        Position { snapshot: SnapshotId(7), row: RowId { section: 1, row: 0x0102_0304 }, rows_before: 20_100 };

    fn question() -> BacklinksQuestion {
        BacklinksQuestion::new(Target::parse("example.org", true).unwrap())
    }

    #[test]
    fn a_token_leads_back_whatever_limit_and_offset() {
        let secret = TokenSecret::random().unwrap();
        let token = seal(&secret, &question(), POSITION);
        let other_page = BacklinksQuestion { limit: 7, offset: 100, ..question() };
        assert_eq!(open(&secret, &other_page, &token), Ok(POSITION));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let secret = TokenSecret::random().unwrap();
        let token = STANDARD.decode(seal(&secret, &question(), POSITION)).unwrap();
        for bit in 0..token.len() * 8 {
            let mut changed = token.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&secret, &question(), &STANDARD.encode(changed)), Err(TokenError::Foreign), "bit {bit}");
        }
        for length in 0..token.len() {
            assert_eq!(open(&secret, &question(), &STANDARD.encode(&token[..length])), Err(TokenError::Foreign));
        }
        assert_eq!(open(&secret, &question(), &"A".repeat(100_000)), Err(TokenError::Foreign));
        let of_another_server = seal(&TokenSecret::random().unwrap(), &question(), POSITION);
        assert_eq!(open(&secret, &question(), &of_another_server), Err(TokenError::Foreign));
    }

    #[test]
    fn a_token_is_for_its_question_alone() {
        let secret = TokenSecret::random().unwrap();
        let token = seal(&secret, &question(), POSITION);
        let others = [
            BacklinksQuestion { target: Target::parse("example.org", false).unwrap(), ..question() },
            BacklinksQuestion { target: Target::parse("example.com", true).unwrap(), ..question() },
            BacklinksQuestion { as_of: query::AsOf::parse("7"), ..question() },
            BacklinksQuestion { status: query::LinkStatus::All, ..question() },
            BacklinksQuestion { exclude_internal: false, ..question() },
            BacklinksQuestion { include_indirect: false, ..question() },
            BacklinksQuestion { rows: Rows::PerLink, ..question() },
            BacklinksQuestion { mode: Mode::OnePerDomain, ..question() },
            BacklinksQuestion { scale: RankScale::OneHundred, ..question() },
            BacklinksQuestion { order: vec![SortKey::parse("rank,asc").unwrap()], ..question() },
            BacklinksQuestion { filter: r#"["rank",">",1]"#.parse().ok(), ..question() },
        ];
        for other in others {
            assert_eq!(open(&secret, &other, &token), Err(TokenError::OtherQuestion), "{other:?}");
        }
    }
}
