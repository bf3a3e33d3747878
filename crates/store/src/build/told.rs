//! Records that tell a row of `links/body` to the bucket of its target.
//!
//! ```text
//! key   := key of the target · key of the page
//! value := length of the target's key · life · events · link · page
//! life  := first seen · seen before · last seen · lost at · flags of the life
//! link  := as its visit has it
//! page  := texts · numbers · address
//! ```
//!
//! Values stand as [`put_cells`] writes those of a row, so that they go to their columns as they are. Whoever told
//! a row has checked it.

use std::path::Path;

use model::LifeCycle;

use super::carried::CarriedLink;
use super::targets::SectionWriter;
use crate::codec::{Decoder, Encode, Malformed};
use crate::error::{Result, corrupt};
use crate::facts::{EvidenceFacts, PageFacts, ip_bytes};
use crate::group::{Cell, put_cells};
use crate::links::{facts, keys, life_cells, texts};
use crate::sort::Sorter;

/// The texts of a page, in the order in which they are told.
const PAGE_TEXTS: [usize; 5] = [texts::TITLE, texts::LANGUAGE, texts::ENCODING, texts::ARCHIVE, texts::DIGEST];
/// Its numbers, and its address.
const PAGE_FACTS: [usize; 8] = [
    facts::STATUS,
    facts::SIZE,
    facts::INTERNAL,
    facts::EXTERNAL,
    facts::FOLLOWED,
    facts::OFFSET,
    facts::LENGTH,
    facts::IP,
];
/// When a link was seen.
const LIFE: [usize; 4] = [facts::FIRST_SEEN, facts::PREV_SEEN, facts::LAST_SEEN, facts::LOST_AT];
/// Texts of a link behind its anchor, as [`LinkFacts::encode`](crate::facts::LinkFacts::encode) puts them.
const LINK_TEXTS: [usize; 6] =
    [texts::ALT, texts::IMAGE_URL, texts::PRE, texts::POST, texts::HREFLANG, texts::MEDIA_TYPE];

/// Tells the links of a page.
#[derive(Debug, Default)]
pub(super) struct Teller {
    head: Vec<u8>,
    page: Vec<u8>,
}

impl Teller {
    /// What is the same for all links that a page had when `evidence` was archived.
    pub(super) fn page(&mut self, page: &PageFacts<'_>, followed: u32, evidence: &EvidenceFacts<'_>) {
        self.page.clear();
        let texts = [
            page.title.into(),
            page.language_code.as_ref().map(model::LanguageCode::as_str).into(),
            page.encoding.or(page.encoding_declared).into(),
            Some(evidence.archive).into(),
            evidence.digest.into(),
        ];
        let ip = ip_bytes(page.ip);
        let facts = [
            u64::from(page.status).into(),
            page.size_bytes.into(),
            page.internal_links.map(u64::from).into(),
            page.external_links.map(u64::from).into(),
            u64::from(followed).into(),
            evidence.offset.into(),
            evidence.length.into(),
            Cell::Bytes(Some(ip.as_slice()).filter(|ip| !ip.is_empty())),
        ];
        debug_assert_eq!((texts.len(), facts.len()), (PAGE_TEXTS.len(), PAGE_FACTS.len()));
        put_cells(&mut self.page, &texts);
        put_cells(&mut self.page, &facts);
    }

    /// Tells a link of that page.
    pub(super) fn link(
        &mut self,
        into: &mut Sorter,
        bucket: u16,
        source: &[u8],
        link: &CarriedLink<'_>,
        life: &LifeCycle,
        events: Option<&[u8]>,
    ) -> Result<()> {
        self.head.clear();
        self.head.put_int(link.target.len() as u64);
        put_cells(&mut self.head, &life_cells(life));
        put_cells(&mut self.head, &[Cell::Bytes(events)]);
        into.push_parts(bucket, &[link.target, source], &[&self.head, link.encoded, &self.page])
    }
}

/// Appends a row that was told.
pub(super) fn push(section: &mut SectionWriter, key: &[u8], value: &[u8]) -> Result<()> {
    put_row(section, key, value).map_err(|error| corrupt(Path::new("links"), "run", error.0))?;
    section.end_row()
}

fn put_row(section: &mut SectionWriter, key: &[u8], value: &[u8]) -> Result<(), Malformed> {
    let SectionWriter { keys: key_columns, anchors, texts: text_columns, facts: fact_columns, events, .. } = section;
    let mut from = Decoder::new(value);
    let (target, source) = key.split_at_checked(from.int_as()?).ok_or(Malformed("target key"))?;
    key_columns.begin_row(target);
    key_columns.put(keys::TARGET, target.into());
    key_columns.put(keys::SOURCE, source.into());
    key_columns.put(keys::PATH, Cell::Bytes(None));
    fact_columns.take(&LIFE, &mut from)?;
    let life_flags = from.optional_int()?.ok_or(Malformed("flags"))?;
    match events {
        Some(events) => events.take(&[0], &mut from)?,
        None => return Err(Malformed("events")),
    }
    fact_columns.put(facts::FLAGS, (from.int()? | life_flags).into());
    fact_columns.put(facts::KIND, from.int()?.into());
    fact_columns.take(&[facts::LOCATION], &mut from)?;
    fact_columns.put(facts::COUNT, from.int()?.into());
    let rel = Some(from.bytes()?).filter(|rel| !rel.is_empty());
    text_columns.put(texts::REL, Cell::Bytes(rel));
    anchors.take(&[0], &mut from)?;
    text_columns.take(&LINK_TEXTS, &mut from)?;
    text_columns.take(&PAGE_TEXTS, &mut from)?;
    fact_columns.take(&PAGE_FACTS, &mut from)
}
