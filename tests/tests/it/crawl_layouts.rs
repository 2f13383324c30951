//! Crawls over what streaming tools leave in a lake: real output of Spark, and layouts made after the documentation of Firehose,
//! Kafka Connect, Aiven, Debezium, Flink and phones (`../shared/data/layouts.tar.gz`, or the folder in `CIVETTA_SHARED`).

use std::path::{Path, PathBuf};
use std::process::Command;

use catalog::crawl::{Action, Report};
use catalog::{Catalog, PageRequest};
use engine::Session;
use tempfile::TempDir;

use crate::lake::Lake;
use crate::sql::rows;

/// An archive of the shared data, unpacked into a folder of this test's own; the archive holds one folder, `name`.
pub(crate) fn unpacked(archive: &str, name: &str) -> (TempDir, PathBuf) {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("CIVETTA_SHARED").map_or(beside, PathBuf::from);
    let archive = shared.join("data").join(archive);
    assert!(archive.exists(), "{} is missing: this test crawls what is in it", archive.display());
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(folder.path()).status().unwrap();
    assert!(unpacked.success(), "tar could not unpack {}", archive.display());
    let root = folder.path().join(name);
    (folder, root)
}

fn layouts() -> (TempDir, PathBuf) {
    unpacked("layouts.tar.gz", "layouts")
}

/// The values of a table's partitions, joined by `/`.
async fn partitions(lake: &Lake, database: &str, table: &str) -> Vec<String> {
    let page = lake.catalog.partitions(database, table, None, PageRequest::default()).await.unwrap();
    let mut values: Vec<String> = page.items.into_iter().map(|partition| partition.values.join("/")).collect();
    values.sort();
    values
}

async fn crawl(lake: &Lake, database: &str, folder: &Path) -> Report {
    lake.crawl(&folder.display().to_string(), database).await
}

/// What a crawl of one folder must come to: table, columns as `name type`, partition keys, values of partitions.
struct Expected {
    folder: &'static str,
    tables: &'static [(&'static str, &'static str, &'static str, &'static [&'static str])],
}

const TICK: &str =
    "index string, date string, open double, high double, low int, close double, adj close double, volume int, closeusd double";
const HOURS: &[&str] = &["2024/01/31/22", "2024/01/31/23", "2024/02/01/00", "2024/02/01/01", "2024/02/01/02"];
const KAFKA: &str = "id int, symbol string, ts bigint";
const SPARK: &str = "id bigint, symbol string, price double";

const DEBEZIUM: &str = "before struct<id:int,amount:string,created:bigint>, after struct<id:int,amount:string,created:bigint>, \
    source struct<version:string,connector:string,name:string,ts_ms:bigint,snapshot:string,db:string,sequence:string,\
    schema:string,table:string,txId:int,lsn:int,xmin:string>, op string, ts_ms bigint, transaction string";

