//! Schemas of what may be posted: the fields that are checked, with the bounds of the code.
//!
//! `null` is allowed wherever a field is: it means that the field is absent.

use serde_json::{Map, Value, json};

use super::super::available_filters::Filters;
use super::super::backlinks::{LIMIT_DEFAULT, LIMIT_MAX, OFFSET_MAX, TAG_CHARS};
use super::super::history;

/// Schemas that the tasks refer to.
pub(super) fn shared() -> [(&'static str, Value); 2] {
    [("Filters", filters()), ("FilterCondition", condition())]
}

/// A date, a time, or the number of a snapshot.
const AS_OF: &str = r"^([0-9]{1,9}|[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2} \+00:00)?)$";

/// A task of `backlinks/live`.
pub(super) fn backlinks() -> Value {
    let groups = [
        "anchor",
        "domain_from",
        "domain",
        "domain_from_country",
        "tld_from",
        "page_from_encoding",
        "page_from_language",
        "item_type",
        "page_from_status_code",
        "semantic_location",
        "new_reason",
        "lost_reason",
    ];
    let sortable: Vec<_> = fields().into_iter().filter(|(_, kind)| !kind.starts_with("array")).collect();
    let names: Vec<_> = sortable.iter().map(|(name, _)| name.replace('.', r"\.")).collect();
    let order = format!("^ *({}) *, *(asc|desc) *$", names.join("|"));
    let mut task = task(
        &["target"],
        [
            (
                "mode",
                json!({"type": "string", "enum": ["as_is", "one_per_domain", "one_per_anchor"], "default": "as_is"}),
                "All rows, or the best one of each linking host or anchor.",
            ),
            (
                "custom_mode",
                json!({
                    "type": "object",
                    "properties": {
                        "field": {"type": "string", "enum": groups},
                        "value": {"type": "integer", "minimum": 1, "maximum": 1000},
                    },
                    "required": ["field", "value"],
                    "additionalProperties": false,
                }),
                "The best `value` rows of each group by `field`; goes before `mode`.",
            ),
            (
                "filters",
                json!({"$ref": "#/components/schemas/Filters"}),
                "Which links count: `[field, operator, value]`, or such conditions with `and` or `or` between each two; `and` \
                    binds tighter, brackets nest. At most 64 conditions, 16 deep. Fields and types: `available_filters`.",
            ),
            (
                "order_by",
                json!({"type": "array", "items": {"type": "string", "pattern": order}, "maxItems": 3}),
                "Fields with `asc` or `desc`.",
            ),
            ("offset", integer(0, OFFSET_MAX, 0), "Rows to pass over."),
            ("search_after_token", json!({"type": "string"}), "From the answer before; goes on behind it."),
            ("limit", integer(1, LIMIT_MAX, LIMIT_DEFAULT), "Rows at most; 10 by default in the reduced form."),
            (
                "backlinks_status_type",
                json!({"type": "string", "enum": ["live", "lost", "all"], "default": "live"}),
                "Links that are there, that are gone, or both.",
            ),
            ("include_subdomains", flag(true), "Whether links to hosts below the target count."),
            (
                "include_indirect_links",
                flag(true),
                "Whether links count that lead to the target through redirects or canonicals.",
            ),
            ("exclude_internal_backlinks", flag(true), "Whether links from the target's own domain are left out."),
            (
                "rank_scale",
                json!({"type": "string", "enum": ["one_thousand", "one_hundred"], "default": "one_thousand"}),
                "The scale of ranks.",
            ),
            ("tag", json!({"type": "string", "maxLength": TAG_CHARS}), "Is repeated in the answer."),
            (
                "rows",
                json!({"type": "string", "enum": ["per_page", "per_link"], "default": "per_page"}),
                "Our own: one row for each referring page, or for each link.",
            ),
            (
                "explain",
                flag(false),
                "Our own: say of every row what its ranks and its spam score were made of, and the rank of all selected links.",
            ),
            (
                "as_of",
                json!({"anyOf": [
                    {"type": "string", "pattern": AS_OF},
                    {"type": "integer", "minimum": 0},
                    {"type": "null"},
                ]}),
                "Our own: the newest snapshot that had been made by then (a date means its end, UTC), or the one with this \
                    number. The header `X-Snapshot` tells which one answered.",
            ),
            ("backlinks_filters", json!({}), "Belongs to other functions; without effect."),
            ("internal_list_limit", json!({}), "Belongs to other functions; without effect."),
        ],
    );
    task["properties"]["target"] = json!({
        "type": "string",
        "description": "A domain or a host without scheme, or the whole URL of a page.",
        "examples": ["example.org", "https://example.org/page"],
    });
    task
}

/// A task of `id_list`.
pub(super) fn id_list() -> Value {
    let mut task = task(
        &["datetime_from", "datetime_to"],
        [
            ("limit", limit(), "Tasks at most."),
            ("offset", offset(), "Tasks to pass over."),
            ("sort", json!({"type": "string", "enum": ["asc", "desc"], "default": "asc"}), "Oldest or newest first."),
            ("include_metadata", flag(false), "Whether to tell what was posted, of tasks of the last month."),
        ],
    );
    task["properties"]["datetime_from"] = time("Not more than six months ago.");
    task["properties"]["datetime_to"] = time("Not before `datetime_from`.");
    task
}

/// A task of `errors`.
pub(super) fn errors() -> Value {
    task(
        &[],
        [
            ("limit", limit(), "Errors at most."),
            ("offset", offset(), "Errors to pass over."),
            ("filtered_function", json!({"type": "string"}), "Only of this function, as in `function` of the answer."),
            ("datetime_from", time(""), "Not more than seven days ago, which is the default."),
            ("datetime_to", time(""), "Not before `datetime_from`; now by default."),
        ],
    )
}

fn task<const N: usize>(required: &[&str], fields: [(&str, Value, &str); N]) -> Value {
    let mut properties = Map::new();
    for name in required {
        properties.insert((*name).to_owned(), json!({}));
    }
    for (name, mut schema, description) in fields {
        if schema.get("$ref").is_some() {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        } else if let Some(kind) = schema.get("type").cloned() {
            schema["type"] = json!([kind, "null"]);
            if let Some(Value::Array(values)) = schema.get_mut("enum") {
                values.push(Value::Null);
            }
        }
        schema["description"] = json!(description);
        properties.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn integer(least: u32, most: u32, default: u32) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most, "default": default})
}

