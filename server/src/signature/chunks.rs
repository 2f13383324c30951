//! Signatures of the pieces of a body, each over the one before it ("Signature calculations for the Authorization header:
//! transferring payload in multiple chunks", "... with trailing headers").

use std::fmt;

use aws_sigv4::sign::v4::calculate_signature;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{hexadecimal, sha256};

/// The chain of signatures of one body.
#[derive(Clone)]
pub(crate) struct Chunks {
    key: Vec<u8>,
    stamp: String,
    scope: String,
    previous: String,
    /// Over the present piece.
    hash: Sha256,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("stamp", &self.stamp).field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Chunks {
    /// `seed` is the signature of the request.
    pub(super) fn new(key: &[u8], stamp: String, scope: String, seed: String) -> Self {
        Self { key: key.to_vec(), stamp, scope, previous: seed, hash: Sha256::new() }
    }

    /// More bytes of the present piece.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// Whether `signature` is that of the bytes since the last piece; begins the next.
    pub(crate) fn piece(&mut self, signature: &str) -> bool {
        let hash = hexadecimal(&self.hash.finalize_reset());
        self.check("PAYLOAD", &format!("{}\n{hash}", sha256(b"")), signature)
    }

    /// Whether `signature` is that of the headers behind the body, each as a line `NAME:VALUE\n`.
    pub(crate) fn trailer(&mut self, lines: &str, signature: &str) -> bool {
        self.check("TRAILER", &sha256(lines.as_bytes()), signature)
    }

    fn check(&mut self, what: &str, hashes: &str, signature: &str) -> bool {
        let text = format!("AWS4-HMAC-SHA256-{what}\n{}\n{}\n{}\n{hashes}", self.stamp, self.scope, self.previous);
        self.previous = calculate_signature(&self.key, text.as_bytes());
        self.previous.as_bytes().ct_eq(signature.as_bytes()).into()
    }
}
