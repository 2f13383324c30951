//! What Trino's SHOW and DESCRIBE list, in its columns ("SHOW TABLES", "SHOW COLUMNS", …): of the catalog that has the data, and of
//! `system`.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, StringViewArray};
use arrow::datatypes::DataType;
use catalog::table::Table;
use catalog::{Error, ErrorKind, Result};
use futures::TryStreamExt as _;
use sql::{DatabaseName, Listing, NamePattern, ObjectName, Statement};

use crate::command::Rows;
use crate::engine::{Answer, Engine, OutputColumn, Session};
use crate::information_schema::{self, columns_of, databases, tables};
use crate::plan::scope::{Catalog, FullName, Scope};
use crate::session_statement::matches;
use crate::system;

const TYPE: &str = "varchar";

/// Lists it.
pub(crate) async fn list(engine: &Engine, session: &mut Session, listing: Listing) -> Result<Answer> {
    let scope = Scope { catalog: session.catalog.clone(), database: session.database.clone(), decimal_literals: None };
    match listing {
        Listing::Schemas { catalog, like } => schemas(engine, &scope, catalog.as_deref(), like.as_ref()).await,
        Listing::Tables { schema, like } => {
            let (catalog, schema) = known_schema(engine, &scope, schema).await?;
            let names = table_names(engine, catalog, schema).await?;
            Ok(names_of("Table", names, like.as_ref()))
        }
        Listing::Columns { table, like } => columns(engine, &scope, &table, like.as_ref()).await,
        Listing::Stats { table } => stats(engine, &scope.full(&table)?).await,
        Listing::CreateSchema { schema } => create_schema(engine, &scope, schema).await,
        Listing::CreateTable { table } => {
            let table = in_the_lake(&scope, table)?;
            text(engine, session, "Create Table", Statement::ShowCreateTable { table }).await
        }
        Listing::CreateView { view } => {
            let view = in_the_lake(&scope, view)?;
            text(engine, session, "Create View", Statement::ShowCreateView { view }).await
        }
    }
}

fn names_of(title: &'static str, mut names: Vec<String>, like: Option<&NamePattern>) -> Answer {
    names.sort_unstable();
    names.dedup();
    Rows::cells(&[title], TYPE, names.into_iter().filter(|name| matches(name, like)).map(|name| [name])).into()
}

async fn schemas(engine: &Engine, scope: &Scope, catalog: Option<&str>, like: Option<&NamePattern>) -> Result<Answer> {
    let names = match Catalog::known(catalog.unwrap_or(&scope.catalog))? {
        Catalog::System => system::SCHEMAS.map(str::to_owned).to_vec(),
        Catalog::Lake => {
            let mut names: Vec<String> = databases(engine.catalog(), None).try_concat().await?;
            names.push(information_schema::NAME.to_owned());
            names
        }
    };
    Ok(names_of("Schema", names, like))
}

fn no_schema(name: &str) -> Error {
    Error::new(ErrorKind::DatabaseNotFound, format!("schema '{name}' does not exist"))
}

/// The schema that is named, or the session's, which there is.
async fn known_schema(engine: &Engine, scope: &Scope, schema: Option<DatabaseName>) -> Result<(Catalog, String)> {
    let (catalog, schema) = match schema {
        Some(DatabaseName { catalog, name }) => (Catalog::known(catalog.as_deref().unwrap_or(&scope.catalog))?, name),
        None => (Catalog::known(&scope.catalog)?, scope.database.clone()),
    };
    let known = match catalog {
        Catalog::System => system::SCHEMAS.contains(&schema.as_str()),
        Catalog::Lake => {
            schema == information_schema::NAME
                || !databases(engine.catalog(), Some([schema.clone()].into())).try_concat().await?.is_empty()
        }
    };
    if known { Ok((catalog, schema)) } else { Err(no_schema(&schema)) }
}

async fn table_names(engine: &Engine, catalog: Catalog, schema: String) -> Result<Vec<String>> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Ok(match catalog {
        Catalog::System => owned(&system::tables(&schema)),
        Catalog::Lake if schema == information_schema::NAME => owned(&information_schema::TABLES),
        Catalog::Lake => {
            let pages = tables(engine.catalog(), schema, None);
            pages.map_ok(|page| page.into_iter().map(|table| table.name).collect::<Vec<_>>()).try_concat().await?
        }
    })
}

async fn found(engine: &Engine, name: &FullName) -> Result<Table> {
    engine.catalog().table(&name.database, &name.table).await.map_err(|error| name.told(error))
}

