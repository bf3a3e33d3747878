//! What lies in files behind checksums: directories, blocks, records, and what is in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| store::harness::stored(data));
