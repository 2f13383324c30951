//! Trino's dialect for the parser library: which characters make a name and which optional syntax is on. Everything that
//! is not switched on here is off in the library's defaults.

use std::any::TypeId;

use sqlparser::ast::Expr;
use sqlparser::dialect::{Dialect, GenericDialect};
use sqlparser::parser::{Parser, ParserError};

use super::limits::Budget;

/// The dialect for one parse, which ends when the budget does.
#[derive(Debug)]
pub(super) struct Trino(pub(super) Budget);

impl Dialect for Trino {
    /// The library asks for some dialects by type, and UNNEST, GROUPING SETS and `current_user` without brackets are
    /// among what it then knows only for the generic one.
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    /// Back quotes are names to the tokeniser, so that they can be refused with Trino's words.
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"' || ch == '`'
    }

    /// Called where an expression begins; the library's own parsing follows.
    fn parse_prefix(&self, _parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        if self.0.spend() { None } else { Some(Err(ParserError::RecursionLimitExceeded)) }
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        crate::token::is_word_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        crate::token::is_word_part(ch)
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_within_after_array_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_match_recognize(&self) -> bool {
        true
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_numeric_literal_underscores(&self) -> bool {
        true
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        true
    }

    fn supports_subquery_as_function_arg(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_boolean_literals(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn supports_left_associative_joins_without_parens(&self) -> bool {
        true
    }

    fn supports_select_expr_star(&self) -> bool {
        true
    }
}
