//! Queries: Trino's grammar on the `sqlparser` crate, with what is not Trino's refused and names folded.

mod dialect;
mod error;
mod fold;
mod limits;
mod refuse;

use catalog::{Error, ErrorKind, Result};
use sqlparser::ast::{Expr, Query};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::source::Source;
use dialect::Trino;
use limits::Budget;

/// How deep the library may recurse where it counts. Each level of brackets costs one to three, and [`limits`] bounds those.
const DEPTH: usize = 1000;

/// Parses a whole query; spans in the result are positions in the user's text.
pub(crate) fn query(source: Source<'_>) -> Result<Box<Query>> {
    let tokens = tokens(source)?;
    limits::check(&tokens)?;
    refuse::tokens(&tokens)?;
    limits::with_stack(|| {
        let mut query = parse(source, tokens)?;
        refuse::not_trino(&query)?;
        fold::names(&mut query);
        Ok(query)
    })
}

/// One or more values, separated by commas.
pub(crate) fn values(source: Source<'_>) -> Result<Vec<Expr>> {
    let tokens = tokens(source)?;
    limits::check(&tokens)?;
    refuse::tokens(&tokens)?;
    limits::with_stack(|| {
        let dialect = Trino(Budget::new(tokens.len()));
        let mut parser = Parser::new(&dialect).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
        let end = source.position(source.text.len());
        let values = parser.parse_comma_separated(Parser::parse_expr);
        let values = values.map_err(|error| error::syntax(error, parser.get_current_token(), end))?;
        let next = parser.next_token();
        match next.token {
            Token::EOF => Ok(values),
            token => Err(error::mismatch(&token.to_string(), "<EOF>", next.span.start, end)),
        }
    })
}

fn tokens(source: Source<'_>) -> Result<Vec<TokenWithSpan>> {
    let mut tokens = Vec::new();
    Tokenizer::new(&Trino(Budget::new(0)), source.text)
        .tokenize_with_location_into_buf_with_mapper(&mut tokens, |token| placed(token, source))
        .map_err(|error| {
            let position = source.place(error.location.line, error.location.column);
            Error::new(ErrorKind::Syntax, error::lower(&error.message)).at(position)
        })?;
    Ok(tokens)
}

fn parse(source: Source<'_>, tokens: Vec<TokenWithSpan>) -> Result<Box<Query>> {
    let dialect = Trino(Budget::new(tokens.len()));
    let mut parser = Parser::new(&dialect).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    let end = source.position(source.text.len());
    let query = parser.parse_query().map_err(|error| error::syntax(error, parser.get_current_token(), end))?;
    let next = parser.next_token();
    match next.token {
        Token::EOF => Ok(query),
        token => Err(error::mismatch(&token.to_string(), "<EOF>", next.span.start, end)),
    }
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
