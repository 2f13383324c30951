//! Partitions by ALTER TABLE.

use catalog::ErrorKind;

use super::World;

async fn location(world: &World, year: &str, city: &str) -> String {
    let partition = world.catalog.partition("default", "t", &[year.into(), city.into()]).await.unwrap();
    partition.storage_descriptor.unwrap().location.unwrap()
}

#[tokio::test]
async fn partitions_are_added_where_hive_puts_them() {
    let mut world = World::with_partitioned_table().await;
    world
        .ok("ALTER TABLE t ADD PARTITION (city='a/b', year=2024) PARTITION (year='2023', city='x') LOCATION 's3://other/x/'")
        .await;
    assert_eq!(world.ok("SHOW PARTITIONS t").await, ["year=2023/city=x", "year=2024/city=a%2Fb"]);
    assert_eq!(location(&world, "2024", "a/b").await, "s3://lake/t/year=2024/city=a%2Fb/");
    assert_eq!(location(&world, "2023", "x").await, "s3://other/x/");

    let error = world.fails("ALTER TABLE t ADD PARTITION (year=2022, city='new') PARTITION (year=2023, city='x')").await;
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.message(), "partition 'year=2023/city=x' of table 'default.t' already exists");
    assert_eq!(world.ok("SHOW PARTITIONS t").await.len(), 2);
    world.ok("ALTER TABLE t ADD IF NOT EXISTS PARTITION (year=2022, city='new') PARTITION (year=2023, city='x')").await;
    assert_eq!(world.ok("SHOW PARTITIONS t").await.len(), 3);
}

#[tokio::test]
async fn specifications_must_name_every_key() {
    let mut world = World::with_partitioned_table().await;
    let cases = [
        ("(year=1)", "partition key 'city' is missing; a partition of 'default.t' needs year, city"),
        ("(year=1, city='x', day=2)", "'day' is not a partition key of table 'default.t', whose keys are year, city"),
    ];
    for (spec, message) in cases {
        assert_eq!(world.fails(&format!("ALTER TABLE t ADD PARTITION {spec}")).await.message(), message);
    }
    world.ok("CREATE EXTERNAL TABLE plain (a int) LOCATION 's3://lake/plain/'").await;
    assert_eq!(world.fails("ALTER TABLE plain ADD PARTITION (a=1)").await.message(), "table 'default.plain' is not partitioned");
    assert_eq!(world.fails("SHOW PARTITIONS plain").await.message(), "table 'default.plain' is not partitioned");
}

#[tokio::test]
async fn partitions_are_dropped_by_filters_that_know_types() {
    let mut world = World::with_partitioned_table().await;
    world.ok("ALTER TABLE t ADD PARTITION (year=9, city='a') PARTITION (year=10, city='a') PARTITION (year=10, city='b')").await;
    world.ok("ALTER TABLE t DROP PARTITION (year < 10)").await;
    assert_eq!(world.ok("SHOW PARTITIONS t").await, ["year=10/city=a", "year=10/city=b"]);
    assert_eq!(
        world.fails("ALTER TABLE t DROP PARTITION (year = 10, city = 'a'), PARTITION (year = 3)").await.kind(),
        ErrorKind::PartitionNotFound
    );
    assert_eq!(world.ok("SHOW PARTITIONS t").await.len(), 2);
    world.ok("ALTER TABLE t DROP IF EXISTS PARTITION (year = 10, city = 'a'), PARTITION (year = 3)").await;
    assert_eq!(world.ok("SHOW PARTITIONS t").await, ["year=10/city=b"]);
}

#[tokio::test]
async fn partitions_are_renamed_and_moved() {
    let mut world = World::with_partitioned_table().await;
    world.ok("ALTER TABLE t ADD PARTITION (year=1, city='a') PARTITION (year=2, city='b')").await;
    world.ok("ALTER TABLE t PARTITION (year=1, city='a') RENAME TO PARTITION (year=3, city='c')").await;
    assert_eq!(world.ok("SHOW PARTITIONS t").await, ["year=2/city=b", "year=3/city=c"]);
    assert_eq!(location(&world, "3", "c").await, "s3://lake/t/year=1/city=a/");
    let error = world.fails("ALTER TABLE t PARTITION (year=2, city='b') RENAME TO PARTITION (year=3, city='c')").await;
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    world.ok("ALTER TABLE t PARTITION (year=2, city='b') SET LOCATION 's3://lake/b/'").await;
    assert_eq!(location(&world, "2", "b").await, "s3://lake/b/");
    assert_eq!(
        world.fails("ALTER TABLE t PARTITION (year=8, city='b') SET LOCATION 's3://lake/b/'").await.kind(),
        ErrorKind::PartitionNotFound
    );
}
