//! Expressions, loosest first: OR, AND, NOT, one predicate, `||`, `+ -`, `* / %`, signs, `AT TIME ZONE`. The levels are those
//! of Trino's `SqlBase.g4`: a comparison is not the operand of another one, `a = b = c` is an error.

use catalog::{ErrorKind, Result};
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

use super::{call, literal, predicate, primary, query};
use crate::cursor::Cursor;

/// Operators in one row: the tree is as deep as the row is long, and is walked and freed by recursion.
pub(super) const CHAIN: usize = 10_000;

pub(super) fn expression(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.nested(or)
}

/// `expression, expression, …`
pub(super) fn expressions(cursor: &mut Cursor<'_>) -> Result<Vec<Expr>> {
    let mut expressions = vec![expression(cursor)?];
    while cursor.accept_symbol(",") {
        expressions.push(expression(cursor)?);
    }
    Ok(expressions)
}

fn or(cursor: &mut Cursor<'_>) -> Result<Expr> {
    chain(cursor, and, "OR", &BinaryOperator::Or)
}

fn and(cursor: &mut Cursor<'_>) -> Result<Expr> {
    chain(cursor, not, "AND", &BinaryOperator::And)
}

fn chain(
    cursor: &mut Cursor<'_>,
    operand: fn(&mut Cursor<'_>) -> Result<Expr>,
    word: &'static str,
    op: &BinaryOperator,
) -> Result<Expr> {
    let mut left = operand(cursor)?;
    for length in 0.. {
        if !cursor.accept(word) {
            break;
        }
        limit(cursor, length)?;
        left = binary(left, op.clone(), operand(cursor)?);
    }
    Ok(left)
}

/// Refuses a row of operators that is too long.
pub(super) fn limit(cursor: &Cursor<'_>, length: usize) -> Result<()> {
    if length < CHAIN {
        return Ok(());
    }
    let message = format!("more than {CHAIN} operators stand in one row here; use IN, or a table of values");
    Err(cursor.error(ErrorKind::LimitExceeded, message))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn not(cursor: &mut Cursor<'_>) -> Result<Expr> {
    if cursor.sees("NOT") {
        cursor.advance();
        let operand = cursor.nested(not)?;
        return Ok(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(operand) });
    }
    let left = value(cursor)?;
    predicate(cursor, left)
}

/// Whether a predicate begins here rather than a value.
pub(super) fn predicate_begins(cursor: &Cursor<'_>) -> bool {
    let symbol = cursor.peek().is_some_and(|token| ["=", "<>", "!=", "<", "<=", ">", ">="].iter().any(|s| token.is_symbol(s)));
    let at = usize::from(cursor.sees("NOT"));
    symbol
        || cursor.sees("IS")
        || ["BETWEEN", "IN", "LIKE"].iter().any(|word| cursor.ahead(at).is_some_and(|t| t.is(word)))
        || predicate::begins(cursor)
}

/// What may follow a value once: a comparison, BETWEEN, IN, LIKE, IS, or a predicate of [`predicate`].
pub(super) fn predicate(cursor: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    let comparisons = [
        ("=", BinaryOperator::Eq),
        ("<>", BinaryOperator::NotEq),
        ("!=", BinaryOperator::NotEq),
        ("<", BinaryOperator::Lt),
        ("<=", BinaryOperator::LtEq),
        (">", BinaryOperator::Gt),
        (">=", BinaryOperator::GtEq),
    ];
    let symbol = cursor.peek().and_then(|token| comparisons.into_iter().find(|(symbol, _)| token.is_symbol(symbol)));
    if let Some((_, op)) = symbol {
        cursor.advance();
        return comparison(cursor, left, op);
    }
    if cursor.sees("IS") {
        cursor.advance();
        return is(cursor, left);
    }
    let negated = cursor.sees("NOT") && ["BETWEEN", "IN", "LIKE"].iter().any(|word| cursor.ahead(1).is_some_and(|t| t.is(word)));
    if negated {
        cursor.advance();
    }
    if cursor.sees("BETWEEN") {
        cursor.advance();
        between(cursor, left, negated)
    } else if cursor.sees("IN") {
        cursor.advance();
        is_in(cursor, left, negated)
    } else if cursor.sees("LIKE") {
        cursor.advance();
        like(cursor, left, negated)
    } else if predicate::begins(cursor) {
        predicate::predicate(cursor, left)
    } else {
        cursor.offer("<predicate>");
        Ok(left)
    }
}

/// `value` or `{ALL | ANY | SOME} (query)`
fn comparison(cursor: &mut Cursor<'_>, left: Expr, op: BinaryOperator) -> Result<Expr> {
    let bracket = cursor.ahead(1).is_some_and(|token| token.is_symbol("("));
    let word = ["ALL", "ANY", "SOME"].into_iter().find(|word| bracket && cursor.sees(word) && query::begins(cursor, 2));
    let Some(word) = word else { return Ok(binary(left, op, value(cursor)?)) };
    cursor.advance();
    let (left, right) = (Box::new(left), Box::new(Expr::Subquery(query::subquery(cursor)?)));
    Ok(match word {
        "ALL" => Expr::AllOp { left, compare_op: op, right },
        _ => Expr::AnyOp { left, compare_op: op, right, is_some: word == "SOME" },
    })
}

fn is(cursor: &mut Cursor<'_>, left: Expr) -> Result<Expr> {
    let negated = cursor.accept("NOT");
    if cursor.accept("DISTINCT FROM") {
        let (left, right) = (Box::new(left), Box::new(value(cursor)?));
        return Ok(if negated { Expr::IsNotDistinctFrom(left, right) } else { Expr::IsDistinctFrom(left, right) });
    }
    type Form = fn(Box<Expr>) -> Expr;
    let forms: [(&'static str, Form, Form); 4] = [
        ("NULL", Expr::IsNull, Expr::IsNotNull),
        ("TRUE", Expr::IsTrue, Expr::IsNotTrue),
        ("FALSE", Expr::IsFalse, Expr::IsNotFalse),
        ("UNKNOWN", Expr::IsUnknown, Expr::IsNotUnknown),
    ];
    match forms.into_iter().find(|(word, ..)| cursor.accept(word)) {
        Some((_, plain, not)) => Ok(if negated { not } else { plain }(Box::new(left))),
        None => Err(cursor.mismatch()),
    }
}

/// `[ASYMMETRIC | SYMMETRIC] low AND high`; between two bounds in any order is between the lesser and the greater.
fn between(cursor: &mut Cursor<'_>, left: Expr, negated: bool) -> Result<Expr> {
    let bound = |cursor: &Cursor<'_>| cursor.ahead(1).is_some_and(|token| !token.is("AND") && !token.is_symbol("("));
    let symmetric = bound(cursor) && cursor.accept("SYMMETRIC");
    if !symmetric && bound(cursor) {
        cursor.accept("ASYMMETRIC");
    }
    let low = value(cursor)?;
    cursor.expect("AND")?;
    let high = value(cursor)?;
    let (low, high) = match symmetric {
        true => (call::plain("least", vec![low.clone(), high.clone()]), call::plain("greatest", vec![low, high])),
        false => (low, high),
    };
    Ok(Expr::Between { expr: Box::new(left), negated, low: Box::new(low), high: Box::new(high) })
}

/// `(query)` or `(value, …)`
fn is_in(cursor: &mut Cursor<'_>, left: Expr, negated: bool) -> Result<Expr> {
    let expr = Box::new(left);
    if query::begins(cursor, 1) {
        return Ok(Expr::InSubquery { expr, subquery: query::subquery(cursor)?, negated });
    }
    cursor.expect_symbol("(")?;
    let list = expressions(cursor)?;
    cursor.expect_symbol(")")?;
    Ok(Expr::InList { expr, list, negated })
}

/// `pattern [ESCAPE escape]`; an escape that is not a literal of one character is an argument of `"$like"`.
fn like(cursor: &mut Cursor<'_>, left: Expr, negated: bool) -> Result<Expr> {
    let pattern = value(cursor)?;
    let escape = if cursor.accept("ESCAPE") { Some(value(cursor)?) } else { None };
    let escape_char = match escape {
        None => None,
        Some(Expr::Value(value)) if matches!(&value.value, Value::SingleQuotedString(text) if text.chars().count() == 1) => {
            Some(value)
        }
        Some(escape) => {
            let like = call::plain("$like", vec![left, pattern, escape]);
            return Ok(if negated { Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(like) } } else { like });
        }
    };
    Ok(Expr::Like { negated, any: false, expr: Box::new(left), pattern: Box::new(pattern), escape_char })
}

/// A value: everything that binds tighter than a predicate.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Result<Expr> {
    arithmetic(cursor, 1)
}

