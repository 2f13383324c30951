//! `random` and `rand`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type};
use datafusion::common::Result;

use super::invalid;
use crate::functions::{Call, Overload, Scalar};

pub(in crate::functions) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["random", "rand"],
    description: "A pseudo-random number, 0 <= x < 1 or between the arguments",
    overloads: &[
        Overload::new("() -> double", |call| {
            Ok(Arc::new(Float64Array::from_iter_values((0..call.rows).map(|_| fastrand::f64()))))
        }),
        Overload::new("(tinyint) -> tinyint", below::<Int8Type>),
        Overload::new("(smallint) -> smallint", below::<Int16Type>),
        Overload::new("(integer) -> integer", below::<Int32Type>),
        Overload::new("(bigint) -> bigint", below::<Int64Type>),
        Overload::new("(tinyint, tinyint) -> tinyint", between::<Int8Type>),
        Overload::new("(smallint, smallint) -> smallint", between::<Int16Type>),
        Overload::new("(integer, integer) -> integer", between::<Int32Type>),
        Overload::new("(bigint, bigint) -> bigint", between::<Int64Type>),
    ],
}];

fn below<P: ArrowPrimitiveType<Native: Into<i64> + TryFrom<i64>>>(call: &Call<'_>) -> Result<ArrayRef> {
    let bounds = call.array(0)?;
    let bounds = bounds.as_primitive::<P>();
    random::<P>(call, |row| {
        let bound: i64 = bounds.value(row).into();
        if bound <= 0 { Err(invalid("bound must be positive")) } else { Ok((0, bound)) }
    })
}

fn between<P: ArrowPrimitiveType<Native: Into<i64> + TryFrom<i64>>>(call: &Call<'_>) -> Result<ArrayRef> {
    let (starts, stops) = (call.array(0)?, call.array(1)?);
    let (starts, stops) = (starts.as_primitive::<P>(), stops.as_primitive::<P>());
    random::<P>(call, |row| {
        let (start, stop): (i64, i64) = (starts.value(row).into(), stops.value(row).into());
        if start < stop { Ok((start, stop)) } else { Err(invalid("start value must be less than stop value")) }
    })
}

fn random<P: ArrowPrimitiveType<Native: TryFrom<i64>>>(
    call: &Call<'_>,
    bounds: impl Fn(usize) -> catalog::Result<(i64, i64)>,
) -> Result<ArrayRef> {
    let values = call.each(|row| {
        let (start, stop) = bounds(row)?;
        // Between two values of the type, so that it fits.
        Ok(P::Native::try_from(fastrand::i64(start..stop)).unwrap_or_default())
    })?;
    Ok(Arc::new(PrimitiveArray::<P>::from_iter_values(values)))
}
