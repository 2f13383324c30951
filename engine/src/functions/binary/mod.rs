//! Trino's "Binary functions and operators": texts of bytes, hashes, numbers in bytes, pieces of bytes.

mod bytes;
mod encode;
mod hash;
pub(super) mod murmur3;
mod number;
mod spooky;

pub(super) use bytes::FUNCTIONS as BYTES;
pub(super) use encode::FUNCTIONS as ENCODINGS;
pub(super) use hash::FUNCTIONS as HASHES;
pub(super) use number::FUNCTIONS as NUMBERS;
