//! Hudi tables, crawled and queried: real ones (`../shared/data/tables-hudi.tar.gz`, or below `CIVETTA_SHARED`) against what Hudi's own
//! reader reads of them (`tests/hudi/expected.jsonl`), and changed ones for what goes wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use catalog::{Catalog, Error, PageRequest, UpdateTable};
use datafusion::physical_plan::collect;
use datafusion_proto::bytes::{physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec};
use engine::{LakeCodec, Session};
use parquet::arrow::ArrowWriter;
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::Home;
use crate::crawl_layouts::unpacked;
use crate::lake::Lake;
use crate::sql::{rows, sorted};

const READ_OPTIMISED: &str = "org.apache.hudi.hadoop.HoodieParquetInputFormat";

fn tables() -> (TempDir, PathBuf) {
    unpacked("tables-hudi.tar.gz", "hudi")
}

/// Crawls the folder of one table into a database of its own; its name in the catalog.
async fn crawl(lake: &Lake, database: &str, folder: &Path) -> String {
    let report = lake.crawl(&folder.display().to_string(), database).await;
    let [table] = report.tables.as_slice() else { panic!("{}: {report:?}", folder.display()) };
    table.name.clone()
}

async fn query(lake: &Lake, database: &str, text: &str) -> Result<Vec<Vec<String>>, Error> {
    let mut session = Session { database: database.into(), ..Session::default() };
    rows(lake.engine.run(&mut session, text).await?).await
}

