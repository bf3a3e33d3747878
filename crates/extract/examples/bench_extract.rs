//! Measures extraction on the shared captures: MB/s and pages/s, beside html5ever building its tree
//! of the same text in the same run. `cargo run --release -p extract --example bench_extract`

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::error::Error;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use extract::{Options, Response, extract};
use flate2::read::MultiGzDecoder;
use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::RcDom;
use model::Timestamp;

const ROUNDS: usize = 5;

struct Capture {
    url: String,
    body: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures");
    if !folder.try_exists()? {
        println!("skipped: no shared captures");
        return Ok(());
    }
    let mut captures = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut bytes = Vec::new();
            MultiGzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
            read(&bytes, &mut captures);
        }
    }
    let megabytes = captures.iter().map(|capture| capture.body.len()).sum::<usize>() as f64 / 1e6;
    let headers = [("Content-Type".to_owned(), "text/html".to_owned())];
    let mut links = 0;
    let ours = fastest(|| {
        links = 0;
        for Capture { url, body } in &captures {
            let fetched_at = Timestamp::from_seconds(0);
            let response = Response { url, status: 200, headers: &headers, body, ip: None, fetched_at };
            links += extract(&response, &Options::default()).map_or(0, |extracted| extracted.links.len());
        }
    });
    let texts: Vec<_> = captures.iter().map(|capture| String::from_utf8_lossy(&capture.body)).collect();
    let peer = fastest(|| {
        for text in &texts {
            drop(html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(&**text));
        }
    });
    println!("{} pages, {megabytes:.1} MB, {links} links, best of {ROUNDS} rounds", captures.len());
    for (name, time) in [("extract", ours), ("html5ever tree", peer)] {
        let seconds = time.as_secs_f64();
        println!("{name}: {:.0} MB/s, {:.0} pages/s", megabytes / seconds, captures.len() as f64 / seconds);
    }
    println!("ratio {:.1}", peer.as_secs_f64() / ours.as_secs_f64());
    Ok(())
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

/// Reads the responses of one WARC file.
fn read(bytes: &[u8], captures: &mut Vec<Capture>) {
    let mut rest = bytes;
    while let Some((head, block)) = split(rest) {
        let field = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let (block, after) = block.split_at_checked(length).unwrap_or((block, b""));
        rest = after.strip_prefix(b"\r\n\r\n").unwrap_or_default();
        if let (Some("response"), Some(url), Some((_, body))) =
            (field("warc-type"), field("warc-target-uri"), split(block))
        {
            captures.push(Capture { url: url.to_owned(), body: body.to_vec() });
        }
    }
}

fn split(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(bytes.get(..end)?).into_owned(), bytes.get(end + 4..)?))
}
