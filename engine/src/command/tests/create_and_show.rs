//! What is created is shown, and what is shown creates it again.

use catalog::ErrorKind;
use catalog::table::Table;
use sql::Statement;

use super::World;

/// One table of every kind of clause.
const TABLES: [&str; 7] = [
    "CREATE EXTERNAL TABLE t (a int, `b c` struct<x:int,y:array<string>> COMMENT 'it\\'s') COMMENT 'a \\\\ table' \
     PARTITIONED BY (dt string COMMENT 'day', h int) STORED AS PARQUET LOCATION 's3://lake/t/' TBLPROPERTIES ('classification'='parquet')",
    "CREATE EXTERNAL TABLE t (a string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' \
     WITH SERDEPROPERTIES ('ignore.malformed.json'='true', 'mapping.a'='A') LOCATION 's3://lake/t/'",
    "CREATE EXTERNAL TABLE t (a int, b map<string,int>) ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' \
     COLLECTION ITEMS TERMINATED BY '\\u0002' LINES TERMINATED BY '\\n' NULL DEFINED AS '' LOCATION 's3://lake/t' \
     TBLPROPERTIES ('skip.header.line.count'='1')",
    "CREATE EXTERNAL TABLE t (a string) ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' \
     WITH SERDEPROPERTIES ('separatorChar'=';', 'quoteChar'='\"', 'escapeChar'='\\\\') LOCATION 's3://lake/t/'",
    "CREATE EXTERNAL TABLE t (a int, b string) CLUSTERED BY (a) SORTED BY (b DESC, a) INTO 4 BUCKETS STORED AS ORC LOCATION 's3://lake/t/'",
    "CREATE EXTERNAL TABLE t (a decimal(10,2)) STORED AS AVRO LOCATION 's3://lake/t/'",
    r#"CREATE EXTERNAL TABLE t (`we``ird é` int COMMENT 'two\nlines; \\ \t \u0001 \% "x" ''y''') STORED AS PARQUET LOCATION 's3://lake/a b/é%20/' TBLPROPERTIES ('k''e=y'='v\'; DROP', 'empty'='')"#,
];

