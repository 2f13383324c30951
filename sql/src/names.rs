//! Which tables a statement reads, anywhere in it. Names of common table expressions are left out where they are in scope,
//! and so are table functions.

use std::ops::ControlFlow;

use catalog::{Position, name};
use sqlparser::ast::{self, Query, TableFactor, Visit, Visitor};

use crate::statement::{ObjectName, Statement, TableReference, TableSource};

/// The sources that `statement` reads, each once, in the order of the text. Only queries, views' queries and what is
/// explained of them read tables; other statements yield nothing.
pub fn tables(statement: &Statement) -> Vec<TableReference> {
    let query = match statement {
        Statement::Query(query) | Statement::CreateView { query, .. } => query,
        Statement::Explain { statement, .. } => return tables(statement),
        _ => return Vec::new(),
    };
    let mut reader = Reader::default();
    // The visitor never breaks, so that there is no value to look at.
    let _ = query.visit(&mut reader);
    reader.found
}

/// The common table expressions of one `WITH`, and how many of them can be seen at this point of the walk.
struct Scope {
    query: *const Query,
    expressions: Vec<(*const Query, String)>,
    visible: usize,
    recursive: bool,
}

#[derive(Default)]
struct Reader {
    found: Vec<TableReference>,
    scopes: Vec<Scope>,
    /// Names of table functions, which are relations to the syntax tree.
    functions: Vec<*const ast::ObjectName>,
}

impl Reader {
    /// The `WITH` that `query` is an expression of, with its index.
    fn expression(&mut self, query: &Query) -> Option<(&mut Scope, usize)> {
        let scope = self.scopes.last_mut()?;
        let index = scope.expressions.iter().position(|(expression, _)| std::ptr::eq(*expression, query))?;
        Some((scope, index))
    }

    fn is_expression(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.expressions.iter().take(scope.visible).any(|(_, visible)| visible == name))
    }
}

