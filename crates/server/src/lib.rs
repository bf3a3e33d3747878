#![doc = include_str!("../README.md")]

mod accept;
mod app;
mod auth;
mod dataforseo;
mod fold;
pub mod keys;
mod ledger;
mod limits;
mod metrics;
mod money;
mod openapi;
mod patience;
mod pool;
mod rates;
mod router;
mod secret;

pub use accept::{ServerOptions, serve};
pub use app::{Access, AnswerError, App, Backlinks, Clock, IndexTotals};
pub use dataforseo::items;
pub use ledger::{Ledger, LedgerError};
pub use limits::RequestLimits;
pub use money::{Prices, Usd, UsdTextError};
pub use rates::RateLimits;
pub use router::router;
pub use secret::{SecretError, TokenSecret};
