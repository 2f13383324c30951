//! Prepared statements and their parameters: `PREPARE`, `EXECUTE`, `DEALLOCATE`, and values put in the places of `?`.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result};
use sqlparser::ast::{DataType, Expr, Query, Value, ValueWithSpan, visit_expressions, visit_expressions_mut};
use sqlparser::tokenizer::Location;

use crate::cursor::Cursor;
use crate::parse::{parse_by, statement};
use crate::source::Source;
use crate::statement::Statement;
use crate::token::Grammar;
use crate::trino;

/// `PREPARE name FROM statement`
pub(crate) fn prepare(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("PREPARE")?;
    let name = cursor.name()?;
    cursor.expect("FROM")?;
    let inner = cursor.rest();
    if inner.text.is_empty() {
        return Err(cursor.mismatch_with("<statement>"));
    }
    not_inside(&cursor)?;
    statement(inner)?;
    Ok(Statement::Prepare { name, text: inner.text.to_owned() })
}

/// Statements about prepared statements are inside of no other, so that none is nested without end.
///
/// Errors: `NotSupported` where one of them is next.
pub(crate) fn not_inside(cursor: &Cursor<'_>) -> Result<()> {
    match ["PREPARE", "EXECUTE", "DEALLOCATE"].iter().find(|word| cursor.sees(word)) {
        Some(word) => Err(cursor.not_supported(&format!("{word} inside another statement"))),
        None => Ok(()),
    }
}

/// `EXECUTE name [USING value, …]`, and `EXECUTE IMMEDIATE 'statement' [USING value, …]`, which is that statement.
pub(crate) fn execute(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("EXECUTE")?;
    if cursor.accept("IMMEDIATE") {
        let text = cursor.string()?;
        let parameters = using(&mut cursor)?;
        not_inside(&Cursor::new(Source::new(&text), Grammar::Trino))?;
        return bind(parse_by(source.door, &text)?, parameters);
    }
    let name = cursor.name()?;
    Ok(Statement::Execute { name, parameters: using(&mut cursor)? })
}

fn using(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>> {
    if !cursor.accept("USING") {
        cursor.end()?;
        return Ok(Vec::new());
    }
    let values = trino::values(cursor.rest())?;
    match values.iter().find(|value| names_columns(value)) {
        Some(value) => Err(Error::invalid(format!("{value} after USING is not a value: it names a column or reads a table"))),
        None => Ok(values),
    }
}

/// `DEALLOCATE PREPARE name`
pub(crate) fn deallocate(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("DEALLOCATE PREPARE")?;
    let name = cursor.name()?;
    cursor.end()?;
    Ok(Statement::Deallocate { name })
}

/// `{DESCRIBE | DESC} {INPUT | OUTPUT} name`; a table may have that name: what follows it tells.
pub(crate) fn describe(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    if cursor.ahead(2).is_none_or(|token| token.is_symbol(".")) {
        return crate::hive::statement(source, Grammar::Hive);
    }
    if !cursor.accept("DESCRIBE") {
        cursor.expect("DESC")?;
    }
    let input = cursor.accept("INPUT");
    if !input {
        cursor.expect("OUTPUT")?;
    }
    let name = cursor.name()?;
    cursor.end()?;
    Ok(if input { Statement::DescribeInput { name } } else { Statement::DescribeOutput { name } })
}

/// One of Athena's `ExecutionParameters`: a text that is an expression without columns is that expression, any other is a
/// string that says just this.
pub fn parameter(text: &str) -> Expr {
    let source = Source::new(text);
    match trino::values(source).as_deref() {
        Ok([value]) if !names_columns(value) => value.clone(),
        _ => Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span()),
    }
}

