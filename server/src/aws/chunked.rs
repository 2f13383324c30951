//! Bodies in the encoding `aws-chunked`: pieces with their length in hexadecimal before them, perhaps signed one by one, and checksums
//! behind the last. ("Signature calculations for the Authorization header: transferring payload in multiple chunks".)

use std::pin::Pin;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, header};
use bytes::{Buf, Bytes, BytesMut};
use catalog::{Error, ErrorKind, Result};
use futures::stream::{self, Stream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::oneshot;

use crate::signature::Chunks;

/// The longest line between pieces: a length and a signature, or a checksum.
const LONGEST_LINE: usize = 1024;

/// Whether a request's body is encoded so.
pub(crate) fn is_chunked(headers: &HeaderMap) -> bool {
    let hash = headers.get("x-amz-content-sha256").map(|hash| hash.as_bytes());
    hash.is_some_and(|hash| hash.starts_with(b"STREAMING-"))
}

/// What came behind the last piece, once the body was read to its end.
pub(crate) type Trailers = oneshot::Receiver<Vec<(HeaderName, String)>>;

/// The bytes that the encoding carries. The headers change to those of a plain body of that length.
///
/// A body that is not as the encoding has it, or of another length than `x-amz-decoded-content-length`, ends with an error; so does one
/// with a piece that does not have its signature in `chunks` (`AccessDenied`).
pub(crate) fn decode(headers: &mut HeaderMap, body: Body, chunks: Option<Chunks>) -> (Body, Option<Trailers>) {
    let length = headers.remove("x-amz-decoded-content-length");
    let expected = length.as_ref().and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    headers.remove(header::CONTENT_LENGTH);
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    unname(headers);
    let (sender, trailers) = oneshot::channel();
    let source = body.into_data_stream().map_err(|error| Error::invalid(format!("the body ended early: {error}"))).boxed();
    let decoder = Decoder {
        source,
        buffer: BytesMut::new(),
        left: 0,
        decoded: 0,
        expected,
        trailers: Some(sender),
        chunks,
        signature: String::new(),
    };
    let pieces =
        stream::try_unfold(
            decoder,
            |mut decoder| async move { Ok::<_, Error>(decoder.next().await?.map(|piece| (piece, decoder))) },
        );
    (Body::from_stream(pieces), Some(trailers))
}

/// `aws-chunked` is how the body came, not what the object has.
fn unname(headers: &mut HeaderMap) {
    let Some(encodings) = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()) else { return };
    let kept: Vec<&str> = encodings.split(',').map(str::trim).filter(|name| !matches!(*name, "" | "aws-chunked")).collect();
    match kept.join(", ").parse() {
        Ok(value) if !kept.is_empty() => _ = headers.insert(header::CONTENT_ENCODING, value),
        _ => _ = headers.remove(header::CONTENT_ENCODING),
    }
}

struct Decoder {
    source: Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>,
    buffer: BytesMut,
    /// Bytes of the present piece that are still to come.
    left: u64,
    decoded: u64,
    expected: Option<u64>,
    /// Taken when the last piece was read.
    trailers: Option<oneshot::Sender<Vec<(HeaderName, String)>>>,
    /// Present where the pieces are signed and that matters.
    chunks: Option<Chunks>,
    /// What the present piece says its signature is.
    signature: String,
}

