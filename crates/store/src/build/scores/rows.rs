//! The third pass: the columns of rows, in their order, and where hosts have theirs.

use std::collections::BTreeMap;

use model::Bucket;

use super::placement::Placement;
use super::{Given, HOSTS, SECTIONS, TargetText, malformed};
use crate::build::{HostOfKey, by_rank, sitewide};
use crate::error::{Result, corrupt};
use crate::group::{Cell, GroupShape, GroupWriter};
use crate::layout::file_name;
use crate::links::{FACTS, KEYS, SCAN, SCORES, ScoringFacts, group_name, hop_keys, keys, scan_flags};
use crate::manifest::FileEntry;
use crate::pages::{PAGES, PageScan};
use crate::sort::SortedRuns;

/// Writes the columns of a bucket's rows, `placements` beside them, and its hosts.
pub(super) fn write(given: Given<'_>, bucket: Bucket, placements: &SortedRuns) -> Result<Vec<FileEntry>> {
    let Given { context, files, scoring, nodes } = given;
    let mut placements = placements.merge(0)?;
    let mut hosts: BTreeMap<Vec<u8>, [u64; 4]> = BTreeMap::new();
    let mut written = Vec::new();
    for (number, section) in SECTIONS.iter().enumerate() {
        let is_sitewide = sitewide::rows(context, bucket, section, files, scoring)?;
        let mut key_rows = files.section(context, bucket, section, &KEYS)?.rows_in_order();
        let mut fact_rows = files.section(context, bucket, section, &FACTS)?.rows_in_order();
        let pages_file = files.open(context, &file_name(PAGES.name, bucket), &PAGES)?;
        let mut pages = PageScan::new(context.folder, &pages_file);
        let create =
            |shape: &'static GroupShape| GroupWriter::create(context.folder, group_name(section, shape, bucket), shape);
        let (mut scan, mut scores) = (create(&SCAN)?, create(&SCORES)?);
        let mut target = TargetText::default();
        let mut source_host = HostOfKey::default();
        let mut row = 0_u64;
        while let (Some((block, at)), Some((facts_block, facts_at))) = (key_rows.advance()?, fact_rows.advance()?) {
            let facts = ScoringFacts::of(facts_block, facts_at).map_err(|error| malformed(context, error))?;
            if !placements.advance()? {
                return Err(corrupt(context.folder, bucket.0, "a row has no place"));
            }
            let placement = Placement::decode(placements.value()).map_err(|error| malformed(context, error))?;
            let target_key = block.bytes(keys::TARGET, at).unwrap_or_default();
            let is_new_target = target.key != target_key;
            target.set(context, target_key)?;
            if is_new_target {
                let place = hosts.entry(target.host_key.clone()).or_default();
                if place[number * 2 + 1] == 0 {
                    place[number * 2] = row;
                }
            }
            if let Some(place) = hosts.get_mut(&target.host_key) {
                place[number * 2 + 1] += 1;
            }
            let source_key = block.bytes(keys::SOURCE, at).unwrap_or_default();
            let source_bucket = source_host.bucket(source_key, context)?;
            let source = source_host.get(source_key, context.folder)?;
            let is_internal = source.registrable() == target.host().registrable();
            let country = (scoring.country)(source, facts.ip);
            let found = pages.find(target_key)?;
            let (status, redirect_row) = match &found {
                Some((row, page)) => (page.last_status, page.redirect.map(|_| *row)),
                None => (None, None),
            };
            let visited_target = found.as_ref().filter(|(_, page)| page.evidence.is_some());
            let target_spam = visited_target
                .map(|(row, _)| (scoring.spam)(nodes.page(bucket, *row) as usize))
                .map(|(score, _)| u64::from(score));
            let node = nodes.source(source_bucket, source_key);
            let page_node = node.map_or(u64::MAX, |node| nodes.page(source_bucket, node.row.into())) as usize;
            let domain_node = node.map_or(u64::MAX, |node| nodes.domain(source_bucket, node.domain.into())) as usize;
            let page_rank = scoring.page.get(page_node).copied().unwrap_or_default();
            let domain_rank = scoring.domain.get(domain_node).copied().unwrap_or_default();
            let platforms = scoring.platforms.get(domain_node).copied().unwrap_or_default();
            let hops = match block.bytes(keys::PATH, at) {
                Some(path) => hop_keys(path).map_err(|error| malformed(context, error))?.len() as u32,
                None => 0,
            };
            let passed = if facts.passes_rank { (scoring.passed)(page_rank, facts.followed, hops) as f32 } else { 0.0 };
            let rank = u64::from((scoring.score)(f64::from(passed)));
            let flags = scan_flags::of([
                (facts.is_lost, scan_flags::LOST),
                (is_internal, scan_flags::INTERNAL),
                (facts.dofollow, scan_flags::DOFOLLOW),
                (placement.hop_same_host, scan_flags::HOP_SAME_HOST),
            ]);
            let last_seen = facts.last_seen.seconds().clamp(0, i64::from(u32::MAX) - 1) as u64;
            let hop_labels = (number == 1).then_some(u64::from(placement.hop_labels));
            scan.push(
                &[],
                &[
                    flags.into(),
                    rank.into(),
                    last_seen.into(),
                    u64::from(placement.page).into(),
                    u64::from(placement.tie).into(),
                    u64::from(facts.count).into(),
                    hop_labels.into(),
                    u64::from(placement.host).into(),
                ],
            )?;
            let scores_row: [Cell<'_>; 14] = [
                rank.into(),
                u64::from((scoring.score)(page_rank)).into(),
                u64::from((scoring.score)(domain_rank)).into(),
                u64::from(passed.to_bits()).into(),
                u64::from(placement.page_count).into(),
                u64::from(placement.host_count).into(),
                u64::from(placement.domain_count).into(),
                status.map(u64::from).into(),
                redirect_row.into(),
                u64::from((scoring.spam)(page_node).0).into(),
                target_spam.into(),
                Some(u64::from(platforms.bits())).filter(|bits| *bits > 0).into(),
                country.map(|[first, second]| u64::from(u16::from_be_bytes([first, second]))).into(),
                is_sitewide.get(row as usize).copied().unwrap_or_default().then_some(1).into(),
            ];
            scores.push(&[], &scores_row)?;
            row += 1;
        }
        written.extend([scan.finish()?, scores.finish()?]);
    }
    for (number, section) in SECTIONS.iter().enumerate() {
        let rows = |place: &[u64; 4]| place[number * 2] as u32..(place[number * 2] + place[number * 2 + 1]) as u32;
        let hosts = hosts.iter().map(|(key, place)| (key.as_slice(), rows(place)));
        written.push(by_rank::write(context, bucket, section, files, &written[number * 2], hosts)?);
    }
    let mut group = GroupWriter::create(context.folder, file_name(HOSTS.name, bucket), &HOSTS)?;
    for (key, place) in &hosts {
        let [body_start, body_rows, indirect_start, indirect_rows] = place.map(Cell::from);
        group.push(key, &[key.as_slice().into(), body_start, body_rows, indirect_start, indirect_rows])?;
    }
    written.push(group.finish()?);
    Ok(written)
}
