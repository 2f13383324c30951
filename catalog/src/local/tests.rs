//! The embedded catalog on SQLite: the conformance suite, versions of the schema, leases.

use std::sync::Arc;

use super::*;
use crate::crawler::CrawlState;

async fn fresh() -> (tempfile::TempDir, LocalCatalog) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = LocalCatalog::open(folder.path()).await.unwrap();
    (folder, catalog)
}

fn named(name: &str) -> Database {
    Database { name: name.to_owned(), ..Database::default() }
}

const LEASE: Duration = Duration::from_secs(60);
const OVER: Duration = Duration::ZERO;

#[tokio::test]
async fn a_fresh_catalog_has_a_default_database_and_keeps_what_was_written() {
    let (folder, catalog) = fresh().await;
    catalog.create_database(named("Lake")).await.unwrap();
    catalog.close().await;
    let again = LocalCatalog::open(folder.path()).await.unwrap();
    let names: Vec<_> = again.databases(PageRequest::default()).await.unwrap().items.into_iter().map(|d| d.name).collect();
    assert_eq!(names, ["default", "lake"]);
}

#[tokio::test]
async fn a_failing_write_does_not_fail_those_it_shares_a_transaction_with() {
    let (_folder, catalog) = fresh().await;
    let writes = (0..50).map(|n| {
        let catalog = catalog.clone();
        async move { catalog.create_database(named(&format!("d{}", n / 2))).await.is_ok() }
    });
    let ok = futures::future::join_all(writes).await;
    assert_eq!(ok.iter().filter(|ok| **ok).count(), 25, "each name was created once");
    assert_eq!(catalog.databases(PageRequest::default()).await.unwrap().items.len(), 26);
}

#[tokio::test]
async fn two_catalogs_on_one_file_see_each_others_writes() {
    let (folder, first) = fresh().await;
    let second = Arc::new(LocalCatalog::open(folder.path()).await.unwrap());
    let writes = (0..20).map(|n| {
        let (first, second) = (first.clone(), Arc::clone(&second));
        async move {
            let name = format!("d{n}");
            if n % 2 == 0 { first.create_database(named(&name)).await } else { second.create_database(named(&name)).await }
        }
    });
    for outcome in futures::future::join_all(writes).await {
        outcome.unwrap();
    }
    assert_eq!(first.databases(PageRequest::default()).await.unwrap().items.len(), 21);
    assert_eq!(second.databases(PageRequest::default()).await.unwrap().items.len(), 21);
}

#[tokio::test]
async fn a_path_with_odd_characters_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a b#c?d%20é");
    LocalCatalog::open(&data).await.unwrap();
    assert!(data.join(FILE).is_file());
}

#[tokio::test]
async fn a_crawler_has_one_run_at_a_time() {
    let (_folder, catalog) = fresh().await;
    catalog.create_crawler(Crawler { name: "nightly".into(), ..Crawler::default() }).await.unwrap();
    let mut run = catalog.start_crawl("nightly", "a", LEASE).await.unwrap();
    let busy = catalog.start_crawl("nightly", "b", LEASE).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert!(busy.message().contains("run by a"), "{busy}");
    assert_eq!(catalog.delete_crawler("nightly").await.unwrap_err().kind(), ErrorKind::Busy);
    run.counts.objects_read = 7;
    catalog.renew_crawl(&run, LEASE).await.unwrap();
    assert_eq!(catalog.finish_crawl(run.clone()).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    run.state = CrawlState::Completed;
    catalog.finish_crawl(run.clone()).await.unwrap();
    let next = catalog.start_crawl("nightly", "b", LEASE).await.unwrap();
    let history = catalog.crawls("nightly", PageRequest { limit: Some(1), token: None }).await.unwrap();
    assert_eq!(history.items, [next]);
    let rest = catalog.crawls("nightly", PageRequest { limit: None, token: history.next }).await.unwrap();
    assert_eq!((rest.items, rest.next), (vec![run], None));
}

#[tokio::test]
async fn a_run_whose_lease_is_over_is_taken_over() {
    let (_folder, catalog) = fresh().await;
    let lost = catalog.start_crawl("c", "a", OVER).await.unwrap();
    catalog.start_crawl("c", "b", LEASE).await.unwrap();
    assert_eq!(catalog.renew_crawl(&lost, LEASE).await.unwrap_err().kind(), ErrorKind::Conflict);
    let failed = catalog.crawls("c", PageRequest::default()).await.unwrap().items.pop().unwrap();
    assert_eq!((failed.crawl_id, failed.state), (lost.crawl_id, CrawlState::Failed));
    assert!(failed.error_message.unwrap().contains("lease of a on this run ended"));
}

#[tokio::test]
async fn a_firing_is_claimed_once() {
    let (_folder, catalog) = fresh().await;
    let due = |second| DateTime::from_timestamp(second, 0).unwrap();
    let claims = (0..10).map(|n| {
        let catalog = catalog.clone();
        async move { catalog.claim_schedule("c", due(60), &format!("process {n}"), LEASE).await.unwrap() }
    });
    assert_eq!(futures::future::join_all(claims).await.into_iter().filter(|won| *won).count(), 1);
    assert!(!catalog.claim_schedule("c", due(59), "late", LEASE).await.unwrap());
    // Whoever wins and starts nothing loses the firing with the lease, and keeps it once the run has started.
    assert!(catalog.claim_schedule("c", due(120), "a", OVER).await.unwrap());
    assert!(catalog.claim_schedule("c", due(120), "b", OVER).await.unwrap());
    catalog.start_crawl("c", "b", OVER).await.unwrap();
    assert!(!catalog.claim_schedule("c", due(120), "a", LEASE).await.unwrap());
}

#[tokio::test]
async fn classifiers_are_kept_by_name() {
    let (_folder, catalog) = fresh().await;
    let json = |path: &str| {
        Classifier::Json(crate::crawler::JsonClassifier { name: "j".into(), json_path: path.into(), ..Default::default() })
    };
    catalog.create_classifier(json("$[*]")).await.unwrap();
    assert_eq!(catalog.create_classifier(json("$")).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    catalog.update_classifier(json("$.id")).await.unwrap();
    assert_eq!(catalog.classifier("j").await.unwrap(), json("$.id"));
    catalog.delete_classifier("j").await.unwrap();
    assert_eq!(catalog.classifier("j").await.unwrap_err().kind(), ErrorKind::EntityNotFound);
    assert_eq!(catalog.classifiers(PageRequest::default()).await.unwrap().items, []);
}

#[tokio::test]
async fn memory_is_replaced_and_forgotten() {
    let (_folder, catalog) = fresh().await;
    assert_eq!(catalog.memory("k").await.unwrap(), None);
    catalog.save_memory("k", Bytes::from_static(b"\0\xFF1")).await.unwrap();
    catalog.save_memory("k", Bytes::from_static(b"\0\xFF2")).await.unwrap();
    assert_eq!(catalog.memory("k").await.unwrap().unwrap(), &b"\0\xFF2"[..]);
    catalog.forget_memory("k").await.unwrap();
    assert_eq!(catalog.memory("k").await.unwrap(), None);
}

#[tokio::test]
async fn sqlite_conforms() {
    let (_folder, catalog) = fresh().await;
    crate::conformance::all(&catalog, crate::conformance::Expect::LOCAL).await.unwrap();
}
