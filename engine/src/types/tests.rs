//! Names, Arrow's types and coercions, as tables.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use super::{Type, Zone, can_coerce, common_super_type, result_type};

const NAMES: &[&str] = &[
    "unknown",
    "boolean",
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "real",
    "double",
    "decimal(38, 10)",
    "number",
    "varchar",
    "char(5)",
    "varbinary",
    "date",
    "time(0)",
    "time(3)",
    "time(4)",
    "time(12)",
    "time(3) with time zone",
    "timestamp(0)",
    "timestamp(2)",
    "timestamp(3)",
    "timestamp(6)",
    "timestamp(9)",
    "timestamp(12)",
    "timestamp(3) with time zone",
    "timestamp(12) with time zone",
    "interval year to month",
    "interval day to second",
    "array(array(bigint))",
    "map(varchar, array(char(2)))",
    "row(a bigint, \"B c\" varchar, double)",
    "row(time(3) with time zone, x interval day to second)",
    "json",
    "uuid",
    "ipaddress",
    "HyperLogLog",
    "P4HyperLogLog",
    "SetDigest",
    "tdigest",
    "qdigest(bigint)",
];

#[test]
fn names_and_arrow_types_are_read_back() {
    for name in NAMES {
        let r#type = Type::parse(name).unwrap();
        assert_eq!(r#type.to_string(), *name);
        assert_eq!(Type::of(&r#type.arrow()).unwrap(), r#type, "{name}");
    }
}

#[test]
fn other_spellings_and_other_arrow_types() {
    for (written, expected) in [
        ("INT", "integer"),
        ("decimal", "decimal(38, 0)"),
        ("numeric(5)", "decimal(5, 0)"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp(3) with time zone"),
        ("Time", "time(3)"),
        ("varchar(3)", "varchar(3)"),
        ("bigint array", "array(bigint)"),
        ("decimal(3,1) array", "array(decimal(3, 1))"),
        ("row(date date, Date)", "row(date date, date)"),
        ("row(\"a\"\"b\" map(integer , real))", "row(\"a\"\"b\" map(integer, real))"),
        ("double precision", "double"),
    ] {
        assert_eq!(Type::parse(written).unwrap().to_string(), expected, "{written}");
    }
    for wrong in ["nope", "array", "array()", "decimal(39)", "decimal(3,4)", "time(13)", "row()", "map(bigint)", "char(70000)"] {
        assert!(Type::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Type::parse(&format!("{}bigint{}", "array(".repeat(1000), ")".repeat(1000))).is_err());
    let row = DataType::Struct(Fields::from(vec![Field::new("a", DataType::Int32, true), Field::new("", DataType::Utf8, true)]));
    for (arrow, expected) in [
        (DataType::UInt64, "decimal(20, 0)"),
        (DataType::LargeUtf8, "varchar"),
        (DataType::FixedSizeBinary(16), "varbinary"),
        (DataType::Timestamp(TimeUnit::Nanosecond, None), "timestamp(9)"),
        (DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "timestamp(6) with time zone"),
        (DataType::Interval(IntervalUnit::MonthDayNano), "interval day to second"),
        (row, "row(a integer, varchar)"),
        (DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8)), "varchar"),
        (DataType::LargeList(Arc::new(Field::new("x", DataType::Int8, false))), "array(tinyint)"),
    ] {
        assert_eq!(Type::of(&arrow).unwrap().to_string(), expected);
    }
}

#[test]
fn what_athena_says_of_a_column() {
    for (name, athena, precision, scale) in [
        ("integer", "integer", 10, 0),
        ("real", "float", 17, 0),
        ("decimal(10, 2)", "decimal", 10, 2),
        ("number", "varchar", 2_147_483_647, 0),
        ("varchar", "varchar", 2_147_483_647, 0),
        ("varchar(10)", "varchar", 10, 0),
        ("char(3)", "char", 3, 0),
        ("varbinary", "varbinary", 1_073_741_824, 0),
        ("time(6)", "time", 3, 0),
        ("timestamp(6) with time zone", "timestamp with time zone", 3, 0),
        ("interval day to second", "interval day to second", 0, 0),
        ("row(a bigint)", "row", 0, 0),
    ] {
        let result = result_type(&Type::parse(name).unwrap());
        assert_eq!((result.name, result.precision, result.scale), (athena, precision, scale), "{name}");
    }
}

#[test]
fn common_types() {
    for (a, b, expected) in [
        ("tinyint", "bigint", Some("bigint")),
        ("tinyint", "smallint", Some("smallint")),
        ("bigint", "decimal(5, 2)", Some("decimal(21, 2)")),
        ("decimal(38, 0)", "decimal(38, 10)", Some("decimal(38, 10)")),
        ("bigint", "real", Some("real")),
        ("decimal(3, 1)", "double", Some("double")),
        ("integer", "varchar", None),
        ("bigint", "number", Some("number")),
        ("decimal(38, 10)", "number", Some("number")),
        ("number", "double", None),
        ("real", "number", None),
        ("varchar(3)", "varchar(5)", Some("varchar(5)")),
        ("varchar(3)", "char(2)", Some("char(3)")),
        ("date", "timestamp(0)", Some("timestamp(0)")),
        ("date", "timestamp(3) with time zone", Some("timestamp(3) with time zone")),
        ("timestamp(6)", "timestamp(3) with time zone", Some("timestamp(6) with time zone")),
        ("time(3)", "time(6)", Some("time(6)")),
        ("date", "time(3)", None),
        ("array(unknown)", "array(bigint)", Some("array(bigint)")),
        ("map(varchar, integer)", "map(varchar, double)", Some("map(varchar, double)")),
        ("row(a integer, b varchar)", "row(x bigint, b varchar)", Some("row(bigint, b varchar)")),
        ("row(integer)", "row(integer, integer)", None),
        ("json", "varchar", None),
    ] {
        let (a, b) = (Type::parse(a).unwrap(), Type::parse(b).unwrap());
        let expected = expected.map(|name| Type::parse(name).unwrap());
        assert_eq!(common_super_type(&a, &b), expected, "{a}, {b}");
        assert_eq!(common_super_type(&b, &a), expected, "{b}, {a}");
    }
    let coerces = |a: &str, b: &str| can_coerce(&Type::parse(a).unwrap(), &Type::parse(b).unwrap());
    assert!(coerces("row(a integer)", "row(b bigint)") && coerces("varchar(3)", "varchar") && coerces("varchar(2)", "char(3)"));
    assert!(coerces("char(3)", "varchar") && !coerces("bigint", "integer") && !coerces("timestamp(6)", "timestamp(3)"));
}

#[test]
fn zones() {
    for (text, name) in [
        ("UTC", "UTC"),
        ("Z", "UTC"),
        ("America/New_York", "America/New_York"),
        ("+05:30", "+05:30"),
        ("-8", "-08:00"),
        ("UTC+5", "+05:00"),
        ("+0000", "UTC"),
    ] {
        let zone = Zone::parse(text).unwrap();
        assert_eq!(zone.to_string(), name);
        assert_eq!(Zone::of_key(zone.key()), zone);
    }
    for wrong in ["", "+", "+15:00", "+1:2:3", "Nowhere/City", "12", "+05:60"] {
        assert_eq!(Zone::parse(wrong), None, "{wrong}");
    }
}
