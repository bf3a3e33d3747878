//! HTTP answers as archives hold them: head and body, the body decoded.
//!
//! Archives hold what servers sent and what tools made of it, so nothing that the head says about
//! the body can be trusted: bodies are stored without the chunks or the compression that the head
//! declares, or cut. Whatever had to be tolerated is a [`Tolerance`] in the answer.

mod chunked;
mod encoding;
mod head;

use std::borrow::Cow;
use std::fmt;

use crate::record::{BlockKind, Record, RecordKind};

pub use head::Headers;
pub(crate) use head::body_start;

/// What a decoded body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// Bytes of the head. Default 256 KiB.
    pub max_head_bytes: usize,
    /// Bytes of a decoded body that are kept. Default 16 MiB.
    pub max_body_bytes: usize,
    /// Decoded bytes for one stored byte; more is a bomb. Default 200.
    pub max_ratio: usize,
    /// Decoded bytes up to which the ratio does not matter. Default 1 MiB.
    pub ratio_from_bytes: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { max_head_bytes: 256 << 10, max_body_bytes: 16 << 20, max_ratio: 200, ratio_from_bytes: 1 << 20 }
    }
}

/// Why a block gives no HTTP answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The record is no HTTP answer: another kind, dns, whois.
    #[error("not an http response")]
    NotHttp,
    /// The block does not begin with a status line.
    #[error("no http status line")]
    NoStatusLine,
    /// The head is longer than allowed.
    #[error("http head too long")]
    HeadTooLong,
    /// More than two codings lie upon one another.
    #[error("too many content codings")]
    TooManyCodings,
    /// The body decodes to far more bytes than it has.
    #[error("decompression bomb")]
    Bomb,
}

impl HttpError {
    /// The stable name for reports and manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotHttp => "not_http",
            Self::NoStatusLine => "no_status_line",
            Self::HeadTooLong => "http_head_too_long",
            Self::TooManyCodings => "too_many_codings",
            Self::Bomb => "decompression_bomb",
        }
    }
}

/// What was wrong with an answer and tolerated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tolerance {
    /// The status line has no `HTTP/x.y`.
    NoHttpVersion,
    /// The head is not ended by an empty line: there is no body.
    HeadNotEnded,
    /// Lines of the head end with a bare line feed.
    BareLineFeed,
    /// A field goes on in the next line.
    FoldedField,
    /// A line of the head has no colon.
    NamelessField,
    /// The head declares chunks, the body has none: taken as it is.
    NotChunked,
    /// A chunk does not begin or end as it must: the rest is taken as it is.
    BadChunk,
    /// The last chunk is missing.
    ChunksCut,
    /// The head declares a coding that the body does not have: taken as it is.
    NotEncoded,
    /// The head declares a coding that nobody knows: taken as it is.
    UnknownCoding,
    /// The encoded body ends too early: what decoded is kept.
    EncodingCut,
    /// The encoded body does not decode to its end: what decoded is kept.
    EncodingCorrupt,
    /// The decoded body is longer than allowed: its first part is kept.
    OverLimit,
    /// The body is shorter than its `Content-Length`.
    ShorterThanDeclared,
}

impl Tolerance {
    /// The stable name for reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoHttpVersion => "no_http_version",
            Self::HeadNotEnded => "head_not_ended",
            Self::BareLineFeed => "bare_line_feed",
            Self::FoldedField => "folded_field",
            Self::NamelessField => "nameless_field",
            Self::NotChunked => "not_chunked",
            Self::BadChunk => "bad_chunk",
            Self::ChunksCut => "chunks_cut",
            Self::NotEncoded => "not_encoded",
            Self::UnknownCoding => "unknown_coding",
            Self::EncodingCut => "encoding_cut",
            Self::EncodingCorrupt => "encoding_corrupt",
            Self::OverLimit => "over_limit",
            Self::ShorterThanDeclared => "shorter_than_declared",
        }
    }

    /// Whether it is about the body and how it is coded, not about the head.
    pub const fn is_about_body(self) -> bool {
        !matches!(
            self,
            Self::NoHttpVersion | Self::HeadNotEnded | Self::BareLineFeed | Self::FoldedField | Self::NamelessField
        )
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<'a> {
    /// The status, 100 to 999; 200 for a file that was archived without HTTP.
    pub status: u16,
    /// The fields of the head.
    pub headers: Headers,
    /// The body, decoded; borrowed from the block if there was nothing to decode.
    pub body: Cow<'a, [u8]>,
    /// Whether `body` is only the first part of what the server had, as far as is known.
    pub body_truncated: bool,
    /// What was tolerated, each once, in the order of [`Tolerance`].
    pub tolerances: Vec<Tolerance>,
}

