//! Tables and their versions.

use serde_json::json;

use super::{Expect, all_pages, fails, named, table, with_table};
use crate::catalog::{Catalog, PageRequest, UpdateTable};
use crate::error::{Error, ErrorKind, Result};
use crate::table::Table;

pub(super) async fn lifecycle(catalog: &dyn Catalog) -> Result<()> {
    fails(catalog.create_table(table("conf_tables", "t", &[])).await, ErrorKind::DatabaseNotFound);
    fails(catalog.table("conf_tables", "t").await, ErrorKind::DatabaseNotFound);
    fails(catalog.tables("conf_tables", None, PageRequest::default()).await, ErrorKind::DatabaseNotFound);
    catalog.create_database(named("conf_tables")).await?;
    fails(catalog.table("conf_tables", "t").await, ErrorKind::TableNotFound);
    fails(catalog.update_table(table("conf_tables", "t", &[]), UpdateTable::default()).await, ErrorKind::TableNotFound);
    fails(catalog.delete_table("conf_tables", "t").await, ErrorKind::TableNotFound);
    fails(catalog.create_table(table("conf_tables", "", &[])).await, ErrorKind::InvalidInput);
    catalog.create_table(table("conf_tables", "t", &[])).await?;
    fails(catalog.create_table(table("conf_tables", "t", &[])).await, ErrorKind::AlreadyExists);
    let made = catalog.table("conf_tables", "t").await?;
    assert!(made.create_time.is_some_and(|time| time > 1.6e9), "creation has a time: {made:?}");
    let changed = Table { description: Some("new".to_owned()), ..table("conf_tables", "t", &[]) };
    catalog.update_table(changed, UpdateTable::default()).await?;
    let found = catalog.table("conf_tables", "t").await?;
    assert_eq!((found.description.as_deref(), found.create_time), (Some("new"), made.create_time));
    catalog.delete_table("conf_tables", "t").await?;
    fails(catalog.table("conf_tables", "t").await, ErrorKind::TableNotFound);
    catalog.delete_database("conf_tables").await
}

/// What a client puts in it gets back, members that Civetta does not know included, and no others: clients post back what they read.
pub(super) async fn every_member_comes_back(catalog: &dyn Catalog) -> Result<()> {
    catalog.create_database(named("conf_members")).await?;
    let given = json!({
        "Name": "t", "DatabaseName": "conf_members", "Description": "d", "Owner": "owner", "Retention": 0,
        "StorageDescriptor": {
            "Columns": [
                { "Name": "a", "Type": "int", "Comment": "«first»" },
                { "Name": "adj close", "Type": "double", "Parameters": { "iceberg.field.id": "2" } },
                { "Name": "untyped" }
            ],
            "Location": "s3://bucket/odd key+%20ä/",
            "AdditionalLocations": ["s3://bucket/more/"],
            "Compressed": true,
            "BucketColumns": ["a"], "NumberOfBuckets": 4,
            "SortColumns": [{ "Column": "a", "SortOrder": 1 }],
            "SerdeInfo": { "Name": "s", "SerializationLibrary": "lib", "Parameters": { "field.delim": "\t" } },
            "SkewedInfo": { "SkewedColumnNames": ["a"], "SkewedColumnValues": ["1"], "SkewedColumnValueLocationMaps": { "1": "x" } },
            "StoredAsSubDirectories": false
        },
        "PartitionKeys": [{ "Name": "day", "Type": "date", "Comment": "c" }],
        "ViewOriginalText": "/* Presto View: e30= */", "ViewExpandedText": "/* Presto View */",
        "TableType": "VIRTUAL_VIEW",
        "Parameters": { "presto_view": "true", "comment": "Presto View" },
        "TargetTable": { "CatalogId": "1", "DatabaseName": "other", "Name": "x" }
    });
    let read = |value| serde_json::from_value::<Table>(value).map_err(|error| Error::internal(error.to_string()));
    catalog.create_table(read(given.clone())?).await?;
    let mut found = catalog.table("conf_members", "t").await?;
    found.create_time = None;
    found.update_time = None;
    found.created_by = None;
    found.version_id = None;
    for of_glue in ["CatalogId", "IsRegisteredWithLakeFormation"] {
        found.other.remove(of_glue);
    }
    assert_eq!(found, read(given)?);
    catalog.delete_database("conf_members").await
}

