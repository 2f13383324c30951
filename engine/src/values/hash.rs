//! Trino's 64-bit hashes of values (`XX_HASH_64` of its types): `checksum` and set digests are made of them.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use datafusion::common::Result;
use twox_hash::XxHash64;

use super::key::Keys;

/// The hash of each value; what stands for NULL has no meaning.
///
/// Numbers, texts and bytes have Trino's hashes; of other types values that are not distinct have the same one.
pub(crate) fn hashes(array: &ArrayRef) -> Result<Vec<i64>> {
    fn numbers<P: ArrowPrimitiveType>(array: &ArrayRef, bits: impl Fn(P::Native) -> i64) -> Vec<i64> {
        let array: &PrimitiveArray<P> = array.as_primitive();
        array.values().iter().map(|value| of(&bits(*value).to_le_bytes())).collect()
    }
    Ok(match array.data_type() {
        DataType::Int8 => numbers::<Int8Type>(array, i64::from),
        DataType::Int16 => numbers::<Int16Type>(array, i64::from),
        DataType::Int32 => numbers::<Int32Type>(array, i64::from),
        DataType::Int64 => numbers::<Int64Type>(array, |value| value),
        DataType::Date32 => numbers::<Date32Type>(array, i64::from),
        DataType::Float32 => numbers::<Float32Type>(array, |value| i64::from((value + 0.0).to_bits() as i32)),
        DataType::Float64 => numbers::<Float64Type>(array, |value| (value + 0.0).to_bits() as i64),
        DataType::Decimal128(..=18, _) => numbers::<Decimal128Type>(array, |value| value as i64),
        DataType::Boolean => booleans(array.as_boolean()),
        DataType::Utf8View => array.as_string_view().iter().map(|text| of(text.unwrap_or_default().as_bytes())).collect(),
        DataType::Binary => array.as_binary::<i32>().iter().map(|bytes| of(bytes.unwrap_or_default())).collect(),
        _ => {
            let keys = Keys::of(array)?;
            (0..array.len()).map(|at| of(keys.get(at))).collect()
        }
    })
}

fn booleans(array: &BooleanArray) -> Vec<i64> {
    array.values().iter().map(|value| of(&i64::from(value).to_le_bytes())).collect()
}

fn of(bytes: &[u8]) -> i64 {
    XxHash64::oneshot(0, bytes) as i64
}
