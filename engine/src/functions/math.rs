//! Trino's "Mathematical functions and operators".

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use catalog::{Error, ErrorKind};
use datafusion::common::Result;

use super::{Call, Nulls, Overload, Scalar};
use crate::error::into_datafusion;

pub(super) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["abs"],
    description: "Absolute value",
    overloads: &[
        Overload { signature: "(tinyint) -> tinyint", nulls: Nulls::Null, call: |c| abs::<Int8Type>(c, i8::checked_abs) },
        Overload { signature: "(smallint) -> smallint", nulls: Nulls::Null, call: |c| abs::<Int16Type>(c, i16::checked_abs) },
        Overload { signature: "(integer) -> integer", nulls: Nulls::Null, call: |c| abs::<Int32Type>(c, i32::checked_abs) },
        Overload { signature: "(bigint) -> bigint", nulls: Nulls::Null, call: |c| abs::<Int64Type>(c, i64::checked_abs) },
        Overload { signature: "(real) -> real", nulls: Nulls::Null, call: |c| abs::<Float32Type>(c, |x| Some(x.abs())) },
        Overload { signature: "(double) -> double", nulls: Nulls::Null, call: |c| abs::<Float64Type>(c, |x| Some(x.abs())) },
        Overload {
            signature: "(decimal(p, s)) -> decimal(p, s)",
            nulls: Nulls::Null,
            call: |c| abs::<Decimal128Type>(c, i128::checked_abs),
        },
    ],
}];

fn abs<P: ArrowPrimitiveType>(call: &Call<'_>, of: fn(P::Native) -> Option<P::Native>) -> Result<ArrayRef> {
    let values = call.array(0)?;
    let values: PrimitiveArray<P> = values.as_primitive::<P>().try_unary(|value| of(value).ok_or_else(overflow))?;
    Ok(Arc::new(values.with_data_type(call.result_arrow())))
}

fn overflow() -> datafusion::common::DataFusionError {
    into_datafusion(Error::new(ErrorKind::NumericOutOfRange, "value is out of range for abs"))
}
