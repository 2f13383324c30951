//! How views are kept in Glue. Athena and Trino store theirs as `/* Presto View: <base64 of JSON> */` in the table's
//! `ViewOriginalText` (Trino: `ViewReaderUtil`, `ConnectorViewDefinition`); Hive stores the query itself. Both are read,
//! the first is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::table::{Column, Parameters, SerDeInfo, StorageDescriptor, Table};
use catalog::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::token::{Grammar, Kind, Tokens};

const PREFIX: &str = "/* Presto View: ";
const SUFFIX: &str = " */";
const EXPANDED: &str = "/* Presto View */";
const COMMENT: &str = "Presto View";

/// The parameter of a view whose query has decimals where Athena has doubles.
const DECIMAL_LITERALS: &str = "civetta.decimal_literals";

/// What a view keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The query, in Trino's grammar.
    pub original_sql: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// The database in which names without one were looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Empty for Hive's views, which keep Hive types in the table only.
    #[serde(default)]
    pub columns: Vec<ViewColumn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default)]
    pub run_as_invoker: bool,
    /// Whether `1.2` is a decimal in the query, as it was where the view was created. It stands beside the definition, whose form is
    /// Athena's and Trino's.
    #[serde(skip)]
    pub decimal_literals: bool,
}

/// A column of a view with its Trino type, `varchar` or `row(a integer)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewColumn {
    pub name: String,
    pub r#type: String,
}

impl View {
    /// The text that the catalog keeps.
    pub fn encode(&self) -> Result<String> {
        let json =
            serde_json::to_vec(self).map_err(|error| Error::internal("a view could not be written as JSON").caused_by(error))?;
        Ok(format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(json)))
    }

    /// Reads what [`Self::encode`], Athena or Trino wrote; `None` for a text of another form.
    ///
    /// Errors: `BadData` where the form is right and its content is not.
    pub fn decode(text: &str) -> Result<Option<Self>> {
        let Some(encoded) = text.trim().strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)) else { return Ok(None) };
        let json = STANDARD
            .decode(encoded.trim())
            .map_err(|error| Error::bad_data("the view's definition is not base64 text; create it again").caused_by(error))?;
        let view = serde_json::from_slice(&json)
            .map_err(|error| Error::bad_data(format!("the view's definition is not what Athena writes: {error}")))?;
        Ok(Some(view))
    }

    /// The view that `table` is.
    ///
    /// Errors: `BadData` if its definition cannot be read, naming the view.
    pub fn of(table: &Table) -> Result<Self> {
        let within = |error: Error| error.within(format!("view '{}.{}'", table.database_name, table.name));
        let original = table.view_original_text.as_deref().unwrap_or_default();
        if let Some(view) = Self::decode(original).map_err(within)? {
            return Ok(Self { decimal_literals: table.parameter(DECIMAL_LITERALS) == Some("true"), ..view });
        }
        // Hive's expanded text has every name with its database.
        let expanded = table.view_expanded_text.as_deref().filter(|text| !text.trim().is_empty() && *text != EXPANDED);
        let query = expanded.unwrap_or(original);
        if query.trim().is_empty() {
            return Err(within(Error::bad_data("it has no query")));
        }
        Ok(Self { original_sql: trino_quotes(query), schema: Some(table.database_name.clone()), ..Self::default() })
    }

    /// The table that the catalog keeps for this view; `columns` have Hive types.
    pub fn table(&self, database: &str, name: &str, columns: Vec<Column>) -> Result<Table> {
        let comment = self.comment.clone().unwrap_or_else(|| COMMENT.to_string());
        let mut parameters = vec![("presto_view", "true".to_string()), ("comment", comment)];
        if self.decimal_literals {
            parameters.push((DECIMAL_LITERALS, "true".to_string()));
        }
        Ok(Table {
            name: name.to_string(),
            database_name: database.to_string(),
            owner: self.owner.clone(),
            table_type: Some("VIRTUAL_VIEW".to_string()),
            view_original_text: Some(self.encode()?),
            view_expanded_text: Some(EXPANDED.to_string()),
            parameters: Some(parameters.into_iter().map(|(key, value)| (key.to_string(), value)).collect::<Parameters>()),
            partition_keys: Some(Vec::new()),
            storage_descriptor: Some(StorageDescriptor {
                columns: Some(columns),
                location: Some(String::new()),
                compressed: Some(false),
                number_of_buckets: Some(0),
                serde_info: Some(SerDeInfo::default()),
                stored_as_sub_directories: Some(false),
                ..StorageDescriptor::default()
            }),
            ..Table::default()
        })
    }
}

