//! From text to `Statement`: the first words choose the grammar, as Athena does it (Hive's for definitions, Trino's for
//! queries and views), and statements that Civetta does not do are refused by their name.

use catalog::{Error, ErrorKind, Result};

use crate::cursor::Cursor;
use crate::hive;
use crate::prepared;
use crate::source::Source;
use crate::split::{Ending, split};
use crate::statement::{ExplainFormat, Statement};
use crate::token::{Grammar, Kind, Token, Tokens};
use crate::trino;

/// Parses exactly one statement; a semicolon may follow it.
///
/// Errors: `Syntax` with the position in `text`; `NotSupported` naming the statement or clause and its position;
/// `InvalidInput` where the statement contradicts itself.
pub fn parse(text: &str) -> Result<Statement> {
    let script = split(text);
    if let Ending::Inside(quote, position) = script.ending {
        let what = if quote == '/' { "comment".to_string() } else { format!("quote {quote}") };
        return Err(Error::new(ErrorKind::Syntax, format!("this {what} is never closed")).at(position));
    }
    match script.statements.as_slice() {
        [] => Err(Error::new(ErrorKind::Syntax, "there is no statement in this text")),
        [one] => statement(Source { text: one.text, start: one.position }),
        [_, second, ..] => {
            let message =
                format!("mismatched input '{}'. Expecting: <EOF>; run one statement at a time", first_word(second.text));
            Err(Error::new(ErrorKind::Syntax, message).at(second.position))
        }
    }
}

/// Statements that Athena or Trino know and Civetta does not do, by their first words; longer phrases come first.
const NOT_DONE: &[&str] = &[
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "UNLOAD",
    "COPY",
    "OPTIMIZE",
    "VACUUM",
    "TRUNCATE TABLE",
    "ANALYZE",
    "CALL",
    "COMMENT ON",
    "GRANT",
    "REVOKE",
    "DENY",
    "SET SESSION",
    "SET ROLE",
    "SET TIME ZONE",
    "SET PATH",
    "RESET SESSION",
    "START TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "REFRESH MATERIALIZED VIEW",
    "USING EXTERNAL FUNCTION",
    "ALTER VIEW",
    "ALTER MATERIALIZED VIEW",
    "CREATE MATERIALIZED VIEW",
    "CREATE OR REPLACE MATERIALIZED VIEW",
    "CREATE OR REPLACE TABLE",
    "CREATE FUNCTION",
    "CREATE OR REPLACE FUNCTION",
    "CREATE ROLE",
    "CREATE CATALOG",
    "DROP MATERIALIZED VIEW",
    "DROP FUNCTION",
    "DROP ROLE",
    "DROP CATALOG",
    "SHOW FUNCTIONS",
    "SHOW CATALOGS",
    "SHOW SESSION",
    "SHOW STATS",
    "SHOW GRANTS",
    "SHOW ROLES",
    "SHOW CREATE SCHEMA",
    "SHOW CREATE FUNCTION",
    "SHOW CURRENT ROLES",
    "SHOW ROLE GRANTS",
    "SHOW CREATE MATERIALIZED VIEW",
];

type Form = fn(Source<'_>) -> Result<Statement>;

/// Statements that hold another one, or the values of its parameters.
const FORMS: [(&str, Form); 4] =
    [("EXPLAIN", explain), ("PREPARE", prepared::prepare), ("EXECUTE", prepared::execute), ("DEALLOCATE", prepared::deallocate)];

pub(crate) fn statement(source: Source<'_>) -> Result<Statement> {
    let head = words(source.text);
    let starts =
        |phrase: &str| phrase.split(' ').zip(&head).filter(|(word, token)| token.is(word)).count() == phrase.split(' ').count();
    if let Some(phrase) = NOT_DONE.iter().find(|phrase| starts(phrase)) {
        return Err(Error::not_supported(format!("{phrase} is not supported yet")).at(source.start));
    }
    for (word, parse) in FORMS {
        if starts(word) {
            return parse(source);
        }
    }
    match grammar(source.text) {
        Grammar::Hive => hive::statement(source, Grammar::Hive),
        Grammar::Trino if starts("CREATE TABLE") => {
            Err(Error::not_supported("CREATE TABLE AS SELECT is not supported yet").at(source.start))
        }
        Grammar::Trino if starts("CREATE") => hive::statement(source, Grammar::Trino),
        Grammar::Trino
            if ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| starts(word)) || source.text.starts_with('(') =>
        {
            Ok(Statement::Query(trino::query(source)?))
        }
        Grammar::Trino => {
            let message = format!(
                "mismatched input '{}'. Expecting: 'ALTER', 'CREATE', 'DESC', 'DESCRIBE', 'DROP', 'EXPLAIN', 'MSCK', 'SHOW', 'USE', <query>",
                first_word(source.text)
            );
            Err(Error::new(ErrorKind::Syntax, message).at(source.start))
        }
    }
}

