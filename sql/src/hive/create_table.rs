//! `CREATE [EXTERNAL] TABLE`, lowered into the catalog's `Table` as Athena writes it there.

use catalog::table::{Column, Parameters, Table};
use catalog::{Error, ErrorKind, Result};

use super::{data_type, name, properties, storage};
use crate::cursor::Cursor;
use crate::statement::{ObjectName, Statement};
use crate::trino;

/// `[IF NOT EXISTS] name [(columns)] [COMMENT] [PARTITIONED BY] [CLUSTERED BY] [ROW FORMAT] [STORED AS] LOCATION
/// [TBLPROPERTIES]`
pub(super) fn create(cursor: &mut Cursor<'_>, external: bool) -> Result<Statement> {
    let if_not_exists = cursor.accept("IF NOT EXISTS");
    let start = cursor.offset();
    let name = name::object(cursor)?;
    if cursor.accept_refused("LIKE", "CREATE TABLE … LIKE") {
        name::object(cursor)?;
    }
    let columns = if cursor.is_symbol("(") { Some(columns(cursor)?) } else { None };
    let comment = if cursor.accept("COMMENT") { Some(cursor.string()?) } else { None };
    let partition_keys = if cursor.accept("PARTITIONED BY") { columns_typed(cursor)? } else { Vec::new() };
    let buckets = buckets(cursor)?;
    skewed(cursor)?;
    let mut descriptor = storage::clauses(cursor)?;
    if cursor.accept("LOCATION") {
        descriptor.location = Some(cursor.string()?);
    }
    let properties = if cursor.accept("TBLPROPERTIES") { properties::list(cursor)? } else { Parameters::new() };
    if cursor.accept_refused("AS", "AS after the definition of an external table") {
        trino::query(cursor.rest())?;
        cursor.done()?;
    }
    // What is wrong in the text goes before what is wrong in its meaning.
    cursor.end()?;
    descriptor.columns = columns;
    if let Some(buckets) = buckets {
        descriptor.bucket_columns = Some(buckets.columns);
        descriptor.sort_columns = (!buckets.order.is_empty()).then_some(buckets.order);
        descriptor.number_of_buckets = Some(buckets.count);
    }
    let ObjectName { catalog, database, name } = name;
    let table = Table {
        name,
        database_name: database.unwrap_or_default(),
        table_type: Some("EXTERNAL_TABLE".to_string()),
        parameters: Some(parameters(properties, comment)),
        partition_keys: Some(partition_keys),
        storage_descriptor: Some(descriptor),
        ..Table::default()
    };
    check(&table, external).map_err(|error| error.at(cursor.position(start)))?;
    Ok(Statement::CreateTable { catalog, table: Box::new(table), if_not_exists })
}

/// Athena keeps a table's comment among its parameters, and marks it external there, too.
fn parameters(mut properties: Parameters, comment: Option<String>) -> Parameters {
    properties.insert("EXTERNAL".to_string(), "TRUE".to_string());
    if let Some(comment) = comment {
        properties.insert("comment".to_string(), comment);
    }
    properties
}

