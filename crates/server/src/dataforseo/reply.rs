//! An answer on its way out: HTTP status, hint and bytes.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Timestamp;

use super::codes::Code;
use super::envelope::Envelope;
use super::refusal::Refusal;

/// Says why a task or an answer was refused: the vendor names a field, never the reason.
const HINT: HeaderName = HeaderName::from_static("x-error-hint");
const HINT_BYTES: usize = 400;

/// A finished answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) http: StatusCode,
    /// The code of the answer, or of its first task if that failed.
    pub(super) code: Code,
    pub(super) hint: Option<String>,
    pub(super) body: Vec<u8>,
    /// The rest of the request was not read, so nothing can follow it.
    pub(super) close: bool,
}

impl Reply {
    /// Refuses everything.
    pub(super) fn refused(published: Timestamp, refusal: &Refusal) -> Self {
        let envelope = Envelope::refusal(published, refusal.code, &refusal.message);
        let body = serde_json::to_vec(&envelope).expect("strings and numbers become JSON");
        let hint = Some(refusal.hint.clone().into_owned());
        Self { http: refusal.code.http(), code: refusal.code, hint, body, close: false }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.http;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(hint) = self.hint.as_deref().and_then(printable) {
            headers.insert(HINT, hint);
        }
        if self.http == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Basic realm="OpenBacklinks", charset="UTF-8""#);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// A header value of printable ASCII, of bounded length.
fn printable(text: &str) -> Option<HeaderValue> {
    let printable = text.chars().take(HINT_BYTES).map(|c| if matches!(c, ' '..='~') { c } else { '?' });
    HeaderValue::try_from(printable.collect::<String>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_cannot_end_its_header() {
        assert_eq!(printable("a\r\nSet-Cookie: b\u{e9}").unwrap(), "a??Set-Cookie: b?");
        assert_eq!(printable(&"x".repeat(5000)).unwrap().len(), HINT_BYTES);
    }
}
