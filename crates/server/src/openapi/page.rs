//! The document as one page that needs nothing from anywhere: no script, no font, no other file.
//!
//! Operations are `details` elements, which open by keyboard and are found by the browser's search.

use std::fmt::Write;

use axum::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::schema::{Schemas, text};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--accent:light-dark(#0b57d0,#8ab4f8)}\
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem;overflow-wrap:anywhere}\
h1{margin:.5rem 0}h2{margin:2rem 0 .25rem}h3{font-size:1rem;margin:1rem 0 .25rem}\
a{color:var(--accent)}code{font:.9em ui-monospace,monospace}\
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}\
details{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0}\
details>div{padding:0 .75rem .75rem}\
summary{cursor:pointer;padding:.5rem .75rem}\
summary:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
details[open]>summary{background:var(--soft)}\
.method{display:inline-block;font-weight:700;min-width:3.2em}\
ul.fields{margin:0;padding-left:1.1rem}ul.fields li{margin:.15rem 0}\
.kind{opacity:.75}.codes{columns:18rem}pre{white-space:pre-wrap}\
.skip{position:absolute;left:-999rem}.skip:focus{position:static}";

/// The page, and the policy that it is shown under.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) html: String,
    pub(super) policy: HeaderValue,
}

impl Page {
    pub(super) fn of(document: &Value) -> Self {
        let mut html = String::with_capacity(256 << 10);
        // Writing to a string cannot fail.
        let _ = write_page(document, &mut html);
        let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { html, policy }
    }
}

fn write_page(document: &Value, out: &mut String) -> std::fmt::Result {
    let info = &document["info"];
    let title = escaped(text(&info["title"]));
    let version = escaped(text(&info["version"]));
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
        <title>{title} API</title><style>{STYLE}</style></head><body>\n\
        <a class=\"skip\" href=\"#content\">To the content</a>\n\
        <header><h1>{title} API</h1><p>Version {version} \u{b7} <a href=\"/openapi.json\">openapi.json</a></p></header>\n"
    )?;
    let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    out.push_str("<nav aria-label=\"Groups\"><ul>");
    for tag in tags {
        let name = escaped(text(&tag["name"]));
        write!(out, "<li><a href=\"#{name}\">{name}</a></li>")?;
    }
    out.push_str("</ul></nav>\n<main id=\"content\">\n");
    write_prose(out, text(&info["description"]))?;
    out.push_str("<h2 id=\"keys\">Keys</h2><ul>");
    for (name, scheme) in document["components"]["securitySchemes"].as_object().into_iter().flatten() {
        write!(out, "<li><code>{}</code>: {}</li>", escaped(name), inline(text(&scheme["description"])))?;
    }
    out.push_str("</ul>\n");
    let schemas = Schemas::of(document);
    for tag in tags {
        let name = text(&tag["name"]);
        write!(out, "<section aria-labelledby=\"{0}\"><h2 id=\"{0}\">{0}</h2>", escaped(name))?;
        writeln!(out, "<p>{}</p>", inline(text(&tag["description"])))?;
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                if operation["tags"][0] == name {
                    write_operation(out, schemas, path, method, operation)?;
                }
            }
        }
        out.push_str("</section>\n");
    }
    out.push_str("</main></body></html>\n");
    Ok(())
}

fn write_operation(
    out: &mut String,
    schemas: Schemas<'_>,
    path: &str,
    method: &str,
    operation: &Value,
) -> std::fmt::Result {
    write!(
        out,
        "<details id=\"{}\"><summary><span class=\"method\">{}</span> <code>{}</code> {}</summary><div>",
        escaped(text(&operation["operationId"])),
        escaped(&method.to_uppercase()),
        escaped(path),
        escaped(text(&operation["summary"]))
    )?;
    write_prose(out, text(&operation["description"]))?;
    let keys: Vec<_> = operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let names: Vec<_> = keys.iter().flat_map(|key| key.keys()).map(|name| escaped(name)).collect();
    if !names.is_empty() {
        write!(out, "<p>Key: {}</p>", names.join(" or "))?;
    }
    let body = &operation["requestBody"];
    if let Some(content) = body["content"].as_object() {
        write!(out, "<h3>Posted</h3><p>{}</p>", inline(text(&body["description"])))?;
        for (kind, content) in content {
            // The last form of a body is one task.
            let forms = content["schema"]["anyOf"].as_array();
            let schema = forms.and_then(|forms| forms.last()).unwrap_or(&content["schema"]);
            write!(out, "<p class=\"kind\">{}</p>", escaped(kind))?;
            schemas.write(out, schema)?;
        }
    }
    out.push_str("<h3>Answers</h3><ul class=\"fields\">");
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let kinds: Vec<_> =
            response["content"].as_object().into_iter().flatten().map(|(kind, _)| escaped(kind)).collect();
        let description = inline(text(&response["description"]));
        write!(
            out,
            "<li><code>{}</code> {description} <span class=\"kind\">{}</span>",
            escaped(status),
            kinds.join(", ")
        )?;
        let headers: Vec<_> =
            response["headers"].as_object().into_iter().flatten().map(|(name, _)| escaped(name)).collect();
        if !headers.is_empty() {
            write!(out, "<br><span class=\"kind\">Headers: {}</span>", headers.join(", "))?;
        }
        if status == "200" {
            for content in response["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
                schemas.write(out, &content["schema"])?;
            }
        }
        out.push_str("</li>");
    }
    out.push_str("</ul></div></details>\n");
    Ok(())
}

/// Paragraphs and lists of a text, in which lines of a list begin with a star.
fn write_prose(out: &mut String, prose: &str) -> std::fmt::Result {
    for paragraph in prose.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        if paragraph.starts_with("* ") {
            out.push_str("<ul class=\"codes\">");
            for line in paragraph.lines() {
                write!(out, "<li>{}</li>", inline(line.trim_start_matches("* ")))?;
            }
            out.push_str("</ul>\n");
        } else {
            writeln!(out, "<p>{}</p>", inline(paragraph))?;
        }
    }
    Ok(())
}

/// Text with what stands between back quotes as code.
pub(super) fn inline(prose: &str) -> String {
    let mut out = String::new();
    for (number, part) in prose.split('`').enumerate() {
        if number % 2 == 1 {
            out.push_str("<code>");
            out.push_str(&escaped(part));
            out.push_str("</code>");
        } else {
            out.push_str(&escaped(part));
        }
    }
    out
}

/// Text that cannot become markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_of_the_document_never_becomes_markup() {
        let evil = "<script>\"&`<b>`";
        let document = json!({
            "info": {"title": evil, "version": evil, "description": format!("{evil}\n\n* {evil}")},
            "tags": [{"name": evil, "description": evil}],
            "paths": {evil: {"get": {
                "tags": [evil], "operationId": evil, "summary": evil, "description": evil, "security": [{evil: []}],
                "requestBody": {"description": evil, "content": {evil: {"schema": {"$ref": "#/components/schemas/A"}}}},
                "responses": {"200": {"description": evil, "headers": {evil: {}}, "content": {evil: {"schema": {
                    "type": "object", "properties": {evil: {"type": evil, "description": evil, "enum": [evil]}}
                }}}}},
            }}},
            "components": {"schemas": {"A": {"type": "array", "items": {"$ref": "#/components/schemas/A"}}}},
        });
        let html = Page::of(&document).html;
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;script&gt;&quot;&amp;<code>&lt;b&gt;</code>"));
    }
}
