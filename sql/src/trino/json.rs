//! SQL's JSON functions. Their clauses are arguments of functions with reserved names, in this order; `type` is
//! `CAST(NULL AS type)`, a behaviour is its words as a string, and a default value stands after `'DEFAULT'`, NULL otherwise:
//!
//! - `"$json_exists"(input, path, on_error, name, value, …)`
//! - `"$json_value"(input, path, type, on_empty, default, on_error, default, name, value, …)`
//! - `"$json_query"(input, path, type, encoding, wrapper, quotes, on_empty, on_error, name, value, …)`: the encoding is NULL or
//!   that of `FORMAT JSON`, the wrapper `'WITHOUT'`, `'CONDITIONAL'` or `'UNCONDITIONAL'`, quotes `'KEEP'` or `'OMIT'`
//! - `"$json_object"(type, encoding, nulls, unique, key, value, …)`: nulls are `'NULL'` or `'ABSENT'`, unique is a boolean
//! - `"$json_array"(type, encoding, nulls, value, …)`
//!
//! A value with `FORMAT JSON` is `"$json_input"(value, encoding)`, and so is the input of the first three, where Trino takes a
//! string for JSON text without being told; the encoding is `'JSON'` unless given. Names and values at the end are PASSING's.

use catalog::{ErrorKind, Result};
use sqlparser::ast::{CastKind, DataType, Expr, Value};

use super::expression::expression;
use super::special::text;
use super::{call, data_type, literal, name};
use crate::cursor::Cursor;
use crate::hive::unquote;
use crate::token::Kind;

/// A JSON function, where one begins with `word`, in capitals.
pub(super) fn accept(cursor: &mut Cursor<'_>, word: &str) -> Result<Option<Expr>> {
    let parse = match word {
        "JSON_EXISTS" => exists,
        "JSON_VALUE" => json_value,
        "JSON_QUERY" => json_query,
        "JSON_OBJECT" => object,
        "JSON_ARRAY" => array,
        _ => return Ok(None),
    };
    cursor.advance();
    cursor.expect_symbol("(")?;
    let call = cursor.nested(parse)?;
    cursor.expect_symbol(")")?;
    Ok(Some(call))
}

fn exists(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let Invocation { input, path, passing, .. } = invocation(cursor)?;
    let mut arguments = vec![input, path];
    let behaviours = ["TRUE", "FALSE", "UNKNOWN", "ERROR"];
    let on_error = behaviours.into_iter().find(|word| cursor.accept(word));
    if on_error.is_some() {
        cursor.expect("ON ERROR")?;
    }
    arguments.push(text(on_error.unwrap_or("FALSE")));
    arguments.extend(passing);
    Ok(call::plain("$json_exists", arguments))
}

fn json_value(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let Invocation { input, path, passing, .. } = invocation(cursor)?;
    let mut arguments = vec![input, path];
    let returning = if cursor.accept("RETURNING") { Some(data_type::data_type(cursor)?) } else { None };
    arguments.push(type_of(returning));
    let mut behaviours = Vec::new();
    for _ in 0..2 {
        let behaviour = value_behaviour(cursor)?;
        behaviours.extend(behaviour);
    }
    arguments.extend(pick(cursor, behaviours)?.into_iter().flatten());
    arguments.extend(passing);
    Ok(call::plain("$json_value", arguments))
}

/// A behaviour with its default value, and whether it is `ON EMPTY`.
type Behaviour = ([Expr; 2], bool);

/// `{ERROR | NULL | DEFAULT value} ON {EMPTY | ERROR}`, where there is one.
pub(super) fn value_behaviour(cursor: &mut Cursor<'_>) -> Result<Option<Behaviour>> {
    let behaviour = if cursor.accept("DEFAULT") {
        [text("DEFAULT"), expression(cursor)?]
    } else if cursor.accept("ERROR") {
        [text("ERROR"), null()]
    } else if cursor.accept("NULL") {
        [text("NULL"), null()]
    } else {
        return Ok(None);
    };
    Ok(Some((behaviour, on(cursor)?)))
}

/// `ON EMPTY` (true) or `ON ERROR`
fn on(cursor: &mut Cursor<'_>) -> Result<bool> {
    cursor.expect("ON")?;
    let empty = cursor.accept("EMPTY");
    if !empty {
        cursor.expect("ERROR")?;
    }
    Ok(empty)
}