/// Hive quotes names with back quotes and may quote strings with double quotes; Trino does neither.
fn trino_quotes(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    let mut copied = 0;
    for token in Tokens::new(query, 0, Grammar::Hive) {
        let name = token.kind == Kind::Quoted && token.text.starts_with('`');
        let string = token.kind == Kind::Quoted && !name || token.kind == Kind::String && token.text.contains('\\');
        if name || string {
            text.push_str(&query[copied..token.offset]);
            copied = token.end();
        }
        if name {
            text.push_str(&format!("\"{}\"", crate::hive::unquote(token.text).replace('"', "\"\"")));
        } else if string {
            text.push_str(&format!("'{}'", crate::hive::unescape(token.text).replace('\'', "''")));
        }
    }
    text.push_str(&query[copied..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_athena_wrote() {
        // {"originalSql":"SELECT 1 a","catalog":"awsdatacatalog","schema":"d","columns":[{"name":"a","type":"integer"}]}
        let text = "/* Presto View: eyJvcmlnaW5hbFNxbCI6IlNFTEVDVCAxIGEiLCJjYXRhbG9nIjoiYXdzZGF0YWNhdGFsb2ciLCJzY2hlbWEiOiJkIiwiY29sdW1ucyI6W3sibmFtZSI6ImEiLCJ0eXBlIjoiaW50ZWdlciJ9XX0= */";
        let view = View::decode(text).unwrap().unwrap();
        assert_eq!(view.original_sql, "SELECT 1 a");
        assert_eq!(view.schema.as_deref(), Some("d"));
        assert_eq!(view.columns, [ViewColumn { name: "a".into(), r#type: "integer".into() }]);
        assert!(!view.run_as_invoker);
    }

    #[test]
    fn survives_the_round_trip_through_a_table() {
        let view = View {
            original_sql: "SELECT 'é;' AS a FROM t".into(),
            catalog: Some("awsdatacatalog".into()),
            schema: Some("d".into()),
            columns: vec![ViewColumn { name: "a".into(), r#type: "varchar".into() }],
            comment: None,
            owner: None,
            run_as_invoker: true,
            decimal_literals: true,
        };
        let table = view.table("d", "v", vec![Column::new("a", "string")]).unwrap();
        assert!(table.is_view());
        assert_eq!(table.parameter("presto_view"), Some("true"));
        assert_eq!(table.parameter("comment"), Some("Presto View"));
        assert_eq!(table.view_expanded_text.as_deref(), Some("/* Presto View */"));
        assert_eq!(View::of(&table).unwrap(), view);
    }

    #[test]
    fn hives_views_are_queries() {
        let mut table = Table { name: "v".into(), database_name: "d".into(), ..Table::default() };
        table.view_original_text = Some("select a from t".into());
        assert_eq!(View::of(&table).unwrap().original_sql, "select a from t");
        table.view_expanded_text = Some(r#"select `t`.`a``b` from `d`.`t` where x = "it's" and y = 'a\'b'"#.into());
        let view = View::of(&table).unwrap();
        assert_eq!(view.original_sql, r#"select "t"."a`b" from "d"."t" where x = 'it''s' and y = 'a''b'"#);
        assert_eq!(view.schema.as_deref(), Some("d"));
    }

    #[test]
    fn a_broken_definition_names_the_view() {
        let mut table = Table { name: "v".into(), database_name: "d".into(), ..Table::default() };
        for (text, expected) in [
            ("/* Presto View: ??? */", "HIVE_BAD_DATA: view 'd.v': the view's definition is not base64 text; create it again"),
            ("", "HIVE_BAD_DATA: view 'd.v': it has no query"),
        ] {
            table.view_original_text = Some(text.into());
            assert_eq!(View::of(&table).unwrap_err().to_string(), expected);
        }
    }
}
