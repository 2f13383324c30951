//! What is parsed and not done yet, and what the planner would ignore in silence: each is refused by name and position. What
//! comes to be done leaves this file.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Position, Result};
use sqlparser::ast::{Ident, ObjectName, Query, Spanned, Visit, Visitor};
use sqlparser::tokenizer::Span;

/// Walks the query and refuses the first thing that is not done.
pub(super) fn not_done(query: &Query) -> Result<()> {
    match query.visit(&mut Checker) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Checker;

impl Visitor for Checker {
    type Break = Error;

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Error> {
        stop(name(relation))
    }
}

fn stop(error: Option<Error>) -> ControlFlow<Error> {
    error.map_or(ControlFlow::Continue(()), ControlFlow::Break)
}

fn at(error: Error, span: Span) -> Error {
    match span.start.line {
        0 => error,
        line => error.at(Position { line, column: span.start.column }),
    }
}

fn syntax(message: &str, span: Span) -> Error {
    at(Error::new(ErrorKind::Syntax, message), span)
}

fn name(relation: &ObjectName) -> Option<Error> {
    let idents: Vec<&Ident> = relation.0.iter().filter_map(|part| part.as_ident()).collect();
    (idents.len() > 3).then(|| syntax(&format!("Too many dots in table name: {relation}"), relation.span()))
}
