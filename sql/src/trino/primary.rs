//! What stands between operators: literals, names, calls, brackets, CASE, CAST, subqueries, and the members and elements of
//! each.

use catalog::Result;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    AccessExpr, Array, BinaryOperator, CaseWhen, CastKind, Expr, Ident, LambdaFunction, LambdaFunctionParameter, LambdaSyntax,
    ObjectName, OneOrManyWithParens, Subscript, Value, ValueWithSpan,
};

use super::expression::{expression, expressions, predicate, predicate_begins, value};
use super::{call, data_type, json, literal, name, query, special};
use crate::cursor::Cursor;
use crate::token::Kind;

/// One operand, with `[index]` and `.member` after it.
pub(super) fn primary(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let mut root = first(cursor)?;
    let mut chain = Vec::new();
    // Each member is of what stands before it, so that a row of them is as deep as it is long.
    for levels in 1.. {
        if cursor.accept_symbol("[") {
            cursor.nests(levels)?;
            // `[*]` of JSON.
            let any = cursor.peek().is_some_and(|token| token.is_symbol("*"))
                && cursor.ahead(1).is_some_and(|token| token.is_symbol("]"));
            let index = if any {
                cursor.advance();
                Expr::Wildcard(AttachedToken::empty())
            } else {
                cursor.nested(value)?
            };
            cursor.expect_symbol("]")?;
            chain.push(AccessExpr::Subscript(Subscript::Index { index }));
        } else if cursor.is_symbol(".") && !cursor.ahead(1).is_some_and(|token| token.is_symbol("*")) {
            cursor.advance();
            cursor.nests(levels)?;
            // A method is a function of what stands before it.
            if cursor.ahead(1).is_some_and(|token| token.is_symbol("(")) {
                let name = name::any(cursor)?;
                root = call::method(cursor, name, accessed(root, std::mem::take(&mut chain)))?;
                continue;
            }
            // A member of JSON may be a string.
            chain.push(AccessExpr::Dot(match cursor.peek().is_some_and(|token| token.kind == Kind::String) {
                true => literal::string(cursor).map(Expr::Value)?,
                false => Expr::Identifier(name::identifier(cursor)?),
            }));
        } else {
            break;
        }
    }
    Ok(accessed(root, chain))
}

/// A chain of names is one compound name, as the planner knows it.
fn accessed(root: Expr, access_chain: Vec<AccessExpr>) -> Expr {
    if access_chain.is_empty() {
        return root;
    }
    if let Expr::Identifier(first) = &root {
        let names = access_chain.iter().map(|access| match access {
            AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident.clone()),
            _ => None,
        });
        if let Some(names) = std::iter::once(Some(first.clone())).chain(names).collect::<Option<Vec<Ident>>>() {
            return Expr::CompoundIdentifier(names);
        }
    }
    Expr::CompoundFieldAccess { root: Box::new(root), access_chain }
}

fn first(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let Some(token) = cursor.peek() else { return Err(cursor.mismatch_with("<expression>")) };
    match token.kind {
        Kind::String => literal::string(cursor).map(Expr::Value),
        Kind::Number => literal::number(cursor, false),
        Kind::Quoted => named(cursor),
        Kind::Word => word(cursor, &token.text.to_ascii_uppercase()),
        Kind::Symbol if token.text == "(" => brackets(cursor),
        Kind::Symbol if token.text == "[" => array(cursor),
        Kind::Symbol if token.text == "?" => Ok(simple(cursor, Value::Placeholder("?".to_string()))),
        _ => Err(cursor.mismatch_with("<expression>")),
    }
}

/// Takes one token, which is this value.
fn simple(cursor: &mut Cursor<'_>, value: Value) -> Expr {
    let span = name::span(cursor.place(), cursor.peek().map_or("", |token| token.text));
    cursor.advance();
    Expr::Value(ValueWithSpan { value, span })
}

