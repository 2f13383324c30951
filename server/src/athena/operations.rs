//! Athena's operations as the model has them: what each takes, as far as it is checked before the operation is begun, and which there
//! are besides.

use super::constraints::{Member, Rule, STATEMENT_NAME, WORD, WORK_GROUP, given, needed};

/// An operation that there is, with the members of its request that are checked.
type Operation = (&'static str, &'static [Member]);

/// The checked members of an operation's request; `None` for one that there is not.
pub(super) fn members(operation: &str) -> Option<&'static [Member]> {
    OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, members)| *members)
}

/// Whether the model has the operation, and Civetta does not: Spark's notebooks, sessions and calculations, capacity reservations,
/// system tables.
pub(super) fn is_missing(operation: &str) -> bool {
    OTHERS.binary_search(&operation).is_ok()
}

const TOKEN: Member = given("NextToken", Rule::Length(1, 1024));
const DESCRIPTION: Member = given("Description", Rule::Length(1, 1024));
const QUERY: Rule = Rule::Length(1, 262_144);
const QUERY_ID: Member = needed("NamedQueryId", Rule::Length(1, 128));
const QUERY_ID_WORD: Member = given("NamedQueryId", WORD);
const CATALOG: Member = needed("CatalogName", Rule::Length(1, 256));
const DATABASE: Member = needed("DatabaseName", Rule::Length(1, 128));
const CATALOG_NAME: Member = needed("Name", Rule::Length(1, 256));
const CATALOG_TYPE: Member = needed("Type", Rule::OneOf(&["LAMBDA", "GLUE", "HIVE", "FEDERATED"]));
const EXECUTION: Member = needed("QueryExecutionId", Rule::Length(1, 128));
const EXECUTION_WORD: Member = given("QueryExecutionId", WORD);
const ARN: Member = needed("ResourceARN", Rule::Length(1, 1011));

const fn most(least: i64, most: i64) -> Member {
    given("MaxResults", Rule::Range(least, most))
}

const OPERATIONS: &[Operation] = &[
    (
        "StartQueryExecution",
        &[
            needed("QueryString", QUERY),
            given("ClientRequestToken", Rule::Length(32, 128)),
            given("WorkGroup", WORK_GROUP),
            given("ExecutionParameters", Rule::Count(1, usize::MAX)),
        ],
    ),
    ("GetQueryExecution", &[EXECUTION, EXECUTION_WORD]),
    ("BatchGetQueryExecution", &[needed("QueryExecutionIds", Rule::Count(1, 50))]),
    ("ListQueryExecutions", &[TOKEN, most(0, 50), given("WorkGroup", WORK_GROUP)]),
    ("StopQueryExecution", &[EXECUTION, EXECUTION_WORD]),
    ("GetQueryResults", &[EXECUTION, EXECUTION_WORD, TOKEN]),
    ("GetQueryRuntimeStatistics", &[EXECUTION, EXECUTION_WORD]),
    ("CreateWorkGroup", &[needed("Name", WORK_GROUP), given("Description", Rule::Length(0, 1024))]),
    ("GetWorkGroup", &[needed("WorkGroup", WORK_GROUP)]),
    ("ListWorkGroups", &[TOKEN, most(1, 50)]),
    (
        "UpdateWorkGroup",
        &[
            needed("WorkGroup", WORK_GROUP),
            given("Description", Rule::Length(0, 1024)),
            given("State", Rule::OneOf(&["ENABLED", "DISABLED"])),
        ],
    ),
    ("DeleteWorkGroup", &[needed("WorkGroup", WORK_GROUP)]),
    ("ListEngineVersions", &[TOKEN, most(1, 10)]),
    (
        "CreateNamedQuery",
        &[
            needed("Name", Rule::Length(1, 128)),
            DESCRIPTION,
            needed("Database", Rule::Length(1, 255)),
            needed("QueryString", QUERY),
            given("ClientRequestToken", Rule::Length(32, 128)),
            given("WorkGroup", WORK_GROUP),
        ],
    ),
    ("GetNamedQuery", &[QUERY_ID, QUERY_ID_WORD]),
    ("BatchGetNamedQuery", &[needed("NamedQueryIds", Rule::Count(1, 50))]),
    ("ListNamedQueries", &[TOKEN, most(0, 50), given("WorkGroup", WORK_GROUP)]),
    (
        "UpdateNamedQuery",
        &[
            QUERY_ID,
            QUERY_ID_WORD,
            needed("Name", Rule::Length(1, 128)),
            given("Description", Rule::Length(0, 1024)),
            needed("QueryString", QUERY),
        ],
    ),
    ("DeleteNamedQuery", &[QUERY_ID, QUERY_ID_WORD]),
    (
        "CreatePreparedStatement",
        &[needed("StatementName", STATEMENT_NAME), needed("WorkGroup", WORK_GROUP), needed("QueryStatement", QUERY), DESCRIPTION],
    ),
    ("GetPreparedStatement", &[needed("StatementName", STATEMENT_NAME), needed("WorkGroup", WORK_GROUP)]),
    ("BatchGetPreparedStatement", &[needed("PreparedStatementNames", Rule::Any), needed("WorkGroup", WORK_GROUP)]),
    ("ListPreparedStatements", &[needed("WorkGroup", WORK_GROUP), TOKEN, most(1, 50)]),
    (
        "UpdatePreparedStatement",
        &[needed("StatementName", STATEMENT_NAME), needed("WorkGroup", WORK_GROUP), needed("QueryStatement", QUERY), DESCRIPTION],
    ),
    ("DeletePreparedStatement", &[needed("StatementName", STATEMENT_NAME), needed("WorkGroup", WORK_GROUP)]),
    ("ListDataCatalogs", &[TOKEN, most(2, 50), given("WorkGroup", WORK_GROUP)]),
    ("GetDataCatalog", &[CATALOG_NAME, given("WorkGroup", WORK_GROUP)]),
    ("CreateDataCatalog", &[CATALOG_NAME, CATALOG_TYPE, DESCRIPTION]),
    ("UpdateDataCatalog", &[CATALOG_NAME, CATALOG_TYPE, DESCRIPTION]),
    ("DeleteDataCatalog", &[CATALOG_NAME]),
    ("ListDatabases", &[CATALOG, TOKEN, most(1, 50), given("WorkGroup", WORK_GROUP)]),
    ("GetDatabase", &[CATALOG, DATABASE, given("WorkGroup", WORK_GROUP)]),
    (
        "ListTableMetadata",
        &[CATALOG, DATABASE, given("Expression", Rule::Length(0, 256)), TOKEN, most(1, 50), given("WorkGroup", WORK_GROUP)],
    ),
    ("GetTableMetadata", &[CATALOG, DATABASE, needed("TableName", Rule::Length(1, 128)), given("WorkGroup", WORK_GROUP)]),
    ("TagResource", &[ARN, needed("Tags", Rule::Any)]),
    ("UntagResource", &[ARN, needed("TagKeys", Rule::Any)]),
    ("ListTagsForResource", &[ARN, TOKEN, given("MaxResults", Rule::Range(75, i64::MAX))]),
];

