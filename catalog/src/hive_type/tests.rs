//! Tables of Hive types and their Arrow types, and a property: what is printed is read back.

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;

#[test]
fn parses_what_hive_writes() {
    let timestamp = DataType::Timestamp(TimeUnit::Millisecond, None);
    let point = DataType::Struct(Fields::from(vec![
        Field::new("a", DataType::Int32, true),
        Field::new("b", map_of(DataType::Utf8View, DataType::Float64), true),
    ]));
    for (text, expected) in [
        ("boolean", DataType::Boolean),
        ("TINYINT", DataType::Int8),
        ("smallint", DataType::Int16),
        ("Int", DataType::Int32),
        ("integer", DataType::Int32),
        (" bigint ", DataType::Int64),
        ("float", DataType::Float32),
        ("real", DataType::Float32),
        ("double", DataType::Float64),
        ("string", DataType::Utf8View),
        ("varchar", DataType::Utf8View),
        ("varchar(10)", DataType::Utf8View),
        ("char( 3 )", DataType::Utf8View),
        ("binary", DataType::Binary),
        ("date", DataType::Date32),
        ("timestamp", timestamp.clone()),
        ("decimal", DataType::Decimal128(10, 0)),
        ("decimal(5)", DataType::Decimal128(5, 0)),
        ("decimal(38, 38)", DataType::Decimal128(38, 38)),
        ("array<timestamp>", list_of(timestamp)),
        ("array<struct<a:int,b:map<string,double>>>", list_of(point.clone())),
        ("ARRAY < STRUCT < a : INT,\n b : MAP < STRING , DOUBLE > > >", list_of(point)),
    ] {
        assert_eq!(parse(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn keeps_the_names_of_members() {
    let text = "struct<adj close:double,p. medio:int,Größe:int,a-b/c:int,`x:y,<z>``q`:int>";
    let DataType::Struct(members) = parse(text).unwrap() else { panic!("not a struct") };
    let names: Vec<_> = members.iter().map(|member| member.name().as_str()).collect();
    assert_eq!(names, ["adj close", "p. medio", "Größe", "a-b/c", "x:y,<z>`q"]);
    assert_eq!(print(&parse(text).unwrap()).unwrap(), text);
}

#[test]
fn says_where_and_what() {
    for (text, kind, message) in [
        ("", ErrorKind::InvalidInput, "type '': expected a type at character 1, found the end"),
        ("array<", ErrorKind::InvalidInput, "type 'array<': expected a type at character 7, found the end"),
        ("array<int", ErrorKind::InvalidInput, "type 'array<int': expected '>' at character 10, found the end"),
        ("array<int>>", ErrorKind::InvalidInput, "type 'array<int>>': expected the end of the type at character 11, found '>'"),
        ("struct<ä:>", ErrorKind::InvalidInput, "type 'struct<ä:>': expected a type at character 10, found '>'"),
        (
            "struct<a:int,a:int>",
            ErrorKind::InvalidInput,
            "type 'struct<a:int,a:int>': expected a member other than 'a', which is there already at character 14, found 'a'",
        ),
        ("struct<>", ErrorKind::InvalidInput, "type 'struct<>': expected a member name at character 8, found '>'"),
        ("strnig", ErrorKind::InvalidInput, "type 'strnig': expected a Hive type instead of 'strnig' at character 1, found 's'"),
        (
            "decimal(39,0)",
            ErrorKind::InvalidInput,
            "type 'decimal(39,0)': expected a precision from 1 to 38 and a scale not above it at character 9, found '3'",
        ),
        (
            "decimal(3,4)",
            ErrorKind::InvalidInput,
            "type 'decimal(3,4)': expected a precision from 1 to 38 and a scale not above it at character 9, found '3'",
        ),
        ("char", ErrorKind::InvalidInput, "type 'char': expected '(' and a length at character 5, found the end"),
        ("varchar(0)", ErrorKind::InvalidInput, "type 'varchar(0)': expected a length from 1 to 65535 at character 9, found '0'"),
        (
            "map<array<int>,int>",
            ErrorKind::InvalidInput,
            "type 'map<array<int>,int>': expected a scalar type for the map's keys at character 5, found 'a'",
        ),
        (
            "uniontype<int,string>",
            ErrorKind::NotSupported,
            "the Hive type 'uniontype' is not supported (in type 'uniontype<int,string>')",
        ),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
    let deep = "array<".repeat(100_000);
    assert!(parse(&deep).unwrap_err().message().contains("64 levels"));
}

#[test]
fn prints_foreign_arrow_types() {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    for (data_type, expected) in [
        (DataType::UInt8, "smallint"),
        (DataType::UInt64, "decimal(20,0)"),
        (DataType::LargeUtf8, "string"),
        (DataType::Null, "string"),
        (DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), "timestamp"),
        (DataType::FixedSizeBinary(16), "binary"),
        (dictionary, "string"),
        (DataType::Decimal256(38, 2), "decimal(38,2)"),
        (DataType::LargeList(Arc::new(Field::new("element", DataType::Int8, true))), "array<tinyint>"),
    ] {
        assert_eq!(print(&data_type).unwrap(), expected);
    }
    for data_type in [DataType::Time64(TimeUnit::Nanosecond), DataType::Decimal256(50, 2), DataType::Struct(Fields::empty())] {
        assert_eq!(print(&data_type).unwrap_err().kind(), ErrorKind::NotSupported);
    }
}

fn any_type() -> impl Strategy<Value = DataType> {
    let leaf = prop_oneof![
        Just(DataType::Boolean),
        Just(DataType::Int8),
        Just(DataType::Int64),
        Just(DataType::Float32),
        Just(DataType::Utf8View),
        Just(DataType::Binary),
        Just(DataType::Date32),
        Just(DataType::Timestamp(TimeUnit::Millisecond, None)),
        (1u8..=38).prop_map(|precision| DataType::Decimal128(precision, (precision / 2) as i8)),
    ];
    leaf.clone().prop_recursive(4, 24, 4, move |inner| {
        let members = proptest::collection::hash_map("[a-z` .:,<>Ü]{1,5}", inner.clone(), 1..4);
        prop_oneof![
            inner.clone().prop_map(list_of),
            (leaf.clone(), inner).prop_map(|(key, value)| map_of(key, value)),
            members.prop_map(|members| {
                DataType::Struct(members.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(data_type in any_type()) {
        let text = print(&data_type).unwrap();
        prop_assert_eq!(parse(&text).unwrap(), data_type);
    }

    #[test]
    fn no_text_panics(text in "(struct|array|map|int|decimal|[<>():,` a1ü]){0,12}") {
        let _ = parse(&text);
    }
}
