//! What is asked of a variant ("VARIANT functions and operators").

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::Int64Type;
use catalog::{Error, ErrorKind};
use datafusion::common::Result;
use parquet_variant::Variant;

use super::{Call, Overload, Scalar};
use crate::error::into_datafusion;
use crate::types::variant::{Column, Variants, kind};

pub(super) const FUNCTIONS: &[Scalar] = &[
    Scalar {
        names: &["$element"],
        description: "The element of an array at a place, the member of an object with a name",
        overloads: &[
            Overload::new("(variant, bigint) -> variant", element),
            Overload::new("(variant, varchar) -> variant", member),
        ],
    },
    Scalar {
        names: &["variant_is_null"],
        description: "Whether a variant is the variant null, which is not NULL",
        overloads: &[Overload::new("(variant) -> boolean", is_null)],
    },
];

fn is_null(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let variants = Variants::of(&array).map_err(into_datafusion)?;
    let rows = (0..call.rows).map(|row| Ok(variants.get(row)?.map(|variant| matches!(variant, Variant::Null))));
    let rows = rows.collect::<catalog::Result<BooleanArray>>().map_err(into_datafusion)?;
    Ok(Arc::new(rows))
}

fn element(call: &Call<'_>) -> Result<ArrayRef> {
    let places = call.array(1)?;
    let places = places.as_primitive::<Int64Type>();
    parts(call, |variant, row| {
        let Variant::List(items) = &variant else { return Err(wrong(&variant, "an array")) };
        let (place, length) = (places.value(row), items.len());
        match place {
            0 => Err(invalid("VARIANT array indices start at 1".to_string())),
            ..0 => Err(invalid(format!("VARIANT array subscript is negative: {place}"))),
            _ => usize::try_from(place).ok().and_then(|place| items.get(place - 1)).map(Some).ok_or_else(|| {
                invalid(format!("VARIANT array subscript must be less than or equal to array length: {place} > {length}"))
            }),
        }
    })
}

fn member(call: &Call<'_>) -> Result<ArrayRef> {
    let names = call.array(1)?;
    let names = names.as_string_view();
    parts(call, |variant, row| match &variant {
        Variant::Object(members) => Ok(members.get(names.value(row))),
        other => Err(wrong(other, "an object")),
    })
}

/// A part of each variant; NULL where there is none.
fn parts<'p>(
    call: &Call<'_>,
    part: impl for<'a> Fn(Variant<'a, 'a>, usize) -> catalog::Result<Option<Variant<'a, 'a>>> + 'p,
) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let valid = call.valid();
    let made = || {
        let variants = Variants::of(&array)?;
        let mut column = Column::new(call.rows);
        for row in 0..call.rows {
            let live = valid.as_ref().is_none_or(|valid| valid.is_valid(row));
            let variant = if live { variants.get(row)? } else { None };
            match variant.map(|variant| part(variant, row)).transpose()?.flatten() {
                None => column.null(),
                Some(variant) => column.copy(variant)?,
            }
        }
        column.finish()
    };
    made().map_err(into_datafusion)
}

fn wrong(variant: &Variant<'_, '_>, wanted: &str) -> Error {
    invalid(format!("VARIANT value is {}, not {wanted}", kind(variant)))
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidFunctionArgument, message)
}
