//! Which links stand on all pages of a site: in its navigation or footer, or with the same text and
//! target on most of its pages.
//!
//! Rows of a section come by target, then source, so that the links of a host to a target are
//! neighbours: one pass over keys, anchors and facts is enough.

use model::{Bucket, SemanticLocation, UrlKey};

use super::Context;
use super::enrichment::Scoring;
use super::scores::FilesByName;
use crate::error::{Result, corrupt};
use crate::links::{ANCHORS, FACTS, KEYS, facts, keys};

/// The fewest pages that make a site of which anything can be said.
const LEAST_PAGES: u32 = 3;

/// Neighbouring rows: the links of one host to one target.
#[derive(Debug, Default)]
struct Run {
    target: Vec<u8>,
    host: Vec<u8>,
    /// Row, and a checksum of its anchor. Every row is another page.
    rows: Vec<(usize, u64)>,
}

/// Whether each row of a section is sitewide. Lost links are not. Memory: a byte a row of the bucket,
/// and 16 a page of one host that links to one target.
pub(super) fn rows(
    context: &Context<'_>,
    bucket: Bucket,
    section: &str,
    files: &FilesByName<'_>,
    scoring: &Scoring<'_>,
) -> Result<Vec<bool>> {
    let mut key_rows = files.section(context, bucket, section, &KEYS)?.rows_in_order();
    let mut anchor_rows = files.section(context, bucket, section, &ANCHORS)?.rows_in_order();
    let mut fact_rows = files.section(context, bucket, section, &FACTS)?.rows_in_order();
    let (mut found, mut run) = (Vec::new(), Run::default());
    while let (Some((key_block, key)), Some((anchor_block, anchor)), Some((fact_block, fact))) =
        (key_rows.advance()?, anchor_rows.advance()?, fact_rows.advance()?)
    {
        let bytes = |column| key_block.bytes(column, key).unwrap_or_default();
        let (target, source) = (bytes(keys::TARGET), bytes(keys::SOURCE));
        let host = UrlKey::host_key_bytes(source).ok_or_else(|| corrupt(context.folder, bucket.0, "URL key"))?;
        if target != run.target || host != run.host {
            run.end(&mut found, scoring);
            target.clone_into(&mut run.target);
            host.clone_into(&mut run.host);
        }
        let is_live = fact_block.number(facts::LOST_AT, fact).is_none();
        let location = fact_block.number(facts::LOCATION, fact).and_then(|number| u8::try_from(number).ok());
        let location = location.and_then(SemanticLocation::from_number);
        found.push(is_live && matches!(location, Some(SemanticLocation::Nav | SemanticLocation::Footer)));
        if is_live {
            // A link without text is another than one with an empty one.
            let text = anchor_block.bytes(0, anchor);
            run.rows.push((found.len() - 1, text.map_or(0, |text| crate::checksum(text) | 1)));
        }
    }
    run.end(&mut found, scoring);
    Ok(found)
}

impl Run {
    fn end(&mut self, found: &mut [bool], scoring: &Scoring<'_>) {
        if self.rows.len() >= LEAST_PAGES as usize {
            let pages = (scoring.pages_of_host)(&self.host) as usize;
            self.rows.sort_unstable_by_key(|(_, anchor)| *anchor);
            for same in self.rows.chunk_by(|left, right| left.1 == right.1) {
                if same.len() >= LEAST_PAGES as usize && same.len() * 2 > pages {
                    for (row, _) in same {
                        if let Some(is_sitewide) = found.get_mut(*row) {
                            *is_sitewide = true;
                        }
                    }
                }
            }
        }
        self.rows.clear();
    }
}
