//! One object in, what it is out: every format and framing.

use std::io::Write;

use super::*;
use crate::crawl::inspected::{Framing, Inspected, Kind, Note};
use crate::crawler::{GrokClassifier, JsonClassifier, XmlClassifier};

fn inspector() -> Inspector {
    Inspector::new(&[]).unwrap()
}

/// `classification compression: column type, …; records`, or why not.
fn described(inspector: &mut Inspector, content: Content<'_>) -> String {
    match inspector.inspect("k", content).unwrap() {
        Finding::Found(found) => {
            let Inspected { compression, classification, columns, .. } = inspector.inspections().get(found.inspection).unwrap();
            let columns: Vec<_> = columns.iter().map(|column| format!("{} {}", column.name, column.shape.hive())).collect();
            format!("{classification} {compression}: {}; {}", columns.join(", "), found.records)
        }
        Finding::NeedsTail { bytes } => format!("needs {bytes}"),
        Finding::Unrecognised { why } => why,
    }
}

/// Whole and as a stream, which must come to the same.
fn both(bytes: &[u8]) -> String {
    let whole = described(&mut inspector(), Content::Whole(bytes));
    // One byte at a time: every token is cut somewhere.
    let mut trickle = Trickle(bytes);
    let content = Content::Stream { size: bytes.len() as u64, reader: &mut trickle };
    assert_eq!(described(&mut inspector(), content), whole, "{}", String::from_utf8_lossy(bytes));
    whole
}

struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

const TICK: &str = r#"{"Index":"HSI","Date":"1986-12-31","Open":2568.300049,"Adj Close":2568.300049,"Volume":0.0}"#;
const TICK_IS: &str = "json none: Index string, Date string, Open double, Adj Close double, Volume double";