fn names_columns(value: &Expr) -> bool {
    let found = visit_expressions(value, |expression| match expression {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// How many `?` a statement has.
pub fn places(statement: &Statement) -> usize {
    query(statement).map_or(0, |query| spans(query).len())
}

/// The `?` of a statement in the order of the text, each with the type that it is cast to, if it is: `CAST(? AS bigint)`.
pub fn parameters(statement: &Statement) -> Vec<Option<DataType>> {
    let Some(query) = query(statement) else { return Vec::new() };
    let places = spans(query);
    let mut types: Vec<Option<DataType>> = vec![None; places.len()];
    let _: ControlFlow<()> = visit_expressions(query, |expression| {
        if let Expr::Cast { expr, data_type, .. } = expression
            && let Some(place) = placeholder(expr).and_then(|at| places.iter().position(|place| *place == at))
        {
            types[place] = Some(data_type.clone());
        }
        ControlFlow::Continue(())
    });
    types
}

/// The statement with `parameters` in the places of its `?`, in the order of the text.
///
/// Errors: `InvalidParameterUsage` when there are more or fewer than places.
pub fn bind(mut statement: Statement, parameters: Vec<Expr>) -> Result<Statement> {
    let places = query(&statement).map(spans).unwrap_or_default();
    if places.len() != parameters.len() {
        let message = format!("Incorrect number of parameters: expected {} but found {}", places.len(), parameters.len());
        return Err(Error::new(ErrorKind::InvalidParameterUsage, message));
    }
    if let Some(query) = query_mut(&mut statement) {
        // The visitor never breaks, so that there is no value to look at.
        let _: ControlFlow<()> = visit_expressions_mut(query, |expression| {
            let place = placeholder(expression).and_then(|at| places.iter().position(|place| *place == at));
            if let Some(value) = place.and_then(|place| parameters.get(place)) {
                *expression = Expr::Nested(Box::new(value.clone()));
            }
            ControlFlow::Continue(())
        });
    }
    Ok(statement)
}

fn query(statement: &Statement) -> Option<&Query> {
    match statement {
        Statement::Query(query) => Some(query),
        Statement::Explain { statement, .. } => query(statement),
        _ => None,
    }
}

fn query_mut(statement: &mut Statement) -> Option<&mut Query> {
    match statement {
        Statement::Query(query) => Some(query),
        Statement::Explain { statement, .. } => query_mut(statement),
        _ => None,
    }
}

/// Where the `?` are, in the order of the text, which is not always that of the syntax tree.
fn spans(query: &Query) -> Vec<Location> {
    let mut found = Vec::new();
    let _: ControlFlow<()> = visit_expressions(query, |expression| {
        found.extend(placeholder(expression));
        ControlFlow::Continue(())
    });
    found.sort_unstable_by_key(|at| (at.line, at.column));
    found
}

fn placeholder(expression: &Expr) -> Option<Location> {
    match expression {
        Expr::Value(ValueWithSpan { value: Value::Placeholder(_), span }) => Some(span.start),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn bound(text: &str, parameters: &[&str]) -> String {
        let parameters = parameters.iter().map(|text| parameter(text)).collect();
        match parse(text).and_then(|statement| bind(statement, parameters)) {
            Ok(Statement::Query(query)) => query.to_string(),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn values_go_where_the_text_has_their_places() {
        for (text, parameters, expected) in [
            ("SELECT ? + ?", &["1", "2"][..], "SELECT (1) + (2)"),
            ("SELECT a FROM t WHERE b = ? AND c IN (?, ?)", &["'x'", "y", "DATE '2024-01-01'"], {
                "SELECT a FROM t WHERE b = ('x') AND c IN (('y'), (DATE '2024-01-01'))"
            }),
            ("SELECT a FROM (SELECT ? AS a) s WHERE a > ?", &["1", "-2.5"], "SELECT a FROM (SELECT (1) AS a) s WHERE a > (-2.5)"),
            ("SELECT 1", &[], "SELECT 1"),
            ("SELECT ?", &[], "Incorrect number of parameters: expected 1 but found 0"),
            ("SELECT 1", &["1"], "Incorrect number of parameters: expected 0 but found 1"),
        ] {
            assert_eq!(bound(text, parameters), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_value_is_a_string() {
        for (text, expected) in [
            ("1", "1"),
            ("'it''s'", "'it''s'"),
            ("NULL", "NULL"),
            ("1 + 1", "1 + 1"),
            ("AAPL", "'AAPL'"),
            ("a b", "'a b'"),
            ("it's", "'it''s'"),
            ("", "''"),
            ("1, 2", "'1, 2'"),
            ("(SELECT 1)", "'(SELECT 1)'"),
            ("2024-01-01x", "'2024-01-01x'"),
        ] {
            assert_eq!(parameter(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn statements() {
        let text = |text: &str| format!("{:?}", parse(text).unwrap());
        assert_eq!(text("PREPARE p FROM SELECT ?"), "Prepare { name: \"p\", text: \"SELECT ?\" }");
        assert_eq!(text("DEALLOCATE PREPARE \"P q\""), "Deallocate { name: \"p q\" }");
        let Statement::Execute { name, parameters } = parse("EXECUTE \"n\" USING 1, 'x'").unwrap() else { panic!() };
        assert_eq!((name.as_str(), parameters.len()), ("n", 2));
        let Statement::Query(query) = parse("EXECUTE IMMEDIATE 'SELECT ?' USING 7").unwrap() else { panic!() };
        assert_eq!(query.to_string(), "SELECT (7)");
        assert_eq!(text("DESCRIBE INPUT p"), "DescribeInput { name: \"p\" }");
        assert_eq!(text("desc output \"P\""), "DescribeOutput { name: \"p\" }");
        assert!(matches!(parse("DESCRIBE input"), Ok(Statement::Describe { .. })));
        for wrong in [
            "PREPARE p",
            "PREPARE p FROM",
            "EXECUTE",
            "EXECUTE p USING",
            "EXECUTE p 1",
            "EXECUTE p USING x",
            "EXECUTE p USING (SELECT 1)",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let deep = "PREPARE p FROM EXPLAIN ".repeat(10_000);
        for nested in ["PREPARE p FROM EXECUTE q", "EXECUTE IMMEDIATE 'EXECUTE p'", "EXPLAIN EXECUTE p", &deep] {
            let error = parse(nested).unwrap_err();
            assert!(error.message().ends_with("inside another statement is not supported yet"), "{error}");
        }
        let Statement::Query(query) = parse("EXECUTE IMMEDIATE 'SELECT a FROM t LIMIT ?' USING 7").unwrap() else { panic!() };
        assert_eq!(query.to_string(), "SELECT a FROM t LIMIT (7)");
    }
}
