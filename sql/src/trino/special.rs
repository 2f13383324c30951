//! Calls with a grammar of their own, told as the calls of functions that Trino gives them the meaning of: `TRIM(LEADING x
//! FROM y)` is `ltrim(y, x)`, `IF` is CASE. And what Trino checks of calls while it parses.

use catalog::Result;
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, CastKind, DataType, DateTimeField, DuplicateTreatment, Expr, ExtractSyntax, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArguments, Ident, ListAggOnOverflow, ObjectName, Value,
};

use super::expression::{expression, value};
use super::{call, literal, name, query};
use crate::cursor::Cursor;

/// A call in a form of its own that begins with `word`, in capitals; `bracket` says whether one follows.
pub(super) fn accept(cursor: &mut Cursor<'_>, word: &str, bracket: bool) -> Result<Option<Expr>> {
    let parse = match word {
        "CURRENT_DATE" | "CURRENT_USER" | "CURRENT_CATALOG" | "CURRENT_SCHEMA" | "CURRENT_PATH" => bare,
        "CURRENT_TIME" | "CURRENT_TIMESTAMP" | "LOCALTIME" | "LOCALTIMESTAMP" => now,
        "EXTRACT" => extract,
        "TRIM" => trim,
        "NORMALIZE" => normalize,
        "GROUPING" => grouping,
        "LISTAGG" => listagg,
        "SUBSTRING" if bracket => substring,
        "POSITION" if bracket => position,
        "OVERLAY" if bracket => overlay,
        _ => return Ok(None),
    };
    cursor.nested(parse).map(Some)
}

/// The word as a name; it may be reserved.
fn keyword(cursor: &mut Cursor<'_>) -> ObjectName {
    let word = cursor.word().unwrap_or_default();
    let mut ident = Ident::new(word.to_ascii_lowercase());
    ident.span = name::span(cursor.place(), word);
    cursor.advance();
    ObjectName::from(vec![ident])
}

fn bare(cursor: &mut Cursor<'_>) -> Result<Expr> {
    Ok(call::bare(keyword(cursor)))
}

/// `CURRENT_TIMESTAMP [(precision)]` and the like.
fn now(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let name = keyword(cursor);
    if !cursor.accept_symbol("(") {
        return Ok(call::bare(name));
    }
    let precision = literal::number(cursor, false)?;
    cursor.expect_symbol(")")?;
    Ok(Expr::Function(call::function(name, vec![precision])))
}

/// `EXTRACT(field FROM value)`
fn extract(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let mut field = name::identifier(cursor)?;
    field.value = field.value.to_ascii_uppercase();
    cursor.expect("FROM")?;
    let expr = Box::new(value(cursor)?);
    cursor.expect_symbol(")")?;
    Ok(Expr::Extract { field: DateTimeField::Custom(field), syntax: ExtractSyntax::From, expr })
}

/// `TRIM([[LEADING | TRAILING | BOTH] [characters] FROM] value)` or `TRIM(value, characters)`
fn trim(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let sides = [("LEADING", "ltrim"), ("TRAILING", "rtrim"), ("BOTH", "trim")];
    let side = sides.into_iter().find(|(word, _)| {
        let name = cursor.ahead(1).is_some_and(|token| [")", ",", ".", "(", "["].iter().any(|symbol| token.is_symbol(symbol)));
        !name && cursor.accept(word)
    });
    let function = side.map_or("trim", |(_, function)| function);
    let first = if cursor.is("FROM") { None } else { Some(value(cursor)?) };
    let arguments = match first {
        Some(source) if side.is_none() && cursor.accept_symbol(",") => vec![source, value(cursor)?],
        Some(source) if side.is_none() && !cursor.is("FROM") => vec![source],
        characters => {
            cursor.expect("FROM")?;
            // The functions take characters as varchar.
            let characters = characters.map(|characters| match characters {
                typed @ Expr::TypedString(_) => Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(typed),
                    data_type: DataType::Varchar(None),
                    array: false,
                    format: None,
                },
                other => other,
            });
            std::iter::once(value(cursor)?).chain(characters).collect()
        }
    };
    cursor.expect_symbol(")")?;
    Ok(call::plain(function, arguments))
}

/// Whether `word` stands in the brackets that are next, and not in others inside them.
fn brackets_hold(cursor: &Cursor<'_>, word: &str) -> bool {
    let Some(end) = cursor.closing(0) else { return false };
    let mut places = 1;
    while places < end {
        if cursor.ahead(places).is_some_and(|token| token.is(word)) {
            return true;
        }
        places = cursor.closing(places).unwrap_or(places) + 1;
    }
    false
}

/// `SUBSTRING(value FROM start [FOR length])`, or the function.
fn substring(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let name = keyword(cursor);
    if !brackets_hold(cursor, "FROM") {
        return call::call(cursor, name);
    }
    cursor.expect_symbol("(")?;
    let mut arguments = vec![value(cursor)?];
    cursor.expect("FROM")?;
    arguments.push(value(cursor)?);
    if cursor.accept("FOR") {
        arguments.push(value(cursor)?);
    }
    cursor.expect_symbol(")")?;
    Ok(call::plain("substring", arguments))
}

/// `POSITION(part IN whole)`
fn position(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let part = value(cursor)?;
    cursor.expect("IN")?;
    let whole = value(cursor)?;
    cursor.expect_symbol(")")?;
    Ok(call::plain("strpos", vec![whole, part]))
}

