//! A step of the web as a WARC file, as a crawler writes it: one gzip member for each record, so
//! that any record can be read by its offset.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::Range;

use data_encoding::BASE32;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use model::Timestamp;
use sha1::{Digest as _, Sha1};

use crate::draft::Archived;
use crate::layout::PageNumber;
use crate::moment::Moment;
use crate::random::{Dice, Stream};
use crate::response::{self, HttpResponse};
use crate::web::Web;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WarcTotals {
    /// Records of all types.
    pub records: u64,
    /// Records of type `response`.
    pub responses: u64,
    /// Records of type `revisit`.
    pub revisits: u64,
    /// Bytes of all records before compression.
    pub record_bytes: u64,
    /// Bytes written.
    pub file_bytes: u64,
}

/// Every so many pages have a `request` record too.
const REQUEST_EVERY: u64 = 8;

impl Web {
    /// Writes the responses of `pages` at `step`, after a `warcinfo` record. Memory does not grow with
    /// the number of pages.
    pub fn write_warc(&self, step: u32, pages: Range<u64>, out: &mut impl Write) -> io::Result<WarcTotals> {
        let mut writer = Writer::new(out);
        let start = self.options.start.seconds() + i64::from(step) * self.options.step_seconds;
        let id = self.record_id(pages.start, Moment::first(step), 2);
        let about = "software: synthweb\r\nformat: WARC File Format 1.1\r\n";
        let head = format!("WARC-Filename: synth-{step}.warc.gz\r\nContent-Type: application/warc-fields\r\n");
        let date = Timestamp::from_seconds(start);
        writer.record("warcinfo", &id, date, &head, &[about.as_bytes()])?;
        for page in pages {
            for moment in Moment::both(step) {
                let Some(response) = self.response_at(PageNumber(page), moment) else { continue };
                let response_id = self.record_id(page, moment, 0);
                if page % REQUEST_EVERY == 0 {
                    let request = request(&response);
                    let head = format!(
                        "WARC-Target-URI: {}\r\nWARC-Concurrent-To: {response_id}\r\n\
                         Content-Type: application/http; msgtype=request\r\n",
                        response.url
                    );
                    let id = self.record_id(page, moment, 1);
                    writer.record("request", &id, response.fetched_at, &head, &[request.as_bytes()])?;
                }
                if response.archived == Archived::Revisit {
                    self.write_revisit(page, moment, &response, &response_id, &mut writer)?;
                } else {
                    self.write_response(page, &response, &response_id, &mut writer)?;
                }
            }
        }
        Ok(writer.totals)
    }

    fn write_response(
        &self,
        page: u64,
        response: &HttpResponse,
        id: &str,
        writer: &mut Writer<'_, impl Write>,
    ) -> io::Result<()> {
        let mut dice = Dice::new(self.options.seed, Stream::Wire, page, 0);
        let is_chunked = dice.chance(self.options.shares.chunked) && is_codable(response);
        let mut http = http_head(response);
        if self.is_gzip(page, response) {
            http.push_str("Content-Encoding: gzip\r\n");
        }
        let payload = self.payload(page, response, &mut writer.packer)?;
        let digest = BASE32.encode(&Sha1::digest(&payload));
        let body = if is_chunked {
            http.push_str("Transfer-Encoding: chunked\r\n\r\n");
            chunks(&payload, 1 + dice.below(4000) as usize)
        } else {
            let missing = if response.archived == Archived::Cut { 1 + dice.below(4000) } else { 0 };
            let _ = write!(http, "Content-Length: {}\r\n\r\n", payload.len() as u64 + missing);
            payload.into_owned()
        };
        let head = format!(
            "WARC-Target-URI: {}\r\nWARC-IP-Address: {}\r\nWARC-Payload-Digest: sha1:{digest}\r\n\
             Content-Type: application/http; msgtype=response\r\n",
            response.url, response.ip
        );
        writer.totals.responses += 1;
        writer.record("response", id, response.fetched_at, &head, &[http.as_bytes(), &body])
    }

