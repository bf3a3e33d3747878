//! The scores of pages and domains, row by row with `pages` and `domains`.

use model::Bucket;

use super::{Given, malformed};
use crate::build::enrichment::{Scoring, Standing};
use crate::error::Result;
use crate::group::{Cell, GroupWriter};
use crate::layout::file_name;
use crate::manifest::FileEntry;
use crate::pages::{DOMAIN_SCORES, DOMAINS, PAGE_SCORES, PAGES, PageRow};

/// The first columns of both tables of scores: a rank and where it stands.
fn rank_cells(scoring: &Scoring<'_>, relative: f64, standing: Standing) -> [Cell<'static>; 4] {
    let bits = (relative as f32).to_bits();
    let score = (scoring.score)(relative);
    [
        u64::from(bits).into(),
        u64::from(score).into(),
        u64::from(standing.percentile).into(),
        u64::from(standing.coverage).into(),
    ]
}

/// Writes the scores of the pages of a bucket, row by row with `pages`.
pub(super) fn write_pages(given: Given<'_>, bucket: Bucket) -> Result<FileEntry> {
    let Given { context, files, scoring, nodes } = given;
    let mut rows = files.open(context, &file_name(PAGES.name, bucket), &PAGES)?.rows_in_order();
    let mut group = GroupWriter::create(context.folder, file_name(PAGE_SCORES.name, bucket), &PAGE_SCORES)?;
    let mut row = 0;
    while let Some((block, at)) = rows.advance()? {
        let page = PageRow::of(block, at).map_err(|error| malformed(context, error))?;
        let node = nodes.page(bucket, row) as usize;
        row += 1;
        let relative = scoring.page.get(node).copied().unwrap_or_default();
        let standing = (scoring.page_standing)(node);
        let spam = page.evidence.map(|_| (scoring.spam)(node));
        let [rank, score, percentile, coverage] = rank_cells(scoring, relative, standing);
        let (spam, evidence) = spam.map(|(score, evidence)| (u64::from(score), evidence)).unzip();
        group.push(&[], &[rank, score, percentile, coverage, spam.into(), evidence.into()])?;
    }
    group.finish()
}

/// Writes the scores of the domains of a bucket, row by row with `domains`.
pub(super) fn write_domains(given: Given<'_>, bucket: Bucket) -> Result<FileEntry> {
    let Given { context, files, scoring, nodes } = given;
    let mut rows = files.open(context, &file_name(DOMAINS.name, bucket), &DOMAINS)?.rows_in_order();
    let mut group = GroupWriter::create(context.folder, file_name(DOMAIN_SCORES.name, bucket), &DOMAIN_SCORES)?;
    while let Some((block, at)) = rows.advance()? {
        let node = nodes.domain(bucket, block.number(1, at).unwrap_or(u64::MAX)) as usize;
        let relative = scoring.domain.get(node).copied().unwrap_or_default();
        let standing = (scoring.domain_standing)(node);
        let platforms = scoring.platforms.get(node).copied().unwrap_or_default();
        let [rank, score, percentile, coverage] = rank_cells(scoring, relative, standing);
        let platforms = Some(u64::from(platforms.bits())).filter(|bits| *bits > 0);
        group.push(&[], &[rank, score, percentile, coverage, platforms.into()])?;
    }
    group.finish()
}
