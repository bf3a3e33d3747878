//! The chunked transfer coding (RFC 9112, 7.1), and bodies that are said to have it.

use super::{Body, Tolerance};

/// A longer size line is none, in bytes.
const MAX_SIZE_LINE_BYTES: usize = 4096;

/// Joins the chunks of `raw`; `None` if there are none at all. Where a chunk is wrong, the rest is
/// taken as it is: what follows is more likely a page than nothing.
pub(super) fn decode(raw: &[u8], body: &mut Body) -> Option<Vec<u8>> {
    if raw.is_empty() {
        return None;
    }
    let mut joined = Vec::new();
    let mut rest = raw;
    let mut is_first = true;
    loop {
        if rest.is_empty() {
            return Some(cut(joined, body));
        }
        let Some((size, after_line)) = size_line(rest) else {
            if is_first {
                body.tolerances.push(Tolerance::NotChunked);
                return None;
            }
            return Some(bad(joined, rest, body));
        };
        is_first = false;
        if size == 0 {
            return Some(joined);
        }
        let Some((data, after)) = usize::try_from(size).ok().and_then(|size| after_line.split_at_checked(size)) else {
            joined.extend_from_slice(after_line);
            return Some(cut(joined, body));
        };
        joined.extend_from_slice(data);
        rest = match after {
            [b'\r', b'\n', rest @ ..] | [b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Some(cut(joined, body)),
            _ => return Some(bad(joined, after, body)),
        };
    }
}

fn cut(joined: Vec<u8>, body: &mut Body) -> Vec<u8> {
    body.tolerances.push(Tolerance::ChunksCut);
    body.is_truncated = true;
    joined
}

fn bad(mut joined: Vec<u8>, rest: &[u8], body: &mut Body) -> Vec<u8> {
    body.tolerances.push(Tolerance::BadChunk);
    joined.extend_from_slice(rest);
    joined
}

/// The size of the next chunk and what follows its line; extensions are dropped.
fn size_line(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let window = bytes.get(..MAX_SIZE_LINE_BYTES).unwrap_or(bytes);
    let end = memchr::memchr(b'\n', window)?;
    let line = window.get(..end)?;
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    if digits.is_empty() || digits.len() > 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let size = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((size, bytes.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str) -> (Option<String>, Vec<Tolerance>, bool) {
        let mut body = Body::default();
        let joined = decode(raw.as_bytes(), &mut body).map(|bytes| String::from_utf8(bytes).unwrap());
        (joined, body.tolerances, body.is_truncated)
    }

    #[test]
    fn chunks_are_joined_and_extensions_and_trailers_dropped() {
        let good = (Some("hello world".to_owned()), vec![], false);
        assert_eq!(decoded("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"), good);
        assert_eq!(decoded("05 \nhello\n6\n world\n0\nA: b\n\n"), good);
    }

    #[test]
    fn a_body_without_chunks_is_left_alone() {
        assert_eq!(decoded("<html>\n</html>"), (None, vec![Tolerance::NotChunked], false));
        assert_eq!(decoded(""), (None, vec![], false));
    }

    #[test]
    fn a_wrong_chunk_leaves_the_rest_as_it_is() {
        let expected = (Some("hello<p>rest".to_owned()), vec![Tolerance::BadChunk], false);
        assert_eq!(decoded("5\r\nhello<p>rest"), expected);
        assert_eq!(decoded("5\r\nhello\r\n<p>rest"), expected);
    }

    #[test]
    fn a_missing_last_chunk_is_a_cut() {
        for raw in ["5\r\nhello\r\n", "5\r\nhello", "9\r\nhello", "ffffffffffffffff\r\nhello"] {
            assert_eq!(decoded(raw), (Some("hello".to_owned()), vec![Tolerance::ChunksCut], true), "{raw}");
        }
    }
}
