//! Over loopback: slow clients, many clients, and the end.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use server::{Access, App, RequestLimits, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::fake::{Fake, app_with, open_app};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// Options with deadlines that a test can wait for.
fn short() -> ServerOptions {
    let mut options = ServerOptions::default();
    options.head_timeout = Duration::from_millis(200);
    options.idle_timeout = Duration::from_millis(600);
    options.write_timeout = Duration::from_millis(300);
    options.drain = Duration::from_secs(5);
    options
}

async fn start(app: App, options: ServerOptions) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move { stopped.await.unwrap_or(()) };
    let ended = tokio::spawn(async move { server::serve(listener, app, options, shutdown).await.unwrap() });
    Running { address, stop, ended }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

fn request(target: &str) -> String {
    let body = format!(r#"{{"target":"{target}"}}"#);
    let length = body.len();
    format!("POST /v3/backlinks/backlinks/live HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// Reads until the server closes, and says how long that took.
async fn until_closed(stream: &mut TcpStream) -> (String, Duration) {
    let started = Instant::now();
    let mut bytes = Vec::new();
    // A reset is a close too.
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.expect("the server closes");
    (String::from_utf8(bytes).unwrap(), started.elapsed())
}

/// Reads one answer, and leaves the connection open.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut some = vec![0; 65536];
    while !text.ends_with("]}") && !text.ends_with("null}") {
        let read = timeout(Duration::from_secs(10), stream.read(&mut some)).await.unwrap().unwrap();
        assert!(read > 0, "closed early: {text}");
        text.push_str(std::str::from_utf8(&some[..read]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_at_its_deadline() {
    let server = start(open_app(), short()).await;
    let mut silent = server.connect().await;
    let (_, waited) = until_closed(&mut silent).await;
    assert!(waited >= Duration::from_millis(150) && waited < Duration::from_secs(2), "{waited:?}");
    let mut slow = server.connect().await;
    let started = Instant::now();
    slow.write_all(b"POST /").await.unwrap();
    while started.elapsed() < Duration::from_secs(3) && slow.write_all(b"x").await.is_ok() {
        sleep(Duration::from_millis(30)).await;
    }
    assert!(started.elapsed() < Duration::from_secs(2), "bytes that trickle in do not move the deadline");
}

#[tokio::test]
async fn an_idle_connection_outlives_the_head_deadline_and_not_its_own() {
    let server = start(open_app(), short()).await;
    let mut stream = server.connect().await;
    stream.write_all(request("absent.org").as_bytes()).await.unwrap();
    one_answer(&mut stream).await;
    sleep(Duration::from_millis(350)).await;
    stream.write_all(request("absent.org").as_bytes()).await.expect("still open");
    assert!(one_answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    // The second head on a connection has the same deadline as the first.
    stream.write_all(b"POST /").await.unwrap();
    let (_, waited) = until_closed(&mut stream).await;
    assert!(waited < Duration::from_millis(500), "{waited:?}");
    let mut idle = server.connect().await;
    idle.write_all(request("absent.org").as_bytes()).await.unwrap();
    one_answer(&mut idle).await;
    let (_, waited) = until_closed(&mut idle).await;
    assert!(waited >= Duration::from_millis(450) && waited < Duration::from_secs(3), "{waited:?}");
}

#[tokio::test]
async fn a_slow_answer_is_not_cut_by_the_deadlines_of_the_connection() {
    let server = start(open_app(), short()).await;
    let mut stream = server.connect().await;
    stream.write_all(request("slow.org").as_bytes()).await.unwrap();
    assert!(one_answer(&mut stream).await.contains("\"items_count\":2"));
}

#[tokio::test]
async fn work_ends_when_its_client_leaves_or_its_deadline_passes() {
    let mut limits = RequestLimits::default();
    let (app, fake) = app_with(Access::Open, limits.clone());
    let server = start(app, ServerOptions::default()).await;
    let called_off = async |fake: &Fake| {
        while fake.called_off.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let mut client = server.connect().await;
    client.write_all(request("endless.org").as_bytes()).await.unwrap();
    while fake.asked.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    drop(client);
    timeout(Duration::from_secs(20), called_off(&fake)).await.expect("the client left");

    limits.answer_deadline = Duration::from_millis(100);
    let (app, fake) = app_with(Access::Open, limits);
    let server = start(app, ServerOptions::default()).await;
    let mut client = server.connect().await;
    client.write_all(request("endless.org").as_bytes()).await.unwrap();
    assert!(one_answer(&mut client).await.contains("50401"));
    timeout(Duration::from_secs(20), called_off(&fake)).await.expect("the deadline passed");
}

#[tokio::test]
async fn a_body_that_is_too_slow_is_refused_and_the_connection_closed() {
    let mut limits = RequestLimits::default();
    limits.body_deadline = Duration::from_millis(200);
    let server = start(app_with(Access::Open, limits).0, short()).await;
    let mut stream = server.connect().await;
    let head = request("a.org").split('{').next().unwrap().to_owned();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (answer, waited) = until_closed(&mut stream).await;
    assert!(answer.contains("40503") && answer.contains("did not arrive"), "{answer}");
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}

#[tokio::test]
async fn a_long_body_is_refused_before_it_is_sent() {
    let server = start(open_app(), short()).await;
    let mut stream = server.connect().await;
    let head = "POST /v3/backlinks/backlinks/live HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (answer, waited) = until_closed(&mut stream).await;
    assert!(answer.contains("40503") && answer.contains("longer than"), "{answer}");
    assert!(waited < Duration::from_millis(500), "{waited:?}");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = start(open_app(), short()).await;
    let mut stream = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(40 << 10));
    let _ = stream.write_all(head.as_bytes()).await;
    let (answer, _) = until_closed(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    let mut stream = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200));
    stream.write_all(head.as_bytes()).await.unwrap();
    let (answer, _) = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut() {
    let mut options = short();
    options.connections = 1;
    let server = start(open_app(), options).await;
    let mut deaf = server.connect().await;
    let body = r#"{"target":"many.org","limit":1000}"#;
    let request = format!(
        "POST /v3/backlinks/backlinks/live HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // More answers than the buffers of two sockets hold.
    for _ in 0..8 {
        let _ = deaf.write_all(request.as_bytes()).await;
    }
    // The only place is free again when the first client was cut.
    let mut next = server.connect().await;
    next.write_all(crate::connection::request("absent.org").as_bytes()).await.unwrap();
    assert!(one_answer(&mut next).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn connections_over_the_cap_wait_for_a_place() {
    let mut options = short();
    options.connections = 1;
    let server = start(open_app(), options).await;
    let mut first = server.connect().await;
    first.write_all(request("absent.org").as_bytes()).await.unwrap();
    one_answer(&mut first).await;
    let mut second = server.connect().await;
    second.write_all(request("absent.org").as_bytes()).await.unwrap();
    let early = timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "the first connection holds the only place");
    drop(first);
    assert!(one_answer(&mut second).await.contains("20000"));
}

#[tokio::test]
async fn the_end_waits_for_answers_and_not_for_idle_connections() {
    let server = start(open_app(), short()).await;
    let mut idle = server.connect().await;
    idle.write_all(request("absent.org").as_bytes()).await.unwrap();
    one_answer(&mut idle).await;
    let mut busy = server.connect().await;
    busy.write_all(request("slow.org").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let started = Instant::now();
    server.stop.send(()).unwrap();
    let (answer, _) = until_closed(&mut busy).await;
    assert!(answer.contains("\"items_count\":2"), "{answer}");
    timeout(Duration::from_secs(3), server.ended).await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(TcpStream::connect(server.address).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn the_end_does_not_wait_past_its_deadline() {
    let mut options = short();
    options.drain = Duration::from_millis(100);
    let server = start(open_app(), options).await;
    let mut busy = server.connect().await;
    busy.write_all(request("slow.org").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let started = Instant::now();
    server.stop.send(()).unwrap();
    timeout(Duration::from_secs(3), server.ended).await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_millis(300), "{:?}", started.elapsed());
}

#[tokio::test]
async fn before_the_drain_the_server_says_that_it_is_about_to_end_and_still_answers() {
    let mut options = short();
    options.notice = Duration::from_millis(500);
    let running = start(open_app(), options).await;
    let health = |path: &'static str| {
        let address = running.address;
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let (answer, _) = until_closed(&mut stream).await;
            answer.split(' ').nth(1).unwrap().to_owned()
        }
    };
    assert_eq!(health("/health/readyz").await, "200");
    running.stop.send(()).unwrap();
    sleep(Duration::from_millis(50)).await;
    assert_eq!((health("/health/readyz").await, health("/health/livez").await), ("503".to_owned(), "200".to_owned()));
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(request("example.org").as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    timeout(Duration::from_secs(5), running.ended).await.expect("it ends").unwrap();
}
