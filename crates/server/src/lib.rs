#![doc = include_str!("../README.md")]

mod accept;
mod app;
mod auth;
mod dataforseo;
mod fold;
pub mod keys;
mod limits;
mod patience;
mod pool;
mod rates;
mod router;
mod secret;

pub use accept::{ServerOptions, serve};
pub use app::{Access, AnswerError, App, Backlinks, Clock, IndexTotals};
pub use dataforseo::items;
pub use limits::RequestLimits;
pub use rates::RateLimits;
pub use router::router;
pub use secret::{SecretError, TokenSecret};
