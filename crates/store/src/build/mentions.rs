//! Pages that other pages lead on to, by redirects and canonicals: `mentions`.
//!
//! They must be known, because chains run through them, even if nothing links to them; and a redirect
//! inside a host passes rank, though it is no link.

use model::Bucket;

use super::sources::target_length;
use super::{Context, HostOfKey};
use crate::block::Compression;
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, corrupt};
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::record::{RecordScan, RecordWriter};
use crate::sort::SortedRuns;

/// The name of the table.
pub(super) const MENTIONS: &str = "mentions";

/// What a mention is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MentionKind {
    /// The target must be known.
    Known,
    /// And rank flows to it: a redirect inside a host.
    Edge,
    /// There is no such mention any more; never in the table.
    Gone,
}

/// One page leads on to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mention<'a> {
    pub(super) target: &'a [u8],
    pub(super) source: &'a [u8],
    pub(super) kind: MentionKind,
}

impl<'a> Mention<'a> {
    /// Writes key and value of a record.
    pub(super) fn encode(&self, key: &mut Vec<u8>, value: &mut Vec<u8>) {
        key.clear();
        key.put_raw(self.target);
        key.put_raw(self.source);
        value.clear();
        value.put_int(self.target.len() as u64);
        value.put_int(match self.kind {
            MentionKind::Known => 0,
            MentionKind::Edge => 1,
            MentionKind::Gone => 2,
        });
    }

    pub(super) fn decode(key: &'a [u8], value: &[u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(value);
        let length = from.int_as()?;
        let kind = match from.int()? {
            0 => MentionKind::Known,
            1 => MentionKind::Edge,
            2 => MentionKind::Gone,
            _ => return Err(Malformed("kind of mention")),
        };
        let (target, source) = key.split_at_checked(length).ok_or(Malformed("target key"))?;
        Ok(Self { target, source, kind })
    }
}

/// Merges what touched pages say into what is known. `None` if nothing changes in the bucket.
pub(super) fn merge(context: &Context<'_>, bucket: Bucket, told: &SortedRuns) -> Result<Option<FileEntry>> {
    let name = file_name(MENTIONS, bucket);
    let mut told = told.merge(bucket.0)?;
    let mut has_told = told.advance()?;
    if !has_told && !context.plan.has_rebuilt() {
        return Ok(None);
    }
    let mut known = context.previous_records(&name)?;
    let mut has_known = advance(&mut known)?;
    let mut writer = RecordWriter::create(context.folder, name, Compression::Lz4)?;
    let mut source_host = HostOfKey::default();
    while has_told || has_known {
        let known_key = known.as_ref().filter(|_| has_known).map(RecordScan::key);
        let is_told = has_told && known_key.is_none_or(|key| told.key() <= key);
        if is_told {
            let is_same = known_key == Some(told.key());
            let bad = |error: Malformed| corrupt(context.folder, MENTIONS, error.0);
            if Mention::decode(told.key(), told.value()).map_err(bad)?.kind != MentionKind::Gone {
                writer.push(told.key(), told.value())?;
            }
            has_told = told.advance()?;
            if is_same {
                has_known = advance(&mut known)?;
            }
            continue;
        }
        let Some(record) = &known else { break };
        let length = target_length(record.value(), context.folder)?;
        let source = record.key().get(length..).unwrap_or_default();
        if !context.is_rebuilt(source, &mut source_host)? {
            writer.push(record.key(), record.value())?;
        }
        has_known = advance(&mut known)?;
    }
    writer.finish().map(Some)
}

fn advance(scan: &mut Option<RecordScan>) -> Result<bool> {
    scan.as_mut().map_or(Ok(false), RecordScan::advance)
}