/// `OVERLAY(value PLACING new FROM start [FOR length])`
fn overlay(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let name = keyword(cursor);
    if !brackets_hold(cursor, "PLACING") {
        return call::call(cursor, name);
    }
    cursor.expect_symbol("(")?;
    let mut arguments = vec![value(cursor)?];
    cursor.expect("PLACING")?;
    arguments.push(value(cursor)?);
    cursor.expect("FROM")?;
    arguments.push(value(cursor)?);
    if cursor.accept("FOR") {
        arguments.push(value(cursor)?);
    }
    cursor.expect_symbol(")")?;
    Ok(call::plain("overlay", arguments))
}

/// `NORMALIZE(value [, NFD | NFC | NFKD | NFKC])`
fn normalize(cursor: &mut Cursor<'_>) -> Result<Expr> {
    cursor.advance();
    cursor.expect_symbol("(")?;
    let mut arguments = vec![value(cursor)?];
    if cursor.accept_symbol(",") {
        let Some(form) = ["NFD", "NFC", "NFKD", "NFKC"].into_iter().find(|form| cursor.accept(form)) else {
            return Err(cursor.mismatch());
        };
        arguments.push(text(form));
    }
    cursor.expect_symbol(")")?;
    Ok(call::plain("normalize", arguments))
}

/// `GROUPING(column, …)`
fn grouping(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let name = keyword(cursor);
    call::call(cursor, name)
}

/// `LISTAGG([DISTINCT | ALL] value [, separator] [ON OVERFLOW …]) [WITHIN GROUP (ORDER BY …)]` and what may follow any call.
fn listagg(cursor: &mut Cursor<'_>) -> Result<Expr> {
    let name = keyword(cursor);
    cursor.expect_symbol("(")?;
    let quantifier = call::quantifier(cursor);
    let mut arguments = vec![expression(cursor)?];
    if cursor.accept_symbol(",") {
        arguments.push(Expr::Value(literal::string(cursor)?));
    }
    let overflow = if cursor.accept("ON OVERFLOW") { Some(overflow(cursor)?) } else { None };
    cursor.expect_symbol(")")?;
    let mut call = call::function(name, arguments);
    if let FunctionArguments::List(list) = &mut call.args {
        list.duplicate_treatment = quantifier;
        list.clauses.extend(overflow.map(FunctionArgumentClause::OnOverflow));
    }
    if cursor.accept("WITHIN GROUP") {
        cursor.expect_symbol("(")?;
        cursor.expect("ORDER BY")?;
        call.within_group = query::sort_items(cursor)?;
        cursor.expect_symbol(")")?;
    }
    call::clauses(cursor, &mut call)?;
    Ok(Expr::Function(call))
}

/// `ERROR` or `TRUNCATE ['filler'] {WITH | WITHOUT} COUNT`
fn overflow(cursor: &mut Cursor<'_>) -> Result<ListAggOnOverflow> {
    if cursor.accept("ERROR") {
        return Ok(ListAggOnOverflow::Error);
    }
    cursor.expect("TRUNCATE")?;
    let filler = literal::accept_string(cursor)?.map(|filler| Box::new(Expr::Value(filler)));
    let with_count = cursor.accept("WITH COUNT");
    if !with_count {
        cursor.expect("WITHOUT COUNT")?;
    }
    Ok(ListAggOnOverflow::Truncate { filler, with_count })
}

/// A string of ours.
pub(super) fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_string()).with_empty_span())
}

/// What Trino's parser refuses of a call that is well written, in its words; and IF as the CASE that it is.
pub(super) fn checked(call: Function) -> std::result::Result<Expr, String> {
    let [part] = call.name.0.as_slice() else { return Ok(Expr::Function(call)) };
    let name = part.as_ident().map(|ident| ident.value.to_ascii_lowercase()).unwrap_or_default();
    let FunctionArguments::List(list) = &call.args else { return Ok(Expr::Function(call)) };
    if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && list.args.is_empty() {
        return Err(format!("mismatched input ')' after DISTINCT in '{name}'"));
    }
    let count = list.args.len();
    let enough = match name.as_str() {
        "if" => (2..=3).contains(&count),
        "nullif" => count == 2,
        "coalesce" | "format" => count >= 2,
        "try" => count == 1,
        _ => return Ok(Expr::Function(call)),
    };
    if call.over.is_some() {
        return Err(format!("OVER clause not valid for '{name}' function"));
    }
    if list.duplicate_treatment.is_some() {
        return Err(format!("DISTINCT not valid for '{name}' function"));
    }
    if call.filter.is_some() {
        return Err(format!("FILTER not valid for '{name}' function"));
    }
    if call.null_treatment.is_some() {
        return Err(format!("Null treatment clause not valid for '{name}' function"));
    }
    if list.args.iter().any(|argument| matches!(argument, FunctionArg::Named { .. })) {
        return Err(format!("Named arguments not valid for '{name}' function"));
    }
    if !enough {
        return Err(match name.as_str() {
            "coalesce" => "The 'coalesce' function must have at least two arguments".to_string(),
            "try" => "The 'try' function must have exactly one argument".to_string(),
            _ => format!("Invalid number of arguments for '{name}' function"),
        });
    }
    Ok(if name == "if" { if_is_case(call) } else { Expr::Function(call) })
}

fn if_is_case(call: Function) -> Expr {
    let FunctionArguments::List(list) = call.args else { return Expr::Function(call) };
    let mut arguments = list.args.into_iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => expr,
        _ => Expr::Value(Value::Null.with_empty_span()),
    });
    let null = || Expr::Value(Value::Null.with_empty_span());
    let condition = arguments.next().unwrap_or_else(null);
    let result = arguments.next().unwrap_or_else(null);
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result }],
        else_result: arguments.next().map(Box::new),
    }
}
