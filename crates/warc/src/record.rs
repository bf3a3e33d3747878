//! What an archive gives: records, and what had to be skipped between them.

use std::fmt;
use std::net::IpAddr;

use model::{Digest, Timestamp};

use crate::container::Container;
use crate::payload::Payload;

/// One thing found in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A record, whole or in part: see [`Record::damage`].
    Record(Record),
    /// A stretch of the file of which nothing could be used.
    Skip(Skip),
}

/// A stretch of the file of which nothing could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Byte offset in the file where it begins (of the compressed member, where it lies in one).
    pub offset: u64,
    /// Why.
    pub reason: SkipReason,
    /// More about it, for people.
    pub detail: Option<String>,
}

/// Why something was skipped, or in which way a record is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// Bytes where a record should begin, and no record.
    Garbage,
    /// The head of a record does not parse.
    BadHead,
    /// The head of a record does not end within the limit.
    HeadTooLong,
    /// The file or member ends inside the head of a record.
    CutHead,
    /// The length of a record is missing.
    MissingLength,
    /// The length of a record is no number.
    BadLength,
    /// The length of a record goes beyond the end of the file, the member, or the next record.
    LengthTooLong,
    /// The length of a record ends before its data, or foreign bytes follow it.
    LengthTooShort,
    /// The file ends inside a compressed member.
    CutMember,
    /// A compressed member does not decode.
    CorruptMember,
    /// A compressed member decodes, but its checksum is another.
    BadChecksum,
    /// An archive inside a zip cannot be read, or the list of entries is broken.
    UnusableEntry,
}

impl SkipReason {
    /// Every reason, in the order of reports.
    pub const ALL: [Self; 12] = [
        Self::Garbage,
        Self::BadHead,
        Self::HeadTooLong,
        Self::CutHead,
        Self::MissingLength,
        Self::BadLength,
        Self::LengthTooLong,
        Self::LengthTooShort,
        Self::CutMember,
        Self::CorruptMember,
        Self::BadChecksum,
        Self::UnusableEntry,
    ];

    /// The stable name for reports and manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Garbage => "garbage",
            Self::BadHead => "bad_head",
            Self::HeadTooLong => "head_too_long",
            Self::CutHead => "cut_head",
            Self::MissingLength => "missing_length",
            Self::BadLength => "bad_length",
            Self::LengthTooLong => "length_too_long",
            Self::LengthTooShort => "length_too_short",
            Self::CutMember => "cut_member",
            Self::CorruptMember => "corrupt_member",
            Self::BadChecksum => "bad_checksum",
            Self::UnusableEntry => "unusable_entry",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// What a server answered; every ARC record of scheme http, https, dns or whois too.
    Response,
    /// An answer that is the same as an earlier one; most often the HTTP head alone.
    Revisit,
    /// A file, without HTTP; ARC records of other schemes too.
    Resource,
    /// What a crawler asked.
    Request,
    /// Facts about another record: WAT is made of these.
    Metadata,
    /// Facts about the archive; the version block of ARC too.
    Warcinfo,
    /// Another form of an archived document: WET is made of these.
    Conversion,
    /// A later part of a record that was split.
    Continuation,
    /// A type that the standard does not know, or none.
    Other,
}

impl RecordKind {
    /// From `WARC-Type`.
    pub(crate) fn from_warc_type(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "response" => Self::Response,
            "revisit" => Self::Revisit,
            "resource" => Self::Resource,
            "request" => Self::Request,
            "metadata" => Self::Metadata,
            "warcinfo" => Self::Warcinfo,
            "conversion" => Self::Conversion,
            "continuation" => Self::Continuation,
            _ => Self::Other,
        }
    }

    /// The stable name for reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Revisit => "revisit",
            Self::Resource => "resource",
            Self::Request => "request",
            Self::Metadata => "metadata",
            Self::Warcinfo => "warcinfo",
            Self::Conversion => "conversion",
            Self::Continuation => "continuation",
            Self::Other => "other",
        }
    }
}

