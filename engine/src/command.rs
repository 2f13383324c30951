//! Statements that are not queries: SHOW, DESCRIBE, USE and the definitions (CREATE, ALTER, DROP, MSCK REPAIR), run over a catalog
//! and a storage. Together with the crawler this is all that changes a catalog.
//!
//! What is printed is what Athena prints: Hive's text forms, padding included.

mod alter;
mod database;
mod describe;
mod hive_text;
mod like;
pub(crate) mod name;
mod page;
mod partition;
mod repair;
mod rows;
mod show;
mod show_create;
mod table;
mod view;

use std::sync::Arc;

use catalog::storage::Storage;
use catalog::{Catalog, Error, Result};
use datafusion::sql::sqlparser::ast::Query;
use futures::future::BoxFuture;
use sql::Statement;

pub use rows::{Column, Rows};

use crate::types::Type;

/// Says the names and types of a query's output columns without running it; a view keeps them.
pub type DescribeQuery<'a> = dyn Fn(Box<Query>) -> BoxFuture<'a, Result<Vec<(String, Type)>>> + Send + Sync + 'a;

/// What a command works on.
pub struct Context<'a> {
    pub catalog: &'a Arc<dyn Catalog>,
    pub storage: &'a Storage,
    /// The session's database: what names without a database are in. `USE` changes it.
    pub database: &'a mut String,
    pub describe_query: &'a DescribeQuery<'a>,
}

/// Runs one statement that is neither a query nor an `EXPLAIN`; those are the planner's, and `Internal` here.
///
/// Errors: those of [`Catalog`] and [`Storage`], and `InvalidInput` for definitions that cannot be right. A statement that fails
/// has changed nothing, except where a catalog refused some of many partitions; the error then names them.
pub async fn run(context: Context<'_>, statement: Statement) -> Result<Rows> {
    let Context { catalog, storage, database, describe_query } = context;
    let reads = sql::tables(&statement);
    match statement {
        Statement::Query(_) | Statement::Explain { .. } => {
            Err(Error::internal(format!("{} is not a command; it is planned", statement.kind())))
        }
        Statement::Prepare { .. }
        | Statement::Execute { .. }
        | Statement::Deallocate { .. }
        | Statement::DescribeInput { .. }
        | Statement::DescribeOutput { .. }
        | Statement::SetSession { .. }
        | Statement::ShowSession { .. }
        | Statement::ShowFunctions { .. }
        | Statement::Show(_)
        | Statement::Transaction(_)
        | Statement::KillQuery { .. }
        | Statement::ShowCatalogs { .. } => {
            Err(Error::not_supported(format!("{} belongs to a session of an engine", statement.kind())))
        }
        Statement::ShowDatabases { like } => show::databases(catalog, like.as_deref()),
        Statement::ShowTables { database: of, like } => {
            show::tables(catalog, name::database(of, database)?, like.as_deref()).await
        }
        Statement::ShowViews { database: of, like } => show::views(catalog, name::database(of, database)?, like.as_deref()).await,
        Statement::ShowColumns { table } => describe::columns(catalog, &name::table(table, database)?).await,
        Statement::ShowPartitions { table } => show::partitions(catalog, &name::table(table, database)?).await,
        Statement::ShowTableProperties { table, property } => {
            show::table_properties(catalog, &name::table(table, database)?, property.as_deref()).await
        }
        Statement::ShowCreateTable { table } => show_create::table(catalog, &name::table(table, database)?).await,
        Statement::ShowCreateView { view } => show_create::view(catalog, &name::table(view, database)?).await,
        Statement::Describe { table, style, partition, column } => {
            let what = describe::What { style, partition, column };
            describe::table(catalog, &name::table(table, database)?, what).await
        }
        Statement::Use { database: to } => {
            *database = database::exists(catalog, name::database(Some(to), database)?).await?;
            Ok(Rows::none())
        }
        Statement::CreateDatabase { catalog: of, database: new, if_not_exists } => {
            name::known_catalog(of.as_deref())?;
            database::create(catalog, new, if_not_exists).await
        }
        Statement::DropDatabase { database: of, if_exists, cascade } => {
            database::drop(catalog, name::database(Some(of), database)?, if_exists, cascade).await
        }
        Statement::AlterDatabase { database: of, properties } => {
            database::set_properties(catalog, name::database(Some(of), database)?, properties).await
        }
        Statement::CreateTable { catalog: of, table, if_not_exists } => {
            name::known_catalog(of.as_deref())?;
            table::create((catalog, storage), *table, database, if_not_exists).await
        }
        Statement::DropTable { table, if_exists } => table::drop(catalog, &name::table(table, database)?, if_exists).await,
        Statement::AlterTable { table, action } => alter::run(catalog, &name::table(table, database)?, action).await,
        Statement::RepairTable { table } => repair::run(catalog, storage, &name::table(table, database)?).await,
        Statement::CreateView { view, or_replace, comment, run_as_invoker, text, query } => {
            let view = name::table(view, database)?;
            view::refuse_recursion(&view, &reads, database)?;
            let columns = describe_query(query).await?;
            let definition = view::Definition { text, comment, run_as_invoker, columns, database: database.clone() };
            view::create(catalog, &view, definition, or_replace).await
        }
        Statement::DropView { view, if_exists } => view::drop(catalog, &name::table(view, database)?, if_exists).await,
    }
}

#[cfg(test)]
mod tests;