impl Response<'_> {
    /// The first thing that was wrong with the coding of the body.
    pub fn decode_problem(&self) -> Option<Tolerance> {
        self.tolerances.iter().copied().find(|tolerance| tolerance.is_about_body())
    }
}

/// A body on its way from stored to decoded.
#[derive(Debug, Default)]
struct Body<'a> {
    bytes: Cow<'a, [u8]>,
    is_truncated: bool,
    tolerances: Vec<Tolerance>,
}

/// Takes the block of an HTTP record apart and decodes the body.
pub fn parse_response<'a>(block: &'a [u8], limits: &BodyLimits) -> Result<Response<'a>, HttpError> {
    let (head, raw) = head::parse(block, limits.max_head_bytes)?;
    let mut body = Body { tolerances: head.tolerances, ..Body::default() };
    let is_coded = decode_body(raw, &head.headers, limits, &mut body)?;
    let declared = head.headers.get("Content-Length").and_then(|text| text.trim().parse::<u64>().ok());
    // What an answer to HEAD, a 304 or a revisit declares is not in its body.
    if !is_coded && !raw.is_empty() && declared.is_some_and(|declared| declared > raw.len() as u64) {
        body.tolerances.push(Tolerance::ShorterThanDeclared);
        body.is_truncated = true;
    }
    body.tolerances.sort_unstable();
    body.tolerances.dedup();
    Ok(Response {
        status: head.status,
        headers: head.headers,
        body: body.bytes,
        body_truncated: body.is_truncated,
        tolerances: body.tolerances,
    })
}

/// Undoes chunks, then codings, last declared first. Answers whether anything was declared.
fn decode_body<'a>(
    raw: &'a [u8],
    headers: &Headers,
    limits: &BodyLimits,
    body: &mut Body<'a>,
) -> Result<bool, HttpError> {
    let listed = |name| {
        let values: Vec<String> = headers.get_all(name).map(str::to_ascii_lowercase).collect();
        values.iter().flat_map(|value| value.split(',')).map(|coding| coding.trim().to_owned()).collect::<Vec<_>>()
    };
    let mut codings = listed("Content-Encoding");
    let transfer = listed("Transfer-Encoding");
    let is_chunked = transfer.iter().any(|coding| coding == "chunked");
    codings.extend(transfer.into_iter().filter(|coding| coding != "chunked"));
    codings.retain(|coding| !matches!(coding.as_str(), "" | "identity" | "none"));
    if codings.len() > encoding::MAX_LAYERS {
        return Err(HttpError::TooManyCodings);
    }
    let dechunked = if is_chunked { chunked::decode(raw, body) } else { None };
    let mut decoded: Option<Vec<u8>> = None;
    for coding in codings.iter().rev() {
        let input = decoded.as_deref().or(dechunked.as_deref()).unwrap_or(raw);
        if let Some(output) = encoding::decode(input, coding, raw.len(), limits, body)? {
            decoded = Some(output);
        }
    }
    body.bytes = match decoded.or(dechunked) {
        Some(bytes) => Cow::Owned(bytes),
        None => Cow::Borrowed(raw),
    };
    if body.bytes.len() > limits.max_body_bytes {
        match &mut body.bytes {
            Cow::Owned(bytes) => bytes.truncate(limits.max_body_bytes),
            Cow::Borrowed(bytes) => *bytes = bytes.get(..limits.max_body_bytes).unwrap_or(bytes),
        }
        body.tolerances.push(Tolerance::OverLimit);
        body.is_truncated = true;
    }
    Ok(is_chunked || !codings.is_empty())
}

impl Record {
    /// The HTTP answer in this record: of a response or revisit that holds HTTP, or of an ARC record
    /// of scheme http. A resource gives status 200 and its content type.
    pub fn http_response(&self, limits: &BodyLimits) -> Result<Response<'_>, HttpError> {
        let mut response = match (self.kind, self.block_kind()) {
            (RecordKind::Response | RecordKind::Revisit, BlockKind::HttpResponse) => {
                parse_response(&self.payload, limits)?
            }
            (RecordKind::Resource, BlockKind::HttpResponse | BlockKind::Other) => self.as_file(limits),
            _ => return Err(HttpError::NotHttp),
        };
        response.body_truncated |= self.truncated;
        Ok(response)
    }

    fn as_file(&self, limits: &BodyLimits) -> Response<'_> {
        let is_over = self.payload.len() > limits.max_body_bytes;
        let content_type = self.content_type.clone().map(|value| ("Content-Type".to_owned(), value));
        Response {
            status: 200,
            headers: Headers::from_pairs(content_type),
            body: Cow::Borrowed(self.payload.get(..limits.max_body_bytes).unwrap_or(&self.payload)),
            body_truncated: is_over,
            tolerances: if is_over { vec![Tolerance::OverLimit] } else { Vec::new() },
        }
    }
}
