//! Any bytes as the block of an HTTP record; the seeds of the corpus say which kind.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| warc::fuzz::check_http_body(bytes));
