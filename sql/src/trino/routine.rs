//! Functions that a query defines for itself, `WITH FUNCTION f(x bigint) RETURNS bigint RETURN x + 1` ("SQL user-defined
//! functions"). In the syntax tree each is a common table expression under the name [`INLINE`] and its own, whose only value is
//! `"$function"(returns, on_null, "$parameter"(name, type)…, body)`, with `"$security"()` before the body of one with SECURITY; a type is `CAST(NULL AS type)`, names are strings, `on_null` is
//! whether a NULL among the arguments makes NULL. The body is one of
//!
//! - `"$return"(value)`, `"$set"(name, value)`, `"$leave"(label)`, `"$iterate"(label)`
//! - `"$block"(statement, …)`, where a statement may be `"$declare"(type, default, name, …)`
//! - `"$if"(condition, block, otherwise)`: the last is a block or a further `"$if"`
//! - `"$while"(label, condition, block)`, `"$loop"(label, block)`, `"$repeat"(label, block, condition)`; the label may be NULL

use catalog::{Error, ErrorKind, Result};
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{BinaryOperator, Cte, Expr, Ident, SelectItem, SetExpr, Value};

use super::expression::expression;
use super::special::text;
use super::{call, data_type, json, literal, name, query, relation, select};
use crate::cursor::Cursor;

/// What the names of such common table expressions begin with.
pub const INLINE: &str = "$function ";

/// Whether functions come next, and not a table with the name `function`.
pub(super) fn begins(cursor: &Cursor<'_>) -> bool {
    cursor.sees("FUNCTION") && cursor.ahead(1).is_some_and(|token| !token.is("AS") && !token.is_symbol("("))
}

/// `FUNCTION name (…) RETURNS type … body, FUNCTION …`
pub(super) fn functions(cursor: &mut Cursor<'_>) -> Result<Vec<Cte>> {
    let mut functions = vec![function(cursor)?];
    while cursor.ahead(1).is_some_and(|token| token.is("FUNCTION")) && cursor.accept_symbol(",") {
        functions.push(function(cursor)?);
    }
    Ok(functions)
}

fn function(cursor: &mut Cursor<'_>) -> Result<Cte> {
    cursor.expect("FUNCTION")?;
    let named = name::qualified(cursor)?;
    let [part] = named.0.as_slice() else {
        return Err(cursor.error(ErrorKind::Syntax, "Inline function names cannot be qualified"));
    };
    let own = part.as_ident().map(|ident| ident.value.clone()).unwrap_or_default();
    let mut parameters = Vec::new();
    cursor.expect_symbol("(")?;
    if !cursor.accept_symbol(")") {
        loop {
            let parameter = text(&name::identifier(cursor)?.value);
            let of = json::type_of(Some(data_type::data_type(cursor)?));
            parameters.push(call::plain("$parameter", vec![parameter, of]));
            if !cursor.accept_symbol(",") {
                break;
            }
        }
        cursor.expect_symbol(")")?;
    }
    cursor.expect("RETURNS")?;
    let returns = json::type_of(Some(data_type::data_type(cursor)?));
    let (on_null, security) = characteristics(cursor)?;
    let on_null = Expr::Value(Value::Boolean(on_null).with_empty_span());
    let body = statement(cursor)?;
    let security = security.then(|| call::plain("$security", Vec::new()));
    let arguments = [returns, on_null].into_iter().chain(parameters).chain(security).chain([body]).collect();
    let mut select = select::all_of(relation::table(sqlparser::ast::ObjectName::from(vec![Ident::new("t")])));
    select.from.clear();
    select.projection = vec![SelectItem::UnnamedExpr(call::plain("$function", arguments))];
    let alias = relation::alias(Ident::with_quote('"', format!("{INLINE}{}", own.to_lowercase())), false);
    let query = Box::new(query::of(SetExpr::Select(Box::new(select))));
    Ok(Cte { alias, query, from: None, materialized: None, closing_paren_token: AttachedToken::empty() })
}

/// What is said of a function; gives whether a NULL among the arguments makes NULL, and whether there was a SECURITY.
fn characteristics(cursor: &mut Cursor<'_>) -> Result<(bool, bool)> {
    let (mut on_null, mut security) = (false, false);
    loop {
        if cursor.accept("LANGUAGE") {
            let language = name::identifier(cursor)?;
            if !language.value.eq_ignore_ascii_case("sql") {
                let message = format!("functions in the language {} are not supported; write them in SQL", language.value);
                return Err(Error::not_supported(message).at(cursor.place()));
            }
        } else if cursor.accept("NOT DETERMINISTIC") || cursor.accept("DETERMINISTIC") {
        } else if cursor.accept("RETURNS NULL ON NULL INPUT") {
            on_null = true;
        } else if cursor.accept("CALLED ON NULL INPUT") {
            on_null = false;
        } else if cursor.accept("SECURITY") {
            if !cursor.accept("DEFINER") {
                cursor.expect("INVOKER")?;
            }
            security = true;
        } else if cursor.accept("COMMENT") {
            literal::string(cursor)?;
        } else if cursor.accept("WITH") {
            cursor.list(|cursor| {
                name::identifier(cursor)?;
                cursor.expect_symbol("=")?;
                expression(cursor)
            })?;
        } else {
            return Ok((on_null, security));
        }
    }
}

