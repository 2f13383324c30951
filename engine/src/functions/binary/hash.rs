//! Hashes and checksums of bytes.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use twox_hash::XxHash64;

use super::super::columns::{binaries, blobs, invalid, numbers};
use super::super::{Call, Overload, Scalar};
use super::{murmur3, spooky};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    hash(&["md5"], "The MD5 hash", &[Overload::new(SIGNATURE, digest::<Md5>)]),
    hash(&["sha1"], "The SHA-1 hash", &[Overload::new(SIGNATURE, digest::<Sha1>)]),
    hash(&["sha256"], "The SHA-256 hash", &[Overload::new(SIGNATURE, digest::<Sha256>)]),
    hash(&["sha512"], "The SHA-512 hash", &[Overload::new(SIGNATURE, digest::<Sha512>)]),
    hash(&["xxhash64"], "The xxHash64 hash", &[Overload::new(SIGNATURE, xxhash64)]),
    hash(&["murmur3"], "The 128 bits of the MurmurHash3 hash", &[Overload::new(SIGNATURE, murmur)]),
    hash(&["spooky_hash_v2_32"], "The 32 bits of the SpookyHashV2 hash", &[Overload::new(SIGNATURE, spooky_32)]),
    hash(&["spooky_hash_v2_64"], "The 64 bits of the SpookyHashV2 hash", &[Overload::new(SIGNATURE, spooky_64)]),
    hash(&["crc32"], "The CRC-32 checksum", &[Overload::new("(varbinary) -> bigint", crc32)]),
    hash(&["hmac_md5"], "The HMAC with MD5, of bytes and a key", &[Overload::new(KEYED, hmac::<Hmac<Md5>>)]),
    hash(&["hmac_sha1"], "The HMAC with SHA-1, of bytes and a key", &[Overload::new(KEYED, hmac::<Hmac<Sha1>>)]),
    hash(&["hmac_sha256"], "The HMAC with SHA-256, of bytes and a key", &[Overload::new(KEYED, hmac::<Hmac<Sha256>>)]),
    hash(&["hmac_sha512"], "The HMAC with SHA-512, of bytes and a key", &[Overload::new(KEYED, hmac::<Hmac<Sha512>>)]),
];

const SIGNATURE: &str = "(varbinary) -> varbinary";
const KEYED: &str = "(varbinary, varbinary) -> varbinary";

const fn hash(names: &'static [&'static str], description: &'static str, overloads: &'static [Overload]) -> Scalar {
    Scalar { names, description, overloads }
}

fn digest<D: Digest>(call: &Call<'_>) -> Result<ArrayRef> {
    each(call, |bytes, out| out.extend_from_slice(&D::digest(bytes)))
}

fn each(call: &Call<'_>, hash: impl Fn(&[u8], &mut Vec<u8>)) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    blobs(call, |row, out| {
        hash(bytes.value(row), out);
        Ok(true)
    })
}

fn hmac<M: Mac + KeyInit>(call: &Call<'_>) -> Result<ArrayRef> {
    let (bytes, key) = (binaries(call, 0)?, binaries(call, 1)?);
    blobs(call, |row, out| {
        let mut mac = <M as KeyInit>::new_from_slice(key.value(row)).map_err(|error| invalid(error.to_string()))?;
        mac.update(bytes.value(row));
        out.extend_from_slice(&mac.finalize().into_bytes());
        Ok(true)
    })
}

fn xxhash64(call: &Call<'_>) -> Result<ArrayRef> {
    each(call, |bytes, out| out.extend_from_slice(&XxHash64::oneshot(0, bytes).to_be_bytes()))
}

fn murmur(call: &Call<'_>) -> Result<ArrayRef> {
    each(call, |bytes, out| {
        let (high, low) = murmur3::hash(bytes);
        out.extend_from_slice(&high.to_le_bytes());
        out.extend_from_slice(&low.to_le_bytes());
    })
}

fn spooky_32(call: &Call<'_>) -> Result<ArrayRef> {
    each(call, |bytes, out| out.extend_from_slice(&(spooky::hash(bytes, 0, 0).0 as u32).to_be_bytes()))
}

fn spooky_64(call: &Call<'_>) -> Result<ArrayRef> {
    each(call, |bytes, out| out.extend_from_slice(&spooky::hash(bytes, 0, 0).0.to_be_bytes()))
}

fn crc32(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    numbers(call, |row| Ok(Some(crc32fast::hash(bytes.value(row)).into())))
}