async fn columns(engine: &Engine, scope: &Scope, table: &ObjectName, like: Option<&NamePattern>) -> Result<Answer> {
    let name = scope.full(table)?;
    let plain = |(name, r#type): (String, String)| [name, r#type, String::new(), String::new()];
    let rows: Vec<[String; 4]> = match name.catalog {
        Catalog::System => {
            let columns = system::columns(&name.database, &name.table).ok_or_else(|| name.missing())?;
            columns.into_iter().map(|(name, r#type)| plain((name.to_owned(), r#type))).collect()
        }
        Catalog::Lake if name.database == information_schema::NAME => {
            let columns = information_schema::own_columns(&name.table).ok_or_else(|| name.missing())?;
            columns.into_iter().map(plain).collect()
        }
        Catalog::Lake => columns_of(&found(engine, &name).await?)
            .into_iter()
            .map(|column| {
                let extra = column.extra().unwrap_or_default().to_owned();
                [column.name, column.r#type, extra, column.comment.unwrap_or_default()]
            })
            .collect(),
    };
    let titles = ["Column", "Type", "Extra", "Comment"];
    Ok(Rows::cells(&titles, TYPE, rows.into_iter().filter(|[name, ..]| matches(name, like))).into())
}

/// Nothing is known of columns; the number of rows is, where a crawler has counted or guessed it.
async fn stats(engine: &Engine, name: &FullName) -> Result<Answer> {
    if name.catalog == Catalog::System || name.database == information_schema::NAME {
        return Err(Error::not_supported(format!("SHOW STATS for '{name}'")));
    }
    let table = found(engine, name).await?;
    let names: Vec<Option<String>> = columns_of(&table).into_iter().map(|column| Some(column.name)).chain([None]).collect();
    let counted = table.parameters.as_ref().and_then(|all| all.get("recordCount")?.parse::<f64>().ok());
    let last = names.len() - 1;
    let numbers = |of: &dyn Fn(usize) -> Option<f64>| Arc::new((0..names.len()).map(of).collect::<Float64Array>()) as ArrayRef;
    let unknown = || numbers(&|_| None);
    let texts = || Arc::new(StringViewArray::new_null(names.len())) as ArrayRef;
    Answer::of(vec![
        ("column_name", Arc::new(names.iter().map(Option::as_deref).collect::<StringViewArray>())),
        ("data_size", unknown()),
        ("distinct_values_count", unknown()),
        ("nulls_fraction", unknown()),
        ("row_count", numbers(&|at| counted.filter(|_| at == last))),
        ("low_value", texts()),
        ("high_value", texts()),
    ])
}

async fn create_schema(engine: &Engine, scope: &Scope, schema: DatabaseName) -> Result<Answer> {
    let (catalog, schema) = known_schema(engine, scope, Some(schema)).await?;
    let mut text = format!("CREATE SCHEMA {}.{schema}", catalog.name());
    if catalog == Catalog::Lake && schema != information_schema::NAME {
        let database = engine.catalog().database(&schema).await?;
        if let Some(location) = database.location_uri.filter(|location| !location.is_empty()) {
            text.push_str(&format!("\nWITH (\n   location = '{}'\n)", location.replace('\'', "''")));
        }
    }
    Ok(Rows::cells(&["Create Schema"], TYPE, [[text]]).into())
}

/// The name in full, of a table that can be made by a statement.
fn in_the_lake(scope: &Scope, table: ObjectName) -> Result<ObjectName> {
    let name = scope.full(&table)?;
    match name.catalog {
        Catalog::System => Err(Error::not_supported(format!("'{name}' was not made by a statement"))),
        Catalog::Lake => {
            Ok(ObjectName { catalog: Some(name.catalog.name().to_owned()), database: Some(name.database), name: name.table })
        }
    }
}

/// The lines of a statement's answer as one text.
async fn text(engine: &Engine, session: &mut Session, title: &'static str, statement: Statement) -> Result<Answer> {
    let answer = engine.command(session, statement).await?;
    let batches: Vec<RecordBatch> = answer.rows.try_collect().await?;
    let lines = batches.iter().filter_map(|batch| batch.columns().first()?.as_string_opt::<i32>());
    let lines: Vec<&str> = lines.flat_map(|lines| lines.iter().flatten()).map(str::trim_end).collect();
    Ok(Rows::cells(&[title], TYPE, [[lines.join("\n")]]).into())
}

/// The rows of one text each as one row: Trino's EXPLAIN.
pub(crate) async fn joined(answer: Answer) -> Result<Answer> {
    let [OutputColumn { data_type: DataType::Utf8, name, .. }] = answer.columns.as_slice() else { return Ok(answer) };
    let name = name.clone();
    let batches: Vec<RecordBatch> = answer.rows.try_collect().await?;
    let lines = batches.iter().filter_map(|batch| batch.columns().first()?.as_string_opt::<i32>());
    let text = lines.flat_map(|lines| lines.iter().flatten()).collect::<Vec<_>>().join("\n");
    let joined = Answer::of(vec![(name.as_str(), Arc::new(StringViewArray::from_iter_values([text])) as ArrayRef)])?;
    Ok(Answer { scanned: answer.scanned, ..joined })
}
