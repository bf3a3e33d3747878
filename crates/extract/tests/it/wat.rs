//! Pages from WAT records.

use extract::harness::without_internal;
use extract::wat::extract_wat;
use extract::{ExtractError, Options};
use model::LinkKind::{Alternate, Anchor, Canonical, Meta, Redirect};
use model::PlatformType;

use crate::internal::of_others;
use crate::targets;

const RECORD: &str = r#"{"Container":{"Filename":"x.warc.gz","Offset":"1"},"Envelope":{"Format":"WARC/1.0",
"WARC-Header-Metadata":{"WARC-Type":"response","WARC-Target-URI":"https://www.example.org/dir/page","WARC-Date":
"2024-05-18T01:58:10Z","WARC-IP-Address":"192.0.2.7"},"Payload-Metadata":{"HTTP-Response-Metadata":{
"Response-Message":{"Status":"200","Version":"HTTP/1.1","Reason":"OK"},"Headers":{"Content-Type":"text/html; charset=UTF-8",
"Server":"nginx","X-Robots-Tag":["noindex","noarchive"]},"Entity-Length":"1234","HTML-Metadata":{"Head":{
"Title":"A\n title","Metas":[{"name":"robots","content":"nofollow"},{"property":"og:url","content":"https://example.org/og"},
{"http-equiv":"refresh","content":"0;url=/next"},{"name":"generator","content":"Press"}],
"Link":[{"path":"LINK@/href","rel":"canonical","url":"/c"},{"path":"LINK@/href","rel":"stylesheet","url":"/s"},
{"path":"LINK@/href","rel":"alternate","type":"application/rss+xml","url":"/feed"}],
"Scripts":[{"path":"SCRIPT@/src","url":"https://cdn.shopify.com/s/a.js"},{"type":"text/javascript"}]},
"Links":[{"path":"IMG@/src","url":"/i.png","alt":"i"},{"path":"A@/href","url":"x?a=1&amp;b=2","text":"one  two","rel":"ugc"},
{"path":"AREA@/href","url":"https://other.net/"},{"path":"FORM@/action","url":"/f"},{"path":"A@/href","url":"mailto:x"}]}}}}}"#;

#[test]
fn a_record_gives_what_it_has_and_nothing_else() {
    let extracted = extract_wat(RECORD.as_bytes(), &Options::default()).unwrap().unwrap();
    assert_eq!(
        targets(&extracted),
        [
            (Meta, "https://example.org/og"),
            (Redirect, "https://www.example.org/next"),
            (Canonical, "https://www.example.org/c"),
            (Alternate, "https://www.example.org/feed"),
            (Anchor, "https://www.example.org/dir/x?a=1&b=2"),
            (Anchor, "https://other.net/"),
        ]
    );
    let page = &extracted.page;
    assert_eq!(page.title.as_deref(), Some("A title"));
    assert_eq!((page.status, page.size_bytes, page.ip), (200, Some(1234), Some("192.0.2.7".parse().unwrap())));
    assert_eq!(page.fetched_at.to_string(), "2024-05-18 01:58:10 +00:00");
    assert!(page.robots.nofollow && page.robots.noindex && page.robots.noarchive);
    assert_eq!((page.internal_links, page.external_links), (Some(1), Some(1)));
    assert_eq!(page.canonical.as_ref().unwrap().as_str(), "https://www.example.org/c");
    assert_eq!((page.encoding.as_deref(), page.encoding_declared.as_deref()), (None, Some("utf-8")));
    // It has a shop's script, no text to count words of, and a title that is too short for a language.
    assert_eq!(page.platforms.iter().map(PlatformType::as_str).collect::<Vec<_>>(), ["ecommerce"]);
    assert_eq!((page.signals, page.language_code), (None, None));
    let link = &extracted.links[4];
    assert_eq!((link.anchor.as_deref(), link.rel.as_str(), link.dofollow), (Some("one two"), "ugc", false));
    assert_eq!((&link.text_pre, &link.location, &link.alt), (&None, &None, &None));
}

#[test]
fn a_record_loses_its_internal_links_alone() {
    for base in ["", "\"Base\":\"/b/\",", "\"Base\":\"https://other.net/\","] {
        let record = RECORD.replace("\"Title\":", &format!("{base}\"Title\":"));
        let read = |options: &Options| extract_wat(record.as_bytes(), options).unwrap().unwrap();
        let whole = read(&Options::default());
        assert_eq!(whole.page.external_links, Some(if base.contains("other") { 2 } else { 1 }));
        assert_eq!(read(&of_others()), without_internal(whole), "{base}");
    }
}

#[test]
fn other_records_give_nothing() {
    let request = RECORD.replace("HTTP-Response-Metadata", "HTTP-Request-Metadata");
    assert!(extract_wat(request.as_bytes(), &Options::default()).unwrap().is_none());
    assert!(extract_wat(b"{}", &Options::default()).unwrap().is_none());
}

#[test]
fn broken_records_are_errors_with_their_cause() {
    let error = |text: &str| extract_wat(text.as_bytes(), &Options::default()).unwrap_err();
    assert!(matches!(error("{"), ExtractError::Json(_)));
    assert!(matches!(error(&RECORD.replace("https://www.example.org/dir/page", "dns:x")), ExtractError::Url(_)));
    assert!(matches!(error(&RECORD.replace("2024-05-18T", "yesterday")), ExtractError::Date(_)));
}
