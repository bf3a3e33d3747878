//! Hostile pages: bounded memory and time, and no panic.

use std::time::{Duration, Instant};

use extract::{Extracted, Options, Response, extract, harness};
use model::Timestamp;
use proptest::prelude::*;

use crate::internal::of_others;
use crate::{PAGE, read};

/// Far more than any of these pages needs, far less than a quadratic reader would.
const PATIENCE: Duration = Duration::from_secs(20);

fn read_with(html: &str, options: &Options) -> Extracted {
    let headers = [("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
    let fetched_at = Timestamp::from_seconds(0);
    let response = Response { url: PAGE, status: 200, headers: &headers, body: html.as_bytes(), ip: None, fetched_at };
    extract(&response, options).unwrap()
}

#[test]
fn bombs_are_read_in_time() {
    let n = 1_000_000;
    for (name, html) in [
        ("attributes", format!("<a href=x {}>", "a=1 ".repeat(n))),
        ("depth", "<div>".repeat(n)),
        ("formatting", "<b><i>".repeat(n)),
        ("unclosed links", "<a href=x>y<p>".repeat(n / 10)),
        ("one line", "<a href=x>y</a> word ".repeat(n / 10)),
        ("one word", format!("<p><a href=x>{}", "x".repeat(10 * n))),
        ("unclosed comments", "<!--".repeat(n)),
        ("angle brackets", "<".repeat(n)),
        ("end tags", format!("{}{}", "<i>".repeat(600), "</p></q></a>".repeat(n / 10))),
        ("nested tables", "<table><tr><td><a href=x>".repeat(n / 10)),
        ("scripts", "<script><!--<script>".repeat(n / 10)),
        ("references", "&notit;&#x41&amp".repeat(n / 10)),
        ("drawings", "<svg><foreignObject>".repeat(n / 10)),
        ("noscript", "<noscript><a href=x>".repeat(n / 10)),
        ("sentences", format!("<p>{}", "Ein Satz. <a href=x>y</a> ".repeat(n / 20))),
        ("one sentence", format!("<p>{}", "字<a href=x>字</a>".repeat(n / 20))),
        ("menus", "<p><a href=x>y</a> | ".repeat(n / 20)),
        ("types", format!("<script type=application/ld+json>{}", "\"@type\":[\"a\",".repeat(n))),
        ("scripts with types", "<script type=application/ld+json>\"@type\":\"Product\"</script>".repeat(n / 20)),
        ("microdata", "<i itemscope itemtype='https://schema.org/Product' itemprop='a b c'>".repeat(n / 20)),
        ("classes", format!("<body class='{}'>", "single-post ".repeat(n))),
        ("meta tags", "<meta name=og:title content=wordpress>".repeat(n / 20)),
        ("line breaks", format!("<a href=x>{}", "<br>".repeat(n))),
    ] {
        for options in [Options::default(), of_others()] {
            let start = Instant::now();
            let extracted = read_with(&html, &options);
            assert!(start.elapsed() < PATIENCE, "{name}: {:?}", start.elapsed());
            assert!(extracted.links.len() <= options.max_links, "{name}");
        }
    }
}

#[test]
fn links_past_the_limit_are_counted() {
    let body = "<a href=x>x</a>".repeat(10);
    let extracted = read_with(&body, &Options { max_links: 4, ..Options::default() });
    assert_eq!((extracted.links.len(), extracted.links_dropped), (4, 6));
}

#[test]
fn links_deeper_than_the_limit_are_links() {
    let html = format!("{}<a href=x>deep</a>", "<div>".repeat(5000));
    assert_eq!(read(&html).links.len(), 1);
}

#[test]
fn the_corpus_of_the_fuzz_target_passes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/html");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        harness::html(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 10, "{count} inputs");
}

/// Pieces that make documents with much structure and little sense.
fn piece() -> impl Strategy<Value = String> {
    let tags = "a p div table tr td li b svg math foreignObject title script style template noscript select option \
                button form br img base meta link h1 plaintext xmp textarea caption object font title desc";
    let tags: Vec<&str> = tags.split_whitespace().collect();
    let tag = proptest::sample::select(tags);
    prop_oneof![
        tag.clone().prop_map(|tag| format!("<{tag}>")),
        tag.clone().prop_map(|tag| format!("<{tag} href=x rel=nofollow src=y alt=z/>")),
        tag.prop_map(|tag| format!("</{tag}>")),
        "[ a-zé字&;<>!-]{0,12}",
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        harness::html(&bytes);
    }

    #[test]
    fn any_tags_are_read(pieces in proptest::collection::vec(piece(), 0..120)) {
        harness::html(pieces.concat().as_bytes());
    }
}
