//! What HTTP headers add to a document: links, a refresh, directives for robots.

use model::{Url, parse_url};
use regex::Regex;

use super::archive::Fields;
use super::tree::{Found, Tree, refresh_of};

/// Adds what the headers of `page` say, before what the document says.
pub(crate) fn add(headers: &Fields, page: &Url, tree: &mut Tree) {
    let mut links = Vec::new();
    for (name, value) in headers {
        match name.as_str() {
            "refresh" => {
                let refresh = refresh_of(value);
                links.extend(refresh.map(|(refresh_seconds, href)| Found {
                    kind: "redirect",
                    href,
                    refresh_seconds,
                    ..Found::default()
                }));
            }
            "link" => links.extend(links_of(value)),
            "x-robots-tag" => directives(value, tree),
            _ => {}
        }
    }
    // The document's base does not hold for them.
    links.retain_mut(|link| {
        let to = parse_url(&link.href, Some(page));
        link.href = to.as_ref().map_or(String::new(), Url::to_string);
        to.is_some()
    });
    tree.links.splice(0..0, links);
}

/// `<https://example.org/>; rel="canonical", <…>; …`
fn links_of(value: &str) -> Vec<Found> {
    let link = Regex::new(r#"<([^>]*)>((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"[^"]*"|[^;,"]*))?)*)"#).unwrap();
    let rel = Regex::new(r#"(?i);\s*rel\s*=\s*(?:"([^"]*)"|([^;,"]*))"#).unwrap();
    let found = |link: regex::Captures<'_>| {
        let tokens = rel.captures(&link[2])?;
        let tokens = tokens.get(1).or(tokens.get(2))?.as_str().to_ascii_lowercase();
        let rel: Vec<String> = tokens.split_ascii_whitespace().map(str::to_owned).collect();
        let has = |token: &str| rel.iter().any(|own| own == token);
        let is_alternate = has("alternate") && !has("stylesheet");
        let kind = if has("canonical") { "canonical" } else { Some("alternate").filter(|_| is_alternate)? };
        Some(Found { kind, href: link[1].trim().to_owned(), rel, ..Found::default() })
    };
    link.captures_iter(value).filter_map(found).collect()
}

/// `noindex, nofollow`, or `otherbot: noindex`, which is not for us.
fn directives(value: &str, tree: &mut Tree) {
    let mut is_for_us = true;
    for part in value.to_ascii_lowercase().split(',') {
        let directive = match part.split_once(':') {
            None => part.trim(),
            Some((robot, directive)) => {
                is_for_us = matches!(robot.trim(), "*" | "robots" | "all");
                directive.trim()
            }
        };
        tree.nofollow |= is_for_us && matches!(directive, "nofollow" | "none");
        tree.noindex |= is_for_us && matches!(directive, "noindex" | "none");
    }
}