fn parsed(text: &str) -> Table {
    match sql::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")) {
        Statement::CreateTable { table, .. } => *table,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn show_create_table_makes_the_same_table_again() {
    for text in TABLES {
        let mut world = World::new().await;
        world.ok(text).await;
        let shown = world.ok("SHOW CREATE TABLE t").await.join("\n");
        let (mut again, original) = (parsed(&shown), parsed(text));
        let parameters = again.parameters.get_or_insert_default();
        assert!(parameters.remove("transient_lastDdlTime").is_some(), "{shown}");
        assert_eq!(again, original, "{shown}");
    }
}

#[tokio::test]
async fn the_text_is_athenas() {
    let mut world = World::new().await;
    world.ok(TABLES[0]).await;
    let time = world.table("t").await.parameter("transient_lastDdlTime").unwrap().to_string();
    let expected = [
        "CREATE EXTERNAL TABLE `t`(",
        "  `a` int, ",
        "  `b c` struct<x:int,y:array<string>> COMMENT 'it\\'s')",
        "COMMENT 'a \\\\ table'",
        "PARTITIONED BY ( ",
        "  `dt` string COMMENT 'day', ",
        "  `h` int)",
        "ROW FORMAT SERDE ",
        "  'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' ",
        "STORED AS INPUTFORMAT ",
        "  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat' ",
        "OUTPUTFORMAT ",
        "  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'",
        "LOCATION",
        "  's3://lake/t/'",
        "TBLPROPERTIES (",
        "  'classification'='parquet', ",
        &format!("  'transient_lastDdlTime'='{time}')"),
    ];
    assert_eq!(world.ok("SHOW CREATE TABLE t").await, expected);
    assert_eq!(world.ok("SHOW CREATE TABLE default.t").await[0], "CREATE EXTERNAL TABLE `default`.`t`(");
}

#[tokio::test]
async fn definitions_that_no_query_could_read_are_refused() {
    let mut world = World::new().await;
    let cases = [
        ("CREATE EXTERNAL TABLE t (a int)", ErrorKind::InvalidInput),
        ("CREATE EXTERNAL TABLE t (a int, a string) LOCATION 's3://lake/t/'", ErrorKind::InvalidInput),
        ("CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (a string) LOCATION 's3://lake/t/'", ErrorKind::InvalidInput),
        ("CREATE EXTERNAL TABLE t (a int) LOCATION 'ftp://lake/t/'", ErrorKind::InvalidInput),
        ("CREATE EXTERNAL TABLE t (a int) ROW FORMAT SERDE 'com.example.Nope' LOCATION 's3://lake/t/'", ErrorKind::NotSupported),
        ("CREATE EXTERNAL TABLE nowhere.t (a int) LOCATION 's3://lake/t/'", ErrorKind::DatabaseNotFound),
        ("CREATE EXTERNAL TABLE other.default.t (a int) LOCATION 's3://lake/t/'", ErrorKind::DatabaseNotFound),
    ];
    for (text, kind) in cases {
        let error = world.fails(text).await;
        assert_eq!(error.kind(), kind, "{text}: {error}");
    }
    assert_eq!(world.ok("SHOW TABLES").await, Vec::<String>::new());
    let create = "EXTERNAL TABLE t (a int) LOCATION 's3://lake/t/'";
    world.ok(&format!("CREATE {create}")).await;
    assert_eq!(world.fails(&format!("CREATE {create}")).await.kind(), ErrorKind::AlreadyExists);
    world.ok("CREATE EXTERNAL TABLE IF NOT EXISTS t (b int) LOCATION 's3://lake/t/'").await;
    assert_eq!(world.table("t").await.columns()[0].name, "a");
}

#[tokio::test]
async fn describe_pads_as_hive_does() {
    let mut world = World::with_partitioned_table().await;
    let column = |name: &str, r#type: &str| format!("{name:<20}\t{type:<20}\t{:<20}", "");
    let heading = "# col_name            \tdata_type           \tcomment             ".to_string();
    let expected = [
        column("a", "int"),
        column("year", "int"),
        column("city", "string"),
        "\t \t ".into(),
        "# Partition Information\t \t ".into(),
        heading.clone(),
        "\t \t ".into(),
        column("year", "int"),
        column("city", "string"),
    ];
    assert_eq!(world.ok("DESCRIBE t").await, expected);
    assert_eq!(world.ok("SHOW COLUMNS IN t").await, ["a", "year", "city"].map(|name| format!("{name:<20}")));

    let formatted = world.ok("DESCRIBE FORMATTED t").await;
    assert_eq!(formatted[..3], [heading, "\t \t ".into(), column("a", "int")]);
    assert!(formatted.contains(&"# Detailed Table Information\t \t ".to_string()));
    assert!(formatted.contains(&format!("{:<20}\t{:<20}\t ", "Location:", "s3://lake/t/")));
    assert!(formatted.contains(&format!("\t{:<20}\t{:<20}", "EXTERNAL", "TRUE")));
    let extended = world.ok("DESCRIBE EXTENDED t").await;
    let detail = extended.last().unwrap();
    assert!(detail.starts_with("Detailed Table Information\tTable(tableName:t, dbName:default, "), "{detail}");
    assert!(detail.contains("cols:[FieldSchema(name:a, type:int, comment:null)], location:s3://lake/t/,"), "{detail}");
    assert_eq!(world.fails("DESCRIBE nope").await.kind(), ErrorKind::TableNotFound);
}

#[tokio::test]
async fn describe_goes_into_columns_and_partitions() {
    let mut world = World::new().await;
    world.ok("CREATE EXTERNAL TABLE t (a struct<b:array<map<string,int>>>) PARTITIONED BY (p string) STORED AS PARQUET LOCATION 's3://lake/t/'").await;
    let line = |name: &str, r#type: &str| vec![format!("{name:<20}\t{type:<20}\t{:<20}", "")];
    assert_eq!(world.ok("DESCRIBE t a.b").await, line("b", "array<map<string,int>>"));
    assert_eq!(world.ok("DESCRIBE t a.b.'$elem$'.'$value$'").await, line("$value$", "int"));
    assert_eq!(world.fails("DESCRIBE t a.c").await.message(), "column 'a.c' does not exist");

    world.ok("ALTER TABLE t ADD PARTITION (p='1')").await;
    world.ok("ALTER TABLE t ADD COLUMNS (later int)").await;
    assert_eq!(world.ok("SHOW COLUMNS IN t").await.len(), 3);
    let partition = world.ok("DESCRIBE FORMATTED t PARTITION (p='1')").await;
    assert!(!partition.iter().any(|line| line.starts_with("later")), "{partition:?}");
    assert!(partition.contains(&format!("{:<20}\t{:<20}\t ", "Partition Value:", "[1]")), "{partition:?}");
}

#[tokio::test]
async fn columns_and_properties_change() {
    let mut world = World::with_partitioned_table().await;
    let columns = |table: Table| table.columns().iter().map(|c| format!("{} {}", c.name, c.hive_type())).collect::<Vec<_>>();
    world.ok("ALTER TABLE t ADD COLUMNS (b string COMMENT 'x', c double)").await;
    assert_eq!(columns(world.table("t").await), ["a int", "b string", "c double"]);
    world.ok("ALTER TABLE t CHANGE COLUMN b bb bigint FIRST").await;
    let table = world.table("t").await;
    assert_eq!(table.columns()[0].comment.as_deref(), Some("x"));
    assert_eq!(columns(table), ["bb bigint", "a int", "c double"]);
    world.ok("ALTER TABLE t CHANGE bb bb bigint AFTER a").await;
    assert_eq!(columns(world.table("t").await), ["a int", "bb bigint", "c double"]);
    for wrong in [
        "ALTER TABLE t ADD COLUMNS (a int)",
        "ALTER TABLE t ADD COLUMNS (year int)",
        "ALTER TABLE t CHANGE COLUMN a c int",
        "ALTER TABLE t CHANGE COLUMN nope x int",
        "ALTER TABLE t CHANGE COLUMN year y int",
        "ALTER TABLE t CHANGE COLUMN a a int AFTER nope",
    ] {
        world.fails(wrong).await;
    }
    assert_eq!(columns(world.table("t").await), ["a int", "bb bigint", "c double"]);
    world.ok("ALTER TABLE t REPLACE COLUMNS (z date)").await;
    assert_eq!(columns(world.table("t").await), ["z date"]);

    world.ok("ALTER TABLE t SET TBLPROPERTIES ('k'='v', 'classification'='parquet')").await;
    assert_eq!(world.ok("SHOW TBLPROPERTIES t ('k')").await, ["k\tv"]);
    assert!(world.ok("SHOW TBLPROPERTIES t").await.contains(&"classification\tparquet".to_string()));
    world.fails("SHOW TBLPROPERTIES t ('nope')").await;
    world.ok("ALTER TABLE t SET LOCATION 's3://lake/elsewhere/'").await;
    assert_eq!(world.table("t").await.storage_descriptor.unwrap().location.unwrap(), "s3://lake/elsewhere/");
    world.fails("ALTER TABLE t SET LOCATION 'ftp://x/y'").await;
}

#[tokio::test]
async fn changes_at_the_same_time_are_both_made() {
    let mut world = World::with_partitioned_table().await;
    let mut other = World { catalog: std::sync::Arc::clone(&world.catalog), ..World::new().await };
    // Both read version 0; the one that is second to write is refused with Conflict and does it again.
    tokio::join!(world.ok("ALTER TABLE t ADD COLUMNS (b int)"), other.ok("ALTER TABLE t ADD COLUMNS (c int)"));
    let table = world.table("t").await;
    let mut names: Vec<_> = table.columns().iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "b", "c"]);
}
