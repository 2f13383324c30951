//! Views as Athena keeps them.

use catalog::ErrorKind;
use sql::view::View;

use super::World;
use crate::types::Type;

#[tokio::test]
async fn a_view_is_stored_as_athena_stores_it() {
    let mut world = World::new().await;
    world.columns = vec![
        ("n".into(), Type::Integer),
        ("at".into(), Type::Timestamp(3)),
        ("took".into(), Type::Time(6)),
        ("code".into(), Type::Varchar(Some(10))),
    ];
    world.ok("CREATE VIEW v COMMENT 'what is' AS SELECT n, at, took, code\nFROM t").await;
    let table = world.table("v").await;
    let hive: Vec<_> = table.columns().iter().map(|column| (column.name.as_str(), column.hive_type())).collect();
    assert_eq!(hive, [("n", "int"), ("at", "timestamp"), ("took", "string"), ("code", "varchar(10)")]);
    let view = View::of(&table).unwrap();
    assert_eq!(view.original_sql, "SELECT n, at, took, code\nFROM t");
    assert_eq!((view.catalog.as_deref(), view.schema.as_deref()), (Some("awsdatacatalog"), Some("default")));
    let rows = ["n\tinteger", "at\ttimestamp(3)", "took\ttime(6)", "code\tvarchar(10)"];
    assert_eq!(world.ok("DESCRIBE v").await, rows);
    assert_eq!(world.ok("SHOW COLUMNS IN v").await, rows);
    let shown = world.ok("SHOW CREATE VIEW v").await;
    assert_eq!(shown, ["CREATE VIEW v COMMENT 'what is' AS ", "SELECT n, at, took, code", "FROM t"]);
    assert!(sql::parse(&shown.join("\n")).is_ok());
    assert_eq!(world.fails("SHOW CREATE TABLE v").await.message(), "'default.v' is a view, not a table; use SHOW CREATE VIEW");
}

#[tokio::test]
async fn views_replace_views_and_nothing_else() {
    let mut world = World::new().await;
    world.ok("CREATE VIEW v AS SELECT 1 AS n").await;
    assert_eq!(world.fails("CREATE VIEW v AS SELECT 2 AS n").await.kind(), ErrorKind::AlreadyExists);
    world.ok("CREATE OR REPLACE VIEW v AS SELECT 2 AS n").await;
    assert_eq!(View::of(&world.table("v").await).unwrap().original_sql, "SELECT 2 AS n");
    world.ok("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://lake/t/'").await;
    assert_eq!(
        world.fails("CREATE OR REPLACE VIEW t AS SELECT 1 AS n").await.message(),
        "'default.t' is a table, which no view can replace"
    );
    assert_eq!(world.fails("SHOW CREATE VIEW t").await.message(), "'default.t' is a table, not a view; use SHOW CREATE TABLE");
    assert_eq!(world.fails("ALTER TABLE v ADD COLUMNS (a int)").await.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn what_could_not_be_read_is_refused() {
    let mut world = World::new().await;
    let error = world.fails("CREATE OR REPLACE VIEW v AS SELECT n FROM default.v").await;
    assert_eq!(error.message(), "view 'default.v' cannot read itself");
    world.columns = vec![("a".into(), Type::Integer), ("A".into(), Type::Integer)];
    let error = world.fails("CREATE VIEW v AS SELECT 1 AS a, 2 AS A").await;
    assert_eq!(error.message(), "view 'default.v': Column name 'A' specified more than once; name one with AS");
    assert_eq!(world.ok("SHOW TABLES").await, Vec::<String>::new());
}