pub(super) async fn listing(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    catalog.create_database(named("conf_names")).await?;
    for name in ["orders_2024", "users", "orders_2023"] {
        catalog.create_table(table("conf_names", name, &[])).await?;
    }
    let (items, sizes) = all_pages!(2, |page| catalog.tables("conf_names", None, page));
    let mut found: Vec<_> = items.into_iter().map(|table| table.name).collect();
    if !expect.sorted {
        found.sort_unstable();
    }
    assert_eq!(found, ["orders_2023", "orders_2024", "users"]);
    if expect.pages {
        assert_eq!(sizes, [2, 1]);
    }
    if expect.table_expressions {
        for (expression, names) in [("orders_.*", &["orders_2023", "orders_2024"][..]), ("orders", &[]), (".*s|x", &["users"])] {
            let (items, _) = all_pages!(1, |page| catalog.tables("conf_names", Some(expression), page));
            assert_eq!(items.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), names, "{expression}");
        }
        fails(catalog.tables("conf_names", Some("("), PageRequest::default()).await, ErrorKind::InvalidInput);
    }
    catalog.delete_database("conf_names").await
}

pub(super) async fn versions(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    with_table(catalog, "conf_versions", &[]).await?;
    let first = catalog.table("conf_versions", "t").await?.version_id.unwrap_or_default();
    let described = |text: &str| Table { description: Some(text.to_owned()), ..table("conf_versions", "t", &[]) };
    catalog.update_table(described("archived"), UpdateTable::default()).await?;
    let (versions, _) = all_pages!(1, |page| catalog.table_versions("conf_versions", "t", page));
    assert_eq!(versions.len(), 2, "the replaced definition is kept");
    let old = catalog.table_version("conf_versions", "t", &first).await?;
    assert_eq!((old.version_id, old.table.description), (first.clone(), None));
    fails(catalog.table_version("conf_versions", "t", "77").await, ErrorKind::EntityNotFound);
    if expect.versions {
        assert_eq!(first, "0");
        let skip = UpdateTable { skip_archive: true, ..UpdateTable::default() };
        catalog.update_table(described("not archived"), skip).await?;
        let (versions, sizes) = all_pages!(1, |page| catalog.table_versions("conf_versions", "t", page));
        let ids: Vec<_> = versions.iter().map(|version| version.version_id.as_str()).collect();
        assert_eq!((ids.as_slice(), sizes.as_slice()), (&["2", "0"][..], &[1, 1][..]), "newest first, version 1 was not kept");
        fails(catalog.delete_table_version("conf_versions", "t", "2").await, ErrorKind::InvalidInput);
        fails(catalog.delete_table_version("conf_versions", "t", "1").await, ErrorKind::EntityNotFound);
        fails(catalog.table_version("conf_versions", "t", "two").await, ErrorKind::InvalidInput);
    }
    catalog.delete_table_version("conf_versions", "t", &first).await?;
    fails(catalog.table_version("conf_versions", "t", &first).await, ErrorKind::EntityNotFound);
    catalog.delete_database("conf_versions").await
}

/// The optimistic lock that Iceberg's clients commit with.
pub(super) async fn conflicts(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    if !expect.versions {
        return Ok(());
    }
    with_table(catalog, "conf_conflicts", &[]).await?;
    let at = |version: &str| UpdateTable { expected_version: Some(version.to_owned()), skip_archive: true };
    let change = || table("conf_conflicts", "t", &[]);
    let (a, b) = futures::join!(catalog.update_table(change(), at("0")), catalog.update_table(change(), at("0")));
    assert_ne!(a.is_ok(), b.is_ok(), "of two writers that expect one version exactly one wins");
    fails(a.and(b), ErrorKind::Conflict);
    fails(catalog.update_table(change(), at("7")).await, ErrorKind::Conflict);
    catalog.update_table(change(), at("1")).await?;
    assert_eq!(catalog.table("conf_conflicts", "t").await?.version_id.as_deref(), Some("2"));
    catalog.delete_database("conf_conflicts").await
}

pub(super) async fn names(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    catalog.create_database(named("Conf_Case")).await?;
    catalog.create_table(table("CONF_CASE", "Mixed_Table", &[])).await?;
    let found = catalog.table("conf_Case", "MIXED_table").await?;
    assert_eq!((found.database_name.as_str(), found.name.as_str()), ("conf_case", "mixed_table"));
    fails(catalog.create_table(table("conf_case", "MIXED_TABLE", &[])).await, ErrorKind::AlreadyExists);
    if expect.folds_names {
        // Glue stores names that are no identifiers.
        let odd = "names with spaces, dots. and ünïcode";
        catalog.create_table(table("conf_case", &odd.to_uppercase(), &[])).await?;
        assert_eq!(catalog.table("conf_case", odd).await?.name, odd);
    }
    catalog.delete_database("CONF_CASE").await?;
    fails(catalog.database("conf_case").await, ErrorKind::DatabaseNotFound);
    Ok(())
}