/// The format that a record is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// WARC 0.17, 0.18, 1.0, 1.1.
    Warc,
    /// ARC 1.x.
    Arc,
}

/// What the block of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// Head and body of an HTTP answer.
    HttpResponse,
    /// Head and body of an HTTP question.
    HttpRequest,
    /// The answer of a name server.
    Dns,
    /// The answer of a whois server.
    Whois,
    /// Anything else: the block is the payload.
    Other,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The format it is written in.
    pub format: Format,
    /// How the file is wrapped.
    pub container: Container,
    /// What it holds.
    pub kind: RecordKind,
    /// The URL as the archive says, without angle brackets; not parsed.
    pub url: Option<String>,
    /// When it was fetched; a cut date means its first instant.
    pub time: Option<Timestamp>,
    /// The address that answered.
    pub ip: Option<IpAddr>,
    /// WARC: the type of the block, `application/http; msgtype=response` for instance. ARC: the type
    /// that the server declared.
    pub content_type: Option<String>,
    /// Byte offset in the file of the record, or of the compressed member that it begins in.
    pub offset: u64,
    /// Bytes from `offset` that are enough to read the record again: exactly the record or its
    /// member; where a member holds several records, from the member's begin to (at least) the end
    /// of the record.
    pub length: u64,
    /// Where the record begins in its decoded member; 0 where it has one of its own.
    pub position_in_member: u64,
    /// Declared digest of the payload, else computed from it (of an HTTP record: the body as
    /// archived). `None` where the payload is not whole and no digest is declared.
    pub digest: Option<Digest>,
    /// The block as archived; up to [`crate::ReaderOptions::max_payload_bytes`].
    pub payload: Payload,
    /// The length of the block in bytes that the record declares.
    pub declared_length: Option<u64>,
    /// Whether `payload` is only the first part of the block, by our limit, by damage, or because
    /// the record says so (`WARC-Truncated`).
    pub truncated: bool,
    /// In which way the record is broken although it could be used in part or whole. To be counted
    /// like a [`Skip`].
    pub damage: Option<SkipReason>,
    /// The head: WARC fields in their order, names as written, folded lines joined, a line without a
    /// colon under an empty name; the fields of an ARC line under the names of the ARC standard.
    pub headers: Vec<(String, String)>,
}

impl Record {
    /// The first field of the head with this name; upper and lower case are the same.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// What the block is, by content type, URL and first bytes.
    pub fn block_kind(&self) -> BlockKind {
        block_kind(self.format, self.kind, self.url.as_deref(), self.content_type.as_deref(), &self.payload)
    }
}

pub(crate) fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

pub(crate) fn block_kind(
    format: Format,
    kind: RecordKind,
    url: Option<&str>,
    content_type: Option<&str>,
    block: &[u8],
) -> BlockKind {
    let has_scheme = |scheme: &str| {
        url.and_then(|url| url.get(..scheme.len())).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if has_scheme("dns:") {
        return BlockKind::Dns;
    }
    if has_scheme("whois:") {
        return BlockKind::Whois;
    }
    if format == Format::Arc {
        let is_http = kind == RecordKind::Response && (has_scheme("http:") || has_scheme("https:"));
        return if is_http { BlockKind::HttpResponse } else { BlockKind::Other };
    }
    let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
    let mut parameters = content_type.split(';').map(str::trim);
    let media_type = parameters.next().unwrap_or_default();
    match media_type {
        "text/dns" => BlockKind::Dns,
        "application/http" if parameters.any(|parameter| parameter.replace(' ', "") == "msgtype=request") => {
            BlockKind::HttpRequest
        }
        "application/http" if kind == RecordKind::Request => BlockKind::HttpRequest,
        "application/http" => BlockKind::HttpResponse,
        // Some writers give the type of the page, or none, to a record that holds HTTP.
        _ if matches!(kind, RecordKind::Response | RecordKind::Revisit) && block.starts_with(b"HTTP/") => {
            BlockKind::HttpResponse
        }
        _ => BlockKind::Other,
    }
}
