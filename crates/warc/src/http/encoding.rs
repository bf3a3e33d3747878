//! Content codings: gzip, deflate (with zlib's wrapper and without), br, zstd.

use std::io::{ErrorKind, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::{Body, BodyLimits, HttpError, Tolerance};

/// Codings that may lie upon one another.
pub(super) const MAX_LAYERS: usize = 2;
const STEP_BYTES: usize = 32 << 10;

/// How a decoder ended, beside what it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Cut,
    Corrupt,
    OverLimit,
}

/// Undoes one coding; `None` where `input` is to be taken as it is. `stored_bytes` is the length of
/// the body as archived, against which the ratio is measured.
pub(super) fn decode(
    input: &[u8],
    coding: &str,
    stored_bytes: usize,
    limits: &BodyLimits,
    body: &mut Body,
) -> Result<Option<Vec<u8>>, HttpError> {
    if input.is_empty() {
        return Ok(None);
    }
    let run = |decoder: &mut dyn Read| read(decoder, stored_bytes, limits);
    let (output, end) = match coding {
        "gzip" | "x-gzip" if input.starts_with(&[0x1f, 0x8b]) => run(&mut MultiGzDecoder::new(input))?,
        "deflate" if has_zlib_header(input) => match run(&mut ZlibDecoder::new(input))? {
            (output, End::Corrupt) if output.is_empty() => run(&mut DeflateDecoder::new(input))?,
            done => done,
        },
        "deflate" => run(&mut DeflateDecoder::new(input))?,
        "br" if !looks_like_text(input) => run(&mut brotli_decompressor::Decompressor::new(input, STEP_BYTES))?,
        "zstd" if input.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) => match zstd::stream::read::Decoder::with_buffer(input)
        {
            Ok(mut decoder) => run(&mut decoder)?,
            Err(_) => (Vec::new(), End::Corrupt),
        },
        "gzip" | "x-gzip" | "br" | "zstd" => (Vec::new(), End::Corrupt),
        _ => {
            body.tolerances.push(Tolerance::UnknownCoding);
            return Ok(None);
        }
    };
    match end {
        End::Whole => {}
        // Nothing decoded: the body has another form than the head says.
        End::Corrupt if output.is_empty() => {
            body.tolerances.push(Tolerance::NotEncoded);
            return Ok(None);
        }
        End::Corrupt => body.tolerances.push(Tolerance::EncodingCorrupt),
        End::Cut => body.tolerances.push(Tolerance::EncodingCut),
        End::OverLimit => body.tolerances.push(Tolerance::OverLimit),
    }
    body.is_truncated |= end != End::Whole;
    Ok(Some(output))
}

fn read(decoder: &mut dyn Read, stored_bytes: usize, limits: &BodyLimits) -> Result<(Vec<u8>, End), HttpError> {
    let mut output = Vec::new();
    let mut step = vec![0; STEP_BYTES];
    loop {
        let count = match decoder.read(&mut step) {
            Ok(0) => return Ok((output, End::Whole)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok((output, End::Cut)),
            Err(_) => return Ok((output, End::Corrupt)),
        };
        output.extend_from_slice(step.get(..count).unwrap_or_default());
        if output.len() > limits.ratio_from_bytes && output.len() / limits.max_ratio.max(1) > stored_bytes {
            return Err(HttpError::Bomb);
        }
        if output.len() > limits.max_body_bytes {
            output.truncate(limits.max_body_bytes);
            return Ok((output, End::OverLimit));
        }
    }
}

/// RFC 1950: method 8 and a header that is a multiple of 31.
fn has_zlib_header(input: &[u8]) -> bool {
    match input {
        [method, flags, ..] => method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31),
        _ => false,
    }
}

/// Brotli has no magic bytes, and its decoder makes something of the first bytes of many pages.
fn looks_like_text(input: &[u8]) -> bool {
    let start = input.trim_ascii_start();
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    start.starts_with(b"<") && start.iter().take(64).all(|byte| is_text(byte) || *byte >= 0x80)
        || input.len() >= 16 && input.iter().take(512).all(is_text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"<p>hello hello hello hello hello hello</p> and some more to make it long";
    /// `TEXT`'s first word by the reference encoder: an uncompressed meta-block.
    const BROTLI_HELLO: &[u8] = &[0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(input: &[u8], coding: &str) -> (Option<Vec<u8>>, Vec<Tolerance>, bool) {
        let mut body = Body::default();
        let output = decode(input, coding, input.len(), &BodyLimits::default(), &mut body).unwrap();
        (output, body.tolerances, body.is_truncated)
    }

    #[test]
    fn every_coding_is_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(TEXT).unwrap();
        for (input, coding) in [
            (gzip(TEXT), "gzip"),
            ([gzip(b"<p>hello hello"), gzip(TEXT.strip_prefix(b"<p>hello hello").unwrap())].concat(), "x-gzip"),
            (zlib.finish().unwrap(), "deflate"),
            (raw.finish().unwrap(), "deflate"),
            (zstd::stream::encode_all(TEXT, 3).unwrap(), "zstd"),
        ] {
            assert_eq!(decoded(&input, coding), (Some(TEXT.to_vec()), vec![], false), "{coding}");
        }
        assert_eq!(decoded(BROTLI_HELLO, "br"), (Some(b"hello".to_vec()), vec![], false));
    }

    #[test]
    fn a_body_that_is_not_encoded_is_left_alone() {
        for coding in ["gzip", "deflate", "br", "zstd"] {
            assert_eq!(decoded(TEXT, coding), (None, vec![Tolerance::NotEncoded], false), "{coding}");
        }
        assert_eq!(decoded(TEXT, "utf-8"), (None, vec![Tolerance::UnknownCoding], false));
    }

    #[test]
    fn a_cut_body_gives_what_decoded() {
        let page: Vec<u8> = (0..20_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for (input, coding) in [(gzip(&page), "gzip"), (zstd::stream::encode_all(&page[..], 3).unwrap(), "zstd")] {
            let (output, tolerances, is_truncated) = decoded(&input[..input.len() * 9 / 10], coding);
            let output = output.unwrap_or_default();
            assert!(page.starts_with(&output), "{coding}");
            assert!(coding == "zstd" || !output.is_empty());
            assert_eq!((tolerances, is_truncated), (vec![Tolerance::EncodingCut], true), "{coding}");
        }
        let (_, tolerances, is_truncated) = decoded(&BROTLI_HELLO[..6], "br");
        assert_eq!((tolerances, is_truncated), (vec![Tolerance::EncodingCut], true));
    }

    #[test]
    fn a_bomb_is_an_error_and_a_long_page_is_cut() {
        let limits = BodyLimits { max_body_bytes: 4 << 20, ..BodyLimits::default() };
        let bomb = gzip(&vec![0; 2 << 20]);
        let result = decode(&bomb, "gzip", bomb.len(), &limits, &mut Body::default());
        assert_eq!(result, Err(HttpError::Bomb));
        let small = gzip(&vec![0; 1 << 20]);
        assert!(decode(&small, "gzip", small.len(), &limits, &mut Body::default()).is_ok());
        let noise: Vec<u8> = (0..5_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut body = Body::default();
        let output = decode(&gzip(&noise), "gzip", noise.len(), &limits, &mut body).unwrap();
        assert_eq!(output.map(|output| output.len()), Some(4 << 20));
        assert_eq!((body.tolerances, body.is_truncated), (vec![Tolerance::OverLimit], true));
    }
}
