//! What definitions say, what they are refused for, and that a described format is found again.

use super::*;
use crate::error::ErrorKind;

fn table(library: &str, serde: &[(&str, &str)], parameters: &[(&str, &str)]) -> (Table, StorageDescriptor) {
    let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let serde_info = SerDeInfo { name: None, serialization_library: Some(library.to_string()), parameters: Some(map(serde)) };
    let descriptor = StorageDescriptor { serde_info: Some(serde_info), ..StorageDescriptor::default() };
    (Table { parameters: Some(map(parameters)), ..Table::default() }, descriptor)
}

fn of(library: &str, serde: &[(&str, &str)], parameters: &[(&str, &str)]) -> Result<Format> {
    let (table, descriptor) = table(library, serde, parameters);
    Format::of(&table, &descriptor)
}

#[test]
fn every_serde_is_known() {
    let json = JsonFormat::default();
    for (library, expected) in [
        (OPENX_JSON, Format::Json(json.clone())),
        (HCATALOG_JSON, Format::Json(JsonFormat { library: JsonLibrary::Hive, ..json.clone() })),
        (HIVE_JSON, Format::Json(JsonFormat { library: JsonLibrary::Hive, ..json })),
        (LAZY_SIMPLE, Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Delimited(Delimited::default()) })),
        (OPEN_CSV, Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Quoted(Quoted::default()) })),
        (PARQUET, Format::Parquet),
        (ORC, Format::Orc),
        (AVRO, Format::Avro),
    ] {
        assert_eq!(of(library, &[], &[]).unwrap(), expected, "{library}");
    }
}

#[test]
fn table_formats_claim_their_tables() {
    for (parameters, expected) in [
        ([("table_type", "DELTA")], TableFormat::Delta),
        ([("table_type", "ICEBERG")], TableFormat::Iceberg),
        ([("spark.sql.sources.provider", "hudi")], TableFormat::Hudi),
        ([("classification", "delta")], TableFormat::Delta),
    ] {
        assert_eq!(of(LAZY_SIMPLE, &[], &parameters).unwrap(), Format::Table(expected));
    }
    let (table, mut descriptor) = table(PARQUET, &[], &[("classification", "parquet")]);
    descriptor.input_format = Some("org.apache.hudi.hadoop.HoodieParquetInputFormat".to_string());
    assert_eq!(Format::of(&table, &descriptor).unwrap(), Format::Table(TableFormat::Hudi));
}

const NULLS: (&str, &str) = ("use.null.for.invalid.data", "true");

#[test]
fn parameters_are_read() {
    let json = JsonFormat {
        library: JsonLibrary::OpenX,
        framing: JsonFraming::Strings,
        ignore_malformed: true,
        null_for_invalid: true,
        case_insensitive: false,
        dots_in_keys: true,
        mapping: [("ts".to_string(), "Time Stamp".to_string())].into(),
        paths: vec!["A".to_string(), "b".to_string()],
        path: None,
    };
    let serde = [
        ("civetta.json.framing", "strings"),
        ("ignore.malformed.json", "1"),
        ("use.null.for.invalid.data", "true"),
        ("case.insensitive", "false"),
        ("dots.in.keys", "true"),
        ("mapping.ts", "Time Stamp"),
        ("paths", "A,b"),
    ];
    assert_eq!(of(OPENX_JSON, &serde, &[]).unwrap(), Format::Json(json));

    let dialect = Delimited { delimiter: b'\t', escape: Some(b'\\'), collection: b'|', map_key: b':', null: String::new() };
    let serde = [
        ("field.delim", "\t"),
        ("escape.delim", "\\"),
        ("colelction.delim", "|"),
        ("mapkey.delim", ":"),
        ("serialization.null.format", ""),
        ("serialization.format", ","),
    ];
    let expected = CsvFormat { skip_lines: 2, dialect: CsvDialect::Delimited(dialect) };
    assert_eq!(of(LAZY_SIMPLE, &serde, &[("skip.header.line.count", "2")]).unwrap(), Format::Csv(expected));

    let dialect = Quoted { delimiter: b';', quote: None, escape: Some(b'\\'), null_for_invalid: true };
    let serde = [("separatorChar", ";"), ("quoteChar", "\0"), ("escapeChar", "\""), ("skip.header.line.count", "1"), NULLS];
    let expected = CsvFormat { skip_lines: 1, dialect: CsvDialect::Quoted(dialect) };
    assert_eq!(of(OPEN_CSV, &serde, &[]).unwrap(), Format::Csv(expected));

    let syntax = RegexSyntax::Regex { pattern: "(.*)".to_string(), case_insensitive: true };
    let serde = [("input.regex", "(.*)"), ("input.regex.case.insensitive", "true"), NULLS];
    assert_eq!(of(REGEX, &serde, &[]).unwrap(), Format::Regex(RegexFormat { skip_lines: 0, null_for_invalid: true, syntax }));

    let syntax = RegexSyntax::Grok { pattern: "%{X:x}".to_string(), custom: "X a+".to_string() };
    let serde = [("input.format", "%{X:x}"), ("input.grokCustomPatterns", "X a+"), NULLS];
    assert_eq!(of(GROK, &serde, &[]).unwrap(), Format::Regex(RegexFormat { skip_lines: 0, null_for_invalid: true, syntax }));
}

