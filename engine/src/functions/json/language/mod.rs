//! The path language of SQL's JSON functions ("JSON path language"): `lax $.a[*] ? (@.b > 1)`.

mod compare;
mod evaluate;
mod item;
mod lex;
mod method;
mod number;
mod parse;
mod predicate;

pub(super) use evaluate::Parameters;
pub(super) use item::Item;
pub(super) use number::Number;

use compare::Comparison;
use number::Operator;

/// A path, read.
#[derive(Debug)]
pub(super) struct Path {
    /// Whether errors of structure are passed over, and arrays unwrapped where no array is expected.
    lax: bool,
    root: Expression,
    /// The names of the variables in it.
    pub(super) variables: Vec<String>,
}

#[derive(Debug)]
enum Expression {
    Null,
    Boolean(bool),
    Text(String),
    Number(Number),
    /// `$name`
    Variable(String),
    /// `$`
    Context,
    /// `@`
    Current,
    Last,
    Negative(Box<Expression>),
    Positive(Box<Expression>),
    Arithmetic(Box<Expression>, Operator, Box<Expression>),
    Member(Box<Expression>, String),
    AllMembers(Box<Expression>),
    /// `..name`
    Descendants(Box<Expression>, String),
    Elements(Box<Expression>, Vec<Subscript>),
    AllElements(Box<Expression>),
    Method(Box<Expression>, Method),
    Filter(Box<Expression>, Box<Predicate>),
}

/// `from`, or `from to to`
#[derive(Debug)]
struct Subscript {
    from: Expression,
    to: Option<Expression>,
}

#[derive(Debug)]
enum Method {
    Type,
    Size,
    Double,
    Ceiling,
    Floor,
    Abs,
    KeyValue,
    /// With a template where one is given.
    Datetime(Option<String>),
}

#[derive(Debug)]
enum Predicate {
    Not(Box<Predicate>),
    And(Box<Predicate>, Box<Predicate>),
    Or(Box<Predicate>, Box<Predicate>),
    Compare(Expression, Comparison, Expression),
    Exists(Expression),
    StartsWith(Expression, Expression),
    LikeRegex(Expression, std::sync::Arc<super::super::regexp::Pattern>),
    IsUnknown(Box<Predicate>),
}

/// Why a path could not be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

type Result<T> = std::result::Result<T, Failure>;

fn structural<T>(message: String) -> Result<T> {
    Err(Failure(format!("structural error: {message}")))
}

fn failure<T>(message: impl Into<String>) -> Result<T> {
    Err(Failure(message.into()))
}

#[cfg(test)]
mod tests;
