//! A connection that gives up on a peer who does not go on.
//!
//! hyper's own header timeout also runs while a connection is idle between two requests, so it can
//! bound only one of the two. Here it bounds the idle time, and this wrapper bounds the head of a
//! request (from its first byte; from the start for the first one) and every stall of a write.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Instant, Sleep, sleep_until};

/// Between two requests.
const IDLE: u8 = 0;
/// A head has begun and is not complete.
const HEAD: u8 = 1;
/// A head is complete; the request is being answered.
const SERVING: u8 = 2;

/// Where a connection is between its requests; shared by its transport and its service.
#[derive(Debug, Clone)]
pub(crate) struct Phase(Arc<AtomicU8>);

impl Phase {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(HEAD)))
    }

    /// The head of a request is complete.
    pub(crate) fn serving(&self) {
        self.0.store(SERVING, Ordering::Relaxed);
    }

    /// The answer is there; the next bytes begin another request.
    pub(crate) fn answered(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }
}

/// A transport with deadlines.
#[derive(Debug)]
pub(crate) struct Patient<T> {
    inner: T,
    phase: Phase,
    head_timeout: Duration,
    head: Pin<Box<Sleep>>,
    write_timeout: Duration,
    write: Pin<Box<Sleep>>,
    write_stalls: bool,
}

impl<T> Patient<T> {
    pub(crate) fn new(inner: T, phase: Phase, head_timeout: Duration, write_timeout: Duration) -> Self {
        let head = Box::pin(sleep_until(Instant::now() + head_timeout));
        let write = Box::pin(sleep_until(Instant::now() + write_timeout));
        Self { inner, phase, head_timeout, head, write_timeout, write, write_stalls: false }
    }

    /// Lets a pending write go on, or ends it when it has stalled for too long.
    fn judge_write<R>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.write_stalls = false;
            return written;
        }
        if !self.write_stalls {
            self.write_stalls = true;
            self.write.as_mut().reset(Instant::now() + self.write_timeout);
        }
        ready!(self.write.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer does not read")))
    }
}

impl<T: Read + Unpin> Read for Patient<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        let phase = this.phase.0.load(Ordering::Relaxed);
        if read.is_ready() {
            if phase == IDLE {
                this.phase.0.store(HEAD, Ordering::Relaxed);
                this.head.as_mut().reset(Instant::now() + this.head_timeout);
            }
            return read;
        }
        if phase == HEAD && this.head.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the head of the request is too slow")));
        }
        Poll::Pending
    }
}

impl<T: Write + Unpin> Write for Patient<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.judge_write(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.judge_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.inner).poll_flush(cx);
        this.judge_write(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.judge_write(cx, shut)
    }
}
