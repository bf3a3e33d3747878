//! From a stored row to a row of an answer.

use model::{Timestamp, is_broken};
use store::FullRow;

use crate::answer::Backlink;

/// A link is new while its first sighting is at most this much older than the newest visit.
const NEW_SECONDS: i64 = 30 * 24 * 3600;

/// Whether a link that was first seen then is new, if nothing else speaks against it.
pub(crate) fn is_recent(first_seen: Timestamp, newest_visit: Timestamp) -> bool {
    newest_visit.seconds().saturating_sub(first_seen.seconds()) <= NEW_SECONDS
}

/// Makes the row that is shown; `links` is the number of links that it stands for, `group_links` that
/// of its group.
pub fn backlink(row: FullRow, links: u32, group_links: u32, newest_visit: Timestamp) -> Backlink {
    let life = row.life;
    let is_lost = life.is_lost();
    let attributes: Vec<String> = row.rel.split(' ').filter(|token| !token.is_empty()).map(str::to_owned).collect();
    Backlink {
        tld_from: row.host_from.tld().map(str::to_owned),
        domain_from_is_ip: row.host_from.is_ip(),
        domain_from: row.host_from.to_string(),
        url_from: row.url_from,
        domain_to: row.host_to.to_string(),
        url_to: row.url_to,
        is_new: life.found_at_last_visit && !is_lost && is_recent(life.first_seen, newest_visit),
        is_lost,
        backlink_spam_score: row.spam,
        rank: row.rank,
        page_from_rank: row.page_rank,
        domain_from_rank: row.domain_rank,
        domain_from_platform_type: Some(row.platforms).filter(|kinds| !kinds.is_empty()),
        domain_from_ip: row.ip,
        domain_from_country: row.country,
        page_from_external_links: row.external_links,
        page_from_internal_links: row.internal_links,
        page_from_size: row.size_bytes,
        page_from_encoding: row.encoding,
        page_from_language: row.language,
        page_from_title: row.title,
        page_from_status_code: Some(row.status),
        first_seen: life.first_seen,
        prev_seen: life.prev_seen,
        last_seen: life.last_seen,
        lost_at: life.lost_at,
        new_reason: life.new_reason,
        lost_reason: life.lost_reason,
        item_type: row.kind,
        attributes: (!attributes.is_empty()).then_some(attributes),
        dofollow: row.dofollow,
        original: life.original,
        alt: row.alt,
        image_url: row.image_url,
        anchor: row.anchor,
        text_pre: row.text_pre,
        text_post: row.text_post,
        semantic_location: row.location,
        links_count: links,
        group_count: group_links,
        is_broken: row.target_status.is_some_and(is_broken),
        url_to_status_code: row.target_status,
        url_to_spam_score: row.target_spam,
        url_to_redirect_target: row.target_redirect,
        is_indirect_link: row.path.is_some(),
        indirect_link_path: row.path,
        evidence: row.evidence,
        explanation: None,
    }
}
