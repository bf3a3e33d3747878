//! The bounds of one request, and the body read within them.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::rates::RateLimits;

/// Bounds of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestLimits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// From the end of the head to the end of the body.
    pub body_deadline: Duration,
    /// From the end of the body to the answer, the time in the queue included.
    pub answer_deadline: Duration,
    /// Answers worked on at once.
    pub answers_at_once: usize,
    /// Questions about large targets worked on at once, besides: those that scan many links.
    pub large_at_once: usize,
    /// Such questions that may wait; one more is refused.
    pub large_waiting: usize,
    /// What one question may hold beside the cache of blocks.
    pub answer_memory_bytes: u64,
    /// How often one key may ask.
    pub rates: RateLimits,
}

impl Default for RequestLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            body_bytes: 1 << 20,
            body_deadline: Duration::from_secs(20),
            answer_deadline: Duration::from_mins(2),
            answers_at_once: cores * 2,
            large_at_once: (cores / 2).max(1),
            large_waiting: 64,
            answer_memory_bytes: 512 << 20,
            rates: RateLimits::default(),
        }
    }
}

/// Why a body was not read to its end. Each but `Encoded` leaves the connection unusable.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is longer than {0} bytes")]
    TooLong(usize),
    #[error("the body did not arrive within {0:?}")]
    TooSlow(Duration),
    #[error("the body is compressed, which is not supported: send it without Content-Encoding")]
    Encoded,
    #[error("the body broke off")]
    Broken,
}

impl RequestLimits {
    /// Reads a body whole.
    pub(crate) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, BodyError> {
        if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
            return Err(BodyError::Encoded);
        }
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > self.body_bytes as u64) {
            return Err(BodyError::TooLong(self.body_bytes));
        }
        let all = Limited::new(body, self.body_bytes).collect();
        match tokio::time::timeout(self.body_deadline, all).await {
            Ok(Ok(collected)) => Ok(collected.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLong(self.body_bytes)),
            Ok(Err(_)) => Err(BodyError::Broken),
            Err(_) => Err(BodyError::TooSlow(self.body_deadline)),
        }
    }
}
