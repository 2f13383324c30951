//! The words of the language, for completion and highlighting in a shell.

/// Keywords of queries and definitions, upper case, sorted. Names of functions and types that are not words of the grammar
/// are not here.
#[rustfmt::skip]
pub const KEYWORDS: &[&str] = &[
    "ADD", "AFTER", "ALL", "ALTER", "ANALYZE", "AND", "ANY", "ARRAY", "AS", "ASC", "AT", "AVRO", "BERNOULLI", "BETWEEN", "BIGINT",
    "BINARY", "BOOLEAN", "BUCKETS", "BY", "CASCADE", "CASE", "CAST", "CHANGE", "CHAR", "CLUSTERED", "COLLECTION", "COLUMN",
    "COLUMNS", "COMMENT", "CREATE", "CROSS", "CUBE", "CURRENT", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "DATABASE",
    "DATABASES", "DATE", "DAY", "DBPROPERTIES", "DECIMAL", "DEFINED", "DEFINER", "DELIMITED", "DESC", "DESCRIBE", "DISTINCT",
    "DOUBLE", "DROP", "ELSE", "END", "ESCAPE", "ESCAPED", "EXCEPT", "EXISTS", "EXPLAIN", "EXTENDED", "EXTERNAL", "EXTRACT",
    "FALSE", "FETCH", "FIELDS", "FILTER", "FIRST", "FLOAT", "FOLLOWING", "FOR", "FORMAT", "FORMATTED", "FROM", "FULL", "GROUP",
    "GROUPING", "GROUPS", "HAVING", "HOUR", "IF", "IGNORE", "IN", "INNER", "INPUTFORMAT", "INT", "INTEGER", "INTERSECT",
    "INTERVAL", "INTO", "INVOKER", "IS", "ITEMS", "JOIN", "JSON", "JSONFILE", "KEYS", "LAST", "LATERAL", "LEFT", "LIKE", "LIMIT",
    "LINES", "LOCALTIME", "LOCALTIMESTAMP", "LOCATION", "MAP", "MINUTE", "MONTH", "MSCK", "NATURAL", "NEXT", "NOT", "NULL",
    "NULLS", "OFFSET", "ON", "ONLY", "OR", "ORC", "ORDER", "ORDINALITY", "OUTER", "OUTPUTFORMAT", "OVER", "PARQUET", "PARTITION",
    "PARTITIONED", "PARTITIONS", "PRECEDING", "PRECISION", "RANGE", "REAL", "RECURSIVE", "RENAME", "REPAIR", "REPLACE", "RESPECT",
    "RESTRICT", "RIGHT", "ROLLUP", "ROW", "ROWS", "SCHEMA", "SCHEMAS", "SECOND", "SECURITY", "SELECT", "SERDE", "SERDEPROPERTIES",
    "SET", "SETS", "SHOW", "SMALLINT", "SOME", "SORTED", "STORED", "STRING", "STRUCT", "TABLE", "TABLES", "TBLPROPERTIES",
    "TERMINATED", "TEXT", "TEXTFILE", "THEN", "TIME", "TIMESTAMP", "TINYINT", "TO", "TRUE", "TRY_CAST", "UNBOUNDED", "UNION",
    "UNNEST", "USE", "USING", "VALUES", "VARBINARY", "VARCHAR", "VERBOSE", "VIEW", "VIEWS", "WHEN", "WHERE", "WINDOW", "WITH",
    "WITHIN", "YEAR", "ZONE",
];

/// Whether `word` is a keyword, in any case.
pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word.to_ascii_uppercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_found_in_any_case() {
        assert!(KEYWORDS.is_sorted_by(|left, right| left < right));
        assert!(is_keyword("select") && is_keyword("Tblproperties") && !is_keyword("ticks"));
    }
}
