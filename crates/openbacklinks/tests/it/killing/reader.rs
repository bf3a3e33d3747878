//! A server over the index that is being killed at, and a client that asks it all the time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::program::Program;
use super::world::World;

const ASK_EVERY: Duration = Duration::from_millis(50);

pub(super) struct Reader {
    server: Server,
    stop: Arc<AtomicBool>,
    client: JoinHandle<usize>,
}

/// Ends when a check fails, too.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Reader {
    /// Starts both. The index must have a snapshot.
    pub(super) fn start(program: &Program, world: &World, data: &Path) -> Self {
        let mut command = program.command(&["serve", "--no-auth", "--listen", "127.0.0.1:0"], data);
        let mut server = Server(command.spawn().unwrap());
        let mut log = BufReader::new(server.0.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "the server did not start");
        }
        let address = line.split("http://").nth(1).unwrap().trim();
        let address: String =
            address.chars().take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter)).collect();
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, asked, allowed) = (Arc::clone(&stop), world.asked().to_owned(), world.allowed().to_vec());
        let client = std::thread::spawn(move || {
            let mut answers = 0;
            while !stopped.load(Ordering::Relaxed) {
                let found = ask(&address, &asked);
                assert!(allowed.contains(&found), "a server answers what no snapshot has: {found:?}");
                answers += 1;
                std::thread::sleep(ASK_EVERY);
            }
            answers
        });
        Self { server, stop, client }
    }

    /// Ends both; how many answers there were.
    ///
    /// # Panics
    /// If one was not true.
    pub(super) fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let answers = self.client.join();
        drop(self.server);
        answers.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The `url_from` of the first rows.
fn ask(address: &str, target: &str) -> Vec<String> {
    let body = format!(r#"[{{"target":"{target}","limit":100}}]"#);
    let request = format!(
        "POST /v3/backlinks/backlinks/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    let task = &answer["tasks"][0];
    assert_eq!(task["status_code"], 20000, "{task}");
    let items = task["result"][0]["items"].as_array().unwrap();
    items.iter().map(|item| item["url_from"].as_str().unwrap().to_owned()).collect()
}
