//! Binding of calls to overloads, and calls.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, NullArray};
use arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl};

use super::bind::bind;
use super::function::Function;
use super::signature::Signature;
use super::{FAMILIES, Scalar};
use crate::types::Type;

fn bound(signatures: &[&str], actual: &[&str]) -> Option<String> {
    let signatures: Vec<Signature> = signatures.iter().map(|text| Signature::parse(text).unwrap()).collect();
    let actual: Vec<Type> = actual.iter().map(|name| Type::parse(name).unwrap()).collect();
    let bound = bind(&signatures, &actual)?;
    let arguments = bound.arguments.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    Some(format!("{}: ({arguments}) -> {}", bound.overload, bound.result))
}

#[test]
fn calls_are_bound_to_overloads() {
    let numbers = &["(bigint) -> bigint", "(double) -> double", "(decimal(p, s)) -> decimal(min(38, p + 1), s)"];
    let cases: &[(&[&str], &[&str], Option<&str>)] = &[
        (numbers, &["bigint"], Some("0: (bigint) -> bigint")),
        (numbers, &["integer"], Some("0: (bigint) -> bigint")),
        (numbers, &["real"], Some("1: (double) -> double")),
        (numbers, &["decimal(38, 2)"], Some("2: (decimal(38, 2)) -> decimal(38, 2)")),
        (numbers, &["varchar"], None),
        (numbers, &["unknown"], Some("0: (bigint) -> bigint")),
        (numbers, &[], None),
        (&["(array(T), T) -> boolean"], &["array(integer)", "bigint"], Some("0: (array(bigint), bigint) -> boolean")),
        (&["(array(T), T) -> T"], &["array(unknown)", "varchar"], Some("0: (array(varchar), varchar) -> varchar")),
        (&["(array(T), T) -> boolean"], &["array(integer)", "varchar"], None),
        (&["(T...) -> T"], &["integer", "double", "unknown"], Some("0: (double, double, double) -> double")),
        (&["(T...) -> T"], &[], None),
        (&["() -> double"], &[], Some("0: () -> double")),
        (&["(array(array(T))) -> array(T)"], &["array(array(bigint))"], Some("0: (array(array(bigint))) -> array(bigint)")),
        (&["(map(K, V), K) -> V"], &["map(varchar, json)", "unknown"], Some("0: (map(varchar, json), varchar) -> json")),
        (
            &["(decimal(p, s), decimal(p, s)) -> boolean"],
            &["decimal(3, 1)", "bigint"],
            Some("0: (decimal(20, 1), decimal(20, 1)) -> boolean"),
        ),
        (
            &["(decimal(a, b), decimal(c, d)) -> decimal(min(38, a + c), b + d)"],
            &["decimal(3, 1)", "integer"],
            Some("0: (decimal(3, 1), decimal(10, 0)) -> decimal(13, 1)"),
        ),
        (
            &["(decimal(a, b), decimal(c, d)) -> decimal(max(a - b, c - d) + max(b, d) + 1, max(b, d))"],
            &["decimal(3, 1)", "decimal(5, 4)"],
            Some("0: (decimal(3, 1), decimal(5, 4)) -> decimal(7, 4)"),
        ),
        (
            &["(timestamp(p) with time zone) -> date", "(timestamp(p)) -> date"],
            &["timestamp(6)"],
            Some("1: (timestamp(6)) -> date"),
        ),
        (&["(timestamp(p) with time zone) -> timestamp(p)"], &["date"], Some("0: (timestamp(0) with time zone) -> timestamp(0)")),
        (
            &["(decimal(a, b), decimal(c, d)) -> decimal(a + c, b + d)", "(double, double) -> double"],
            &["decimal(38, 20)", "decimal(2, 1)"],
            None,
        ),
        (&["(bigint) -> bigint", "(number) -> number"], &["decimal(3, 1)"], Some("1: (number) -> number")),
        (&["(row(T, U)) -> U"], &["row(a bigint, b varchar)"], Some("0: (row(bigint, varchar)) -> varchar")),
        (&["(varchar) -> bigint", "(char(x)) -> bigint"], &["char(3)"], Some("1: (char(3)) -> bigint")),
    ];
    for (signatures, actual, expected) in cases {
        assert_eq!(bound(signatures, actual).as_deref(), *expected, "{signatures:?} {actual:?}");
    }
}

#[test]
fn tables_are_readable_and_names_are_not_given_twice() {
    let mut names = std::collections::HashMap::new();
    for scalar in FAMILIES.iter().copied().flatten() {
        Function::new(&[scalar]).unwrap();
        for name in scalar.names {
            // Families may add overloads to a function, by its first name.
            assert_eq!(*names.entry(*name).or_insert(scalar.names[0]), scalar.names[0], "{name} are two functions");
            assert_eq!(*name, name.to_lowercase());
        }
    }
}

fn scalar_named(name: &str) -> &'static Scalar {
    FAMILIES.iter().copied().flatten().find(|scalar| scalar.names.contains(&name)).unwrap()
}

fn call(name: &str, arguments: Vec<ColumnarValue>, rows: usize) -> datafusion::common::Result<ColumnarValue> {
    let function = Function::new(&[scalar_named(name)]).unwrap();
    let fields = arguments.iter().map(|argument| Arc::new(Field::new("x", argument.data_type(), true))).collect();
    function.invoke_with_args(ScalarFunctionArgs {
        args: arguments,
        arg_fields: fields,
        number_rows: rows,
        return_field: Arc::new(Field::new("r", DataType::Null, true)),
        config_options: Arc::new(ConfigOptions::default()),
    })
}

#[test]
fn nulls_and_constants() {
    // What stands below a NULL does not matter, even where it would fail.
    let values = Int64Array::new(vec![-1, i64::MIN, 3].into(), Some(vec![true, false, true].into()));
    let ColumnarValue::Array(result) = call("abs", vec![ColumnarValue::Array(Arc::new(values))], 3).unwrap() else { panic!() };
    assert_eq!(result.as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(1), None, Some(3)]));
    let constant = |value| ColumnarValue::Scalar(ScalarValue::Int64(value));
    for (value, expected) in [(Some(-2), Some(2)), (None, None)] {
        let ColumnarValue::Scalar(result) = call("abs", vec![constant(value)], 3).unwrap() else { panic!() };
        assert_eq!(result, ScalarValue::Int64(expected));
    }
    let nulls: ArrayRef = Arc::new(NullArray::new(3));
    assert!(call("abs", vec![ColumnarValue::Array(nulls)], 3).is_ok());
    let error = call("abs", vec![constant(Some(i64::MIN))], 1).unwrap_err();
    assert_eq!(
        crate::error::from_datafusion(error).to_string(),
        "NUMERIC_VALUE_OUT_OF_RANGE: value -9223372036854775808 is out of range for abs"
    );
    let text = ColumnarValue::Scalar(ScalarValue::from("x"));
    let error = crate::error::from_datafusion(call("abs", vec![text], 1).unwrap_err());
    assert_eq!(error.kind(), catalog::ErrorKind::FunctionNotFound);
    assert!(error.message().starts_with("Unexpected parameters (varchar) for function abs. Expected: abs(tinyint), "));
}
