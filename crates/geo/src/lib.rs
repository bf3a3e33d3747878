#![doc = include_str!("../README.md")]

mod anycast;
mod countries;
pub mod country;
#[doc(hidden)]
pub mod harness;
mod mmdb;
mod ranges;
mod text;

pub use crate::anycast::is_anycast;
pub use crate::countries::{Countries, GeoError, address_country};
pub use crate::country::{CountryCode, domain_country};
