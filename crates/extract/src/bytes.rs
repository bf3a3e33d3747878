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
