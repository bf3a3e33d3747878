//! One row on the wire: 47 fields in the vendor's order, then ours: four, and a fifth on request.
//!
//! Rows are borrowed and written straight to bytes; nothing is built in between.

use std::net::IpAddr;

use model::{Evidence, PlatformTypes, Timestamp};
use query::{Backlink, Hop, HopKind, RankScale};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::explain::Explained;

/// Rows as an array of items.
pub(in crate::dataforseo) struct Items<'a> {
    rows: &'a [Backlink],
    scale: RankScale,
}

/// A time as the vendor writes it: `2026-11-23 21:47:49 +00:00`.
#[derive(JsonSchema)]
#[schemars(inline)]
struct Time(#[schemars(with = "String", example = "2026-11-23 21:47:49 +00:00")] Timestamp);

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Backlink")]
pub(in crate::dataforseo) struct Item<'a> {
    r#type: &'static str,
    domain_from: &'a str,
    url_from: &'a str,
    url_from_https: bool,
    domain_to: &'a str,
    url_to: &'a str,
    url_to_https: bool,
    tld_from: Option<&'a str>,
    is_new: bool,
    is_lost: bool,
    backlink_spam_score: Option<u8>,
    rank: u16,
    page_from_rank: u16,
    domain_from_rank: u16,
    domain_from_platform_type: Option<Kinds>,
    domain_from_is_ip: bool,
    domain_from_ip: Option<IpAddr>,
    domain_from_country: Option<&'a str>,
    page_from_external_links: Option<u32>,
    page_from_internal_links: Option<u32>,
    page_from_size: Option<u64>,
    page_from_encoding: Option<&'a str>,
    page_from_language: Option<&'a str>,
    page_from_title: Option<&'a str>,
    page_from_status_code: Option<u16>,
    first_seen: Time,
    prev_seen: Option<Time>,
    last_seen: Time,
    item_type: &'static str,
    attributes: Option<&'a [String]>,
    dofollow: bool,
    original: bool,
    alt: Option<&'a str>,
    image_url: Option<&'a str>,
    anchor: Option<&'a str>,
    text_pre: Option<&'a str>,
    text_post: Option<&'a str>,
    semantic_location: Option<&'static str>,
    links_count: u32,
    group_count: u32,
    is_broken: bool,
    url_to_status_code: Option<u16>,
    url_to_spam_score: Option<u8>,
    url_to_redirect_target: Option<&'a str>,
    ranked_keywords_info: Option<()>,
    is_indirect_link: bool,
    #[schemars(with = "Option<Vec<PathHop<'a>>>")]
    indirect_link_path: Option<Path<'a>>,
    // Our own.
    lost_date: Option<Time>,
    new_reason: &'static str,
    lost_reason: Option<&'static str>,
    evidence: Record<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explained>,
}

/// Kinds of site, by their names.
#[derive(JsonSchema)]
#[schemars(inline)]
struct Kinds(#[schemars(with = "Vec<String>", example = ["cms", "blogs"])] PlatformTypes);

/// The hops of an indirect link.
struct Path<'a>(&'a [Hop]);

#[derive(Serialize, JsonSchema)]
struct PathHop<'a> {
    r#type: &'static str,
    status_code: u16,
    url: &'a str,
}

/// Where the bytes behind a row are.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Evidence")]
struct Record<'a> {
    archive: &'a str,
    offset: u64,
    length: u64,
    digest: Option<&'a str>,
}

impl<'a> Items<'a> {
    pub(in crate::dataforseo) fn new(rows: &'a [Backlink], scale: RankScale) -> Self {
        Self { rows, scale }
    }

    /// One by one.
    pub(super) fn each(&self) -> impl Iterator<Item = impl Serialize + use<'a>> + use<'a> {
        let scale = self.scale;
        self.rows.iter().map(move |row| Item::new(row, scale))
    }
}

impl<'a> Item<'a> {
    fn new(row: &'a Backlink, scale: RankScale) -> Self {
        Self {
            r#type: "backlink",
            domain_from: &row.domain_from,
            url_from: &row.url_from,
            url_from_https: row.url_from_https(),
            domain_to: &row.domain_to,
            url_to: &row.url_to,
            url_to_https: row.url_to_https(),
            tld_from: row.tld_from.as_deref(),
            is_new: row.is_new,
            is_lost: row.is_lost,
            backlink_spam_score: row.backlink_spam_score,
            rank: scale.of(row.rank),
            page_from_rank: scale.of(row.page_from_rank),
            domain_from_rank: scale.of(row.domain_from_rank),
            domain_from_platform_type: row.domain_from_platform_type.map(Kinds),
            domain_from_is_ip: row.domain_from_is_ip,
            domain_from_ip: row.domain_from_ip,
            domain_from_country: row.domain_from_country.as_deref(),
            page_from_external_links: row.page_from_external_links,
            page_from_internal_links: row.page_from_internal_links,
            page_from_size: row.page_from_size,
            page_from_encoding: row.page_from_encoding.as_deref(),
            page_from_language: row.page_from_language.as_ref().map(model::LanguageCode::as_str),
            page_from_title: row.page_from_title.as_deref(),
            page_from_status_code: row.page_from_status_code,
            first_seen: Time(row.first_seen),
            prev_seen: row.prev_seen.map(Time),
            last_seen: Time(row.last_seen),
            item_type: row.item_type.as_str(),
            attributes: row.attributes.as_deref(),
            dofollow: row.dofollow,
            original: row.original,
            alt: row.alt.as_deref(),
            image_url: row.image_url.as_deref(),
            anchor: row.anchor.as_deref(),
            text_pre: row.text_pre.as_deref(),
            text_post: row.text_post.as_deref(),
            semantic_location: row.semantic_location.map(model::SemanticLocation::as_str),
            links_count: row.links_count,
            group_count: row.group_count,
            is_broken: row.is_broken,
            url_to_status_code: row.url_to_status_code,
            url_to_spam_score: row.url_to_spam_score,
            url_to_redirect_target: row.url_to_redirect_target.as_deref(),
            ranked_keywords_info: None,
            is_indirect_link: row.is_indirect_link,
            indirect_link_path: row.indirect_link_path.as_deref().map(Path),
            lost_date: row.lost_at.map(Time),
            new_reason: row.new_reason.as_str(),
            lost_reason: row.lost_reason.map(model::LostReason::as_str),
            evidence: Record::from(&row.evidence),
            explain: row.explanation.as_ref().map(Explained::from),
        }
    }
}

impl<'a> From<&'a Hop> for PathHop<'a> {
    fn from(hop: &'a Hop) -> Self {
        let kind = match hop.kind {
            HopKind::Redirect => "redirect",
            HopKind::Canonical => "canonical",
        };
        Self { r#type: kind, status_code: hop.status, url: &hop.url }
    }
}

impl<'a> From<&'a Evidence> for Record<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        let digest = evidence.digest.as_ref().map(|digest| digest.0.as_str());
        Self { archive: &evidence.archive, offset: evidence.offset, length: evidence.length, digest }
    }
}

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.each())
    }
}

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(model::PlatformType::as_str))
    }
}

impl Serialize for Path<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(PathHop::from))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
