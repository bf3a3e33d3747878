#![doc = include_str!("../README.md")]
#![deny(clippy::indexing_slicing)]

mod address;
mod bytes;
mod context;
mod decode;
mod elements;
mod evidence;
mod fingerprint;
#[doc(hidden)]
pub mod harness;
mod head;
mod headers;
pub mod language;
mod language_codes;
mod links;
mod look;
mod options;
mod prescan;
mod redirect;
mod response;
mod robots;
#[cfg(test)]
mod rule_pages;
mod rules;
mod site;
mod sniff;
mod tag;
mod text;
mod token;
pub mod trigrams;
mod visible;
mod walk;
pub mod wat;

pub use context::{MAX_ANCHOR_BYTES, MAX_CONTEXT_CHARS};
pub use options::Options;
pub use response::{ExtractError, Extracted, Response, extract};
