//! From text to `Statement`: the first words choose the grammar, as Athena does it (Hive's for definitions, Trino's for
//! queries and views), and statements that Civetta does not do are refused by their name.

use catalog::{Error, ErrorKind, Result};

use crate::hive;
use crate::hive::cursor::Cursor;
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

/// Statements of the Trino grammar that are not done, by their first words. The longer phrases come first.
const NOT_DONE: [&str; 33] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "UNLOAD",
    "COPY",
    "PREPARE",
    "EXECUTE IMMEDIATE",
    "EXECUTE",
    "DEALLOCATE",
    "OPTIMIZE",
    "VACUUM",
    "TRUNCATE",
    "ANALYZE",
    "CALL",
    "COMMENT",
    "GRANT",
    "REVOKE",
    "DENY",
    "SET",
    "RESET",
    "START TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "USING EXTERNAL FUNCTION",
    "REFRESH",
    "IMPORT",
    "EXPORT",
    "LOAD",
    "LOCK",
    "UNLOCK",
    "INSTALL",
    "PRAGMA",
];

fn statement(source: Source<'_>) -> Result<Statement> {
    let head = words(source.text);
    let starts =
        |phrase: &str| phrase.split(' ').zip(&head).filter(|(word, token)| token.is(word)).count() == phrase.split(' ').count();
    if let Some(phrase) = NOT_DONE.iter().find(|phrase| starts(phrase)) {
        return Err(Error::not_supported(format!("{phrase} is not supported yet")).at(source.start));
    }
    if starts("EXPLAIN") {
        return explain(source);
    }
    match grammar(source.text) {
        Grammar::Hive => hive::statement(source),
        Grammar::Trino if starts("CREATE TABLE") => {
            Err(Error::not_supported("CREATE TABLE AS SELECT is not supported yet").at(source.start))
        }
        Grammar::Trino if starts("CREATE") => hive::statement(source),
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
            } else if cursor.is("TYPE") {
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
    if cursor.is("EXPLAIN") {
        return Err(cursor.not_supported("EXPLAIN of an EXPLAIN"));
    }
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
