//! Every export format, read back.

use std::io;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;
use arrow::ipc::reader::FileReader;
use catalog::ErrorKind;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{Format, begin, unique};

/// `id bigint, name varchar, id double, tags array(integer), at timestamp(3), word varchar (dictionary)`
fn batch() -> RecordBatch {
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None, Some(vec![])]);
    let words: DictionaryArray<Int8Type> = vec![Some("x"), None, Some("x")].into_iter().collect();
    RecordBatch::try_from_iter_with_nullable([
        ("c0", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef, true),
        ("c1", Arc::new(StringArray::from(vec![Some("a,b"), Some(""), None])), true),
        ("c2", Arc::new(Float64Array::from(vec![1.0, f64::NAN, 1e20])), true),
        ("c3", Arc::new(tags), true),
        ("c4", Arc::new(TimestampMillisecondArray::from(vec![Some(0), None, Some(1)])), true),
        ("c5", Arc::new(words), true),
    ])
    .unwrap()
}

fn names() -> Vec<String> {
    ["id", "name", "id", "tags", "at", "word"].map(String::from).to_vec()
}

fn bytes(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut export = begin(format, &names(), &batch().schema(), &mut out).unwrap();
    for batch in batches {
        export.write(batch).unwrap();
    }
    export.finish().unwrap();
    out
}

fn text(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(bytes(format, batches)).unwrap()
}

#[test]
fn csv_quotes_where_it_must_and_tells_null_from_empty() {
    let expected = "id,name,id,tags,at,word\n\
        1,\"a,b\",1.0,\"[1, null]\",1970-01-01 00:00:00.000,x\n\
        2,\"\",NaN,,,\n\
        3,,1.0E20,[],1970-01-01 00:00:00.001,x\n";
    assert_eq!(text(Format::Csv, &[batch()]), expected);
    assert_eq!(text(Format::Csv, &[]), "id,name,id,tags,at,word\n");
}

#[test]
fn csv_doubles_quotes() {
    let batch = RecordBatch::try_from_iter([("s", Arc::new(StringArray::from(vec!["say \"hi\"\n"])) as ArrayRef)]).unwrap();
    let mut out = Vec::new();
    let mut export = begin(Format::Csv, &["a \"b\"".to_string()], &batch.schema(), &mut out).unwrap();
    export.write(&batch).unwrap();
    export.finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "\"a \"\"b\"\"\"\n\"say \"\"hi\"\"\n\"\n");
}

