//! From text to `Statement`: the first words choose the grammar, as Athena does it (Hive's for definitions, Trino's for
//! queries and views), and statements that Civetta does not do are refused by their name.

use catalog::{Error, ErrorKind, Result};

use crate::cursor::Cursor;
use crate::door::{self, Door};
use crate::hive;
use crate::prepared;
use crate::session;
use crate::source::Source;
use crate::split::{Ending, split};
use crate::statement::{ExplainFormat, ExplainKind, Statement};
use crate::token::{Grammar, Kind, Token, Tokens};
use crate::trino;

/// Parses exactly one statement; a semicolon may follow it.
///
/// Errors: `Syntax` with the position in `text`; `NotSupported` naming the statement or clause and its position;
/// `InvalidInput` where the statement contradicts itself.
pub fn parse(text: &str) -> Result<Statement> {
    parse_by(Door::Athena, text)
}

/// As [`parse`], for a text that came by this door.
pub fn parse_by(door: Door, text: &str) -> Result<Statement> {
    let script = split(text);
    if let Ending::Inside(quote, position) = script.ending {
        let what = if quote == '/' { "comment".to_string() } else { format!("quote {quote}") };
        return Err(Error::new(ErrorKind::Syntax, format!("this {what} is never closed")).at(position));
    }
    match script.statements.as_slice() {
        [] => Err(Error::new(ErrorKind::Syntax, "there is no statement in this text")),
        [one] => statement(Source { text: one.text, start: one.position, door }),
        [first, second, ..] => {
            // Bodies of routines have semicolons.
            if let Err(error) = statement(Source { text: first.text, start: first.position, door })
                && error.kind() == ErrorKind::NotSupported
                && error.message().contains("FUNCTION")
            {
                return Err(error);
            }
            let message =
                format!("mismatched input '{}'. Expecting: <EOF>; run one statement at a time", first_word(second.text));
            Err(Error::new(ErrorKind::Syntax, message).at(second.position))
        }
    }
}

type Form = fn(Source<'_>) -> Result<Statement>;

/// Statements that are neither definitions nor queries, by their first words; longer phrases come first.
const FORMS: [(&str, Form); 13] = [
    ("EXPLAIN", explain),
    ("PREPARE", prepared::prepare),
    ("EXECUTE", prepared::execute),
    ("DEALLOCATE", prepared::deallocate),
    ("DESCRIBE INPUT", prepared::describe),
    ("DESCRIBE OUTPUT", prepared::describe),
    ("DESC INPUT", prepared::describe),
    ("DESC OUTPUT", prepared::describe),
    ("SHOW FUNCTIONS", session::show_functions),
    ("SHOW CATALOGS", session::show_catalogs),
    ("SHOW SESSION", session::show_session),
    ("SET SESSION", session::set),
    ("RESET SESSION", session::reset),
];

/// The first words of a statement that is done, beside those of [`FORMS`] and of what is refused.
const HEADS: [&str; 8] = ["ALTER", "CREATE", "DESC", "DESCRIBE", "DROP", "MSCK", "SHOW", "USE"];

pub(crate) fn statement(source: Source<'_>) -> Result<Statement> {
    let head = words(source.text);
    let starts =
        |phrase: &str| phrase.split(' ').zip(&head).filter(|(word, token)| token.is(word)).count() == phrase.split(' ').count();
    if source.door == Door::Trino
        && let Some(statement) = door::statement(source)
    {
        return statement;
    }
    if trino::heads().any(starts)
        && let Some(error) = trino::refused(source)
    {
        return Err(error);
    }
    if let Some((_, parse)) = FORMS.iter().find(|(words, _)| starts(words)) {
        return parse(source);
    }
    match grammar(source.text) {
        Grammar::Hive => hive::statement(source, Grammar::Hive).map_err(|error| otherwise(source, error)),
        Grammar::Trino if starts("CREATE TABLE") => Err(trino::refused_as("CREATE TABLE AS SELECT", source)),
        Grammar::Trino if starts("CREATE") => hive::statement(source, Grammar::Trino).map_err(|error| otherwise(source, error)),
        Grammar::Trino
            if ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| starts(word)) || source.text.starts_with('(') =>
        {
            Ok(Statement::Query(trino::query(source)?))
        }
        Grammar::Trino => {
            let mut cursor = Cursor::new(source, Grammar::Trino);
            let forms = FORMS.iter().map(|(words, _)| words.split(' ').next().unwrap_or_default());
            HEADS.into_iter().chain(forms).chain(trino::heads()).chain(["WITH", "<query>"]).for_each(|word| cursor.offer(word));
            Err(cursor.mismatch())
        }
    }
}

