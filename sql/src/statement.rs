//! Everything a user can say, as data. Names of databases, tables, columns and partition keys are folded to lower case
//! here, as Glue folds them when it stores them; types are Hive types in their normal form, `struct<a:int>`.

use std::fmt;

use catalog::table::{Column, Database, Parameters, Table};
use catalog::{PartitionFilter, Position};
use sqlparser::ast;

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// A query in Trino's grammar. Quoted names in it are folded, except a table that is a string literal: that is a
    /// location, an identifier whose `quote_style` is `'`.
    Query(Box<ast::Query>),
    /// `EXPLAIN`; `statement` is never itself an `Explain`.
    Explain {
        analyze: bool,
        verbose: bool,
        format: ExplainFormat,
        kind: ExplainKind,
        statement: Box<Statement>,
    },
    /// `PREPARE`: `text` is the statement to be kept, which was parsed and is right.
    Prepare {
        name: String,
        text: String,
    },
    /// `EXECUTE`: a prepared statement with these values in the places of its `?`.
    Execute {
        name: String,
        parameters: Vec<ast::Expr>,
    },
    /// `DEALLOCATE PREPARE`
    Deallocate {
        name: String,
    },
    /// `DESCRIBE INPUT`: the parameters of a prepared statement.
    DescribeInput {
        name: String,
    },
    /// `DESCRIBE OUTPUT`: the columns of a prepared statement.
    DescribeOutput {
        name: String,
    },
    ShowFunctions {
        like: Option<NamePattern>,
    },
    ShowCatalogs {
        like: Option<NamePattern>,
    },
    /// `SHOW SESSION`: the session's properties.
    ShowSession {
        like: Option<NamePattern>,
    },
    /// `SET SESSION`, and `RESET SESSION` where there is no value. The name may have a catalog's before it, `a.b`.
    SetSession {
        name: String,
        value: Option<ast::Expr>,
    },
    /// What Trino's SHOW lists, where it is not Athena's.
    Show(Listing),
    Transaction(Transaction),
    /// `CALL system.runtime.kill_query`
    KillQuery {
        query: String,
        message: Option<String>,
    },
    /// `like` is Athena's pattern: a regular expression in which `*` is any text.
    ShowDatabases {
        like: Option<String>,
    },
    /// `like` as in `ShowDatabases`; no database is the session's.
    ShowTables {
        database: Option<DatabaseName>,
        like: Option<String>,
    },
    ShowViews {
        database: Option<DatabaseName>,
        like: Option<String>,
    },
    ShowColumns {
        table: ObjectName,
    },
    ShowPartitions {
        table: ObjectName,
    },
    ShowCreateTable {
        table: ObjectName,
    },
    ShowCreateView {
        view: ObjectName,
    },
    ShowTableProperties {
        table: ObjectName,
        property: Option<String>,
    },
    /// `column` is a path into one column: `a.b`, with `$elem$`, `$key$` and `$value$` for elements, keys and values.
    Describe {
        table: ObjectName,
        style: DescribeStyle,
        partition: Option<PartitionSpec>,
        column: Option<Vec<String>>,
    },
    Use {
        database: DatabaseName,
    },
    /// `catalog` is the name before the database's, if there was one.
    CreateDatabase {
        catalog: Option<String>,
        database: Database,
        if_not_exists: bool,
    },
    DropDatabase {
        database: DatabaseName,
        if_exists: bool,
        cascade: bool,
    },
    /// `ALTER DATABASE … SET DBPROPERTIES`: these are added to, or replace, those there are.
    AlterDatabase {
        database: DatabaseName,
        properties: Parameters,
    },
    /// `table.database_name` is empty where the statement names none.
    CreateTable {
        catalog: Option<String>,
        table: Box<Table>,
        if_not_exists: bool,
    },
    DropTable {
        table: ObjectName,
        if_exists: bool,
    },
    AlterTable {
        table: ObjectName,
        action: AlterAction,
    },
    RepairTable {
        table: ObjectName,
    },
    /// `text` is the query as written, what the view keeps; `query` the same parsed.
    CreateView {
        view: ObjectName,
        or_replace: bool,
        comment: Option<String>,
        /// `SECURITY INVOKER`; a view runs with its definer's rights otherwise.
        run_as_invoker: bool,
        text: String,
        query: Box<ast::Query>,
    },
    DropView {
        view: ObjectName,
        if_exists: bool,
    },
}

/// What a SHOW of Trino's protocol lists; a catalog or schema that is not named is the session's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    Schemas {
        catalog: Option<String>,
        like: Option<NamePattern>,
    },
    Tables {
        schema: Option<DatabaseName>,
        like: Option<NamePattern>,
    },
    /// Also `DESCRIBE`.
    Columns {
        table: ObjectName,
        like: Option<NamePattern>,
    },
    Stats {
        table: ObjectName,
    },
    CreateSchema {
        schema: DatabaseName,
    },
    CreateTable {
        table: ObjectName,
    },
    CreateView {
        view: ObjectName,
    },
}

/// A step of a transaction. Each statement is one of its own, so that they change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    Start,
    Commit,
    Rollback,
}

/// What `ALTER TABLE` does.
#[derive(Debug, Clone, PartialEq)]
pub enum AlterAction {
    AddPartitions {
        if_not_exists: bool,
        partitions: Vec<NewPartition>,
    },
    /// The partitions that any of the filters selects.
    DropPartitions {
        if_exists: bool,
        filters: Vec<PartitionFilter>,
    },
    RenamePartition {
        from: PartitionSpec,
        to: PartitionSpec,
    },
    /// Of the table, or of one partition.
    SetLocation {
        partition: Option<PartitionSpec>,
        location: String,
    },
    /// These are added to, or replace, those there are.
    SetProperties {
        properties: Parameters,
    },
    AddColumns {
        partition: Option<PartitionSpec>,
        columns: Vec<Column>,
    },
    /// All columns but the partition keys.
    ReplaceColumns {
        partition: Option<PartitionSpec>,
        columns: Vec<Column>,
    },
    /// `to` has the new name, type and comment; a comment that is not given is kept.
    ChangeColumn {
        column: String,
        to: Column,
        place: Option<ColumnPlace>,
    },
}

