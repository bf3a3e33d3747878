//! What every request passes before its function: who asks, and whether not too often.
//!
//! Like the vendor's, the refusal of too many requests has HTTP status 200 and a code in its body; the
//! gateway passes it through. The bounds are told in headers of every answer to a key.

use std::time::Instant;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::codes::Code;
use super::envelope::Function;
use super::note::Call;
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
    call: Call,
    headers: HeaderMap,
    _place: Option<Place>,
}

/// Lets in or refuses.
pub(super) fn enter(
    app: &App,
    shape: Shape,
    function: &Function,
    head: &Parts,
    now: Instant,
) -> Result<Visit, Box<Reply>> {
    let published = app.index().published();
    let admitted = app.access().admit(&head.headers, &head.uri, shape.skin.schemes());
    let caller = admitted.map_err(|error| Box::new(Reply::turned_away(published, shape, &error.into())))?;
    let call = Call::of(app, head, now);
    if caller.login.is_none() {
        return Ok(Visit { caller, call, headers: HeaderMap::new(), _place: None });
    }
    let limits = &app.limits().rates;
    let entry = app.rates().enter(limits, caller.account, now);
    let (mut limit, mut remaining, mut place) = (limits.per_minute.max(1), entry.remaining, entry.place);
    if let (Ok(_), Some(own)) = (&place, per_minute(function)) {
        let entered = app.rates().enter_function(own, caller.account, function.number, now);
        (limit, remaining) = (own, entered.unwrap_or(0));
        place = entered.and(place);
    }
    let mut headers = HeaderMap::new();
    headers.insert(LIMIT, HeaderValue::from(limit));
    headers.insert(REMAINING, HeaderValue::from(remaining));
    match place {
        Ok(place) => Ok(Visit { caller, call, headers, _place: Some(place) }),
        Err(exceeded) => {
            if let Exceeded::PerMinute { retry_seconds } = exceeded {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_seconds));
            }
            Err(Box::new(Reply { headers, ..Reply::refused(published, shape.form, &exceeded.into()) }))
        }
    }
}

impl Visit {
    /// The reply with what every answer to a key tells; the visit ends, and is in the ledger.
    pub(super) fn end(self, app: &App, function: &Function, mut reply: Reply) -> Reply {
        self.call.keep(app, self.caller.account, function, &mut reply);
        reply.headers.extend(self.headers);
        reply
    }
}

/// The narrower bounds of functions that look things up in what was answered before.
pub(super) fn per_minute(function: &Function) -> Option<u32> {
    match (function.api, function.name) {
        ("appendix", "user_data") => Some(6),
        ("appendix", "errors" | "status") | ("backlinks", "errors" | "id_list") => Some(10),
        _ => None,
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