#[test]
fn delimiters_in_every_spelling() {
    for (text, expected) in [
        (",", b','),
        ("1", 1),
        ("9", 9),
        ("44", b','),
        ("\\t", b'\t'),
        ("\\001", 1),
        ("\\u0007", 7),
        ("\\\\", b'\\'),
        ("\u{1}", 1),
    ] {
        let Format::Csv(CsvFormat { dialect: CsvDialect::Delimited(dialect), .. }) =
            of(LAZY_SIMPLE, &[("field.delim", text)], &[]).unwrap()
        else {
            panic!("not delimited")
        };
        assert_eq!(dialect.delimiter, expected, "{text}");
    }
}

#[test]
fn what_is_not_done_is_refused_by_name() {
    use ErrorKind::{InvalidInput, NotSupported};
    for (library, serde, kind, message) in [
        (
            "com.amazon.ionhiveserde.IonHiveSerDe",
            ("", ""),
            NotSupported,
            "the SerDe 'com.amazon.ionhiveserde.IonHiveSerDe' is not supported",
        ),
        (
            OPENX_JSON,
            ("timestamp.formats", "yyyy"),
            NotSupported,
            "the parameter 'timestamp.formats' is not supported: timestamps are read in Hive's and ISO 8601's forms only",
        ),
        (
            OPENX_JSON,
            ("skip.header.line.count", "1"),
            NotSupported,
            "the parameter 'skip.header.line.count' is not supported: objects of JSON have no header lines",
        ),
        (
            OPENX_JSON,
            ("jsonPath", "Records[*]"),
            InvalidInput,
            "parameter 'jsonPath': json path 'Records[*]': expected '$' at the start",
        ),
        (
            OPENX_JSON,
            ("civetta.json.framing", "lines"),
            InvalidInput,
            "parameter 'civetta.json.framing' is 'lines': expected values, array or strings",
        ),
        (OPENX_JSON, ("case.insensitive", "no"), InvalidInput, "parameter 'case.insensitive' is 'no': expected true or false"),
    ] {
        let error = of(library, &[serde], &[]).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
}

#[test]
fn delimited_text_refuses_by_name() {
    use ErrorKind::{InvalidInput, NotSupported};
    for (library, serde, kind, message) in [
        (
            LAZY_SIMPLE,
            ("serialization.encoding", "ISO-8859-1"),
            NotSupported,
            "the parameter 'serialization.encoding' is not supported: text is read as UTF-8 only",
        ),
        (
            LAZY_SIMPLE,
            ("line.delim", "|"),
            NotSupported,
            "the parameter 'line.delim' is not supported: lines end with a line feed",
        ),
        (
            LAZY_SIMPLE,
            ("field.delim", "||"),
            NotSupported,
            "the parameter 'field.delim' is '||': only a single ASCII character is supported",
        ),
        (
            LAZY_SIMPLE,
            ("field.delim", "§"),
            NotSupported,
            "the parameter 'field.delim' is '§': only a single ASCII character is supported",
        ),
        (
            LAZY_SIMPLE,
            ("skip.footer.line.count", "1"),
            NotSupported,
            "the parameter 'skip.footer.line.count' is not supported: lines at the end of objects cannot be left out",
        ),
        (
            LAZY_SIMPLE,
            ("skip.header.line.count", "x"),
            InvalidInput,
            "parameter 'skip.header.line.count' is 'x': expected a number of lines",
        ),
        (
            OPEN_CSV,
            ("quoteChar", ","),
            InvalidInput,
            "parameters 'separatorChar', 'quoteChar' and 'escapeChar' must be different characters",
        ),
        (REGEX, ("", ""), InvalidInput, "RegexSerDe needs the SerDe parameter 'input.regex'"),
    ] {
        let error = of(library, &[serde], &[]).unwrap_err();
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
}

#[test]
fn input_formats_must_be_the_serdes() {
    let (table, mut descriptor) = table(OPENX_JSON, &[], &[]);
    for (input, message) in [
        (SYMLINK_INPUT, "tables over symlink manifests (SymlinkTextInputFormat) are not supported"),
        (
            SEQUENCE_INPUT,
            "the input format 'org.apache.hadoop.mapred.SequenceFileInputFormat' is not supported with the SerDe 'org.openx.data.jsonserde.JsonSerDe'",
        ),
    ] {
        descriptor.input_format = Some(input.to_string());
        assert_eq!(Format::of(&table, &descriptor).unwrap_err().message(), message);
    }
    let error = Format::of(&table, &StorageDescriptor::default()).unwrap_err();
    assert_eq!(error.message(), "the table names no SerDe: its format is not known");
}

#[test]
fn tables_are_refused_for_what_the_whole_needs() {
    for key in ["has_encrypted_data", "transactional"] {
        let (refused, _) = table(PARQUET, &[], &[(key, "True")]);
        let error = refuse_unsupported(&refused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSupported);
        assert!(error.message().contains(key), "{error}");
        let (allowed, _) = table(PARQUET, &[], &[(key, "false")]);
        refuse_unsupported(&allowed).unwrap();
    }
}

#[test]
fn exclusions_are_a_json_array() {
    let with = |text: &str| table(PARQUET, &[], &[("exclusions", text)]).0;
    assert_eq!(exclusions(with(r#"["**.tmp","a/[!0]*"]"#).parameters.as_ref()).unwrap(), ["**.tmp", "a/[!0]*"]);
    assert_eq!(exclusions(None).unwrap(), Vec::<String>::new());
    assert_eq!(exclusions(with("**.tmp").parameters.as_ref()).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn what_is_described_is_found_again() {
    let delimited = Delimited { delimiter: b'\t', escape: Some(b'\\'), collection: b'|', map_key: b':', null: "-".to_string() };
    let json = JsonFormat {
        library: JsonLibrary::Hive,
        framing: JsonFraming::Array,
        ignore_malformed: true,
        null_for_invalid: true,
        case_insensitive: false,
        dots_in_keys: true,
        mapping: [("a".to_string(), "B c".to_string())].into(),
        paths: vec!["x".to_string()],
        path: Some("$.Records[*]".to_string()),
    };
    for format in [
        Format::Json(json),
        Format::Json(JsonFormat::default()),
        Format::Csv(CsvFormat { skip_lines: 1, dialect: CsvDialect::Delimited(delimited) }),
        Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Delimited(Delimited::default()) }),
        Format::Csv(CsvFormat {
            skip_lines: 3,
            dialect: CsvDialect::Quoted(Quoted { delimiter: b';', quote: None, escape: None, null_for_invalid: true }),
        }),
        Format::Csv(CsvFormat { skip_lines: 0, dialect: CsvDialect::Quoted(Quoted::default()) }),
        Format::Regex(RegexFormat {
            skip_lines: 1,
            null_for_invalid: true,
            syntax: RegexSyntax::Regex { pattern: "(a)".to_string(), case_insensitive: true },
        }),
        Format::Regex(RegexFormat {
            skip_lines: 0,
            null_for_invalid: true,
            syntax: RegexSyntax::Grok { pattern: "%{IP:ip}".to_string(), custom: "IP .*".to_string() },
        }),
        Format::Parquet,
        Format::Avro,
        Format::Orc,
        Format::Table(TableFormat::Delta),
        Format::Table(TableFormat::Iceberg),
        Format::Table(TableFormat::Hudi),
    ] {
        let (input, output, serde) = format.describe();
        let descriptor = StorageDescriptor {
            input_format: Some(input),
            output_format: Some(output),
            serde_info: Some(serde),
            ..StorageDescriptor::default()
        };
        let table = Table { parameters: Some(format.table_parameters()), ..Table::default() };
        assert_eq!(Format::of(&table, &descriptor).unwrap(), format);
        let kept: Format = serde_json::from_str(&serde_json::to_string(&format).unwrap()).unwrap();
        assert_eq!(kept, format);
    }
}
