//! WAT
