//! `\l` and `\d`: what the catalog holds, for people. Programs ask with SHOW and DESCRIBE.

use std::io::Write;

use catalog::table::{Column, Database, Table};
use catalog::{Catalog, Error, ErrorKind, PageRequest, Result};

use crate::print::{Cell, Style, listing};

/// The databases with what is said of them.
pub(crate) async fn databases(catalog: &dyn Catalog, style: Style) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    let mut page = PageRequest::default();
    loop {
        let answer = catalog.databases(page).await?;
        rows.extend(
            answer
                .items
                .into_iter()
                .map(|Database { name, description, location_uri, .. }| vec![Some(name), description, location_uri]),
        );
        match answer.next {
            Some(token) => page = PageRequest { limit: None, token: Some(token) },
            None => return Ok(listing(&[("database", false), ("description", false), ("location", false)], blanks(rows), style)),
        }
    }
}

/// `\d`: the tables of `current`. `\d NAME`: a table, or else a database.
pub(crate) async fn named(catalog: &dyn Catalog, current: &str, name: Option<&str>, style: Style) -> Result<Vec<u8>> {
    let Some(name) = name else { return tables(catalog, current, style).await };
    let parts: Vec<String> = name.split('.').map(|part| part.trim_matches(['"', '`']).to_lowercase()).collect();
    let (database, table) = match parts.as_slice() {
        [table] => (current, table.as_str()),
        [database, table] => (database.as_str(), table.as_str()),
        _ => return Err(Error::invalid(format!("\\d expects TABLE or DATABASE.TABLE, got '{name}'"))),
    };
    match catalog.table(database, table).await {
        Ok(table) => Ok(one(&table, style)),
        Err(error) if error.kind() == ErrorKind::TableNotFound && parts.len() == 1 => match catalog.database(table).await {
            Ok(database) => tables(catalog, &database.name, style).await,
            Err(_) => Err(error),
        },
        Err(error) => Err(error),
    }
}

async fn tables(catalog: &dyn Catalog, database: &str, style: Style) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    let mut page = PageRequest::default();
    loop {
        let answer = catalog.tables(database, None, page).await?;
        rows.extend(answer.items.iter().map(summary));
        match answer.next {
            Some(token) => page = PageRequest { limit: None, token: Some(token) },
            None => break,
        }
    }
    if rows.is_empty() {
        return Ok(format!("no tables in database '{database}'; make some with: civetta crawl TARGET\n").into_bytes());
    }
    let heads = [("table", false), ("format", false), ("columns", true), ("partitioned by", false), ("location", false)];
    Ok(listing(&heads, blanks(rows), style))
}

fn summary(table: &Table) -> Vec<Cell> {
    let keys: Vec<_> = table.partition_keys().iter().map(|key| key.name.as_str()).collect();
    let location = table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.clone());
    vec![Some(table.name.clone()), Some(format(table)), Some(table.columns().len().to_string()), Some(keys.join(", ")), location]
}

fn format(table: &Table) -> String {
    if table.is_view() { "view".to_owned() } else { table.parameter("classification").unwrap_or_default().to_owned() }
}

fn one(table: &Table, style: Style) -> Vec<u8> {
    let row = |column: &Column, kind: &str| {
        vec![Some(column.name.clone()), Some(column.hive_type().to_owned()), Some(kind.to_owned()), column.comment.clone()]
    };
    let columns = table.columns().iter().map(|column| row(column, ""));
    let rows = columns.chain(table.partition_keys().iter().map(|key| row(key, "partition key"))).collect();
    let mut text = listing(&[("column", false), ("type", false), ("", false), ("comment", false)], blanks(rows), style);
    let location = table.storage_descriptor.as_ref().and_then(|descriptor| descriptor.location.as_deref());
    let facts = [
        ("format", Some(format(table)).filter(|format| !format.is_empty())),
        ("location", location.map(str::to_owned)),
        ("objects", table.parameter("objectCount").map(str::to_owned)),
        ("records", table.parameter("recordCount").map(str::to_owned)),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            // Writing to memory cannot fail.
            let _ = writeln!(text, "{name}: {fact}");
        }
    }
    text
}

/// In a listing what is absent is blank; NULL is for values.
fn blanks(rows: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    rows.into_iter().map(|row| row.into_iter().map(|cell| Some(cell.unwrap_or_default())).collect()).collect()
}