/// As Hudi's sync leaves the `_ro` table of a merge-on-read table.
async fn read_optimised(lake: &Lake, database: &str, name: &str) {
    let mut table = lake.catalog.table(database, name).await.unwrap();
    table.storage_descriptor.as_mut().unwrap().input_format = Some(READ_OPTIMISED.to_string());
    lake.catalog.update_table(table, UpdateTable::default()).await.unwrap();
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_tables_have_the_rows_that_hudis_own_reader_reads() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    let expected = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("hudi/expected.jsonl")).unwrap();
    let mut failures = vec![];
    let mut equal = 0;
    for (at, line) in expected.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (folder, view) = (line["table"].as_str().unwrap(), line["view"].as_str().unwrap());
        let database = format!("d{at}");
        let name = crawl(&lake, &database, &root.join(folder)).await;
        if view == "read optimised" {
            read_optimised(&lake, &database, &name).await;
        }
        let columns: Vec<String> = texts(&line["columns"]).iter().map(|column| format!("\"{column}\"")).collect();
        let columns = if columns.is_empty() { "*".to_string() } else { columns.join(", ") };
        let wanted: Vec<Vec<String>> = line["rows"].as_array().unwrap().iter().map(texts).collect();
        match query(&lake, &database, &format!("SELECT {columns} FROM \"{name}\"")).await {
            Ok(mut found) => {
                found.sort();
                if found == wanted {
                    equal += 1;
                } else {
                    failures.push(format!("{folder} ({view}):\n  expected {wanted:?}\n  found    {found:?}"));
                }
            }
            Err(error) => failures.push(format!("{folder} ({view}): {error}")),
        }
    }
    println!("{equal} views of real tables are equal");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_older_than_hudis_own_reader_takes() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    // Counts and values read from the Parquet files by hand.
    for (folder, columns, expected) in [
        (
            "trino/stock_ticks_cow",
            "count(*), count(DISTINCT key), min(ts), max(volume)",
            &["99", "99", "2018-08-31 10:31:00", "155370"][..],
        ),
        (
            "trino/hudi_cow_pt_tbl",
            "count(*), max(name), max(hh), max(_hoodie_partition_path)",
            &["2", "a2", "11", "dt=2021-12-09/hh=11"],
        ),
        ("trino/hudi_non_part_cow", "count(*), max(name), max(dt), max(hh)", &["2", "a2", "2021-12-09", "11"]),
    ] {
        let database = folder.rsplit('/').next().unwrap();
        let name = crawl(&lake, database, &root.join(folder)).await;
        let found = query(&lake, database, &format!("SELECT {columns} FROM {name}")).await.unwrap();
        assert_eq!(found, [expected], "{folder}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_read_is_refused_by_name() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    let sample = root.join("sample_table/cow/v6_nonpartitioned");
    let properties = sample.join(".hoodie/hoodie.properties");
    let text = fs::read_to_string(&properties).unwrap();
    let name = crawl(&lake, "sample", &sample).await;
    for (properties_now, expected) in [
        (text.replace("hoodie.table.version=6", "hoodie.table.version=2"), "hudi tables of version 2 are not supported"),
        (format!("{text}hoodie.bootstrap.base.path=s3\\://b/old\n"), "bootstrapped (from s3://b/old)"),
        (text[..40].to_string(), "hoodie.properties: hudi: 'hoodie.table.name' is missing; the file is torn"),
    ] {
        fs::write(&properties, properties_now).unwrap();
        let error = query(&lake, "sample", &format!("SELECT * FROM {name}")).await.unwrap_err();
        assert!(error.message().contains(expected) && error.message().contains("hudi table at file://"), "{error}");
    }
    // While a writer changes the properties, those before are beside them.
    fs::write(sample.join(".hoodie/hoodie.properties.backup"), &text).unwrap();
    assert_eq!(query(&lake, "sample", &format!("SELECT count(*) FROM {name}")).await.unwrap(), [["4"]]);
    for folder in ["quickstart_trips_table/cow/v9_trips_lance", "sample_table/mor/avro/v9_lance_nonhivestyle"] {
        let database = folder.rsplit('/').next().unwrap();
        let name = crawl(&lake, database, &root.join(folder)).await;
        let error = query(&lake, database, &format!("SELECT * FROM {name}")).await.unwrap_err();
        assert!(error.message().contains("base files in the format LANCE"), "{error}");
    }
}

/// The base file of `folder` whose name has `part` in it.
fn base_file(folder: &Path, part: &str) -> PathBuf {
    let named = |path: &PathBuf| path.to_string_lossy().contains(part) && path.extension().is_some_and(|e| e == "parquet");
    fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).find(named).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_finished_instants_count_and_missing_files_are_told() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    let table = root.join("trino/hudi_cow_pt_tbl");
    let name = crawl(&lake, "d", &table).await;
    let count = format!("SELECT count(*) FROM {name}");
    // A newer version of one file, by an instant that is not finished, and then is.
    let old = base_file(&table.join("dt=2021-12-09/hh=10"), "719c3273");
    let newer = table.join("dt=2021-12-09/hh=10/719c3273-2805-4124-b1ac-e980dada85bf-0_0-99-1_20230101000000000.parquet");
    fs::copy(&old, &newer).unwrap();
    fs::write(table.join(".hoodie/20230101000000000.inflight"), "").unwrap();
    let path = format!("SELECT \"$path\" FROM {name} WHERE hh = '10'");
    let shown = |rows: Vec<Vec<String>>| rows[0][0].clone();
    assert_eq!(query(&lake, "d", &count).await.unwrap(), [["2"]]);
    assert!(shown(query(&lake, "d", &path).await.unwrap()).ends_with("20220906063435640.parquet"));
    fs::write(table.join(".hoodie/20230101000000000.commit"), "{}").unwrap();
    assert_eq!(query(&lake, "d", &count).await.unwrap(), [["2"]]);
    assert!(shown(query(&lake, "d", &path).await.unwrap()).ends_with("20230101000000000.parquet"));
    // The file of another group is gone, though its instant names it.
    let gone = base_file(&table.join("dt=2021-12-09/hh=11"), "4a3fcb9b");
    fs::remove_file(&gone).unwrap();
    let error = query(&lake, "d", &count).await.unwrap_err();
    let name = gone.file_name().unwrap().to_string_lossy().into_owned();
    assert!(
        error.message().contains("the instant 20220906063456550 wrote dt=2021-12-09/hh=11/") && error.message().contains(&name),
        "{error}"
    );
    // Metadata that was not written to its end.
    fs::write(table.join(".hoodie/20220906063456550.commit"), "{\"partitionToWriteStats\":").unwrap();
    let error = query(&lake, "d", &count).await.unwrap_err();
    assert!(error.message().contains("20220906063456550.commit: hudi commit metadata cannot be read"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_athena_makes_have_partitions_from_folders() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    query(&lake, "default", "CREATE DATABASE d").await.unwrap();
    let create = |name: &str, columns: &str, keys: &str, input: &str, folder: &str| {
        format!(
            "CREATE EXTERNAL TABLE {name} ({columns}) {keys} ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' \
             STORED AS INPUTFORMAT 'org.apache.hudi.hadoop.{input}' \
             OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat' LOCATION '{}/'",
            root.join(folder).display()
        )
    };
    let (plain, realtime) = ("HoodieParquetInputFormat", "realtime.HoodieParquetRealtimeInputFormat");
    let trips = "quickstart_trips_table/mor/avro/v6_trips_8i3d";
    for ddl in [
        create("ticks", "symbol string, ts string, volume bigint", "PARTITIONED BY (dt date)", plain, "trino/stock_ticks_cow"),
        create("pt", "id bigint, name string", "PARTITIONED BY (dt date, hh int)", plain, "trino/hudi_cow_pt_tbl"),
        create("trips_ro", "_hoodie_commit_time string, rider string", "PARTITIONED BY (city string)", plain, trips),
        create("trips_rt", "_hoodie_commit_time string, rider string", "PARTITIONED BY (city string)", realtime, trips),
    ] {
        query(&lake, "d", &ddl).await.unwrap();
    }
    for (text, expected) in [
        ("SELECT dt, count(*) FROM ticks GROUP BY dt", "2018-08-31 99"),
        ("SELECT count(*) FROM ticks WHERE dt > DATE '2018-08-31'", "0"),
        ("SELECT dt, hh, name FROM pt WHERE hh > 10", "2021-12-09 11 a2"),
        ("SELECT count(*) FROM pt", "2"),
        ("SELECT count(*), count(DISTINCT city) FROM trips_ro", "8 3"),
        ("SELECT count(*), count(DISTINCT city) FROM trips_rt", "5 3"),
        ("SELECT count(*) FROM trips_rt WHERE city = 'san_francisco'", "1"),
        ("SELECT count(*) FROM trips_rt a JOIN trips_rt b ON a.rider = b.rider", "5"),
    ] {
        let found = query(&lake, "d", text).await.map_err(|error| format!("{text}: {error}")).unwrap();
        assert_eq!(found.iter().map(|row| row.join(" ")).collect::<Vec<_>>(), [expected], "{text}");
    }
}

/// Rows that logs replaced and rows that logs hold are part of what crosses to a worker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_plans_survive_the_wire() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    let name = crawl(&lake, "d", &root.join("quickstart_trips_table/mor/avro/v6_trips_8i1u")).await;
    let text = format!("SELECT uuid, fare, city FROM {name} WHERE fare > 20");
    let Ok(sql::Statement::Query(parsed)) = sql::parse(&text) else { panic!("no query") };
    let session = Session { database: "d".into(), ..Session::default() };
    let plan = lake.engine.physical_plan(&session, &parsed).await.unwrap();
    let bytes = physical_plan_to_bytes_with_extension_codec(Arc::clone(&plan), &LakeCodec).unwrap();
    let context = lake.engine.task_context(&session);
    let decoded = physical_plan_from_bytes_with_extension_codec(&bytes, &context, &LakeCodec).unwrap();
    let run = |plan| async { sorted(collect(plan, lake.engine.task_context(&session)).await.unwrap()) };
    let (here, there) = (run(plan).await, run(decoded).await);
    assert_eq!(here, there);
    assert_eq!(here.iter().filter(|line| line.contains("9909a8b1")).count(), 1, "the updated row is there once");
}

/// From a folder to an answer by the commands that a user types.
#[test]
fn crawled_and_queried_by_commands() {
    let (_keep, root) = tables();
    let home = Home::new();
    let folder = root.join("sample_table/mor/avro/v9_txns_simple_meta");
    let ran = home.run(&["crawl", folder.to_str().unwrap(), "--database", "txns"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let counted =
        "SELECT region, count(*) AS rows, max(_hoodie_commit_time) AS last FROM txns.v9_txns_simple_meta GROUP BY 1 ORDER BY 1";
    assert_eq!(
        home.query(counted),
        "region,rows,last\napac,4,20260307162616932\neu,3,20260307162620509\nus,5,20260307162620509\n"
    );
}

/// Columns that folders alone hold are partition keys; a folder that is a table is queried without a crawl.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_that_files_lack_come_from_folders() {
    let (_keep, root) = tables();
    let lake = Lake::empty().await;
    let table = root.join("trino/hudi_cow_pt_tbl");
    let properties = table.join(".hoodie/hoodie.properties");
    let text = fs::read_to_string(&properties).unwrap();
    fs::write(&properties, text.replace("drop.partition.columns=false", "drop.partition.columns=true")).unwrap();
    let name = crawl(&lake, "d", &table).await;
    let keys = lake.catalog.table("d", &name).await.unwrap().partition_keys.unwrap();
    assert_eq!(keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), ["dt", "hh"]);
    let found = query(&lake, "d", &format!("SELECT name, dt, hh FROM {name} WHERE hh = '11'")).await.unwrap();
    assert_eq!(found, [["a2", "2021-12-09", "11"]]);
    let folder = root.join("sample_table/cow/v6_nonpartitioned");
    let found = query(&lake, "d", &format!("SELECT count(*), max(id) FROM '{}/'", folder.display())).await.unwrap();
    assert_eq!(found, [["4", "4"]]);
}

/// The aircraft of one poll of the example, as the columns of a Hudi table's base file.
fn base_file_of(aircraft: &[Vec<String>], instant: &str, file: &str) -> Vec<u8> {
    let texts = |values: Vec<String>| Arc::new(StringArray::from(values)) as ArrayRef;
    let each = |value: &str| texts(vec![value.to_string(); aircraft.len()]);
    let column = |at: usize| texts(aircraft.iter().map(|row| row[at].clone()).collect());
    let batch = RecordBatch::try_from_iter([
        ("_hoodie_commit_time", each(instant)),
        ("_hoodie_commit_seqno", each(&format!("{instant}_0_0"))),
        ("_hoodie_record_key", column(0)),
        ("_hoodie_partition_path", each("")),
        ("_hoodie_file_name", each(file)),
        ("icao24", column(0)),
        ("country", column(1)),
        ("polled", column(2)),
    ])
    .unwrap();
    let mut bytes = vec![];
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The flights pipeline: polls of aircraft are upserted into a Hudi table in S3, which is crawled once and asked after each step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flights_end_in_a_hudi_table() {
    let lake = Lake::of_examples().await;
    let polls = "SELECT s[1], max(s[3]), cast(max(time) AS varchar) FROM flight_states CROSS JOIN UNNEST(states) AS polls (s) \
                 WHERE time <= $1 GROUP BY 1 ORDER BY 1";
    let folder = lake.folder.path().join("lake/warehouse/flights");
    fs::create_dir_all(folder.join(".hoodie")).unwrap();
    fs::write(
        folder.join(".hoodie/hoodie.properties"),
        "hoodie.table.name=flights\nhoodie.table.type=COPY_ON_WRITE\nhoodie.table.version=6\nhoodie.timeline.layout.version=1\n\
         hoodie.table.recordkey.fields=icao24\n",
    )
    .unwrap();
    let mut versions: Vec<Vec<String>> = vec![];
    for (instant, until) in [("20240501080000000", "1714550400"), ("20240501080100000", "1714550450")] {
        let aircraft = query(&lake, "lake", &polls.replace("$1", until)).await.unwrap();
        let file = format!("f0-0_0-1-1_{instant}.parquet");
        fs::write(folder.join(&file), base_file_of(&aircraft, instant, &file)).unwrap();
        fs::write(folder.join(format!(".hoodie/{instant}.inflight")), "").unwrap();
        let commit = serde_json::json!({"partitionToWriteStats": {"": [{"fileId": "f0-0", "path": file}]}});
        let asked = "SELECT count(*), max(polled), max(_hoodie_commit_time) FROM flights";
        if !versions.is_empty() {
            let before = query(&lake, "lake", asked).await.unwrap();
            assert_eq!(before, [versions[0].clone()], "the write is not finished");
        }
        fs::write(folder.join(format!(".hoodie/{instant}.commit")), commit.to_string()).unwrap();
        let report = lake.crawl("s3://warehouse/", "lake").await;
        let [table] = report.tables.as_slice() else { panic!("{report:?}") };
        assert_eq!((table.name.as_str(), table.format.as_str()), ("flights", "hudi"));
        let expected = vec![aircraft.len().to_string(), until.to_string(), instant.to_string()];
        assert_eq!(query(&lake, "lake", asked).await.unwrap(), std::slice::from_ref(&expected));
        versions.push(expected);
    }
    let definitions = lake.catalog.table_versions("lake", "flights", PageRequest::default()).await.unwrap();
    assert_eq!(definitions.items.len(), 1, "new files are no new version of the definition");
}
