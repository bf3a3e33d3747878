//! The fields of a row, by the names that the API gives them, and which of them are wanted.

use serde_json::{Map, Value};

use crate::nearest::nearest;
use crate::terminal::{Advised, ExitStatus};

/// A row as the API writes it.
pub(in crate::commands) type Item = Map<String, Value>;

/// The field that is there on request.
pub(super) const EXPLAIN: &str = "explain";

/// Every field of a row, in the order of the API; a test compares them with what the server writes.
pub const FIELDS: &[&str] = &[
    "type",
    "domain_from",
    "url_from",
    "url_from_https",
    "domain_to",
    "url_to",
    "url_to_https",
    "tld_from",
    "is_new",
    "is_lost",
    "backlink_spam_score",
    "rank",
    "page_from_rank",
    "domain_from_rank",
    "domain_from_platform_type",
    "domain_from_is_ip",
    "domain_from_ip",
    "domain_from_country",
    "page_from_external_links",
    "page_from_internal_links",
    "page_from_size",
    "page_from_encoding",
    "page_from_language",
    "page_from_title",
    "page_from_status_code",
    "first_seen",
    "prev_seen",
    "last_seen",
    "item_type",
    "attributes",
    "dofollow",
    "original",
    "alt",
    "image_url",
    "anchor",
    "text_pre",
    "text_post",
    "semantic_location",
    "links_count",
    "group_count",
    "is_broken",
    "url_to_status_code",
    "url_to_spam_score",
    "url_to_redirect_target",
    "ranked_keywords_info",
    "is_indirect_link",
    "indirect_link_path",
    "lost_date",
    "new_reason",
    "lost_reason",
    "evidence",
];

/// What a table shows when nobody says.
pub(super) const TABLE_FIELDS: &[&str] =
    &["rank", "page_from_rank", "dofollow", "item_type", "last_seen", "url_from", "url_to", "anchor"];

/// The fields that were named: `rank,url_from`.
pub(super) fn parse(texts: &[String]) -> anyhow::Result<Vec<&'static str>> {
    let mut fields = Vec::new();
    for name in texts.iter().flat_map(|text| text.split(',')).map(str::trim) {
        let Some(field) = FIELDS.iter().copied().chain([EXPLAIN]).find(|field| *field == name) else {
            let near = nearest(name, FIELDS.iter().copied());
            let near = near.map(|near| format!("; the nearest is `{near}`")).unwrap_or_default();
            return Err(wrong(format!("--fields: `{name}` is no field of a row{near}")));
        };
        if fields.contains(&field) {
            return Err(wrong(format!("--fields: `{name}` is named twice")));
        }
        fields.push(field);
    }
    Ok(fields)
}

fn wrong(message: String) -> anyhow::Error {
    Advised { status: ExitStatus::Usage, message, hint: "docs/api-compat.md lists the fields of a row" }.into()
}

/// The fields of rows that are wanted, in that order.
pub(super) fn select(items: Vec<Item>, fields: &[&str]) -> Vec<Item> {
    let wanted = |mut item: Item| -> Item {
        fields.iter().map(|field| ((*field).to_owned(), item.remove(*field).unwrap_or_default())).collect()
    };
    items.into_iter().map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_once_and_exist() {
        assert_eq!(parse(&["rank, url_from".to_owned(), "alt".to_owned()]).unwrap(), ["rank", "url_from", "alt"]);
        for (text, message) in [
            ("rnak", "--fields: `rnak` is no field of a row; the nearest is `rank`"),
            ("rank,,alt", "--fields: `` is no field of a row"),
            ("qqqqqqqqqqqq", "--fields: `qqqqqqqqqqqq` is no field of a row"),
            ("rank,alt,rank", "--fields: `rank` is named twice"),
        ] {
            assert_eq!(parse(&[text.to_owned()]).unwrap_err().to_string(), message);
        }
    }
}
