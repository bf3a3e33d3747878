//! One look at a piece of text, sixteen bytes at a time, that tells all that is asked of it afterwards: whether there is
//! anything but white space, whether character references have to be resolved, how many words there are.

use wide::u8x16;

/// Bytes looked at at once.
const CHUNK: usize = 16;

/// What a piece of text is like.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Nothing but ASCII white space.
    pub(crate) is_blank: bool,
    /// There may be character references.
    pub(crate) has_references: bool,
    /// No white space but single spaces for sure, and no other control character.
    pub(crate) is_folded: bool,
    /// How many words of letters, digits and apostrophes start in it: told of ASCII, and of Latin and Cyrillic letters
    /// beside it if there are no apostrophes.
    pub(crate) words: Option<u32>,
    /// The first byte belongs to a word.
    pub(crate) begins_in_word: bool,
    /// The last byte belongs to a word.
    pub(crate) ends_in_word: bool,
}

impl Look {
    /// Looks at all of `text`.
    pub(crate) fn of(text: &str) -> Self {
        Self::of_start(text.as_bytes(), text.len())
    }

    /// The same of text that is taken as it is: nothing in it is a character reference.
    pub(crate) fn of_literal(text: &str) -> Self {
        Self { has_references: false, ..Self::of(text) }
    }

    /// Looks at the first `length` bytes of `bytes`. It is quicker if there are more.
    #[inline]
    pub(crate) fn of_start(bytes: &[u8], length: usize) -> Self {
        // Between tags there is mostly nothing else.
        if bytes.first().is_some_and(|first| *first <= b' ') && is_white(bytes, length) {
            let is_folded = length == 0 || length == 1 && bytes.first() == Some(&b' ');
            return Self { is_blank: true, is_folded, words: Some(0), ..Self::default() };
        }
        Self::of_words(bytes, length)
    }

    /// The same, if there is something else than white space.
    fn of_words(bytes: &[u8], length: usize) -> Self {
        let (mut ampersands, mut odd, mut high, mut unsure) = (0, 0, 0, 0);
        let (mut words, mut first_letters, mut last_letter, mut last_space) = (0, None, 0, 0);
        for start in (0..length).step_by(CHUNK) {
            let chunk = chunk_at(bytes, start);
            let count = (length - start).min(CHUNK);
            let inside = u32::MAX >> (32 - count);
            let is = |byte| chunk.simd_eq(u8x16::splat(byte));
            let spaces = is(b' ');
            if white(chunk) & inside == inside && count > 1 {
                // Lines are indented. Such white space is not folded.
                odd = 1;
                first_letters.get_or_insert(0);
                last_letter = 0;
                continue;
            }
            let letters = within(chunk | u8x16::splat(0x20), b'a', b'z') | within(chunk, b'0', b'9');
            let apostrophes = is(b'\'');
            let high_here = chunk.to_bitmask() & inside;
            let letters = (letters | apostrophes).to_bitmask() & inside | high_here;
            let spaces = spaces.to_bitmask() & inside;
            let controls = within(chunk, 0, b' ').to_bitmask() & inside & !spaces;
            ampersands |= is(b'&').to_bitmask() & inside;
            odd |= controls | spaces & (spaces << 1 | last_space);
            unsure |= apostrophes.to_bitmask() & inside;
            if high_here != 0 {
                high |= high_here;
                // White space outside of ASCII begins with one of these bytes.
                odd |= (is(0xc2) | within(chunk, 0xe1, 0xe3)).to_bitmask() & inside;
                // These begin letters, but for the signs of multiplication and division.
                let starts = within(chunk, 0xc0, 0xff) & !(within(chunk, 0xc3, 0xc8) | within(chunk, 0xd0, 0xd1));
                let signs = (is(0x97) | is(0xb7)).to_bitmask() & (is(0xc3).to_bitmask() << 1 | 1);
                unsure |= (starts.to_bitmask() | signs) & inside;
            }
            words += (letters & !(letters << 1 | last_letter)).count_ones();
            first_letters.get_or_insert(letters);
            (last_letter, last_space) = (letters >> (count - 1), spaces >> (count - 1));
        }
        Self {
            is_blank: length == 0,
            has_references: ampersands != 0,
            is_folded: odd == 0,
            words: (high == 0 || unsure == 0).then_some(words),
            begins_in_word: first_letters.is_some_and(|letters| letters & 1 == 1),
            ends_in_word: last_letter & 1 == 1,
        }
    }
}

