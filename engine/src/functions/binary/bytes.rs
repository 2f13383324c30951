//! Pieces of bytes: what the string functions of the same names do with characters.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use super::super::columns::{Bytes, binaries, blobs, invalid, longs, numbers};
use super::super::string::target_length;
use super::super::{Call, Overload, Scalar};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["length"],
        description: "The number of bytes",
        overloads: &[Overload::new("(varbinary) -> bigint", length)],
    },
    Scalar {
        names: &["concat"],
        description: "The bytes one after the other",
        overloads: &[Overload::new("(varbinary...) -> varbinary", concat)],
    },
    Scalar {
        names: &["substring", "substr"],
        description: "The rest of the bytes from a position on, which counts from 1, or from the end where it is negative; with the length at most that many bytes",
        overloads: &[
            Overload::new("(varbinary, bigint) -> varbinary", substr),
            Overload::new("(varbinary, bigint, bigint) -> varbinary", substr),
        ],
    },
    Scalar {
        names: &["lpad"],
        description: "Cuts the bytes, or fills them up at their left with the padding, so that they are so many",
        overloads: &[Overload::new("(varbinary, bigint, varbinary) -> varbinary", lpad)],
    },
    Scalar {
        names: &["rpad"],
        description: "Cuts the bytes, or fills them up at their right with the padding, so that they are so many",
        overloads: &[Overload::new("(varbinary, bigint, varbinary) -> varbinary", rpad)],
    },
    Scalar {
        names: &["reverse"],
        description: "The bytes in reverse order",
        overloads: &[Overload::new("(varbinary) -> varbinary", reverse)],
    },
];

fn length(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    numbers(call, |row| Ok(Some(bytes.value(row).len() as i64)))
}

fn concat(call: &Call<'_>) -> Result<ArrayRef> {
    if call.types.len() < 2 {
        return Err(invalid("There must be two or more concatenation arguments"));
    }
    let parts = (0..call.types.len()).map(|argument| binaries(call, argument)).collect::<Result<Vec<_>>>()?;
    blobs(call, |row, out| {
        parts.iter().for_each(|part| out.extend_from_slice(part.value(row)));
        Ok(true)
    })
}

fn substr(call: &Call<'_>) -> Result<ArrayRef> {
    let (bytes, start) = (binaries(call, 0)?, longs(call, 1)?);
    let length = if call.types.len() > 2 { Some(longs(call, 2)?) } else { None };
    blobs(call, |row, out| {
        out.extend_from_slice(piece(bytes.value(row), start.value(row), length.as_ref().map_or(i64::MAX, |n| n.value(row))));
        Ok(true)
    })
}

fn piece(bytes: &[u8], start: i64, length: i64) -> &[u8] {
    let count = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let from = match start {
        0 => None,
        1.. => Some(count - 1),
        _ => bytes.len().checked_sub(count),
    };
    let rest = from.and_then(|from| bytes.get(from..)).unwrap_or_default();
    &rest[..rest.len().min(usize::try_from(length).unwrap_or(0))]
}

fn lpad(call: &Call<'_>) -> Result<ArrayRef> {
    pad(call, true)
}

fn rpad(call: &Call<'_>) -> Result<ArrayRef> {
    pad(call, false)
}

fn pad(call: &Call<'_>, left: bool) -> Result<ArrayRef> {
    let (bytes, target, padding) = (binaries(call, 0)?, longs(call, 1)?, binaries(call, 2)?);
    let fill = |out: &mut Vec<u8>, padding: &Bytes, row: usize, missing: usize| {
        out.extend(padding.value(row).iter().cycle().take(missing));
    };
    blobs(call, |row, out| {
        let target = target_length(target.value(row))?;
        if padding.value(row).is_empty() {
            return Err(invalid("Padding bytes must not be empty"));
        }
        let bytes = bytes.value(row);
        let missing = target.saturating_sub(bytes.len());
        if left {
            fill(out, &padding, row, missing);
        }
        out.extend_from_slice(&bytes[..bytes.len().min(target)]);
        if !left {
            fill(out, &padding, row, missing);
        }
        Ok(true)
    })
}

fn reverse(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    blobs(call, |row, out| {
        out.extend(bytes.value(row).iter().rev());
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        for (start, length, expected) in [
            (1, 2, &b"ab"[..]),
            (2, i64::MAX, b"bc"),
            (-2, 1, b"b"),
            (0, 1, b""),
            (4, 1, b""),
            (5, 1, b""),
            (-4, 1, b""),
            (1, -1, b""),
            (i64::MIN, 1, b""),
        ] {
            assert_eq!(piece(b"abc", start, length), expected, "{start} {length}");
        }
    }
}
