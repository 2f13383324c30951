//! MSCK REPAIR TABLE over folders as they are found.

use super::World;

#[tokio::test]
async fn folders_become_partitions() {
    let mut world = World::with_partitioned_table().await;
    for key in [
        "year=2023/city=a/1.parquet",
        "Year=2024/city=S%C3%A3o%20P/1.parquet",
        "year=2024/city=__HIVE_DEFAULT_PARTITION__/1.parquet",
        "_temporary/0/x",
        "notes/readme",
        "year=2024/rest/x",
    ] {
        world.put(&format!("s3://lake/t/{key}")).await;
    }
    world.ok("ALTER TABLE t ADD PARTITION (year=2023, city='a') PARTITION (year=1, city='gone')").await;
    world.ok("ALTER TABLE t ADD PARTITION (year=1, city='elsewhere') LOCATION 's3://other/place/'").await;
    let lines = world.ok("MSCK REPAIR TABLE t").await;
    let expected = [
        "Partitions not in metastore:\tt:year=2024/city=São P\tt:year=2024/city=__HIVE_DEFAULT_PARTITION__",
        "Partitions missing from filesystem:\tt:year=1/city=gone",
        "Folders that are not partitions:\tt:notes\tt:year=2024/rest",
        "Repair: Added partition to metastore t:year=2024/city=São P",
        "Repair: Added partition to metastore t:year=2024/city=__HIVE_DEFAULT_PARTITION__",
    ];
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(lines), sorted(expected.map(String::from).to_vec()));
    let added = world.catalog.partition("default", "t", &["2024".into(), "São P".into()]).await.unwrap();
    assert_eq!(added.storage_descriptor.unwrap().location.unwrap(), "s3://lake/t/Year=2024/city=S%C3%A3o%20P/");

    let again = world.ok("MSCK REPAIR TABLE t").await;
    assert!(!again.iter().any(|line| line.contains("Added") || line.starts_with("Partitions not in")), "{again:?}");
}

#[tokio::test]
async fn an_empty_table_says_so() {
    let mut world = World::with_partitioned_table().await;
    world.put("s3://lake/other/x").await;
    assert_eq!(world.ok("MSCK REPAIR TABLE t").await, ["Tables missing on filesystem:\tt"]);
}
