//! Schemas as nested lists.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::page::{escaped, inline};

/// Deeper members are not shown.
const DEPTH: usize = 8;

/// The schemas of a document that others refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemas<'a>(Option<&'a Map<String, Value>>);

impl<'a> Schemas<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        Self(document["components"]["schemas"].as_object())
    }

    /// The members of a schema, with theirs.
    pub(super) fn write(self, out: &mut String, schema: &'a Value) -> std::fmt::Result {
        self.write_members(out, schema, &mut Vec::new())
    }

    fn write_members(self, out: &mut String, schema: &'a Value, open: &mut Vec<&'a str>) -> std::fmt::Result {
        let (schema, name) = self.resolved(schema);
        if open.len() >= DEPTH || open.contains(&name) && !name.is_empty() {
            return Ok(());
        }
        open.push(name);
        if let Some(properties) = schema["properties"].as_object() {
            let required: Vec<_> = schema["required"].as_array().into_iter().flatten().map(text).collect();
            out.push_str("<ul class=\"fields\">");
            for (member, of_member) in properties {
                let description = self.description(of_member);
                let is_required = if required.contains(&member.as_str()) { "" } else { ", optional" };
                let kind = escaped(&self.kind(of_member));
                write!(out, "<li><code>{}</code> <span class=\"kind\">{kind}{is_required}</span>", escaped(member))?;
                if !description.is_empty() {
                    write!(out, " {}", inline(description))?;
                }
                self.write_members(out, of_member, open)?;
                out.push_str("</li>");
            }
            out.push_str("</ul>");
        } else if schema["items"].is_object() {
            self.write_members(out, &schema["items"], open)?;
        } else if let Some(forms) = schema["anyOf"].as_array() {
            for form in forms {
                self.write_members(out, form, open)?;
            }
        }
        open.pop();
        Ok(())
    }

    /// What a schema refers to, and under which name.
    fn resolved(self, schema: &'a Value) -> (&'a Value, &'a str) {
        let name = text(&schema["$ref"]).rsplit('/').next().unwrap_or_default();
        self.0.and_then(|schemas| schemas.get(name)).map_or((schema, ""), |schema| (schema, name))
    }

    fn description(self, schema: &'a Value) -> &'a str {
        let own = text(&schema["description"]);
        let (resolved, name) = self.resolved(schema);
        // The list of codes stands at the top of the page.
        if own.is_empty() && name != "StatusCode" { text(&resolved["description"]) } else { own }
    }

    /// A few words for what values there are.
    fn kind(self, schema: &'a Value) -> String {
        let (schema, name) = self.resolved(schema);
        if let Some(values) = schema["enum"].as_array().filter(|values| values.len() <= 20 && name.is_empty()) {
            let values: Vec<_> = values.iter().filter(|value| !value.is_null()).map(said).collect();
            return values.join(" | ") + &default(schema);
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.clone(),
            Value::Array(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(text).collect();
                kinds.join(" or ")
            }
            _ => match schema["anyOf"].as_array() {
                Some(forms) => {
                    let kinds: Vec<_> = forms.iter().map(|form| self.kind(form)).collect();
                    kinds.join(" or ")
                }
                None => "any".to_owned(),
            },
        };
        let items = schema["items"].is_object() && name != "Filters";
        let items = if items { format!(" of {}", self.items_kind(&schema["items"])) } else { String::new() };
        let bounds = match (&schema["minimum"], &schema["maximum"]) {
            (Value::Number(least), Value::Number(most)) => format!(", {least} to {most}"),
            _ => String::new(),
        };
        kind + &items + &bounds + &default(schema)
    }

    fn items_kind(self, items: &'a Value) -> String {
        let (items, _) = self.resolved(items);
        match text(&items["type"]) {
            "" => "values".to_owned(),
            kind => format!("{kind}s"),
        }
    }
}

/// A value that is a text, else nothing.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn default(schema: &Value) -> String {
    schema.get("default").map_or_else(String::new, |value| format!(", by default {}", said(value)))
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
