//! Queries: Trino's grammar on the `sqlparser` crate, with what is not Trino's refused and names folded.

mod dialect;
mod error;
mod fold;
mod refuse;

use catalog::{Error, ErrorKind, Result};
use sqlparser::ast::Query;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::source::Source;
use dialect::Trino;

/// How deep a query may nest. Each level of brackets costs two or three; the library's own default is 50.
const DEPTH: usize = 300;

/// Parses a whole query; spans in the result are positions in the user's text.
pub(crate) fn query(source: Source<'_>) -> Result<Box<Query>> {
    let mut tokens = Vec::new();
    Tokenizer::new(&Trino, source.text)
        .tokenize_with_location_into_buf_with_mapper(&mut tokens, |token| placed(token, source))
        .map_err(|error| {
        let position = source.place(error.location.line, error.location.column);
        Error::new(ErrorKind::Syntax, error::lower(&error.message)).at(position)
    })?;
    refuse::backquotes(&tokens)?;
    let mut parser = Parser::new(&Trino).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    let end = source.position(source.text.len());
    let mut query = parser.parse_query().map_err(|error| error::syntax(error, end))?;
    let next = parser.next_token();
    if next.token != Token::EOF {
        return Err(error::mismatch(&next.token.to_string(), "<EOF>", next.span.start, end));
    }
    refuse::not_trino(&query)?;
    fold::names(&mut query);
    Ok(query)
}

/// The token with its span moved from the statement's text to the user's.
fn placed(mut token: TokenWithSpan, source: Source<'_>) -> TokenWithSpan {
    let place = |location: Location| {
        let position = source.place(location.line, location.column);
        Location { line: position.line, column: position.column }
    };
    token.span.start = place(token.span.start);
    token.span.end = place(token.span.end);
    token
}

#[cfg(test)]
mod tests;
