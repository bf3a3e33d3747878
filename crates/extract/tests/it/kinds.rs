//! What kind of site a page belongs to, and what it shows of whoever made it.

use extract::{Options, Response, extract};
use model::PlatformType::{self, Blogs, Cms, Ecommerce, MessageBoards, News, Organization, Wikis};
use model::Timestamp;

use crate::{read, respond};

fn kinds_at(url: &str, html: &str) -> Vec<PlatformType> {
    let headers = [("content-type".to_owned(), "text/html".to_owned())];
    let fetched_at = Timestamp::from_seconds(0);
    let response = Response { url, status: 200, headers: &headers, body: html.as_bytes(), ip: None, fetched_at };
    extract(&response, &Options::default()).unwrap().page.platforms.iter().collect()
}

fn kinds(html: &str) -> Vec<PlatformType> {
    kinds_at("https://www.example.com/page", html)
}

#[test]
fn systems_are_known_by_what_they_write() {
    for (html, expected) in [
        (
            "<meta name=generator content='WordPress 6.6.2'><link rel=stylesheet href=/wp-content/themes/a/style.css>\
             <body class='home page-template'><p>We make pumps.",
            vec![Cms],
        ),
        (
            "<link rel=stylesheet href=/wp-includes/css/a.css><body class='post-template-default single single-post postid-7'>\
             <form id=commentform action=/wp-comments-post.php></form>",
            vec![Cms, Blogs],
        ),
        (
            "<link rel=stylesheet href=/wp-content/plugins/woocommerce/assets/a.css><body class='woocommerce woocommerce-page'>\
             <a href=https://www.example.com/cart/?from=menu>Cart</a>",
            vec![Cms, Ecommerce],
        ),
        ("<script src=//cdn.shopify.com/s/files/1/0001/t/2/assets/theme.js></script>", vec![Ecommerce]),
        (
            "<script src=/static/version1634033223/frontend/a/b/requirejs/require.js></script><body class=catalog-product-view>",
            vec![Ecommerce],
        ),
        (
            "<meta name=Generator content='Drupal 10 (https://www.drupal.org)'><img src=/sites/default/files/a.png>",
            vec![Cms],
        ),
        ("<meta name=generator content='TYPO3 CMS'>", vec![Cms]),
        ("<meta name=generator content='Joomla! - Open Source Content Management'>", vec![Cms]),
        ("<html id=phpbb><body id=phpbb class='nojs notouch section-viewtopic'>", vec![MessageBoards]),
        ("<meta name=generator content='Discourse 3.4.0'>", vec![MessageBoards]),
        ("<html id=XF class=has-no-js data-app=public>", vec![MessageBoards]),
        ("<meta name=generator content='vBulletin 4.2.5'>", vec![MessageBoards]),
        ("<meta name=generator content='MediaWiki 1.43.0'><body class='mediawiki ltr'>", vec![Wikis]),
        ("<meta name=generator content=DokuWiki>", vec![Wikis]),
        ("<meta content=blogger name=generator>", vec![Blogs]),
        (
            "<script type=application/ld+json>{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\"}</script>",
            vec![News],
        ),
        ("<div itemscope itemtype=http://schema.org/CollegeOrUniversity></div>", vec![Organization]),
        ("<p>Hello", vec![]),
    ] {
        assert_eq!(kinds(html), expected, "{html}");
    }
}

#[test]
fn an_offer_makes_a_shop_and_a_publisher_no_organization() {
    let product = "{\"@type\":\"Product\",\"offers\":{\"@type\":\"Offer\",\"price\":\"3\"}}";
    assert_eq!(kinds(&format!("<script type='application/ld+json'>{product}</script>")), [Ecommerce]);
    let review = "{\"@type\":\"Product\",\"review\":{\"@type\":\"Review\"}}";
    assert_eq!(kinds(&format!("<script type='application/ld+json'>{review}</script>")), []);
    let news = "<script type='application/ld+json'>{\"@type\":\"NewsArticle\"}</script>";
    assert_eq!(kinds("<a href='/checkout/?from=menu'>x</a>"), [Ecommerce]);
    assert_eq!(kinds(news), [News]);
    assert_eq!(kinds(&format!("{news}<form id=commentform></form>")), [], "some blogs call their posts so");
    let article = "{\"@type\":\"Article\",\"publisher\":{\"@type\":\"Organization\"}}";
    assert_eq!(kinds(&format!("<script type='application/ld+json'>{article}</script>")), []);
}