fn word(cursor: &mut Cursor<'_>, word: &str) -> Result<Expr> {
    let bracket = cursor.ahead(1).is_some_and(|token| token.is_symbol("("));
    match word {
        "NULL" => return Ok(simple(cursor, Value::Null)),
        "TRUE" | "FALSE" => return Ok(simple(cursor, Value::Boolean(word == "TRUE"))),
        "CASE" => return cursor.nested(case),
        "CAST" => return cast(cursor, CastKind::Cast),
        "TRY_CAST" if bracket => return cast(cursor, CastKind::TryCast),
        // Of a pattern's measures.
        "FINAL" | "RUNNING"
            if cursor.ahead(1).is_some_and(name::is_name) && cursor.ahead(2).is_some_and(|token| token.is_symbol("(")) =>
        {
            cursor.advance();
            let word = if word == "FINAL" { "$final" } else { "$running" };
            return Ok(call::plain(word, vec![named(cursor)?]));
        }
        "EXISTS" => {
            cursor.advance();
            return Ok(Expr::Exists { subquery: query::subquery(cursor)?, negated: false });
        }
        "UNIQUE" if query::opens(cursor, 1) => {
            cursor.advance();
            return Ok(call::plain("$unique", vec![Expr::Subquery(query::subquery(cursor)?)]));
        }
        "ARRAY" if cursor.ahead(1).is_some_and(|token| token.is_symbol("[")) => return array(cursor),
        "U" | "X" | "INTERVAL" => {
            if let Some(found) = prefixed(cursor)? {
                return Ok(found);
            }
        }
        _ => {}
    }
    if let Some(found) = special::accept(cursor, word, bracket)? {
        return Ok(found);
    }
    if let Some(found) = json::accept(cursor, word)? {
        return Ok(found);
    }
    if let Some(found) = literal::accept_typed(cursor)? {
        return Ok(found);
    }
    if name::is_reserved(word) {
        return Err(cursor.mismatch_with("<expression>"));
    }
    named(cursor)
}

/// Literals that begin with a word: `U&'…'`, `X'…'`, `INTERVAL '…' DAY`.
fn prefixed(cursor: &mut Cursor<'_>) -> Result<Option<Expr>> {
    if let Some(binary) = literal::accept_binary(cursor)? {
        return Ok(Some(binary));
    }
    if let Some(interval) = literal::accept_interval(cursor)? {
        return Ok(Some(interval));
    }
    Ok(literal::accept_string(cursor)?.map(Expr::Value))
}

/// A name: of a column, of a function that is called, or of a lambda's parameter.
fn named(cursor: &mut Cursor<'_>) -> Result<Expr> {
    if cursor.ahead(1).is_some_and(|token| token.is_symbol("->")) {
        let parameter = parameter(cursor)?;
        return lambda(cursor, OneOrManyWithParens::One(parameter));
    }
    // A function of a type, `varchar::chr(65)`.
    let of_type =
        cursor.ahead(1).is_some_and(|token| token.is_symbol("::")) && cursor.ahead(3).is_some_and(|token| token.is_symbol("("));
    if of_type {
        let row = cursor.sees("ROW");
        cursor.advance();
        cursor.advance();
        if row && cursor.sees("FIELDS") {
            cursor.advance();
            return call::call(cursor, ObjectName::from(vec![name::own("$row_fields")]));
        }
    }
    // A measure of a row pattern: `name OVER window`.
    let over = cursor.ahead(1).is_some_and(|token| token.is("OVER"));
    if over && cursor.ahead(2).is_some_and(|token| token.is_symbol("(") || name::is_name(token)) {
        let name = ObjectName::from(vec![name::identifier(cursor)?]);
        cursor.expect("OVER")?;
        return Ok(call::measure(name, call::window(cursor)?));
    }
    // The last name of `a.b.bigint(` is a method's.
    let method = |parts: usize| parts > 1 && cursor.ahead(2 * parts - 2).is_some_and(call::is_item_method);
    match call_length(cursor).filter(|parts| !method(*parts)) {
        Some(parts) => {
            let mut name = Vec::with_capacity(parts);
            for part in 0..parts {
                if part > 0 {
                    cursor.expect_symbol(".")?;
                }
                name.push(name::identifier(cursor)?);
            }
            call::call(cursor, ObjectName::from(name))
        }
        None => Ok(Expr::Identifier(name::identifier(cursor)?)),
    }
}

/// How many names stand before the bracket of a call, `a.b.f(`; none where no call is.
fn call_length(cursor: &Cursor<'_>) -> Option<usize> {
    let is = |places: usize, symbol: &str| cursor.ahead(places).is_some_and(|token| token.is_symbol(symbol));
    let mut names = 1;
    while is(2 * names - 1, ".") && cursor.ahead(2 * names).is_some_and(name::is_name) {
        names += 1;
        if names > 3 {
            return None;
        }
    }
    is(2 * names - 1, "(").then_some(names)
}

