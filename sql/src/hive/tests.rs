//! Every form of the Hive grammar, and what it becomes.

use catalog::table::{Column, Database, Parameters, Table};
use catalog::{Comparison, ErrorKind, PartitionFilter};

use crate::parse;
use crate::statement::{AlterAction, ColumnPlace, DatabaseName, DescribeStyle, NewPartition, ObjectName, Statement};

fn properties<const N: usize>(pairs: [(&str, &str); N]) -> Parameters {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn spec<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn like(pattern: &str) -> Option<String> {
    Some(pattern.to_string())
}

#[track_caller]
fn check<const N: usize>(cases: [(&str, Statement); N]) {
    for (text, expected) in cases {
        assert_eq!(parse(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn show() {
    let t = || ObjectName::bare("t");
    let d = || Some(DatabaseName::new("d"));
    check([
        ("SHOW DATABASES", Statement::ShowDatabases { like: None }),
        ("show schemas like '.*analytics';", Statement::ShowDatabases { like: like(".*analytics") }),
        ("SHOW TABLES", Statement::ShowTables { database: None, like: None }),
        ("SHOW TABLES IN `d` '*logs'", Statement::ShowTables { database: d(), like: like("*logs") }),
        ("SHOW TABLES FROM D LIKE 'a|b'", Statement::ShowTables { database: d(), like: like("a|b") }),
        ("SHOW VIEWS IN d LIKE 'v*'", Statement::ShowViews { database: d(), like: like("v*") }),
        ("SHOW COLUMNS IN T", Statement::ShowColumns { table: t() }),
        ("SHOW COLUMNS FROM d.t", Statement::ShowColumns { table: ObjectName::of("d", "t") }),
        ("SHOW COLUMNS FROM t FROM d", Statement::ShowColumns { table: ObjectName::of("d", "t") }),
        ("SHOW PARTITIONS t", Statement::ShowPartitions { table: t() }),
        ("SHOW CREATE TABLE `d.t`", Statement::ShowCreateTable { table: ObjectName::of("d", "t") }),
        ("SHOW CREATE VIEW \"d\".\"v\";", Statement::ShowCreateView { view: ObjectName::of("d", "v") }),
        ("SHOW TBLPROPERTIES t", Statement::ShowTableProperties { table: t(), property: None }),
        ("SHOW TBLPROPERTIES t('comment')", Statement::ShowTableProperties { table: t(), property: like("comment") }),
        ("USE `d`", Statement::Use { database: DatabaseName::new("d") }),
        ("USE c.d", Statement::Use { database: DatabaseName { catalog: Some("c".into()), name: "d".into() } }),
        ("MSCK REPAIR TABLE `d`.`t`", Statement::RepairTable { table: ObjectName::of("d", "t") }),
    ]);
}

#[test]
fn describe() {
    let plain = |table: ObjectName| Statement::Describe { table, style: DescribeStyle::Plain, partition: None, column: None };
    let t = || ObjectName::bare("t");
    check([
        ("DESCRIBE t", plain(t())),
        ("DESC d.t", plain(ObjectName::of("d", "t"))),
        ("DESCRIBE extended", plain(ObjectName::bare("extended"))),
        ("DESCRIBE formatted.t", plain(ObjectName::of("formatted", "t"))),
        (
            "DESCRIBE EXTENDED t",
            Statement::Describe { table: t(), style: DescribeStyle::Extended, partition: None, column: None },
        ),
        (
            "DESCRIBE FORMATTED t PARTITION (dt = '2020', h = 5) a.b.'$elem$'",
            Statement::Describe {
                table: t(),
                style: DescribeStyle::Formatted,
                partition: Some(spec([("dt", "2020"), ("h", "5")])),
                column: Some(vec!["a".into(), "b".into(), "$elem$".into()]),
            },
        ),
    ]);
}

#[test]
fn databases() {
    let d = || DatabaseName::new("d");
    let bare = Database { name: "d".into(), ..Database::default() };
    let full = Database {
        name: "d".into(),
        description: Some("it's".into()),
        location_uri: Some("s3://b/d/".into()),
        parameters: Some(properties([("Dept.", "x"), ("creator", "J")])),
        ..Database::default()
    };
    check([
        ("CREATE DATABASE `D`", Statement::CreateDatabase { catalog: None, database: bare, if_not_exists: false }),
        (
            r"CREATE SCHEMA IF NOT EXISTS d COMMENT 'it\'s' LOCATION 's3://b/d/' WITH DBPROPERTIES ('creator'='J', 'Dept.'='x')",
            Statement::CreateDatabase { catalog: None, database: full, if_not_exists: true },
        ),
        ("DROP DATABASE d", Statement::DropDatabase { database: d(), if_exists: false, cascade: false }),
        ("DROP SCHEMA IF EXISTS d CASCADE", Statement::DropDatabase { database: d(), if_exists: true, cascade: true }),
        (
            "ALTER DATABASE d SET DBPROPERTIES ('a'='b')",
            Statement::AlterDatabase { database: d(), properties: properties([("a", "b")]) },
        ),
        ("DROP TABLE IF EXISTS `a-b`", Statement::DropTable { table: ObjectName::bare("a-b"), if_exists: true }),
        ("DROP VIEW d.v", Statement::DropView { view: ObjectName::of("d", "v"), if_exists: false }),
    ]);
}

#[test]
fn alter_table() {
    let add = |if_not_exists, partitions| AlterAction::AddPartitions { if_not_exists, partitions };
    let new = |spec, location: Option<&str>| NewPartition { spec, location: location.map(Into::into) };
    let compare = |key: &str, op, value: &str| PartitionFilter::Compare { key: key.into(), op, value: value.into() };
    let cases = [
        ("ADD PARTITION (dt = '2016')", add(false, vec![new(spec([("dt", "2016")]), None)])),
        (
            "ADD IF NOT EXISTS PARTITION (`dt`='a', n=-1) LOCATION 's3://b/a' PARTITION (dt='b', n=02)",
            add(true, vec![new(spec([("dt", "a"), ("n", "-1")]), Some("s3://b/a")), new(spec([("dt", "b"), ("n", "02")]), None)]),
        ),
        (
            "DROP IF EXISTS PARTITION (dt < '2014', c <> 'IN'), PARTITION (dt = DATE '2020-01-01')",
            AlterAction::DropPartitions {
                if_exists: true,
                filters: vec![
                    PartitionFilter::And(vec![compare("dt", Comparison::Lt, "2014"), compare("c", Comparison::NotEq, "IN")]),
                    compare("dt", Comparison::Eq, "2020-01-01"),
                ],
            },
        ),
        (
            "PARTITION (dt = 'a') RENAME TO PARTITION (dt = 'b')",
            AlterAction::RenamePartition { from: spec([("dt", "a")]), to: spec([("dt", "b")]) },
        ),
        (
            "PARTITION (zip='9') SET LOCATION 's3://m/c/'",
            AlterAction::SetLocation { partition: Some(spec([("zip", "9")])), location: "s3://m/c/".into() },
        ),
        ("SET LOCATION 's3://m/c/'", AlterAction::SetLocation { partition: None, location: "s3://m/c/".into() }),
        (
            "SET TBLPROPERTIES ('a' = 'ZSTD', 'level' = 4)",
            AlterAction::SetProperties { properties: properties([("a", "ZSTD"), ("level", "4")]) },
        ),
        (
            "PARTITION (r='u') ADD COLUMNS (E string)",
            AlterAction::AddColumns { partition: Some(spec([("r", "u")])), columns: vec![Column::new("e", "string")] },
        ),
        (
            "REPLACE COLUMNS (a int, b STRING)",
            AlterAction::ReplaceColumns { partition: None, columns: vec![Column::new("a", "int"), Column::new("b", "string")] },
        ),
        (
            "CHANGE COLUMN a b double COMMENT 'c' AFTER x",
            AlterAction::ChangeColumn {
                column: "a".into(),
                to: Column { comment: Some("c".into()), ..Column::new("b", "double") },
                place: Some(ColumnPlace::After("x".into())),
            },
        ),
        (
            "CHANGE a a bigint FIRST",
            AlterAction::ChangeColumn { column: "a".into(), to: Column::new("a", "bigint"), place: Some(ColumnPlace::First) },
        ),
    ];
    for (text, action) in cases {
        let expected = Statement::AlterTable { table: ObjectName::of("d", "t"), action };
        assert_eq!(parse(&format!("ALTER TABLE `d`.T {text};")).unwrap(), expected, "{text}");
    }
}

fn created(text: &str) -> Table {
    match parse(text).unwrap_or_else(|error| panic!("{text}: {error}")) {
        Statement::CreateTable { table, .. } => *table,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_table_with_every_clause() {
    let table = created(
        r"CREATE EXTERNAL TABLE IF NOT EXISTS `D`.`Ticks` (
            `Symbol` STRING COMMENT 'it\'s', price decimal(10, 2), -- a comment
            2fa VARCHAR(10), nested STRUCT<A: int, `b:c`: array < map<string,double precision> > >)
          COMMENT 'all ticks' PARTITIONED BY (dt string, hour INTEGER)
          CLUSTERED BY (symbol) SORTED BY (price DESC, symbol) INTO 4 BUCKETS
          ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
          LOCATION 's3://bucket/ticks/' TBLPROPERTIES ('classification'='json');",
    );
    assert_eq!((table.database_name.as_str(), table.name.as_str()), ("d", "ticks"));
    assert_eq!(table.table_type.as_deref(), Some("EXTERNAL_TABLE"));
    assert_eq!(table.parameters, Some(properties([("EXTERNAL", "TRUE"), ("classification", "json"), ("comment", "all ticks")])));
    let columns: Vec<_> = table.columns().iter().map(|column| (column.name.as_str(), column.hive_type())).collect();
    assert_eq!(
        columns,
        [
            ("symbol", "string"),
            ("price", "decimal(10,2)"),
            ("2fa", "varchar(10)"),
            ("nested", "struct<a:int,`b:c`:array<map<string,double>>>"),
        ]
    );
    assert_eq!(table.columns()[0].comment.as_deref(), Some("it's"));
    assert_eq!(table.partition_keys(), [Column::new("dt", "string"), Column::new("hour", "int")]);
    let descriptor = table.storage_descriptor.unwrap();
    assert_eq!(descriptor.location.as_deref(), Some("s3://bucket/ticks/"));
    assert_eq!(descriptor.number_of_buckets, Some(4));
    assert_eq!(descriptor.bucket_columns, Some(vec!["symbol".to_string()]));
    let order = serde_json::json!([{"Column": "price", "SortOrder": 0}, {"Column": "symbol", "SortOrder": 1}]);
    assert_eq!(serde_json::to_value(descriptor.sort_columns).unwrap(), order);
    let serde = descriptor.serde_info.unwrap();
    assert_eq!(serde.serialization_library.as_deref(), Some("org.openx.data.jsonserde.JsonSerDe"));
    assert_eq!(serde.parameters, Some(properties([("ignore.malformed.json", "true"), ("serialization.format", "1")])));
}

#[test]
fn formats() {
    let cases = [
        ("", "TextInputFormat", "LazySimpleSerDe"),
        ("STORED AS TEXTFILE", "TextInputFormat", "LazySimpleSerDe"),
        ("STORED AS parquet", "MapredParquetInputFormat", "ParquetHiveSerDe"),
        ("STORED AS ORC", "OrcInputFormat", "OrcSerde"),
        ("STORED AS AVRO", "AvroContainerInputFormat", "AvroSerDe"),
        ("STORED AS JSONFILE", "TextInputFormat", "JsonSerDe"),
        ("ROW FORMAT SERDE 'x.OpenCSVSerde' STORED AS TEXTFILE", "TextInputFormat", "OpenCSVSerde"),
        ("ROW FORMAT SERDE 'a.S' STORED AS INPUTFORMAT 'b.In' OUTPUTFORMAT 'c.Out'", "In", "S"),
        ("ROW FORMAT DELIMITED FIELDS TERMINATED BY ','", "TextInputFormat", "LazySimpleSerDe"),
    ];
    for (clauses, input, serde) in cases {
        let table = created(&format!("CREATE EXTERNAL TABLE t (a int) {clauses} LOCATION 's3://b/'"));
        let descriptor = table.storage_descriptor.unwrap();
        let last = |class: Option<String>| class.unwrap().rsplit('.').next().map(str::to_string).unwrap();
        assert_eq!(last(descriptor.input_format), input, "{clauses}");
        assert_eq!(last(descriptor.serde_info.unwrap().serialization_library), serde, "{clauses}");
    }
}

#[test]
fn delimiters() {
    let table = created(
        r"CREATE EXTERNAL TABLE t (a int) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\'
          COLLECTION ITEMS TERMINATED BY '|' MAP KEYS TERMINATED BY ':' LINES TERMINATED BY '\n' NULL DEFINED AS ''
          LOCATION 's3://b/'",
    );
    let serde = table.storage_descriptor.unwrap().serde_info.unwrap();
    let expected = properties([
        ("field.delim", "\t"),
        ("serialization.format", "\t"),
        ("escape.delim", "\\"),
        ("mapkey.delim", ":"),
        ("collection.delim", "|"),
        ("serialization.null.format", ""),
        ("line.delim", "\n"),
    ]);
    assert_eq!(serde.parameters, Some(expected));
}

#[test]
fn views() {
    let text = "CREATE OR REPLACE VIEW d.v COMMENT 'it''s \\' SECURITY INVOKER AS\n SELECT 'x\\' AS a -- note\n FROM t;";
    let Statement::CreateView { view, or_replace, comment, run_as_invoker, text, query } = parse(text).unwrap() else {
        panic!("not a view")
    };
    assert_eq!(view, ObjectName::of("d", "v"));
    assert!(or_replace && run_as_invoker);
    assert_eq!(comment.as_deref(), Some("it's \\"));
    assert_eq!(text, "SELECT 'x\\' AS a -- note\n FROM t");
    assert_eq!(query.to_string(), "SELECT 'x\\' AS a FROM t");
}

/// A statement, its error's kind, and the error as people see it, without the kind.
const WRONG: [(&str, ErrorKind, &str); 25] = [
    (
        "SHOW TABELS",
        ErrorKind::Syntax,
        "line 1:6: mismatched input 'TABELS'. Expecting: 'DATABASES', 'SCHEMAS', 'TABLES', 'VIEWS', 'COLUMNS', 'PARTITIONS', 'CREATE TABLE', 'CREATE VIEW', 'TBLPROPERTIES'",
    ),
    ("SHOW TABLES 'a' b", ErrorKind::Syntax, "line 1:17: mismatched input 'b'. Expecting: <EOF>"),
    ("SHOW TABLES IN", ErrorKind::Syntax, "line 1:15: mismatched input '<EOF>'. Expecting: <identifier>"),
    ("DROP TABLE", ErrorKind::Syntax, "line 1:11: mismatched input '<EOF>'. Expecting: 'IF EXISTS', <identifier>"),
    ("DROP TABLE a.b.c.d", ErrorKind::Syntax, "line 1:12: a table's name has at most three parts, catalog.database.table"),
    ("ALTER TABLE `t`\n ADD COLUMN a int", ErrorKind::NotSupported, "line 1:1: ALTER TABLE … ADD COLUMN is not supported yet"),
    ("ALTER TABLE t RENAME TO u", ErrorKind::NotSupported, "line 1:1: ALTER TABLE … RENAME TO is not supported yet"),
    ("ALTER TABLE t ADD PARTITION (a = 1, A = 2)", ErrorKind::InvalidInput, "line 1:37: partition key 'a' is given twice"),
    ("ALTER TABLE t SET TBLPROPERTIES ('a'='1', 'a'='2')", ErrorKind::InvalidInput, "line 1:43: property 'a' is given twice"),
    (
        "CREATE EXTERNAL TABLE t (a text) LOCATION 's3://b'",
        ErrorKind::Syntax,
        "line 1:28: mismatched input 'text'. Expecting: <type>",
    ),
    (
        "CREATE EXTERNAL TABLE t (a array<int) LOCATION 's3://b'",
        ErrorKind::Syntax,
        "line 1:37: mismatched input ')'. Expecting: '>'",
    ),
    (
        "CREATE EXTERNAL TABLE t (a decimal(39)) LOCATION 's3://b'",
        ErrorKind::InvalidInput,
        "line 1:36: expected a number from 1 to 38",
    ),
    (
        "CREATE EXTERNAL TABLE t (a int,) LOCATION 's3://b'",
        ErrorKind::Syntax,
        "line 1:32: mismatched input ')'. Expecting: <identifier>",
    ),
    (
        "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (a string) LOCATION 's3://b'",
        ErrorKind::InvalidInput,
        "line 1:23: column 'a' is specified twice",
    ),
    (
        "CREATE EXTERNAL TABLE t (a int)",
        ErrorKind::InvalidInput,
        "line 1:23: no location was specified for the table: add LOCATION 's3://bucket/folder/'",
    ),
    ("CREATE EXTERNAL TABLE t LOCATION 's3://b'", ErrorKind::InvalidInput, "line 1:23: table 't' has no columns"),
    (
        "CREATE TABLE t (a int) LOCATION 's3://b'",
        ErrorKind::InvalidInput,
        "line 1:14: the EXTERNAL keyword is required for a table of type HIVE: write CREATE EXTERNAL TABLE",
    ),
    (
        "CREATE TABLE t (a int) LOCATION 's3://b' TBLPROPERTIES ('table_type'='iceberg')",
        ErrorKind::NotSupported,
        "line 1:14: creating an Iceberg table is not supported yet",
    ),
    (
        "CREATE TABLE t (a int) PARTITIONED BY (bucket(16, a)) LOCATION 's3://b'",
        ErrorKind::NotSupported,
        "line 1:39: PARTITIONED BY without types (an Iceberg table) is not supported yet",
    ),
    (
        "CREATE EXTERNAL TABLE t (a int) STORED AS SEQUENCEFILE LOCATION 's3://b'",
        ErrorKind::NotSupported,
        "line 1:43: STORED AS SEQUENCEFILE is not supported yet",
    ),
    (
        "CREATE EXTERNAL TABLE t (a int) SKEWED BY (a) ON (1) LOCATION 's3://b'",
        ErrorKind::NotSupported,
        "line 1:33: SKEWED BY is not supported yet",
    ),
    (
        "CREATE EXTERNAL TABLE t (a int) ROW FORMAT DELIMITED LINES TERMINATED BY '|' LOCATION 's3://b'",
        ErrorKind::NotSupported,
        "line 1:54: LINES TERMINATED BY anything but '\\n' is not supported",
    ),
    (
        "CREATE VIEW v (a) AS SELECT 1",
        ErrorKind::NotSupported,
        "line 1:15: a list of columns on a view (name them in its SELECT) is not supported yet",
    ),
    (
        "CREATE VIEW v AS\nSELECT a FROM",
        ErrorKind::Syntax,
        "line 2:14: mismatched input '<EOF>'. Expecting: '(', 'JSON_TABLE', 'LATERAL', 'TABLE', 'UNNEST', <identifier>",
    ),
    (
        "MSCK REPAIR TABLE t SYNC PARTITIONS",
        ErrorKind::NotSupported,
        "line 1:21: dropping partitions in MSCK REPAIR TABLE is not supported yet",
    ),
];

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, kind, expected) in WRONG {
        let error = parse(text).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {expected}", kind.name()), "{text}");
    }
}

#[test]
fn deep_types_are_refused() {
    let text = format!("CREATE EXTERNAL TABLE t (a {}int{}) LOCATION 's3://b'", "array<".repeat(5000), ">".repeat(5000));
    assert!(parse(&text).unwrap_err().message().contains("nested deeper than 64 levels"));
}
