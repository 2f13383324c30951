//! A client's bytes under a clock: the head of a request has to be there soon after its first byte, and an answer has to be taken.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How often a request of this connection began to be answered, and how often that ended: odd while one is. Clones are about the same
/// connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Busy(Arc<AtomicU64>);

/// A request is being answered as long as this lives.
pub(super) struct Answering(Busy);

impl Busy {
    pub(super) fn begin(&self) -> Answering {
        self.0.fetch_add(1, Relaxed);
        Answering(self.clone())
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Relaxed);
    }
}

/// A connection that fails with `TimedOut`.
pub(super) struct Timed<S> {
    stream: S,
    busy: Busy,
    /// For a head, from its first byte on.
    head: Duration,
    /// For the next bytes to be taken.
    pace: Duration,
    /// The head that has begun, with the count of `busy` at its beginning.
    heading: Option<(u64, Pin<Box<Sleep>>)>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Timed<S> {
    pub(super) fn new(stream: S, busy: Busy, head: Duration, pace: Duration) -> Self {
        Self { stream, busy, head, pace, heading: None, writing: None }
    }

    /// Makes a write that waits too long an error.
    fn taken<T>(&mut self, cx: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let pace = self.pace;
        let waits = self.writing.get_or_insert_with(|| sleep(pace));
        waits.as_mut().poll(cx).map(|()| Err(Error::new(ErrorKind::TimedOut, "the client does not take its answer")))
    }
}

fn sleep(time: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep_until(Instant::now() + time))
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let count = this.busy.0.load(Relaxed);
        // What is read while a request is answered is its body; once it was answered its head is long complete.
        this.heading.take_if(|(begun, _)| *begun != count);
        if let Some((_, heading)) = &mut this.heading
            && heading.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the head of a request came too slowly")));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if count.is_multiple_of(2) && this.heading.is_none() && buffer.filled().len() > before {
            // It is polled by the next read, which follows unless the head is complete.
            this.heading = Some((count, sleep(this.head)));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.taken(cx, written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.taken(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.taken(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.taken(cx, ended)
    }
}
