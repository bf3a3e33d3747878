//! `GET /v3/backlinks/available_filters`: which fields can be filtered, and their types.

use query::{Field, FieldType};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::envelope::Function;
use super::get::Get;
use super::refusal::Refusal;
use crate::app::App;
use crate::auth::Caller;

/// The function.
pub(super) struct AvailableFilters;

/// The functions in the vendor's order. Those that are not there yet have no fields.
const FUNCTIONS: [(&str, &[Field]); 10] = [
    ("content_duplicates", &[]),
    ("backlinks", Field::ALL),
    ("domain_pages", &[]),
    ("anchors", &[]),
    ("referring_domains", &[]),
    ("domain_intersection", &[]),
    ("page_intersection", &[]),
    ("referring_networks", &[]),
    ("domain_pages_summary", &[]),
    ("competitors", &[]),
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
        serializer.collect_map(self.0.iter().map(|field| (field.name(), type_name(field.field_type()))))
    }
}

/// The vendor's word for a type.
fn type_name(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Bool => "bool",
        FieldType::Number => "num",
        FieldType::Text => "str",
        FieldType::Time => "time",
        FieldType::TextList => "array.str",
    }
}
