//! Without the links inside the site, everything else is as it is with them.

use extract::harness::without_internal;
use extract::{Extracted, Options, Response, extract};
use model::Timestamp;
use proptest::prelude::*;

use crate::captures;

/// Of links to other sites alone.
pub(crate) fn of_others() -> Options {
    Options { internal_links: false, ..Options::default() }
}

fn read(url: &str, headers: &[(String, String)], body: &[u8], options: &Options) -> Extracted {
    let response = Response { url, status: 200, headers, body, ip: None, fetched_at: Timestamp::from_seconds(0) };
    extract(&response, options).unwrap()
}

#[test]
fn pages_of_the_captures_lose_their_internal_links_alone() {
    let (mut all, mut left) = (0, 0);
    for page in captures::pages() {
        let whole = read(&page.url, &page.headers, &page.body, &Options::default());
        let others = read(&page.url, &page.headers, &page.body, &of_others());
        all += whole.links.len();
        left += others.links.len();
        assert!(others == without_internal(whole), "{}", page.url);
    }
    println!("{left} of {all} links lead to other sites");
    assert!(left * 2 <= all, "{left} of {all}");
}

/// One piece of a page: links to all kinds of places, what ends or moves them, text around them.
fn piece() -> impl Strategy<Value = String> {
    let start = prop_oneof![
        Just(""),
        Just("/"),
        Just("//other.net/"),
        Just("http://www.ex.org/"),
        Just("https://ex.org"),
        Just("https://ex.org.net/"),
        Just("https://ex.org:443/"),
        Just("https://other.net/"),
        Just("mailto:"),
        Just("?"),
    ];
    let href = (start, "[a-z./:#\t ]{0,3}").prop_map(|(start, end)| format!("{start}{end}"));
    let marks = "</a>|<p>|<div>|</div>|<br>|<hr>|<table>|<td>|</table>|<li>|<b>|</b>|<svg>|</svg>|<noscript>|</noscript>\
                 |<template>|</template>|<select>|</select>|<img src=i alt=j>|<plaintext>|<!doctype html>";
    let marks = prop::sample::select(marks.split('|').collect::<Vec<_>>());
    prop_oneof![
        4 => (href.clone(), "[a-z]{0,3}( rel=nofollow)?").prop_map(|(href, rest)| format!("<a href='{href}' {rest}>")),
        4 => "[A-Ca-c.é\\s]{0,6}",
        6 => marks.prop_map(str::to_owned),
        1 => href.clone().prop_map(|href| format!("<area href='{href}'>")),
        1 => href.clone().prop_map(|href| format!("<base href='{href}'>")),
        1 => href.prop_map(|href| format!("<link rel=alternate href='{href}'><meta http-equiv=refresh content='0;{href}'>")),
        1 => "[ab]{4090}( [ab]{4090}){1,3}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_page_loses_its_internal_links_alone(pieces in prop::collection::vec(piece(), 0..24), own in 0..4_usize) {
        let url = ["https://ex.org/", "https://www.ex.org/a/b?c", "http://ex.org:8080/d/", "https://co.uk/e"][own];
        let headers = [("content-type", "text/html; charset=utf-8"), ("link", "<https://other.net/>; rel=alternate")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let html = pieces.concat();
        let whole = read(url, &headers, html.as_bytes(), &Options::default());
        prop_assert_eq!(read(url, &headers, html.as_bytes(), &of_others()), without_internal(whole), "{}", html);
        for max_links in [1, 3] {
            let limited = |internal_links| Options { max_links, internal_links, ..Options::default() };
            let whole = read(url, &headers, html.as_bytes(), &limited(true));
            prop_assert_eq!(read(url, &headers, html.as_bytes(), &limited(false)), without_internal(whole), "{}", html);
        }
    }
}
