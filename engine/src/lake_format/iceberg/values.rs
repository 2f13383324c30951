//! Values that Iceberg's metadata holds: of partitions, and bounds of columns.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use iceberg::spec::{Datum, Literal, PrimitiveLiteral, PrimitiveType};

use crate::lake_format::ColumnBounds;
use crate::scan::fitted;

/// A literal of the type `written`, as Arrow has it; `None` where the two do not go together.
pub(super) fn scalar(written: &PrimitiveType, literal: &PrimitiveLiteral) -> Option<ScalarValue> {
    use PrimitiveLiteral as L;
    use PrimitiveType as T;
    Some(match (written, literal) {
        (T::Boolean, L::Boolean(value)) => ScalarValue::Boolean(Some(*value)),
        (T::Int, L::Int(value)) => ScalarValue::Int32(Some(*value)),
        (T::Long, L::Long(value)) => ScalarValue::Int64(Some(*value)),
        (T::Long, L::Int(value)) => ScalarValue::Int64(Some(i64::from(*value))),
        (T::Float, L::Float(value)) => ScalarValue::Float32(Some(value.0)),
        (T::Double, L::Double(value)) => ScalarValue::Float64(Some(value.0)),
        (T::Double, L::Float(value)) => ScalarValue::Float64(Some(f64::from(value.0))),
        (T::Decimal { precision, scale }, L::Int128(value)) => {
            ScalarValue::Decimal128(Some(*value), u8::try_from(*precision).ok()?, i8::try_from(*scale).ok()?)
        }
        (T::Date, L::Int(value)) => ScalarValue::Date32(Some(*value)),
        (T::Time, L::Long(value)) => ScalarValue::Time64Microsecond(Some(*value)),
        (T::Timestamp, L::Long(value)) => ScalarValue::TimestampMicrosecond(Some(*value), None),
        (T::Timestamptz, L::Long(value)) => ScalarValue::TimestampMicrosecond(Some(*value), Some("UTC".into())),
        (T::String, L::String(value)) => ScalarValue::Utf8View(Some(value.clone())),
        (T::Uuid, L::UInt128(value)) => ScalarValue::FixedSizeBinary(16, Some(value.to_be_bytes().to_vec())),
        (T::Fixed(_) | T::Binary, L::Binary(value)) => ScalarValue::Binary(Some(value.clone())),
        _ => return None,
    })
}

/// A partition's value as one of the column's type; NULL where the partition has none.
pub(super) fn constant(written: &PrimitiveType, value: Option<&Literal>, to: &DataType) -> Option<ScalarValue> {
    match value {
        None => ScalarValue::try_from(to).ok(),
        Some(Literal::Primitive(literal)) => fitted(&scalar(written, literal)?, to).ok(),
        Some(_) => None,
    }
}

/// A bound as one of the column's type; NULL where it cannot be compared with.
pub(super) fn bound(datum: Option<&Datum>, to: &DataType) -> ScalarValue {
    let value = datum.and_then(|datum| scalar(datum.data_type(), datum.literal()));
    value.and_then(|value| fitted(&value, to).ok()).unwrap_or(ScalarValue::Null)
}

/// What a file knows of a column. Floating numbers may hold NaN, which bounds do not tell: one that is different from every other.
pub(super) fn bounds(low: Option<&Datum>, high: Option<&Datum>, nulls: Option<u64>, to: &DataType) -> ColumnBounds {
    let (min, max) = (bound(low, to), bound(high, to));
    if to.is_floating() && min == max {
        return ColumnBounds { min: ScalarValue::Null, max: ScalarValue::Null, nulls };
    }
    ColumnBounds { min, max, nulls }
}
