//! What the API looks like, as OpenAPI: every path with what may be posted and what is answered.
//!
//! Answers are described by the types that are written; requests by the tables of fields that are
//! checked (a test holds the two together), with the bounds of the code.

mod answers;
mod requests;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

pub(super) use self::answers::StatusCode;
use self::answers::{BacklinksResult, envelope, reduced};
use super::appendix;
use super::available_filters::AvailableFilters;
use super::backlinks::{BacklinksLive, Item};
use super::codes;
use super::door::per_minute;
use super::envelope::Function;
use super::functions::is_live;
use super::get::Get;
use super::history::{self, Failed, Listed};
use super::live::Live;
use super::post::Post;
use super::reply::GatewayError;
use super::skin::{FORMS, Form, ROOTS, Skin};
use super::totals::Index;
use super::user_data::UserData;

/// A function with what is to say of it.
struct Described {
    function: &'static Function,
    summary: &'static str,
    description: &'static str,
    /// The name and the schema of what may be posted; `None` if it is asked with GET.
    task: Option<(&'static str, Value)>,
    /// The schema of an answer of each form.
    whole: Value,
    reduced: Value,
}

/// The paths of the API. Schemas that are used more than once go to the generator.
pub(crate) fn paths(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut paths = Map::new();
    for described in functions(generator) {
        if let Some((name, task)) = &described.task {
            generator.definitions_mut().insert((*name).to_owned(), task.clone());
        }
        for (root, skin) in ROOTS {
            if skin == Skin::Gateway && described.function.api != "backlinks" {
                continue;
            }
            for (suffix, form) in FORMS {
                let below = described.function.path.get(1..).unwrap_or_default().join("/");
                let method = if described.task.is_some() { "post" } else { "get" };
                let operation = described.operation(generator, root, skin, form);
                paths.insert(format!("{root}/{below}{suffix}"), json!({ method: operation }));
            }
        }
    }
    for (name, schema) in requests::shared() {
        generator.definitions_mut().insert(name.to_owned(), schema);
    }
    paths
}

/// What the codes of this server mean, as a text.
pub(crate) fn codes_text() -> String {
    let lines: Vec<_> = codes::produced().iter().map(|(code, message)| format!("* {code}: {message}")).collect();
    lines.join("\n")
}

fn functions(generator: &mut SchemaGenerator) -> Vec<Described> {
    let task = |name, task| Some((name, task));
    vec![
        described::<BacklinksResult, Item<'static>>(
            generator,
            BacklinksLive::FUNCTION,
            ("Backlinks of a target", "The links to a domain, a host or a page: one row for each referring page."),
            task("BacklinksTask", requests::backlinks()),
        ),
        described::<<Index as Get>::Found, <Index as Get>::Found>(
            generator,
            Index::FUNCTION,
            ("Size of the index", "How much there is in the snapshot that is served."),
            None,
        ),
        described::<<AvailableFilters as Get>::Found, <AvailableFilters as Get>::Found>(
            generator,
            AvailableFilters::FUNCTION,
            ("Fields for filters", "Which fields each function can filter by, with their types."),
            None,
        ),
        described::<Listed, Listed>(
            generator,
            history::IdList::FUNCTION,
            ("Tasks of a period", "The tasks of the key that asks, in the order of their answers, for six months."),
            task("IdListTask", requests::id_list()),
        ),
        described::<Failed, Failed>(
            generator,
            history::Errors::FUNCTION,
            (
                "Failed tasks",
                "Tasks and requests of the key that asks that failed in the last seven days, newest first.",
            ),
            task("ErrorsTask", requests::errors()),
        ),
        described::<<UserData as Get>::Found, <UserData as Get>::Found>(
            generator,
            UserData::FUNCTION,
            ("The key that asks", "Its limits, what it has used, what that has cost, and the prices."),
            None,
        ),
        described::<<appendix::Errors as Get>::Found, <appendix::Errors as Get>::Found>(
            generator,
            appendix::Errors::FUNCTION,
            ("Status codes", "Every code with its message."),
            None,
        ),
        described::<<appendix::Status as Get>::Found, <appendix::Status as Get>::Found>(
            generator,
            appendix::Status::FUNCTION,
            ("State of the functions", "Which functions there are, and that they work."),
            None,
        ),
    ]
}