/// `EXPLAIN [ANALYZE] [VERBOSE] [(FORMAT f [, TYPE LOGICAL])] statement`
fn explain(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("EXPLAIN")?;
    let analyze = cursor.accept("ANALYZE");
    let verbose = cursor.accept("VERBOSE");
    let mut format = ExplainFormat::Text;
    if cursor.accept_symbol("(") {
        loop {
            if cursor.accept("FORMAT") {
                format = explain_format(&mut cursor)?;
            } else if cursor.sees("TYPE") {
                return Err(cursor.not_supported("EXPLAIN (TYPE …)"));
            } else {
                return Err(cursor.mismatch());
            }
            if !cursor.accept_symbol(",") {
                break;
            }
        }
        cursor.expect_symbol(")")?;
    }
    if cursor.sees("EXPLAIN") {
        return Err(cursor.not_supported("EXPLAIN of an EXPLAIN"));
    }
    prepared::not_inside(&cursor)?;
    let inner = source.from(cursor.offset());
    if inner.text.is_empty() {
        return Err(cursor.mismatch_with("<statement>"));
    }
    Ok(Statement::Explain { analyze, verbose, format, statement: Box::new(statement(inner)?) })
}

fn explain_format(cursor: &mut Cursor<'_>) -> Result<ExplainFormat> {
    if cursor.accept("TEXT") {
        Ok(ExplainFormat::Text)
    } else if cursor.accept("JSON") {
        Ok(ExplainFormat::Json)
    } else if cursor.accept("GRAPHVIZ") {
        Ok(ExplainFormat::Graphviz)
    } else {
        Err(cursor.mismatch())
    }
}

/// The grammar that a statement's first words choose. Only definitions are Hive's; in `CREATE TABLE`, what follows the name
/// tells Hive's column list from Trino's `CREATE TABLE … AS`.
pub(crate) fn grammar(text: &str) -> Grammar {
    let head = words(text);
    let word = |at: usize, word: &str| head.get(at).is_some_and(|token| token.is(word));
    let one_of = |at: usize, list: &[&str]| list.iter().any(|item| word(at, item));
    if one_of(0, &["ALTER", "DROP", "MSCK", "DESCRIBE", "DESC", "SHOW", "USE"]) {
        return Grammar::Hive;
    }
    let hive = word(0, "CREATE") && (one_of(1, &["EXTERNAL", "DATABASE", "SCHEMA"]) || word(1, "TABLE") && !is_ctas(&head[2..]));
    if hive { Grammar::Hive } else { Grammar::Trino }
}

/// Whether what follows `CREATE TABLE` is `[IF NOT EXISTS] name {AS | WITH}` or a comment before one of them.
fn is_ctas(mut head: &[Token<'_>]) -> bool {
    if head.first().is_some_and(|token| token.is("IF")) {
        head = head.get(3..).unwrap_or_default();
    }
    let after_name = head
        .iter()
        .skip(1)
        .skip_while(|token| token.is_symbol(".") || token.kind == Kind::Quoted)
        .find(|token| token.is_symbol("(") || ["AS", "WITH", "COMMENT"].iter().any(|word| token.is(word)));
    after_name.is_some_and(|token| !token.is_symbol("("))
}

/// The first tokens of a statement, enough to tell which it is.
fn words(text: &str) -> Vec<Token<'_>> {
    Tokens::new(text, 0, Grammar::Trino).filter(|token| token.kind != Kind::Comment).take(12).collect()
}