#[test]
fn json_is_real_json_with_unique_keys() {
    let parsed: serde_json::Value = serde_json::from_str(&text(Format::Json, &[batch(), batch().slice(1, 1)])).unwrap();
    let expected = serde_json::json!([
        {"id": 1, "name": "a,b", "id_1": 1.0, "tags": [1, null], "at": "1970-01-01 00:00:00.000", "word": "x"},
        {"id": 2, "name": "", "id_1": "NaN", "tags": null, "at": null, "word": null},
        {"id": 3, "name": null, "id_1": 1e20, "tags": [], "at": "1970-01-01 00:00:00.001", "word": "x"},
        {"id": 2, "name": "", "id_1": "NaN", "tags": null, "at": null, "word": null},
    ]);
    assert_eq!(parsed, expected);
    assert_eq!(text(Format::Json, &[]), "[]\n");
    let lines = text(Format::Ndjson, &[batch()]);
    assert_eq!(
        lines.lines().next().unwrap(),
        r#"{"id":1,"name":"a,b","id_1":1.0,"tags":[1,null],"at":"1970-01-01 00:00:00.000","word":"x"}"#
    );
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn json_of_rows_maps_decimals_and_bytes() {
    let fields = Fields::from(vec![Field::new("a\"", DataType::Boolean, true), Field::new("b", DataType::Binary, true)]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(BooleanArray::from(vec![true, false])), Arc::new(BinaryArray::from(vec![b"1".as_slice(), b"23"]))];
    let rows = StructArray::new(fields, columns, Some(vec![true, false].into()));
    let mut map = MapBuilder::new(None, Int64Builder::new(), Decimal128Builder::new().with_precision_and_scale(5, 2).unwrap());
    map.keys().append_value(7);
    map.values().append_value(150);
    map.append(true).unwrap();
    map.append(false).unwrap();
    let batch = RecordBatch::try_from_iter([("r", Arc::new(rows) as ArrayRef), ("m", Arc::new(map.finish()))]).unwrap();
    let mut out = Vec::new();
    let mut export = begin(Format::Ndjson, &["r".into(), "m".into()], &batch.schema(), &mut out).unwrap();
    export.write(&batch).unwrap();
    export.finish().unwrap();
    let expected = "{\"r\":{\"a\\\"\":true,\"b\":\"31\"},\"m\":{\"7\":1.50}}\n{\"r\":null,\"m\":null}\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn json_escapes_what_it_must() {
    let texts = ["plain é", "say \"hi\"", "back\\slash", "line\nend\u{1}", ""];
    let batch = RecordBatch::try_from_iter([("s", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]).unwrap();
    let mut out = Vec::new();
    let mut export = begin(Format::Json, &["a \"b\"".into()], &batch.schema(), &mut out).unwrap();
    export.write(&batch).unwrap();
    export.finish().unwrap();
    let parsed: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
    assert_eq!(parsed, texts.map(|text| serde_json::json!({ "a \"b\"": text })));
}

#[test]
fn markdown_escapes_cells_and_aligns_numbers() {
    let batch = RecordBatch::try_from_iter([
        ("s", Arc::new(StringArray::from(vec!["a|b\nc"])) as ArrayRef),
        ("n", Arc::new(Int32Array::from(vec![1]))),
    ])
    .unwrap();
    let mut out = Vec::new();
    let mut export = begin(Format::Markdown, &["s".into(), "n".into()], &batch.schema(), &mut out).unwrap();
    export.write(&batch).unwrap();
    export.finish().unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "| s | n |\n| --- | ---: |\n| a\\|b<br>c | 1 |\n");
}

#[test]
fn parquet_and_arrow_files_read_back() {
    let parquet = bytes::Bytes::from(bytes(Format::Parquet, &[batch(), batch()]));
    let reader = ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap();
    assert_eq!(reader.metadata().row_group(0).column(0).compression(), parquet::basic::Compression::ZSTD(Default::default()));
    let read: Vec<RecordBatch> = reader.build().unwrap().map(|batch| batch.unwrap()).collect();
    let arrow = bytes(Format::Arrow, &[batch(), batch()]);
    let ipc: Vec<RecordBatch> = FileReader::try_new(io::Cursor::new(arrow), None).unwrap().map(|batch| batch.unwrap()).collect();
    for batches in [read, ipc] {
        let fields = batches[0].schema();
        let read_names: Vec<&str> = fields.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(read_names, ["id", "name", "id_1", "tags", "at", "word"]);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 6);
        assert_eq!(batches[0].column(5).as_string::<i32>().value(0), "x");
    }
    assert!(ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes(Format::Parquet, &[]))).is_ok());
}

#[test]
fn names_are_made_unique_without_taking_a_real_one() {
    let list = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
    assert_eq!(unique(&list(&["a", "a", "a_1", "a", "b"])), ["a", "a_2", "a_1", "a_3", "b"]);
}

struct Broken;

impl io::Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failing_output_is_an_error_that_keeps_its_cause() {
    for format in Format::ALL {
        let written = begin(format, &names(), &batch().schema(), Broken).and_then(|mut export| {
            export.write(&batch())?;
            export.finish()
        });
        let error = written.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{format}: {error}");
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>()).unwrap();
        assert_eq!(cause.kind(), io::ErrorKind::BrokenPipe);
    }
}

#[test]
fn formats_are_known_by_name() {
    for format in Format::ALL {
        assert_eq!(format.name().to_uppercase().parse::<Format>().unwrap(), format);
    }
    assert_eq!(
        "xls".parse::<Format>().unwrap_err().message(),
        "'xls' is not an output format; known are csv, json, ndjson, markdown, parquet, arrow"
    );
}
