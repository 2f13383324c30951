//! Names of Trino's grammar, the words that are none, and where they stand in the user's text.

use catalog::{Error, ErrorKind, Position, Result};
use sqlparser::ast::{Ident, ObjectName};
use sqlparser::tokenizer::{Location, Span};

use crate::cursor::Cursor;
use crate::hive::unquote;
use crate::token::{Kind, Token};

/// Words that are names only in quotes (Trino's `SqlBase.g4`: all keywords but `nonReserved`), sorted.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "ALTER", "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "CONSTRAINT", "CREATE", "CROSS", "CUBE", "CURRENT_CATALOG",
    "CURRENT_DATE", "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER",
    "DEALLOCATE", "DELETE", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS", "EXTRACT", "FALSE", "FOR",
    "FROM", "FULL", "GROUP", "GROUPING", "HAVING", "IN", "INNER", "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "JSON_ARRAY",
    "JSON_EXISTS", "JSON_OBJECT", "JSON_QUERY", "JSON_TABLE", "JSON_VALUE", "LEFT", "LIKE", "LISTAGG", "LOCALTIME",
    "LOCALTIMESTAMP", "NATURAL", "NORMALIZE", "NOT", "NULL", "ON", "OR", "ORDER", "OUTER", "PREPARE", "RECURSIVE", "RIGHT",
    "ROLLUP", "SELECT", "SKIP", "TABLE", "THEN", "TRIM", "TRUE", "UESCAPE", "UNION", "UNNEST", "USING", "VALUES", "WHEN", "WHERE",
    "WITH",
];

/// Whether `word` is reserved, in any case.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search_by(|reserved| reserved.bytes().cmp(word.bytes().map(|b| b.to_ascii_uppercase()))).is_ok()
}

/// Whether `token` is a name.
pub(super) fn is_name(token: Token<'_>) -> bool {
    match token.kind {
        Kind::Word => !is_reserved(token.text),
        Kind::Quoted => true,
        _ => false,
    }
}

/// Refuses what is never a token of Trino, in its words: back quotes, empty names, names that begin with a digit.
pub(super) fn check(cursor: &Cursor<'_>) -> Result<()> {
    let wrong = cursor.tokens().enumerate().find_map(|(at, token)| match token.kind {
        Kind::Quoted if token.text.starts_with('`') => {
            Some((at, "backquoted identifiers are not supported; use double quotes to quote identifiers"))
        }
        Kind::Quoted if token.text.len() == 2 => Some((at, "Zero-length delimited identifier not allowed")),
        Kind::Number if !super::literal::is_number(token.text) => {
            Some((at, "identifiers must not start with a digit; surround the identifier with double quotes"))
        }
        _ => None,
    });
    match wrong {
        Some((at, message)) => Err(Error::new(ErrorKind::Syntax, message).at(cursor.place_at(at))),
        None => Ok(()),
    }
}

/// A name where there is one.
pub(super) fn accept(cursor: &mut Cursor<'_>) -> Option<Ident> {
    let token = cursor.peek().filter(|token| is_name(*token));
    let ident = token.map(|token| ident(token, cursor.place()));
    match ident {
        Some(_) => cursor.advance(),
        None => cursor.offer("<identifier>"),
    }
    ident
}

pub(super) fn identifier(cursor: &mut Cursor<'_>) -> Result<Ident> {
    accept(cursor).ok_or_else(|| cursor.mismatch())
}

/// A name that may be a reserved word, where nothing else can stand.
pub(super) fn any(cursor: &mut Cursor<'_>) -> Result<Ident> {
    let Some(token) = cursor.peek().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted)) else {
        return identifier(cursor);
    };
    let found = ident(token, cursor.place());
    cursor.advance();
    Ok(found)
}

/// `a.b.c`
pub(super) fn qualified(cursor: &mut Cursor<'_>) -> Result<ObjectName> {
    let mut parts = vec![identifier(cursor)?];
    while cursor.accept_symbol(".") {
        parts.push(identifier(cursor)?);
    }
    Ok(ObjectName::from(parts))
}

/// `name, name, …` in brackets.
pub(super) fn list(cursor: &mut Cursor<'_>) -> Result<Vec<Ident>> {
    cursor.list(identifier)
}

fn ident(token: Token<'_>, place: Position) -> Ident {
    let span = span(place, token.text);
    match token.kind {
        Kind::Quoted => Ident { value: unquote(token.text), quote_style: Some('"'), span },
        _ => Ident { value: token.text.to_string(), quote_style: None, span },
    }
}

/// The span of a token at `place`.
pub(super) fn span(place: Position, text: &str) -> Span {
    let end = crate::source::advance(place, text);
    let location = |position: Position| Location { line: position.line, column: position.column };
    Span { start: location(place), end: location(end) }
}

/// A name that is a word of ours, without a place in the text.
pub(super) fn own(word: &str) -> Ident {
    if word.starts_with('$') { Ident::with_quote('"', word) } else { Ident::new(word) }
}
