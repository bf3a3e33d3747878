//! Stage 2: rows of touched pages, sorted by target, meet the rows that are known: `links/body`.
//!
//! A row that was told anew takes the place of the known one. Buckets for which nothing was told are
//! shared.

use std::cmp::Ordering;

use model::Bucket;

use super::{Context, HostOfKey, told};
use crate::codec::Malformed;
use crate::error::{Result, corrupt};
use crate::group::{Cell, GroupShape, GroupWriter, RowScan};
use crate::links::{ANCHORS, EVENTS, FACTS, KEYS, LinkRow, TEXTS, group_name, keys};
use crate::manifest::FileEntry;
use crate::snapshot::Snapshot;
use crate::sort::SortedRuns;

/// The groups of `links/body` that hold what visits say. That of the keys is first.
pub(super) const BODY: [&GroupShape; 5] = [&KEYS, &ANCHORS, &TEXTS, &FACTS, &EVENTS];

/// Writes the groups of a link section.
pub(super) struct SectionWriter {
    pub(super) keys: GroupWriter,
    pub(super) anchors: GroupWriter,
    pub(super) texts: GroupWriter,
    pub(super) facts: GroupWriter,
    /// Of direct links alone.
    pub(super) events: Option<GroupWriter>,
    ip: Vec<u8>,
}

impl SectionWriter {
    /// `section` is `body` or `indirect`.
    pub(super) fn create(context: &Context<'_>, section: &str, bucket: Bucket) -> Result<Self> {
        let create =
            |shape: &'static GroupShape| GroupWriter::create(context.folder, group_name(section, shape, bucket), shape);
        Ok(Self {
            keys: create(&KEYS)?,
            anchors: create(&ANCHORS)?,
            texts: create(&TEXTS)?,
            facts: create(&FACTS)?,
            events: if section == "body" { Some(create(&EVENTS)?) } else { None },
            ip: Vec::new(),
        })
    }

    pub(super) fn push(&mut self, row: &LinkRow<'_>) -> Result<()> {
        self.ip = crate::facts::ip_bytes(row.from.ip);
        self.keys.push(row.part.target, &row.key_cells())?;
        self.anchors.push(&[], &[row.part.link.anchor.into()])?;
        self.texts.push(&[], &row.text_cells())?;
        if let Some(events) = &mut self.events {
            events.push(&[], &[Cell::Bytes(row.part.events)])?;
        }
        self.facts.push(&[], &row.fact_cells(&self.ip))
    }

    /// Ends a row of `body` that was put together of its columns.
    pub(super) fn end_row(&mut self) -> Result<()> {
        let groups = [&mut self.keys, &mut self.anchors, &mut self.texts, &mut self.facts];
        groups.into_iter().chain(&mut self.events).try_for_each(GroupWriter::end_row)
    }

    /// The files; that of the keys is first.
    pub(super) fn finish(self) -> Result<Vec<FileEntry>> {
        let mut files = vec![self.keys.finish()?, self.anchors.finish()?, self.texts.finish()?, self.facts.finish()?];
        files.extend(self.events.map(GroupWriter::finish).transpose()?);
        Ok(files)
    }
}

/// Rows of `links/body`, whole and in order.
pub(super) struct BodyScan {
    groups: [RowScan; 5],
    is_at_row: bool,
}

impl BodyScan {
    pub(super) fn open(snapshot: &Snapshot, bucket: Bucket) -> Result<Self> {
        let open = |shape: &'static GroupShape| {
            Ok::<_, crate::StoreError>(snapshot.group(&group_name("body", shape, bucket), shape)?.rows_in_order())
        };
        Ok(Self {
            groups: [open(&KEYS)?, open(&ANCHORS)?, open(&TEXTS)?, open(&FACTS)?, open(&EVENTS)?],
            is_at_row: false,
        })
    }

    /// Moves to the next row; `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.is_at_row = true;
        for group in &mut self.groups {
            self.is_at_row &= group.advance()?.is_some();
        }
        Ok(self.is_at_row)
    }

    fn key(&self, column: usize) -> &[u8] {
        self.groups[0].current().and_then(|(block, row)| block.bytes(column, row)).unwrap_or_default()
    }

    /// The key of the row's page.
    fn source(&self) -> &[u8] {
        self.key(keys::SOURCE)
    }

    /// How the row stands to a record whose key is that of a target and that of a page, one behind the
    /// other. (No key of a URL is the beginning of another.)
    fn compared_with(&self, record: &[u8]) -> Ordering {
        let target = self.key(keys::TARGET);
        let (other_target, other_source) = record.split_at(target.len().min(record.len()));
        target.cmp(other_target).then_with(|| self.source().cmp(other_source))
    }

    /// The row that [`Self::advance`] moved to.
    pub(super) fn row(&self) -> Result<LinkRow<'_>, Malformed> {
        let [keys, anchors, texts, facts, events] = &self.groups;
        let missing = || Malformed("a row is missing");
        LinkRow::of_blocks(
            keys.current().ok_or_else(missing)?,
            anchors.current().ok_or_else(missing)?,
            texts.current().ok_or_else(missing)?,
            facts.current().ok_or_else(missing)?,
            events.current(),
        )
    }
}

/// The files of a bucket of `links/body`; whether they are made anew.
pub(super) fn merge(context: &Context<'_>, bucket: Bucket, told: &SortedRuns) -> Result<(Vec<FileEntry>, bool)> {
    let mut told = told.merge(bucket.0)?;
    let mut has_told = told.advance()?;
    if !has_told && !context.plan.has_rebuilt() {
        let share = |shape: &GroupShape| context.share(&group_name("body", shape, bucket));
        return Ok((BODY.into_iter().map(share).collect::<Result<_>>()?, false));
    }
    let bad = |error: Malformed| corrupt(context.folder, "links", error.0);
    let mut section = SectionWriter::create(context, "body", bucket)?;
    let mut known = match context.known() {
        Some(snapshot) => Some(BodyScan::open(snapshot, bucket)?),
        None => None,
    };
    let mut has_known = known.as_mut().map_or(Ok(false), BodyScan::advance)?;
    let mut source_host = HostOfKey::default();
    while has_told || has_known {
        let order = match &known {
            Some(known) if has_known && has_told => known.compared_with(told.key()).reverse(),
            Some(_) if has_known => Ordering::Greater,
            _ => Ordering::Less,
        };
        if order.is_le() {
            told::push(&mut section, told.key(), told.value())?;
            has_told = told.advance()?;
        }
        if let Some(known) = known.as_mut().filter(|_| order.is_ge()) {
            if order.is_gt() && !context.is_rebuilt(known.source(), &mut source_host)? {
                section.push(&known.row().map_err(bad)?)?;
            }
            has_known = known.advance()?;
        }
    }
    Ok((section.finish()?, true))
}
