//! `information_schema.schemata`, `tables`, `columns` and `views`: the catalog as tables, with the columns that Trino gives them.
//!
//! Rows are read from the catalog while the query runs, page by page, and only for the databases and tables that the query's
//! filters name: `WHERE table_schema = 'd' AND table_name = 't'` is one look-up, however many tables there are. Other than
//! in Trino the schema does not list itself. `comment` and `extra_info` of `columns` are there where a query names them, as in Trino.

mod filter;
mod rows;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use catalog::Catalog;
use datafusion::catalog::TableProvider;
use futures::StreamExt as _;

use crate::looked_up;
pub(crate) use filter::Wanted;
pub(crate) use rows::{columns as columns_of, databases, tables};

/// The database's name.
pub const NAME: &str = "information_schema";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Schemata,
    Tables,
    Columns,
    Views,
    /// `columns` with what Trino hides: comments, and which columns are partition keys.
    ColumnsInFull,
}

/// The columns that are hidden until a query names them.
pub(crate) const HIDDEN: [&str; 2] = ["comment", "extra_info"];

/// The names of the tables, in order.
pub(crate) const TABLES: [&str; 4] = ["columns", "schemata", "tables", "views"];

/// Names and types of a table's columns.
pub(crate) fn own_columns(name: &str) -> Option<Vec<(String, String)>> {
    let fields = kind(name, false)?.schema();
    let r#type = |field: &Arc<Field>| crate::types::name(field.data_type()).unwrap_or_default();
    Some(fields.fields().iter().map(|field| (field.name().clone(), r#type(field))).collect())
}

fn kind(name: &str, hidden: bool) -> Option<Kind> {
    Some(match name {
        "schemata" => Kind::Schemata,
        "tables" => Kind::Tables,
        "columns" if hidden => Kind::ColumnsInFull,
        "columns" => Kind::Columns,
        "views" => Kind::Views,
        _ => return None,
    })
}

/// The table of `information_schema` that is called `name`, if there is one; `hidden`: with its hidden columns.
pub(crate) fn table(catalog: &Arc<dyn Catalog>, name: &str, hidden: bool) -> Option<Arc<dyn TableProvider>> {
    let kind = kind(name, hidden)?;
    let (schema, catalog) = (kind.schema(), Arc::clone(catalog));
    let columns = Arc::clone(&schema);
    Some(looked_up::table(format!("{NAME}.{kind:?}"), schema, move |wanted| {
        rows::stream(kind, Arc::clone(&columns), Arc::clone(&catalog), wanted).boxed()
    }))
}

impl Kind {
    fn schema(self) -> SchemaRef {
        let text: &[&str] = match self {
            Self::Schemata => &["catalog_name", "schema_name"],
            Self::Tables => &["table_catalog", "table_schema", "table_name", "table_type"],
            Self::Views => &["table_catalog", "table_schema", "table_name", "view_definition"],
            Self::Columns | Self::ColumnsInFull => {
                let text = |name| Field::new(name, DataType::Utf8View, true);
                let names = ["table_catalog", "table_schema", "table_name", "column_name"].map(text);
                let position = Field::new("ordinal_position", DataType::Int64, true);
                let rest = ["column_default", "is_nullable", "data_type"].map(text);
                let hidden = HIDDEN.map(text).into_iter().filter(|_| self == Self::ColumnsInFull);
                return Arc::new(Schema::new(names.into_iter().chain([position]).chain(rest).chain(hidden).collect::<Vec<_>>()));
            }
        };
        Arc::new(Schema::new(text.iter().map(|name| Field::new(*name, DataType::Utf8View, true)).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests;
