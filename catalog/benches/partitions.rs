//! A table of a million partitions in the embedded catalog: how fast they are stored, how fast one is found by predicate, and
//! how large the file is. `cargo bench -p catalog --bench partitions`; PARTITIONS=n for another size.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use catalog::local::LocalCatalog;
use catalog::table::{Column, Partition, SerDeInfo, StorageDescriptor, Table};
use catalog::{Catalog, Comparison, PageRequest, PartitionFilter};
use chrono::{Days, NaiveDate};

const DATES: u64 = 365 * 4;
const HOURS: u64 = 24;
const COLUMNS: usize = 40;

fn main() {
    let wanted = std::env::var("PARTITIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(folder.path(), wanted));
}

async fn measure(folder: &Path, wanted: u64) {
    let catalog = LocalCatalog::open(folder).await.unwrap();
    catalog.create_table(table()).await.unwrap();
    let start = Instant::now();
    let mut stored = 0;
    while stored < wanted {
        let end = wanted.min(stored + 10_000);
        let errors = catalog.create_partitions("default", "t", (stored..end).map(partition).collect()).await.unwrap();
        assert!(errors.is_empty(), "{errors:?}");
        stored = end;
    }
    println!("{stored} partitions stored in {:.1} s", start.elapsed().as_secs_f64());
    catalog.close().await;
    let bytes: u64 = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("{:.0} MB on disk, {} bytes a partition", bytes as f64 / 1e6, bytes / stored);

    let start = Instant::now();
    let catalog = LocalCatalog::open(folder).await.unwrap();
    println!("opened in {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let middle = partition(stored / 2).values;
    let equal = |key: usize| compare(KEYS[key].0, Comparison::Eq, &middle[key]);
    let long_ago = compare("day", Comparison::Lt, &date(1));
    for (what, filter) in [
        ("one partition, all keys", PartitionFilter::And(vec![equal(0), equal(1), equal(2)])),
        ("one region and day, 2 hours", PartitionFilter::And(vec![equal(0), equal(1), compare("hour", Comparison::Gt, "21")])),
        ("one day of all regions", equal(1)),
        ("the first day, by comparison", long_ago),
        ("none: an hour that is not there", compare("hour", Comparison::Gt, "99")),
    ] {
        let mut times: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..20 {
            let start = Instant::now();
            let page = catalog.partitions("default", "t", Some(&filter), PageRequest::default()).await.unwrap();
            times.push(start.elapsed());
            found = page.items.len();
        }
        let first = times[0];
        times.sort_unstable();
        println!("{what}: {found} found, first {:.2} ms, median {:.2} ms", millis(first), millis(times[times.len() / 2]));
    }
}

const KEYS: [(&str, &str); 3] = [("region", "string"), ("day", "date"), ("hour", "int")];

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
    PartitionFilter::Compare { key: key.to_owned(), op, value: value.to_owned() }
}

fn descriptor(location: String) -> StorageDescriptor {
    StorageDescriptor {
        columns: Some((0..COLUMNS).map(|n| Column::new(format!("column_{n}"), "double")).collect()),
        location: Some(location),
        input_format: Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat".to_owned()),
        output_format: Some("org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat".to_owned()),
        serde_info: Some(SerDeInfo {
            serialization_library: Some("org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe".to_owned()),
            ..SerDeInfo::default()
        }),
        ..StorageDescriptor::default()
    }
}

fn table() -> Table {
    Table {
        name: "t".to_owned(),
        database_name: "default".to_owned(),
        storage_descriptor: Some(descriptor("s3://bucket/t/".to_owned())),
        partition_keys: Some(KEYS.iter().map(|(name, hive_type)| Column::new(*name, *hive_type)).collect()),
        ..Table::default()
    }
}

fn date(day: u64) -> String {
    NaiveDate::from_ymd_opt(2021, 1, 1).unwrap().checked_add_days(Days::new(day)).unwrap().to_string()
}

/// The n-th partition: hours of days of regions.
fn partition(n: u64) -> Partition {
    let (region, day, hour) = (format!("region-{}", n / HOURS / DATES), date(n / HOURS % DATES), n % HOURS);
    let location = format!("s3://bucket/t/region={region}/day={day}/hour={hour}/");
    Partition {
        values: vec![region, day, hour.to_string()],
        storage_descriptor: Some(descriptor(location)),
        ..Partition::default()
    }
}