#[test]
fn addresses_tell_kinds_too() {
    for (url, expected) in [
        ("https://www.census.gov/", vec![Organization]),
        ("https://www.example.ac.uk/", vec![Organization]),
        ("https://cook.blogspot.com/2020/01/a.html", vec![Blogs]),
        ("https://blog.example.com/", vec![Blogs]),
        ("https://forum.example.com/", vec![MessageBoards]),
        ("https://example.com/forum/viewtopic.php?t=1", vec![MessageBoards]),
        ("https://de.wikipedia.org/", vec![Wikis]),
        ("https://example.com/wiki/Page", vec![Wikis]),
        ("https://shop.example.com/", vec![Ecommerce]),
        ("https://example.com/blogroll", vec![]),
        ("https://weblogic.example.com/", vec![]),
        ("https://gov.example.com/", vec![]),
    ] {
        assert_eq!(kinds_at(url, "<p>x"), expected, "{url}");
    }
}

#[test]
fn what_is_no_markup_is_no_evidence() {
    for html in [
        "<!-- <meta name=generator content=WordPress> -->",
        "<template><meta name=generator content=WordPress><link rel=stylesheet href=/wp-content/a.css></template>",
        "<textarea><script src=/wp-content/a.js></script></textarea>",
        "<p>See /wp-content/ and Shopify",
        "<script type=application/ld+json>{\"@type\": </script><script type=application/ld+json>\"@type\"</script>",
    ] {
        assert_eq!(kinds(html), [], "{html}");
    }
}

#[test]
fn signals_are_what_the_page_shows_of_its_maker() {
    let html = "<meta property=og:title content=x><meta name=google-site-verification content=x>\
                <script async src='https://www.googletagmanager.com/gtag/js?id=1'></script>\
                <script>(function(){a='https://www.google-analytics.com/analytics.js'})()</script>\
                <link href='https://fonts.googleapis.com/css?family=A' rel=stylesheet><link href=//fonts.gstatic.com rel=preconnect>\
                <script>other()</script><body><script src=https://connect.facebook.net/en_US/sdk.js></script>\
                <p>One two three <a href='mailto:a@example.com'>four</a></p><script>not words</script>";
    let signals = read(html).page.signals.unwrap();
    // Fonts count once, and what stands in the body does not.
    assert_eq!(signals.trusted_sources, 4);
    assert!(signals.has_social_meta && signals.has_contact);
    assert_eq!(signals.words, 4);
}

#[test]
fn contact_is_known_in_several_languages() {
    for href in [
        "tel:+49301234",
        " TEL:1",
        "/de/kontakt/",
        "/impressum",
        "https://www.example.org/contact-us?x=1",
        "/quienes-somos",
        "/a-propos",
    ] {
        assert!(read(&format!("<a href='{href}'>x</a>")).page.signals.unwrap().has_contact, "{href}");
    }
    for html in ["<a href=/page>contact</a>", "<a href=https://example.org/hotel:1>x</a>"] {
        assert!(!read(html).page.signals.unwrap().has_contact, "{html}");
    }
    assert!(read("<span itemprop=telephone>1</span>").page.signals.unwrap().has_contact);
}

#[test]
fn what_is_no_html_shows_nothing() {
    let page = respond(200, &[("content-type", "application/pdf")], b"%PDF").page;
    assert_eq!((page.signals, page.platforms.is_empty(), page.language_code), (None, true, None));
}