impl Decoder {
    /// The next bytes; `None` behind the last piece.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.left == 0 {
            if self.trailers.is_none() {
                return Ok(None);
            }
            if self.decoded > 0 {
                self.empty_line().await?;
            }
            let line = self.line().await?;
            let (length, extension) = line.split_once(';').unwrap_or((&line, ""));
            let length = length.trim();
            self.left = u64::from_str_radix(length, 16).map_err(|_| malformed(&format!("'{length}' is no length of a piece")))?;
            self.signature = extension.trim().strip_prefix("chunk-signature=").unwrap_or_default().to_owned();
            if self.left == 0 {
                self.signed()?;
                return self.end().await.map(|()| None);
            }
        }
        if self.buffer.is_empty() {
            self.more().await?;
        }
        let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.buffer.len());
        let piece = self.buffer.split_to(here).freeze();
        self.left -= here as u64;
        self.decoded += here as u64;
        if let Some(chunks) = &mut self.chunks {
            chunks.update(&piece);
        }
        if self.left == 0 {
            self.signed()?;
        }
        Ok(Some(piece))
    }

    /// Checks the signature of the piece that has been read.
    fn signed(&mut self) -> Result<()> {
        let good = self.chunks.as_mut().is_none_or(|chunks| chunks.piece(&self.signature));
        if good { Ok(()) } else { Err(unsigned("a piece of the body")) }
    }

    /// Reads what is behind the last piece. A sender that ends there without an empty line is understood too.
    async fn end(&mut self) -> Result<()> {
        if self.expected.is_some_and(|expected| expected != self.decoded) {
            return Err(malformed("its length is not the one in x-amz-decoded-content-length"));
        }
        let (mut found, mut signed, mut signature) = (Vec::new(), String::new(), String::new());
        while let Ok(line) = self.line().await {
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed("a trailing header has no ':'"))?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            if name == "x-amz-trailer-signature" {
                signature = value;
                continue;
            }
            signed.push_str(&format!("{name}:{value}\n"));
            found.push((name.parse().map_err(|_| malformed("a trailing header has no name"))?, value));
        }
        if let Some(chunks) = self.chunks.as_mut().filter(|_| !found.is_empty())
            && !chunks.trailer(&signed, &signature)
        {
            return Err(unsigned("what is behind the body"));
        }
        if let Some(trailers) = self.trailers.take() {
            // Whoever does not wait for them does not need them.
            let _ = trailers.send(found);
        }
        Ok(())
    }

    async fn line(&mut self) -> Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                return String::from_utf8(line.to_vec()).map_err(|_| malformed("a line is not text"));
            }
            if self.buffer.len() > LONGEST_LINE {
                return Err(malformed("a line is too long"));
            }
            self.more().await?;
        }
    }

    async fn empty_line(&mut self) -> Result<()> {
        match self.line().await?.is_empty() {
            true => Ok(()),
            false => Err(malformed("a piece is longer than its length")),
        }
    }

    async fn more(&mut self) -> Result<()> {
        match self.source.next().await {
            Some(bytes) => self.buffer.extend_from_slice(&bytes?),
            None => return Err(malformed("it ended early")),
        }
        Ok(())
    }
}

fn unsigned(what: &str) -> Error {
    Error::new(ErrorKind::AccessDenied, format!("the signature of {what} does not match the signature you provided"))
}

fn malformed(why: &str) -> Error {
    Error::invalid(format!("the body is not in the encoding aws-chunked: {why}"))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn decoded(pieces: &[&str], length: &str) -> (std::result::Result<Bytes, axum::Error>, Vec<(HeaderName, String)>) {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-decoded-content-length", length.parse().unwrap());
        headers.insert(header::CONTENT_ENCODING, "aws-chunked, gzip".parse().unwrap());
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, Error>(Bytes::from((*piece).to_owned()))).collect();
        let (body, trailers) = decode(&mut headers, Body::from_stream(stream::iter(pieces)), None);
        assert_eq!(
            (&headers[header::CONTENT_ENCODING], &headers[header::CONTENT_LENGTH]),
            (&"gzip".parse().unwrap(), &length.parse().unwrap())
        );
        let body = to_bytes(body, usize::MAX).await;
        (body, trailers.unwrap().await.unwrap_or_default())
    }

    #[tokio::test]
    async fn pieces_are_joined_however_they_arrive() {
        let whole = "4;chunk-signature=ab\r\nWiki\r\n6;chunk-signature=cd\r\npedia \r\n0;chunk-signature=ef\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        let bytes: Vec<String> = whole.chars().map(String::from).collect();
        let single: Vec<&str> = bytes.iter().map(String::as_str).collect();
        for pieces in [vec![whole], single] {
            let (body, trailers) = decoded(&pieces, "10").await;
            assert_eq!(body.unwrap(), "Wikipedia ");
            assert_eq!(trailers, [("x-amz-checksum-crc32".parse().unwrap(), "AAAAAA==".to_owned())]);
        }
        assert_eq!(decoded(&["0\r\n\r\n"], "0").await.0.unwrap(), "");
        assert_eq!(decoded(&["3\r\nabc\r\n0\r\n"], "3").await.0.unwrap(), "abc");
    }

    #[tokio::test]
    async fn what_is_not_so_is_an_error() {
        for (pieces, length) in [
            ("4\r\nWi", "4"),
            ("4\r\nWiki\r\n", "4"),
            ("4\r\nWiki\r\n0\r\n\r\n", "5"),
            ("3\r\nWiki\r\n0\r\n\r\n", "4"),
            ("x\r\n", "1"),
            ("", "0"),
        ] {
            assert!(decoded(&[pieces], length).await.0.is_err(), "{pieces:?}");
        }
    }
}