/// Those on empty and on error, NULL by default; each may be given once, that on empty first.
pub(super) fn pick(cursor: &Cursor<'_>, behaviours: Vec<Behaviour>) -> Result<[[Expr; 2]; 2]> {
    let default = || [text("NULL"), null()];
    let mut picked = [default(), default()];
    let order: Vec<bool> = behaviours.iter().map(|(_, empty)| *empty).collect();
    if !matches!(order.as_slice(), [] | [_] | [true, false]) {
        return Err(cursor.error(ErrorKind::Syntax, "ON EMPTY and ON ERROR are given once each, in this order"));
    }
    for (behaviour, empty) in behaviours {
        picked[usize::from(!empty)] = behaviour;
    }
    Ok(picked)
}

fn json_query(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let Invocation { input, path, passing, .. } = invocation(cursor)?;
    let mut arguments = vec![input, path];
    arguments.extend(output(cursor)?);
    arguments.extend(shape(cursor)?);
    arguments.extend(passing);
    Ok(call::plain("$json_query", arguments))
}

/// `[wrapper WRAPPER] [{KEEP | OMIT} QUOTES [ON SCALAR STRING]] [behaviour ON EMPTY] [behaviour ON ERROR]`, as four strings.
pub(super) fn shape(cursor: &mut Cursor<'_>) -> Result<[Expr; 4]> {
    let wrapper = if cursor.accept("WITHOUT") {
        "WITHOUT"
    } else if cursor.accept("WITH") {
        if cursor.accept("CONDITIONAL") {
            "CONDITIONAL"
        } else {
            cursor.accept("UNCONDITIONAL");
            "UNCONDITIONAL"
        }
    } else {
        ""
    };
    if !wrapper.is_empty() {
        cursor.accept("ARRAY");
        cursor.expect("WRAPPER")?;
    }
    let quotes = ["KEEP", "OMIT"].into_iter().find(|word| cursor.accept(word));
    if quotes.is_some() {
        cursor.expect("QUOTES")?;
        if cursor.accept("ON") {
            cursor.expect("SCALAR")?;
            if !cursor.accept("TEXT") {
                cursor.expect("STRING")?;
            }
        }
    }
    let mut behaviours = Vec::new();
    for _ in 0..2 {
        let word = ["ERROR", "NULL", "EMPTY ARRAY", "EMPTY OBJECT"].into_iter().find(|word| cursor.accept(word));
        if let Some(word) = word {
            behaviours.push(([text(word), null()], on(cursor)?));
        }
    }
    let [[on_empty, _], [on_error, _]] = pick(cursor, behaviours)?;
    let wrapper = if wrapper.is_empty() { "WITHOUT" } else { wrapper };
    Ok([text(wrapper), text(quotes.unwrap_or("KEEP")), on_empty, on_error])
}

fn object(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let (mut members, mut nulls, mut unique) = (Vec::new(), "NULL", false);
    if !cursor.is_symbol(")") && !cursor.is("RETURNING") {
        members.extend(member(cursor)?);
        while cursor.accept_symbol(",") {
            members.extend(member(cursor)?);
        }
        nulls = null_clause(cursor).unwrap_or(nulls);
        unique = cursor.accept("WITH UNIQUE");
        if unique || cursor.accept("WITHOUT UNIQUE") {
            cursor.accept("KEYS");
        }
    }
    let [returning, encoding] = output(cursor)?;
    let unique = Expr::Value(Value::Boolean(unique).with_empty_span());
    let arguments = [returning, encoding, text(nulls), unique].into_iter().chain(members).collect();
    Ok(call::plain("$json_object", arguments))
}

/// `[KEY] key VALUE value` or `key : value`
fn member(cursor: &mut Cursor<'_>) -> Result<[Expr; 2]> {
    if cursor.ahead(1).is_some_and(|token| !matches!(token.text, ":" | "(" | "." | "[") && !token.is("VALUE")) {
        cursor.accept("KEY");
    }
    let key = expression(cursor)?;
    if !cursor.accept_symbol(":") {
        cursor.expect("VALUE")?;
    }
    Ok([key, json_expression(cursor)?])
}

