//! Any bytes as an archive; the seeds of the corpus say which kind.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| warc::fuzz::check_archive(bytes));
