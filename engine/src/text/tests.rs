//! Athena's text of every type.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::*;

use super::Text;

/// The texts of all rows; NULL is `∅`.
fn texts(array: impl Array) -> Vec<String> {
    let text = Text::new(&array).unwrap();
    let print = |row| {
        let mut out = String::new();
        if text.write(row, &mut out) { out } else { "∅".into() }
    };
    (0..array.len()).map(print).collect()
}

#[test]
fn numbers_are_javas() {
    let doubles = [
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (9_999_999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (1.5e20, "1.5E20"),
        (1e-5, "1.0E-5"),
        (-123_456_789.25, "-1.2345678925E8"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
        (f64::MAX, "1.7976931348623157E308"),
    ];
    for (value, text) in doubles {
        assert_eq!(texts(Float64Array::from(vec![value])), [text]);
    }
    assert_eq!(texts(Float32Array::from(vec![0.1_f32, 1e10, 3.5, 1e-4])), ["0.1", "1.0E10", "3.5", "1.0E-4"]);
    assert_eq!(texts(Int64Array::from(vec![Some(i64::MIN), None, Some(0)])), ["-9223372036854775808", "∅", "0"]);
    assert_eq!(texts(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    let decimals = Decimal128Array::from(vec![10, -1, 123_456]).with_precision_and_scale(10, 2).unwrap();
    assert_eq!(texts(decimals), ["0.10", "-0.01", "1234.56"]);
}

#[test]
fn scalars() {
    assert_eq!(texts(BooleanArray::from(vec![Some(true), Some(false), None])), ["true", "false", "∅"]);
    assert_eq!(texts(StringArray::from(vec![Some(""), Some("a\"b"), None])), ["", "a\"b", "∅"]);
    assert_eq!(texts(StringViewArray::from(vec!["a string longer than twelve"])), ["a string longer than twelve"]);
    assert_eq!(texts(BinaryArray::from(vec![b"123".as_slice(), b"", b"\xff"])), ["31 32 33", "", "ff"]);
    assert_eq!(texts(NullArray::new(2)), ["∅", "∅"]);
}

#[test]
fn dates_of_all_years() {
    let days = [0, -1, 19_723, 11_016, 2_932_896, 2_932_897, -719_528, -719_529, i32::MAX];
    let expected = [
        "1970-01-01",
        "1969-12-31",
        "2024-01-01",
        "2000-02-29",
        "9999-12-31",
        "+10000-01-01",
        "0000-01-01",
        "-0001-12-31",
        "+5881580-07-11",
    ];
    assert_eq!(texts(Date32Array::from(days.to_vec())), expected);
    assert_eq!(texts(Date64Array::from(vec![-1, 86_400_000])), ["1969-12-31", "1970-01-02"]);
}

#[test]
fn timestamps_have_the_digits_of_their_unit() {
    assert_eq!(texts(TimestampSecondArray::from(vec![1_704_067_200])), ["2024-01-01 00:00:00"]);
    assert_eq!(
        texts(TimestampMillisecondArray::from(vec![1_704_067_200_001, -1])),
        ["2024-01-01 00:00:00.001", "1969-12-31 23:59:59.999"]
    );
    assert_eq!(texts(TimestampMicrosecondArray::from(vec![7])), ["1970-01-01 00:00:00.000007"]);
    assert_eq!(texts(TimestampNanosecondArray::from(vec![7])), ["1970-01-01 00:00:00.000000007"]);
    let zoned = |zone: &str| {
        texts(TimestampMillisecondArray::from(vec![1_704_067_200_000, i64::MAX]).with_timezone(zone.to_string()))[0].clone()
    };
    assert_eq!(zoned("UTC"), "2024-01-01 00:00:00.000 UTC");
    assert_eq!(zoned("+00:00"), "2024-01-01 00:00:00.000 UTC");
    assert_eq!(zoned("America/New_York"), "2023-12-31 19:00:00.000 America/New_York");
    assert_eq!(zoned("-00:30"), "2023-12-31 23:30:00.000 -00:30");
    assert_eq!(texts(Time32MillisecondArray::from(vec![3_723_004])), ["01:02:03.004"]);
    assert_eq!(texts(Time64MicrosecondArray::from(vec![86_399_999_999])), ["23:59:59.999999"]);
}

#[test]
fn intervals() {
    assert_eq!(texts(IntervalYearMonthArray::from(vec![13, -1])), ["1-1", "-0-1"]);
    assert_eq!(texts(IntervalDayTimeArray::from(vec![IntervalDayTime::new(1, -1000)])), ["0 23:59:59.000"]);
    let mixed =
        vec![IntervalMonthDayNano::new(12, 0, 0), IntervalMonthDayNano::new(0, 1, 0), IntervalMonthDayNano::new(1, 2, 5_000_000)];
    assert_eq!(texts(IntervalMonthDayNanoArray::from(mixed)), ["1-0", "1 00:00:00.000", "0-1 2 00:00:00.005"]);
    assert_eq!(texts(DurationSecondArray::from(vec![90_061, -1])), ["1 01:01:01.000", "-0 00:00:01.000"]);
}

#[test]
fn arrays_rows_and_maps() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None, Some(2)]), None, Some(vec![])]);
    assert_eq!(texts(list), ["[1, null, 2]", "∅", "[]"]);

    let fields = Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("", DataType::Utf8, true)]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from(vec![Some(1), None])), Arc::new(StringArray::from(vec!["x, y", "z"]))];
    let rows = StructArray::new(fields, columns, Some(NullBuffer::from(vec![true, true])));
    assert_eq!(texts(rows), ["{a=1, x, y}", "{a=null, z}"]);

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for (key, value) in [("k2", Some(2)), ("k", None)] {
        map.keys().append_value(key);
        map.values().append_option(value);
    }
    map.append(true).unwrap();
    map.append(true).unwrap();
    assert_eq!(texts(map.finish()), ["{k=null, k2=2}", "{}"]);

    let inner = Arc::new(BinaryArray::from(vec![b"ab".as_slice(), b"c"]));
    let field = Arc::new(Field::new_list_field(DataType::Binary, true));
    assert_eq!(texts(ListArray::new(field, OffsetBuffer::from_lengths([2]), inner, None)), ["[61 62, 63]"]);
}

#[test]
fn slices_and_dictionaries_print_their_own_rows() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1)]), Some(vec![Some(2), Some(3)])]);
    assert_eq!(texts(list.slice(1, 1)), ["[2, 3]"]);
    let fixed = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>((0..3).map(|n| Some(vec![Some(n), Some(n * 10)])), 2);
    assert_eq!(texts(fixed.slice(1, 2)), ["[1, 10]", "[2, 20]"]);
    let words: DictionaryArray<Int8Type> = vec![Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    assert_eq!(texts(words.slice(1, 3)), ["∅", "b", "a"]);
    let empty: DictionaryArray<Int8Type> = vec![None::<&str>, None].into_iter().collect();
    assert_eq!(texts(empty), ["∅", "∅"]);
}

#[test]
fn what_no_sql_value_has_is_refused() {
    let runs = RunArray::<Int32Type>::from_iter(["a", "a"]);
    let error = Text::new(&runs).err().unwrap();
    assert_eq!(error.kind(), catalog::ErrorKind::NotSupported);
}
