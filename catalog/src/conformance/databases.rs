//! Databases.

use super::{Expect, all_pages, fails, named, partition, with_table};
use crate::catalog::{Catalog, PageRequest};
use crate::error::{ErrorKind, Result};
use crate::table::Database;

pub(super) async fn lifecycle(catalog: &dyn Catalog) -> Result<()> {
    fails(catalog.database("conf_life").await, ErrorKind::DatabaseNotFound);
    fails(catalog.update_database("conf_life", named("conf_life")).await, ErrorKind::DatabaseNotFound);
    fails(catalog.delete_database("conf_life").await, ErrorKind::DatabaseNotFound);
    fails(catalog.create_database(named("")).await, ErrorKind::InvalidInput);
    catalog.create_database(named("conf_life")).await?;
    fails(catalog.create_database(named("conf_life")).await, ErrorKind::AlreadyExists);
    let made = catalog.database("conf_life").await?;
    assert!(made.create_time.is_some_and(|time| time > 1.6e9), "creation has a time: {made:?}");
    let changed = Database {
        description: Some("what it is for: «ä»".to_owned()),
        location_uri: Some("s3://bucket/life/".to_owned()),
        parameters: Some([("k".to_owned(), "v".to_owned())].into()),
        ..named("conf_life")
    };
    catalog.update_database("conf_life", changed.clone()).await?;
    let found = catalog.database("conf_life").await?;
    assert_eq!(
        (found.description, found.location_uri, found.parameters),
        (changed.description, changed.location_uri, changed.parameters)
    );
    catalog.delete_database("conf_life").await?;
    fails(catalog.database("conf_life").await, ErrorKind::DatabaseNotFound);
    Ok(())
}

pub(super) async fn listing(catalog: &dyn Catalog, expect: Expect) -> Result<()> {
    let names = ["conf_list_b", "conf_list_a", "conf_list_c"];
    for name in names {
        catalog.create_database(named(name)).await?;
    }
    let (items, sizes) = all_pages!(2, |page| catalog.databases(page));
    let mut found: Vec<_> = items.into_iter().map(|d| d.name).filter(|name| name.starts_with("conf_list_")).collect();
    if !expect.sorted {
        found.sort_unstable();
    }
    assert_eq!(found, ["conf_list_a", "conf_list_b", "conf_list_c"]);
    if expect.pages {
        assert!(sizes.iter().all(|size| (1..=2).contains(size)), "pages of 2: {sizes:?}");
    }
    fails(catalog.databases(PageRequest { limit: Some(0), token: None }).await, ErrorKind::InvalidInput);
    for name in names {
        catalog.delete_database(name).await?;
    }
    Ok(())
}

pub(super) async fn deletion_takes_everything(catalog: &dyn Catalog) -> Result<()> {
    with_table(catalog, "conf_gone", &[("k", "string")]).await?;
    catalog.create_partitions("conf_gone", "t", vec![partition(&["1"])]).await?;
    catalog.delete_database("conf_gone").await?;
    fails(catalog.table("conf_gone", "t").await, ErrorKind::DatabaseNotFound);
    with_table(catalog, "conf_gone", &[("k", "string")]).await?;
    let left = catalog.partitions("conf_gone", "t", None, PageRequest::default()).await?;
    assert!(left.items.is_empty(), "partitions outlived their table: {left:?}");
    catalog.delete_database("conf_gone").await
}
