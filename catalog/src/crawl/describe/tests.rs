//! What tables are made of inspections: SerDe, columns and parameters, by table.

use super::*;
use crate::crawl::inspect::{Content, Inspector};
use crate::crawl::inspected::Finding;
use crate::crawler::{Classifier, CsvClassifier, JsonClassifier};

/// One table over these objects.
fn table(classifiers: &[Classifier], objects: &[&[u8]]) -> Description {
    let mut inspector = Inspector::new(classifiers).unwrap();
    let mut numbers = Vec::new();
    for object in objects {
        match inspector.inspect("k", Content::Whole(object)).unwrap() {
            Finding::Found(found) => numbers.push(found.inspection),
            other => panic!("{other:?}"),
        }
    }
    let inspections = inspector.inspections();
    let found: Vec<_> = numbers.iter().filter_map(|number| inspections.get(*number)).collect();
    describe(&found).unwrap()
}

fn columns(description: &Description) -> String {
    let columns: Vec<_> = description.columns.iter().map(|column| format!("{} {}", column.name, column.hive_type())).collect();
    columns.join(", ")
}

fn parameters(parameters: &Parameters) -> String {
    let all: Vec<_> = parameters.iter().map(|(key, value)| format!("{key}={}", value.escape_debug())).collect();
    all.join(" ")
}

fn serde(description: &Description) -> String {
    let (_, _, serde) = description.reading();
    format!("{} {}", serde.serialization_library.unwrap_or_default(), parameters(&serde.parameters.unwrap_or_default()))
}

const OPENX: &str = "org.openx.data.jsonserde.JsonSerDe";
const LAZY: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
const OPEN_CSV: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";

#[test]
fn json() {
    let ticks =
        table(&[], &[b"{\"Index\":\"HSI\",\"Adj Close\":1,\"Close\":2}", b"{\"Index\":\"HSI\",\"Adj Close\":1.5,\"Close\":2}"]);
    assert_eq!(columns(&ticks), "index string, adj close double, close int");
    assert_eq!(serde(&ticks), format!("{OPENX} paths=Adj Close,Close,Index"));
    assert_eq!(parameters(&ticks.parameters), "classification=json compressionType=none typeOfData=file");
    assert_eq!(ticks.notes, ["`Adj Close` is double and int in different objects → double"]);

    let array = table(&[], &[b"{\"a\":1}", b"[{\"a\":1}]"]);
    assert_eq!(serde(&array), format!("{OPENX} civetta.json.framing=array paths=a"));
    assert_eq!(parameters(&array.parameters), "classification=json compressionType=none jsonPath=$[*] typeOfData=file");

    let odd = table(&[], &[b"{\"Name\":\"x\",\"name\":1,\"t\":{\"a:b\":1}}"]);
    assert_eq!(columns(&odd), "name string, t map<string,int>");
    let expected = [
        "`Name`, `name` are one column, `name`: names in the catalog have no case",
        "`t` is a map and no struct, because no struct can have a member called `a:b`",
    ];
    assert_eq!(odd.notes, expected);
}

#[test]
fn json_paths() {
    let path = |path: &str| vec![Classifier::Json(JsonClassifier { json_path: path.into(), ..Default::default() })];
    let member = table(&path("$.id"), &[b"{\"id\":\"ak\",\"n\":1}"]);
    assert_eq!(columns(&member), "record string");
    assert_eq!(serde(&member), format!("{OPENX} mapping.record=id paths=id"));
    let deep = table(&path("$.Records[*]"), &[b"{\"Records\":[{\"a\":1}]}"]);
    assert_eq!(columns(&deep), "a int");
    assert_eq!(serde(&deep), format!("{OPENX} jsonPath=$.Records[*] paths=a"));
    assert_eq!(deep.notes, [""; 0]);
    let list = table(&path("$.ids[*].id"), &[b"{\"ids\":[{\"id\":1},{\"id\":2}]}"]);
    assert_eq!(columns(&list), "record int");
}

#[test]
fn csv() {
    let plain = table(&[], &[b"id,name\n1,ann\n", b"id,name,x\n1.5,bob,7\n"]);
    assert_eq!(columns(&plain), "id double, name string, x bigint");
    assert_eq!(serde(&plain), format!("{LAZY} field.delim=,"));
    let expected = "areColumnsQuoted=false classification=csv columnsOrdered=true compressionType=none delimiter=, \
                    skip.header.line.count=1 typeOfData=file";
    assert_eq!(parameters(&plain.parameters), expected);

    let quoted = table(&[], &[b"1|\"a|b\"\n2|c\n"]);
    assert_eq!(columns(&quoted), "col0 bigint, col1 string");
    assert_eq!(serde(&quoted), format!("{OPEN_CSV} escapeChar=\\\\ quoteChar=\\\" separatorChar=|"));
    assert_eq!(quoted.parameters.get("areColumnsQuoted").map(String::as_str), Some("true"));
    assert!(!quoted.parameters.contains_key("skip.header.line.count"));

    let mixed = table(&[], &[b"1,ann\n2,bob\n", b"id,who\n1,x\n"]);
    assert_eq!(columns(&mixed), "id bigint, who string");
    assert!(mixed.notes[0].contains("left out everywhere"), "{:?}", mixed.notes);
    let swapped = table(&[], &[b"a,b\n1,2\n", b"b,a\n1,x\n"]);
    assert_eq!(columns(&swapped), "a bigint, b string");
    assert_eq!(swapped.notes.len(), 3);

    let lazy =
        CsvClassifier { other: serde_json::Map::from_iter([("Serde".into(), "LazySimpleSerDe".into())]), ..Default::default() };
    let lazy = table(&[Classifier::Csv(lazy)], &[b"a,b\n\"1\",2\n"]);
    assert!(serde(&lazy).starts_with(LAZY));
}

#[test]
fn logs_and_avro() {
    let line = b"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326\n";
    let apache = table(&[], &[line]);
    assert_eq!(serde(&apache), "com.amazonaws.glue.serde.GrokSerDe input.format=%{COMMONAPACHELOG}");
    let expected = "classification=apache compressionType=none grokPattern=%{COMMONAPACHELOG} typeOfData=file";
    assert_eq!(parameters(&apache.parameters), expected);

    let inspected = |schema: &str, columns: &[&str]| Inspected {
        kind: Kind::Avro { schema: schema.into() },
        compression: "none".into(),
        classification: "avro".into(),
        columns: columns.iter().map(|name| Member::new(*name, Shape::Int)).collect(),
    };
    let avro = describe(&[&inspected("1", &["a", "b"]), &inspected("2", &["a"])]).unwrap();
    assert_eq!(serde(&avro), "org.apache.hadoop.hive.serde2.avro.AvroSerDe avro.schema.literal=1 serialization.format=1");
    assert_eq!(avro.parameters.get("avro.schema.literal").map(String::as_str), Some("1"));
    assert!(describe(&[]).is_err());
}