fn limit() -> Value {
    integer(*history::LIMIT.start(), *history::LIMIT.end(), history::LIMIT_DEFAULT)
}

fn offset() -> Value {
    integer(*history::OFFSET.start(), *history::OFFSET.end(), 0)
}

fn flag(default: bool) -> Value {
    json!({"type": "boolean", "default": default})
}

fn time(description: &str) -> Value {
    let pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \+00:00$";
    json!({
        "type": "string",
        "pattern": pattern,
        "description": description,
        "examples": ["2026-11-23 21:47:49 +00:00"],
    })
}

/// The fields of the filter language with their types.
fn fields() -> Vec<(String, String)> {
    let all = serde_json::to_value(Filters).unwrap_or_default();
    let fields = all.get("backlinks").and_then(Value::as_object).into_iter().flatten();
    fields.map(|(name, kind)| (name.clone(), kind.as_str().unwrap_or_default().to_owned())).collect()
}

fn condition() -> Value {
    let operators: Vec<_> = query::Operator::ALL.iter().map(|operator| operator.name()).collect();
    let names: Vec<_> = fields().into_iter().map(|(name, _)| name).collect();
    let single = json!(["string", "number", "boolean", "null"]);
    json!({
        "type": "array",
        "description": "A field, an operator, and what to compare with: a list for `in` and `not_in`.",
        "prefixItems": [
            {"type": "string", "enum": names},
            {"type": "string", "enum": operators},
            {"anyOf": [{"type": single}, {"type": "array", "items": {"type": single}, "maxItems": query::MAX_LIST}]},
        ],
        "items": false,
        "minItems": 3,
        "examples": [["dofollow", "=", true], ["anchor", "ilike", "%guide%"]],
    })
}

fn filters() -> Value {
    let part = json!({"anyOf": [
        {"$ref": "#/components/schemas/Filters"},
        {"type": "string", "pattern": "^([aA][nN][dD]|[oO][rR])$"},
    ]});
    json!({
        "description": "A condition, or filters with `and` or `or` between each two; `and` binds tighter. More brackets \
            change nothing, and an empty list filters nothing. At most 64 conditions, 16 deep.",
        "anyOf": [
            {"$ref": "#/components/schemas/FilterCondition"},
            {"type": "array", "items": part, "maxItems": 127},
        ],
    })
}