fn statement(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.nested(|cursor| {
        if cursor.accept("RETURN") {
            return Ok(call::plain("$return", vec![expression(cursor)?]));
        }
        let labelled = cursor.ahead(1).is_some_and(|token| token.is_symbol(":"));
        let label = if labelled {
            let label = text(&name::identifier(cursor)?.value);
            cursor.expect_symbol(":")?;
            label
        } else {
            Expr::Value(Value::Null.with_empty_span())
        };
        if cursor.accept("LOOP") {
            let body = block(cursor)?;
            cursor.expect("END LOOP")?;
            return Ok(call::plain("$loop", vec![label, body]));
        }
        if cursor.accept("WHILE") {
            let condition = expression(cursor)?;
            cursor.expect("DO")?;
            let body = block(cursor)?;
            cursor.expect("END WHILE")?;
            return Ok(call::plain("$while", vec![label, condition, body]));
        }
        if cursor.accept("REPEAT") {
            let body = block(cursor)?;
            cursor.expect("UNTIL")?;
            let condition = expression(cursor)?;
            cursor.expect("END REPEAT")?;
            return Ok(call::plain("$repeat", vec![label, body, condition]));
        }
        if labelled {
            return Err(cursor.mismatch());
        }
        unlabelled(cursor)
    })
}

fn unlabelled(cursor: &mut Cursor<'_>) -> Result<Expr> {
    if cursor.accept("SET") {
        let variable = text(&name::identifier(cursor)?.value);
        cursor.expect_symbol("=")?;
        return Ok(call::plain("$set", vec![variable, expression(cursor)?]));
    }
    for (word, function) in [("LEAVE", "$leave"), ("ITERATE", "$iterate")] {
        if cursor.accept(word) {
            return Ok(call::plain(function, vec![text(&name::identifier(cursor)?.value)]));
        }
    }
    if cursor.accept("IF") {
        return branches(cursor, "ELSEIF", None, "END IF");
    }
    if cursor.accept("CASE") {
        let operand = if cursor.is("WHEN") { None } else { Some(expression(cursor)?) };
        cursor.expect("WHEN")?;
        return branches(cursor, "WHEN", operand, "END CASE");
    }
    cursor.expect("BEGIN")?;
    let mut statements = Vec::new();
    while cursor.accept("DECLARE") {
        let mut names = vec![text(&name::identifier(cursor)?.value)];
        while cursor.accept_symbol(",") {
            names.push(text(&name::identifier(cursor)?.value));
        }
        let of = json::type_of(Some(data_type::data_type(cursor)?));
        let default = if cursor.accept("DEFAULT") { expression(cursor)? } else { Expr::Value(Value::Null.with_empty_span()) };
        cursor.expect_symbol(";")?;
        statements.push(call::plain("$declare", [of, default].into_iter().chain(names).collect()));
    }
    while !cursor.is("END") {
        statements.push(statement(cursor)?);
        cursor.expect_symbol(";")?;
    }
    cursor.expect("END")?;
    Ok(call::plain("$block", statements))
}

/// Statements up to a word that ends them.
fn block(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let mut statements = Vec::new();
    loop {
        statements.push(statement(cursor)?);
        cursor.expect_symbol(";")?;
        if ["END", "ELSE", "ELSEIF", "WHEN", "UNTIL"].iter().any(|word| cursor.sees(word)) {
            return Ok(call::plain("$block", statements));
        }
    }
}

/// `condition THEN … [again condition THEN …]… [ELSE …] end`; with an operand a condition is a value that it equals.
fn branches(cursor: &mut Cursor<'_>, again: &'static str, operand: Option<Expr>, end: &'static str) -> Result<Expr> {
    let mut condition = expression(cursor)?;
    if let Some(operand) = operand.clone() {
        let right = Box::new(Expr::Nested(Box::new(condition)));
        condition = Expr::BinaryOp { left: Box::new(operand), op: BinaryOperator::Eq, right };
    }
    cursor.expect("THEN")?;
    let then = block(cursor)?;
    let otherwise = if cursor.accept(again) {
        cursor.nested(|cursor| branches(cursor, again, operand, end))?
    } else {
        let otherwise = if cursor.accept("ELSE") { block(cursor)? } else { call::plain("$block", Vec::new()) };
        cursor.expect(end)?;
        otherwise
    };
    Ok(call::plain("$if", vec![condition, then, otherwise]))
}
