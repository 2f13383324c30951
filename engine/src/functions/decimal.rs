//! `+ - * /` of decimals with the precision and scale that they have since Trino's release 477 ("Decimal type: Binary arithmetic
//! decimal operators"): what has more than 38 digits loses some of its scale instead of failing, and quotients have six decimals or
//! more. The operators mean these where the session has `legacy_arithmetic_decimal_operators` off.

use arrow::array::ArrayRef;
use arrow::datatypes::{Decimal128Type, i256};
use datafusion::common::Result;

use super::arithmetic::{binary, decimal, decimal_overflow, product, quotient, scales};
use super::{Call, Overload, Scalar};
use crate::cast::decimal::{fits, ten_to};

const SUM: &str = "(decimal(a, b), decimal(c, d)) -> \
    decimal(min(38, max(a - b, c - d) + max(b, d) + 1), min(max(b, d), 38 - max(a - b, c - d)))";

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$decimal_add"],
        description: "Sum",
        overloads: &[Overload::new(SUM, |call| sum(call, i128::checked_add, i256::checked_add))],
    },
    Scalar {
        names: &["$decimal_subtract"],
        description: "Difference",
        overloads: &[Overload::new(SUM, |call| sum(call, i128::checked_sub, i256::checked_sub))],
    },
    Scalar {
        names: &["$decimal_multiply"],
        description: "Product",
        overloads: &[Overload::new(
            "(decimal(a, b), decimal(c, d)) -> decimal(min(38, a + c), min(b + d, max(38 - (a - b + c - d), min(b + d, 6))))",
            times,
        )],
    },
    Scalar {
        names: &["$decimal_divide"],
        description: "Quotient",
        overloads: &[Overload::new(
            "(decimal(a, b), decimal(c, d)) -> \
                decimal(min(38, a - b + d + max(6, b + c + 1)), min(max(6, b + c + 1), max(38 - (a - b + d), 6)))",
            quotient,
        )],
    },
];

fn sum(call: &Call<'_>, of: fn(i128, i128) -> Option<i128>, wide: fn(i256, i256) -> Option<i256>) -> Result<ArrayRef> {
    let (left, right, result, _) = scales(call);
    let scale = left.max(right);
    if result == scale {
        return decimal(call, of);
    }
    rounded(call, scale - result, |a, b| {
        wide(a.checked_mul(i256::from_i128(ten_to(scale - left)))?, b.checked_mul(i256::from_i128(ten_to(scale - right)))?)
    })
}

fn times(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right, result, _) = scales(call);
    if result == left + right {
        return product(call);
    }
    rounded(call, left + right - result, i256::checked_mul)
}

/// What `of` makes, with so many digits less: halves away from zero.
fn rounded(call: &Call<'_>, digits: u8, of: impl Fn(i256, i256) -> Option<i256>) -> Result<ArrayRef> {
    let (_, _, _, precision) = scales(call);
    // Not more than 38 digits go: no scale is larger, and those of a product leave six.
    let divisor = i256::from_i128(ten_to(digits));
    let half = i256::from_i128(ten_to(digits) / 2);
    binary::<Decimal128Type, Decimal128Type, Decimal128Type>(call, (0, 1), |a, b| {
        let made = of(i256::from_i128(a), i256::from_i128(b)).and_then(|exact| {
            let half = if exact.is_negative() { half.wrapping_neg() } else { half };
            exact.checked_add(half)?.checked_div(divisor)?.to_i128()
        });
        made.filter(|made| fits(*made, precision)).ok_or_else(decimal_overflow)
    })
}
