//! `width_bucket`.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use catalog::Result as OurResult;

use super::{invalid, out_of_range};
use crate::functions::{Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["width_bucket"],
    description: "The bucket number of a value given a lower and upper bound and the number of buckets, or their bounds",
    overloads: &[
        Overload::new("(double, double, double, bigint) -> bigint", |call| {
            let doubles = (call.array(0)?, call.array(1)?, call.array(2)?, call.array(3)?);
            let (values, first) = (doubles.0.as_primitive::<Float64Type>(), doubles.1.as_primitive::<Float64Type>());
            let (second, counts) = (doubles.2.as_primitive::<Float64Type>(), doubles.3.as_primitive::<Int64Type>());
            call.bigints(|row| equal(values.value(row), first.value(row), second.value(row), counts.value(row)))
        }),
        Overload::new("(double, array(double)) -> bigint", |call| {
            let (values, lists) = (call.array(0)?, call.array(1)?);
            let (values, lists) = (values.as_primitive::<Float64Type>(), lists.as_list::<i32>());
            call.bigints(|row| {
                let bins = lists.value(row);
                let bins = bins.as_primitive::<Float64Type>();
                if bins.null_count() > 0 {
                    return Err(invalid("bin values cannot be NULL"));
                }
                bounded(values.value(row), bins.values())
            })
        }),
    ],
}];

fn equal(value: f64, first: f64, second: f64, count: i64) -> OurResult<i64> {
    let wrong = if count <= 0 {
        "bucketCount must be greater than 0"
    } else if value.is_nan() {
        "operand must not be NaN"
    } else if !first.is_finite() {
        "first bound must be finite"
    } else if !second.is_finite() {
        "second bound must be finite"
    } else if first == second {
        "bounds cannot equal each other"
    } else {
        let (low, high) = (first.min(second), first.max(second));
        let bucket = if value < low {
            0
        } else if value >= high {
            count.checked_add(1).ok_or_else(|| out_of_range(format!("bucket for value {value} is out of range")))?
        } else {
            (count as f64 * (value - low) / (high - low) + 1.0) as i64
        };
        return Ok(if first > second { count - bucket + 1 } else { bucket });
    };
    Err(invalid(wrong))
}

/// How many bounds, which are in order, are not above the value.
fn bounded(value: f64, bins: &[f64]) -> OurResult<i64> {
    if bins.is_empty() {
        return Err(invalid("bins cannot be an empty array"));
    }
    if value.is_nan() {
        return Err(invalid("operand cannot be NaN"));
    }
    let (mut low, mut high) = (0, bins.len());
    while low < high {
        if bins[low] > bins[high - 1] {
            return Err(invalid("bin values are not sorted in ascending order"));
        }
        let middle = low.midpoint(high);
        if !bins[middle].is_finite() {
            return Err(invalid(format!("bin value must be finite, got {}", bins[middle])));
        }
        if value < bins[middle] { high = middle } else { low = middle + 1 }
    }
    Ok(low as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        for (value, first, second, count, expected) in [
            (3.2, 0.0, 4.0, 3, Some(3)),
            (-1.0, 0.0, 3.2, 4, Some(0)),
            (f64::INFINITY, 0.0, 4.0, 3, Some(4)),
            (3.2, 4.0, 0.0, 3, Some(1)),
            (2.0, 4.0, 0.0, 3, Some(2)),
            (f64::INFINITY, 4.0, 0.0, 3, Some(0)),
            (f64::INFINITY, 4.0, 0.0, i64::MAX, None),
            (3.2, 0.0, 4.0, 0, None),
            (3.2, -1.0, -1.0, 3, None),
            (3.2, f64::NAN, -1.0, 3, None),
        ] {
            assert_eq!(equal(value, first, second, count).ok(), expected, "{value} {first} {second}");
        }
        for (value, bins, expected) in [
            (3.2, &[0.0, 2.0, 4.0][..], Some(2)),
            (3.25, &[0.0], Some(1)),
            (3.25, &[1.0, 0.0, -1.0], None),
            (1.5, &[1.0, 2.3, 2.0], Some(1)),
            (f64::NAN, &[1.0], None),
            (1.0, &[], None),
        ] {
            assert_eq!(bounded(value, bins).ok(), expected, "{value} {bins:?}");
        }
    }
}
