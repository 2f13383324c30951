//! DESCRIBE and SHOW COLUMNS. The cells of a row joined by tabs are the text that Athena prints, padding included: three cells
//! padded to 20 characters for a table, a name and a Trino type for a view.

mod detail;

use std::sync::Arc;

use arrow::datatypes::DataType;
use catalog::table::{Column, Table};
use catalog::{Catalog, Error, ErrorKind, Result, hive_type};
use sql::{DescribeStyle, PartitionSpec};

use super::hive_text::padded;
use super::name::Name;
use super::{Rows, partition, table, view};

/// Which part of a table is described, and at what length.
pub(super) struct What {
    pub(super) style: DescribeStyle,
    pub(super) partition: Option<PartitionSpec>,
    pub(super) column: Option<Vec<String>>,
}

type Cells = [String; 3];

/// What stands on an empty line.
fn blank() -> Cells {
    [String::new(), " ".into(), " ".into()]
}

fn heading(text: &str) -> Cells {
    [text.into(), " ".into(), " ".into()]
}

fn column_line(column: &Column) -> Cells {
    [padded(&column.name), padded(column.hive_type()), padded(column.comment.as_deref().unwrap_or_default())]
}

fn column_heading() -> Cells {
    [format!("# {}", padded("col_name")), padded("data_type"), padded("comment")]
}

/// SHOW COLUMNS: partition keys are among them.
pub(super) async fn columns(catalog: &Arc<dyn Catalog>, name: &Name) -> Result<Rows> {
    let table = catalog.table(&name.database, &name.name).await?;
    if table.is_view() {
        return describe_view(&table);
    }
    let all = table.columns().iter().chain(table.partition_keys());
    Ok(Rows::lines("field", all.map(|column| padded(&column.name))))
}

pub(super) async fn table(catalog: &Arc<dyn Catalog>, name: &Name, what: What) -> Result<Rows> {
    let mut table = catalog.table(&name.database, &name.name).await?;
    if table.is_view() {
        return match what {
            What { partition: None, column: None, style: DescribeStyle::Plain } => describe_view(&table),
            _ => Err(Error::invalid(format!("'{name}' is a view; say DESCRIBE {name} alone"))),
        };
    }
    let partition = match &what.partition {
        Some(spec) => {
            table = table::partitioned(catalog, name).await?;
            let values = partition::values(&table, name, spec)?;
            Some(catalog.partition(&name.database, &name.name, &values).await?)
        }
        None => None,
    };
    // A partition has columns of its own, which may be older than the table's.
    if let Some(columns) = partition.as_ref().and_then(|partition| partition.storage_descriptor.as_ref()?.columns.clone()) {
        table.storage_descriptor.get_or_insert_default().columns = Some(columns);
    }
    if let Some(path) = &what.column {
        return Ok(three([column(&table, path)?]));
    }
    let mut lines = match what.style {
        DescribeStyle::Formatted => {
            [column_heading(), blank()].into_iter().chain(table.columns().iter().map(column_line)).collect()
        }
        _ => table.columns().iter().chain(table.partition_keys()).map(column_line).collect::<Vec<_>>(),
    };
    if !table.partition_keys().is_empty() {
        lines.extend([blank(), heading("# Partition Information"), column_heading(), blank()]);
        lines.extend(table.partition_keys().iter().map(column_line));
    }
    match what.style {
        DescribeStyle::Plain => {}
        DescribeStyle::Extended => lines.extend(detail::extended(&table, partition.as_ref())),
        DescribeStyle::Formatted => lines.extend(detail::formatted(&table, partition.as_ref())),
    }
    Ok(three(lines))
}

fn three(lines: impl IntoIterator<Item = Cells>) -> Rows {
    Rows::cells(&["col_name", "data_type", "comment"], "string", lines)
}

fn describe_view(table: &Table) -> Result<Rows> {
    Ok(Rows::cells(&["column", "type"], "varchar", view::columns(table)?.into_iter().map(|(name, r#type)| [name, r#type])))
}

/// `column`, or what a path leads to inside of it: members of structs by name, `$elem$`, `$key$` and `$value$`.
fn column(table: &Table, path: &[String]) -> Result<Cells> {
    let missing = |what: &str| Error::new(ErrorKind::ColumnNotFound, format!("column '{what}' does not exist"));
    let (first, inner) = path.split_first().ok_or_else(|| missing(""))?;
    let column = table.columns().iter().chain(table.partition_keys()).find(|column| column.name == *first);
    let column = column.ok_or_else(|| missing(first))?;
    let (Some(last), false) = (inner.last(), inner.is_empty()) else { return Ok(column_line(column)) };
    let mut r#type = hive_type::parse(column.hive_type())?;
    for step in inner {
        r#type = descend(&r#type, step).ok_or_else(|| missing(&path.join(".")))?;
    }
    Ok(column_line(&Column::new(last.clone(), hive_type::print(&r#type)?)))
}

fn descend(r#type: &DataType, step: &str) -> Option<DataType> {
    match r#type {
        DataType::Struct(members) => {
            members.iter().find(|member| member.name().eq_ignore_ascii_case(step)).map(|member| member.data_type().clone())
        }
        DataType::List(item) if step == "$elem$" => Some(item.data_type().clone()),
        DataType::Map(entries, _) => match (entries.data_type(), step) {
            (DataType::Struct(pair), "$key$") => pair.first().map(|field| field.data_type().clone()),
            (DataType::Struct(pair), "$value$") => pair.get(1).map(|field| field.data_type().clone()),
            _ => None,
        },
        _ => None,
    }
}
