//! Links and facts in HTTP headers.

use model::LinkKind::{Alternate, Anchor, Canonical, Redirect};
use model::RedirectKind;

use crate::{respond, targets};

#[test]
fn a_redirect_gives_its_location_alone() {
    let headers = [("Location", "/next#part"), ("Content-Type", "text/html"), ("Link", "</c>; rel=canonical")];
    let extracted = respond(301, &headers, b"<title>Moved</title><a href=/next>here</a>");
    assert_eq!(targets(&extracted), [(Redirect, "https://www.example.org/next")]);
    let page = extracted.page;
    assert_eq!(page.redirect.map(|redirect| redirect.kind), Some(RedirectKind::Http));
    assert_eq!((page.internal_links, page.external_links), (Some(0), Some(0)));
    assert_eq!(page.title.as_deref(), Some("Moved"));
}

#[test]
fn a_location_without_a_redirect_status_is_none() {
    let headers = [("Location", "/next"), ("Content-Type", "text/html")];
    assert_eq!(respond(201, &headers, b"").page.redirect, None);
    assert_eq!(respond(302, &[("Location", "ftp://x/")], b"").page.redirect, None);
}

#[test]
fn header_links_come_first_and_know_no_base() {
    let headers = [
        ("content-type", "text/html"),
        ("link", "<c>; rel=\"canonical\", <d>; rel=alternate; hreflang=de"),
        ("refresh", "3; url=r"),
    ];
    let extracted = respond(200, &headers, b"<base href=//base.net/><link rel=canonical href=e><a href=f>f</a>");
    assert_eq!(
        targets(&extracted),
        [
            (Redirect, "https://www.example.org/dir/r"),
            (Canonical, "https://www.example.org/dir/c"),
            (Alternate, "https://www.example.org/dir/d"),
            (Canonical, "https://base.net/e"),
            (Anchor, "https://base.net/f"),
        ]
    );
    assert_eq!(extracted.page.canonical.unwrap().as_str(), "https://www.example.org/dir/c");
    assert_eq!(extracted.page.redirect.unwrap().kind, RedirectKind::Refresh);
}

#[test]
fn a_robots_header_withholds_every_link() {
    let html = ("content-type", "text/html");
    let follows = |value| respond(200, &[html, ("X-Robots-Tag", value)], b"<a href=x>x</a>").links[0].dofollow;
    assert!(!follows("noindex, nofollow"));
    assert!(!follows("none"));
    assert!(follows("googlebot: nofollow"));
}

#[test]
fn headers_that_matter_are_kept() {
    let headers =
        [("SERVER", "nginx"), ("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"), ("content-type", "image/png")];
    let page = respond(200, &headers, b"").page;
    assert_eq!(page.server.as_deref(), Some("nginx"));
    assert_eq!(page.last_modified.as_deref(), Some("Wed, 21 Oct 2015 07:28:00 GMT"));
    assert_eq!(page.media_type.as_deref(), Some("image/png"));
}
