//! Tables with a log: deleted rows on their way to a worker, and logs that are broken, each of which is told by name.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use datafusion::physical_plan::collect;
use datafusion_proto::bytes::{physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec};
use engine::{LakeCodec, Session};
use parquet::arrow::ArrowWriter;

use crate::crawl_layouts::unpacked;
use crate::lake::Lake;
use crate::sql::rows;

const PROTOCOL: &str = r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}"#;
const METADATA: &str = r#"{"metaData":{"id":"7b8d1a39-b7ee-4a2f-8b5e-0d1fb9a3e1c1","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"day\",\"type\":\"date\",\"nullable\":true,\"metadata\":{}},{\"name\":\"s\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"at\",\"type\":\"timestamp\",\"nullable\":true,\"metadata\":{}},{\"name\":\"f\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["day"],"configuration":{"delta.enableDeletionVectors":"true"},"createdTime":1}}"#;

fn write(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("its folder");
    std::fs::write(path, content).expect("its content");
}

/// Five rows in a Parquet file, and its size.
fn data(path: &Path, from: i64) -> u64 {
    let ids: Vec<i64> = (from..from + 5).collect();
    let texts: Vec<String> = ids.iter().map(|id| format!("s{id}")).collect();
    let columns: [(&str, arrow::array::ArrayRef); 2] =
        [("id", Arc::new(Int64Array::from(ids))), ("s", Arc::new(StringArray::from(texts)))];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows");
    write(path, writer.into_inner().expect("a file"));
    path.metadata().expect("a size").len()
}