/// A function with results `R` and, in the reduced form, items `I`.
fn described<R: JsonSchema + 'static, I: JsonSchema>(
    generator: &mut SchemaGenerator,
    function: &'static Function,
    (summary, description): (&'static str, &'static str),
    task: Option<(&'static str, Value)>,
) -> Described {
    let (whole, reduced) = (envelope::<R>(generator), reduced::<I>(generator));
    Described { function, summary, description, task, whole, reduced }
}

impl Described {
    fn operation(&self, generator: &mut SchemaGenerator, root: &str, skin: Skin, form: Form) -> Value {
        let Function { api, name, .. } = self.function;
        let place = match root {
            "/v3" => "",
            "/dataforseo" => "_gateway",
            _ => "_gateway_long",
        };
        let (ending, summary) = match form {
            Form::Whole => ("", self.summary.to_owned()),
            Form::Reduced => ("_ai", format!("{}, reduced", self.summary)),
        };
        let tag = match (skin, form) {
            (Skin::Gateway, _) => "gateway",
            (Skin::Vendor, Form::Reduced) => "reduced",
            (Skin::Vendor, Form::Whole) => api,
        };
        let mut operation = json!({
            "operationId": format!("{api}_{name}{place}{ending}"),
            "tags": [tag],
            "summary": summary,
            "description": format!("{}{}{}", self.description, self.price(), self.limit()),
            "security": match skin {
                Skin::Vendor => json!([{"basic": []}, {"bearer": []}]),
                Skin::Gateway => json!([{"bearer": []}]),
            },
        });
        if let Some((name, _)) = &self.task {
            let task = json!({"$ref": format!("#/components/schemas/{name}")});
            let tasks = json!({"type": "array", "items": task, "minItems": 1, "maxItems": 100});
            operation["requestBody"] = json!({
                "required": true,
                "description": "An array of tasks, of which the first is run, or one task.",
                "content": {"application/json": {"schema": {"anyOf": [tasks, task]}}},
            });
        }
        operation["responses"] = self.responses(generator, skin, form);
        operation
    }

    fn price(&self) -> &'static str {
        if is_live(self.function) { " Costs something if the server has prices." } else { " Free." }
    }

    fn limit(&self) -> String {
        per_minute(self.function)
            .map_or_else(String::new, |limit| format!(" At most {limit} times a minute for a key."))
    }

    fn responses(&self, generator: &mut SchemaGenerator, skin: Skin, form: Form) -> Value {
        let schema = match form {
            Form::Whole => &self.whole,
            Form::Reduced => &self.reduced,
        };
        let refusal = match skin {
            Skin::Vendor => schema.clone(),
            Skin::Gateway => generator.subschema_for::<GatewayError<'static>>().to_value(),
        };
        let response = |description: &str, headers: Value, schema: &Value| {
            json!({
                "description": description,
                "headers": headers,
                "content": {"application/json": {"schema": schema}},
            })
        };
        let header = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
        let mut limits = json!({
            "X-Error-Hint": header("ErrorHint"),
            "X-RateLimit-Limit": header("RateLimit"),
            "X-RateLimit-Remaining": header("RateRemaining"),
            "Retry-After": header("RetryAfter"),
        });
        if is_live(self.function) {
            limits["X-Snapshot"] = header("Snapshot");
        }
        let hint = json!({"X-Error-Hint": header("ErrorHint")});
        let challenge = json!({"X-Error-Hint": header("ErrorHint"), "WWW-Authenticate": header("Challenge")});
        json!({
            "200": response("Done, or refused with a code in the answer or in its tasks.", limits, schema),
            "401": response("No key, or none that is good.", challenge, &refusal),
            "500": response("The keys cannot be read, or the answer could not be written.", hint, &refusal),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_that_are_described_are_those_that_are_checked() {
        for (task, checked) in [
            (requests::backlinks(), super::super::backlinks::FIELDS),
            (requests::id_list(), history::IdList::FIELDS),
            (requests::errors(), history::Errors::FIELDS),
        ] {
            let mut described: Vec<_> = task["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let mut checked = checked.to_vec();
            described.sort_unstable();
            checked.sort_unstable();
            assert_eq!(described, checked);
        }
    }
}
