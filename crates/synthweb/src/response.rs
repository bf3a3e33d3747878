//! A page as an HTTP response.

use std::net::IpAddr;

use model::{Timestamp, Url};

use crate::draft::{Archived, Declared, Draft, Forward};
use crate::html;
use crate::layout::PageNumber;
use crate::moment::Moment;
use crate::web::Web;

/// What a server answers: the body is neither compressed nor cut into chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The address asked for.
    pub url: Url,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// The address of the server.
    pub ip: IpAddr,
    /// HTTP status.
    pub status: u16,
    /// Header names and values in order, without `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// What an archive keeps of the answer.
    pub archived: Archived,
    /// The document, as far as it is kept.
    pub body: Vec<u8>,
}

impl Web {
    /// What the page answers at `step`; `None` if it is not fetched then or there is no such page.
    pub fn response(&self, page: PageNumber, step: u32) -> Option<HttpResponse> {
        self.response_at(page, Moment::first(step))
    }

    /// The same, and what it answers when it is fetched once more in the same step.
    pub fn responses_of(&self, page: PageNumber, step: u32) -> impl Iterator<Item = HttpResponse> + '_ {
        Moment::both(step).into_iter().filter_map(move |moment| self.response_at(page, moment))
    }

    pub(crate) fn response_at(&self, page: PageNumber, moment: Moment) -> Option<HttpResponse> {
        response(&self.draft(page, moment)?)
    }
}

/// The response that a draft describes.
pub(crate) fn response(draft: &Draft) -> Option<HttpResponse> {
    Some(HttpResponse {
        url: model::parse_url(&draft.url, None)?,
        fetched_at: draft.fetched_at,
        ip: draft.host.ip,
        status: draft.status,
        headers: headers(draft),
        archived: draft.archived,
        body: if draft.has_document() { draft.host.charset.encode(html::render(draft)) } else { Vec::new() },
    })
}

fn headers(draft: &Draft) -> Vec<(&'static str, String)> {
    let mut headers = Vec::with_capacity(6);
    if let Some(server) = draft.host.server {
        headers.push(("Server", server.to_owned()));
    }
    if draft.status == 304 {
        return headers;
    }
    headers.push((
        "Content-Type",
        match draft.declared {
            Declared::Header | Declared::HeaderAndMeta => {
                format!("text/html; charset={}", draft.host.charset.label())
            }
            Declared::Meta | Declared::HttpEquiv => "text/html".to_owned(),
        },
    ));
    if let Some(date) = draft.last_modified {
        headers.push(("Last-Modified", date.to_owned()));
    }
    if let Some(Forward::Http(url)) = &draft.forward {
        headers.push(("Location", url.clone()));
    }
    if let Some(said) = draft.robots.filter(|_| draft.robots_in_header) {
        headers.push(("X-Robots-Tag", said.to_owned()));
    }
    if let Some(url) = draft.canonical.as_ref().filter(|_| draft.canonical_in_header) {
        headers.push(("Link", format!("<{url}>; rel=\"canonical\"")));
    }
    headers
}
