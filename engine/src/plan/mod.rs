//! Names → tables → plan. The names of a statement are collected, exactly those tables are fetched, concurrently, views are
//! expanded until no new name appears, and only then the planner runs, with nothing left to look up.

mod as_of;
mod calls;
mod context;
pub(crate) mod decorrelate;
mod expand;
mod field_names;
mod files;
mod forms;
mod frame;
mod grouping;
pub(crate) mod inline;
mod json_table;
pub(crate) mod lambda_places;
pub(crate) mod length;
mod lower;
mod metadata;
mod named;
mod output;
pub(crate) mod pattern_windows;
mod pivot;
mod place;
mod predicates;
pub(crate) mod relation;
pub(crate) mod scope;
mod whole;
mod wide;
mod windows;

use std::collections::HashMap;
use std::sync::Arc;

use catalog::table::Table;
use catalog::{Error, ErrorKind, Result};
use datafusion::common::config::SqlParserOptions;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{LogicalPlan, ScalarUDF, TableSource};
use datafusion::sql::planner::{ParserOptions, SqlToRel};
use datafusion::sql::sqlparser::ast;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use sql::{Statement, TableReference, TableSource as Source};

use crate::error::from_datafusion;
use crate::information_schema;
use crate::lake_format::AsOf;
use crate::properties::Properties;
use crate::routine::{self, Routine};
use crate::scan::snapshot::Lake;
use crate::scan::{Hidden, LakeTable};
use crate::system;
use context::Context;
use forms::Aggregates;
pub(crate) use forms::{select_from, select_of};
pub(crate) use grouping::null;
pub(crate) use lower::{IS_DISTINCT, IS_NOT_DISTINCT, call};
use metadata::Metadata;
use named::Named;
pub(crate) use output::select_items;
pub(crate) use predicates::PERIOD_END;
use scope::{Catalog, FullName, Scope};
pub(crate) use whole::digits;

/// Views may refer to views this deep.
const MAX_VIEW_DEPTH: usize = 32;
/// Tables fetched at a time.
const CONCURRENT_TABLES: usize = 16;

/// A query, planned and analyzed (its types are the answer's), with the names of its columns as the user wrote them.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) logical: LogicalPlan,
    pub(crate) columns: Vec<String>,
}

/// Plans queries over one view of the lake.
pub(crate) struct Planner<'a> {
    pub(crate) lake: &'a Arc<Lake>,
    pub(crate) state: &'a SessionState,
    /// What has the functions.
    pub(crate) library: &'a SessionState,
    /// Whether `FROM 's3://…/*.json'` is allowed.
    pub(crate) locations: bool,
    /// The queries that `system.runtime.queries` shows.
    pub(crate) queries: Option<&'a system::Seen>,
}

/// What a query asks of its tables.
struct Asked {
    /// The hidden columns that it names.
    hidden: Vec<Hidden>,
    /// Whether it names the hidden columns of `information_schema`.
    told: bool,
    /// The states that `AS OF` means, by number.
    states: Vec<AsOf>,
    /// Whether there is more than one table.
    joined: bool,
    /// What says which columns it can mean, where not all.
    named: Option<Named>,
}

