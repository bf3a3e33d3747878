//! An answer on its way out: HTTP status, hint and bytes.

use std::time::Instant;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::codes::Code;
use super::envelope::{Envelope, Function};
use super::note::Note;
use super::reduced::Reduced;
use super::refusal::Refusal;
use super::skin::{Form, Shape, Skin};
use crate::app::App;

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
    /// Headers of this answer alone.
    pub(super) headers: HeaderMap,
    /// What became of each task.
    pub(super) notes: Vec<Note>,
}

/// What the gateway says when it refuses by itself.
#[derive(Serialize, JsonSchema)]
pub(super) struct GatewayError<'a> {
    error: &'a str,
    message: &'a str,
}

impl Reply {
    /// Refuses everything that was asked of a function.
    pub(super) fn refused(published: Timestamp, form: Form, refusal: &Refusal) -> Self {
        let (code, status_message) = (refusal.code, &*refusal.message);
        match form {
            Form::Whole => Self::bare(refusal, &Envelope::refusal(published, code, status_message)),
            Form::Reduced => {
                let status_code = code.number();
                Self::bare(refusal, &Reduced { id: None, status_code, status_message, items: None::<()> })
            }
        }
    }

    /// Refuses at the door, before a function is asked: there the gateway speaks for itself.
    pub(super) fn turned_away(published: Timestamp, shape: Shape, refusal: &Refusal) -> Self {
        let mut reply = match shape.skin {
            Skin::Vendor => Self::refused(published, shape.form, refusal),
            Skin::Gateway => {
                let error = refusal.code.http().canonical_reason().unwrap_or("Error");
                Self::bare(refusal, &GatewayError { error, message: &refusal.hint })
            }
        };
        if reply.http == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(shape.skin.challenge());
            reply.headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        reply
    }

    fn bare(refusal: &Refusal, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("strings and numbers become JSON");
        let hint = Some(refusal.hint.clone().into_owned());
        Self { hint, ..Self::of(refusal.code, body) }
    }

    /// Counts the answer and tells the log of it, with nothing of what was posted.
    pub(super) fn logged(self, app: &App, function: &Function, started: Instant) -> Self {
        let name = (function.api, function.name);
        app.metrics().answered(name, self.code.number(), started.elapsed(), self.body.len());
        tracing::info!(
            api.function = function.name,
            http.status = self.http.as_u16(),
            api.code = self.code.number(),
            api.hint = self.hint.as_deref().unwrap_or_default(),
            answer.bytes = self.body.len(),
            elapsed_ms = started.elapsed().as_millis() as u64,
            "answered"
        );
        self
    }

    /// An answer with the HTTP status of its code.
    pub(super) fn of(code: Code, body: Vec<u8>) -> Self {
        Self { http: code.http(), code, hint: None, body, close: false, headers: HeaderMap::new(), notes: Vec::new() }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.http;
        let headers = response.headers_mut();
        *headers = self.headers;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(hint) = self.hint.as_deref().and_then(printable) {
            headers.insert(HINT, hint);
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
