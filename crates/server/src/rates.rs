//! How often one key may ask, and how many of its requests may be under way at once.
//!
//! A bucket of tokens for each key, in memory: full at first, filled up evenly, one token for each
//! request; and another for each function that has a narrower bound of its own. There are as many
//! buckets as keys that asked, times a few, and never more than there can be keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Bounds of one key. Who needs no key has none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// Requests in a minute, at least one; so many may also come in one burst.
    pub per_minute: u32,
    /// Requests under way at once, at least one.
    pub at_once: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { per_minute: 2000, at_once: 30 }
    }
}

/// The state of every key that has asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rates(Arc<Mutex<HashMap<(u16, Bound), Bucket>>>);

/// What a bucket bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bound {
    /// All requests of a key.
    Key,
    /// Those to the function with this number.
    Function(u16),
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
    under_way: u32,
}

/// What became of a request for a place.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Requests that could follow now.
    pub(crate) remaining: u32,
    pub(crate) place: Result<Place, Exceeded>,
}

/// The place of a request that is under way; free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    rates: Rates,
    account: u16,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("the key has used up its requests; the next one is possible in {retry_seconds} s")]
    PerMinute { retry_seconds: u64 },
    #[error("the key has too many requests under way")]
    AtOnce,
}

impl Rates {
    /// Takes a token and a place for an account.
    pub(crate) fn enter(&self, limits: &RateLimits, account: u16, now: Instant) -> Entry {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((account, Bound::Key)).or_insert_with(|| Bucket::full(limits.per_minute, now));
        let remaining = match bucket.take(limits.per_minute, now) {
            Ok(remaining) => remaining,
            Err(exceeded) => return Entry { remaining: 0, place: Err(exceeded) },
        };
        if bucket.under_way >= limits.at_once.max(1) {
            return Entry { remaining, place: Err(Exceeded::AtOnce) };
        }
        bucket.under_way += 1;
        Entry { remaining, place: Ok(Place { rates: self.clone(), account }) }
    }

    /// Takes a token of one function alone; gives what remains.
    pub(crate) fn enter_function(
        &self,
        per_minute: u32,
        account: u16,
        function: u16,
        now: Instant,
    ) -> Result<u32, Exceeded> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((account, Bound::Function(function)));
        bucket.or_insert_with(|| Bucket::full(per_minute, now)).take(per_minute, now)
    }
}

impl Bucket {
    fn full(per_minute: u32, now: Instant) -> Self {
        Self { tokens: f64::from(per_minute.max(1)), filled: now, under_way: 0 }
    }

    /// Takes a token; gives how many are left.
    fn take(&mut self, per_minute: u32, now: Instant) -> Result<u32, Exceeded> {
        let full = f64::from(per_minute.max(1));
        let per_second = full / 60.0;
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * per_second).min(full);
        self.filled = self.filled.max(now);
        if self.tokens < 1.0 {
            let retry_seconds = ((1.0 - self.tokens) / per_second).ceil().max(1.0) as u64;
            return Err(Exceeded::PerMinute { retry_seconds });
        }
        self.tokens -= 1.0;
        Ok(self.tokens as u32)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut buckets = self.rates.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&(self.account, Bound::Key)) {
            bucket.under_way = bucket.under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn tokens_come_back_evenly_and_never_more_than_a_minute_of_them() {
        let (rates, start) = (Rates::default(), Instant::now());
        let limits = RateLimits { per_minute: 6, at_once: 100 };
        let enter = |seconds| rates.enter(&limits, 1, start + Duration::from_secs(seconds));
        let remaining: Vec<_> = (0..6).map(|_| enter(0).remaining).collect();
        assert_eq!(remaining, [5, 4, 3, 2, 1, 0]);
        assert_eq!(enter(0).place.unwrap_err(), Exceeded::PerMinute { retry_seconds: 10 });
        assert_eq!(enter(4).place.unwrap_err(), Exceeded::PerMinute { retry_seconds: 6 });
        assert!(enter(10).place.is_ok());
        assert!(enter(10).place.is_err());
        assert_eq!(enter(100_000).remaining, 5);
        assert_eq!(enter(0).remaining, 4, "a time before the last one takes nothing back");
        assert_eq!(rates.enter(&limits, 2, start).remaining, 5, "another key has its own");
    }

    #[test]
    fn a_function_has_a_bound_of_its_own() {
        let (rates, now) = (Rates::default(), Instant::now());
        let ask = |function| rates.enter_function(2, 1, function, now);
        assert_eq!((ask(7), ask(7)), (Ok(1), Ok(0)));
        assert_eq!(ask(7), Err(Exceeded::PerMinute { retry_seconds: 30 }));
        assert_eq!(ask(8), Ok(1), "another function has its own");
        assert!(rates.enter(&RateLimits { per_minute: 1, at_once: 1 }, 1, now).place.is_ok());
    }

    #[test]
    fn a_place_is_free_again_when_its_request_has_ended() {
        let (rates, now) = (Rates::default(), Instant::now());
        let limits = RateLimits { per_minute: 100, at_once: 2 };
        let first = rates.enter(&limits, 1, now).place.unwrap();
        let _second = rates.enter(&limits, 1, now).place.unwrap();
        assert_eq!(rates.enter(&limits, 1, now).place.unwrap_err(), Exceeded::AtOnce);
        drop(first);
        assert!(rates.enter(&limits, 1, now).place.is_ok());
    }
}
