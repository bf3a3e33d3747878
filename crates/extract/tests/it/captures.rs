//! Reads the pages of the shared captures, if they are there: a WARC reader of 30 lines, so that the
//! tests of extraction rest on no other crate.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

pub(crate) struct Capture {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The folder with shared test data; says so and returns `None` where it is absent.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no {name} in shared data");
    None
}

/// Every page of the captures, in the order of file names.
pub(crate) fn pages() -> Vec<Capture> {
    let Some(folder) = folder("captures") else { return Vec::new() };
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().filter(|path| path.to_string_lossy().ends_with(".warc.gz")).flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Capture> {
    let mut bytes = Vec::new();
    MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let mut captures = Vec::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (head, after) = split(rest);
        let record = fields(&head);
        let length: usize = find(&record, "content-length").unwrap().parse().unwrap();
        let (block, after) = after.split_at(length);
        rest = after.strip_prefix(b"\r\n\r\n").unwrap();
        if find(&record, "warc-type") == Some("response") {
            let (head, body) = split(block);
            let url = find(&record, "warc-target-uri").unwrap().to_owned();
            captures.push(Capture { url, headers: fields(&head), body: body.to_vec() });
        }
    }
    captures
}

fn split(bytes: &[u8]) -> (String, &[u8]) {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), &bytes[end + 4..])
}

fn fields(head: &str) -> Vec<(String, String)> {
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    head.lines().filter_map(pair).collect()
}

fn find<'f>(fields: &'f [(String, String)], name: &str) -> Option<&'f str> {
    fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
