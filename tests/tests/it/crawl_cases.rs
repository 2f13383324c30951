//! The crawler against cases that others wrote (`../shared/conformance/crawl/cases.jsonl`, or below `CIVETTA_SHARED`): what Glue
//! documents or was observed to do, and where ours is meant to be better. Run in this process: objects go into an embedded lake.
//! Cases that need a writer which is no dependency here (Avro, ORC, Delta, Iceberg, Hudi) or another kind of target are counted
//! and left out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use catalog::crawl::{Options, Places, Progress, Report, Request, run};
use catalog::crawler::{Crawler, CrawlerTargets, S3Target};
use catalog::local::LocalCatalog;
use catalog::storage::{Location, Storage, StorageConfig};
use catalog::table::{Database, NULL_PARTITION, Partition, Table};
use catalog::{Catalog, Error, PageRequest, UpdateTable};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

/// Cases that fail, each with the reason. The list shrinks; a case on it that passes fails the test.
const KNOWN: &[(&str, &str)] = &[];

fn cases() -> Vec<Value> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("CIVETTA_SHARED").map_or(beside, PathBuf::from);
    let file = shared.join("conformance/crawl/cases.jsonl");
    let text =
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{} is needed for this test: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Why a case cannot be run here.
fn unsuited(case: &Value) -> Option<&'static str> {
    let needs = |kind: &str| case["objects"].as_array().unwrap().iter().any(|object| object.get(kind).is_some());
    if ["avro", "orc", "delta", "iceberg", "hudi"].iter().any(|kind| needs(kind)) {
        Some("needs a writer")
    } else if ["delta_targets", "iceberg_targets", "hudi_targets", "catalog_targets"].iter().any(|kind| case.get(kind).is_some())
    {
        Some("needs another kind of target")
    } else {
        None
    }
}

/// The bytes of an object, or several of them for `range`.
fn objects(object: &Value) -> Vec<(String, Vec<u8>)> {
    let key = object["key"].as_str().unwrap().to_string();
    if let Some(count) = object.get("range").and_then(Value::as_u64) {
        let text = object["text"].as_str().unwrap().as_bytes();
        return (0..count).map(|i| (key.replace("{i:04d}", &format!("{i:04}")), text.to_vec())).collect();
    }
    if let Some(spec) = object.get("parquet") {
        return vec![(key, parquet_file(spec))];
    }
    let mut bytes = Vec::new();
    if let Some(repeat) = object.get("repeat") {
        bytes = repeat["text"].as_str().unwrap().repeat(usize::try_from(repeat["times"].as_u64().unwrap()).unwrap()).into_bytes();
    }
    bytes.extend_from_slice(object["text"].as_str().unwrap().as_bytes());
    if object.get("gzip").is_some_and(|gzip| gzip == true) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&bytes).unwrap();
        bytes = encoder.finish().unwrap();
    }
    vec![(key, bytes)]
}

fn parquet_file(spec: &Value) -> Vec<u8> {
    let rows = usize::try_from(spec["rows"].as_u64().unwrap()).unwrap();
    let columns: Vec<(String, ArrayRef)> = spec["schema"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| (column[0].as_str().unwrap().to_string(), array(column[1].as_str().unwrap(), rows)))
        .collect();
    let schema =
        Schema::new(columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect::<Vec<_>>());
    let batch = RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A column of some values, by the name of pyarrow's type.
fn array(kind: &str, rows: usize) -> ArrayRef {
    let numbers = |to: DataType| cast(&arrow::array::Int64Array::from_iter_values(1..=rows as i64), &to).unwrap();
    match kind {
        "bool" => Arc::new(BooleanArray::from(vec![true; rows])),
        "string" => Arc::new(StringArray::from(vec!["x"; rows])),
        "binary" => Arc::new(BinaryArray::from(vec![b"x".as_slice(); rows])),
        "date32" => Arc::new(Date32Array::from(vec![18_748; rows])),
        "timestamp[us]" => Arc::new(TimestampMicrosecondArray::from(vec![1_619_863_200_000_000; rows])),
        "int8" => numbers(DataType::Int8),
        "int16" => numbers(DataType::Int16),
        "int32" => numbers(DataType::Int32),
        "int64" => numbers(DataType::Int64),
        "float32" => numbers(DataType::Float32),
        "float64" => numbers(DataType::Float64),
        other if other.starts_with("decimal128") => {
            Arc::new(Decimal128Array::from(vec![1500; rows]).with_precision_and_scale(10, 3).unwrap())
        }
        other => panic!("no values for {other} ({:?})", TimeUnit::Microsecond),
    }
}

/// A data directory with one bucket, one database and one crawler.
struct Run<'a> {
    case: &'a Value,
    bucket: String,
    storage: Storage,
    home: LocalCatalog,
    _data: tempfile::TempDir,
}

