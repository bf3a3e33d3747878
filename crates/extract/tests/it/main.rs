//! Integration tests of `extract`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests may panic and tell what they found")]

mod against_html5ever;
mod captures;
mod headers;
mod internal;
mod kinds;
mod limits;
mod links;
mod oracle;
mod pages;
mod texts;
mod wat;

use extract::{Extracted, Options, Response, extract};
use model::{Link, LinkKind, Timestamp};

const PAGE: &str = "https://www.example.org/dir/page.html";

/// A response with these headers.
fn respond(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Extracted {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let fetched_at = Timestamp::from_seconds(0);
    let response = Response { url: PAGE, status, headers: &headers, body, ip: None, fetched_at };
    extract(&response, &Options::default()).unwrap()
}

/// An HTML page.
fn read(html: &str) -> Extracted {
    respond(200, &[("content-type", "text/html; charset=utf-8")], html.as_bytes())
}

/// The links of an HTML page.
fn links(html: &str) -> Vec<Link> {
    read(html).links
}

/// Kind and address of every link.
fn targets(extracted: &Extracted) -> Vec<(LinkKind, &str)> {
    extracted.links.iter().map(|link| (link.kind, link.url_to.as_str())).collect()
}