fn array(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let (mut items, mut nulls) = (Vec::new(), "ABSENT");
    if !cursor.is_symbol(")") && !cursor.is("RETURNING") {
        items.push(json_expression(cursor)?);
        while cursor.accept_symbol(",") {
            items.push(json_expression(cursor)?);
        }
        nulls = null_clause(cursor).unwrap_or(nulls);
    }
    let [returning, encoding] = output(cursor)?;
    Ok(call::plain("$json_array", [returning, encoding, text(nulls)].into_iter().chain(items).collect()))
}

/// `{NULL | ABSENT} ON NULL`, where there is one.
fn null_clause(cursor: &mut Cursor<'_>) -> Option<&'static str> {
    [("NULL ON NULL", "NULL"), ("ABSENT ON NULL", "ABSENT")]
        .into_iter()
        .find(|(phrase, _)| cursor.accept(phrase))
        .map(|(_, word)| word)
}

/// `[RETURNING type [FORMAT JSON …]]`: the type, text by default, and the encoding or NULL.
fn output(cursor: &mut Cursor<'_>) -> Result<[Expr; 2]> {
    if !cursor.accept("RETURNING") {
        return Ok([type_of(None), null()]);
    }
    let returning = type_of(Some(data_type::data_type(cursor)?));
    Ok([returning, format(cursor)?.map_or_else(null, text)])
}

/// What a path is asked of.
pub(super) struct Invocation {
    /// As JSON: `"$json_input"(value, encoding)`.
    pub(super) input: Expr,
    pub(super) path: Expr,
    pub(super) name: Option<String>,
    /// Names and values, in turn.
    pub(super) passing: Vec<Expr>,
}

/// `value [FORMAT JSON …], 'path' [AS name] [PASSING value AS name, …]`
pub(super) fn invocation(cursor: &mut Cursor<'_>) -> Result<Invocation> {
    let input = expression(cursor)?;
    let encoding = format(cursor)?.unwrap_or("JSON");
    let input = call::plain("$json_input", vec![input, text(encoding)]);
    cursor.expect_symbol(",")?;
    let path = Expr::Value(literal::string(cursor)?);
    let name = if cursor.accept("AS") { Some(name::identifier(cursor)?.value) } else { None };
    let mut passing = Vec::new();
    if cursor.accept("PASSING") {
        loop {
            let value = json_expression(cursor)?;
            cursor.expect("AS")?;
            passing.extend([text(&argument_name(cursor)?), value]);
            if !cursor.accept_symbol(",") {
                break;
            }
        }
    }
    Ok(Invocation { input, path, name, passing })
}

/// The name by which a path knows a value: in capitals unless quoted, as paths compare names exactly.
fn argument_name(cursor: &mut Cursor<'_>) -> Result<String> {
    let token = cursor.peek();
    name::identifier(cursor)?;
    Ok(match token {
        Some(token) if token.kind == Kind::Quoted => unquote(token.text),
        Some(token) => token.text.to_uppercase(),
        None => String::new(),
    })
}

/// `value [FORMAT JSON …]`; what a function makes that gives JSON text is JSON without being called so.
fn json_expression(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let value = expression(cursor)?;
    let given = match format(cursor)? {
        None if gives_json(&value) => Some("JSON"),
        given => given,
    };
    Ok(match given {
        Some(encoding) => call::plain("$json_input", vec![value, text(encoding)]),
        None => value,
    })
}

fn gives_json(value: &Expr) -> bool {
    let Expr::Function(function) = value else { return false };
    let [part] = function.name.0.as_slice() else { return false };
    part.as_ident().is_some_and(|name| matches!(name.value.as_str(), "$json_query" | "$json_object" | "$json_array"))
}

/// `FORMAT JSON [ENCODING {UTF8 | UTF16 | UTF32}]`, where there is one.
pub(super) fn format(cursor: &mut Cursor<'_>) -> Result<Option<&'static str>> {
    if !cursor.accept("FORMAT JSON") {
        return Ok(None);
    }
    if !cursor.accept("ENCODING") {
        return Ok(Some("JSON"));
    }
    let encoding = ["UTF8", "UTF16", "UTF32"].into_iter().find(|word| cursor.accept(word));
    encoding.map(Some).ok_or_else(|| cursor.mismatch())
}

/// `CAST(NULL AS type)`, which says a type where only values can be said.
pub(super) fn type_of(data_type: Option<DataType>) -> Expr {
    let data_type = data_type.unwrap_or(DataType::Varchar(None));
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(null()), data_type, array: false, format: None }
}

fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}
