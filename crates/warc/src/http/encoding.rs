//! Content codings: gzip, deflate (with zlib's wrapper and without), br, zstd.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};

use super::{Body, BodyLimits, HttpError, Tolerance};
use crate::container::{GZIP_START, Gzip, Progress, Step, Zstd};
use crate::record::SkipReason;

/// Codings that may lie upon one another.
pub(super) const MAX_LAYERS: usize = 2;
const STEP_BYTES: usize = 32 << 10;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BROKEN: Progress = Progress::Broken(SkipReason::CorruptMember);

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
    let run = |step: &mut Decode| drive(input, step, stored_bytes, limits);
    if matches!(coding, "gzip" | "x-gzip")
        && let Some(output) = decode_whole(input, limits)
    {
        return Ok(Some(output));
    }
    let (output, end) = match coding {
        "gzip" | "x-gzip" if input.starts_with(GZIP_MAGIC) => {
            let mut gzip = Gzip::new();
            run(&mut |input, output| {
                let step = gzip.step(input, output);
                if step.progress != Progress::End || !goes_on(input, step, GZIP_MAGIC) {
                    return step;
                }
                gzip.start();
                Step { progress: Progress::More, ..step }
            })?
        }
        "deflate" if has_zlib_header(input) => match run(&mut inflate(true))? {
            (output, End::Corrupt) if output.is_empty() => run(&mut inflate(false))?,
            done => done,
        },
        "deflate" => run(&mut inflate(false))?,
        "br" if !looks_like_text(input) => run(&mut brotli())?,
        "zstd" if input.starts_with(ZSTD_MAGIC) => match Zstd::without_dictionary() {
            // The decoder goes from frame to frame by itself.
            Ok(mut zstd) => run(&mut |input, output| {
                let step = zstd.step(input, output);
                let goes_on = step.progress == Progress::End && goes_on(input, step, ZSTD_MAGIC);
                if goes_on { Step { progress: Progress::More, ..step } } else { step }
            })?,
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

/// Decodes a body that is one gzip member, if it is so long only that no limit matters.
fn decode_whole(input: &[u8], limits: &BodyLimits) -> Option<Vec<u8>> {
    let is_start = input.starts_with(GZIP_START);
    let length = Gzip::decoded_bytes(input).filter(|_| is_start)?;
    if length > limits.max_body_bytes.min(limits.ratio_from_bytes) {
        return None;
    }
    let mut output = vec![0; length];
    Gzip::new().decode_whole(input, &mut output).then_some(output)
}

/// Decodes some of the first slice into the second.
type Decode<'a> = dyn FnMut(&[u8], &mut [u8]) -> Step + 'a;

fn drive(
    input: &[u8],
    decode: &mut Decode,
    stored_bytes: usize,
    limits: &BodyLimits,
) -> Result<(Vec<u8>, End), HttpError> {
    let mut output = Vec::new();
    let mut room = vec![0; STEP_BYTES];
    let mut rest = input;
    loop {
        let step = decode(rest, &mut room);
        rest = rest.get(step.consumed..).unwrap_or_default();
        output.extend_from_slice(room.get(..step.produced).unwrap_or_default());
        if output.len() > limits.ratio_from_bytes && output.len() / limits.max_ratio.max(1) > stored_bytes {
            return Err(HttpError::Bomb);
        }
        if output.len() > limits.max_body_bytes {
            output.truncate(limits.max_body_bytes);
            return Ok((output, End::OverLimit));
        }
        let end = match step.progress {
            Progress::More if step.consumed > 0 || step.produced > 0 => continue,
            Progress::More if rest.is_empty() => End::Cut,
            Progress::More | Progress::Broken(_) | Progress::EndWithBadChecksum => End::Corrupt,
            Progress::End => End::Whole,
        };
        return Ok((output, end));
    }
}

/// Whether another member or frame follows the one that `step` ended.
fn goes_on(input: &[u8], step: Step, magic: &[u8]) -> bool {
    input.get(step.consumed..).is_some_and(|rest| rest.starts_with(magic))
}

fn inflate(has_header: bool) -> impl FnMut(&[u8], &mut [u8]) -> Step {
    let mut inflate = Decompress::new(has_header);
    move |input, output| {
        let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
        // What decoded before an error is counted, too.
        let progress = match inflate.decompress(input, output, FlushDecompress::None) {
            Ok(Status::StreamEnd) => Progress::End,
            Ok(Status::Ok | Status::BufError) => Progress::More,
            Err(_) => BROKEN,
        };
        let consumed = (inflate.total_in() - before_in) as usize;
        Step { consumed, produced: (inflate.total_out() - before_out) as usize, progress }
    }
}

fn brotli() -> impl FnMut(&[u8], &mut [u8]) -> Step {
    let allocator = StandardAlloc::default;
    let mut state = BrotliState::new(allocator(), allocator(), allocator());
    move |input, output| {
        let (mut input_left, mut output_left) = (input.len(), output.len());
        let (mut consumed, mut produced, mut total) = (0, 0, 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut consumed,
            input,
            &mut output_left,
            &mut produced,
            output,
            &mut total,
            &mut state,
        );
        let progress = match result {
            BrotliResult::ResultSuccess => Progress::End,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Progress::More,
            BrotliResult::ResultFailure => BROKEN,
        };
        Step { consumed, produced, progress }
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
