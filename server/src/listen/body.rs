//! Bodies of requests that come too slowly, and bodies of answers that hold what lives as long as they do.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use catalog::{Error, ErrorKind};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

/// The bytes that a body has to bring in the time that it has for them.
pub(super) const LEAST: usize = 16 << 10;

/// The body of a request; it fails when it brings neither [`LEAST`] bytes nor its end within `pace`. Time in which nobody reads it does
/// not count against the client.
pub(super) struct Paced {
    body: Incoming,
    pace: Duration,
    waits: Option<Pin<Box<Sleep>>>,
    brought: usize,
}

impl Paced {
    pub(super) fn new(body: Incoming, pace: Duration) -> Self {
        Self { body, pace, waits: None, brought: 0 }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some(Ok(frame)) = &frame {
                this.brought += frame.data_ref().map_or(0, Bytes::len);
            }
            if this.brought >= LEAST {
                (this.brought, this.waits) = (0, None);
            }
            return Poll::Ready(
                frame.map(|frame| {
                    frame.map_err(|error| Error::invalid(format!("the body ended early: {error}")).caused_by(error))
                }),
            );
        }
        let waits = this.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + this.pace)));
        ready!(waits.as_mut().poll(cx));
        Poll::Ready(Some(Err(Error::new(ErrorKind::TimedOut, "the body of the request comes too slowly"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, and what is given up with it.
pub(super) struct Held<B, H> {
    pub(super) body: B,
    pub(super) _held: H,
}

impl<B: Body + Unpin, H: Unpin> Body for Held<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