fn first_word(text: &str) -> &str {
    words(text).first().map_or("<EOF>", |token| token.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn exactly_one_statement() {
        assert_eq!(message(" ; -- nothing"), "SYNTAX_ERROR: there is no statement in this text");
        assert_eq!(
            message("SELECT 1;\n SELECT 2"),
            "SYNTAX_ERROR: line 2:2: mismatched input 'SELECT'. Expecting: <EOF>; run one statement at a time"
        );
        assert_eq!(message("SELECT 'a"), "SYNTAX_ERROR: line 1:8: this quote ' is never closed");
        assert_eq!(message("SELECT 1 /* a"), "SYNTAX_ERROR: line 1:10: this comment is never closed");
        assert!(message("SELEKT 1").starts_with("SYNTAX_ERROR: line 1:1: mismatched input 'SELEKT'. Expecting: 'ALTER', "));
    }

    #[test]
    fn what_is_not_done_is_named() {
        let cases = [
            ("INSERT INTO t SELECT 1", "INSERT"),
            ("-- {\"a\": 1}\n  update t set a = 1", "UPDATE"),
            ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS SELECT"),
            ("CREATE TABLE IF NOT EXISTS \"c\".\"d\".\"t\" WITH (format = 'PARQUET') AS SELECT 1", "CREATE TABLE AS SELECT"),
            ("EXPLAIN DELETE FROM t", "DELETE"),
            ("SHOW FUNCTIONS", "SHOW FUNCTIONS"),
            ("create materialized view v as select 1", "CREATE MATERIALIZED VIEW"),
        ];
        for (text, name) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotSupported, "{text}");
            assert_eq!(error.message(), format!("{name} is not supported yet"), "{text}");
            assert!(error.position().is_some(), "{text}");
        }
    }

    #[test]
    fn explain() {
        let cases = [
            ("EXPLAIN SELECT 1", (false, false, ExplainFormat::Text)),
            ("EXPLAIN ANALYZE VERBOSE SELECT 1", (true, true, ExplainFormat::Text)),
            ("EXPLAIN (FORMAT JSON) SELECT 1", (false, false, ExplainFormat::Json)),
            ("EXPLAIN ANALYZE (FORMAT TEXT) (SELECT 1)", (true, false, ExplainFormat::Text)),
        ];
        for (text, expected) in cases {
            let Ok(Statement::Explain { analyze, verbose, format, statement }) = parse(text) else { panic!("{text}") };
            assert_eq!((analyze, verbose, format), expected, "{text}");
            assert!(matches!(*statement, Statement::Query(_)), "{text}");
        }
        assert_eq!(
            message("EXPLAIN"),
            "SYNTAX_ERROR: line 1:8: mismatched input '<EOF>'. Expecting: '(', 'ANALYZE', 'VERBOSE', <statement>"
        );
        assert_eq!(message("EXPLAIN (TYPE IO) SELECT 1"), "NOT_SUPPORTED: line 1:10: EXPLAIN (TYPE …) is not supported yet");
        assert_eq!(message("EXPLAIN EXPLAIN SELECT 1"), "NOT_SUPPORTED: line 1:9: EXPLAIN of an EXPLAIN is not supported yet");
        assert!(message("EXPLAIN\n SELECT 1 FORM x").starts_with("SYNTAX_ERROR: line 2:"));
    }

    #[test]
    fn the_first_words_choose_the_grammar() {
        let cases = [
            ("create external table t (a int)", Grammar::Hive),
            ("CREATE TABLE d.t (a int)", Grammar::Hive),
            ("CREATE TABLE IF NOT EXISTS `d`.`t` (a int)", Grammar::Hive),
            ("CREATE TABLE d.t AS SELECT (1)", Grammar::Trino),
            ("CREATE TABLE \"a\".\"b\" WITH (x = 1) AS SELECT 1", Grammar::Trino),
            ("CREATE VIEW v AS SELECT 1", Grammar::Trino),
            ("-- x\n/* y */ SHOW TABLES", Grammar::Hive),
            ("", Grammar::Trino),
        ];
        for (text, expected) in cases {
            assert_eq!(grammar(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_jumble_of_tokens_makes_it_panic(words in proptest::collection::vec(proptest::sample::select(WORDS.to_vec()), 0..25)) {
            let text = words.join(" ");
            if let Ok(statement) = parse(&text) {
                let _ = crate::tables(&statement);
            }
            for fragment in split(&text).statements {
                proptest::prop_assert!(text.contains(fragment.text));
            }
        }
    }

    const WORDS: [&str; 72] = [
        "SELECT",
        "FROM",
        "WHERE",
        "WITH",
        "AS",
        "(",
        ")",
        ",",
        ".",
        "'a'",
        "\"b\"",
        "`c`",
        "t",
        "d",
        "*",
        "1",
        "1.5e",
        "=",
        "<",
        "<=",
        ">",
        "JOIN",
        "ON",
        "USING",
        "UNION",
        "ALL",
        "GROUP",
        "BY",
        "ORDER",
        "VALUES",
        "TABLE",
        "UNNEST",
        "CREATE",
        "EXTERNAL",
        "DROP",
        "ALTER",
        "ADD",
        "PARTITION",
        "LOCATION",
        "TBLPROPERTIES",
        "struct",
        "array",
        "map",
        "int",
        "DESCRIBE",
        "SHOW",
        "TABLES",
        "IN",
        "EXPLAIN",
        "ANALYZE",
        "VIEW",
        "CAST",
        "CASE",
        "WHEN",
        "END",
        "INTERVAL",
        "->",
        "[",
        "]",
        ";",
        "--",
        "/*",
        "*/",
        "'",
        "\\",
        "é",
        "NOT",
        "EXISTS",
        "OVER",
        "{",
        "COMMENT",
        "STORED",
    ];
}