impl Visitor for Reader {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some((scope, index)) = self.expression(query) {
            // An expression sees those before it, and itself where the WITH is recursive.
            scope.visible = index + usize::from(scope.recursive);
        }
        if let Some(with) = &query.with {
            let expressions =
                with.cte_tables.iter().map(|cte| (&raw const *cte.query, name::fold(&cte.alias.name.value))).collect();
            self.scopes.push(Scope { query, expressions, visible: 0, recursive: with.recursive });
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.scopes.last().is_some_and(|scope| std::ptr::eq(scope.query, query)) {
            self.scopes.pop();
        }
        if let Some((scope, index)) = self.expression(query) {
            scope.visible = index + 1;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            self.functions.push(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ast::ObjectName) -> ControlFlow<()> {
        if self.functions.pop_if(|function| std::ptr::eq(*function, relation)).is_some() {
            return ControlFlow::Continue(());
        }
        let Some((source, position)) = source(relation) else { return ControlFlow::Continue(()) };
        let expression = matches!(&source, TableSource::Name(name) if name.database.is_none() && self.is_expression(&name.name));
        if !expression && !self.found.iter().any(|reference| reference.source == source) {
            self.found.push(TableReference { source, position });
        }
        ControlFlow::Continue(())
    }
}

/// What a relation's name means; `None` for names of more than three parts, which the parser has refused.
fn source(relation: &ast::ObjectName) -> Option<(TableSource, Option<Position>)> {
    let parts: Vec<&ast::Ident> = relation.0.iter().filter_map(|part| part.as_ident()).collect();
    let start = parts.first()?.span.start;
    let position = (start.line > 0).then_some(Position { line: start.line, column: start.column });
    let fold = |ident: &ast::Ident| name::fold(&ident.value);
    let source = match parts.as_slice() {
        [one] if one.quote_style == Some('\'') => TableSource::Location(one.value.clone()),
        [table] => TableSource::Name(ObjectName::bare(fold(table))),
        [database, table] => TableSource::Name(ObjectName::of(fold(database), fold(table))),
        [catalog, database, table] => {
            TableSource::Name(ObjectName { catalog: Some(fold(catalog)), database: Some(fold(database)), name: fold(table) })
        }
        _ => return None,
    };
    Some((source, position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    /// The sources in a statement, as text; locations in quotes.
    fn found(text: &str) -> Vec<String> {
        let print = |reference: TableReference| match reference.source {
            TableSource::Name(name) => name.to_string(),
            TableSource::Location(location) => format!("'{location}'"),
        };
        tables(&parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))).into_iter().map(print).collect()
    }

    #[test]
    fn tables_anywhere_in_a_statement() {
        let cases: [(&str, &[&str]); 27] = [
            ("SELECT 1", &[]),
            ("SELECT * FROM T", &["t"]),
            ("SELECT * FROM \"D\".\"T\" JOIN awsdatacatalog.D.u USING (a), x", &["d.t", "awsdatacatalog.d.u", "x"]),
            ("SELECT * FROM t JOIN t AS b ON t.a = b.a", &["t"]),
            (
                "SELECT (SELECT max(a) FROM b) FROM c WHERE EXISTS (SELECT 1 FROM d) AND x IN (SELECT y FROM e) ORDER BY (SELECT 1 FROM f)",
                &["b", "c", "d", "e", "f"],
            ),
            ("SELECT * FROM (SELECT * FROM a UNION ALL SELECT * FROM b) CROSS JOIN (c JOIN d ON true)", &["a", "b", "c", "d"]),
            ("SELECT * FROM \"t$partitions\"", &["t$partitions"]),
            ("SELECT * FROM t$partitions", &["t$partitions"]),
            // Expressions of WITH, and what shadows what.
            ("WITH x AS (SELECT * FROM a) SELECT * FROM x", &["a"]),
            ("WITH x AS (SELECT * FROM x) SELECT * FROM x", &["x"]),
            ("WITH RECURSIVE x (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT * FROM x", &[]),
            ("WITH x AS (SELECT 1), y AS (SELECT * FROM x, z) SELECT * FROM y", &["z"]),
            ("WITH y AS (SELECT * FROM x), x AS (SELECT 1) SELECT * FROM x", &["x"]),
            ("WITH x AS (SELECT 1) SELECT * FROM d.x", &["d.x"]),
            ("WITH \"X\" AS (SELECT 1) SELECT * FROM x", &[]),
            ("SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) JOIN x ON true", &["x"]),
            ("WITH a AS (WITH b AS (SELECT * FROM c) SELECT * FROM b) SELECT * FROM a, b", &["c", "b"]),
            (
                "WITH a AS (SELECT 1) SELECT * FROM t WHERE x IN (SELECT * FROM a) AND EXISTS (WITH a AS (SELECT * FROM u) SELECT * FROM a)",
                &["t", "u"],
            ),
            // Functions are no tables.
            ("SELECT * FROM t CROSS JOIN UNNEST(t.xs) AS u(x)", &["t"]),
            ("SELECT * FROM UNNEST(ARRAY[(SELECT 1 FROM t)]) AS u(x)", &["t"]),
            ("SELECT * FROM TABLE(sequence(1, (SELECT max(n) FROM t)))", &["t"]),
            ("SELECT * FROM TABLE(sequence(start => 1, stop => 3))", &[]),
            // Locations.
            ("SELECT * FROM 's3://Bucket/path/*.json'", &["'s3://Bucket/path/*.json'"]),
            ("SELECT a.x FROM 'A.parquet' AS a JOIN 'it''s.csv' b ON a.x = b.x", &["'A.parquet'", "'it's.csv'"]),
            // Other statements.
            ("CREATE VIEW v AS SELECT * FROM a", &["a"]),
            ("EXPLAIN ANALYZE SELECT * FROM a", &["a"]),
            ("DROP TABLE a", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn positions_point_into_the_users_text() {
        let statement = parse("-- c\nEXPLAIN SELECT *\n  FROM d.t").unwrap();
        assert_eq!(tables(&statement)[0].position, Some(Position { line: 3, column: 8 }));
    }
}