/// Whether the first `length` bytes are white space.
fn is_white(bytes: &[u8], length: usize) -> bool {
    (0..length).step_by(CHUNK).all(|start| {
        let inside = u32::MAX >> (32 - (length - start).min(CHUNK));
        white(chunk_at(bytes, start)) & inside == inside
    })
}

/// A bit for each byte that is white space.
fn white(chunk: u8x16) -> u32 {
    let is = |byte| chunk.simd_eq(u8x16::splat(byte));
    (is(b' ') | within(chunk, b'\t', b'\r') & !is(0x0b)).to_bitmask()
}

/// Which bytes are these, or between them.
fn within(chunk: u8x16, first: u8, last: u8) -> u8x16 {
    let above = chunk - u8x16::splat(first);
    above.min(u8x16::splat(last - first)).simd_eq(above)
}

fn chunk_at(bytes: &[u8], start: usize) -> u8x16 {
    let rest = bytes.get(start..).unwrap_or_default();
    u8x16::new(rest.first_chunk().map_or_else(|| filled_up(rest), |chunk| *chunk))
}

/// The last bytes of a document.
#[cold]
fn filled_up(rest: &[u8]) -> [u8; CHUNK] {
    let mut chunk = [0; CHUNK];
    chunk.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    chunk
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, byte by byte; words are counted in ASCII alone.
    fn slowly(bytes: &[u8]) -> Look {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'\'' || !byte.is_ascii();
        let is_odd = |byte: &u8| matches!(byte, 0..b' ' | 0xc2 | 0xe1..=0xe3);
        let pairs = || bytes.windows(2).filter(|pair| is_letter(&pair[1]) && !is_letter(&pair[0])).count();
        let begins_in_word = bytes.first().is_some_and(is_letter);
        Look {
            is_blank: bytes.iter().all(u8::is_ascii_whitespace),
            has_references: bytes.contains(&b'&'),
            is_folded: !bytes.iter().any(is_odd) && !bytes.windows(2).any(|pair| pair == b"  "),
            words: bytes.is_ascii().then(|| pairs() as u32 + u32::from(begins_in_word)),
            begins_in_word,
            ends_in_word: bytes.last().is_some_and(is_letter),
        }
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            any::<u8>(),
            prop::sample::select(&b"ab  'AZ09@[`{/:&"[..]),
            prop::sample::select(&b" \t\n\x0b\x0c\r"[..]),
            prop::sample::select(&b"\xc2\xe1\xe2\xe3\xe0\xe4"[..])
        ];
        let white = prop::collection::vec(prop::sample::select(&b" \t\n\x0c\r"[..]), 0..40);
        prop_oneof![
            prop::collection::vec(byte.clone(), 0..60),
            prop::collection::vec(byte, 0..3),
            white,
            "[a-z' ]{0,60}".prop_map(String::into_bytes)
        ]
    }

    proptest! {
        #[test]
        fn a_look_sees_what_there_is_byte_by_byte(text in bytes(), after in prop::collection::vec(any::<u8>(), 0..40)) {
            let whole = [&text[..], &after].concat();
            let seen = Look::of_start(&whole, text.len());
            prop_assert_eq!(Look { words: seen.words.filter(|_| text.is_ascii()), ..seen }, slowly(&text));
        }
    }
}