/// Sorted.
const OTHERS: &[&str] = &[
    "CancelCapacityReservation",
    "CreateCapacityReservation",
    "CreateNotebook",
    "CreatePresignedNotebookUrl",
    "CreateSystemTableConfiguration",
    "DeleteCapacityReservation",
    "DeleteNotebook",
    "DeleteSystemTableConfiguration",
    "ExportNotebook",
    "GetCalculationExecution",
    "GetCalculationExecutionCode",
    "GetCalculationExecutionStatus",
    "GetCapacityAssignmentConfiguration",
    "GetCapacityReservation",
    "GetNotebookMetadata",
    "GetResourceDashboard",
    "GetSession",
    "GetSessionEndpoint",
    "GetSessionStatus",
    "GetSystemTableConfiguration",
    "ImportNotebook",
    "ListApplicationDPUSizes",
    "ListCalculationExecutions",
    "ListCapacityReservations",
    "ListExecutors",
    "ListNotebookMetadata",
    "ListNotebookSessions",
    "ListSessions",
    "ListSystemTableStatuses",
    "PutCapacityAssignmentConfiguration",
    "StartCalculationExecution",
    "StartSession",
    "StopCalculationExecution",
    "TerminateSession",
    "UpdateCapacityReservation",
    "UpdateNotebook",
    "UpdateNotebookMetadata",
    "UpdateSystemTableConfiguration",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The operations that the page says there are.
    fn of_the_page() -> Vec<&'static str> {
        let page = include_str!("../../../docs/compat.md");
        let section = page.split("### Operations of Athena").nth(1).unwrap();
        let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
        rows.flat_map(|row| row.split('|').nth(3).unwrap_or_default().split(',').map(str::trim)).collect()
    }

    #[test]
    fn the_page_names_what_there_is() {
        let mut page = of_the_page();
        let mut code: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        page.sort_unstable();
        code.sort_unstable();
        assert_eq!(page, code, "docs/compat.md and this table disagree");
        assert!(OTHERS.is_sorted());
        assert!(OTHERS.iter().all(|name| !code.contains(name)));
    }
}
