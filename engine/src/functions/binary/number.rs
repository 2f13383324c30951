//! Numbers as bytes: big-endian integers and IEEE 754 floating point.

use arrow::array::{ArrayRef, ArrowPrimitiveType};
use arrow::datatypes::{Float32Type, Float64Type, Int32Type, Int64Type};
use datafusion::common::Result;

use super::super::columns::{binaries, blobs, invalid, primitive, primitives};
use super::super::{Call, Overload, Scalar};

pub(in super::super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["to_big_endian_32"],
        description: "The integer in four bytes, the greatest first",
        overloads: &[Overload::new("(integer) -> varbinary", |call| to::<Int32Type, 4>(call, i32::to_be_bytes))],
    },
    Scalar {
        names: &["to_big_endian_64"],
        description: "The integer in eight bytes, the greatest first",
        overloads: &[Overload::new("(bigint) -> varbinary", |call| to::<Int64Type, 8>(call, i64::to_be_bytes))],
    },
    Scalar {
        names: &["to_ieee754_32"],
        description: "The number in four bytes by IEEE 754, the greatest first",
        overloads: &[Overload::new("(real) -> varbinary", |call| to::<Float32Type, 4>(call, f32::to_be_bytes))],
    },
    Scalar {
        names: &["to_ieee754_64"],
        description: "The number in eight bytes by IEEE 754, the greatest first",
        overloads: &[Overload::new("(double) -> varbinary", |call| to::<Float64Type, 8>(call, f64::to_be_bytes))],
    },
    Scalar {
        names: &["from_big_endian_32"],
        description: "The integer that four bytes say, the greatest first",
        overloads: &[Overload::new("(varbinary) -> integer", |call| from::<Int32Type, 4>(call, i32::from_be_bytes))],
    },
    Scalar {
        names: &["from_big_endian_64"],
        description: "The integer that eight bytes say, the greatest first",
        overloads: &[Overload::new("(varbinary) -> bigint", |call| from::<Int64Type, 8>(call, i64::from_be_bytes))],
    },
    Scalar {
        names: &["from_ieee754_32"],
        description: "The number that four bytes say by IEEE 754, the greatest first",
        overloads: &[Overload::new("(varbinary) -> real", |call| from::<Float32Type, 4>(call, f32::from_be_bytes))],
    },
    Scalar {
        names: &["from_ieee754_64"],
        description: "The number that eight bytes say by IEEE 754, the greatest first",
        overloads: &[Overload::new("(varbinary) -> double", |call| from::<Float64Type, 8>(call, f64::from_be_bytes))],
    },
];

fn to<P: ArrowPrimitiveType, const N: usize>(call: &Call<'_>, bytes: fn(P::Native) -> [u8; N]) -> Result<ArrayRef> {
    let numbers = primitive::<P>(call, 0)?;
    blobs(call, |row, out| {
        out.extend_from_slice(&bytes(numbers.value(row)));
        Ok(true)
    })
}

fn from<P: ArrowPrimitiveType, const N: usize>(call: &Call<'_>, number: fn([u8; N]) -> P::Native) -> Result<ArrayRef> {
    let bytes = binaries(call, 0)?;
    primitives::<P>(call, |row| match bytes.value(row).try_into() {
        Ok(bytes) => Ok(Some(number(bytes))),
        Err(_) => Err(invalid(format!("expected {N}-byte input, but got {} bytes", bytes.value(row).len()))),
    })
}
