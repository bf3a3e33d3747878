//! The block of a record while it is read: the first part kept, all of it counted and, where the
//! record declares no digest, hashed.

use data_encoding::BASE32;
use model::Digest;
use sha1::{Digest as _, Sha1};

use crate::head::{Head, head_length};
use crate::http;
use crate::payload::Payload;
use crate::record::{BlockKind, Format, block_kind, find_header};

/// A longer declared digest is taken for nonsense, in bytes.
const MAX_DIGEST_BYTES: usize = 256;

pub(crate) struct Block<'a> {
    head: &'a Head,
    max_kept: usize,
    kept: Vec<u8>,
    /// The block, all at once, instead of `kept`.
    lent: Option<Payload>,
    pub(crate) total: u64,
    /// The hash of the payload, once it is longer than what is kept.
    overflow: Option<Sha1>,
}

impl<'a> Block<'a> {
    pub(crate) fn new(head: &'a Head, max_kept: usize) -> Self {
        Self { head, max_kept, kept: Vec::new(), lent: None, total: 0, overflow: None }
    }

    pub(crate) fn is_all_kept(&self) -> bool {
        self.kept().len() as u64 == self.total
    }

    /// What is kept.
    fn kept(&self) -> &[u8] {
        self.lent.as_deref().unwrap_or(&self.kept)
    }

    /// What is kept, for the record.
    pub(crate) fn into_payload(self) -> Payload {
        self.lent.unwrap_or_else(|| self.kept.into())
    }

    /// Empties the block; what was kept, and how long it was.
    pub(crate) fn take(&mut self) -> (Vec<u8>, u64) {
        let lent = self.lent.take();
        let kept = lent.map_or_else(|| std::mem::take(&mut self.kept), |lent| lent.to_vec());
        (kept, std::mem::take(&mut self.total))
    }

    /// Undoes [`Self::take`].
    pub(crate) fn put_back(&mut self, kept: Vec<u8>, total: u64) {
        (self.kept, self.total) = (kept, total);
    }

    /// Takes the whole block, if it may be kept and nothing was pushed.
    pub(crate) fn lend(&mut self, whole: Payload) -> bool {
        let is_taken = self.total == 0 && whole.len() <= self.max_kept;
        if is_taken {
            self.total = whole.len() as u64;
            self.lent = Some(whole);
        }
        is_taken
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (kept, rest) = bytes.split_at_checked(self.max_kept - self.kept.len()).unwrap_or((bytes, &[]));
        self.kept.extend_from_slice(kept);
        if rest.is_empty() {
            return;
        }
        let hash = self.overflow.get_or_insert_with(|| Sha1::new_with_prefix(payload(self.head, &self.kept)));
        hash.update(rest);
    }

    /// Drops up to `count` bytes of line ends from the end.
    pub(crate) fn trim_line_ends(&mut self, count: usize) {
        if !self.is_all_kept() {
            return;
        }
        let mut kept = self.kept();
        for _ in 0..count {
            kept = kept.strip_suffix(b"\r").or(kept.strip_suffix(b"\n")).unwrap_or(kept);
        }
        let length = kept.len();
        self.total = length as u64;
        match &mut self.lent {
            Some(lent) => lent.truncate(length),
            None => self.kept.truncate(length),
        }
    }

    /// The digest: declared, else of what was read if that is all.
    pub(crate) fn digest(&self, is_whole: bool) -> Option<Digest> {
        if let Some(declared) = declared_digest(self.head, self.kept()) {
            return Some(Digest(declared.to_owned()));
        }
        if !is_whole {
            return None;
        }
        let hash = self.overflow.clone().unwrap_or_else(|| Sha1::new_with_prefix(payload(self.head, self.kept())));
        Some(Digest(format!("sha1:{}", BASE32.encode(&hash.finalize()))))
    }
}

/// The payload: an HTTP block without its head, any other block whole.
fn payload<'a>(head: &Head, block: &'a [u8]) -> &'a [u8] {
    let start = match kind(head, block) {
        BlockKind::HttpResponse => http::body_start(block),
        BlockKind::HttpRequest => head_length(block),
        _ => None,
    };
    start.and_then(|start| block.get(start..)).unwrap_or(block)
}

fn declared_digest<'a>(head: &'a Head, block: &[u8]) -> Option<&'a str> {
    if head.format != Format::Warc {
        return None;
    }
    let is_sane = |digest: &&str| !digest.is_empty() && digest.len() <= MAX_DIGEST_BYTES;
    let field = |name| find_header(&head.headers, name).map(str::trim).filter(is_sane);
    field("WARC-Payload-Digest").or_else(|| {
        let is_payload = !matches!(kind(head, block), BlockKind::HttpResponse | BlockKind::HttpRequest);
        field("WARC-Block-Digest").filter(|_| is_payload)
    })
}

fn kind(head: &Head, block: &[u8]) -> BlockKind {
    block_kind(head.format, head.kind, head.url.as_deref(), head.content_type.as_deref(), block)
}