const DATABASE: &str = "db";

impl<'a> Run<'a> {
    async fn new(case: &'a Value) -> Self {
        let data = tempfile::tempdir().unwrap();
        let storage = Storage::new(StorageConfig::local(data.path())).await.unwrap();
        let home = LocalCatalog::open(data.path()).await.unwrap();
        let database = Database { name: DATABASE.to_string(), ..Database::default() };
        home.create_database(database).await.unwrap();
        let run = Self { case, bucket: format!("cc-{}", case["id"].as_str().unwrap()), storage, home, _data: data };
        std::fs::create_dir_all(run._data.path().join("lake").join(&run.bucket)).unwrap();
        run.put(&case["objects"]).await;
        run
    }

    fn fill(&self, value: &Value) -> Value {
        let text = value.to_string().replace("{b_}", &self.bucket.replace('-', "_")).replace("{b}", &self.bucket);
        serde_json::from_str(&text).unwrap()
    }

    fn at(&self, key: &str) -> Location {
        Location::parse(&format!("s3://{}/{key}", self.bucket)).unwrap()
    }

    async fn put(&self, list: &Value) {
        for (key, bytes) in list.as_array().into_iter().flatten().flat_map(objects) {
            // A folder marker is not an object that the embedded lake's files can hold.
            if !key.ends_with('/') {
                self.storage.put(&self.at(&key), bytes.into()).await.unwrap();
            }
        }
    }

    /// The case as the crawler's record that the Glue API would store.
    fn crawler(&self) -> Crawler {
        let text = |key: &str| self.case.get(key).map(|value| value.as_str().unwrap().to_string());
        let policy = |key: &str| self.case.get(key).cloned().unwrap_or_else(|| json!({}));
        let targets = self.fill(&self.case["targets"]);
        let target = |path: &Value| S3Target {
            path: path.as_str().unwrap().to_string(),
            exclusions: self.case.get("exclusions").map(|list| serde_json::from_value(list.clone()).unwrap()).unwrap_or_default(),
            sample_size: self.case.get("sample_size").and_then(Value::as_u64).map(|size| u32::try_from(size).unwrap()),
        };
        let mut configuration = self.case.get("configuration").cloned();
        if self.case.get("strict").is_some_and(|strict| strict == true) {
            let document = configuration.get_or_insert_with(|| json!({"Version": 1.0}));
            document["Grouping"]["TableGroupingPolicy"] = json!("SeparateDissimilarSchemas");
        }
        Crawler {
            name: "c".to_string(),
            database_name: Some(DATABASE.to_string()),
            targets: CrawlerTargets { s3: targets.as_array().unwrap().iter().map(target).collect(), ..CrawlerTargets::default() },
            table_prefix: text("table_prefix"),
            configuration: configuration.map(|document| document.to_string()),
            schema_change_policy: serde_json::from_value(policy("schema_change_policy")).unwrap(),
            recrawl_policy: serde_json::from_value(policy("recrawl_policy")).unwrap(),
            ..Crawler::default()
        }
    }

    async fn crawl(&self) -> Result<Report, Error> {
        let classifiers = self.case.get("classifiers").cloned().unwrap_or_else(|| json!([]));
        let request = Request::of(&self.crawler(), serde_json::from_value(classifiers).unwrap())?;
        let places = Places { storage: &self.storage, catalog: &self.home, home: &self.home };
        run(request, places, &Arc::new(Progress::default()), false).await
    }

    async fn tables(&self) -> BTreeMap<String, Table> {
        let page = self.home.tables(DATABASE, None, PageRequest { limit: Some(1000), token: None }).await.unwrap();
        page.items.into_iter().map(|table| (table.name.clone(), table)).collect()
    }

    async fn partitions(&self, table: &str) -> Vec<Partition> {
        self.home.partitions(DATABASE, table, None, PageRequest { limit: Some(10_000), token: None }).await.unwrap().items
    }

