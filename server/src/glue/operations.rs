//! The operations there are, and who answers each.

use serde_json::Value;

use super::error::Outcome;
use super::request::read;
use super::{
    Glue, catalogs, classifiers, connections, crawlers, databases, functions, history, indexes, partitions, policies, schedules,
    search, security, statistics, tables, tags, triggers, versions,
};

macro_rules! operations {
    ($($name:literal: $handler:path;)*) => {
        /// Their names.
        #[cfg(test)]
        pub(super) const OPERATIONS: &[&str] = &[$($name),*];

        /// Reads the request as what its handler takes, and answers it. `None` for an operation that is not there.
        pub(super) async fn call(glue: Glue<'_>, operation: &str, body: Value) -> Option<Outcome> {
            // Boxed, because the state of all of them together would be as large as the largest in every request.
            let outcome = match operation {
                $($name => match read(body) {
                    Ok(request) => Box::pin($handler(glue, request)).await,
                    Err(refusal) => Err(refusal),
                },)*
                _ => return None,
            };
            Some(outcome)
        }
    };
}

operations! {
    "CreateDatabase": databases::create;
    "GetDatabase": databases::get;
    "GetDatabases": databases::list;
    "UpdateDatabase": databases::update;
    "DeleteDatabase": databases::delete;

    "CreateTable": tables::create;
    "GetTable": tables::get;
    "GetTables": tables::list;
    "UpdateTable": tables::update;
    "DeleteTable": tables::delete;
    "BatchDeleteTable": tables::delete_many;
    "SearchTables": search::search;

    "GetTableVersion": versions::get;
    "GetTableVersions": versions::list;
    "DeleteTableVersion": versions::delete;
    "BatchDeleteTableVersion": versions::delete_many;

    "CreatePartition": partitions::create;
    "GetPartition": partitions::get;
    "GetPartitions": partitions::list;
    "UpdatePartition": partitions::update;
    "DeletePartition": partitions::delete;
    "BatchCreatePartition": partitions::create_many;
    "BatchUpdatePartition": partitions::update_many;
    "BatchDeletePartition": partitions::delete_many;
    "BatchGetPartition": partitions::get_many;

    "CreateCrawler": crawlers::create;
    "GetCrawler": crawlers::get;
    "GetCrawlers": crawlers::list;
    "BatchGetCrawlers": crawlers::get_many;
    "ListCrawlers": crawlers::names;
    "UpdateCrawler": crawlers::update;
    "DeleteCrawler": crawlers::delete;
    "StartCrawler": crawlers::start;
    "StopCrawler": crawlers::stop;
    "GetCrawlerMetrics": crawlers::metrics;
    "ListCrawls": history::list;
    "UpdateCrawlerSchedule": schedules::update;
    "StartCrawlerSchedule": schedules::start;
    "StopCrawlerSchedule": schedules::stop;

    "CreateClassifier": classifiers::create;
    "GetClassifier": classifiers::get;
    "GetClassifiers": classifiers::list;
    "UpdateClassifier": classifiers::update;
    "DeleteClassifier": classifiers::delete;

    "TagResource": tags::tag;
    "UntagResource": tags::untag;
    "GetTags": tags::get;

    "GetColumnStatisticsForTable": statistics::get;
    "UpdateColumnStatisticsForTable": statistics::update;
    "DeleteColumnStatisticsForTable": statistics::delete;
    "GetColumnStatisticsForPartition": statistics::get;
    "UpdateColumnStatisticsForPartition": statistics::update;
    "DeleteColumnStatisticsForPartition": statistics::delete;

    "CreateUserDefinedFunction": functions::create;
    "GetUserDefinedFunction": functions::get;
    "GetUserDefinedFunctions": functions::list;
    "UpdateUserDefinedFunction": functions::update;
    "DeleteUserDefinedFunction": functions::delete;

    "CreatePartitionIndex": indexes::create;
    "GetPartitionIndexes": indexes::list;
    "DeletePartitionIndex": indexes::delete;

    "CreateConnection": connections::create;
    "GetConnection": connections::get;
    "GetConnections": connections::list;
    "UpdateConnection": connections::update;
    "DeleteConnection": connections::delete;
    "BatchDeleteConnection": connections::delete_many;
    "TestConnection": connections::test;

    "CreateCatalog": catalogs::create;
    "GetCatalog": catalogs::get;
    "GetCatalogs": catalogs::list;
    "UpdateCatalog": catalogs::update;
    "DeleteCatalog": catalogs::delete;
    "GetCatalogImportStatus": catalogs::import_status;

    "GetDataCatalogEncryptionSettings": security::get_encryption;
    "PutDataCatalogEncryptionSettings": security::put_encryption;
    "CreateSecurityConfiguration": security::create;
    "GetSecurityConfiguration": security::get;
    "GetSecurityConfigurations": security::list;
    "DeleteSecurityConfiguration": security::delete;

    "CreateTrigger": triggers::create;
    "GetTrigger": triggers::get;
    "GetTriggers": triggers::list;
    "BatchGetTriggers": triggers::get_many;
    "ListTriggers": triggers::names;
    "UpdateTrigger": triggers::update;
    "DeleteTrigger": triggers::delete;
    "StartTrigger": triggers::start;
    "StopTrigger": triggers::stop;

    "PutResourcePolicy": policies::put;
    "GetResourcePolicy": policies::get;
    "GetResourcePolicies": policies::list;
    "DeleteResourcePolicy": policies::delete;
}
