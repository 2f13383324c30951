//! The embedded catalog on a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use catalog::conformance::{self, Expect};
use catalog::local::LocalCatalog;
use catalog::table::Database;
use catalog::{Catalog, ErrorKind, PageRequest};

use crate::binary::{Home, orders};
use crate::services::{Postgres, skipped};

#[tokio::test]
async fn postgres_conforms() {
    if skipped("the catalog on PostgreSQL") {
        return;
    }
    let server = Postgres::start();
    let catalog = LocalCatalog::connect(&server.url()).await.unwrap();
    conformance::all(&catalog, Expect::LOCAL).await.unwrap();
    nodes_share_it(&server).await;
    the_binary_keeps_its_catalog_there(&server);
    a_newer_schema_is_refused(&server).await;
}

async fn nodes_share_it(server: &Postgres) {
    let url = server.url();
    let (first, second) = futures::join!(LocalCatalog::connect(&url), LocalCatalog::connect(&url));
    let (first, second) = (first.unwrap(), second.unwrap());
    let writes = (0..40).map(|n| {
        let node = if n % 2 == 0 { first.clone() } else { second.clone() };
        async move { node.create_database(Database { name: format!("d{}", n / 2), ..Database::default() }).await }
    });
    let outcomes = futures::future::join_all(writes).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 20, "of two nodes that make one database one does");
    assert_eq!(second.databases(PageRequest::default()).await.unwrap().items.len(), 21);
    let lease = Duration::from_secs(60);
    let (a, b) = futures::join!(first.start_crawl("c", "first", lease), second.start_crawl("c", "second", lease));
    assert_ne!(a.is_ok(), b.is_ok(), "one node runs the crawler");
    assert_eq!(a.and(b).unwrap_err().kind(), ErrorKind::Busy);
    let due = "2026-01-01T00:00:00Z".parse().unwrap();
    let (a, b) = futures::join!(first.claim_schedule("s", due, "first", lease), second.claim_schedule("s", due, "second", lease));
    assert_ne!(a.unwrap(), b.unwrap(), "one node wins the firing");
}

fn the_binary_keeps_its_catalog_there(server: &Postgres) {
    let (first, second) = (Home::new(), Home::new());
    orders(&first);
    let url = server.url();
    let lake = first.path().join("orders");
    let crawled = first.run(&["--catalog", &url, "crawl", lake.to_str().unwrap(), "--database", "shop"]);
    assert_eq!(crawled.code, 0, "{}", crawled.stderr);
    let counted = second.run(&[
        "--catalog",
        &url,
        "query",
        "--format",
        "csv",
        "SELECT day, count(*) FROM shop.orders GROUP BY 1 ORDER BY 1",
    ]);
    assert_eq!((counted.code, counted.stdout.as_str()), (0, "day,_col1\n2024-05-01,2\n2024-05-02,1\n"), "{}", counted.stderr);
    assert!(!second.path().join("data/catalog.db").exists(), "a catalog of its own beside the shared one");
}

async fn a_newer_schema_is_refused(server: &Postgres) {
    server.psql("UPDATE schema_version SET version = 99");
    let error = LocalCatalog::connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerSchema, "{error}");
}

#[tokio::test]
async fn a_wrong_url_is_told_without_its_password() {
    for url in ["postgres://me:secret@127.0.0.1:1/db", "mysql://me:secret@host/db", "postgres://me:secret@:bad/db"] {
        let error = LocalCatalog::connect(url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}
