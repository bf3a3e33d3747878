//! What every request passes before its function: who asks, and whether not too often.
//!
//! Like the vendor's, the refusal of too many requests has HTTP status 200 and a code in its body; the
//! gateway passes it through. The bounds are told in headers of every answer to a key.

use std::time::Instant;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::codes::Code;
use super::refusal::Refusal;
use super::reply::Reply;
use super::skin::Shape;
use crate::app::App;
use crate::auth::Caller;
use crate::rates::{Exceeded, Place};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// Somebody who was let in; holds a place as long as the request is under way.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) caller: Caller,
    headers: HeaderMap,
    _place: Option<Place>,
}

/// Lets in or refuses.
pub(super) fn enter(app: &App, shape: Shape, head: &Parts, now: Instant) -> Result<Visit, Box<Reply>> {
    let published = app.index().published();
    let admitted = app.access().admit(&head.headers, &head.uri, shape.skin.schemes());
    let caller = admitted.map_err(|error| Box::new(Reply::turned_away(published, shape, &error.into())))?;
    if caller.login.is_none() {
        return Ok(Visit { caller, headers: HeaderMap::new(), _place: None });
    }
    let limits = &app.limits().rates;
    let entry = app.rates().enter(limits, caller.account, now);
    let mut headers = HeaderMap::new();
    headers.insert(LIMIT, HeaderValue::from(limits.per_minute.max(1)));
    headers.insert(REMAINING, HeaderValue::from(entry.remaining));
    match entry.place {
        Ok(place) => Ok(Visit { caller, headers, _place: Some(place) }),
        Err(exceeded) => {
            if let Exceeded::PerMinute { retry_seconds } = exceeded {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_seconds));
            }
            Err(Box::new(Reply { headers, ..Reply::refused(published, shape.form, &exceeded.into()) }))
        }
    }
}

impl Visit {
    /// The reply with what every answer to a key tells; the visit ends.
    pub(super) fn end(self, mut reply: Reply) -> Reply {
        reply.headers.extend(self.headers);
        reply
    }
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        let code = match exceeded {
            Exceeded::PerMinute { .. } => Code::TooManyRequests,
            Exceeded::AtOnce => Code::TooManyAtOnce,
        };
        Self::new(code, exceeded.to_string())
    }
}