/// What holds for every table that can be created this way.
fn check(table: &Table, external: bool) -> Result<()> {
    let kind = table.parameter("table_type").unwrap_or_default().to_ascii_uppercase();
    if kind == "ICEBERG" && !external {
        return Err(Error::not_supported("creating an Iceberg table is not supported yet"));
    }
    if !external {
        let message = "the EXTERNAL keyword is required for a table of type HIVE: write CREATE EXTERNAL TABLE";
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let descriptor = table.storage_descriptor.as_ref();
    if descriptor.and_then(|descriptor| descriptor.location.as_deref()).unwrap_or_default().trim().is_empty() {
        return Err(Error::invalid("no location was specified for the table: add LOCATION 's3://bucket/folder/'"));
    }
    // The columns of a table format's table are in its log.
    if table.columns().is_empty() && !["DELTA", "ICEBERG", "HUDI"].contains(&kind.as_str()) {
        return Err(Error::invalid(format!("table '{}' has no columns", table.name)));
    }
    let mut seen: Vec<&str> = Vec::new();
    for column in table.columns().iter().chain(table.partition_keys()) {
        if seen.contains(&column.name.as_str()) {
            return Err(Error::invalid(format!("column '{}' is specified twice", column.name)));
        }
        seen.push(&column.name);
    }
    Ok(())
}

/// `(name type [COMMENT '…'], …)`
pub(super) fn columns(cursor: &mut Cursor<'_>) -> Result<Vec<Column>> {
    cursor.list(|cursor| {
        let name = cursor.name()?;
        let mut column = Column::new(name, data_type::data_type(cursor)?);
        constraint(cursor)?;
        column.comment = if cursor.accept("COMMENT") { Some(cursor.string()?) } else { None };
        Ok(column)
    })
}

/// The list of PARTITIONED BY: a name without a type, or a transform, is how Iceberg tables say it.
fn columns_typed(cursor: &mut Cursor<'_>) -> Result<Vec<Column>> {
    let untyped = cursor.ahead(2).is_some_and(|token| [",", ")", "("].iter().any(|symbol| token.is_symbol(symbol)));
    if untyped {
        cursor.refuse("PARTITIONED BY without types (an Iceberg table)", cursor.mark());
        cursor.list(transform)?;
        return Ok(Vec::new());
    }
    columns(cursor)
}

/// `name`, or `transform(…)` of names and numbers
fn transform(cursor: &mut Cursor<'_>) -> Result<()> {
    cursor.name()?;
    if cursor.is_symbol("(") {
        cursor.list(|cursor| if cursor.accept_number().is_some() { Ok(()) } else { cursor.name().map(drop) })?;
    }
    Ok(())
}

/// `NOT NULL`, `PRIMARY KEY` and `DEFAULT value`, which Athena does not have.
fn constraint(cursor: &mut Cursor<'_>) -> Result<()> {
    let what = "a constraint on a column";
    while cursor.accept_refused("NOT NULL", what) || cursor.accept_refused("PRIMARY KEY", what) {}
    if cursor.accept_refused("DEFAULT", what) && cursor.accept_string().is_none() && cursor.accept_number().is_none() {
        return Err(cursor.mismatch());
    }
    Ok(())
}

/// `SKEWED BY (column, …) ON (value, …)` and `STORED BY 'class'`, which Athena does not have.
fn skewed(cursor: &mut Cursor<'_>) -> Result<()> {
    if cursor.accept_refused("SKEWED BY", "SKEWED BY") {
        cursor.list(Cursor::name)?;
        cursor.expect("ON")?;
        cursor.list(|cursor| if cursor.accept_number().is_some() { Ok(()) } else { cursor.string().map(drop) })?;
        cursor.accept("STORED AS DIRECTORIES");
    }
    if cursor.accept_refused("STORED BY", "STORED BY") {
        cursor.string()?;
    }
    Ok(())
}

struct Buckets {
    columns: Vec<String>,
    /// Glue's `Order` structures.
    order: Vec<serde_json::Value>,
    count: i32,
}

/// `CLUSTERED BY (…) [SORTED BY (column [ASC | DESC], …)] INTO n BUCKETS`
fn buckets(cursor: &mut Cursor<'_>) -> Result<Option<Buckets>> {
    if !cursor.accept("CLUSTERED BY") {
        return Ok(None);
    }
    let columns = cursor.list(Cursor::name)?;
    let order = if cursor.accept("SORTED BY") { cursor.list(order)? } else { Vec::new() };
    cursor.expect("INTO")?;
    let start = cursor.offset();
    let count = match cursor.accept_number().map(|number| number.parse::<i32>()) {
        Some(Ok(count)) if count > 0 => count,
        Some(_) => {
            return Err(cursor.error_at(start, ErrorKind::InvalidInput, "the number of buckets must be a whole number above 0"));
        }
        None => return Err(cursor.mismatch()),
    };
    cursor.expect("BUCKETS")?;
    Ok(Some(Buckets { columns, order, count }))
}

fn order(cursor: &mut Cursor<'_>) -> Result<serde_json::Value> {
    let column = cursor.name()?;
    let descending = cursor.accept("DESC");
    if !descending {
        cursor.accept("ASC");
    }
    Ok(serde_json::json!({ "Column": column, "SortOrder": i32::from(!descending) }))
}
