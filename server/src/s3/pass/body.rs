//! Bodies on their way to another S3. What goes wrong with one is known at its end at the latest, so its last piece waits for that: S3
//! gets all of a body or keeps nothing of it.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::{Bytes, BytesMut};
use catalog::{Error, Result};
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::aws::Trailers;

/// Bytes of a frame. S3 wants 8 KiB of all but the last. ("Signature calculations: transferring payload in multiple chunks".)
const FRAME: usize = 64 << 10;

/// The body's pieces, each once it is known that the body goes on or ends well.
pub(super) fn held(body: Body) -> BoxStream<'static, Result<Bytes>> {
    let pieces = body.into_data_stream().map_err(broken).try_filter(|piece| std::future::ready(!piece.is_empty()));
    stream::try_unfold((pieces.boxed(), None), |(mut pieces, waiting)| async move {
        let first = match waiting {
            Some(piece) => piece,
            None => match pieces.try_next().await? {
                Some(piece) => piece,
                None => return Ok(None),
            },
        };
        let next = pieces.try_next().await?;
        let rest = if next.is_none() { stream::empty().boxed() } else { pieces };
        Ok(Some((first, (rest, next))))
    })
    .boxed()
}

/// The body in frames, and behind it what came behind the original.
pub(super) fn framed(body: Body, trailers: Trailers) -> BoxStream<'static, Result<Bytes>> {
    let state = Some((held(body), BytesMut::new(), trailers));
    stream::try_unfold(state, |state| async move {
        let Some((mut pieces, mut buffer, mut trailers)) = state else { return Ok(None) };
        while buffer.len() < FRAME {
            let Some(piece) = pieces.try_next().await? else {
                return Ok(Some((end(&buffer, trailers.try_recv().unwrap_or_default()), None)));
            };
            buffer.extend_from_slice(&piece);
        }
        Ok(Some((frame(&buffer), Some((pieces, BytesMut::new(), trailers)))))
    })
    .boxed()
}

/// Makes the headers those of a body in frames.
pub(super) fn announce_frames(headers: &mut HeaderMap) {
    if let Some(length) = headers.remove(header::CONTENT_LENGTH) {
        headers.insert("x-amz-decoded-content-length", length);
    }
    let others = headers.get(header::CONTENT_ENCODING).and_then(|others| others.to_str().ok());
    let encoding = others.and_then(|others| HeaderValue::from_str(&format!("aws-chunked,{others}")).ok());
    headers.insert(header::CONTENT_ENCODING, encoding.unwrap_or(HeaderValue::from_static("aws-chunked")));
}

fn frame(content: &[u8]) -> Bytes {
    if content.is_empty() {
        return Bytes::new();
    }
    [format!("{:x}\r\n", content.len()).as_bytes(), content, b"\r\n"].concat().into()
}

/// The last frame and what comes behind it.
fn end(content: &[u8], trailers: Vec<(HeaderName, String)>) -> Bytes {
    let trailers: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect();
    [&frame(content)[..], b"0\r\n", trailers.as_bytes(), b"\r\n"].concat().into()
}

/// The error of ours that a body ended with; else its sender left.
fn broken(error: axum::Error) -> Error {
    let mut causes = std::iter::successors(Some(&error as &dyn std::error::Error), |cause| (*cause).source());
    match causes.find_map(|cause| cause.downcast_ref::<Error>()) {
        Some(ours) => Error::new(ours.kind(), ours.message()),
        None => Error::invalid(format!("the body could not be read to its end: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use catalog::ErrorKind;
    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    fn body(pieces: &[&str], fails: bool) -> Body {
        let mut pieces: Vec<Result<Bytes>> = pieces.iter().map(|piece| Ok(Bytes::from((*piece).to_owned()))).collect();
        if fails {
            pieces.push(Err(Error::new(ErrorKind::AccessDenied, "not what was signed")));
        }
        Body::from_stream(stream::iter(pieces))
    }

    /// The pieces, and how it ended; nothing in these bodies has to be waited for.
    fn read(body: BoxStream<'static, Result<Bytes>>) -> (Vec<Bytes>, Option<ErrorKind>) {
        let mut pieces = Vec::new();
        let ended = body
            .try_for_each(|piece| {
                std::future::ready({
                    pieces.push(piece);
                    Ok(())
                })
            })
            .now_or_never()
            .unwrap();
        (pieces, ended.err().map(|error| error.kind()))
    }

    #[test]
    fn the_last_piece_waits_for_the_end() {
        assert_eq!(read(held(body(&["a", "", "b"], false))), (vec!["a".into(), "b".into()], None));
        assert_eq!(read(held(body(&["a", "b"], true))), (vec!["a".into()], Some(ErrorKind::AccessDenied)));
        assert_eq!(read(held(body(&["a"], true))), (vec![], Some(ErrorKind::AccessDenied)));
        assert_eq!(read(held(body(&[], false))), (vec![], None));
    }

    #[test]
    fn frames() {
        let of = |pieces: &[&str], trailers: &[(&'static str, &str)]| {
            let (sender, receiver) = oneshot::channel();
            let named = trailers.iter().map(|(name, value)| (HeaderName::from_static(name), (*value).to_owned())).collect();
            sender.send(named).unwrap();
            let (pieces, ended) = read(framed(body(pieces, false), receiver));
            assert_eq!(ended, None);
            String::from_utf8(pieces.concat()).unwrap()
        };
        let sum = ("x-amz-checksum-crc32", "AAAAAA==");
        assert_eq!(of(&["Wiki", "pedia"], &[sum]), "9\r\nWikipedia\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
        assert_eq!(of(&[], &[]), "0\r\n\r\n");
        let long = "x".repeat(FRAME);
        assert_eq!(of(&[&long, "y"], &[]), format!("10000\r\n{long}\r\n1\r\ny\r\n0\r\n\r\n"));
    }

    #[test]
    fn headers_of_frames() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("9"));
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        announce_frames(&mut headers);
        assert_eq!(headers[header::CONTENT_ENCODING], "aws-chunked,gzip");
        assert_eq!(
            (headers.get(header::CONTENT_LENGTH), &headers["x-amz-decoded-content-length"]),
            (None, &"9".parse().unwrap())
        );
    }
}
