//! Sends requests to a server on a loopback address: `load ADDRESS KEY BODIES CONNECTIONS SECONDS [RATE]`.
//!
//! BODIES is a file of lines `NAME\tJSON`; they are sent in turn, as bodies of POST requests, over so many keep-alive
//! connections. Without RATE the loop is closed: a connection sends when it has its answer. With RATE (requests a
//! second, all together) it is open: request n is due at n/RATE, and its latency counts from then, so that one that
//! had to wait for a connection says so. Prints JSON for each NAME: answers, errors, requests a second, milliseconds.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// What every answer says that has rows.
const WELL: &[u8] = b"\"status_code\":20000";

struct Plan {
    address: SocketAddr,
    key: String,
    bodies: Vec<(String, String)>,
    length: Duration,
    rate: Option<f64>,
    next: AtomicU64,
    begin: Instant,
}

/// What came of the requests of one name.
#[derive(Default)]
struct Seen {
    nanoseconds: Vec<u64>,
    errors: u64,
    bytes: u64,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, key, file, connections, seconds, rate @ ..] = &arguments[..] else {
        return Err(io::Error::other("usage: load ADDRESS KEY BODIES CONNECTIONS SECONDS [RATE]"));
    };
    let text = std::fs::read_to_string(file)?;
    let split = |line: &str| line.split_once('\t').map(|(name, body)| (name.to_owned(), body.to_owned()));
    let plan = Plan {
        address: address.parse().map_err(io::Error::other)?,
        key: key.clone(),
        bodies: text.lines().filter_map(split).collect(),
        length: Duration::from_secs_f64(seconds.parse().map_err(io::Error::other)?),
        rate: rate.first().map(|rate| rate.parse()).transpose().map_err(io::Error::other)?,
        next: AtomicU64::new(0),
        begin: Instant::now(),
    };
    if !plan.address.ip().is_loopback() || plan.bodies.is_empty() {
        return Err(io::Error::other("needs a loopback address, and bodies"));
    }
    let count: usize = connections.parse().map_err(io::Error::other)?;
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(|| connection(&plan))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread does not panic")).collect()
    });
    let elapsed = plan.begin.elapsed().as_secs_f64();
    let mut all: BTreeMap<String, Seen> = BTreeMap::new();
    for result in results {
        for (name, seen) in result? {
            let sum = all.entry(name).or_default();
            sum.nanoseconds.extend(seen.nanoseconds);
            sum.errors += seen.errors;
            sum.bytes += seen.bytes;
        }
    }
    let lines: Vec<String> = all.into_iter().map(|(name, seen)| told(&name, seen, elapsed)).collect();
    println!("{{{}}}", lines.join(","));
    Ok(())
}

/// One connection, until the time is over.
fn connection(plan: &Plan) -> io::Result<BTreeMap<String, Seen>> {
    let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
    let mut stream = open(plan)?;
    let mut answer = Vec::new();
    loop {
        let number = plan.next.fetch_add(1, Ordering::Relaxed);
        let due = match plan.rate {
            None => Instant::now(),
            Some(rate) => plan.begin + Duration::from_secs_f64(number as f64 / rate),
        };
        if due.duration_since(plan.begin) >= plan.length {
            return Ok(seen);
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let (name, body) = &plan.bodies[(number % plan.bodies.len() as u64) as usize];
        let result = ask(plan, &mut stream, body, &mut answer);
        let its = seen.entry(name.clone()).or_default();
        its.nanoseconds.push(due.elapsed().as_nanos() as u64);
        its.bytes += answer.len() as u64;
        let is_well = matches!(result, Ok(200)) && answer.windows(WELL.len()).take(4096).any(|part| part == WELL);
        if !is_well {
            its.errors += 1;
        }
        if result.is_err() {
            stream = open(plan)?;
        }
    }
}

fn open(plan: &Plan) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(plan.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(BufReader::with_capacity(1 << 16, stream))
}

/// Sends a request and reads the answer; its status.
fn ask(plan: &Plan, stream: &mut BufReader<TcpStream>, body: &str, answer: &mut Vec<u8>) -> io::Result<u16> {
    let request = format!(
        "POST /v3/backlinks/backlinks/live HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        plan.address,
        plan.key,
        body.len()
    );
    answer.clear();
    stream.get_mut().write_all(request.as_bytes())?;
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let mut length = None;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
    answer.resize(length.ok_or(io::ErrorKind::InvalidData)?, 0);
    stream.read_exact(answer)?;
    Ok(status)
}

fn told(name: &str, mut seen: Seen, elapsed: f64) -> String {
    seen.nanoseconds.sort_unstable();
    let count = seen.nanoseconds.len();
    let at = |share: f64| {
        let place = ((count as f64 * share).ceil() as usize).clamp(1, count.max(1)) - 1;
        seen.nanoseconds.get(place).copied().unwrap_or_default() as f64 / 1e6
    };
    format!(
        "\"{name}\":{{\"requests\":{count},\"errors\":{},\"seconds\":{elapsed:.3},\"requests_a_second\":{:.1},\
         \"bytes_an_answer\":{},\"p50_ms\":{:.3},\"p90_ms\":{:.3},\"p99_ms\":{:.3},\"max_ms\":{:.3}}}",
        seen.errors,
        count as f64 / elapsed,
        seen.bytes / count.max(1) as u64,
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
    )
}
