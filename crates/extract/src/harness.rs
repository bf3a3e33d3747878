//! What the fuzz target runs, so that its corpus can be replayed as an ordinary test.

use model::{Host, PlatformType, Timestamp, parse_url};

use crate::{Extracted, MAX_ANCHOR_BYTES, MAX_CONTEXT_CHARS, Options, Response, extract, wat};

/// Reads `data` as a document and as a WAT record.
///
/// # Panics
/// If what comes out breaks a promise of this crate.
pub fn html(data: &[u8]) {
    // Small bounds, so that short inputs reach them.
    for options in [Options::default(), Options { max_links: 2, max_depth: 3, ..Options::default() }] {
        let headers = [("content-type".to_owned(), "text/html".to_owned())];
        let response = Response {
            url: "https://www.example.org/a/b?c#d",
            status: 200,
            headers: &headers,
            body: data,
            ip: None,
            fetched_at: Timestamp::from_seconds(0),
        };
        let extracted = extract(&response, &options).expect("the address is good");
        check(&extracted, &options);
        let of_others = Options { internal_links: false, ..options };
        assert_eq!(extract(&response, &of_others).expect("the address is good"), without_internal(extracted));
        if let Ok(Some(extracted)) = wat::extract_wat(data, &options) {
            check(&extracted, &options);
            let others = wat::extract_wat(data, &of_others).expect("it was read before");
            assert_eq!(others, Some(without_internal(extracted)));
        }
    }
}

/// What is left without [`Options::internal_links`], by the hosts of the links.
pub fn without_internal(mut extracted: Extracted) -> Extracted {
    let own = Host::of(&extracted.page.url);
    extracted
        .links
        .retain(|link| !own.iter().zip(Host::of(&link.url_to)).any(|(own, host)| own.is_same_site_as(&host)));
    extracted
}

fn check(extracted: &Extracted, options: &Options) {
    assert!(extracted.links.len() <= options.max_links, "too many links");
    assert!(!extracted.page.platforms.contains(PlatformType::Unknown), "unknown is for whoever stores pages");
    assert!(extracted.page.signals.is_none_or(|signals| signals.trusted_sources <= 15), "too many services");
    for link in &extracted.links {
        let url = link.url_to.as_str();
        assert!(parse_url(url, None).is_some_and(|again| again == link.url_to), "{url} is not stable");
        assert!(link.url_to.fragment().is_none(), "{url} has a fragment");
        for text in [&link.anchor, &link.text_pre, &link.text_post, &link.alt].into_iter().flatten() {
            let folded: Vec<&str> = text.split_whitespace().collect();
            assert!(!text.is_empty() && *text == folded.join(" "), "{text:?} is not folded");
        }
        assert!(link.anchor.as_ref().is_none_or(|anchor| anchor.len() <= MAX_ANCHOR_BYTES), "long anchor");
        for context in [&link.text_pre, &link.text_post].into_iter().flatten() {
            assert!(context.chars().count() <= MAX_CONTEXT_CHARS, "long context");
        }
    }
}
