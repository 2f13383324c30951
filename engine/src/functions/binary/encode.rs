//! Bytes as text and back: hexadecimal, base 32, base 64, UTF-8.

use arrow::array::ArrayRef;
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use data_encoding::BASE32;
use datafusion::common::Result;

use super::super::columns::{Bytes, binaries, blobs, invalid, longs, strings, texts};
use super::super::{Call, Overload, Scalar};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["to_hex"],
        description: "The bytes in hexadecimal",
        overloads: &[Overload::new("(varbinary) -> varchar", to_hex)],
    },
    Scalar { names: &["from_hex"], description: "The bytes that the hexadecimal text says", overloads: &FROM_HEX },
    Scalar {
        names: &["to_base32"],
        description: "The bytes in base 32",
        overloads: &[Overload::new("(varbinary) -> varchar", to_base32)],
    },
    Scalar { names: &["from_base32"], description: "The bytes that the text in base 32 says", overloads: &FROM_BASE32 },
    Scalar {
        names: &["to_base64"],
        description: "The bytes in base 64",
        overloads: &[Overload::new("(varbinary) -> varchar", to_base64)],
    },
    Scalar { names: &["from_base64"], description: "The bytes that the text in base 64 says", overloads: &FROM_BASE64 },
    Scalar {
        names: &["to_base64url"],
        description: "The bytes in base 64 with the alphabet for URLs",
        overloads: &[Overload::new("(varbinary) -> varchar", to_base64url)],
    },
    Scalar {
        names: &["from_base64url"],
        description: "The bytes that the text in base 64 with the alphabet for URLs says",
        overloads: &FROM_BASE64URL,
    },
    Scalar {
        names: &["to_utf8"],
        description: "The text in UTF-8",
        overloads: &[Overload::new("(varchar) -> varbinary", to_utf8), Overload::new("(char(x)) -> varbinary", to_utf8)],
    },
    Scalar {
        names: &["from_utf8"],
        description: "The text that the bytes are in UTF-8, with the Unicode replacement character, or another one or none, where they are not",
        overloads: &[
            Overload::new("(varbinary) -> varchar", from_utf8),
            Overload::new("(varbinary, varchar) -> varchar", from_utf8_with_text),
            Overload::new("(varbinary, bigint) -> varchar", from_utf8_with_code),
        ],
    },
];

const FROM_HEX: [Overload; 2] = decoder(|call| decode(call, from_hex));
const FROM_BASE32: [Overload; 2] = decoder(|call| decode(call, from_base32));
const FROM_BASE64: [Overload; 2] = decoder(|call| decode(call, |text, out| from_base64(&MIME, text, out)));
const FROM_BASE64URL: [Overload; 2] = decoder(|call| decode(call, |text, out| from_base64(&URL, text, out)));

const fn decoder(call: fn(&Call<'_>) -> Result<ArrayRef>) -> [Overload; 2] {
    [Overload::new("(varchar) -> varbinary", call), Overload::new("(varbinary) -> varbinary", call)]
}

const MIME: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);
/// As Java's decoders: padding may be missing.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Decodes a text, or the bytes of one.
fn decode(call: &Call<'_>, decode: impl Fn(&[u8], &mut Vec<u8>) -> Result<()>) -> Result<ArrayRef> {
    let text = Bytes::of_any(call, 0)?;
    blobs(call, |row, out| decode(text.value(row), out).map(|()| true))
}