    /// What a table is not as expected.
    async fn check_table(&self, table: &Table, want: &Value) -> Vec<String> {
        let mut bad = Vec::new();
        let sd = table.storage_descriptor.clone().unwrap_or_default();
        let serde = sd.serde_info.clone().unwrap_or_default();
        let mut differ = |what: &str, found: Value, wanted: &Value| {
            if found != *wanted {
                bad.push(format!("{} {what}: {found}, not {wanted}", table.name));
            }
        };
        let pairs = |columns: &[catalog::table::Column]| {
            json!(columns.iter().map(|column| [column.name.as_str(), column.hive_type()]).collect::<Vec<_>>())
        };
        if let Some(columns) = want.get("columns").filter(|columns| !columns.is_null()) {
            differ("columns", pairs(sd.columns()), columns);
            differ("keys", pairs(table.partition_keys()), want.get("partition_keys").unwrap_or(&json!([])));
        }
        if let Some(location) = want.get("location").and_then(Value::as_str) {
            differ(
                "location",
                json!(sd.location.as_deref().unwrap_or_default().trim_end_matches('/')),
                &json!(location.trim_end_matches('/')),
            );
        }
        if let Some(classification) = want.get("classification") {
            differ("classification", json!(table.parameter("classification")), classification);
        }
        if let Some(library) = want.get("serde") {
            differ("serde", json!(serde.serialization_library), library);
        }
        for (key, value) in want.get("serde_params").and_then(Value::as_object).into_iter().flatten() {
            differ(
                &format!("serde parameter {key}"),
                json!(serde.parameters.as_ref().and_then(|parameters| parameters.get(key))),
                value,
            );
        }
        for (key, value) in want.get("parameters").and_then(Value::as_object).into_iter().flatten() {
            differ(&format!("parameter {key}"), json!(table.parameter(key)), value);
        }
        for key in want.get("parameter_patterns").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key) {
            let digits =
                table.parameter(key).is_some_and(|value| value.len() == 13 && value.bytes().all(|byte| byte.is_ascii_digit()));
            differ(&format!("parameter {key} of 13 digits"), json!(digits), &json!(true));
        }
        for (list, there) in [("has_parameters", true), ("absent_parameters", false)] {
            for key in want.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                differ(&format!("parameter {key} is there"), json!(table.parameter(key).is_some()), &json!(there));
            }
        }
        if let Some(most) = want.get("max_versions").and_then(Value::as_u64) {
            let versions =
                self.home.table_versions(DATABASE, &table.name, PageRequest::default()).await.unwrap().items.len() as u64;
            differ("versions", json!(versions.min(most)), &json!(versions));
        }
        bad.extend(self.check_partitions(table, want).await);
        bad
    }

    async fn check_partitions(&self, table: &Table, want: &Value) -> Vec<String> {
        let mut bad = Vec::new();
        let mut differ = |what: &str, found: Value, wanted: &Value| {
            if found != *wanted {
                bad.push(format!("{} {what}: {found}, not {wanted}", table.name));
            }
        };
        if let Some(wanted) = want.get("partitions").filter(|partitions| !partitions.is_null()) {
            let partitions = self.partitions(&table.name).await;
            if let Some(count) = wanted.get("count") {
                differ("partitions", json!(partitions.len()), count);
            } else {
                let value = |value: &String| if value == NULL_PARTITION { Value::Null } else { json!(value) };
                let sorted = |mut list: Vec<String>| {
                    list.sort();
                    json!(list)
                };
                let found =
                    partitions.iter().map(|partition| json!(partition.values.iter().map(value).collect::<Vec<_>>()).to_string());
                let wanted = wanted.as_array().unwrap().iter().map(ToString::to_string);
                differ("partitions", sorted(found.collect()), &sorted(wanted.collect()));
            }
            if want.get("partitions_inherit").is_some_and(|inherit| inherit == true) {
                let same = partitions
                    .iter()
                    .all(|partition| partition.storage_descriptor.as_ref().is_some_and(|own| own.columns() == table.columns()));
                differ("partitions inherit", json!(same), &json!(true));
            }
        }
        bad
    }

    async fn check(&self, expect: &Value) -> Vec<String> {
        let tables = self.tables().await;
        let expect = self.fill(expect);
        let none = Vec::new();
        let want = expect.get("tables").and_then(Value::as_array).unwrap_or(&none);
        let is_unknown = |want: &Value| want.get("classification").is_some_and(|classification| classification == "UNKNOWN");
        let mut bad = Vec::new();
        let loose = self.case.get("loose").is_some_and(|loose| loose == true);
        if !loose && !want.iter().any(is_unknown) && tables.len() != want.iter().filter(|want| want["name"] != "*").count() {
            bad.push(format!("tables {:?}", tables.keys().collect::<Vec<_>>()));
        }
        for location in expect.get("absent_locations").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let at = |table: &Table| table.storage_descriptor.as_ref().and_then(|sd| sd.location.clone()).unwrap_or_default();
            if tables.values().any(|table| at(table).starts_with(location)) {
                bad.push(format!("a table at {location}"));
            }
        }
        let mut used: Vec<&str> = Vec::new();
        for want in want {
            let name = want["name"].as_str().unwrap();
            if name == "*" {
                if tables.is_empty() {
                    bad.push("no table".to_string());
                }
                continue;
            }
            if is_unknown(want) {
                if tables.values().any(|table| !table.columns().is_empty()) {
                    bad.push("a schema was made up".to_string());
                }
                continue;
            }
            let matches = |found: &str| match name.strip_prefix("re:^") {
                // The only pattern there is: a name, `_` and the digits of a digest.
                Some(pattern) => found.strip_prefix(pattern.split('[').next().unwrap()).is_some_and(|digest| digest.len() == 32),
                None => found == name,
            };
            match tables.values().find(|table| matches(&table.name) && !used.contains(&table.name.as_str())) {
                None => bad.push(format!("no table {name} among {:?}", tables.keys().collect::<Vec<_>>())),
                Some(table) => {
                    used.push(&table.name);
                    bad.extend(self.check_table(table, want).await);
                }
            }
        }
        bad
    }

    async fn step(&self, step: &Value) -> Vec<String> {
        self.put(step.get("put").unwrap_or(&Value::Null)).await;
        for key in step.get("delete").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            self.storage.delete(&self.at(key)).await.unwrap();
        }
        for (name, types) in step.get("retype").and_then(Value::as_object).into_iter().flatten() {
            let mut table = self.home.table(DATABASE, name).await.unwrap();
            for column in table.storage_descriptor.as_mut().unwrap().columns.as_mut().unwrap() {
                if let Some(other) = types.get(&column.name) {
                    column.r#type = other.as_str().map(str::to_string);
                }
            }
            self.home.update_table(table, UpdateTable::default()).await.unwrap();
        }
        match self.crawl().await {
            Ok(_) => self.check(&step["expect"]).await,
            Err(error) => vec![format!("the second crawl failed: {error}")],
        }
    }

    async fn all(&self) -> Vec<String> {
        let expect = &self.case["expect"];
        let message = expect.get("error_regex").and_then(Value::as_str).unwrap_or_default();
        if expect.get("create_error").is_some() {
            return match Options::of(&self.crawler()) {
                Err(error) if error.message().contains(message) => Vec::new(),
                other => vec![format!("not refused: {other:?}")],
            };
        }
        let fails = expect.get("crawl_state").is_some_and(|state| state == "FAILED");
        let mut bad = match (self.crawl().await, fails) {
            (Ok(_), false) => Vec::new(),
            (Err(error), true) if error.message().contains(message) => Vec::new(),
            (Ok(_), true) => vec!["the crawl did not fail".to_string()],
            (Err(error), _) => vec![format!("the crawl failed: {error}")],
        };
        bad.extend(self.check(expect).await);
        for step in self.case.get("steps").and_then(Value::as_array).into_iter().flatten() {
            bad.extend(self.step(step).await.into_iter().map(|bad| format!("second crawl: {bad}")));
        }
        bad
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_of_others() {
    let (mut passed, mut left_out, mut failed) = (0, 0, Vec::new());
    for case in cases() {
        let id = case["id"].as_str().unwrap();
        if unsuited(&case).is_some() {
            left_out += 1;
            continue;
        }
        let bad = Run::new(&case).await.all().await;
        let known = KNOWN.iter().find(|(known, _)| *known == id);
        match (bad.is_empty(), known) {
            (true, None) => passed += 1,
            (true, Some(_)) => failed.push(format!("{id} passes now: take it off the list")),
            (false, None) => failed.push(format!("{id} ({}): {}", case["title"].as_str().unwrap_or_default(), bad.join("; "))),
            (false, Some(_)) => {}
        }
    }
    println!("{passed} cases pass, {} are known to fail, {left_out} need something that is not here", KNOWN.len());
    assert!(failed.is_empty(), "{} failed, {passed} passed:\n{}", failed.len(), failed.join("\n"));
}
