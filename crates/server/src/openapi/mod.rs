//! The OpenAPI document of the server, made from its code, and a page for people made from that.
//!
//! Both are made once and are the same in every process of a version: the document is committed as
//! `docs/openapi.json`, and a test compares.

mod page;
mod schema;

use std::sync::LazyLock;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use self::page::Page;
use crate::dataforseo::describe;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&*DOCUMENT).unwrap_or_default();
    text.push('\n');
    text
});
static PAGE: LazyLock<Page> = LazyLock::new(|| Page::of(&DOCUMENT));

/// `GET /openapi.json`
pub(crate) async fn json_document() -> ([(HeaderName, HeaderValue); 1], &'static str) {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], TEXT.as_str())
}

/// `GET /docs`
pub(crate) async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, PAGE.policy.clone())], Html(PAGE.html.as_str()))
}

fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = SchemaGenerator::new(settings);
    let mut paths = describe::paths(&mut generator);
    paths.extend(operations());
    let mut schemas: Vec<_> = generator.take_definitions(true).into_iter().collect();
    schemas.sort_by(|(name, _), (other, _)| name.cmp(other));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenBacklinks",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
            "description": description(),
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "backlinks", "description": "Links to a target, and what is around them."},
            {"name": "appendix", "description": "About the key that asks and the API."},
            {"name": "reduced", "description": "The same functions under `.ai`: a code and items without what is empty."},
            {"name": "gateway", "description": "The same functions under the paths of another seller of the API; Bearer keys only."},
            {"name": "operation", "description": "For who runs the server; no key is needed."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas.into_iter().collect::<Map<_, _>>(),
            "headers": headers(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "Any login; the key is the password."},
                "bearer": {"type": "http", "scheme": "bearer", "description": "The key is the token."},
            },
        },
    })
}

fn description() -> String {
    format!(
        "Backlinks in the shape of the DataForSEO Backlinks API v3.\n\n\
        A task that fails is answered with HTTP status 200 and a code; the header `X-Error-Hint` says why. \
        A server that runs with `--no-auth` answers without a key.\n\n\
        Codes of answers and tasks:\n\n{}",
        describe::codes_text()
    )
}

fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({"description": description, "schema": schema});
    json!({
        "ErrorHint": header("Why something was refused.", json!({"type": "string", "maxLength": 400})),
        "RateLimit": header("Requests in a minute for the key.", json!({"type": "integer", "minimum": 1})),
        "RateRemaining": header("Requests that could follow now.", json!({"type": "integer", "minimum": 0})),
        "RetryAfter": header("Seconds until a request is possible again.", json!({"type": "integer", "minimum": 1})),
        "Snapshot": header("The snapshot that answered.", json!({"type": "integer", "minimum": 1})),
        "Challenge": header("How to show a key.", json!({"type": "string"})),
    })
}

/// The paths beside the API.
fn operations() -> Map<String, Value> {
    let operation = |id: &str, summary: &str, kinds: &[(&str, &str)]| {
        let responses: Map<String, Value> = kinds
            .iter()
            .map(|(status, kind)| {
                let described = if *status == "503" { "The server is about to end." } else { summary };
                let schema =
                    if *kind == "application/json" { json!({"type": "object"}) } else { json!({"type": "string"}) };
                ((*status).to_owned(), json!({"description": described, "content": {*kind: {"schema": schema}}}))
            })
            .collect();
        json!({"get": {
            "operationId": id, "tags": ["operation"], "summary": summary, "security": [], "responses": responses,
        }})
    };
    let text = "text/plain; charset=utf-8";
    [
        ("/health/livez", operation("livez", "The process lives.", &[("200", text)])),
        ("/health/readyz", operation("readyz", "New requests are welcome.", &[("200", text), ("503", text)])),
        (
            "/metrics",
            operation(
                "metrics",
                "Counts and times for Prometheus.",
                &[("200", "text/plain; version=0.0.4; charset=utf-8")],
            ),
        ),
        ("/openapi.json", operation("openapi", "This document.", &[("200", "application/json")])),
        ("/docs", operation("docs", "This document as a page.", &[("200", "text/html; charset=utf-8")])),
    ]
    .map(|(path, item)| (path.to_owned(), item))
    .into_iter()
    .collect()
}
