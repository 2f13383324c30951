//! Coercion: which types the operands of operators turn into, and what computes the operator then. It replaces DataFusion's rule,
//! which turns text into numbers and compares what Trino does not compare.
//!
//! [`Operators`] works while DataFusion plans a query, since DataFusion asks each operator for its type at once; [`Coercion`]
//! works on the whole plan and has the last word.

mod chars;
mod compare;
mod expr;
mod group;
pub(crate) mod json;
mod keys;
mod lambda;
mod like;
mod operators;
mod rule;
mod walk;

pub(crate) use compare::{call, comparable, compare, key, mismatch};
pub(crate) use expr::{cast, type_of};
pub(crate) use group::order_key;
pub(crate) use operators::Operators;
pub(crate) use rule::{Coercion, boolean};
pub(crate) use walk::signed;