const EXPECTED: &[Expected] = &[
    Expected { folder: "one_json_per_tick", tables: &[("one_json_per_tick", TICK, "", &[])] },
    Expected {
        folder: "firehose_default",
        tables: &[("firehose_default", TICK, "partition_0 partition_1 partition_2 partition_3", HOURS)],
    },
    Expected {
        folder: "firehose_delim_gz",
        tables: &[("firehose_delim_gz", TICK, "partition_0 partition_1 partition_2 partition_3", HOURS)],
    },
    Expected {
        folder: "firehose_hive",
        tables: &[
            (
                "firehose_hive",
                TICK,
                "dt hh",
                &["2024-01-31/22", "2024-01-31/23", "2024-02-01/00", "2024-02-01/01", "2024-02-01/02"],
            ),
            (
                "processing_failed",
                "attemptsmade int, arrivaltimestamp bigint, errorcode string, errormessage string, attemptendingtimestamp bigint, rawdata string",
                "dt hh",
                &["2024-01-31/22"],
            ),
        ],
    },
    Expected { folder: "confluent_default", tables: &[("ticks", KAFKA, "partition", &["0", "1"])] },
    Expected { folder: "confluent_keys_headers", tables: &[("ticks", KAFKA, "partition", &["0", "1"])] },
    Expected { folder: "confluent_string_values", tables: &[("ticks", KAFKA, "partition", &["0", "1"])] },
    Expected {
        folder: "confluent_time",
        tables: &[("ticks", KAFKA, "year month day hour", &["2024/01/31/22", "2024/01/31/23"])],
    },
    Expected { folder: "confluent_tombstone", tables: &[("ticks", "id int", "partition", &["0"])] },
    Expected { folder: "aiven_jsonl", tables: &[("aiven_jsonl", "value struct<id:int,symbol:string>, offset int", "", &[])] },
    Expected { folder: "aiven_jsonl_gz", tables: &[("aiven_jsonl_gz", "id int, symbol string", "", &[])] },
    Expected { folder: "aiven_json_array", tables: &[("aiven_json_array", "id int, symbol string", "", &[])] },
    // One column of base64 is no table that anybody could know.
    Expected { folder: "aiven_default_csv", tables: &[] },
    Expected {
        folder: "sensor_logger",
        tables: &[(
            "session_1",
            "messageid int, sessionid string, deviceid string, \
             payload array<struct<name:string,time:bigint,values:struct<x:double,y:double,z:double>>>",
            "",
            &[],
        )],
    },
    Expected { folder: "flink", tables: &[("flink", "id int, symbol string", "partition_0", &["2024-01-31--22"])] },
    Expected { folder: "leftovers", tables: &[("leftovers", "id int, symbol string", "year", &["2024"])] },
    Expected {
        folder: "spark/batch_csv",
        tables: &[("batch_csv", "id bigint, symbol string, price double, dt string, ts string", "", &[])],
    },
    Expected {
        folder: "spark/batch_json",
        tables: &[("batch_json", "id int, symbol string, price double, dt string, ts string", "", &[])],
    },
    Expected {
        folder: "spark/batch_json_gz",
        tables: &[("batch_json_gz", "id int, symbol string, price double, dt string, ts string", "", &[])],
    },
    Expected {
        folder: "spark/stream_json",
        tables: &[("stream_json", "id int, symbol string, price double", "dt", &["2024-01-01"])],
    },
    Expected { folder: "spark/stream_parquet", tables: &[("stream_parquet", SPARK, "dt", &["2024-01-01"])] },
    Expected { folder: "debezium_payload", tables: &[("dbz_public_orders", DEBEZIUM, "partition", &["0"])] },
    Expected {
        folder: "debezium_schema",
        tables: &[(
            "dbz_public_orders",
            "schema struct<type:string,fields:array<struct<type:string,optional:boolean,field:string>>,optional:boolean,name:string>, \
             payload struct<before:struct<id:int,amount:string,created:bigint>,after:struct<id:int,amount:string,created:bigint>,\
             source:struct<version:string,connector:string,name:string,ts_ms:bigint,snapshot:string,db:string,sequence:string,\
             schema:string,table:string,txId:int,lsn:int,xmin:string>,op:string,ts_ms:bigint,transaction:string>",
            "partition",
            &["0"],
        )],
    },
    Expected {
        folder: "spark/batch_orc",
        tables: &[("batch_orc", "id bigint, symbol string, price double, dt string, ts timestamp", "", &[])],
    },
    Expected {
        folder: "spark/batch_parquet",
        tables: &[("batch_parquet", "id bigint, symbol string, price double, ts timestamp", "dt", &["2024-01-01", "2024-01-02"])],
    },
    Expected {
        folder: "spark/batch_parquet_weird_partitions",
        tables: &[(
            "batch_parquet_weird_partitions",
            "id bigint, symbol string, price double, ts timestamp",
            "dt",
            &["2024-01-01", "2024-01-02", "__HIVE_DEFAULT_PARTITION__", "a/b=c %x:y"],
        )],
    },
    Expected {
        folder: "spark/stream_ckpt_inside",
        tables: &[("stream_ckpt_inside", "id bigint, symbol string, price double, dt string", "", &[])],
    },
    Expected { folder: "spark/stream_json_checkpoint", tables: &[] },
    Expected { folder: "spark/stream_parquet_checkpoint", tables: &[] },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_layout_makes_its_tables() {
    let (_keep, root) = layouts();
    let lake = Lake::empty().await;
    let mut wrong = Vec::new();
    for Expected { folder, tables } in EXPECTED {
        let database = folder.replace('/', "_");
        let report = crawl(&lake, &database, &root.join(folder)).await;
        let mut found = Vec::new();
        for table in &report.tables {
            let columns: Vec<String> =
                table.columns.iter().map(|column| format!("{} {}", column.name, column.hive_type())).collect();
            let partitions =
                if table.partition_keys.is_empty() { Vec::new() } else { partitions(&lake, &database, &table.name).await };
            found.push(format!(
                "{} ({}) by ({}): {partitions:?}",
                table.name,
                columns.join(", "),
                table.partition_keys.join(" ")
            ));
        }
        let expected: Vec<String> =
            tables.iter().map(|(name, columns, keys, values)| format!("{name} ({columns}) by ({keys}): {values:?}")).collect();
        if found != expected {
            wrong.push(format!("{folder}\n  expected {expected:#?}\n  found    {found:#?}\n  left out {:?}", report.left_out));
        }
        let again = crawl(&lake, &database, &root.join(folder)).await;
        if again.tables.iter().any(|table| table.action != Action::Unchanged) || again.counts.objects_read > 0 {
            wrong.push(format!(
                "{folder}: a second crawl without news read {} objects: {:?}",
                again.counts.objects_read, again.tables
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A question to the tables of a layout, and the answer that was computed from the files without Civetta.
const ANSWERS: &[(&str, &str, &[&str])] = &[
    (
        "one_json_per_tick",
        "SELECT count(*), round(sum(open), 2), min(\"adj close\") FROM one_json_per_tick",
        &["60,1720301.4,28700.5"],
    ),
    ("firehose_default", "SELECT count(*), round(sum(open), 2) FROM firehose_default WHERE partition_1 = '02'", &["30,860300.7"]),
    (
        "firehose_delim_gz",
        "SELECT count(*), round(sum(open), 2) FROM firehose_delim_gz WHERE partition_1 = '02'",
        &["30,860300.7"],
    ),
    ("firehose_hive", "SELECT count(*), round(sum(open), 2) FROM firehose_hive", &["50,1433334.5"]),
    (
        "firehose_hive",
        "SELECT errorcode, arrivaltimestamp, dt FROM processing_failed",
        &["Lambda.FunctionError,1706738400000,2024-01-31"],
    ),
    ("confluent_default", "SELECT partition, count(*), sum(id) FROM ticks GROUP BY 1 ORDER BY 1", &["0,9,36", "1,9,36"]),
    ("confluent_keys_headers", "SELECT count(*), sum(id) FROM ticks", &["18,72"]),
    ("confluent_string_values", "SELECT count(*), sum(id), min(ts) FROM ticks", &["18,72,1700000000000"]),
    (
        "confluent_time",
        "SELECT hour, count(*), sum(id) FROM ticks WHERE year = '2024' GROUP BY 1 ORDER BY 1",
        &["22,9,36", "23,9,36"],
    ),
    ("confluent_tombstone", "SELECT id, partition FROM ticks", &["1,0"]),
    ("aiven_jsonl", "SELECT count(*), sum(value.id), sum(\"offset\") FROM aiven_jsonl", &["3,3,3"]),
    ("aiven_jsonl_gz", "SELECT count(*), sum(id) FROM aiven_jsonl_gz", &["3,3"]),
    ("aiven_json_array", "SELECT count(*), sum(id) FROM aiven_json_array", &["3,3"]),
    (
        "debezium_payload",
        "SELECT op, \"after\".id, ts_ms FROM dbz_public_orders ORDER BY ts_ms",
        &["c,1,1700000000501", "u,1,1700000000502", "d,(null),1700000000503"],
    ),
    (
        "debezium_schema",
        "SELECT payload.op, payload.\"after\".id FROM dbz_public_orders ORDER BY payload.ts_ms",
        &["c,1", "u,1", "d,(null)", "(null),(null)"],
    ),
    (
        "sensor_logger",
        "SELECT count(*), round(sum(\"values\".x), 3) FROM session_1 CROSS JOIN UNNEST(payload) AS p (name, time, \"values\")",
        &["20,3.0"],
    ),
    ("flink", "SELECT partition_0, count(*), sum(id) FROM flink GROUP BY 1", &["2024-01-31--22,6,6"]),
    ("leftovers", "SELECT id, symbol, year FROM leftovers", &["0,A,2024"]),
    (
        "spark/batch_csv",
        "SELECT count(*), sum(id), sum(price), max(ts) FROM batch_csv",
        &["20,190,2190.0,2024-01-01T00:19:00.000Z"],
    ),
    ("spark/batch_json", "SELECT count(*), sum(id), sum(price) FROM batch_json", &["20,190,2190.0"]),
    ("spark/batch_json_gz", "SELECT count(*), sum(id), sum(price) FROM batch_json_gz", &["20,190,2190.0"]),
    (
        "spark/batch_parquet",
        "SELECT dt, count(*), sum(id) FROM batch_parquet GROUP BY 1 ORDER BY 1",
        &["2024-01-01,10,90", "2024-01-02,10,100"],
    ),
    (
        "spark/batch_parquet_weird_partitions",
        "SELECT dt, count(*) FROM batch_parquet_weird_partitions GROUP BY 1 ORDER BY 1",
        &["2024-01-01,9", "2024-01-02,8", "a/b=c %x:y,1", "(null),2"],
    ),
    ("spark/stream_ckpt_inside", "SELECT count(*), sum(id), sum(price) FROM stream_ckpt_inside", &["15,315,22.5"]),
    ("spark/stream_json", "SELECT dt, count(*), sum(id), sum(price) FROM stream_json GROUP BY 1", &["2024-01-01,15,315,22.5"]),
    (
        "spark/stream_parquet",
        "SELECT dt, count(*), sum(id), sum(price) FROM stream_parquet GROUP BY 1",
        &["2024-01-01,15,315,22.5"],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_layout_answers_a_question() {
    let (_keep, root) = layouts();
    let lake = Lake::empty().await;
    let mut wrong = Vec::new();
    for (folder, query, answer) in ANSWERS {
        let database = folder.replace('/', "_");
        crawl(&lake, &database, &root.join(folder)).await;
        let mut session = Session { database, ..Session::default() };
        let rows = match lake.engine.run(&mut session, query).await {
            Ok(answer) => rows(answer).await,
            Err(error) => Err(error),
        };
        match rows {
            Ok(rows) => {
                let found: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
                if found != *answer {
                    wrong.push(format!("{folder}: {query}\n  expected {answer:?}\n  found    {found:?}"));
                }
            }
            Err(error) => wrong.push(format!("{folder}: {query}\n  {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever the archive holds has an expectation: a layout that is added later cannot be forgotten.
#[test]
fn no_layout_is_left_out() {
    let (_keep, root) = layouts();
    let folders = |at: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(at).unwrap().map(|entry| entry.unwrap());
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    let spark = folders(&root.join("spark")).into_iter().map(|name| format!("spark/{name}"));
    let all = folders(&root).into_iter().filter(|name| name != "spark").chain(spark);
    let forgotten: Vec<String> = all.filter(|name| EXPECTED.iter().all(|expected| expected.folder != name)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
    let unasked =
        |expected: &&Expected| !expected.tables.is_empty() && ANSWERS.iter().all(|(folder, ..)| *folder != expected.folder);
    let unasked: Vec<&str> = EXPECTED.iter().filter(unasked).map(|expected| expected.folder).collect();
    assert_eq!(unasked, ["spark/batch_orc"], "ORC is not queried yet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_data_is_named_with_its_reason() {
    let (_keep, root) = layouts();
    let lake = Lake::empty().await;
    let reason = |report: &Report, ending: &str| {
        report.left_out.iter().find(|left| left.object.ends_with(ending)).map(|left| left.reason.to_string()).unwrap_or_default()
    };
    let report = crawl(&lake, "a", &root.join("confluent_keys_headers")).await;
    assert!(reason(&report, "ticks+0+0000000000.keys.json").contains("Kafka Connect"), "{report:?}");
    let report = crawl(&lake, "b", &root.join("leftovers")).await;
    assert!(reason(&report, "manifest.json").contains("document"), "{report:?}");
    assert!(reason(&report, "empty.json").contains("empty"), "{report:?}");
    let report = crawl(&lake, "c", &root.join("spark/stream_json_checkpoint")).await;
    assert!(reason(&report, "offsets/0").contains("checkpoint"), "{report:?}");
    let report = crawl(&lake, "d", &root.join("aiven_default_csv")).await;
    assert!(reason(&report, "ticks-0-0").contains("not recognised"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_spark_never_committed_are_no_data() {
    let (_keep, root) = layouts();
    let lake = Lake::empty().await;
    let folder = root.join("spark/stream_json");
    std::fs::write(folder.join("dt=2024-01-01/part-00000-uncommitted.c000.json"), "{\"other\":1}\n").unwrap();
    let report = crawl(&lake, "d", &folder).await;
    let [table] = report.tables.as_slice() else { panic!("{report:?}") };
    assert_eq!((table.objects, table.columns.len()), (5, 3), "{table:?}");
    assert!(report.left_out.iter().any(|left| left.reason.to_string().contains("not committed")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn table_formats_are_registered_as_what_they_are() {
    for (archive, format, tables) in
        [("tables-delta.tar.gz", "delta", 103), ("tables-iceberg.tar.gz", "iceberg", 29), ("tables-hudi.tar.gz", "hudi", 40)]
    {
        let (_keep, root) = unpacked(archive, format);
        let lake = Lake::empty().await;
        let report = crawl(&lake, format, &root).await;
        let of_format = report.tables.iter().filter(|table| table.format == format).count();
        let left_out: Vec<&str> =
            report.left_out.iter().map(|left| left.object.as_str()).filter(|object| object.ends_with('/')).collect();
        assert_eq!((of_format, report.tables.len()), (tables, tables), "{format}; left out: {left_out:?}");
        let without: Vec<&str> =
            report.tables.iter().filter(|table| table.columns.is_empty()).map(|table| table.name.as_str()).collect();
        println!("{format}: {left_out:?} left out, {without:?} have no columns");
    }
}

#[tokio::test]
async fn of_many_partitions_only_those_with_news_are_compared() {
    let lake = Lake::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let put = |table: &str, day: usize| {
        let at = folder.path().join(format!("{table}/day={day:04}"));
        std::fs::create_dir_all(&at).unwrap();
        // Each table has a schema of its own, or both would be one.
        std::fs::write(at.join("a.json"), format!("{{\"{table}_a\":1,\"{table}_b\":true}}")).unwrap();
    };
    (0..1001).for_each(|day| put("many", day));
    (0..3).for_each(|day| put("few", day));
    let dropped = vec![vec!["0001".to_string()]];
    // The first crawl makes the tables, the second remembers their partitions.
    crawl(&lake, "d", folder.path()).await;
    crawl(&lake, "d", folder.path()).await;
    for table in ["many", "few"] {
        lake.catalog.delete_partitions("d", table, dropped.clone()).await.unwrap();
        put(table, 5000);
    }
    crawl(&lake, "d", folder.path()).await;
    let there = async |table: &str, day: &str| lake.catalog.partition("d", table, &[day.to_string()]).await.is_ok();
    assert!(there("many", "5000").await && there("few", "5000").await, "what is new is there");
    assert!(!there("many", "0001").await, "of many, one without news is not looked for");
    assert!(there("few", "0001").await, "few are compared whole");
    // One that went is missed, for which all are compared.
    std::fs::remove_dir_all(folder.path().join("many/day=0007")).unwrap();
    crawl(&lake, "d", folder.path()).await;
    let marked = lake.catalog.partition("d", "many", &["0007".to_string()]).await.unwrap();
    assert!(marked.parameters.unwrap().contains_key("DEPRECATED_BY_CRAWLER"));
    assert!(there("many", "0001").await);
    // It came back, and is new: its mark is taken away.
    put("many", 7);
    crawl(&lake, "d", folder.path()).await;
    let back = lake.catalog.partition("d", "many", &["0007".to_string()]).await.unwrap();
    assert!(!back.parameters.unwrap().contains_key("DEPRECATED_BY_CRAWLER"));
}
