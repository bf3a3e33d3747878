//! The real program: commands, a server, and clients of it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use synthweb::{Web, WebOptions};

use crate::shared::files;

/// Runs a command of the program on an index.
pub(crate) fn run(command: &str, data: &Path, rest: &[&OsStr]) -> Output {
    let words = command.split(' ');
    Command::new(env!("CARGO_BIN_EXE_backlinks")).args(words).arg("--data").arg(data).args(rest).output().unwrap()
}

/// The same for a command that must succeed; what it wrote.
pub(crate) fn run_well(command: &str, data: &Path, rest: &[&OsStr]) -> String {
    let output = run(command, data, rest);
    assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Copies a folder as any program does: file by file.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in files(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Writes a step of a small synthetic web; the same step is always the same file.
pub(crate) fn archive_of_step(folder: &Path, step: u32) -> PathBuf {
    let web = Web::new(WebOptions::new(8, 150));
    let path = folder.join(format!("step-{step}.warc.gz"));
    web.write_warc(step, 0..web.pages(), &mut File::create(&path).unwrap()).unwrap();
    path
}

/// A domain of that web that many pages link to.
pub(crate) fn popular_target() -> String {
    let web = Web::new(WebOptions::new(8, 150));
    let mut domains = std::collections::BTreeMap::<String, usize>::new();
    for link in web.visits(0).flat_map(|visit| visit.links) {
        *domains.entry(link.key.host().registrable().to_owned()).or_default() += 1;
    }
    domains.into_iter().max_by_key(|(_, links)| *links).unwrap().0
}

/// The rows of an answer of the command line.
pub(crate) fn rows(data: &Path, target: &str) -> Value {
    let written = run_well("query --json --limit 1000", data, &[target.as_ref()]);
    let answer: Value = serde_json::from_str(&written).unwrap();
    answer["items"].clone()
}

/// A program that serves, and what it has written to standard error.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// `options` are words between spaces.
    pub(crate) fn start(data: &Path, log: PathBuf, options: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_backlinks"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(options.split(' '))
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The address, once the log tells it.
    pub(crate) fn address(&self) -> String {
        let start = Instant::now();
        while start.elapsed() < Duration::from_mins(1) {
            if let Some((_, rest)) = self.log().split_once("http://") {
                let end = rest.find(|letter: char| !(letter.is_ascii_digit() || ".:".contains(letter)));
                if let Some(end) = end {
                    return rest[..end].to_owned();
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server did not start: {}", self.log());
    }

    /// Ends it as an operator does, and gives all that it wrote.
    pub(crate) fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
        self.log()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is kept for all requests.
pub(crate) struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        // For a server that hangs, not for one that is slow.
        stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
        Self { address: address.to_owned(), stream: BufReader::new(stream) }
    }

    /// Status and body.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.stream.read_line(&mut head).unwrap() > 0, "the server closed the connection: {head}");
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.expect("an answer has a length")];
        self.stream.read_exact(&mut body).unwrap();
        (head[9..12].parse().unwrap(), String::from_utf8(body).unwrap())
    }

    /// The rows of an answer, which must be one.
    pub(crate) fn rows(&mut self, target: &str) -> Value {
        let task = format!(r#"[{{"target":"{target}","limit":1000}}]"#);
        let (status, body) = self.ask("POST", "/v3/backlinks/backlinks/live", &task);
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &answer["tasks"][0]["status_code"]), (200, &Value::from(20_000)), "{body}");
        answer["tasks"][0]["result"][0]["items"].clone()
    }

    /// The number of the snapshot that is served, by `/metrics`.
    pub(crate) fn snapshot(&mut self) -> u32 {
        let (_, metrics) = self.ask("GET", "/metrics", "");
        let line = metrics.lines().find(|line| !line.starts_with('#') && line.contains("snapshot_number"));
        line.and_then(|line| line.split(' ').next_back()?.parse().ok()).expect("metrics tell the snapshot")
    }
}
