//! What goes beyond its bounds fails by name, and alone.

use catalog::storage::Location;
use catalog::table::{Database, Partition, Table, TableVersion};
use catalog::{Catalog, PartitionError, PartitionFilter, UpdateTable};

use super::*;
use crate::work_group::{CONCURRENCY_TAG, Configuration, WorkGroup};

impl House {
    /// A work group as it may have been stored, also with less than may be asked for.
    async fn group(&self, name: &str, change: impl FnOnce(&mut WorkGroup)) {
        let mut group = WorkGroup::new(name, Configuration::default());
        group.configuration.result_configuration.output_location = Some("s3://civetta-results/".to_owned());
        change(&mut group);
        self.queries.0.home.put_document(&group).await.unwrap();
    }

    fn within(&self, group: &str, text: &str) -> Request {
        Request { work_group: Some(group.to_owned()), ..self.request(text) }
    }

    async fn is_there(&self, output: &str) -> bool {
        self.storage.head(&Location::parse(output).unwrap()).await.is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_scans_more_than_the_work_group_allows_fails_by_name() {
    let house = house(|_| {}).await.with_rows().await;
    house.group("thrifty", |group| group.configuration.bytes_scanned_cutoff_per_query = Some(1000)).await;
    let query = house.ended(house.within("thrifty", "SELECT x FROM t")).await;
    assert_eq!(query.state, State::Failed);
    let reason = query.reason.as_deref().unwrap();
    assert!(reason.starts_with("EXCEEDED_LIMIT: Bytes scanned limit was exceeded") && reason.contains("1000"), "{reason}");
    assert!(!house.is_there(&query.output).await, "no half of a result stays");
    assert_eq!(house.ended(house.within("thrifty", "SELECT 1")).await.state, State::Succeeded);
    assert_eq!(house.ended(house.request("SELECT count(*) FROM t")).await.state, State::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_group_runs_so_many_at_once_and_the_others_wait_in_order() {
    let house = house(|settings| settings.patience = Duration::from_millis(200)).await.with_rows().await;
    house.group("narrow", |group| drop(group.tags.insert(CONCURRENCY_TAG.to_owned(), "1".to_owned()))).await;
    let running =
        house.queries.submit(house.within("narrow", "SELECT count(*) FROM t a, t b WHERE a.x + b.x < 0")).await.unwrap();
    let mut waiting = Vec::new();
    for text in ["SELECT 1", "SELECT 2", "SELECT 3"] {
        waiting.push(house.queries.submit(house.within("narrow", text)).await.unwrap().id.clone());
    }
    assert_eq!(house.ended(house.request("SELECT 4")).await.state, State::Succeeded, "another work group does not wait for it");
    for id in &waiting {
        assert_eq!(house.queries.get(id).await.unwrap().state, State::Queued);
    }
    house.queries.stop(&running.id).await.unwrap();
    let mut last = 0.0;
    for id in &waiting {
        let query = loop {
            let query = house.queries.wait(id).await.unwrap();
            if query.state.is_final() {
                break query;
            }
        };
        assert_eq!(query.state, State::Succeeded);
        let completed = query.completed.unwrap();
        assert!(completed >= last, "{query:?}");
        last = completed;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_the_end_of_its_query_alone() {
    let house = house(|_| {}).await;
    let engine = house.engine.narrowed(Arc::new(Broken), house.storage.clone());
    let query = house.ended(Request { engine, ..house.request("SELECT * FROM t") }).await;
    let failure = query.failure.as_ref().unwrap();
    assert_eq!((query.state, failure.category, failure.retryable), (State::Failed, 1, false));
    assert!(failure.message.starts_with("GENERIC_INTERNAL_ERROR: "), "{failure:?}");
    assert!(!failure.message.contains("on purpose"), "{failure:?}");
    assert_eq!(house.ended(house.request("SELECT 1")).await.state, State::Succeeded, "its turn was given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn history_ends_and_results_stay() {
    let house = house(|settings| settings.history = Duration::ZERO).await;
    let query = house.ended(house.request("SELECT 1")).await;
    house.queries.renew(false).await.unwrap();
    assert!(house.queries.get(&query.id).await.is_ok());
    tokio::time::sleep(Duration::from_millis(5)).await;
    house.queries.renew(true).await.unwrap();
    assert_eq!(house.queries.get(&query.id).await.unwrap_err().kind(), ErrorKind::QueryNotFound);
    assert_eq!(house.queries.list(PRIMARY, PageRequest::default()).await.unwrap().items, [""; 0]);
    assert!(house.is_there(&query.output).await);
}

/// A catalog with a defect.
#[derive(Debug)]
struct Broken;

fn broken<T>() -> Result<T> {
    panic!("on purpose")
}

#[async_trait::async_trait]
impl Catalog for Broken {
    async fn create_database(&self, _: Database) -> Result<()> {
        broken()
    }
    async fn database(&self, _: &str) -> Result<Database> {
        broken()
    }
    async fn databases(&self, _: PageRequest) -> Result<Page<Database>> {
        broken()
    }
    async fn update_database(&self, _: &str, _: Database) -> Result<()> {
        broken()
    }
    async fn delete_database(&self, _: &str) -> Result<()> {
        broken()
    }
    async fn create_table(&self, _: Table) -> Result<()> {
        broken()
    }
    async fn table(&self, _: &str, _: &str) -> Result<Table> {
        broken()
    }
    async fn tables(&self, _: &str, _: Option<&str>, _: PageRequest) -> Result<Page<Table>> {
        broken()
    }
    async fn update_table(&self, _: Table, _: UpdateTable) -> Result<()> {
        broken()
    }
    async fn delete_table(&self, _: &str, _: &str) -> Result<()> {
        broken()
    }
    async fn table_versions(&self, _: &str, _: &str, _: PageRequest) -> Result<Page<TableVersion>> {
        broken()
    }
    async fn table_version(&self, _: &str, _: &str, _: &str) -> Result<TableVersion> {
        broken()
    }
    async fn delete_table_version(&self, _: &str, _: &str, _: &str) -> Result<()> {
        broken()
    }
    async fn create_partitions(&self, _: &str, _: &str, _: Vec<Partition>) -> Result<Vec<PartitionError>> {
        broken()
    }
    async fn update_partitions(&self, _: &str, _: &str, _: Vec<Partition>) -> Result<Vec<PartitionError>> {
        broken()
    }
    async fn delete_partitions(&self, _: &str, _: &str, _: Vec<Vec<String>>) -> Result<Vec<PartitionError>> {
        broken()
    }
    async fn partition(&self, _: &str, _: &str, _: &[String]) -> Result<Partition> {
        broken()
    }
    async fn partitions(&self, _: &str, _: &str, _: Option<&PartitionFilter>, _: PageRequest) -> Result<Page<Partition>> {
        broken()
    }
}