/// Partition keys and values, in the order of the text: `(dt = '2016-05-14', hour = 5)`. Values are texts as written.
pub type PartitionSpec = Vec<(String, String)>;

/// A partition to be added; without a location it is under the table's, as `k=v/…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPartition {
    pub spec: PartitionSpec,
    pub location: Option<String>,
}

/// Where `CHANGE COLUMN` moves a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPlace {
    First,
    After(String),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DescribeStyle {
    #[default]
    Plain,
    Extended,
    Formatted,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
    Graphviz,
}

/// What EXPLAIN is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExplainKind {
    Logical,
    #[default]
    Distributed,
    /// Whether the statement is right.
    Validate,
    /// What it reads and writes.
    Io,
}

/// A pattern of SQL's LIKE for names: `%` is any text, `_` any character, after `escape` either is itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    pub like: String,
    pub escape: Option<char>,
}

/// `[catalog.]database`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatabaseName {
    pub catalog: Option<String>,
    pub name: String,
}

/// `[[catalog.]database.]name` of a table or view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    pub catalog: Option<String>,
    pub database: Option<String>,
    pub name: String,
}

/// Something in a query that rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TableSource {
    Name(ObjectName),
    /// A string literal where a table stands: `FROM 's3://bucket/path/*.json'`, as written.
    Location(String),
}

/// A source and its first place in the text, where the parser knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableReference {
    pub source: TableSource,
    pub position: Option<Position>,
}

impl Statement {
    /// Which statement this is, in the words of SQL, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Query(_) => "SELECT",
            Self::Explain { .. } => "EXPLAIN",
            Self::Prepare { .. } => "PREPARE",
            Self::Execute { .. } => "EXECUTE",
            Self::Deallocate { .. } => "DEALLOCATE PREPARE",
            Self::DescribeInput { .. } => "DESCRIBE INPUT",
            Self::DescribeOutput { .. } => "DESCRIBE OUTPUT",
            Self::ShowFunctions { .. } => "SHOW FUNCTIONS",
            Self::ShowCatalogs { .. } => "SHOW CATALOGS",
            Self::ShowSession { .. } => "SHOW SESSION",
            Self::SetSession { value: Some(_), .. } => "SET SESSION",
            Self::SetSession { value: None, .. } => "RESET SESSION",
            Self::Show(Listing::Schemas { .. }) => "SHOW SCHEMAS",
            Self::Show(Listing::Tables { .. }) => "SHOW TABLES",
            Self::Show(Listing::Columns { .. }) => "SHOW COLUMNS",
            Self::Show(Listing::Stats { .. }) => "SHOW STATS",
            Self::Show(Listing::CreateSchema { .. }) => "SHOW CREATE SCHEMA",
            Self::Show(Listing::CreateTable { .. }) => "SHOW CREATE TABLE",
            Self::Show(Listing::CreateView { .. }) => "SHOW CREATE VIEW",
            Self::Transaction(Transaction::Start) => "START TRANSACTION",
            Self::Transaction(Transaction::Commit) => "COMMIT",
            Self::Transaction(Transaction::Rollback) => "ROLLBACK",
            Self::KillQuery { .. } => "CALL",
            Self::ShowDatabases { .. } => "SHOW DATABASES",
            Self::ShowTables { .. } => "SHOW TABLES",
            Self::ShowViews { .. } => "SHOW VIEWS",
            Self::ShowColumns { .. } => "SHOW COLUMNS",
            Self::ShowPartitions { .. } => "SHOW PARTITIONS",
            Self::ShowCreateTable { .. } => "SHOW CREATE TABLE",
            Self::ShowCreateView { .. } => "SHOW CREATE VIEW",
            Self::ShowTableProperties { .. } => "SHOW TBLPROPERTIES",
            Self::Describe { .. } => "DESCRIBE",
            Self::Use { .. } => "USE",
            Self::CreateDatabase { .. } => "CREATE DATABASE",
            Self::DropDatabase { .. } => "DROP DATABASE",
            Self::AlterDatabase { .. } => "ALTER DATABASE",
            Self::CreateTable { .. } => "CREATE TABLE",
            Self::DropTable { .. } => "DROP TABLE",
            Self::AlterTable { .. } => "ALTER TABLE",
            Self::RepairTable { .. } => "MSCK REPAIR TABLE",
            Self::CreateView { .. } => "CREATE VIEW",
            Self::DropView { .. } => "DROP VIEW",
        }
    }
}

impl ObjectName {
    /// A name without a database: the session's.
    pub fn bare(name: impl Into<String>) -> Self {
        Self { catalog: None, database: None, name: name.into() }
    }

    /// `database.name`
    pub fn of(database: impl Into<String>, name: impl Into<String>) -> Self {
        Self { catalog: None, database: Some(database.into()), name: name.into() }
    }
}

impl DatabaseName {
    pub fn new(name: impl Into<String>) -> Self {
        Self { catalog: None, name: name.into() }
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(catalog) = &self.catalog {
            write!(f, "{catalog}.")?;
        }
        f.write_str(&self.name)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.catalog, &self.database].into_iter().flatten() {
            write!(f, "{part}.")?;
        }
        f.write_str(&self.name)
    }
}
