//! SHOW DATABASES, TABLES, VIEWS, PARTITIONS and TBLPROPERTIES.

use std::sync::Arc;

use catalog::table::Table;
use catalog::{Catalog, Error, Result};
use futures::TryStreamExt as _;

use super::like::Like;
use super::name::Name;
use super::{Rows, database, page, table};
use catalog::partition_name::partition_name;

pub(super) fn databases(catalog: &Arc<dyn Catalog>, like: Option<&str>) -> Result<Rows> {
    let like = Like::new(like)?;
    let names = page::databases(catalog).map_ok(move |databases| {
        databases.into_iter().map(|database| database.name).filter(|name| like.matches(name)).map(|name| [name]).collect()
    });
    Ok(Rows::stream(&["database_name"], "string", names))
}

/// Views are among them, as in Athena.
pub(super) async fn tables(catalog: &Arc<dyn Catalog>, database: String, like: Option<&str>) -> Result<Rows> {
    table_names(catalog, database, like, "tab_name", "string", |_| true).await
}

pub(super) async fn views(catalog: &Arc<dyn Catalog>, database: String, like: Option<&str>) -> Result<Rows> {
    table_names(catalog, database, like, "views", "varchar", Table::is_view).await
}

async fn table_names(
    catalog: &Arc<dyn Catalog>,
    database: String,
    like: Option<&str>,
    column: &'static str,
    r#type: &'static str,
    wanted: fn(&Table) -> bool,
) -> Result<Rows> {
    let (like, database) = (Like::new(like)?, database::exists(catalog, database).await?);
    let names = page::tables(catalog, database).map_ok(move |tables| {
        tables.into_iter().filter(|table| wanted(table) && like.matches(&table.name)).map(|table| [table.name]).collect()
    });
    Ok(Rows::stream(&[column], r#type, names))
}

/// `k=v/k2=v2`, ordered by the values.
pub(super) async fn partitions(catalog: &Arc<dyn Catalog>, name: &Name) -> Result<Rows> {
    let keys = table::partitioned(catalog, name).await?.partition_keys.unwrap_or_default();
    let names = page::partitions(catalog, name, None)
        .map_ok(move |partitions| partitions.iter().map(|partition| [partition_name(&keys, &partition.values)]).collect());
    Ok(Rows::stream(&["partition"], "string", names))
}

pub(super) async fn table_properties(catalog: &Arc<dyn Catalog>, name: &Name, property: Option<&str>) -> Result<Rows> {
    let parameters = catalog.table(&name.database, &name.name).await?.parameters.unwrap_or_default();
    let columns = ["prpt_name", "prpt_value"];
    match property {
        None => Ok(Rows::cells(&columns, "string", parameters.into_iter().map(|(key, value)| [key, value]))),
        Some(property) => match parameters.get(property) {
            Some(value) => Ok(Rows::cells(&columns, "string", [[property.to_owned(), value.clone()]])),
            None => {
                Err(Error::invalid(format!("table '{name}' has no property '{property}'; SHOW TBLPROPERTIES lists those it has")))
            }
        },
    }
}
