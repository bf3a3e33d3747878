//! Bytes looked for eight at a time: what is near, as most is in a page, is found before a search made for long
//! texts has started.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = ONES << 7;

/// Where `byte` is first.
#[inline]
pub(crate) fn find_byte(byte: u8, bytes: &[u8]) -> Option<usize> {
    const NEAR_WORDS: usize = 4;
    let (words, _) = bytes.as_chunks::<8>();
    let mut start = 0;
    for word in words.iter().take(NEAR_WORDS) {
        let found = equal(u64::from_le_bytes(*word), byte);
        if found != 0 {
            return Some(start + first(found));
        }
        start += 8;
    }
    memchr::memchr(byte, bytes.get(start..)?).map(|at| at + start)
}

/// Where the name of a tag or an attribute ends that begins with `bytes`: before the first byte that `ends` says,
/// out of white space, `/`, `>` and `=`.
#[inline]
pub(crate) fn find_name_end(bytes: &[u8], ends: impl Fn(u8) -> bool) -> Option<usize> {
    let mut start = 0;
    while let Some(word) = bytes.get(start..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let found = below(word, b' ' + 1) | equal(word, b'>') | equal(word, b'=') | equal(word, b'/');
        if found == 0 {
            start += 8;
            continue;
        }
        start += first(found);
        if bytes.get(start).is_some_and(|byte| ends(*byte)) {
            return Some(start);
        }
        start += 1;
    }
    let rest = bytes.get(start..)?;
    rest.iter().position(|byte| ends(*byte)).map(|at| at + start)
}

/// How many words of ASCII letters, digits and apostrophes start in `text`; `in_word` says whether the last byte before
/// it is of a word, and is told of the last byte in it then.
pub(crate) fn count_word_starts(text: &[u8], in_word: &mut bool) -> u32 {
    let mut starts = 0;
    let mut last = u64::from(*in_word) << 7;
    words(text).for_each(|(word, length)| {
        let letters = within(word | (ONES * 0x20), b'a', b'z') | within(word, b'0', b'9') | within(word, b'\'', b'\'');
        let firsts = letters & !(letters << 8 | last);
        starts += ((firsts >> 7).wrapping_mul(ONES) >> 56) as u32;
        last = letters >> (8 * (length - 1)) & 0x80;
    });
    *in_word = last != 0;
    starts
}

/// Whether there is nothing but ASCII white space.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    // Text is seldom lower than the space without being white space: that is looked at last.
    let (words, rest) = text.as_chunks::<8>();
    let is_low = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        (word | ((word & !HIGH_BITS) + ONES * 0x5f)) & HIGH_BITS == 0
    };
    words.iter().all(is_low)
        && rest.iter().all(u8::is_ascii_whitespace)
        && words.iter().flatten().all(u8::is_ascii_whitespace)
}

/// Whether `text` has no white space but single spaces for sure.
pub(crate) fn is_folded(text: &[u8]) -> bool {
    let mut last = 0;
    words(text).all(|(word, length)| {
        // White space outside of ASCII begins with one of these bytes.
        let is_odd = below(word, b' ') | equal(word, 0xc2) | equal(word, 0xe1) | equal(word, 0xe2) | equal(word, 0xe3);
        // What fills the last word up is no text.
        let is_odd = is_odd & (u64::MAX >> (64 - 8 * length));
        let spaces = within(word, b' ', b' ');
        let pairs = spaces & (spaces << 8 | last);
        last = spaces >> 56;
        is_odd | pairs == 0
    })
}

/// The bytes eight at a time, the first one lowest, and how many they are: the last ones are filled up with zeros.
fn words(bytes: &[u8]) -> impl Iterator<Item = (u64, usize)> {
    let (words, rest) = bytes.as_chunks::<8>();
    let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let words = words.iter().map(|word| (u64::from_le_bytes(*word), 8));
    words.chain((!rest.is_empty()).then_some((last, rest.len())))
}

/// The high bits of the bytes from `first` to `last`, which are ASCII: of those alone.
fn within(word: u64, first: u8, last: u8) -> u64 {
    let low_bits = word & !HIGH_BITS;
    let from_first = low_bits + ONES * u64::from(0x80 - first);
    let past_last = low_bits + ONES * u64::from(0x7f - last);
    from_first & !past_last & !word & HIGH_BITS
}

/// The high bits of the bytes that are `byte`. A borrow may tell lies of bytes after the first one.
fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ (ONES * u64::from(byte)), 1)
}

/// The same for bytes less than `bound`, which is at most 128.
fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGH_BITS
}

/// The first byte whose high bit is set.
fn first(high_bits: u64) -> usize {
    high_bits.trailing_zeros() as usize / 8
}

/// White space between the parts of a tag.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_byte_is_found_where_it_is_first(bytes in prop::collection::vec(0_u8..4, 0..80), extra in any::<u8>()) {
            for byte in [0, 1, 2, 3, extra] {
                prop_assert_eq!(find_byte(byte, &bytes), bytes.iter().position(|own| *own == byte));
            }
        }

        #[test]
        fn a_far_byte_is_found_too(before in prop::collection::vec(1_u8..255, 0..80)) {
            let bytes: Vec<u8> = before.iter().copied().chain([0, 255]).collect();
            prop_assert_eq!(find_byte(0, &bytes), Some(before.len()));
        }

        #[test]
        fn words_are_counted_and_spaces_seen_as_byte_by_byte(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"ab  'AZ09@[`{/:"[..])], 0..40),
            before in any::<bool>(),
        ) {
            let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'\'';
            let (mut starts, mut in_word) = (0, before);
            for byte in &bytes {
                starts += u32::from(is_letter(byte) && !in_word);
                in_word = is_letter(byte);
            }
            let mut last = before;
            prop_assert_eq!((count_word_starts(&bytes, &mut last), last), (starts, in_word));

            let is_odd = |byte: &u8| matches!(byte, 0..b' ' | 0xc2 | 0xe1..=0xe3);
            let is_expected = !bytes.iter().any(is_odd) && !bytes.windows(2).any(|pair| pair == b"  ");
            prop_assert_eq!(is_folded(&bytes), is_expected);
        }

        #[test]
        fn white_space_is_blank_and_nothing_else(
            bytes in prop::collection::vec(prop::sample::select(&b" \t\n\x0c\r"[..]), 0..40),
            (at, other) in (any::<prop::sample::Index>(), any::<u8>()),
        ) {
            prop_assert!(is_blank(&bytes));
            let mut bytes = bytes;
            bytes.insert(at.index(bytes.len() + 1), other);
            prop_assert_eq!(is_blank(&bytes), other.is_ascii_whitespace());
        }

        #[test]
        fn a_name_ends_at_the_first_byte_that_ends_it(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), b'a'..=b'z', prop::sample::select(&b" =/>\t\x0c"[..])], 0..40),
        ) {
            let ends_tag = |byte| is_space(byte) || matches!(byte, b'/' | b'>');
            let ends_attribute = |byte| ends_tag(byte) || byte == b'=';
            prop_assert_eq!(find_name_end(&bytes, ends_tag), bytes.iter().position(|byte| ends_tag(*byte)));
            prop_assert_eq!(find_name_end(&bytes, ends_attribute), bytes.iter().position(|byte| ends_attribute(*byte)));
        }
    }
}
