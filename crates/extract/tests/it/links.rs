//! Which elements make links, of which kind, and with which attributes.

use model::LinkKind::{Alternate, Anchor, Canonical, Image, Meta, Redirect};
use model::SemanticLocation;

use crate::{links, read, targets};

#[test]
fn anchors_and_areas_with_http_targets_are_links() {
    let html = "<a href=/a>A</a><map><area href='b#frag' rel='NoFollow ugc'></map><a>none</a>\
                <a href=mailto:x@example.org>mail</a><a href='javascript:void(0)'>js</a><a href=#top>top</a>\
                <a href=' https://user:pw@other.net '>other</a>";
    let extracted = read(html);
    assert_eq!(
        targets(&extracted),
        [
            (Anchor, "https://www.example.org/a"),
            (Anchor, "https://www.example.org/dir/b"),
            (Anchor, "https://www.example.org/dir/page.html"),
            (Anchor, "https://other.net/"),
        ]
    );
    assert_eq!(extracted.links[1].rel.as_str(), "nofollow ugc");
    assert!(!extracted.links[1].dofollow && extracted.links[0].dofollow);
    assert_eq!((extracted.page.internal_links, extracted.page.external_links), (Some(3), Some(1)));
}

#[test]
fn the_first_base_with_href_holds_for_links_before_it_too() {
    let html = "<a href=1></a><base target=x><base href=//cdn.net/x/><base href=//late.net/><a href=2></a>";
    assert_eq!(targets(&read(html)), [(Anchor, "https://cdn.net/x/1"), (Anchor, "https://cdn.net/x/2")]);
    let html = "<base href=data:text/plain,x><a href=1></a>";
    assert_eq!(targets(&read(html)), [(Anchor, "https://www.example.org/dir/1")]);
}

#[test]
fn a_link_around_an_image_is_an_image_link_and_keeps_its_text() {
    let html = "<a href=1><img src=i.png alt=' A  cat &amp; dog '></a><a href=2><img src=data:x data-src=/j.png>text</a>\
                <a href=3><picture><source srcset=no><img alt='' srcset='k.webp 1x, l.webp 2x'></picture></a>";
    let found = links(html);
    assert!(found.iter().all(|link| link.kind == Image));
    assert_eq!((found[0].alt.as_deref(), found[0].anchor.as_deref()), (Some("A cat & dog"), None));
    assert_eq!(found[0].image_url.as_deref(), Some("https://www.example.org/dir/i.png"));
    assert_eq!((found[1].alt.as_deref(), found[1].anchor.as_deref()), (None, Some("text")));
    assert_eq!(found[1].image_url.as_deref(), Some("https://www.example.org/j.png"));
    assert_eq!(found[2].image_url.as_deref(), Some("https://www.example.org/dir/k.webp"));
    let found = links("<a href=1>x</a><img src=y>");
    assert_eq!((found[0].kind, found[0].image_url.as_deref()), (Anchor, None));
}

#[test]
fn canonical_and_alternate_elements_are_links() {
    let html = "<link rel='shortcut Canonical' href=/c><link rel=alternate hreflang=de href=//de.example.org/ >\
                <link rel=alternate type=application/rss+xml href=/feed><link rel='alternate stylesheet' href=s.css>\
                <link rel=stylesheet href=t.css><link rel=canonical href=/second>";
    let extracted = read(html);
    assert_eq!(
        targets(&extracted),
        [
            (Canonical, "https://www.example.org/c"),
            (Alternate, "https://de.example.org/"),
            (Alternate, "https://www.example.org/feed"),
            (Canonical, "https://www.example.org/second"),
        ]
    );
    assert_eq!(extracted.links[1].hreflang.as_deref(), Some("de"));
    assert_eq!(extracted.links[2].media_type.as_deref(), Some("application/rss+xml"));
    assert_eq!(extracted.page.canonical.unwrap().as_str(), "https://www.example.org/c");
}

#[test]
fn meta_tags_with_the_address_of_a_page_are_links() {
    let html = "<meta property=og:url content=https://example.org/x><meta name=Twitter:URL content=http://t.net/>\
                <meta property=og:url content=/relative><meta property=og:image content=https://cdn.net/i.png>\
                <meta name=keywords content=https://k.net/>";
    assert_eq!(targets(&read(html)), [(Meta, "https://example.org/x"), (Meta, "http://t.net/")]);
}