    /// Writes the head of an answer that is as it was at the fetch before.
    fn write_revisit(
        &self,
        page: u64,
        moment: Moment,
        response: &HttpResponse,
        id: &str,
        writer: &mut Writer<'_, impl Write>,
    ) -> io::Result<()> {
        let mut head = format!(
            "WARC-Target-URI: {}\r\nWARC-IP-Address: {}\r\nContent-Type: application/http; msgtype=response\r\n\
             WARC-Profile: http://netpreserve.org/warc/1.1/revisit/",
            response.url, response.ip
        );
        if response.status == 304 {
            head.push_str("server-not-modified\r\n");
        } else {
            let whole = self.whole_draft(PageNumber(page), moment).and_then(|draft| response::response(&draft));
            let payload = whole.as_ref().map(|whole| self.payload(page, whole, &mut writer.packer)).transpose()?;
            let digest = BASE32.encode(&Sha1::digest(payload.unwrap_or_default()));
            let _ = write!(head, "identical-payload-digest\r\nWARC-Payload-Digest: sha1:{digest}\r\n");
        }
        let http = http_head(response) + "\r\n";
        writer.totals.revisits += 1;
        writer.record("revisit", id, response.fetched_at, &head, &[http.as_bytes()])
    }

    /// Whether the body is compressed: a server answers a page in the same way each time.
    fn is_gzip(&self, page: u64, response: &HttpResponse) -> bool {
        let mut dice = Dice::new(self.options.seed, Stream::Wire, page, 1);
        dice.chance(self.options.shares.gzip) && is_codable(response)
    }

    /// The body as the server sends it.
    fn payload<'a>(&self, page: u64, response: &'a HttpResponse, packer: &mut Packer) -> io::Result<Cow<'a, [u8]>> {
        if !self.is_gzip(page, response) {
            return Ok(Cow::Borrowed(&response.body));
        }
        let mut packed = Vec::with_capacity(response.body.len() / 2 + 64);
        packer.pack(&[&response.body], &mut packed)?;
        Ok(Cow::Owned(packed))
    }

    fn record_id(&self, page: u64, moment: Moment, part: u64) -> String {
        let mut dice = Dice::new(self.options.seed, Stream::Wire, page, moment.number() | (part + 1) << 40);
        let (high, low) = (dice.next(), dice.next());
        format!(
            "<urn:uuid:{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}>",
            high >> 32,
            high >> 16 & 0xFFFF,
            high & 0xFFF,
            low >> 52,
            low & 0xFFFF_FFFF_FFFF
        )
    }
}

/// Whether the body may be compressed or sent in chunks: what is cut is kept as it came.
fn is_codable(response: &HttpResponse) -> bool {
    response.archived == Archived::Whole && !response.body.is_empty()
}

/// Status line and headers.
fn http_head(response: &HttpResponse) -> String {
    let mut http = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        // Writing into a String cannot fail.
        let _ = write!(http, "{name}: {value}\r\n");
    }
    http
}

/// Writes records one after the other.
struct Writer<'a, W> {
    out: &'a mut W,
    packer: Packer,
    packed: Vec<u8>,
    totals: WarcTotals,
}

impl<'a, W: Write> Writer<'a, W> {
    fn new(out: &'a mut W) -> Self {
        Self { out, packer: Packer::new(), packed: Vec::new(), totals: WarcTotals::default() }
    }

    fn record(&mut self, kind: &str, id: &str, date: Timestamp, head: &str, block: &[&[u8]]) -> io::Result<()> {
        let date = date.to_string();
        let length: usize = block.iter().map(|part| part.len()).sum();
        let head = format!(
            "WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {id}\r\nWARC-Date: {}T{}Z\r\n{head}Content-Length: {length}\r\n\r\n",
            date.get(..10).unwrap_or_default(),
            date.get(11..19).unwrap_or_default(),
        );
        let mut parts = vec![head.as_bytes()];
        parts.extend_from_slice(block);
        parts.push(b"\r\n\r\n");
        self.packed.clear();
        self.packer.pack(&parts, &mut self.packed)?;
        self.out.write_all(&self.packed)?;
        self.totals.records += 1;
        self.totals.record_bytes += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        self.totals.file_bytes += self.packed.len() as u64;
        Ok(())
    }
}

/// Writes gzip members with one compressor for all: to set one up takes longer than to compress a page.
struct Packer {
    deflate: Compress,
}

impl Packer {
    fn new() -> Self {
        Self { deflate: Compress::new(Compression::fast(), false) }
    }

