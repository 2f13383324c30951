//! Framings, keys, values and faults, each over every way of splitting the bytes into chunks.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};

use crate::decode::Decoder;
use crate::decode::harness::{self, decode_in, lines, schema};
use crate::error::{ErrorKind, Result};
use crate::format::{Format, JsonFormat, JsonFraming};

fn decode(format: &JsonFormat, columns: &[(&str, &str)], text: impl AsRef<[u8]>) -> Result<Vec<String>> {
    harness::decode(&Format::Json(format.clone()), columns, text)
}

fn framed(framing: JsonFraming) -> JsonFormat {
    JsonFormat { framing, ..JsonFormat::default() }
}

fn lenient() -> JsonFormat {
    JsonFormat { ignore_malformed: true, ..JsonFormat::default() }
}

const AB: &[(&str, &str)] = &[("a", "int"), ("b", "string")];

#[test]
fn every_framing() {
    use JsonFraming::{Array, Strings, Values};
    for (framing, text) in [
        (Values, "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"),
        (Values, "{\"a\":1,\"b\":\"x\"}\r\n{\"a\":2,\"b\":\"y\"}"),
        (Values, "{\"a\":1,\"b\":\"x\"}{\"a\":2,\"b\":\"y\"}"),
        (Values, "\u{feff}{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n{\n  \"a\": 2,\n  \"b\": \"y\"\n}\n\n"),
        (Values, "[{\"a\":1,\"b\":\"x\"},\n {\"a\":2,\"b\":\"y\"}]\n"),
        (Values, "[1,\"x\"]\n[2,\"y\"]"),
        (Array, "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]"),
        (Array, "[{\"a\":1,\"b\":\"x\"}]\n[]\n[ {\"a\":2,\"b\":\"y\"} ]"),
        (Array, "[[1,\"x\"],[2,\"y\",3]]"),
        (Array, "{\"a\":1,\"b\":\"x\"}{\"a\":2,\"b\":\"y\"}"),
        (Strings, "\"{\\\"a\\\":1,\\\"b\\\":\\\"x\\\"}\"\n\"{\\\"a\\\":2,\\\"b\\\":\\\"y\\\"}\"\n"),
        (Strings, "{\"a\":1,\"b\":\"x\"}\n\"{\\\"a\\\":2,\\\"b\\\":\\\"y\\\"}\""),
    ] {
        assert_eq!(decode(&framed(framing), AB, text).unwrap(), ["1|x", "2|y"], "{framing:?} {text}");
    }
    for text in ["", " \n ", "\u{feff}", "[]", "[ ]\n"] {
        assert_eq!(decode(&framed(Values), AB, text).unwrap(), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn null_records_are_rows_of_nulls() {
    assert_eq!(decode(&framed(JsonFraming::Values), AB, "null\n{\"a\":1}\nnull").unwrap(), ["~|~", "1|~", "~|~"]);
    assert_eq!(decode(&framed(JsonFraming::Array), AB, "[null,{\"a\":1},[]]").unwrap(), ["~|~", "1|~", "~|~"]);
    assert_eq!(decode(&framed(JsonFraming::Strings), AB, "\"null\"").unwrap(), ["~|~"]);
}

#[test]
fn keys() {
    let columns = &[("id", "int"), ("adj close", "double"), ("a_b", "int")];
    let plain = JsonFormat::default();
    let dots = JsonFormat { dots_in_keys: true, ..JsonFormat::default() };
    let strict = JsonFormat { case_insensitive: false, ..JsonFormat::default() };
    let mapped = JsonFormat { mapping: [("id".to_string(), "@ID".to_string())].into(), ..JsonFormat::default() };
    for (format, text, expected) in [
        (&plain, r#"{"ID":1,"Adj Close":2,"A_B":3}"#, "1|2.0|3"),
        (&plain, r#"{"x":{"id":9},"\u0069d":1,"y":[1,{"z":"}"}]}"#, "1|~|~"),
        (&plain, r#"{"id":1,"ID":2}"#, "1|~|~"),
        (&plain, r#"{"ID":2,"id":1}"#, "1|~|~"),
        (&plain, r#"{"Id":1,"ID":2}"#, "2|~|~"),
        (&plain, r#"{"id":1,"id":2}"#, "2|~|~"),
        (&plain, r#"{"id":1,"id":null}"#, "1|~|~"),
        (&plain, r#"{"a.b":1}"#, "~|~|~"),
        (&dots, r#"{"A.b":1}"#, "~|~|1"),
        (&dots, r#"{"a_b":1,"a.b":2}"#, "~|~|1"),
        (&strict, r#"{"ID":1,"adj close":2}"#, "~|2.0|~"),
        (&mapped, r#"{"id":1,"@id":2}"#, "2|~|~"),
    ] {
        assert_eq!(decode(format, columns, text).unwrap(), [expected], "{text}");
    }
}

#[test]
fn a_key_that_comes_twice_leaves_nothing_of_the_first() {
    let columns = &[("s", "struct<a:int,l:array<string>>"), ("m", "map<string,int>")];
    let text = r#"{"s":{"a":1,"l":["x","y"]},"m":{"k":1},"s":{"l":["z"]},"m":{"q":2}}{"s":{"a":3}}"#;
    assert_eq!(decode(&JsonFormat::default(), columns, text).unwrap(), ["{a: ~, l: [z]}|{q: 2}", "{a: 3, l: ~}|~"]);
}

#[test]
fn scalars() {
    for (hive, json, expected) in [
        ("boolean", "true", "true"),
        ("boolean", "\"FALSE\"", "false"),
        ("tinyint", "-128", "-128"),
        ("smallint", "\"12\"", "12"),
        ("int", "1.0", "1"),
        ("bigint", "9223372036854775807", "9223372036854775807"),
        ("bigint", "1e3", "1000"),
        ("bigint", "\" 7 \"", "7"),
        ("bigint", "\"\"", "~"),
        ("float", "1", "1.0"),
        ("double", "\"1.5\"", "1.5"),
        ("double", "NaN", "NaN"),
        ("double", "-Infinity", "-inf"),
        ("decimal(10,2)", "1.005", "1.01"),
        ("decimal(38,10)", "12345678901234567890.0123456789", "12345678901234567890.0123456789"),
        ("decimal(3,1)", "\"1.5\"", "1.5"),
        ("string", "\"a\\n\\u00e4\\ud83e\\udd89\"", "a\nä🦉"),
        ("string", "1.50", "1.50"),
        ("string", "true", "true"),
        ("string", "\"\"", ""),
        ("string", "{\"x\": [1, \"ü\"]}", "{\"x\": [1, \"ü\"]}"),
        ("string", "[1,{}]", "[1,{}]"),
        ("varchar(3)", "\"abc\"", "abc"),
        ("binary", "\"AQID\"", "010203"),
        ("date", "\"2024-02-29\"", "2024-02-29"),
        ("date", "1", "1970-01-02"),
        ("timestamp", "\"2024-01-01 10:00:00.123\"", "2024-01-01T10:00:00.123"),
        ("timestamp", "\"2024-01-01T10:00:00+02:00\"", "2024-01-01T08:00:00"),
        ("timestamp", "1704067200000", "2024-01-01T00:00:00"),
        ("timestamp", "null", "~"),
    ] {
        let text = format!("{{\"v\":{json}}}");
        assert_eq!(decode(&JsonFormat::default(), &[("v", hive)], text).unwrap(), [expected], "{hive} {json}");
    }
}

#[test]
fn nested_values() {
    for (hive, json, expected) in [
        ("array<int>", "[1,null,\"3\"]", "[1, ~, 3]"),
        ("array<int>", "[]", "[]"),
        ("array<int>", "5", "[5]"),
        ("array<int>", "\"\"", "~"),
        ("array<string>", "\"x\"", "[x]"),
        ("array<string>", "\"\"", "~"),
        ("array<string>", "[\"\"]", "[]"),
        ("array<array<double>>", "[[1],[],null,[2.5,3]]", "[[1.0], [], ~, [2.5, 3.0]]"),
        ("struct<a:int,b:string>", "{\"B\":\"x\"}", "{a: ~, b: x}"),
        ("struct<a:int,b:string>", "[1,\"x\"]", "{a: 1, b: x}"),
        ("struct<a:int>", "\" \"", "~"),
        ("array<struct<a:int>>", "{\"a\":1}", "[{a: 1}]"),
        ("map<string,int>", "{\"x\":1,\"Y\":null}", "{x: 1, Y: ~}"),
        ("map<int,array<int>>", "{\"1\":[2],\"3\":[]}", "{1: [2], 3: []}"),
        ("map<string,struct<a:int>>", "{\"k\":{\"a\":1}}", "{k: {a: 1}}"),
        (
            "struct<x:struct<y:struct<z:array<map<string,int>>>>>",
            "{\"x\":{\"y\":{\"z\":[{\"k\":1}]}}}",
            "{x: {y: {z: [{k: 1}]}}}",
        ),
    ] {
        let text = format!("{{\"v\":{json}}}");
        assert_eq!(decode(&JsonFormat::default(), &[("v", hive)], text).unwrap(), [expected], "{hive} {json}");
    }
}

#[test]
fn what_does_not_fit_is_said_or_null() {
    for (hive, json, message) in [
        ("int", "1.5", "expected int for column 'v', found \"1.5\""),
        ("tinyint", "128", "expected tinyint for column 'v', found \"128\""),
        ("bigint", "\"abc\"", "expected bigint for column 'v', found \"abc\""),
        ("bigint", "true", "expected bigint for column 'v', found \"true\""),
        ("int", "{\"a\":[1]}", "expected int for column 'v', found \"{\\\"a\\\":[1]}\""),
        ("boolean", "1", "expected boolean for column 'v', found \"1\""),
        ("decimal(3,1)", "100", "expected decimal(3,1) for column 'v', found \"100\""),
        ("date", "\"2023-02-30\"", "expected date for column 'v', found \"2023-02-30\""),
        ("timestamp", "\"yesterday\"", "expected timestamp for column 'v', found \"yesterday\""),
        ("binary", "\"*\"", "expected binary for column 'v', found \"*\""),
        ("struct<a:int>", "1", "expected struct<a:int> for column 'v', found \"1\""),
        ("struct<a:int>", "\"x\"", "expected struct<a:int> for column 'v', found \"x\""),
        ("map<string,int>", "[1]", "expected map<string,int> for column 'v', found \"[1]\""),
        ("map<int,int>", "{\"x\":1}", "expected map<int,int> for column 'v', found \"{\\\"x\\\":1}\""),
    ] {
        let text = format!("{{\"w\":0}}\n{{\"v\":{json}}}");
        let error = decode(&JsonFormat::default(), &[("v", hive)], &text).unwrap_err();
        assert_eq!(error.message(), format!("s3://b/k: line 2, column 6: {message}"), "{hive} {json}");
        assert_eq!(error.kind(), ErrorKind::BadData);
        assert_eq!(decode(&lenient(), &[("v", hive)], &text).unwrap(), ["~", "~"], "{hive} {json}");
        let nulls = JsonFormat { null_for_invalid: true, ..JsonFormat::default() };
        assert_eq!(decode(&nulls, &[("v", hive)], &text).unwrap(), ["~", "~"], "{hive} {json}");
        decode(&nulls, &[("v", hive)], "{").unwrap_err();
    }
    let text = "{\"v\":{\"a\":[{\"b\":1},{\"b\":\"x\"}]}}";
    let columns = &[("v", "struct<a:array<struct<b:int>>>")];
    let error = decode(&JsonFormat::default(), columns, text).unwrap_err();
    assert_eq!(error.message(), "s3://b/k: line 1, column 25: expected int for column 'v.a.b', found \"x\"");
    assert_eq!(decode(&lenient(), columns, text).unwrap(), ["{a: [{b: 1}, {b: ~}]}"]);
}

#[test]
fn maps_with_a_key_twice() {
    let many: Vec<String> = (0..50).map(|key| format!("\"{}\":1", key % 49)).collect();
    for json in ["{\"k\":1,\"k\":2}".to_string(), format!("{{{}}}", many.join(","))] {
        let text = format!("{{\"v\":{json}}}");
        let error = decode(&JsonFormat::default(), &[("v", "map<string,int>")], &text).unwrap_err();
        assert!(error.message().ends_with("column 'v': an object has a key twice"), "{error}");
        assert_eq!(decode(&lenient(), &[("v", "map<string,int>")], &text).unwrap(), ["~"]);
    }
    assert!(decode(&JsonFormat::default(), &[("v", "map<int,int>")], r#"{"v":{"1":1,"01":2}}"#).is_err());
}

#[test]
fn malformed_records() {
    let torn = "a record is torn: the object ends inside it";
    for (text, line, column, message) in [
        ("{\"a\":1", 1, 1, torn),
        ("{\"a\":1}\n{\"a\":", 2, 1, torn),
        ("{\"a\":1}\n  {\"b\":\"x", 2, 3, torn),
        ("[{\"a\":1},\n{\"a\"", 2, 1, torn),
        ("[{\"a\":1}", 1, 9, "the object ends inside an array: it is not whole"),
        ("[{\"a\":1},", 1, 10, "the object ends inside an array: it is not whole"),
        ("{\"a\":1}\n{\"a\":tru}", 2, 9, "malformed JSON: expected ident, found \"}\""),
        ("{\"a\":1 \"b\":2}", 1, 8, "malformed JSON: expected `,` or `}`, found \"\\\"b\\\":2}\""),
        ("{'a':1}", 1, 2, "malformed JSON: key must be a string, found \"'a':1}\""),
        ("{\"a\":1}\n,{\"a\":2}", 2, 1, "malformed JSON: expected value, found \",{\\\"a\\\":2}\""),
        ("{\"a\":1}\nhello", 2, 1, "malformed JSON: expected value, found \"hello\""),
        ("12", 1, 1, "expected an object, found a number"),
        (
            "\"{}\"",
            1,
            1,
            "expected an object, found a string; where strings hold the records, set the SerDe parameter 'civetta.json.framing' to 'strings'",
        ),
    ] {
        let error = decode(&JsonFormat::default(), AB, text).unwrap_err();
        assert_eq!(error.message(), format!("s3://b/k: line {line}, column {column}: {message}"), "{text}");
    }
    let text = b"{\"b\":\"\xff\xfe\"}";
    let error = decode(&JsonFormat::default(), AB, text).unwrap_err();
    assert!(error.message().ends_with("the text is not UTF-8"), "{error}");
    let text = b"{\"b\":{\"x\":\"\xff\"}}";
    let error = decode(&JsonFormat::default(), AB, text).unwrap_err();
    assert!(error.message().ends_with("the text is not UTF-8"), "{error}");
}

#[test]
fn malformed_records_are_rows_of_nulls_where_that_is_allowed() {
    for (text, expected) in [
        ("{\"a\":1}\n{\"a\":\n{\"a\":3}\n", vec!["1|~", "~|~", "3|~"]),
        ("{\"a\":1}\n{\"b\":\"x\n{\"a\":3}\n", vec!["1|~", "~|~", "3|~"]),
        ("{\"a\":1,\n{\"a\":3}", vec!["~|~", "3|~"]),
        ("hello\n{\"a\":3}", vec!["~|~", "3|~"]),
        ("hello", vec!["~|~"]),
        ("{\"a\":1}\n{\"a\":[", vec!["1|~", "~|~"]),
        ("12\n{\"a\":3}", vec!["~|~", "3|~"]),
        ("[{\"a\":1},\n{\"a\" 2},\n{\"a\":3}\n]", vec!["1|~", "~|~", "3|~"]),
        ("[{\"a\":1},\n", vec!["1|~"]),
    ] {
        assert_eq!(decode(&lenient(), AB, text).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn strings_that_hold_no_object() {
    for (text, message) in [
        ("\"{\\\"a\\\":}\"", "malformed JSON in a string: expected value"),
        ("\"12\"", "expected a string that holds an object, found \"12\""),
        ("\"{} {}\"", "malformed JSON in a string: trailing characters"),
        ("\"{\\\"a\\\":\\\"x\\\"}\"", "expected int for column 'a', found \"x\""),
    ] {
        let error = decode(&framed(JsonFraming::Strings), AB, text).unwrap_err();
        assert_eq!(error.message(), format!("s3://b/k: line 1, column 1: {message}"), "{text}");
    }
}

#[test]
fn only_what_is_projected_is_built() {
    let columns = schema(&[("a", "int"), ("b", "struct<x:int>"), ("c", "string")]);
    let format = Format::Json(JsonFormat::default());
    let text = br#"{"a":"not looked at","b":{"x":1},"c":"one"}["too",[2],"two"]"#;
    let mut decoder = Decoder::new(&format, columns.clone(), &[2, 1], 8).unwrap();
    decoder.begin("o").unwrap();
    decoder.feed(text).unwrap();
    decoder.end().unwrap();
    assert_eq!(lines(&decoder.flush().unwrap()), ["one|{x: 1}", "two|{x: 2}"]);
    let mut count = Decoder::new(&format, columns, &[], 8).unwrap();
    count.begin("o").unwrap();
    count.feed(text).unwrap();
    count.end().unwrap();
    let batch = count.flush().unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (2, 0));
}

#[test]
fn many_objects_go_into_one_batch_and_errors_keep_whole_records() {
    let mut decoder = Decoder::new(&Format::Json(JsonFormat::default()), schema(AB), &[0, 1], 8).unwrap();
    for object in 0..3 {
        decoder.begin(&format!("o{object}")).unwrap();
        decoder.feed(format!("{{\"a\":{object}}}").as_bytes()).unwrap();
        decoder.end().unwrap();
    }
    decoder.begin("torn").unwrap();
    decoder.feed(b"{\"a\":3}{\"a\":4,").unwrap();
    assert_eq!(decoder.end().unwrap_err().message(), "torn: line 1, column 8: a record is torn: the object ends inside it");
    decoder.begin("next").unwrap();
    decoder.feed(b"{\"a\":5}").unwrap();
    decoder.end().unwrap();
    let batch = decoder.flush().unwrap();
    let values: Vec<_> = batch.column(0).as_primitive::<Int32Type>().values().to_vec();
    assert_eq!(values, [0, 1, 2, 3, 5]);
    assert_eq!(decoder.flush().unwrap().num_rows(), 0);
    assert_eq!(batch.column(1).null_count(), 5);
}

#[test]
fn strings_are_views_unless_the_schema_says_otherwise() {
    let columns: SchemaRef = Arc::new(Schema::new(vec![
        Field::new("a", DataType::Utf8, true),
        Field::new("b", DataType::Utf8View, true),
        Field::new("c", DataType::BinaryView, true),
    ]));
    let mut decoder = Decoder::new(&Format::Json(JsonFormat::default()), columns.clone(), &[0, 1, 2], 8).unwrap();
    decoder.begin("o").unwrap();
    decoder.feed(br#"{"a":"x","b":"longer than twelve bytes","c":"AQ=="}"#).unwrap();
    let batch = decoder.flush().unwrap();
    assert_eq!(batch.schema(), columns);
    assert_eq!(lines(&batch), ["x|longer than twelve bytes|01"]);
}

#[test]
fn types_without_a_text_form_are_refused() {
    let columns: SchemaRef =
        Arc::new(Schema::new(vec![Field::new("t", DataType::Duration(arrow::datatypes::TimeUnit::Second), true)]));
    let error = Decoder::new(&Format::Json(JsonFormat::default()), columns, &[0], 8).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotSupported);
    assert!(error.message().starts_with("column 't'"), "{error}");
}

#[test]
fn deep_input_is_an_error_and_not_a_crash() {
    let text = format!("{{\"a\":1,\"x\":{}", "[".repeat(1_000_000));
    let error = decode_in(usize::MAX, &Format::Json(JsonFormat::default()), AB, text.as_bytes()).unwrap_err();
    assert!(error.message().contains("recursion limit exceeded"), "{error}");
}

proptest::proptest! {
    /// Neither panics nor depends on where chunks end, whatever the bytes.
    #[test]
    fn chunks_do_not_matter(
        tokens in proptest::collection::vec(
            proptest::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\n", " ", "\"a\"", "\"b\"", "\"", "\\u00", "1", "-", "1.5e", "null", "tru", "{\"a\":1}",
                "{\"b\":[{\"x\":\"y\"}]}", "\"{\\\"a\\\":2}\"", "[{\"a\":1},", "ü",
            ]),
            0..16,
        ),
        chunk in 1usize..6,
    ) {
        let text = tokens.concat();
        for format in [JsonFormat::default(), lenient(), framed(JsonFraming::Array), framed(JsonFraming::Strings)] {
            let columns = &[("a", "int"), ("b", "array<map<string,string>>")];
            let format = Format::Json(format);
            let whole = decode_in(usize::MAX, &format, columns, text.as_bytes());
            let parts = decode_in(chunk, &format, columns, text.as_bytes());
            proptest::prop_assert_eq!(whole.is_ok(), parts.is_ok(), "{:?}: {:?} and {:?}", text, whole, parts);
            if let (Ok(whole), Ok(parts)) = (whole, parts) {
                proptest::prop_assert_eq!(whole, parts, "{:?}", text);
            }
        }
    }
}

#[test]
fn paths_lead_to_the_records() {
    use JsonFraming::{Array, Strings, Values};
    let records = "{\"n\":1,\"Records\":[{\"a\":1,\"b\":\"x\"},null,{\"b\":\"y\"}]}\n{}\n{\"Records\":[{\"a\":3}]}";
    for (framing, path, text, expected) in [
        (Values, "$.Records[*]", records, vec!["1|x", "~|~", "~|y", "3|~"]),
        (Values, "$.Records[1]['c'][*]", "{\"Records\":[0,{\"c\":[{\"a\":1},{\"a\":2}]}]}", vec!["1|~", "2|~"]),
        (Values, "$[0][*]", "[[{\"a\":1}],[{\"a\":2}]]", vec!["1|~"]),
        (Array, "$[*].r[*]", "[{\"r\":[{\"a\":1},{\"a\":2}]},{},{\"r\":[{\"a\":3}]}]", vec!["1|~", "2|~", "3|~"]),
        (Strings, "$.r[*]", "\"{\\\"r\\\":[{\\\"a\\\":1},{\\\"a\\\":2}]}\"", vec!["1|~", "2|~"]),
    ] {
        let format = JsonFormat { path: Some(path.to_string()), ..framed(framing) };
        assert_eq!(decode(&format, AB, text).unwrap(), expected, "{path}");
    }
    let ids = JsonFormat { path: Some("$.ids[*].id".to_string()), ..JsonFormat::default() };
    let text = "{\"ids\":[{\"id\":7},{\"id\":null},{\"x\":1},{\"id\":[8]}]}{\"ids\":[{\"id\":9}]}";
    assert_eq!(decode(&ids, &[("record", "string"), ("by hand", "int")], text).unwrap(), ["7|~", "~|~", "[8]|~", "9|~"]);
    let wrong = JsonFormat { path: Some("$.n".to_string() + "[*]"), ..JsonFormat::default() };
    let error = decode(&wrong, AB, "{\"n\":[1]}").unwrap_err();
    assert!(error.message().ends_with("the JSON path leads to something that is no object"), "{error}");
    let lenient = JsonFormat { path: Some("$.r[*]".to_string()), ..lenient() };
    assert_eq!(decode(&lenient, AB, "{\"r\":[{\"a\":1},{\"a\":2}\n{\"r\":[{\"a\":3}]}").unwrap(), ["~|~", "3|~"]);
}