/// Operators of at least the level `least`, by precedence climbing.
fn arithmetic(cursor: &mut Cursor<'_>, least: u8) -> Result<Expr> {
    const OPERATORS: [(&str, BinaryOperator, u8); 6] = [
        ("||", BinaryOperator::StringConcat, 1),
        ("+", BinaryOperator::Plus, 2),
        ("-", BinaryOperator::Minus, 2),
        ("*", BinaryOperator::Multiply, 3),
        ("/", BinaryOperator::Divide, 3),
        ("%", BinaryOperator::Modulo, 3),
    ];
    let mut left = signed(cursor)?;
    for length in 0.. {
        let operator = OPERATORS.iter().find(|(symbol, _, level)| *level >= least && cursor.is_symbol(symbol));
        let Some((_, op, level)) = operator else { break };
        limit(cursor, length)?;
        cursor.advance();
        left = binary(left, op.clone(), arithmetic(cursor, level + 1)?);
    }
    Ok(left)
}

/// `[+ | -] …`; a minus and a number are one literal, so that the least bigint can be written.
fn signed(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let sign = cursor.peek().and_then(|token| match token.text {
        "-" => Some(UnaryOperator::Minus),
        "+" => Some(UnaryOperator::Plus),
        _ => None,
    });
    let Some(op) = sign else { return zoned(cursor) };
    cursor.advance();
    let is_number = cursor.peek().is_some_and(|token| token.kind == crate::token::Kind::Number);
    if op == UnaryOperator::Minus && is_number {
        return literal::number(cursor, true);
    }
    let operand = cursor.nested(signed)?;
    Ok(Expr::UnaryOp { op, expr: Box::new(operand) })
}

/// `primary [AT {TIME ZONE zone | LOCAL}]…`
fn zoned(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let mut left = primary::primary(cursor)?;
    for length in 0.. {
        // AT is also a name, so that it must be followed by what makes it an operator.
        if !cursor.sees("AT TIME ZONE") && !cursor.sees("AT LOCAL") {
            cursor.offer("AT");
            break;
        }
        limit(cursor, length)?;
        cursor.advance();
        let time_zone = if cursor.accept("LOCAL") {
            call::plain("current_timezone", Vec::new())
        } else {
            cursor.expect("TIME ZONE")?;
            primary::primary(cursor)?
        };
        left = Expr::AtTimeZone { timestamp: Box::new(left), time_zone: Box::new(time_zone) };
    }
    Ok(left)
}
