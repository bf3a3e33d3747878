//! Schemas of answers, from the types that are written.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::super::available_filters::Filters;
use super::super::backlinks::{Item, OfSet};
use super::super::codes;
use super::super::envelope::{Data, Envelope, Seconds, Task};
use super::codes_text;

/// The result of the backlinks function; what is written lends its rows, so this is its shape alone.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct BacklinksResult {
    /// As posted.
    target: String,
    /// As posted.
    mode: Option<String>,
    /// As posted.
    custom_mode: Option<serde_json::Map<String, Value>>,
    /// Rows in all.
    total_count: u64,
    /// Rows in `items`.
    items_count: u32,
    items: Vec<Item<'static>>,
    /// Leads to the next page; null on the last one.
    search_after_token: Option<String>,
    /// The rank of all selected links; if `explain` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<OfSet>,
}

/// A code that this server produces.
pub(in crate::dataforseo) struct StatusCode;

/// The envelope around tasks with results `R`.
pub(super) fn envelope<R: JsonSchema + 'static>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<Envelope<'static, Task<'static, R>>>().to_value()
}

/// The reduced form with items `I`, of which any member may be left out.
pub(super) fn reduced<I: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut item = settings.into_generator().into_root_schema_for::<I>().to_value();
    make_optional(&mut item);
    let answer = json!({
        "type": "object",
        "description": "A code and the items, without members that are null, false or empty.",
        "properties": {
            "id": {"type": "string", "description": "There if there was a task."},
            "status_code": {"$ref": "#/components/schemas/StatusCode"},
            "status_message": {"type": "string"},
            "items": {"type": "array", "items": item, "description": "There if the task succeeded."},
        },
        "required": ["status_code", "status_message"],
    });
    let name = format!("{}ReducedAnswer", I::schema_name());
    let reference = json!({"$ref": format!("#/components/schemas/{name}")});
    generator.definitions_mut().insert(name, answer);
    reference
}

fn make_optional(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("required").is_some_and(Value::is_array) {
                members.remove("required");
            }
            members.values_mut().for_each(make_optional);
        }
        Value::Array(elements) => elements.iter_mut().for_each(make_optional),
        _ => {}
    }
}

impl JsonSchema for StatusCode {
    fn schema_name() -> Cow<'static, str> {
        "StatusCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<u16> = codes::produced().iter().map(|(code, _)| *code).collect();
        json_schema!({"type": "integer", "enum": codes, "description": codes_text()})
    }
}

impl JsonSchema for Seconds {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,4})? sec\.$"})
    }
}

impl JsonSchema for Data<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Data".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "The function, then what was posted, as posted, without nulls.",
            "properties": {"api": {"type": "string"}, "function": {"type": "string"}},
            "required": ["api", "function"],
            "additionalProperties": true,
        })
    }
}

impl JsonSchema for Filters {
    fn schema_name() -> Cow<'static, str> {
        "AvailableFilters".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds =
            json!({"type": "object", "additionalProperties": {"enum": ["str", "bool", "num", "time", "array.str"]}});
        let functions = serde_json::to_value(Self).unwrap_or_default();
        let names: Vec<_> = functions.as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
        let properties: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), kinds.clone())).collect();
        json_schema!({
            "type": "object",
            "description": "For each function its fields with their types; none for functions that are not there yet.",
            "properties": properties,
            "required": names,
        })
    }
}
