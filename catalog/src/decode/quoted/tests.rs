//! Quotes, line breaks in them, ragged records, places of errors.

use crate::decode::Decoder;
use crate::decode::harness::{decode, decode_in, schema};
use crate::error::ErrorKind;
use crate::format::{CsvDialect, CsvFormat, Format, Quoted};

fn format(dialect: Quoted, skip_lines: usize) -> Format {
    Format::Csv(CsvFormat { skip_lines, dialect: CsvDialect::Quoted(dialect) })
}

const ABC: &[(&str, &str)] = &[("a", "bigint"), ("b", "string"), ("c", "double")];

#[test]
fn records() {
    for (skip, text, expected) in [
        (0, "1,x,1.5\n2,y,2\n", vec!["1|x|1.5", "2|y|2.0"]),
        (0, "\"1\",\"x, y\",\"1.5\"\r\n2,\"say \"\"hi\"\"\",2", vec!["1|x, y|1.5", "2|say \"hi\"|2.0"]),
        (0, "1,\"two\nlines\r\nthree\",3\n2,y,\n", vec!["1|two\nlines\r\nthree|3.0", "2|y|~"]),
        (0, "1,\"a \\\" b\",2\n", vec!["1|a \" b|2.0"]),
        (0, "\u{feff}\"1\",x,2", vec!["1|x|2.0"]),
        (1, "\u{feff}\"a\",b,c\r\n1,x,2", vec!["1|x|2.0"]),
        (2, "a \" b\na,b,c\n1,x,2", vec!["1|x|2.0"]),
        (0, "1\n2,y\n3,z,3,4\n", vec!["1|~|~", "2|y|~", "3|z|3.0"]),
        (0, "\n1,x,2\n\n\r\n2,,\n\n", vec!["1|x|2.0", "2||~"]),
        (0, " 7 , 8 ,\"\"", vec!["7| 8 |~"]),
        (0, "", vec![]),
        (0, "\u{feff}", vec![]),
        (3, "a\nb", vec![]),
    ] {
        assert_eq!(decode(&format(Quoted::default(), skip), ABC, text).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn other_characters() {
    let dialect = Quoted { delimiter: b';', quote: Some(b'\''), escape: None, ..Quoted::default() };
    assert_eq!(decode(&format(dialect, 0), ABC, "1;'x;\"y''\\';2\n").unwrap(), ["1|x;\"y'\\|2.0"]);
    let unquoted = Quoted { quote: None, escape: None, ..Quoted::default() };
    assert_eq!(decode(&format(unquoted, 0), ABC, "1,\"x,2\n").unwrap(), ["1|\"x|2.0"]);
}

#[test]
fn what_does_not_fit_is_said() {
    let long = "y".repeat(5000);
    for (text, place, message) in [
        ("1,x,2\nabc,y,2\n", "line 2, column 1", "expected bigint for column 'a', found \"abc\""),
        ("1,x,2\n\n2,\"a\nb\",z\n", "line 4, column 4", "expected double for column 'c', found \"z\""),
        ("1,\"x\ny\",1\r\n1.5,y,2", "line 3, column 1", "expected bigint for column 'a', found \"1.5\""),
        (&format!("1,{long},\"q\""), "line 1, column 5004", "expected double for column 'c', found \"q\""),
        ("1,x,2\n2,\"open\n3,z,3\n", "line 2, column 1", "a record is torn: the object ends inside quotes"),
    ] {
        let error = decode(&format(Quoted::default(), 0), ABC, text).unwrap_err();
        assert_eq!((error.kind(), error.message().to_string()), (ErrorKind::BadData, format!("s3://b/k: {place}: {message}")));
    }
    let error = decode(&format(Quoted::default(), 0), ABC, b"1,x,2\n1,\xff,2\n").unwrap_err();
    assert_eq!(error.message(), "s3://b/k: line 2, column 3: the text is not UTF-8");
}

#[test]
fn what_does_not_fit_is_null_where_that_is_asked_for() {
    let dialect = Quoted { null_for_invalid: true, ..Quoted::default() };
    assert_eq!(decode(&format(dialect, 0), ABC, "abc,x,\"q\"\n2,y,3\n").unwrap(), ["~|x|~", "2|y|3.0"]);
}

#[test]
fn nested_columns_are_refused() {
    let error = Decoder::new(&format(Quoted::default(), 0), schema(&[("v", "array<int>")]), &[0], 1).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::NotSupported, "column 'v': OpenCSVSerde has no arrays, maps or structs")
    );
}

#[test]
fn many_objects_go_into_one_batch() {
    let mut decoder = Decoder::new(&format(Quoted::default(), 1), schema(ABC), &[1], 4).unwrap();
    for object in 0..3 {
        decoder.begin("o").unwrap();
        decoder.feed(format!("a,b,c\n1,\"x{object}").as_bytes()).unwrap();
        decoder.feed(b"\"").unwrap();
        decoder.end().unwrap();
    }
    assert_eq!(super::super::harness::lines(&decoder.flush().unwrap()), ["x0", "x1", "x2"]);
}

proptest::proptest! {
    #[test]
    fn chunks_do_not_matter(text in "[a,\"\\\\1\n\r]{0,40}", chunk in 1usize..5) {
        let columns = &[("a", "string"), ("b", "string")];
        let all = |chunk| decode_in(chunk, &format(Quoted::default(), 1), columns, text.as_bytes()).map_err(|error| error.to_string());
        proptest::prop_assert_eq!(all(usize::MAX), all(chunk));
    }
}