#[test]
fn a_meta_refresh_is_a_redirect_unless_slow_or_to_itself() {
    let fast = read("<meta http-equiv=Refresh content='0; URL=/next'>");
    assert_eq!(targets(&fast), [(Redirect, "https://www.example.org/next")]);
    assert_eq!(fast.page.redirect.unwrap().to.as_str(), "https://www.example.org/next");
    let slow = read("<meta http-equiv=refresh content='30; url=/next'>");
    assert_eq!((slow.links.len(), slow.page.redirect), (1, None));
    let own = read("<meta http-equiv=refresh content='0; url=page.html#x'>");
    assert_eq!((own.links.len(), own.page.redirect), (0, None));
    let without_scripts = read("<noscript><meta http-equiv=refresh content='0; url=/nojs'></noscript>");
    assert!(without_scripts.links[0].in_noscript);
    assert_eq!(without_scripts.page.redirect, None);
}

#[test]
fn links_in_noscript_are_flagged_and_links_in_templates_are_none() {
    let found = links(
        "<p>before <noscript>hidden <a href=1>one</a></noscript> <a href=2>two</a></p>\
         <template><a href=3>three</a><link rel=canonical href=x></template><a href=4>four</a>",
    );
    let flags: Vec<_> = found.iter().map(|link| (link.anchor.as_deref().unwrap(), link.in_noscript)).collect();
    assert_eq!(flags, [("one", true), ("two", false), ("four", false)]);
    assert_eq!((found[0].text_pre.as_deref(), found[1].text_pre.as_deref()), (Some("hidden"), Some("before")));
}

#[test]
fn links_in_drawings_are_links_by_either_attribute() {
    let html = "<svg><a href=1><text>one</text><title>no text</title></a><a xlink:href=2 /><style><a href=4></style></svg>\
                <a href=3>three</a>";
    let extracted = read(html);
    let anchors: Vec<_> = extracted.links.iter().map(|link| link.anchor.as_deref()).collect();
    assert_eq!(anchors, [Some("one"), None, None, Some("three")]);
}

#[test]
fn the_nearest_semantic_element_is_the_place() {
    let found = links(
        "<main><article><div><a href=1></a></div><footer><a href=2></a></footer></article><a href=3></a></main>\
         <nav><ul><li><a href=4></a></ul></nav><p><mark><a href=5></a></mark><a href=6></a>",
    );
    let places: Vec<_> = found.iter().map(|link| link.location).collect();
    use SemanticLocation::{Article, Footer, Main, Mark, Nav};
    assert_eq!(places, [Some(Article), Some(Footer), Some(Main), Some(Nav), Some(Mark), None]);
}

#[test]
fn what_is_not_markup_holds_no_links() {
    let html = "<!-- <a href=1> --><script>'<a href=2>'<!-- <script> </script> <a href=3> --></script>\
                <style><a href=4></style><textarea><a href=5></textarea><title><a href=6></title>\
                <iframe><a href=7></iframe><xmp><a href=8></xmp><p title='<a href=9>'><?php <a href=10> ?>\
                <a href=11>real</a><plaintext><a href=12>";
    let found = links(html);
    let all: Vec<_> = found.iter().map(|link| link.url_to.path().trim_start_matches("/dir/")).collect();
    // The processing instruction ends at the first `>`.
    assert_eq!(all, ["11"]);
}

#[test]
fn attributes_are_read_as_browsers_read_them() {
    let html = "<A HREF = 'x?a=1&amp;b=2&copy=3' HREF=second REL=nofollow/><a/href=\"y\n\t1\"title=t>y</a><a href=z/>z</a>\
                <a =\"x\" href=w>w</a><a href=\"cut";
    let extracted = read(html);
    let found: Vec<_> =
        targets(&extracted).iter().map(|(_, url)| url.replace("https://www.example.org/dir/", "")).collect();
    assert_eq!(found, ["x?a=1&b=2&copy=3", "y1", "z/", "w"]);
    assert!(!extracted.links[0].rel.has("nofollow") && extracted.links[0].rel.has("nofollow/"));
}
