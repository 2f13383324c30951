//! What the value of a transform says of the column that it was made of ("Partition Transforms"): partitions are hidden, filters
//! are on the columns.

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use iceberg::spec::{PrimitiveLiteral, Transform};

const MICROS_OF_HOUR: i64 = 3_600_000_000;
const MICROS_OF_DAY: i64 = 24 * MICROS_OF_HOUR;

/// The least and the greatest value that a column of the type `column` has where the transform gives `low` to `high`; NULL where
/// nothing is known of it.
pub(super) fn range(
    transform: Transform,
    low: Option<&PrimitiveLiteral>,
    high: Option<&PrimitiveLiteral>,
    column: &DataType,
) -> (ScalarValue, ScalarValue) {
    let least = low.and_then(|low| least(transform, low, column));
    let greatest = high.and_then(|high| greatest(transform, high, column));
    (least.unwrap_or(ScalarValue::Null), greatest.unwrap_or(ScalarValue::Null))
}

fn least(transform: Transform, value: &PrimitiveLiteral, column: &DataType) -> Option<ScalarValue> {
    match (transform, value) {
        (Transform::Truncate(_), PrimitiveLiteral::String(prefix)) if *column == DataType::Utf8View => {
            Some(ScalarValue::Utf8View(Some(prefix.clone())))
        }
        (Transform::Truncate(_), _) => whole(integer(value)?, column),
        _ => instant(start(transform, integer(value)?)?, column),
    }
}

fn greatest(transform: Transform, value: &PrimitiveLiteral, column: &DataType) -> Option<ScalarValue> {
    match (transform, value) {
        (Transform::Truncate(width), _) => whole(integer(value)?.checked_add(i64::from(width) - 1)?, column),
        _ => {
            let next = start(transform, integer(value)?.checked_add(1)?)?;
            let step = if *column == DataType::Date32 { MICROS_OF_DAY } else { 1 };
            instant(next - step, column)
        }
    }
}

fn integer(value: &PrimitiveLiteral) -> Option<i64> {
    match value {
        PrimitiveLiteral::Int(value) => Some(i64::from(*value)),
        PrimitiveLiteral::Long(value) => Some(*value),
        _ => None,
    }
}

/// Microseconds since 1970 at which the `ordinal`th year, month, day or hour since then begins.
fn start(transform: Transform, ordinal: i64) -> Option<i64> {
    let month = |months: i64| {
        let (year, month) = (1970 + months.div_euclid(12), months.rem_euclid(12) + 1);
        let first = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, 1)?;
        Some(first.signed_duration_since(chrono::NaiveDate::default()).num_days())
    };
    match transform {
        Transform::Year => month(ordinal.checked_mul(12)?)?.checked_mul(MICROS_OF_DAY),
        Transform::Month => month(ordinal)?.checked_mul(MICROS_OF_DAY),
        Transform::Day => ordinal.checked_mul(MICROS_OF_DAY),
        Transform::Hour => ordinal.checked_mul(MICROS_OF_HOUR),
        _ => None,
    }
}

fn instant(micros: i64, column: &DataType) -> Option<ScalarValue> {
    match column {
        DataType::Date32 => Some(ScalarValue::Date32(Some(i32::try_from(micros.div_euclid(MICROS_OF_DAY)).ok()?))),
        DataType::Timestamp(TimeUnit::Microsecond, None) => Some(ScalarValue::TimestampMicrosecond(Some(micros), None)),
        _ => None,
    }
}

fn whole(value: i64, column: &DataType) -> Option<ScalarValue> {
    match column {
        DataType::Int32 => Some(ScalarValue::Int32(Some(i32::try_from(value).ok()?))),
        DataType::Int64 => Some(ScalarValue::Int64(Some(value))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_transforms() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let int = PrimitiveLiteral::Int;
        let text = |(low, high): (ScalarValue, ScalarValue)| format!("{low} {high}");
        for (transform, value, column, expected) in [
            (Transform::Day, int(19_000), DataType::Date32, "2022-01-08 2022-01-08"),
            (Transform::Month, int(-1), DataType::Date32, "1969-12-01 1969-12-31"),
            (Transform::Year, int(54), DataType::Date32, "2024-01-01 2024-12-31"),
            (Transform::Hour, int(1), micros.clone(), "3600000000 7199999999"),
            (Transform::Truncate(10), int(-10), DataType::Int64, "-10 -1"),
            (Transform::Truncate(2), PrimitiveLiteral::String("ab".into()), DataType::Utf8View, "ab NULL"),
            (Transform::Bucket(4), int(1), DataType::Int64, "NULL NULL"),
        ] {
            assert_eq!(text(range(transform, Some(&value), Some(&value), &column)), expected, "{transform:?}");
        }
    }
}
