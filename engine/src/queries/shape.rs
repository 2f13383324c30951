//! What a statement's answer looks like in Athena: its type and subtype, whether a header row comes first, whether there is an
//! update count, which file it is written to. Clients drop or keep the first row by it, so one table says it all.

use catalog::{Error, Result};
use serde::{Deserialize, Serialize};
use sql::{AlterAction, Statement};

use crate::engine::OutputColumn;
use crate::types;

/// The looks of a statement's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    pub statement_type: StatementType,
    /// Athena's `SubstatementType`.
    pub substatement_type: String,
    /// The first row of the first page has the columns' names.
    pub header: bool,
    pub file: ResultFile,
    /// The update count is 0, not absent.
    pub counts: bool,
    pub rows: RowForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum StatementType {
    Ddl,
    Dml,
    Utility,
}

impl StatementType {
    /// Athena's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddl => "DDL",
            Self::Dml => "DML",
            Self::Utility => "UTILITY",
        }
    }
}

/// The kind of file a result is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultFile {
    /// `ID.csv`: everything quoted, with a header.
    Csv,
    /// `ID.txt`: lines, their fields separated by tabs.
    Text,
}

impl ResultFile {
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Text => "txt",
        }
    }
}

/// How rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowForm {
    /// A value for each column.
    Cells,
    /// One text for all columns, joined by tabs.
    Joined,
    /// As `Joined`, and no column is named.
    Lines,
}

/// A column of a result as `ColumnInfo` says it; by Trino's protocol, its name and its type in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultColumn {
    pub name: String,
    pub r#type: String,
    pub precision: u32,
    pub scale: i32,
    pub case_sensitive: bool,
}

impl Shape {
    /// Errors: `NotSupported` for `USE`, which would change nothing: a query is a session of its own.
    pub(super) fn of(statement: &Statement) -> Result<Self> {
        use Statement as S;
        Ok(match statement {
            S::Query(_) => Self {
                statement_type: StatementType::Dml,
                substatement_type: "SELECT".to_owned(),
                header: true,
                file: ResultFile::Csv,
                counts: true,
                rows: RowForm::Cells,
            },
            S::Explain { .. } => Self { header: true, ..text(StatementType::Dml, "EXPLAIN", RowForm::Cells) },
            S::ShowDatabases { .. } => listing("SHOW_DATABASES", RowForm::Cells),
            S::ShowTables { .. } => listing("SHOW_TABLES", RowForm::Cells),
            S::ShowViews { .. } => listing("SHOW_VIEWS", RowForm::Cells),
            S::ShowColumns { .. } => listing("SHOW_COLUMNS", RowForm::Cells),
            S::ShowPartitions { .. } => listing("SHOW_PARTITIONS", RowForm::Cells),
            S::ShowTableProperties { .. } => listing("SHOW_TABLE_PROPERTIES", RowForm::Joined),
            S::ShowCreateTable { .. } => text(StatementType::Utility, "SHOW_CREATE_TABLE", RowForm::Cells),
            S::ShowCreateView { .. } => listing("SHOW_CREATE_VIEW", RowForm::Cells),
            S::Describe { .. } => text(StatementType::Utility, "DESCRIBE_TABLE", RowForm::Joined),
            S::Use { .. } => {
                return Err(Error::not_supported(
                    "USE has no effect on other queries; name the database in QueryExecutionContext.Database",
                ));
            }
            S::SetSession { .. } => {
                return Err(Error::not_supported(format!("{} has no effect on other queries", statement.kind())));
            }
            S::DescribeInput { .. } | S::DescribeOutput { .. } => {
                return Err(Error::not_supported(format!("{} is not part of Athena's SQL", statement.kind())));
            }
            S::Show(_) | S::Transaction(_) | S::KillQuery { .. } => {
                return Err(Error::not_supported(format!("{} is not part of Athena's SQL", statement.kind())));
            }
            S::ShowFunctions { .. } => listing("SHOW_FUNCTIONS", RowForm::Cells),
            S::ShowCatalogs { .. } => listing("SHOW_CATALOGS", RowForm::Cells),
            S::ShowSession { .. } => listing("SHOW_SESSION", RowForm::Cells),
            S::Prepare { .. } => definition("PREPARE"),
            S::Deallocate { .. } => definition("DEALLOCATE"),
            // By then it is the statement that was prepared.
            S::Execute { .. } => return Err(Error::internal("EXECUTE was not resolved")),
            S::CreateDatabase { .. } => definition("CREATE_DATABASE"),
            S::DropDatabase { .. } => definition("DROP_DATABASE"),
            S::AlterDatabase { .. } => definition("ALTER_DATABASE"),
            S::CreateTable { .. } => definition("CREATE_TABLE"),
            S::DropTable { .. } => definition("DROP_TABLE"),
            S::AlterTable { action, .. } => definition(alter(action)),
            S::RepairTable { .. } => text(StatementType::Ddl, "MSCK_REPAIR", RowForm::Lines),
            S::CreateView { .. } => definition("CREATE_VIEW"),
            S::DropView { .. } => definition("DROP_VIEW"),
        })
    }

