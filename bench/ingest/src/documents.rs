//! HTML documents, read from memory or straight from archives.

use std::cell::{Cell, RefCell};
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use extract::{Options, Response};
use fastwarc::warc::iter::{ArchiveIterator, ArchiveIteratorOptions};
use fastwarc::warc::record::WarcRecordType;
use html5ever::tendril::TendrilSink;
use lol_html::{HtmlRewriter, Settings, element, text};
use markup5ever_rcdom::RcDom;
use model::Timestamp;
use warc::http::{BodyLimits, parse_response};
use warc::{Item, ReaderOptions};

use crate::Work;

/// A page that was answered with HTML, in memory.
pub(crate) struct Document {
    url: String,
    ip: Option<IpAddr>,
    time: Timestamp,
    status: u16,
    headers: Vec<(String, String)>,
    /// With transfer and content codings undone.
    pub(crate) body: Vec<u8>,
}

/// Calls `each` with every HTML page of an archive.
fn read(path: &Path, mut each: impl FnMut(&Response<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for item in warc::open(path, ReaderOptions::default())? {
        let Item::Record(record) = item? else { continue };
        let Ok(response) = record.http_response(&BodyLimits::default()) else { continue };
        let is_html = response.headers.get("Content-Type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_html {
            each(&Response {
                url: record.url.as_deref().context("a record without address")?,
                status: response.status,
                headers: response.headers.as_pairs(),
                body: &response.body,
                ip: record.ip,
                fetched_at: record.time.context("a record without time")?,
            })?;
        }
    }
    Ok(())
}

/// All HTML pages of archives.
pub(crate) fn load(files: &[PathBuf]) -> anyhow::Result<Vec<Document>> {
    let mut documents = Vec::new();
    for path in files {
        read(path, |response| {
            documents.push(Document {
                url: response.url.to_owned(),
                ip: response.ip,
                time: response.fetched_at,
                status: response.status,
                headers: response.headers.to_vec(),
                body: response.body.to_vec(),
            });
            Ok(())
        })?;
    }
    Ok(documents)
}

/// Every field of ours; the number of links. Without `internal_links` those inside the site are only counted, as the
/// program's `ingest` asks for.
pub(crate) fn ours(document: &Document, internal_links: bool) -> anyhow::Result<u64> {
    let response = Response {
        url: &document.url,
        status: document.status,
        headers: &document.headers,
        body: &document.body,
        ip: document.ip,
        fetched_at: document.time,
    };
    our_links(&response, internal_links)
}

fn our_links(response: &Response<'_>, internal_links: bool) -> anyhow::Result<u64> {
    let page = extract::extract(response, &Options { internal_links, ..Options::default() })?.page;
    Ok(u64::from(page.internal_links.unwrap_or_default()) + u64::from(page.external_links.unwrap_or_default()))
}

/// `lol_html`: address, `rel` and text of every `a`.
pub(crate) fn lol_html(document: &Document) -> anyhow::Result<u64> {
    lol_html_links(&document.body)
}

fn lol_html_links(body: &[u8]) -> anyhow::Result<u64> {
    struct Link {
        href: String,
        rel: Option<String>,
        text: String,
    }
    let links: RefCell<Vec<Link>> = RefCell::new(Vec::new());
    let settings = Settings::new()
        .append_element_content_handler(element!("a[href]", |a| {
            let (href, rel) = (a.get_attribute("href").unwrap_or_default(), a.get_attribute("rel"));
            links.borrow_mut().push(Link { href, rel, text: String::new() });
            Ok(())
        }))
        .append_element_content_handler(text!("a[href]", |chunk| {
            if let Some(link) = links.borrow_mut().last_mut() {
                link.text.push_str(chunk.as_str());
            }
            Ok(())
        }));
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
    rewriter.write(body)?;
    rewriter.end()?;
    let links = links.into_inner();
    // Whatever was read is used.
    let told = Cell::new(0);
    for Link { href, rel, text } in &links {
        told.set(told.get() + href.len() + rel.as_deref().map_or(0, str::len) + text.len());
    }
    std::hint::black_box(told);
    Ok(links.len() as u64)
}

/// `html5ever` building its tree; the number of elements below the root is not counted.
pub(crate) fn html5ever(document: &Document) -> anyhow::Result<u64> {
    let text = String::from_utf8_lossy(&document.body);
    let tree = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(&*text);
    Ok(tree.document.children.borrow().len() as u64)
}

/// From gzip to links with every field, ours.
pub(crate) fn whole_ours(files: &[PathBuf], internal_links: bool) -> anyhow::Result<Work> {
    let mut work = Work::default();
    for path in files {
        read(path, |response| {
            work.bytes += response.body.len() as u64;
            work.items += our_links(response, internal_links)?;
            Ok(())
        })?;
    }
    Ok(work)
}

/// From gzip to address, `rel` and text of links: `fastwarc` and `lol_html`. Bodies are decoded by our HTTP: with
/// `decode_http_payload`, fastwarc 2.0.0 loses the rest of a gzip archive after a body that is gzip.
pub(crate) fn whole_lol_html(files: &[PathBuf]) -> anyhow::Result<Work> {
    let mut work = Work::default();
    let mut block = Vec::new();
    let options = ArchiveIteratorOptions { inplace: true, parse_http: false, ..ArchiveIteratorOptions::default() };
    for path in files {
        for record in ArchiveIterator::from_path_with_options(path, options)? {
            let record = record?;
            let mut record = record.borrow_mut();
            if record.record_type() != WarcRecordType::Response {
                continue;
            }
            block.clear();
            record.reader_mut().context("a record without a reader")?.read_to_end(&mut block)?;
            let Ok(response) = parse_response(&block, &BodyLimits::default()) else { continue };
            if response.headers.get("Content-Type").is_some_and(|kind| kind.starts_with("text/html")) {
                work.bytes += response.body.len() as u64;
                work.items += lol_html_links(&response.body)?;
            }
        }
    }
    Ok(work)
}