fn parameter(cursor: &mut Cursor<'_>) -> Result<LambdaFunctionParameter> {
    Ok(LambdaFunctionParameter { name: name::identifier(cursor)?, data_type: None })
}

fn lambda(cursor: &mut Cursor<'_>, params: OneOrManyWithParens<LambdaFunctionParameter>) -> Result<Expr> {
    cursor.expect_symbol("->")?;
    let body = Box::new(expression(cursor)?);
    Ok(Expr::Lambda(LambdaFunction { params, body, syntax: LambdaSyntax::Arrow }))
}

/// `(a, b) -> …`, `(query)`, `(expression)`, or `(a, b)`, which is a row.
fn brackets(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let arrow = cursor.closing(0).and_then(|end| cursor.ahead(end + 1)).is_some_and(|token| token.is_symbol("->"));
    if arrow {
        let parameters = match cursor.closing(0) {
            Some(1) => {
                cursor.advance();
                cursor.advance();
                Vec::new()
            }
            _ => cursor.list(parameter)?,
        };
        return lambda(cursor, OneOrManyWithParens::Many(parameters));
    }
    if query::begins(cursor, 1) {
        return Ok(Expr::Subquery(query::subquery(cursor)?));
    }
    cursor.expect_symbol("(")?;
    let mut items = expressions(cursor)?;
    cursor.expect_symbol(")")?;
    Ok(match items.pop() {
        Some(last) if items.is_empty() => Expr::Nested(Box::new(last)),
        last => Expr::Tuple(items.into_iter().chain(last).collect()),
    })
}

/// `[expression, …]` after ARRAY
/// `ARRAY[…]`, and `[…]` alone, which later releases have.
fn array(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.accept("ARRAY");
    cursor.expect_symbol("[")?;
    let elem = if cursor.is_symbol("]") { Vec::new() } else { expressions(cursor)? };
    cursor.expect_symbol("]")?;
    Ok(Expr::Array(Array { elem, named: true }))
}

/// `(expression AS type)`
fn cast(cursor: &mut Cursor<'_>, kind: CastKind) -> Result<Expr> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let expr = Box::new(expression(cursor)?);
    cursor.expect("AS")?;
    let data_type = data_type::data_type(cursor)?;
    cursor.expect_symbol(")")?;
    Ok(Expr::Cast { kind, expr, data_type, array: false, format: None })
}

/// `WHEN value` as `WHEN operand = value`.
fn compared(operand: &Expr, when: &mut CaseWhen) {
    let right = std::mem::replace(&mut when.condition, Expr::Value(Value::Null.with_empty_span()));
    let left = Box::new(operand.clone());
    when.condition = Expr::BinaryOp { left, op: BinaryOperator::Eq, right: Box::new(Expr::Nested(Box::new(right))) };
}

/// `CASE [operand] {WHEN condition THEN result}… [ELSE result] END`
fn case(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.expect("CASE")?;
    let mut operand = if cursor.is("WHEN") { None } else { Some(Box::new(expression(cursor)?)) };
    let mut conditions = Vec::new();
    cursor.expect("WHEN")?;
    let mut predicates = false;
    loop {
        let condition = match &operand {
            Some(operand) if predicate_begins(cursor) => {
                // All that came before are comparisons with the operand, too.
                if !predicates {
                    conditions.iter_mut().for_each(|when| compared(operand, when));
                }
                predicates = true;
                predicate(cursor, operand.as_ref().clone())?
            }
            Some(operand) if predicates => {
                let mut when = CaseWhen { condition: expression(cursor)?, result: Expr::Value(Value::Null.with_empty_span()) };
                compared(operand, &mut when);
                when.condition
            }
            _ => expression(cursor)?,
        };
        cursor.expect("THEN")?;
        conditions.push(CaseWhen { condition, result: expression(cursor)? });
        if !cursor.accept("WHEN") {
            break;
        }
    }
    let else_result = if cursor.accept("ELSE") { Some(Box::new(expression(cursor)?)) } else { None };
    cursor.expect("END")?;
    if predicates {
        operand = None;
    }
    let (case_token, end_token) = (AttachedToken::empty(), AttachedToken::empty());
    Ok(Expr::Case { case_token, end_token, operand, conditions, else_result })
}