    /// By Trino's protocol, where nothing depends on it: the subtype is the statement's kind.
    pub(super) fn by_trino(statement: &Statement) -> Self {
        use Statement as S;
        let statement_type = match statement {
            S::Query(_) => StatementType::Dml,
            S::Explain { .. } | S::DescribeInput { .. } | S::DescribeOutput { .. } | S::Show(_) => StatementType::Utility,
            other if other.kind().starts_with("SHOW") => StatementType::Utility,
            _ => StatementType::Ddl,
        };
        text(statement_type, statement.kind(), RowForm::Cells)
    }

    /// What Trino's protocol says of the columns of an answer: their names and their types in full.
    pub(super) fn columns_by_trino(columns: &[OutputColumn]) -> Vec<ResultColumn> {
        let column = |column: &OutputColumn| {
            let (name, r#type) = (column.name.clone(), column.r#type.to_string());
            ResultColumn { name, r#type, precision: 0, scale: 0, case_sensitive: false }
        };
        columns.iter().map(column).collect()
    }

    /// The same once its columns are known: views are described as Trino does it, tables as Hive does.
    pub(super) fn with_columns(mut self, columns: &[OutputColumn]) -> Self {
        if self.substatement_type == "DESCRIBE_TABLE" && columns.first().is_some_and(|column| column.name == "column") {
            self.substatement_type = "DESC_VIEW".to_owned();
            self.counts = true;
        }
        self
    }

    /// Whether Hive runs the statement: it leaves its reason in the file when it fails, where Trino leaves no file.
    pub(super) fn is_hive(&self) -> bool {
        const TRINO: [&str; 6] = ["CREATE_VIEW", "DROP_VIEW", "SHOW_VIEWS", "SHOW_CREATE_VIEW", "PREPARE", "DEALLOCATE"];
        self.file == ResultFile::Text
            && self.statement_type != StatementType::Dml
            && !TRINO.contains(&self.substatement_type.as_str())
    }

    /// What `ColumnInfo` says of the columns of an answer.
    pub(super) fn columns(&self, columns: &[OutputColumn]) -> Vec<ResultColumn> {
        if self.rows == RowForm::Lines {
            return Vec::new();
        }
        let of_hive = self.statement_type == StatementType::Utility
            && !matches!(self.substatement_type.as_str(), "SHOW_VIEWS" | "SHOW_CREATE_VIEW" | "DESC_VIEW");
        columns.iter().map(|column| if of_hive { hive_text(&column.name) } else { result_column(column) }).collect()
    }
}

fn hive_text(name: &str) -> ResultColumn {
    ResultColumn { name: name.to_owned(), r#type: "string".to_owned(), precision: 0, scale: 0, case_sensitive: false }
}

fn result_column(column: &OutputColumn) -> ResultColumn {
    let types::ResultType { name, precision, scale, case_sensitive } = types::result_type(&column.r#type);
    ResultColumn { name: column.name.clone(), r#type: name.to_owned(), precision, scale, case_sensitive }
}

fn text(statement_type: StatementType, substatement_type: &str, rows: RowForm) -> Shape {
    let substatement_type = substatement_type.to_owned();
    Shape { statement_type, substatement_type, header: false, file: ResultFile::Text, counts: false, rows }
}

fn listing(substatement_type: &str, rows: RowForm) -> Shape {
    Shape { counts: true, ..text(StatementType::Utility, substatement_type, rows) }
}

fn definition(substatement_type: &str) -> Shape {
    text(StatementType::Ddl, substatement_type, RowForm::Cells)
}

fn alter(action: &AlterAction) -> &'static str {
    match action {
        AlterAction::AddPartitions { .. } => "ALTER_TABLE_ADD_PARTITION",
        AlterAction::DropPartitions { .. } => "ALTER_TABLE_DROP_PARTITION",
        AlterAction::RenamePartition { .. } => "ALTER_TABLE_RENAME_PARTITION",
        AlterAction::SetLocation { .. } => "ALTER_TABLE_LOCATION",
        AlterAction::SetProperties { .. } => "ALTER_TABLE_PROPERTIES",
        AlterAction::AddColumns { .. } => "ALTER_TABLE_ADD_COLUMN",
        AlterAction::ReplaceColumns { .. } => "ALTER_TABLE_REPLACE_COLUMN",
        AlterAction::ChangeColumn { .. } => "ALTER_TABLE_CHANGE_COLUMN",
    }
}
