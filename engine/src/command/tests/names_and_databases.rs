//! Databases, and names that are odd, missing or taken.

use catalog::ErrorKind;

use super::World;

#[tokio::test]
async fn databases_come_and_go() {
    let mut world = World::new().await;
    world.ok("CREATE DATABASE lake COMMENT 'all of it' WITH DBPROPERTIES ('a'='1')").await;
    world.ok("CREATE DATABASE IF NOT EXISTS lake").await;
    assert_eq!(world.fails("CREATE DATABASE lake").await.kind(), ErrorKind::AlreadyExists);
    assert_eq!(world.ok("SHOW DATABASES").await, ["default", "lake"]);
    assert_eq!(world.ok("SHOW SCHEMAS LIKE 'l*'").await, ["lake"]);

    world.ok("ALTER DATABASE lake SET DBPROPERTIES ('b'='2')").await;
    let stored = world.catalog.database("lake").await.unwrap();
    assert_eq!(stored.parameters.unwrap().into_iter().collect::<Vec<_>>(), [("a".into(), "1".into()), ("b".into(), "2".into())]);

    world.ok("USE lake").await;
    world.ok("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://lake/t/'").await;
    assert_eq!(world.ok("SHOW TABLES").await, ["t"]);
    let error = world.fails("DROP DATABASE lake").await;
    assert_eq!(error.message(), "database 'lake' is not empty: 't' is in it; drop its tables first or say CASCADE");
    world.ok("DROP DATABASE lake CASCADE").await;
    assert_eq!(world.fails("SHOW TABLES IN lake").await.kind(), ErrorKind::DatabaseNotFound);
    assert_eq!(world.fails("DROP DATABASE lake").await.kind(), ErrorKind::DatabaseNotFound);
    world.ok("DROP DATABASE IF EXISTS lake").await;
}

#[tokio::test]
async fn use_wants_a_database_that_is_there() {
    let mut world = World::new().await;
    assert_eq!(world.fails("USE nope").await.kind(), ErrorKind::DatabaseNotFound);
    assert_eq!(world.database, "default");
    world.ok("USE awsdatacatalog.default").await;
    assert_eq!(
        world.fails("USE other.default").await.message(),
        "catalog 'other' does not exist; the only one is awsdatacatalog"
    );
}

#[tokio::test]
async fn tables_and_views_are_listed_and_told_apart() {
    let mut world = World::new().await;
    for name in ["alpha", "beta"] {
        world.ok(&format!("CREATE EXTERNAL TABLE {name} (a int) LOCATION 's3://lake/{name}/'")).await;
    }
    world.ok("CREATE VIEW view_of_alpha AS SELECT 1 AS n").await;
    assert_eq!(world.ok("SHOW TABLES").await, ["alpha", "beta", "view_of_alpha"]);
    assert_eq!(world.ok("SHOW TABLES IN default '*alpha'").await, ["alpha", "view_of_alpha"]);
    assert_eq!(world.ok("SHOW VIEWS").await, ["view_of_alpha"]);

    assert_eq!(
        world.fails("DROP TABLE view_of_alpha").await.message(),
        "'default.view_of_alpha' is a view, not a table; use DROP VIEW"
    );
    assert_eq!(world.fails("DROP VIEW alpha").await.message(), "'default.alpha' is a table, not a view; use DROP TABLE");
    assert_eq!(world.fails("DROP TABLE gamma").await.kind(), ErrorKind::TableNotFound);
    world.ok("DROP TABLE IF EXISTS gamma").await;
    world.ok("DROP TABLE IF EXISTS nowhere.gamma").await;
    world.ok("DROP VIEW IF EXISTS gamma").await;
    world.ok("DROP TABLE alpha").await;
    world.ok("DROP VIEW view_of_alpha").await;
    assert_eq!(world.ok("SHOW TABLES").await, ["beta"]);
}
