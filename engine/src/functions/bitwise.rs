//! Trino's "Bitwise functions".

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::{Call, Overload, Scalar};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["bit_count"],
        description: "Count number of set bits in 2's complement representation",
        overloads: &[Overload::new("(bigint, bigint) -> bigint", |call| {
            let (values, bits) = (call.array(0)?, call.array(1)?);
            let (values, bits) = (values.as_primitive::<Int64Type>(), bits.as_primitive::<Int64Type>());
            call.bigints(|row| bit_count(values.value(row), bits.value(row)))
        })],
    },
    Scalar {
        names: &["bitwise_and"],
        description: "Bitwise AND in 2's complement arithmetic",
        overloads: &[Overload::new(TWO, |call| map_two(call, |a, b| a & b))],
    },
    Scalar {
        names: &["bitwise_or"],
        description: "Bitwise OR in 2's complement arithmetic",
        overloads: &[Overload::new(TWO, |call| map_two(call, |a, b| a | b))],
    },
    Scalar {
        names: &["bitwise_xor"],
        description: "Bitwise XOR in 2's complement arithmetic",
        overloads: &[Overload::new(TWO, |call| map_two(call, |a, b| a ^ b))],
    },
    Scalar {
        names: &["bitwise_not"],
        description: "Bitwise NOT in 2's complement arithmetic",
        overloads: &[Overload::new("(bigint) -> bigint", |call| {
            let values = call.array(0)?;
            Ok(Arc::new(values.as_primitive::<Int64Type>().unary::<_, Int64Type>(|value| !value)))
        })],
    },
    Scalar {
        names: &["bitwise_left_shift"],
        description: "Bitwise left shift",
        overloads: &shifts(
            |c| shift::<Int8Type>(c, |x, by| x.checked_shl(by).unwrap_or(0)),
            |c| shift::<Int16Type>(c, |x, by| x.checked_shl(by).unwrap_or(0)),
            |c| shift::<Int32Type>(c, |x, by| x.checked_shl(by).unwrap_or(0)),
            |c| shift::<Int64Type>(c, |x, by| x.checked_shl(by).unwrap_or(0)),
        ),
    },
    Scalar {
        names: &["bitwise_right_shift"],
        description: "Bitwise logical right shift",
        overloads: &shifts(
            |c| shift::<Int8Type>(c, |x, by| x.cast_unsigned().checked_shr(by).unwrap_or(0).cast_signed()),
            |c| shift::<Int16Type>(c, |x, by| x.cast_unsigned().checked_shr(by).unwrap_or(0).cast_signed()),
            |c| shift::<Int32Type>(c, |x, by| x.cast_unsigned().checked_shr(by).unwrap_or(0).cast_signed()),
            |c| shift::<Int64Type>(c, |x, by| x.cast_unsigned().checked_shr(by).unwrap_or(0).cast_signed()),
        ),
    },
    Scalar {
        names: &["bitwise_right_shift_arithmetic"],
        description: "Bitwise arithmetic right shift",
        overloads: &shifts(
            |c| shift::<Int8Type>(c, |x, by| x >> by.min(7)),
            |c| shift::<Int16Type>(c, |x, by| x >> by.min(15)),
            |c| shift::<Int32Type>(c, |x, by| x >> by.min(31)),
            |c| shift::<Int64Type>(c, |x, by| x >> by.min(63)),
        ),
    },
];

const TWO: &str = "(bigint, bigint) -> bigint";

type Body = fn(&Call<'_>) -> Result<ArrayRef>;

const fn shifts(tiny: Body, small: Body, integer: Body, big: Body) -> [Overload; 4] {
    [
        Overload::new("(tinyint, bigint) -> tinyint", tiny),
        Overload::new("(smallint, bigint) -> smallint", small),
        Overload::new("(integer, bigint) -> integer", integer),
        Overload::new("(bigint, bigint) -> bigint", big),
    ]
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidFunctionArgument, message)
}

fn map_two(call: &Call<'_>, of: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (left, right) = (call.array(0)?, call.array(1)?);
    let (left, right) = (left.as_primitive::<Int64Type>(), right.as_primitive::<Int64Type>());
    call.bigints(|row| Ok(of(left.value(row), right.value(row))))
}

/// `of` the value and by how many bits; more than it has are as many as there can be.
fn shift<P: ArrowPrimitiveType>(call: &Call<'_>, of: fn(P::Native, u32) -> P::Native) -> Result<ArrayRef> {
    let (values, counts) = (call.array(0)?, call.array(1)?);
    let (values, counts) = (values.as_primitive::<P>(), counts.as_primitive::<Int64Type>());
    let shifted = call.each(|row| {
        let count = counts.value(row);
        if count < 0 {
            return Err(invalid("shift must not be negative"));
        }
        Ok(of(values.value(row), u32::try_from(count).unwrap_or(u32::MAX)))
    })?;
    Ok(Arc::new(PrimitiveArray::<P>::from_iter_values(shifted)))
}

fn bit_count(value: i64, bits: i64) -> catalog::Result<i64> {
    if bits == 64 {
        return Ok(value.count_ones().into());
    }
    if !(2..=64).contains(&bits) {
        return Err(invalid(format!("bits specified in bit_count must be between 2 and 64, got {bits}")));
    }
    let limit = 1_i64 << (bits - 1);
    if value >= limit || value < -limit {
        return Err(invalid(format!(
            "number must be representable with the bits specified. {value} cannot be represented with {bits} bits"
        )));
    }
    Ok((value & ((1_i64 << bits) - 1)).count_ones().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_in_so_many() {
        for (value, bits, expected) in [
            (-7, 64, Some(62)),
            (-7, 8, Some(6)),
            (-1, 62, Some(62)),
            (-2_147_483_648, 32, Some(1)),
            (2_147_483_648, 32, None),
            (1, 1, None),
            (1, 65, None),
        ] {
            assert_eq!(bit_count(value, bits).ok(), expected, "{value} {bits}");
        }
    }
}
