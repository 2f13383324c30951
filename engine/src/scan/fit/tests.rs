//! Columns of files as columns of tables.

use datafusion::arrow::array::{
    BinaryArray, BooleanArray, Float64Array, Int32Array, Int64Array, LargeListArray, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::buffer::OffsetBuffer;

use super::*;

fn hive(text: &str) -> DataType {
    hive_type::parse(text).unwrap()
}

fn shown_all(array: &ArrayRef) -> Vec<String> {
    (0..array.len())
        .map(|row| if array.is_null(row) { "NULL".into() } else { array_value_to_string(array, row).unwrap() })
        .collect()
}

#[test]
fn values_that_fit_and_values_that_do_not() {
    type Case = (ArrayRef, &'static str, Result<&'static [&'static str], &'static str>);
    let cases: Vec<Case> = vec![
        (Arc::new(Int64Array::from(vec![Some(1), None])), "int", Ok(&["1", "NULL"])),
        (Arc::new(Int64Array::from(vec![1, 3_000_000_000])), "int", Err("expected int for column 'c', found 3000000000")),
        (Arc::new(Float64Array::from(vec![2.0, -0.0])), "bigint", Ok(&["2", "0"])),
        (Arc::new(Float64Array::from(vec![2.0, 2.5])), "bigint", Err("found 2.5")),
        (Arc::new(Float64Array::from(vec![f64::NAN])), "bigint", Err("found NaN")),
        (Arc::new(Float64Array::from(vec![1e300])), "float", Err("found 1e300")),
        (Arc::new(StringArray::from(vec!["7", "often"])), "int", Err("found \"often\"")),
        (Arc::new(StringArray::from(vec!["7"])), "int", Ok(&["7"])),
        (Arc::new(Int32Array::from(vec![7])), "string", Ok(&["7"])),
        (Arc::new(Int32Array::from(vec![1000])), "decimal(3,0)", Err("expected decimal(3,0) for column 'c', found 1000")),
        (Arc::new(TimestampMicrosecondArray::from(vec![1_500])), "timestamp", Ok(&["1970-01-01T00:00:00.001"])),
    ];
    for (array, to, expected) in cases {
        let to = hive(to);
        check(array.data_type(), &to).unwrap();
        match (fit(&array, &to), expected) {
            (Ok(fitted), Ok(expected)) => {
                assert_eq!(fitted.data_type(), &to);
                assert_eq!(shown_all(&fitted), expected);
            }
            (Err(unfit), Err(says)) => {
                let error = unfit.in_column("c");
                assert!(error.message().contains(says), "{error} should say {says}");
            }
            (outcome, _) => panic!("{:?} as {to}: {outcome:?}", array.data_type()),
        }
    }
}

#[test]
fn types_that_no_value_fits() {
    for (from, to, says) in [
        (DataType::Int64, "boolean", "expected boolean for column 'c', found bigint in the file"),
        (DataType::Int32, "date", "expected date for column 'c', found int in the file"),
        (DataType::Int32, "array<int>", "expected array<int> for column 'c', found int"),
        (hive("struct<A:boolean>"), "struct<a:double>", "expected double for column 'c.a', found boolean in the file"),
        (hive("array<struct<A:boolean>>"), "array<struct<a:double>>", "column 'c.a'"),
        (hive("map<string,boolean>"), "map<string,double>", "expected double for column 'c', found boolean"),
    ] {
        let error = check(&from, &hive(to)).unwrap_err().in_column("c");
        assert!(error.message().contains(says), "{error} should say {says}");
    }
}

#[test]
fn members_are_found_by_name_at_any_depth() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None]));
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let inner: ArrayRef = Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("Flag", DataType::Boolean, true)), flags),
        (Arc::new(Field::new("Count", DataType::Int64, true)), numbers),
    ]));
    let item = Arc::new(Field::new("element", inner.data_type().clone(), true));
    let list: ArrayRef = Arc::new(LargeListArray::new(item, OffsetBuffer::from_lengths([2, 0]), inner, None));
    let to = hive("array<struct<count:int,missing:string>>");
    assert!(!plain(list.data_type(), &to));
    let fitted = fit(&list, &to).unwrap();
    assert_eq!(fitted.data_type(), &to);
    assert_eq!(shown_all(&fitted), ["[{count: 5, missing: }, {count: , missing: }]", "[]"]);
}

#[test]
fn what_datafusion_adapts_alone() {
    for (from, to, expected) in [
        ("int", "bigint", true),
        ("bigint", "int", false),
        ("decimal(5,2)", "decimal(7,2)", true),
        ("decimal(7,2)", "decimal(5,2)", false),
        ("struct<a:int,b:int>", "struct<a:bigint>", true),
        ("struct<A:int,b:int>", "struct<a:int>", false),
        ("struct<a:int>", "struct<b:int>", false),
        ("array<struct<a:int,b:string>>", "array<struct<a:int,c:string>>", true),
        ("map<string,struct<a:int>>", "map<string,struct<a:bigint>>", false),
    ] {
        assert_eq!(plain(&hive(from), &hive(to)), expected, "{from} as {to}");
    }
}

/// A variant keeps its bytes; what is no variant, and one that is shredded into a third member, is refused by name.
#[test]
fn variants_of_files() {
    let to = Type::Variant.arrow();
    let file = |value: &[u8]| -> ArrayRef {
        let bytes = |bytes: &[u8]| -> ArrayRef { Arc::new(BinaryArray::from_vec(vec![bytes])) };
        let member = |name: &str, array: ArrayRef| (Arc::new(Field::new(name, DataType::Binary, false)), array);
        Arc::new(StructArray::from(vec![member("value", bytes(value)), member("metadata", bytes(b"\x01\x00\x00"))]))
    };
    check(file(b"\x0c\x07").data_type(), &to).unwrap();
    let fitted = fit(&file(b"\x0c\x07"), &to).unwrap();
    assert_eq!((fitted.data_type(), fitted.as_struct().column(2).as_binary::<i32>().value(0)), (&to, b"\x0c\x07".as_slice()));
    assert!(fit(&file(b"\xff"), &to).unwrap_err().in_column("c").message().contains("expected variant for column 'c'"));
    let members = ["metadata", "value", "typed_value"].map(|name| Field::new(name, DataType::Binary, true));
    let shredded = check(&DataType::Struct(members.to_vec().into()), &to).unwrap_err().in_column("c");
    assert!(shredded.message().contains("expected variant for column 'c'"), "{shredded}");
    assert!(shredded.message().contains("typed_value"), "{shredded}");
}
