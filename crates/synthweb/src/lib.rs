#![doc = include_str!("../README.md")]

mod chains;
mod draft;
mod html;
mod layout;
mod life;
mod links;
mod moment;
mod names;
mod options;
mod pages;
mod random;
mod response;
mod truth;
mod visit;
mod warc;
mod web;
mod words;

pub use chains::{ChainRow, ChainWeb, LongChain};
pub use draft::Archived;
pub use layout::{HostNumber, PageNumber};
pub use life::{LinkChange, LinkEvent, TargetEvent};
pub use options::{Shares, WebOptions};
pub use response::HttpResponse;
pub use truth::{Hop, HopKind, MAX_HOPS, Truth, TruthRow};
pub use warc::WarcTotals;
pub use web::Web;
