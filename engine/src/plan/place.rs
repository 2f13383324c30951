//! Where in the text the call is that an error is about. DataFusion's expressions do not know where they are from, so that the call
//! is looked for by its name; where several have it, none is pointed at.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind};
use datafusion::sql::sqlparser::ast::{Expr, Query, Spanned, visit_expressions};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::lower::placed;

/// The error with the place of the call that no overload takes.
pub(super) fn called(error: Error, query: &Query) -> Error {
    if error.kind() != ErrorKind::FunctionNotFound || error.position().is_some() {
        return error;
    }
    let Some(name) = error.message().split_once(" for function ").and_then(|(_, rest)| rest.split('.').next()) else {
        return error;
    };
    let mut found: Vec<Location> = vec![];
    // The visitor never breaks, so that there is no value to look at.
    let _: ControlFlow<()> = visit_expressions(query, |expr| {
        if let Expr::Function(function) = expr
            && function.name.to_string().trim_matches('"').eq_ignore_ascii_case(name)
        {
            found.push(function.name.span().start);
        }
        ControlFlow::Continue(())
    });
    match found.as_slice() {
        [start] => placed(error, *start),
        _ => error,
    }
}
