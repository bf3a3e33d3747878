//! `GET /v3/backlinks/available_filters`: which fields can be filtered, and their types.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::envelope::Function;
use super::get::Get;
use super::refusal::Refusal;
use crate::app::App;
use crate::auth::Caller;

/// The function.
pub(super) struct AvailableFilters;

/// A field and its type.
type Field = (&'static str, &'static str);

/// The functions in the vendor's order. Those that are not there yet have no fields.
const FUNCTIONS: [(&str, &[Field]); 10] = [
    ("content_duplicates", &[]),
    ("backlinks", BACKLINKS),
    ("domain_pages", &[]),
    ("anchors", &[]),
    ("referring_domains", &[]),
    ("domain_intersection", &[]),
    ("page_intersection", &[]),
    ("referring_networks", &[]),
    ("domain_pages_summary", &[]),
    ("competitors", &[]),
];

/// Fields of an item, in its order. The vendor's list lacks `domain_from_country`, `attributes`,
/// `image_url`, `url_to_redirect_target` and `is_indirect_link`, though its items have them.
const BACKLINKS: &[Field] = &[
    ("domain_from", "str"),
    ("url_from", "str"),
    ("url_from_https", "bool"),
    ("domain_to", "str"),
    ("url_to", "str"),
    ("url_to_https", "bool"),
    ("tld_from", "str"),
    ("is_new", "bool"),
    ("is_lost", "bool"),
    ("backlink_spam_score", "num"),
    ("rank", "num"),
    ("page_from_rank", "num"),
    ("domain_from_rank", "num"),
    ("domain_from_platform_type", "array.str"),
    ("domain_from_is_ip", "bool"),
    ("domain_from_ip", "str"),
    ("domain_from_country", "str"),
    ("page_from_external_links", "num"),
    ("page_from_internal_links", "num"),
    ("page_from_size", "num"),
    ("page_from_encoding", "str"),
    ("page_from_language", "str"),
    ("page_from_title", "str"),
    ("page_from_status_code", "num"),
    ("first_seen", "time"),
    ("prev_seen", "time"),
    ("last_seen", "time"),
    ("item_type", "str"),
    ("attributes", "array.str"),
    ("dofollow", "bool"),
    ("original", "bool"),
    ("alt", "str"),
    ("image_url", "str"),
    ("anchor", "str"),
    ("text_pre", "str"),
    ("text_post", "str"),
    ("semantic_location", "str"),
    ("links_count", "num"),
    ("group_count", "num"),
    ("is_broken", "bool"),
    ("url_to_status_code", "num"),
    ("url_to_spam_score", "num"),
    ("url_to_redirect_target", "str"),
    ("ranked_keywords_info.page_from_keywords_count_top_3", "num"),
    ("ranked_keywords_info.page_from_keywords_count_top_10", "num"),
    ("ranked_keywords_info.page_from_keywords_count_top_100", "num"),
    ("is_indirect_link", "bool"),
];

/// The result: an object for each function.
#[derive(Debug)]
pub(super) struct Filters;

struct Fields(&'static [Field]);

impl Get for AvailableFilters {
    const FUNCTION: &'static Function = &Function {
        api: "backlinks",
        name: "available_filters",
        number: 331,
        path: &["v3", "backlinks", "available_filters"],
    };
    type Found = Filters;

    fn run(_: &App, _: &Caller) -> Result<Vec<Filters>, Refusal> {
        Ok(vec![Filters])
    }
}

impl Serialize for Filters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(FUNCTIONS.len()))?;
        for (function, fields) in FUNCTIONS {
            map.serialize_entry(function, &Fields(fields))?;
        }
        map.end()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