    /// Appends one member that holds all `parts`.
    fn pack(&mut self, parts: &[&[u8]], out: &mut Vec<u8>) -> io::Result<()> {
        // Magic, deflate, no flags, no time, no hint, unknown system.
        out.extend_from_slice(&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]);
        let mut crc = Crc::new();
        self.deflate.reset();
        for (at, part) in parts.iter().enumerate() {
            crc.update(part);
            let flush = if at + 1 == parts.len() { FlushCompress::Finish } else { FlushCompress::None };
            let mut rest = *part;
            loop {
                out.reserve(rest.len() / 2 + 128);
                let before = self.deflate.total_in();
                let status = self.deflate.compress_vec(rest, out, flush).map_err(io::Error::other)?;
                rest = rest.get((self.deflate.total_in() - before) as usize..).unwrap_or_default();
                let is_done = match flush {
                    FlushCompress::Finish => status == Status::StreamEnd,
                    _ => rest.is_empty(),
                };
                if is_done {
                    break;
                }
            }
        }
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&crc.amount().to_le_bytes());
        Ok(())
    }
}

fn chunks(payload: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + payload.len() / size * 8 + 32);
    for chunk in payload.chunks(size) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

fn request(response: &HttpResponse) -> String {
    let url = &response.url;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    format!("GET {}{query} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: synthweb\r\nAccept: */*\r\n\r\n", url.path())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        403 => "Forbidden",
        404 => "Not Found",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::bufread::GzDecoder;

    use super::*;
    use crate::options::WebOptions;

    #[test]
    fn every_record_is_one_gzip_member_and_its_lengths_hold() {
        let web = Web::new(WebOptions::new(5, 400));
        let mut file = Vec::new();
        let totals = web.write_warc(1, 0..web.pages(), &mut file).unwrap();
        assert_eq!(totals.file_bytes, file.len() as u64);
        let mut rest = file.as_slice();
        let (mut records, mut record_bytes, mut responses, mut revisits) = (0, 0, 0, 0);
        let mut expected = (0..web.pages()).flat_map(|page| web.responses_of(PageNumber(page), 1));
        while !rest.is_empty() {
            let mut member = GzDecoder::new(rest);
            let mut record = Vec::new();
            member.read_to_end(&mut record).unwrap();
            rest = member.into_inner();
            records += 1;
            record_bytes += record.len() as u64;
            let (head, block) = split(&record);
            assert!(head.starts_with("WARC/1.1\r\n"));
            assert_eq!(header(&head, "Content-Length").parse::<usize>().unwrap() + 4, block.len());
            match header(&head, "WARC-Type") {
                "response" => responses += 1,
                "revisit" => revisits += 1,
                _ => continue,
            }
            let page = expected.next().unwrap();
            assert_eq!(header(&head, "WARC-Target-URI"), page.url.as_str());
            assert_eq!(Timestamp::parse_iso(header(&head, "WARC-Date")), Some(page.fetched_at));
            let (http, body) = split(&block[..block.len() - 4]);
            assert_eq!(header(&head, "WARC-Type") == "revisit", page.archived == Archived::Revisit);
            if page.archived == Archived::Revisit {
                assert!(body.is_empty() && header(&head, "WARC-Profile").contains("/revisit/"));
                continue;
            }
            let body = if http.contains("chunked") { unchunk(body) } else { body.to_vec() };
            let digest = format!("sha1:{}", BASE32.encode(&Sha1::digest(&body)));
            assert_eq!(header(&head, "WARC-Payload-Digest"), digest);
            let mut plain = Vec::new();
            if http.contains("Content-Encoding: gzip") {
                GzDecoder::new(body.as_slice()).read_to_end(&mut plain).unwrap();
            } else {
                plain = body;
            }
            assert!(plain == page.body, "{}", page.url);
        }
        assert_eq!(expected.count(), 0);
        assert_eq!((totals.records, totals.record_bytes), (records, record_bytes));
        assert_eq!((totals.responses, totals.revisits), (responses, revisits));
        assert!(revisits > 5, "{revisits}");
    }

    fn split(bytes: &[u8]) -> (String, &[u8]) {
        let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        (String::from_utf8(bytes[..at + 2].to_vec()).unwrap(), &bytes[at + 4..])
    }

    fn header<'a>(head: &'a str, name: &str) -> &'a str {
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
    }

    fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let at = bytes.windows(2).position(|window| window == b"\r\n").unwrap();
            let size = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap(), 16).unwrap();
            if size == 0 {
                return out;
            }
            out.extend_from_slice(&bytes[at + 2..at + 2 + size]);
            bytes = &bytes[at + 4 + size..];
        }
    }
}
