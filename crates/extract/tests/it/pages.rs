//! The facts of a page.

use extract::{ExtractError, Options, Response, extract};
use model::Timestamp;

use crate::{PAGE, read, respond};

#[test]
fn a_page_says_what_it_is() {
    let html = "\u{feff}<!doctype html><html lang=de-AT><svg><title>drawing</title></svg><title> A &amp;\n b </title>\
                <title>second</title><meta name=Generator content='Press 1.2'><meta name=description content=' d  e '>\
                <meta name=robots content='noindex, nofollow'><meta http-equiv=content-language content=fr>\
                <a href=/x>x</a><a href=//example.org>www folded</a><a href=//sub.example.org>sub</a>";
    let extracted = read(html);
    let page = &extracted.page;
    assert_eq!(page.url.as_str(), PAGE);
    assert_eq!(page.title.as_deref(), Some("A & b"));
    assert_eq!(page.language.as_deref(), Some("de-AT"));
    assert_eq!((page.generator.as_deref(), page.description.as_deref()), (Some("Press 1.2"), Some("d e")));
    assert_eq!((page.encoding.as_deref(), page.encoding_declared.as_deref()), (Some("utf-8"), Some("utf-8")));
    assert_eq!(page.size_bytes, Some(html.len() as u64));
    assert!(page.robots.nofollow && page.robots.noindex && !page.robots.noarchive);
    assert_eq!((page.internal_links, page.external_links), (Some(2), Some(1)));
    assert!(extracted.links.iter().all(|link| !link.dofollow && link.rel.is_empty()));
}

#[test]
fn the_language_falls_back_to_headers_and_meta() {
    let language = |headers: &[(&str, &str)], html: &str| respond(200, headers, html.as_bytes()).page.language;
    let html = ("content-type", "text/html");
    assert_eq!(
        language(&[html, ("Content-Language", "en-GB")], "<html lang='' xml:lang=pt>").as_deref(),
        Some("en-GB")
    );
    assert_eq!(language(&[html], "<html xml:lang=pt>").as_deref(), Some("pt"));
    assert_eq!(language(&[html], "<meta http-equiv=Content-Language content=fr>").as_deref(), Some("fr"));
    assert_eq!(language(&[html], "<p>").as_deref(), None);
}

#[test]
fn a_body_that_is_no_html_gives_a_page_without_links() {
    let extracted = respond(200, &[("content-type", "Application/PDF; x=y")], b"%PDF <a href=x>");
    assert!(extracted.links.is_empty());
    assert_eq!(extracted.page.media_type.as_deref(), Some("application/pdf"));
    assert_eq!((extracted.page.internal_links, extracted.page.encoding), (None, None));
    assert_eq!(respond(200, &[], b"<html><a href=x>x</a>").links.len(), 1);
}

#[test]
fn an_error_page_has_facts_and_no_links() {
    let extracted = respond(404, &[("content-type", "text/html")], b"<title>Gone</title><a href=/>home</a>");
    assert_eq!((extracted.page.title.as_deref(), extracted.links.len()), (Some("Gone"), 0));
    assert_eq!(extracted.page.internal_links, Some(1));
}

#[test]
fn an_address_that_is_not_http_is_an_error() {
    for url in ["dns:example.org", "", "http://"] {
        let response =
            Response { url, status: 200, headers: &[], body: b"", ip: None, fetched_at: Timestamp::from_seconds(0) };
        assert!(matches!(extract(&response, &Options::default()), Err(ExtractError::Url(_))), "{url}");
    }
}

#[test]
fn a_page_in_a_legacy_encoding_is_read_in_it() {
    for (label, text) in [("gb2312", "链接文字"), ("windows-1251", "Ссылка"), ("shift_jis", "リンク")] {
        let html = format!("<meta charset={label}><title>{text}</title><a href=x>{text}</a>");
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let extracted = respond(200, &[("content-type", "text/html")], &encoding.encode(&html).0);
        assert_eq!(extracted.page.title.as_deref(), Some(text));
        assert_eq!(extracted.links[0].anchor.as_deref(), Some(text));
        assert_eq!(extracted.page.encoding_declared.as_deref(), Some(label));
    }
}

#[test]
fn queries_are_written_in_the_encoding_of_the_document() {
    let html = encoding_rs::GBK.encode("<meta charset=gb2312><a href='/路?q=中文'>x</a>").0;
    let extracted = respond(200, &[("content-type", "text/html")], &html);
    assert_eq!(extracted.links[0].url_to.as_str(), "https://www.example.org/%E8%B7%AF?q=%D6%D0%CE%C4");
}

#[test]
fn the_language_is_that_of_the_main_text() {
    let code = |html: &str| read(html).page.language_code.map(|code| code.to_string());
    let menu = "<nav><a href=1>Home</a> <a href=2>About us</a><p>Sign up for our weekly newsletter and get the news first.</nav>";
    let text = "<main><p>Der Hund läuft über die Straße und sieht den Mann, der auf der anderen Seite steht und wartet, bis \
                der Regen aufhört und die Sonne wieder über den Dächern der Stadt scheint.</p></main>";
    let footer = "<footer><p>All rights reserved by the owner of this site, who would like to hear from you.</footer>";
    let german = format!("{menu}{text}{footer}");
    assert_eq!(code(&german).as_deref(), Some("de"));
    assert_eq!(code(&format!("<html lang=en-US>{german}")).as_deref(), Some("de"), "the text overrules");
    assert_eq!(code("<html lang=iw><p>12").as_deref(), Some("he"), "the declaration counts where there is no text");
    assert_eq!(code("<html lang='{{lang}}'><p>12"), None);
    assert_eq!(read("<html lang=en-US>").page.language.as_deref(), Some("en-US"), "what is declared stays as written");
}
