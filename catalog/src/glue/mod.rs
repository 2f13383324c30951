//! The real AWS Glue Data Catalog, or whatever speaks its API at the endpoint of the AWS configuration.

mod error;
mod expression;
mod requests;
mod wire;

use async_trait::async_trait;
use aws_sdk_glue::Client;
use aws_sdk_glue::types::{DatabaseInput, TableInput};
use futures::stream::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::json;

use self::error::About;
use self::requests::{BATCH_CREATE, BATCH_DELETE, BATCH_UPDATE, BatchAnswer};
use self::wire::Wire;
use crate::catalog::{Catalog, Page, PageRequest, PartitionError, UpdateTable};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::PartitionFilter;
use crate::key::{self, Key};
use crate::name;
use crate::predicate::Predicate;
use crate::table::{Database, Partition, Table, TableVersion};

/// Glue's largest pages (model: `CatalogGetterPageSize`, `PageSize`).
const PAGE: usize = 100;
const PARTITIONS_PAGE: usize = 1000;

/// So many batches of partitions are under way at once.
const CONCURRENT: usize = 4;

/// AWS Glue as a [`Catalog`].
#[derive(Debug, Clone)]
pub struct GlueCatalog {
    client: Client,
}

/// Sends one operation with `$request` as its JSON and gives its answer. The builder needs the required members as well, because
/// the SDK checks them.
macro_rules! call {
    ($about:expr, $what:expr, $builder:expr, $request:expr) => {{
        let wire = Wire::new(&$request);
        $builder.customize().interceptor(wire.clone()).send().await.map_err(|error| $about.failed(&$what, error))?;
        wire.answer()
    }};
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DatabaseAnswer {
    database: Database,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DatabasesAnswer {
    database_list: Vec<Database>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableAnswer {
    table: Table,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TablesAnswer {
    #[serde(default)]
    table_list: Vec<Table>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionAnswer {
    table_version: TableVersion,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionsAnswer {
    #[serde(default)]
    table_versions: Vec<TableVersion>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PartitionAnswer {
    partition: Partition,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PartitionsAnswer {
    #[serde(default)]
    partitions: Vec<Partition>,
    next_token: Option<String>,
}

/// The answer of an operation that says nothing but that it is done.
#[derive(Deserialize)]
struct Done {}

fn page<T>(items: Vec<T>, next: Option<String>) -> Page<T> {
    Page { items, next: next.filter(|token| !token.is_empty()) }
}

fn of_database(name: &str) -> String {
    format!("database '{name}'")
}

fn of_table(database: &str, name: &str) -> String {
    format!("table '{database}.{name}'")
}

impl GlueCatalog {
    /// With `config`'s region, endpoint and credentials.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// With the usual AWS configuration: environment (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL_GLUE`, ...), profiles, SSO,
    /// instance metadata.
    pub async fn from_environment() -> Self {
        Self::new(&aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await)
    }

    /// One page of partitions; `expression` is in Glue's grammar.
    async fn partitions_page(
        &self,
        database: &str,
        table: &str,
        expression: Option<&str>,
        request: &PageRequest,
    ) -> Result<PartitionsAnswer> {
        let body = requests::without_nulls(json!({
            "DatabaseName": database,
            "TableName": table,
            "Expression": expression,
            "MaxResults": request.limit(PARTITIONS_PAGE)?.min(PARTITIONS_PAGE),
            "NextToken": request.token,
        }));
        let builder = self.client.get_partitions().database_name(database).table_name(table);
        call!(About::Table, of_table(database, table), builder, body)
    }
}

#[async_trait]
impl Catalog for GlueCatalog {
    async fn create_database(&self, mut database: Database) -> Result<()> {
        database.name = name::checked("database", &database.name)?;
        let input = DatabaseInput::builder().name(&database.name).build().map_err(requests::incomplete)?;
        let builder = self.client.create_database().database_input(input);
        let body = json!({ "DatabaseInput": requests::database_input(&database)? });
        let Done {} = call!(About::Database, of_database(&database.name), builder, body)?;
        Ok(())
    }

    async fn database(&self, name: &str) -> Result<Database> {
        let name = &name::fold(name);
        let builder = self.client.get_database().name(name);
        let answer: DatabaseAnswer = call!(About::Database, of_database(name), builder, json!({ "Name": name }))?;
        Ok(answer.database)
    }

    async fn databases(&self, request: PageRequest) -> Result<Page<Database>> {
        let limit = request.limit(PAGE)?.min(PAGE);
        let body = requests::without_nulls(json!({ "MaxResults": limit, "NextToken": request.token }));
        let answer: DatabasesAnswer = call!(About::Database, "databases", self.client.get_databases(), body)?;
        Ok(page(answer.database_list, answer.next_token))
    }

    async fn update_database(&self, name: &str, mut database: Database) -> Result<()> {
        let name = &name::fold(name);
        database.name = name::fold(&database.name);
        let input = DatabaseInput::builder().name(&database.name).build().map_err(requests::incomplete)?;
        let builder = self.client.update_database().name(name).database_input(input);
        let body = json!({ "Name": name, "DatabaseInput": requests::database_input(&database)? });
        let Done {} = call!(About::Database, of_database(name), builder, body)?;
        Ok(())
    }

    async fn delete_database(&self, name: &str) -> Result<()> {
        let name = &name::fold(name);
        let builder = self.client.delete_database().name(name);
        let Done {} = call!(About::Database, of_database(name), builder, json!({ "Name": name }))?;
        Ok(())
    }

    async fn create_table(&self, mut table: Table) -> Result<()> {
        table.name = name::checked("table", &table.name)?;
        let database = &name::fold(&table.database_name);
        let input = TableInput::builder().name(&table.name).build().map_err(requests::incomplete)?;
        let builder = self.client.create_table().database_name(database).table_input(input);
        let body = json!({ "DatabaseName": database, "TableInput": requests::table_input(&table)? });
        // What is not there when a table is made is its database, whatever the message is.
        let Done {} = call!(About::Database, of_table(database, &table.name), builder, body)?;
        Ok(())
    }

    async fn table(&self, database: &str, name: &str) -> Result<Table> {
        let (database, name) = (&name::fold(database), &name::fold(name));
        let builder = self.client.get_table().database_name(database).name(name);
        let body = json!({ "DatabaseName": database, "Name": name });
        let answer: TableAnswer = call!(About::Table, of_table(database, name), builder, body)?;
        Ok(answer.table)
    }

    async fn tables(&self, database: &str, expression: Option<&str>, request: PageRequest) -> Result<Page<Table>> {
        let database = &name::fold(database);
        let body = requests::without_nulls(json!({
            "DatabaseName": database,
            "Expression": expression,
            "MaxResults": request.limit(PAGE)?.min(PAGE),
            "NextToken": request.token,
        }));
        let builder = self.client.get_tables().database_name(database);
        let answer: TablesAnswer = call!(About::Database, of_database(database), builder, body)?;
        Ok(page(answer.table_list, answer.next_token))
    }

    async fn update_table(&self, mut table: Table, how: UpdateTable) -> Result<()> {
        let database = &name::fold(&table.database_name);
        table.name = name::fold(&table.name);
        let input = TableInput::builder().name(&table.name).build().map_err(requests::incomplete)?;
        let builder = self.client.update_table().database_name(database).table_input(input);
        let body = requests::without_nulls(json!({
            "DatabaseName": database,
            "TableInput": requests::table_input(&table)?,
            "SkipArchive": how.skip_archive,
            "VersionId": how.expected_version,
        }));
        let Done {} = call!(About::Table, of_table(database, &table.name), builder, body)?;
        Ok(())
    }

    async fn delete_table(&self, database: &str, name: &str) -> Result<()> {
        let (database, name) = (&name::fold(database), &name::fold(name));
        let builder = self.client.delete_table().database_name(database).name(name);
        let body = json!({ "DatabaseName": database, "Name": name });
        let Done {} = call!(About::Table, of_table(database, name), builder, body)?;
        Ok(())
    }

    async fn table_versions(&self, database: &str, name: &str, request: PageRequest) -> Result<Page<TableVersion>> {
        let (database, name) = (&name::fold(database), &name::fold(name));
        let body = requests::without_nulls(json!({
            "DatabaseName": database,
            "TableName": name,
            "MaxResults": request.limit(PAGE)?.min(PAGE),
            "NextToken": request.token,
        }));
        let builder = self.client.get_table_versions().database_name(database).table_name(name);
        let answer: VersionsAnswer = call!(About::Table, of_table(database, name), builder, body)?;
        Ok(page(answer.table_versions, answer.next_token))
    }

    async fn table_version(&self, database: &str, name: &str, version: &str) -> Result<TableVersion> {
        let (database, name) = (&name::fold(database), &name::fold(name));
        let builder = self.client.get_table_version().database_name(database).table_name(name).version_id(version);
        let body = json!({ "DatabaseName": database, "TableName": name, "VersionId": version });
        let what = format!("version {version} of {}", of_table(database, name));
        let answer: VersionAnswer = call!(About::Version, what, builder, body)?;
        Ok(answer.table_version)
    }

    async fn delete_table_version(&self, database: &str, name: &str, version: &str) -> Result<()> {
        let (database, name) = (&name::fold(database), &name::fold(name));
        let builder = self.client.delete_table_version().database_name(database).table_name(name).version_id(version);
        let body = json!({ "DatabaseName": database, "TableName": name, "VersionId": version });
        let what = format!("version {version} of {}", of_table(database, name));
        let Done {} = call!(About::Version, what, builder, body)?;
        Ok(())
    }

    async fn create_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>> {
        let (database, table) = (&name::fold(database), &name::fold(table));
        let inputs = partitions.iter().map(requests::partition_input).collect::<Result<Vec<_>>>()?;
        let batches = requests::batches(inputs, BATCH_CREATE).into_iter().map(|batch| async move {
            let builder = self.client.batch_create_partition().database_name(database).table_name(table);
            let builder = builder.set_partition_input_list(Some(Vec::new()));
            let body = json!({ "DatabaseName": database, "TableName": table, "PartitionInputList": batch });
            let answer: BatchAnswer = call!(About::Table, of_table(database, table), builder, body)?;
            Ok::<_, Error>(answer.errors(&of_table(database, table)))
        });
        futures::stream::iter(batches).buffered(CONCURRENT).try_concat().await
    }

    async fn update_partitions(&self, database: &str, table: &str, partitions: Vec<Partition>) -> Result<Vec<PartitionError>> {
        let (database, table) = (&name::fold(database), &name::fold(table));
        let entries = partitions.iter().map(|partition| {
            let input = requests::partition_input(partition)?;
            Ok(json!({ "PartitionValueList": partition.values, "PartitionInput": input }))
        });
        let entries = entries.collect::<Result<Vec<_>>>()?;
        let batches = requests::batches(entries, BATCH_UPDATE).into_iter().map(|batch| async move {
            let builder = self.client.batch_update_partition().database_name(database).table_name(table);
            let builder = builder.set_entries(Some(Vec::new()));
            let body = json!({ "DatabaseName": database, "TableName": table, "Entries": batch });
            let answer: BatchAnswer = call!(About::Table, of_table(database, table), builder, body)?;
            Ok::<_, Error>(answer.errors(&of_table(database, table)))
        });
        futures::stream::iter(batches).buffered(CONCURRENT).try_concat().await
    }

    async fn delete_partitions(&self, database: &str, table: &str, values: Vec<Vec<String>>) -> Result<Vec<PartitionError>> {
        let (database, table) = (&name::fold(database), &name::fold(table));
        let values = values.into_iter().map(|values| json!({ "Values": values })).collect();
        let batches = requests::batches(values, BATCH_DELETE).into_iter().map(|batch| async move {
            let builder = self.client.batch_delete_partition().database_name(database).table_name(table);
            let builder = builder.set_partitions_to_delete(Some(Vec::new()));
            let body = json!({ "DatabaseName": database, "TableName": table, "PartitionsToDelete": batch });
            let answer: BatchAnswer = call!(About::Table, of_table(database, table), builder, body)?;
            Ok::<_, Error>(answer.errors(&of_table(database, table)))
        });
        futures::stream::iter(batches).buffered(CONCURRENT).try_concat().await
    }

    async fn partition(&self, database: &str, table: &str, values: &[String]) -> Result<Partition> {
        let (database, table) = (&name::fold(database), &name::fold(table));
        let builder = self.client.get_partition().database_name(database).table_name(table);
        let builder = builder.set_partition_values(Some(values.to_vec()));
        let body = json!({ "DatabaseName": database, "TableName": table, "PartitionValues": values });
        let what = format!("partition ({}) of {}", values.join(", "), of_table(database, table));
        let answer: PartitionAnswer = call!(About::Partition, what, builder, body)?;
        Ok(answer.partition)
    }

    async fn partitions(
        &self,
        database: &str,
        table: &str,
        filter: Option<&PartitionFilter>,
        request: PageRequest,
    ) -> Result<Page<Partition>> {
        let (database, table) = (&name::fold(database), &name::fold(table));
        let Some(filter) = filter else {
            let answer = self.partitions_page(database, table, None, &request).await?;
            return Ok(page(answer.partitions, answer.next_token));
        };
        let definition = Catalog::table(self, database, table).await?;
        let predicate = Predicate::new(&definition, filter)?;
        let expression = expression::print(&definition, filter);
        let answer = match self.partitions_page(database, table, expression.as_deref(), &request).await {
            // Glue's parser refuses keys that are its reserved words, and values that are not of their key's type.
            Err(error) if expression.is_some() && error.kind() == ErrorKind::InvalidInput => {
                tracing::warn!(database, table, %error, "glue refuses the filter; its partitions are filtered here");
                self.partitions_page(database, table, None, &request).await?
            }
            answer => answer?,
        };
        let types = key::types(&definition);
        let mut passing = Vec::with_capacity(answer.partitions.len());
        for partition in answer.partitions {
            let key = Key::of(&definition, &types, &partition)
                .map_err(|error| Error::bad_data(error.message()).within(of_table(database, table)))?;
            if predicate.matches(&partition.values, &key.values) == Some(true) {
                passing.push(partition);
            }
        }
        Ok(page(passing, answer.next_token))
    }
}
