//! Dollars, counted exactly, and what tasks cost.
//!
//! A row costs millionths of a dollar, and sums of floating-point numbers drift: so amounts are
//! integers of billionths, and become decimals only where they are written.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Billionths in a dollar.
const NANOS: i64 = 1_000_000_000;
const DECIMALS: usize = 9;

/// An amount in dollars, in steps of a billionth. Sums stop at about nine thousand million.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i64);

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount in dollars is written as in 0.000036, with at most nine digits on each side of the point")]
#[non_exhaustive]
pub struct UsdTextError;

/// What tasks that return rows cost, and what an account has to spend. Everything else is free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prices {
    /// For a task that succeeded, with rows or without.
    pub request_usd: Usd,
    /// For each of its rows.
    pub row_usd: Usd,
    /// What each key has paid in; its balance is this without what it has spent. Nobody is refused
    /// for a balance below zero.
    pub deposit_usd: Usd,
}

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From billionths of a dollar.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Billionths of a dollar.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many times the amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX)))
    }
}

impl Prices {
    /// What a task costs that succeeded with so many rows.
    pub fn of_task(&self, rows: u64) -> Usd {
        self.request_usd.plus(self.row_usd.times(rows))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl FromStr for Usd {
    type Err = UsdTextError;

    fn from_str(text: &str) -> Result<Self, UsdTextError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |part: &str| (1..=DECIMALS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(UsdTextError);
        }
        let whole: i64 = whole.parse().map_err(|_| UsdTextError)?;
        let fraction: i64 = format!("{fraction:0<DECIMALS$}").parse().map_err(|_| UsdTextError)?;
        Ok(Self(whole * NANOS + fraction))
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.unsigned_abs() / NANOS as u64, self.0.unsigned_abs() % NANOS as u64);
        let text = format!("{sign}{whole}.{fraction:0DECIMALS$}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A number: an integer if it is one, else the shortest decimal that is the amount.
impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % NANOS == 0 {
            serializer.serialize_i64(self.0 / NANOS)
        } else {
            // Both are exact as floats up to four million dollars, and their quotient is rounded once.
            serializer.serialize_f64(self.0 as f64 / NANOS as f64)
        }
    }
}

impl JsonSchema for Usd {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Usd".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "number", "description": "In US dollars."})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(amount: Usd) -> String {
        serde_json::to_string(&amount).unwrap()
    }

    #[test]
    fn the_prices_of_the_vendor_give_its_costs() {
        let prices = Prices {
            request_usd: "0.024".parse().unwrap(),
            row_usd: "0.000036".parse().unwrap(),
            deposit_usd: Usd::ZERO,
        };
        for (rows, cost) in [(0, "0.024"), (1, "0.024036"), (24, "0.024864"), (1000, "0.06")] {
            assert_eq!(json(prices.of_task(rows)), cost);
        }
        let sum: Usd = std::iter::repeat_n(prices.of_task(1), 1_000_000).sum();
        assert_eq!(json(sum), "24036");
        assert_eq!(json(Prices::default().of_task(1000)), "0");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0,5", "1.2.3", "0.0000000001", "1234567890", " 1"] {
            assert_eq!(text.parse::<Usd>(), Err(UsdTextError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_reads_back_and_is_the_same_in_json(nanos in 0_i64..1 << 52) {
            let amount = Usd::from_nanos(nanos);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
            let number: serde_json::Number = serde_json::from_str(&json(amount)).unwrap();
            prop_assert_eq!(format!("{:.9}", number.as_f64().unwrap()).parse(), Ok(amount));
            prop_assert_eq!(Usd::ZERO.minus(amount).to_string(), if nanos == 0 { "0".to_owned() } else { format!("-{amount}") });
        }
    }
}