/// What is no definition of Hive's may be one of Trino's.
fn otherwise(source: Source<'_>, error: Error) -> Error {
    if error.kind() == ErrorKind::Syntax { trino::refused_otherwise(source, error) } else { error }
}

/// `EXPLAIN [(option, …)] statement` or `EXPLAIN ANALYZE [VERBOSE] [(FORMAT f)] statement`
fn explain(source: Source<'_>) -> Result<Statement> {
    let mut cursor = Cursor::new(source, Grammar::Trino);
    cursor.expect("EXPLAIN")?;
    // ANALYZE is also a statement.
    let analyze = !cursor.sees_statement_analyze() && cursor.accept("ANALYZE");
    let verbose = analyze && cursor.accept("VERBOSE");
    let (mut format, mut kind) = (ExplainFormat::Text, ExplainKind::Distributed);
    let options = cursor.ahead(1).is_some_and(|token| token.is("FORMAT") || token.is("TYPE"));
    if options && cursor.accept_symbol("(") {
        loop {
            if cursor.accept("FORMAT") {
                format = explain_format(&mut cursor)?;
            } else if !analyze && cursor.accept("TYPE") {
                kind = explain_kind(&mut cursor)?;
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
    Ok(Statement::Explain { analyze, verbose, format, kind, statement: Box::new(statement(inner)?) })
}

fn explain_kind(cursor: &mut Cursor<'_>) -> Result<ExplainKind> {
    let kinds = [
        ("LOGICAL", ExplainKind::Logical),
        ("DISTRIBUTED", ExplainKind::Distributed),
        ("VALIDATE", ExplainKind::Validate),
        ("IO", ExplainKind::Io),
    ];
    let kind = kinds.into_iter().find(|(word, _)| cursor.accept(word)).map(|(_, kind)| kind);
    kind.ok_or_else(|| cursor.mismatch())
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
            ("INSERT INTO t (a, b) SELECT 1, 2", "INSERT"),
            (
                "MERGE INTO t AS a USING u ON a.x = u.x WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (x) VALUES (u.x)",
                "MERGE",
            ),
            ("UNLOAD (SELECT 1) TO 's3://b/' WITH (format = 'PARQUET')", "UNLOAD"),
            ("CREATE TABLE t (a, b) WITH (format = 'ORC') AS SELECT 1, 2 WITH NO DATA", "CREATE TABLE AS SELECT"),
            ("ALTER TABLE t ADD COLUMN a bigint COMMENT 'x'", "ALTER TABLE … ADD COLUMN"),
            ("GRANT SELECT, DELETE ON t TO ROLE r WITH GRANT OPTION", "GRANT"),
            ("CREATE FUNCTION f(x bigint) RETURNS bigint BEGIN DECLARE y bigint; RETURN x; END", "CREATE FUNCTION"),
            ("SET TIME ZONE 'UTC'", "SET TIME ZONE"),
            ("-- {\"a\": 1}\n  update t set a = 1", "UPDATE"),
            ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS SELECT"),
            ("CREATE TABLE IF NOT EXISTS \"c\".\"d\".\"t\" WITH (format = 'PARQUET') AS SELECT 1", "CREATE TABLE AS SELECT"),
            ("EXPLAIN DELETE FROM t", "DELETE"),
            ("SHOW STATS FOR t", "SHOW STATS"),
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
            let Ok(Statement::Explain { analyze, verbose, format, statement, .. }) = parse(text) else { panic!("{text}") };
            assert_eq!((analyze, verbose, format), expected, "{text}");
            assert!(matches!(*statement, Statement::Query(_)), "{text}");
        }
        assert_eq!(message("EXPLAIN"), "SYNTAX_ERROR: line 1:8: mismatched input '<EOF>'. Expecting: 'ANALYZE', <statement>");
        assert!(message("EXPLAIN ANALYZE (TYPE IO) SELECT 1").starts_with("SYNTAX_ERROR: line 1:18: mismatched input 'TYPE'"));
        assert!(message("EXPLAIN VERBOSE SELECT 1").starts_with("SYNTAX_ERROR: line 1:9: mismatched input 'VERBOSE'"));
        assert_eq!(message("EXPLAIN ANALYZE t"), "NOT_SUPPORTED: line 1:9: ANALYZE is not supported yet");
        let Ok(Statement::Explain { kind, format, .. }) = parse("EXPLAIN (TYPE IO, FORMAT JSON) SELECT 1") else { panic!() };
        assert_eq!((kind, format), (ExplainKind::Io, ExplainFormat::Json));
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