impl Planner<'_> {
    /// Plans `query`; names that say less than where they are are looked for in `scope`.
    pub(crate) async fn plan(&self, query: &ast::Query, scope: Scope) -> Result<Planned> {
        let logical = self.logical(query.clone(), scope, vec![]).await?;
        let options = self.state.config_options();
        let analyzed = self.state.analyzer().execute_and_check(logical, options, |_, _| {});
        let logical = analyzed.map_err(|error| place::called(from_datafusion(error), query))?;
        let logical = length::told(logical)?;
        let columns = output::names(query, &logical);
        Ok(Planned { logical, columns })
    }

    /// `within` are the views being expanded, outermost first.
    fn logical(&self, query: ast::Query, scope: Scope, within: Vec<FullName>) -> BoxFuture<'_, Result<LogicalPlan>> {
        async move {
            let written = query.clone();
            let mut query = output::hide_unnamed(query);
            let hidden = output::hidden_columns(&query);
            let told = output::mentions(&query, &information_schema::HIDDEN);
            let mut states = vec![];
            for version in as_of::taken(&mut query) {
                states.push(self.as_of(version, &written, &scope).await?);
            }
            let names = sql::tables(&Statement::Query(Box::new(query.clone())));
            let joined = names.len() > 1 || !within.is_empty();
            let asked = &Asked { hidden, told, states, joined, named: Named::of(&query) };
            let tables: HashMap<FullName, Arc<dyn TableSource>> = stream::iter(names)
                .map(|table| self.resolve(table, &scope, asked, within.clone()))
                .buffer_unordered(CONCURRENT_TABLES)
                .try_collect()
                .await?;
            let functions = inline::taken(&mut query)?;
            let mut context = Context::new((self.state, self.library), &scope, tables);
            for function in functions {
                let (called, made) = self.function(function, &context)?;
                context.functions.insert(called, made);
            }
            self.with_tables(query, &context).map_err(|error| place::called(error, &written))
        }
        .boxed()
    }

    /// Plans a query whose tables are there.
    fn with_tables(&self, mut query: ast::Query, context: &Context<'_>) -> Result<LogicalPlan> {
        expand::expanded(&mut query, &|probe| self.with_tables(probe, context))?;
        let mut query = forms::planned(query, &Aggregates(self.library.aggregate_functions()))?;
        let mut properties = Properties::of(self.state.config_options());
        properties.decimal_literals = context.scope.decimal_literals.unwrap_or(properties.decimal_literals);
        lower::query(&mut query, &properties)?;
        let planner = SqlToRel::new_with_options(context, options(&self.state.config_options().sql_parser));
        wide::planned(&planner, query).map_err(from_datafusion)
    }

    /// A function of WITH FUNCTION.
    fn function(&self, definition: inline::Definition, context: &Context<'_>) -> Result<(String, Arc<ScalarUDF>)> {
        let inline::Definition { name, parameters, returns, on_null, body } = definition;
        let called = format!("{}{name}", inline::CALLED);
        let within = format!("function '{name}'");
        let routine = Routine { called: called.clone(), name, parameters, returns, on_null, body };
        let options = self.state.config_options();
        let plan = |query| {
            let logical = self.with_tables(query, context)?;
            self.state.analyzer().execute_and_check(logical, options, |_, _| {}).map_err(from_datafusion)
        };
        let made = routine::made(routine, self.state, &plan).map_err(|error| error.within(within))?;
        Ok((called, made))
    }

    async fn resolve(
        &self,
        reference: TableReference,
        scope: &Scope,
        asked: &Asked,
        within: Vec<FullName>,
    ) -> Result<(FullName, Arc<dyn TableSource>)> {
        let object = match reference.source {
            Source::Name(object) => object,
            Source::Location(text) => {
                let table = self.table_of_files(&text, &asked.hidden).await?;
                let full = FullName { table: text, ..scope.completed(None, None, "")? };
                return Ok((full, provider_as_source(Arc::new(table))));
            }
        };
        let placed = |error: Error| match reference.position {
            Some(position) => error.at(position),
            None => error,
        };
        // The name that the planner looks for may say which of the table's states is asked for.
        let named = scope.full(&object)?;
        let (name, number) = as_of::split(&named.table);
        let as_of = number.and_then(|number| asked.states.get(number));
        let full = FullName { table: name.to_string(), ..named.clone() };
        let source = self.source(&full, (asked, as_of), within).await.map_err(placed)?;
        Ok((named, source))
    }

    /// What a name means.
    async fn source(
        &self,
        full: &FullName,
        (asked, as_of): (&Asked, Option<&AsOf>),
        within: Vec<FullName>,
    ) -> Result<Arc<dyn TableSource>> {
        let versioned = |what: &str| match as_of {
            None => Ok(()),
            Some(_) => Err(Error::not_supported(format!("{what} '{full}' has no versions to go back to"))),
        };
        if full.catalog == Catalog::System {
            versioned("the table")?;
            let table = system::table(&self.lake.catalog, self.queries, &full.database, &full.table);
            return Ok(provider_as_source(table.ok_or_else(|| full.missing())?));
        }
        if full.database == information_schema::NAME {
            versioned("the table")?;
            let table = information_schema::table(&self.lake.catalog, &full.table, asked.told).ok_or_else(|| full.missing())?;
            return Ok(provider_as_source(table));
        }
        if let Some((name, metadata)) = Metadata::of(&full.table) {
            let table = self.lake.catalog.table(&full.database, name).await.map_err(|error| full.told(error))?;
            return metadata.source(self.lake, table, as_of).await;
        }
        let table = self.lake.catalog.table(&full.database, &full.table).await.map_err(|error| full.told(error))?;
        if table.is_view() {
            versioned("the view")?;
            return self.view(table, full.clone(), within).await;
        }
        let opened = LakeTable::open(Arc::clone(self.lake), table, asked.hidden.clone(), as_of).await?;
        let opened = opened.joined(asked.joined);
        Ok(provider_as_source(Arc::new(match &asked.named {
            Some(named) => opened.seen(|column| named.may_mean(column)),
            None => opened,
        })))
    }

    async fn view(&self, table: Table, full: FullName, mut within: Vec<FullName>) -> Result<Arc<dyn TableSource>> {
        let named = || format!("view '{}.{}'", full.database, full.table);
        if within.contains(&full) {
            return Err(Error::invalid(format!("{} refers to itself", named())));
        }
        if within.len() >= MAX_VIEW_DEPTH {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                format!("{}: views are nested more than {MAX_VIEW_DEPTH} deep", named()),
            ));
        }
        let view = sql::view::View::of(&table).map_err(|error| error.within(named()))?;
        let Statement::Query(query) = sql::parse(&view.original_sql).map_err(|error| error.within(named()))? else {
            return Err(Error::invalid(format!("{} is not a query", named())));
        };
        within.push(full.clone());
        let mut scope = Scope::of(view.schema.unwrap_or_else(|| full.database.clone()));
        scope.decimal_literals = Some(view.decimal_literals);
        let logical = self.logical(*query, scope, within).await.map_err(|error| error.within(named()))?;
        Ok(provider_as_source(Arc::new(ViewTable::new(logical, Some(view.original_sql)))))
    }

    async fn table_of_files(&self, text: &str, hidden: &[Hidden]) -> Result<LakeTable> {
        if !self.locations {
            return Err(Error::not_supported(format!(
                "'{text}': files are queried by location only in local commands; register a table with CREATE EXTERNAL TABLE or a crawler"
            )));
        }
        files::table(self.lake, text, hidden).await.map_err(|error| error.within(format!("'{text}'")))
    }
}

fn options(parser: &SqlParserOptions) -> ParserOptions {
    ParserOptions {
        parse_float_as_decimal: parser.parse_float_as_decimal,
        enable_ident_normalization: parser.enable_ident_normalization,
        enable_options_value_normalization: parser.enable_options_value_normalization,
        support_varchar_with_length: parser.support_varchar_with_length,
        map_string_types_to_utf8view: parser.map_string_types_to_utf8view,
        collect_spans: parser.collect_spans,
        default_null_ordering: parser.default_null_ordering.as_str().into(),
    }
}