#[test]
fn json() {
    for (text, expected) in [
        (format!("{TICK}\n"), format!("{TICK_IS}; 1")),
        (TICK.to_owned(), format!("{TICK_IS}; 1")),
        (format!("{TICK}{TICK}"), format!("{TICK_IS}; 2")),
        (format!("\u{feff}{TICK}\r\n\r\n{TICK}\r\n"), format!("{TICK_IS}; 2")),
        (format!("[{TICK},\n{TICK}]"), format!("{TICK_IS}; 2")),
        (TICK.replace(',', ",\n  ").replace('{', "{\n  "), format!("{TICK_IS}; 1")),
        ("\"{\\\"a\\\":1}\"\n\"{\\\"b\\\":\\\"x\\\"}\"\n".to_owned(), "json none: a int, b string; 2".to_owned()),
        ("{\"a\":1,\"n\":null}\n{\"a\":2,\"n\":null}\n".to_owned(), "json none: a int, n string; 2".to_owned()),
        ("{\"v\":1}\n{\"v\":5000000000}\n".to_owned(), "json none: v bigint; 2".to_owned()),
        ("{\"v\":1}\n{\"v\":1.5}\n{\"v\":null}".to_owned(), "json none: v double; 3".to_owned()),
        ("{\"id\":1,\"v\":{\"x\":1}}\n{\"id\":2,\"v\":\"t\"}\n".to_owned(), "json none: id int, v string; 2".to_owned()),
        ("{\"s\":{\"a\":1}}\n{\"s\":{\"b\":\"x\"}}\n".to_owned(), "json none: s struct<a:int,b:string>; 2".to_owned()),
        ("{\"v\":[1,\"a\",2.5]}\n".to_owned(), "json none: v array<string>; 1".to_owned()),
        (
            "{\"id\":1,\"tags\":{\"run\":\"x\"},\"results\":[{\"name\":\"q1\",\"t\":1.5,\"k\":[\"a\"]}]}\n".to_owned(),
            "json none: id int, tags struct<run:string>, results array<struct<name:string,t:double,k:array<string>>>; 1"
                .to_owned(),
        ),
        ("{\"Name\":\"x\",\"name\":\"y\",\"id\":1}\n".to_owned(), "json none: Name string, name string, id int; 1".to_owned()),
        (
            "{\"id\":1,\"tags\":{\"eks:cluster-name\":\"c\",\"karpenter.sh/discovery\":\"d\",\"Name\":\"n\"}}\n".to_owned(),
            "json none: id int, tags map<string,string>; 1".to_owned(),
        ),
        ("{\"Adj Close\":1.5,\"a.b\":2}\n".to_owned(), "json none: Adj Close double, a.b int; 1".to_owned()),
        ("{\"id\":1}\n{\"id\":2\n{\"id\":3}\n".to_owned(), "json none: id int; 2".to_owned()),
        ("{\"id\":1}\nnull\n{\"id\":3}\n{\"id\":".to_owned(), "json none: id int; 2".to_owned()),
        ("{\"t\":1}\n{\"t\":\"x\",\"u\":[]}\n".to_owned(), "json none: t string, u array<string>; 2".to_owned()),
        ("[[{\"a\":1}]]".to_owned(), "one line of text: a table of delimited text needs two rows".to_owned()),
        ("[]".to_owned(), "a JSON array without an object in it".to_owned()),
        ("hello world\n".to_owned(), "one line of text: a table of delimited text needs two rows".to_owned()),
        ("\"hello\"\n".to_owned(), "one line of text: a table of delimited text needs two rows".to_owned()),
        (
            "{'a': 1}\n{'a': 2}\n".to_owned(),
            "starts like JSON, but no record is whole: line 1: a broken record is left out: key must be a string".to_owned(),
        ),
        ("{\"a\":1}\n{\"a\":\nx\n{\"b\n\n{\"c\":1}\n{\"a\"".to_owned(), "json none: a int, c int; 2".to_owned()),
    ] {
        assert_eq!(both(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn json_is_the_same_in_every_compression() {
    let text = "{\"id\":1}\n".repeat(1000);
    let pack = |compression: &str| -> Vec<u8> {
        match compression {
            "gzip" => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                writer.write_all(text.as_bytes()).unwrap();
                writer.finish().unwrap()
            }
            "bzip2" => {
                let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                writer.write_all(text.as_bytes()).unwrap();
                writer.finish().unwrap()
            }
            "zstd" => zstd::encode_all(text.as_bytes(), 1).unwrap(),
            "snappy" => {
                let mut writer = snap::write::FrameEncoder::new(Vec::new());
                writer.write_all(text.as_bytes()).unwrap();
                writer.into_inner().unwrap()
            }
            _ => text.as_bytes().to_vec(),
        }
    };
    for compression in ["none", "gzip", "bzip2", "zstd", "snappy"] {
        let packed = pack(compression);
        assert_eq!(both(&packed), format!("json {compression}: id int; 1000"));
        let torn = &packed[..packed.len() / 2];
        if compression != "none" {
            assert!(!both(torn).starts_with("json"), "{compression}");
        }
    }
}

#[test]
fn all_records_are_read() {
    let mut text = format!("{{\"a\":1,\"pad\":\"{}\"}}\n", "x".repeat(100)).repeat(12_000);
    text.push_str("{\"a\":1,\"late\":\"x\"}\n");
    assert_eq!(both(text.as_bytes()), "json none: a int, pad string, late string; 12001");
}

#[test]
fn data_for_keys_works() {
    let text: String = (0..20_000).map(|i| format!("{{\"k{i}\":1,\"m\":{{\"n{i}\":2}}}}\n")).collect();
    let mut inspector = inspector();
    let Finding::Found(found) = inspector.inspect("k", Content::Whole(text.as_bytes())).unwrap() else { panic!() };
    let columns = &inspector.inspections().get(found.inspection).unwrap().columns;
    assert_eq!((found.records, columns.len(), columns[1].shape.hive().as_str()), (20_000, 20_001, "map<string,int>"));
}

#[test]
fn equal_objects_are_one_inspection() {
    let mut inspector = inspector();
    let mut number = |text: &str| match inspector.inspect("k", Content::Whole(text.as_bytes())).unwrap() {
        Finding::Found(found) => found.inspection,
        other => panic!("{other:?}"),
    };
    assert_eq!(number("{\"a\":1}"), 0);
    assert_eq!(number("{\"a\":2}\n{\"a\":3}"), 0);
    assert_eq!(number("{\"a\":1.5}"), 1);
    assert_eq!(number("{\"a\":1}{\"a\":1.5}"), 1);
    assert_eq!(number("[{\"a\":1}]"), 2);
    assert_eq!(number("{\"a\":1}"), 0);
}

#[test]
fn notes_say_which_line() {
    let mut inspector = inspector();
    let text = "{\"id\":1,\"p\":1,\"n\":null}\n{\"id\":2\n{\"id\":3,\"p\":1.5}\n{\"id\":\"x\"}";
    let Finding::Found(found) = inspector.inspect("ticks/1.json", Content::Whole(text.as_bytes())).unwrap() else { panic!() };
    let lines = |notes: &[Note]| notes.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(lines(&found.notes), ["line 2 of ticks/1.json: a broken record is left out: expected `,` or `}`"]);
    let why = lines(inspector.inspections().why(found.inspection));
    let expected = [
        "line 3 of ticks/1.json: `p` is a fraction → double",
        "line 4 of ticks/1.json: `id` is text → string",
        "ticks/1.json: `n` is null in every record → string",
    ];
    assert_eq!(why, expected);
}

#[test]
fn framings() {
    for (text, framing) in [
        ("{\"a\":1}", Framing::Values),
        ("[{\"a\":1}]", Framing::Array),
        ("[{\"a\":1}]\n[{\"a\":2}]", Framing::Array),
        ("\"{\\\"a\\\":1}\"", Framing::Strings),
    ] {
        let mut inspector = inspector();
        inspector.inspect("k", Content::Whole(text.as_bytes())).unwrap();
        assert_eq!(inspector.inspections().get(0).unwrap().kind, Kind::Json { framing, path: None }, "{text}");
    }
}

#[test]
fn logs() {
    let line = "127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /apache_pb.gif HTTP/1.0\" 200 2326";
    let combined = format!("{line} \"http://www.example.com/start.html\" \"Mozilla/4.08\"\n").repeat(3);
    assert!(both(combined.as_bytes()).starts_with("combined_apache none: clientip string"));
    assert!(both(format!("{line}\n{line}\n").as_bytes()).starts_with("apache none: clientip string"));
    let syslog = "Oct 11 22:14:15 mymachine su[230]: 'su root' failed\nOct 11 22:14:16 mymachine cron: x, y\n";
    assert!(both(syslog.as_bytes()).starts_with("linux_kernel none: "), "{}", both(syslog.as_bytes()));
    let ruby = "I, [2015-09-17T18:24:15.390123 #1234]  INFO -- worker: started\n".repeat(2);
    assert!(both(ruby.as_bytes()).starts_with("ruby_logger none: "), "{}", both(ruby.as_bytes()));
}

#[test]
fn custom_classifiers() {
    let json = |path: &str| Classifier::Json(JsonClassifier { name: "j".into(), json_path: path.into(), ..Default::default() });
    let run = |classifier: Classifier, text: &str| {
        described(&mut Inspector::new(&[classifier]).unwrap(), Content::Whole(text.as_bytes()))
    };
    assert_eq!(run(json("$.id"), "{\"id\":\"ak\",\"n\":1}\n{\"id\":\"al\",\"n\":2}\n"), "json none: record string; 2");
    assert_eq!(run(json("$[*]"), "[{\"id\":\"ak\",\"n\":1}]"), "json none: id string, n int; 1");
    assert_eq!(run(json("$.Records[*]"), "{\"Records\":[{\"a\":1},{\"a\":2.5}]}"), "json none: a double; 2");
    assert_eq!(run(json("$.ids[*].id"), "{\"ids\":[{\"id\":1},{\"id\":2}]}"), "json none: record int; 2");
    assert_eq!(run(json("$[*].id"), "[{\"id\":1},{\"id\":2}]"), "json none: record int; 2");
    // A path that leads nowhere: the built-in classifier is next.
    assert_eq!(run(json("$.none"), "{\"a\":1}"), "json none: a int; 1");
    let grok = GrokClassifier {
        name: "g".into(),
        classification: "special-logs".into(),
        grok_pattern:
            r"%{TIMESTAMP_ISO8601:timestamp} \[%{MESSAGEPREFIX:prefix}\] %{CRAWLERLOGLEVEL:loglevel} : %{GREEDYDATA:message}"
                .into(),
        custom_patterns: Some("CRAWLERLOGLEVEL (BENCHMARK|ERROR|WARN|INFO|TRACE)\nMESSAGEPREFIX .*-.*-.*-.*-.*".into()),
        ..Default::default()
    };
    assert_eq!(
        run(Classifier::Grok(grok), "2021-05-01 10:00:00 [a-b-c-d-e] INFO : hello\n2021-05-01 10:00:01 [a-b-c-d-f] WARN : bye\n"),
        "special-logs none: timestamp string, prefix string, loglevel string, message string; 2"
    );
    let xml = XmlClassifier { name: "x".into(), ..Default::default() };
    assert_eq!(run(Classifier::Xml(xml), "<rows><row/></rows>"), "XML (classifier 'x'), which cannot be queried yet");
    for wrong in [json("id"), Classifier::Grok(GrokClassifier { grok_pattern: "%{NOSUCH:x}".into(), ..Default::default() })] {
        assert!(Inspector::new(&[wrong]).is_err());
    }
}

#[test]
fn what_is_no_table() {
    for (bytes, why) in [
        (&b""[..], "nothing is in it"),
        (b"  \n", "there is only white space in it"),
        (b"<?xml version=\"1.0\"?><a/>", "XML, which is recognised but cannot be queried yet"),
        (b"\xFF\xFEa\0,\0", "UTF-16 text, which is not supported: write it as UTF-8"),
        (b"\x7FELF\0\0\x01", "binary data of no known format"),
        (b"PK\x03\x04rest", "zip archives are not supported; recompress with gzip or zstd"),
    ] {
        assert_eq!(both(bytes), why);
    }
}

#[test]
fn files_with_a_directory_ask_for_their_end() {
    let mut large = b"PAR1\0\x15\x04".to_vec();
    large.resize(200_000, 7);
    let mut reader = large.as_slice();
    let content = Content::Stream { size: 200_000, reader: &mut reader };
    assert_eq!(described(&mut inspector(), content), "needs 65536");
    let torn = described(&mut inspector(), Content::Whole(&large));
    assert_eq!(torn, "starts like a Parquet file, but its footer is missing: it is not whole");
    assert_eq!(both(b"ORCID,name\n1,ann\n2,bob\n"), "csv none: ORCID bigint, name string; 2");
}

#[test]
fn records_of_what_was_not_read_are_estimated() {
    let line =
        "{\"a\":1,\"b\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\n".repeat(10_000);
    let chunks = MAX_TEXT as usize / line.len() * 2;
    struct Again<'a>(&'a [u8], usize, usize);
    impl Read for Again<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.2 == self.0.len() {
                (self.1, self.2) = (self.1 - 1, 0);
            }
            let left = if self.1 == 0 { &[] } else { &self.0[self.2..] };
            let length = left.len().min(buffer.len());
            buffer[..length].copy_from_slice(&left[..length]);
            self.2 += length;
            Ok(length)
        }
    }
    let size = (chunks * line.len()) as u64;
    let mut reader = Again(line.as_bytes(), chunks, 0);
    let finding = inspector().inspect("k", Content::Stream { size, reader: &mut reader }).unwrap();
    let Finding::Found(found) = finding else { panic!("{finding:?}") };
    assert!((found.records as i64 - chunks as i64 * 10_000).abs() < 10, "{}", found.records);
    assert_eq!(found.notes[0].to_string(), "k: only the first 64 MiB of its text were read for the schema");
}

#[test]
fn a_store_that_fails_is_an_error() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("connection reset"))
        }
    }
    for start in [&b"{\"a\":1}\n"[..], b"\x1F\x8B\x08\0\0\0\0\0\0\x03"] {
        let start = [start, b"{\"a\":1}\n".repeat(100).as_slice()].concat();
        let mut reader = start.as_slice().chain(Failing);
        let error = inspector().inspect("k", Content::Stream { size: 1000, reader: &mut reader }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    }
}
