//! CREATE, ALTER and DROP DATABASE.

use std::sync::Arc;

use catalog::storage::Location;
use catalog::table::{Database, Parameters};
use catalog::{Catalog, Error, ErrorKind, PageRequest, Result};

use super::Rows;

/// The name itself, if there is such a database.
pub(super) async fn exists(catalog: &Arc<dyn Catalog>, name: String) -> Result<String> {
    catalog.database(&name).await?;
    Ok(name)
}

pub(super) async fn create(catalog: &Arc<dyn Catalog>, database: Database, if_not_exists: bool) -> Result<Rows> {
    if let Some(location) = &database.location_uri {
        Location::parse(location)?;
    }
    match catalog.create_database(database).await {
        Err(error) if if_not_exists && error.kind() == ErrorKind::AlreadyExists => Ok(Rows::none()),
        done => done.map(|()| Rows::none()),
    }
}

/// A catalog deletes a database with all that is in it, as Glue does; SQL does so only when it is told to.
pub(super) async fn drop(catalog: &Arc<dyn Catalog>, name: String, if_exists: bool, cascade: bool) -> Result<Rows> {
    match catalog.database(&name).await {
        Err(error) if if_exists && error.kind() == ErrorKind::DatabaseNotFound => return Ok(Rows::none()),
        found => found?,
    };
    if !cascade {
        let first = catalog.tables(&name, None, PageRequest { limit: Some(1), token: None }).await?;
        if let Some(table) = first.items.first() {
            let message =
                format!("database '{name}' is not empty: '{}' is in it; drop its tables first or say CASCADE", table.name);
            return Err(Error::invalid(message));
        }
    }
    catalog.delete_database(&name).await?;
    Ok(Rows::none())
}

pub(super) async fn set_properties(catalog: &Arc<dyn Catalog>, name: String, properties: Parameters) -> Result<Rows> {
    let mut database = catalog.database(&name).await?;
    database.parameters.get_or_insert_default().extend(properties);
    catalog.update_database(&name, database).await?;
    Ok(Rows::none())
}
