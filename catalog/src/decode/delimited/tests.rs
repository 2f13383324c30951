//! Cells, NULLs, escapes, nesting, ragged lines.

use crate::decode::Decoder;
use crate::decode::harness::{decode, decode_in, lines, schema};
use crate::error::ErrorKind;
use crate::format::{CsvDialect, CsvFormat, Delimited, Format};

fn comma() -> Delimited {
    Delimited { delimiter: b',', ..Delimited::default() }
}

fn format(dialect: Delimited, skip_lines: usize) -> Format {
    Format::Csv(CsvFormat { skip_lines, dialect: CsvDialect::Delimited(dialect) })
}

const ABC: &[(&str, &str)] = &[("a", "bigint"), ("b", "string"), ("c", "double")];

#[test]
fn lines_and_cells() {
    for (skip, text, expected) in [
        (0, "1,x,1.5\n2,y,2\n", vec!["1|x|1.5", "2|y|2.0"]),
        (0, "1,x,1.5\r\n2,y,2\r\n", vec!["1|x|1.5", "2|y|2.0"]),
        (0, "\u{feff}1,x,1.5", vec!["1|x|1.5"]),
        (1, "\u{feff}a,b,c\n1,x,1.5", vec!["1|x|1.5"]),
        (2, "# note\na,b,c\n1,x,1.5", vec!["1|x|1.5"]),
        (0, "1\n2,y\n3,z,3,4,5\n", vec!["1|~|~", "2|y|~", "3|z|3.0"]),
        (0, "\n,,\n", vec!["~|~|~", "~||~"]),
        (0, "\\N,\\N,\\N\n", vec!["~|~|~"]),
        (0, "x,\"q\",NaN\n1.9,é,-1e3\n +7 , 8 ,\n", vec!["~|\"q\"|NaN", "1|é|-1000.0", "7| 8 |~"]),
        (0, "", vec![]),
    ] {
        assert_eq!(decode(&format(comma(), skip), ABC, text).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn other_delimiters_nulls_and_escapes() {
    let tab = Delimited { delimiter: b'\t', null: String::new(), ..Delimited::default() };
    assert_eq!(decode(&format(tab, 0), ABC, "1\t\t2\n\\N\t\\N\t\n").unwrap(), ["1|~|2.0", "~|\\N|~"]);
    assert_eq!(decode(&format(Delimited::default(), 0), ABC, "1\u{1}x,y\u{1}2").unwrap(), ["1|x,y|2.0"]);
    let escaped = Delimited { escape: Some(b'\\'), ..comma() };
    let text = "1,a\\,b\\\\c\\nd\\\"e,2\n2,\\N,3\n3,x\\,4\n4,end\\";
    assert_eq!(decode(&format(escaped, 0), ABC, text).unwrap(), ["1|a,b\\c\nd\"e|2.0", "2|~|3.0", "3|x,4|~", "4|end\\|~"]);
}

#[test]
fn values_of_every_type() {
    for (hive, cell, expected) in [
        ("boolean", "TRUE", "true"),
        ("boolean", "1", "~"),
        ("tinyint", "128", "~"),
        ("smallint", "-5", "-5"),
        ("int", "1.5", "1"),
        ("int", "1e3", "~"),
        ("float", "0.5", "0.5"),
        ("decimal(5,2)", "1.005", "1.01"),
        ("decimal(5,2)", "1000", "~"),
        ("date", "2024-02-29", "2024-02-29"),
        ("timestamp", "2024-02-29 01:02:03.5", "2024-02-29T01:02:03.500"),
        ("timestamp", "never", "~"),
        ("binary", "AQID", "010203"),
        ("varchar(2)", "ab", "ab"),
    ] {
        assert_eq!(decode(&format(comma(), 0), &[("v", hive)], format!("{cell}\n")).unwrap(), [expected], "{hive} {cell}");
    }
}

#[test]
fn nested_values() {
    let dialect = Delimited { collection: b'|', map_key: b':', escape: Some(b'\\'), ..comma() };
    for (hive, cell, expected) in [
        ("array<int>", "1|2|x|\\N", "[1, 2, ~, ~]"),
        ("array<int>", "", "[]"),
        ("array<string>", "a||b\\|c", "[a, , b|c]"),
        ("map<string,int>", "a:1|b:|c|a:9", "{a: 1, b: ~, c: ~}"),
        ("map<string,int>", "", "{}"),
        ("map<int,string>", "1:x|y:z|2:a\\:b", "{1: x, 2: a:b}"),
        ("struct<a:int,b:string,c:int>", "1|x", "{a: 1, b: x, c: ~}"),
        ("struct<a:int,b:array<int>>", "1|2:3", "{a: 1, b: [2, 3]}"),
        ("array<array<int>>", "1:2|3", "[[1, 2], [3]]"),
        ("map<string,array<int>>", "a:1\u{4}2|b:3", "{a: [1, 2], b: [3]}"),
        ("array<struct<a:int,b:map<string,int>>>", "1:x\u{5}1\u{4}y\u{5}2|2", "[{a: 1, b: {x: 1, y: 2}}, {a: 2, b: ~}]"),
        ("struct<a:int>", "\\N", "~"),
    ] {
        assert_eq!(
            decode(&format(dialect.clone(), 0), &[("v", hive)], format!("{cell}\n")).unwrap(),
            [expected],
            "{hive} {cell}"
        );
    }
    let deep = "array<".repeat(8) + "int" + &">".repeat(8);
    let error = Decoder::new(&format(comma(), 0), schema(&[("v", &deep)]), &[0], 1).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::NotSupported, "column 'v': LazySimpleSerDe nests values in at most 8 levels")
    );
}

#[test]
fn only_the_encoding_is_an_error() {
    let error = decode(&format(comma(), 0), ABC, b"1,x,2\n1,\xff,2\n").unwrap_err();
    assert_eq!(error.message(), "s3://b/k: line 2, column 3: the text is not UTF-8");
}

#[test]
fn projections() {
    let columns = schema(ABC);
    for (projection, expected) in [(vec![2, 0], vec!["1.5|1", "~|2"]), (vec![1], vec!["x", "~"]), (vec![], vec!["", ""])] {
        let mut decoder = Decoder::new(&format(comma(), 0), columns.clone(), &projection, 4).unwrap();
        decoder.begin("o").unwrap();
        decoder.feed(b"1,x,1.5\n2").unwrap();
        decoder.end().unwrap();
        assert_eq!(lines(&decoder.flush().unwrap()), expected);
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(text in "[a,|:\\\\N1\n\r\u{4}]{0,40}", chunk in 1usize..5) {
        let dialect = Delimited { collection: b'|', map_key: b':', escape: Some(b'\\'), ..comma() };
        let columns = &[("a", "array<map<string,int>>"), ("b", "struct<x:int,y:array<string>>"), ("c", "string")];
        let whole = decode_in(usize::MAX, &format(dialect.clone(), 1), columns, text.as_bytes()).unwrap();
        proptest::prop_assert_eq!(whole, decode_in(chunk, &format(dialect, 1), columns, text.as_bytes()).unwrap());
    }
}
