//! The accept loop: bounded connections, patient to a point, and drained at the end.
//!
//! Not `axum::serve`, which sets no timer: a half-sent head would hold a connection for ever.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::app::App;
use crate::patience::{Patient, Phase};
use crate::router::router;

/// hyper takes no smaller buffer.
const SMALLEST_BUFFER: usize = 8 << 10;

/// Bounds of the connections. The bounds of one request are [`RequestLimits`](crate::RequestLimits).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerOptions {
    /// Open connections; more wait in the operating system's queue.
    pub connections: usize,
    /// From the first byte of a request's head to its last.
    pub head_timeout: Duration,
    /// Between two requests of a connection.
    pub idle_timeout: Duration,
    /// How long a client may not read while there is something to send.
    pub write_timeout: Duration,
    /// Bytes of a head.
    pub head_bytes: usize,
    /// Header lines.
    pub headers: usize,
    /// How long requests are still accepted after the shutdown signal, while `/health/readyz` says
    /// 503, so that a load balancer can look elsewhere first.
    pub notice: Duration,
    /// From the end of that to the end of the last connection.
    pub drain: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            connections: 1024,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_secs(30),
            head_bytes: 32 << 10,
            headers: 100,
            notice: Duration::ZERO,
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves until `shutdown` is ready; then gives [notice](ServerOptions::notice), accepts nothing more, lets every request that has begun
/// come to its end within [`ServerOptions::drain`], and returns.
pub async fn serve(
    listener: TcpListener,
    app: App,
    options: ServerOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let routes = router(app.clone());
    let places = Arc::new(Semaphore::new(options.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let shutdown = async {
        shutdown.await;
        app.drain();
        tokio::time::sleep(options.notice).await;
    };
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, place) = accept(&listener, &places) => {
                let watcher = graceful.watcher();
                connections.spawn(connection(stream, place, routes.clone(), options.clone(), watcher));
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    tracing::info!(connections.count = graceful.count(), "draining");
    if tokio::time::timeout(options.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(drain.seconds = options.drain.as_secs(), "connections were cut at the end of the drain");
    }
    connections.shutdown().await;
    Ok(())
}

/// The next connection, once there is a place for it. Errors pass: they are the peer's, or the
/// system is out of something for a while.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            // Nobody closes this semaphore.
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::warn!(error = %error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One connection to its end; it holds its place as long.
async fn connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    routes: Router,
    options: ServerOptions,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _place = place;
    // Without it an answer in two segments may wait for an acknowledgement; with an error it only does that.
    let _ = stream.set_nodelay(true);
    let phase = Phase::new();
    let io = Patient::new(TokioIo::new(stream), phase.clone(), options.head_timeout, options.write_timeout);
    let service = service_fn(move |request: Request<Incoming>| {
        phase.serving();
        let (phase, routes) = (phase.clone(), routes.clone());
        async move {
            let answer = routes.oneshot(request).await;
            phase.answered();
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.idle_timeout)
        .max_header_size(options.head_bytes)
        .max_buf_size(options.head_bytes.max(SMALLEST_BUFFER))
        .max_headers(options.headers);
    if let Err(error) = watcher.watch(builder.serve_connection(io, service)).await {
        tracing::debug!(error = %error, "a connection ended early");
    }
}
