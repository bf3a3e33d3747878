//! A stored link of the oracle as the complete item of the wire, with `links_count` of the stored
//! link alone and ranks from 0 to 1000. Written from the contract's table, not from the server.

use model::Timestamp;
use serde_json::{Value, json};

use crate::oracle::{Oracle, Row, host_of};

/// A link is new for so many seconds before the newest visit of all.
const NEW_FOR: i64 = 30 * 86_400;

pub(crate) fn item(oracle: &Oracle, row: &Row) -> Value {
    let (from, to) = (host_of(&row.from), host_of(&row.to));
    let (page, life, link) = (&oracle.pages[&row.from], &row.life, &row.link);
    let is_recent = life.first_seen.seconds() + NEW_FOR >= oracle.newest_visit.seconds();
    let rel: Vec<&str> = link.rel.as_str().split_whitespace().collect();
    let target_status = oracle.last_status.get(&row.to).copied();
    let redirect = oracle.pages.get(&row.to).and_then(|page| page.redirect.as_ref());
    let hop = |(kind, status, url): &(&str, u16, String)| json!({"type": kind, "status_code": status, "url": url});
    let path: Vec<Value> = row.path.iter().map(hop).collect();
    json!({
        "type": "backlink",
        "domain_from": from.as_str(),
        "url_from": row.from,
        "url_from_https": row.from.starts_with("https://"),
        "domain_to": to.as_str(),
        "url_to": row.to,
        "url_to_https": row.to.starts_with("https://"),
        "tld_from": from.tld(),
        "is_new": life.found_at_last_visit && !life.is_lost() && is_recent,
        "is_lost": life.is_lost(),
        "backlink_spam_score": oracle.spam[&row.from],
        "rank": row.rank,
        "page_from_rank": oracle.page_rank[&row.from],
        "domain_from_rank": oracle.domain_rank[from.registrable()],
        "domain_from_platform_type": oracle.kinds[from.registrable()].iter().map(model::PlatformType::as_str).collect::<Vec<_>>(),
        "domain_from_is_ip": from.is_ip(),
        "domain_from_ip": page.ip.map(|ip| ip.to_string()),
        "domain_from_country": geo::domain_country(from.tld(), None).map(|code| code.to_string()),
        "page_from_external_links": page.external_links,
        "page_from_internal_links": page.internal_links,
        "page_from_size": page.size_bytes,
        "page_from_encoding": page.encoding.as_ref().or(page.encoding_declared.as_ref()),
        "page_from_language": page.language_code.map(|code| code.to_string()),
        "page_from_title": page.title,
        "page_from_status_code": page.status,
        "first_seen": time(life.first_seen),
        "prev_seen": life.prev_seen.map(time),
        "last_seen": time(life.last_seen),
        "item_type": link.kind.as_str(),
        "attributes": if rel.is_empty() { Value::Null } else { json!(rel) },
        "dofollow": link.dofollow,
        "original": life.original,
        "alt": link.alt,
        "image_url": link.image_url,
        "anchor": link.anchor,
        "text_pre": link.text_pre,
        "text_post": link.text_post,
        "semantic_location": link.location.map(model::SemanticLocation::as_str),
        "links_count": row.count,
        "group_count": 0,
        "is_broken": target_status.is_some_and(|status| status / 100 == 4 || status / 100 == 5),
        "url_to_status_code": target_status,
        "url_to_spam_score": oracle.spam.get(&row.to),
        "url_to_redirect_target": redirect.map(|redirect| redirect.to.to_string()),
        "ranked_keywords_info": null,
        "is_indirect_link": !row.path.is_empty(),
        "indirect_link_path": if path.is_empty() { Value::Null } else { json!(path) },
        "lost_date": life.lost_at.map(time),
        "new_reason": row.reasons.0,
        "lost_reason": row.reasons.1,
        "evidence": {
            "archive": row.evidence.archive,
            "offset": row.evidence.offset,
            "length": row.evidence.length,
            "digest": row.evidence.digest.as_ref().map(|digest| digest.0.as_str()),
        },
    })
}

fn time(at: Timestamp) -> String {
    at.to_string()
}
