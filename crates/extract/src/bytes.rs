//! Bytes looked for many at a time: what is near, as most is in a page, is found before a search made for long
//! texts has started.

use wide::u8x16;

/// Where `byte` is first.
#[inline]
pub(crate) fn find_byte(byte: u8, bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    if let Some(near) = bytes.first_chunk::<32>() {
        let (near, _) = near.as_chunks::<16>();
        let sought = u8x16::splat(byte);
        let found =
            near.iter().rev().fold(0, |found, chunk| found << 16 | u8x16::new(*chunk).simd_eq(sought).to_bitmask());
        if found != 0 {
            return Some(found.trailing_zeros() as usize);
        }
        start = 32;
    }
    memchr::memchr(byte, bytes.get(start..)?).map(|at| at + start)
}

/// Whether one of two bytes is in a text that is mostly short.
#[inline]
pub(crate) fn has_either(first: u8, second: u8, bytes: &[u8]) -> bool {
    let is = |byte: &u8| *byte == first || *byte == second;
    let (Some(last), (chunks, _)) = (bytes.last_chunk(), bytes.as_chunks::<16>()) else { return bytes.iter().any(is) };
    let is = |chunk: u8x16| chunk.simd_eq(u8x16::splat(first)) | chunk.simd_eq(u8x16::splat(second));
    let found = chunks.iter().fold(is(u8x16::new(*last)), |found, chunk| found | is(u8x16::new(*chunk)));
    found.to_bitmask() != 0
}

/// Where the name of a tag or an attribute ends that begins with `bytes`: before the first byte that `ends` says,
/// out of white space, `/`, `>` and `=`.
#[inline]
pub(crate) fn find_name_end(bytes: &[u8], ends: impl Fn(u8) -> bool) -> Option<usize> {
    let mut start = 0;
    while let Some(chunk) = bytes.get(start..).and_then(<[u8]>::first_chunk) {
        let chunk = u8x16::new(*chunk);
        let is = |byte| chunk.simd_eq(u8x16::splat(byte));
        let is_low = chunk.min(u8x16::splat(b' ')).simd_eq(chunk);
        let found = (is_low | is(b'>') | is(b'=') | is(b'/')).to_bitmask();
        if found == 0 {
            start += 16;
            continue;
        }
        start += found.trailing_zeros() as usize;
        if bytes.get(start).is_some_and(|byte| ends(*byte)) {
            return Some(start);
        }
        start += 1;
    }
    let rest = bytes.get(start..)?;
    rest.iter().position(|byte| ends(*byte)).map(|at| at + start)
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
        fn one_of_two_bytes_is_there_or_not(bytes in prop::collection::vec(0_u8..60, 0..80)) {
            for (first, second) in [(0, 1), (7, 7), (100, 50)] {
                let expected = bytes.contains(&first) || bytes.contains(&second);
                prop_assert_eq!(has_either(first, second, &bytes), expected);
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