fn to_hex(call: &Call<'_>) -> Result<ArrayRef> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = binaries(call, 0)?;
    texts(call, |row, out| {
        for byte in bytes.value(row) {
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Ok(true)
    })
}

fn from_hex(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let digit = |c: u8| char::from(c).to_digit(16).ok_or_else(|| invalid(format!("Invalid hex character: {}", char::from(c))));
    if text.len() % 2 == 1 {
        return Err(invalid(format!("Invalid input length {}", text.len())));
    }
    for pair in text.chunks_exact(2) {
        out.push((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    }
    Ok(())
}

fn to_base32(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    texts(call, |row, out| {
        out.push_str(&BASE32.encode(bytes.value(row)));
        Ok(true)
    })
}

/// As Guava's decoder, which Trino uses: padding at the end is left away first, whatever there is of it.
fn from_base32(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let length = text.iter().rposition(|c| *c != b'=').map_or(0, |last| last + 1);
    let text = &text[..length];
    if matches!(length % 8, 1 | 3 | 6) {
        return Err(invalid(format!("Invalid input length {length}")));
    }
    if let Some(odd) = text.iter().find(|c| !matches!(c, b'A'..=b'Z' | b'2'..=b'7')) {
        return Err(invalid(format!("Unrecognized character: {}", char::from(*odd))));
    }
    let mut padded = text.to_vec();
    padded.resize(length.next_multiple_of(8), b'=');
    out.extend(BASE32.decode(&padded).map_err(|error| invalid(error.to_string()))?);
    Ok(())
}

fn to_base64(call: &Call<'_>) -> Result<ArrayRef> {
    base64(call, &MIME)
}

fn to_base64url(call: &Call<'_>) -> Result<ArrayRef> {
    base64(call, &URL)
}

fn base64(call: &Call<'_>, engine: &GeneralPurpose) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    let mut encoded = String::new();
    texts(call, |row, out| {
        encoded.clear();
        engine.encode_string(bytes.value(row), &mut encoded);
        out.push_str(&encoded);
        Ok(true)
    })
}

fn from_base64(engine: &GeneralPurpose, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    engine.decode_vec(text, out).map_err(|error| invalid(format!("the text is not in base 64: {error}")))
}

fn to_utf8(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 0)?;
    blobs(call, |row, out| {
        out.extend_from_slice(text.value(row).as_bytes());
        Ok(true)
    })
}

fn from_utf8(call: &Call<'_>) -> Result<ArrayRef> {
    repaired(call, |_| Ok(Some(char::REPLACEMENT_CHARACTER)))
}

fn from_utf8_with_text(call: &Call<'_>) -> Result<ArrayRef> {
    let text = strings(call, 1)?;
    repaired(call, |row| {
        let mut chars = text.value(row).chars();
        match (chars.next(), chars.next()) {
            (first, None) => Ok(first),
            _ => Err(invalid("Replacement character string must empty or a single character")),
        }
    })
}

fn from_utf8_with_code(call: &Call<'_>) -> Result<ArrayRef> {
    let code = longs(call, 1)?;
    repaired(call, |row| match u32::try_from(code.value(row)).ok().and_then(char::from_u32) {
        Some(c) => Ok(Some(c)),
        None => Err(invalid("Invalid replacement character")),
    })
}

/// The bytes as text; where they are no UTF-8 there is the replacement of the row, if it has one.
fn repaired(call: &Call<'_>, replacement: impl Fn(usize) -> Result<Option<char>>) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    texts(call, |row, out| {
        let replacement = replacement(row)?;
        for chunk in bytes.value(row).utf8_chunks() {
            out.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                replacement.into_iter().for_each(|c| out.push(c));
            }
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(decode: impl Fn(&[u8], &mut Vec<u8>) -> Result<()>, text: &str) -> Option<Vec<u8>> {
        let mut out = vec![];
        decode(text.as_bytes(), &mut out).ok().map(|()| out)
    }

    #[test]
    fn texts_of_bytes() {
        for (text, expected) in [("617a6F", Some(&b"azo"[..])), ("", Some(b"")), ("f", None), ("fG", None), ("f/", None)] {
            assert_eq!(decoded(from_hex, text).as_deref(), expected, "{text}");
        }
        for (text, expected) in
            [("ME======", Some(&b"a"[..])), ("ME", Some(b"a")), ("1=", None), ("M1======", None), ("", Some(b""))]
        {
            assert_eq!(decoded(from_base32, text).as_deref(), expected, "{text}");
        }
        for (text, expected) in [("YQ==", Some(&b"a"[..])), ("YQ", Some(b"a")), ("_-", None), ("*", None)] {
            assert_eq!(decoded(|text, out| from_base64(&MIME, text, out), text).as_deref(), expected, "{text}");
        }
    }
}