/// The deletion vector {1, 3}, in the log itself: a roaring bitmap of 64 bits with one of 32 in it, written in Z85.
fn vector() -> String {
    let mut bytes = 1_681_511_377u32.to_le_bytes().to_vec();
    bytes.extend(1u64.to_le_bytes());
    bytes.extend([0u32, 12_346, 1].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend([0u16, 1].iter().flat_map(|number| number.to_le_bytes()));
    bytes.extend(16u32.to_le_bytes());
    bytes.extend([1u16, 3].iter().flat_map(|number| number.to_le_bytes()));
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    let four = |four: &[u8]| {
        let number = u32::from_be_bytes(four.try_into().expect("four bytes"));
        (0..5u32).rev().map(move |at| char::from(digits[(number / 85u32.pow(at) % 85) as usize])).collect::<String>()
    };
    bytes.chunks(4).map(four).collect()
}

/// A table with a file of which two rows are deleted, and one of which none is. Neither has the columns `at` and `f`, of which the log
/// tells bounds.
fn delta(folder: &Path) {
    let mut commit = format!("{PROTOCOL}\n{METADATA}\n");
    for (name, day, from, deleted) in [("a.parquet", "2024-01-01", 0, true), ("b%20c.parquet", "2024-01-02", 10, false)] {
        let size = data(&folder.join(name.replace("%20", " ")), from);
        let vector = match deleted {
            true => format!(
                r#","deletionVector":{{"storageType":"i","pathOrInlineDv":"{}","sizeInBytes":36,"cardinality":2}}"#,
                vector()
            ),
            false => String::new(),
        };
        let bounds = |id: i64, hour: u8| format!(r#"{{\"id\":{id},\"at\":\"{day}T{hour:02}:00:00.000Z\",\"f\":{id}.5}}"#);
        let (low, high) = (bounds(from, 8), bounds(from + 4, 18));
        let statistics = format!(r#"{{\"numRecords\":5,\"minValues\":{low},\"maxValues\":{high}}}"#);
        commit += &format!(
            r#"{{"add":{{"path":"{name}","partitionValues":{{"day":"{day}"}},"size":{size},"modificationTime":1,"dataChange":true,"stats":"{statistics}"{vector}}}}}"#
        );
        commit += "\n";
    }
    write(&folder.join("_delta_log/00000000000000000000.json"), commit);
}

async fn asked(lake: &Lake, sql: &str) -> Result<Vec<Vec<String>>, catalog::Error> {
    rows(lake.engine.run(&mut Session::default(), sql).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_rows_stay_deleted_on_a_worker() {
    let lake = Lake::empty().await;
    let folder = lake.folder.path().join("t");
    delta(&folder);
    let from = format!("FROM '{}'", folder.display());
    for (sql, expected) in [
        (
            format!("SELECT id, day, s {from} WHERE id < 11 ORDER BY id"),
            "0 2024-01-01 s0|2 2024-01-01 s2|4 2024-01-01 s4|10 2024-01-02 s10",
        ),
        (format!("SELECT count(*) {from}"), "8"),
        (format!("SELECT s {from} WHERE id IN (1, 2, 14) ORDER BY 1"), "s14|s2"),
        (format!("SELECT day, count(*) {from} GROUP BY day ORDER BY 1"), "2024-01-01 3|2024-01-02 5"),
        (format!("SELECT max(id) {from} WHERE day = DATE '2024-01-01'"), "4"),
    ] {
        let found = asked(&lake, &sql).await.expect(&sql);
        let found: Vec<String> = found.iter().map(|row| row.join(" ")).collect();
        assert_eq!(found.join("|"), expected, "{sql}");
        survives(&lake, &sql).await;
    }
}

/// The plan of a query, encoded and decoded, gives the same rows.
async fn survives(lake: &Lake, sql: &str) {
    let Ok(sql::Statement::Query(query)) = sql::parse(sql) else { panic!("{sql}") };
    let session = Session::default();
    let plan = lake.engine.physical_plan(&session, &query).await.expect(sql);
    let bytes = physical_plan_to_bytes_with_extension_codec(Arc::clone(&plan), &LakeCodec).expect(sql);
    let decoded =
        physical_plan_from_bytes_with_extension_codec(&bytes, &lake.engine.task_context(&session), &LakeCodec).expect(sql);
    let run = |plan| async { collect(plan, lake.engine.task_context(&session)).await.expect(sql) };
    let text = |batches: Vec<RecordBatch>| arrow::util::pretty::pretty_format_batches(&batches).expect("printable").to_string();
    assert_eq!(text(run(plan).await), text(run(decoded).await), "{sql}");
}

/// Tables of Iceberg with equality deletes, which DuckDB keeps as fixtures (`../shared/data/tables-iceberg.tar.gz`).
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_deleted_by_value_stay_deleted() {
    let (_unpacked, root) = unpacked("tables-iceberg.tar.gz", "iceberg");
    let lake = Lake::empty().await;
    asked(&lake, "CREATE DATABASE d").await.expect("a database");
    for (name, columns, all) in [
        // The delete is of one partition: the other keeps its row of the same key.
        ("cross_partition", "part, key, val", "0 999 p0-k999|1 100 p1-k100|1 888 p1-k888"),
        // The file of deletes lacks a column that the table has.
        ("extra_column", "*", "1 a|3 c"),
    ] {
        let folder = root.join(format!("equality_delete_{name}/warehouse/ns/t"));
        let location = format!("file://{}", folder.display());
        let create = format!(
            "CREATE EXTERNAL TABLE d.{name} LOCATION '{location}/' TBLPROPERTIES ('table_type'='ICEBERG', \
             'metadata_location'='{location}/metadata/vfinal.metadata.json')"
        );
        asked(&lake, &create).await.expect(&create);
        let sql = format!("SELECT {columns} FROM d.{name} ORDER BY 1, 2");
        let found: Vec<String> = asked(&lake, &sql).await.expect(&sql).iter().map(|row| row.join(" ")).collect();
        assert_eq!(found.join("|"), all, "{sql}");
        survives(&lake, &sql).await;
        // The columns that are compared are read where they are not asked for.
        survives(&lake, &format!("SELECT val FROM d.{name} ORDER BY 1")).await;
    }
}

/// Files that the filter excludes are not in the plan.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_pruned_by_what_the_log_says() {
    let lake = Lake::empty().await;
    let folder = lake.folder.path().join("t");
    delta(&folder);
    let (first, second) = ("a.parquet", "b c.parquet");
    for (filter, read, left) in [
        ("id > 9", second, first),
        ("day < DATE '2024-01-02'", first, second),
        ("f >= 5", second, first),
        ("f < 5", first, second),
        ("at > TIMESTAMP '2024-01-02 01:00:00 Europe/Berlin'", second, first),
        ("at BETWEEN TIMESTAMP '2024-01-01 18:00:00 UTC' AND TIMESTAMP '2024-01-02 07:59:59.999 UTC'", first, second),
    ] {
        let sql = format!("EXPLAIN SELECT * FROM '{}' WHERE {filter}", folder.display());
        let plan = asked(&lake, &sql).await.expect(&sql).concat().concat();
        assert!(plan.contains(read) && !plan.contains(left), "{sql}: {plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_in_a_log_is_told() {
    let lake = Lake::empty().await;
    let folder = lake.folder.path().join("broken");
    let commit = |name: &str, lines: &[&str]| {
        write(&folder.join(name).join("_delta_log/00000000000000000000.json"), lines.join("\n"));
    };
    let gone = r#"{"add":{"path":"gone.parquet","partitionValues":{"day":"2024-01-01"},"size":100,"modificationTime":1,"dataChange":true}}"#;
    commit("missing", &[PROTOCOL, METADATA, gone]);
    commit("feature", &[&PROTOCOL.replace(r#""deletionVectors""#, r#""deletionVectors","hoveringTables""#), METADATA]);
    commit("value", &[PROTOCOL, METADATA, &gone.replace("2024-01-01", "yesterday")]);
    commit("checkpoint", &[PROTOCOL, METADATA]);
    let log = folder.join("checkpoint/_delta_log");
    write(&log.join("00000000000000000001.checkpoint.parquet"), "PAR1 and then nothing");
    write(&log.join("00000000000000000001.json"), gone);
    write(&log.join("_last_checkpoint"), r#"{"version":1,"size":3}"#);
    let metadata = r#"{"format-version":2,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1","location":"s3://b/t","last-sequence-number":1,"last-updated-ms":1,"last-column-id":1,"current-schema-id":0,"schemas":[{"type":"struct","schema-id":0,"fields":[{"id":1,"name":"x","required":false,"type":"long"}]}],"default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[]}],"last-partition-id":999,"default-sort-order-id":0,"sort-orders":[{"order-id":0,"fields":[]}],"current-snapshot-id":1,"snapshots":[{"snapshot-id":1,"sequence-number":1,"timestamp-ms":1,"summary":{"operation":"append"},"manifest-list":"s3://b/t/metadata/snap-1.avro","schema-id":0}],"snapshot-log":[],"metadata-log":[]}"#;
    write(&folder.join("manifests/metadata/v1.metadata.json"), metadata);
    write(&folder.join("manifests/metadata/snap-1.avro"), "Obj\u{1} and then nothing");
    for (name, expected) in [
        ("missing", &["gone.parquet", "log says that this file is part of it, and it is not there"][..]),
        ("feature", &["delta", "hoveringTables"]),
        ("value", &["delta", "'yesterday'", "'date'"]),
        ("checkpoint", &["delta", "00000000000000000001.checkpoint.parquet"]),
        ("manifests", &["iceberg", "manifest list", "snap-1.avro"]),
    ] {
        let sql = format!("SELECT * FROM '{}'", folder.join(name).display());
        let error = asked(&lake, &sql).await.expect_err(&sql);
        let missing: Vec<_> = expected.iter().filter(|part| !error.message().contains(**part)).collect();
        assert!(missing.is_empty(), "{name}: {:?}: {} has no {missing:?}", error.kind(), error.message());
        assert_ne!(error.kind(), catalog::ErrorKind::Internal, "{name}: {}", error.message());
    }
}
