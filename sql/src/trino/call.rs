//! Calls of functions: arguments, FILTER, IGNORE NULLS, WITHIN GROUP, OVER and the windows of it.

use catalog::{Error, ErrorKind, Result};
use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, Ident, NullTreatment, ObjectName, Value, WindowFrame, WindowFrameBound,
    WindowFrameUnits, WindowSpec, WindowType,
};

use super::expression::{expression, expressions};
use super::{name, pattern, query, special};
use crate::cursor::Cursor;
use crate::token::{Kind, Token};

/// A call of `word` without any clause; a word with `$` is one of the functions that stand for grammar.
pub(super) fn plain(word: &str, arguments: Vec<Expr>) -> Expr {
    Expr::Function(function(ObjectName::from(vec![name::own(word)]), arguments))
}

/// As [`plain`], under any name.
pub(super) fn function(name: ObjectName, arguments: Vec<Expr>) -> Function {
    let args = arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect();
    let list = FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() };
    of(name, FunctionArguments::List(list))
}

/// A function without brackets, such as `current_date`.
pub(super) fn bare(name: ObjectName) -> Expr {
    Expr::Function(of(name, FunctionArguments::None))
}

/// A measure over a window: a function without brackets.
pub(super) fn measure(name: ObjectName, window: WindowType) -> Expr {
    Expr::Function(Function { over: Some(window), ..of(name, FunctionArguments::None) })
}

fn of(name: ObjectName, args: FunctionArguments) -> Function {
    Function {
        name,
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    }
}

/// Whether this is the row constructor `ROW(…)`.
pub(super) fn is_row(function: &Function) -> bool {
    names_row(&function.name)
}

fn names_row(name: &ObjectName) -> bool {
    let [part] = name.0.as_slice() else { return false };
    part.as_ident().is_some_and(|ident| ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("row"))
}

/// The arguments of a call that has values only.
pub(super) fn arguments_of(function: Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = function.args else { return Vec::new() };
    let values = list.args.into_iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    });
    values.collect()
}

/// `([DISTINCT | ALL] arguments [ORDER BY …])` and the clauses after it; the name was read.
pub(super) fn call(cursor: &mut Cursor<'_>, name: ObjectName) -> Result<Expr> {
    if names_row(&name) {
        return row(cursor, name);
    }
    let start = name.0.first().and_then(|part| part.as_ident()).map(|ident| ident.span.start);
    let mut call = of(name, FunctionArguments::List(arguments(cursor)?));
    clauses(cursor, &mut call)?;
    special::checked(call).map_err(|message| {
        let error = Error::new(ErrorKind::Syntax, message);
        match start {
            Some(at) => error.at(catalog::Position { line: at.line, column: at.column }),
            None => error,
        }
    })
}

/// `(value [AS name], …)` of a row; with names it is `"$named_row"(name, value, …)`, where NULL stands for a name that is not given.
fn row(cursor: &mut Cursor<'_>, name: ObjectName) -> Result<Expr> {
    let mut fields = Vec::new();
    cursor.expect_symbol("(")?;
    while fields.is_empty() && !cursor.is_symbol(")") || cursor.accept_symbol(",") {
        let value = expression(cursor)?;
        fields.push((if cursor.accept("AS") { Some(name::identifier(cursor)?) } else { None }, value));
    }
    cursor.expect_symbol(")")?;
    if fields.iter().all(|(name, _)| name.is_none()) {
        return Ok(Expr::Function(function(name, fields.into_iter().map(|(_, value)| value).collect())));
    }
    let text = |name: Option<Ident>| match name {
        Some(name) if name.quote_style.is_none() => special::text(&name.value.to_lowercase()),
        Some(name) => special::text(&name.value),
        None => Expr::Value(Value::Null.with_empty_span()),
    };
    Ok(plain("$named_row", fields.into_iter().flat_map(|(name, value)| [text(name), value]).collect()))
}

/// As [`call`], with `first` before the arguments; what may be an item method of JSON is `"$item"(first, type, name, …)`.
pub(super) fn method(cursor: &mut Cursor<'_>, name: Ident, first: Expr) -> Result<Expr> {
    let mut list = arguments(cursor)?;
    let mut leading = vec![first];
    let item = if name.quote_style.is_none() { item_type(&name.value, &list) } else { None };
    let called = match item {
        Some(r#type) => {
            leading.extend([special::text(&r#type), special::text(&name.value.to_ascii_lowercase())]);
            name::own("$item")
        }
        None => name,
    };
    let leading = leading.into_iter().map(|value| FunctionArg::Unnamed(FunctionArgExpr::Expr(value)));
    list.args = leading.chain(list.args).collect();
    Ok(Expr::Function(of(ObjectName::from(vec![called]), FunctionArguments::List(list))))
}

/// The item methods of JSON, with the type of what each gives and how many numbers of it may be given.
const ITEM_METHODS: [(&str, &str, usize); 13] = [
    ("bigint", "bigint", 0),
    ("boolean", "boolean", 0),
    ("date", "date", 0),
    ("decimal", "decimal", 2),
    ("double", "double", 0),
    ("integer", "integer", 0),
    ("number", "double", 0),
    ("string", "varchar", 0),
    ("time", "time", 1),
    ("time_tz", "time with time zone", 1),
    ("timestamp", "timestamp", 1),
    ("timestamp_tz", "timestamp with time zone", 1),
    ("real", "real", 0),
];

/// Whether the word is the name of an item method.
pub(super) fn is_item_method(token: Token<'_>) -> bool {
    ITEM_METHODS.iter().any(|(method, ..)| token.is(method))
}

/// The type of what an item method of JSON gives (`x.decimal(10, 2)`).
fn item_type(name: &str, list: &FunctionArgumentList) -> Option<String> {
    let (_, r#type, most) = ITEM_METHODS.into_iter().find(|(method, ..)| method.eq_ignore_ascii_case(name))?;
    let numbers = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => Some(value.value.to_string()),
        _ => None,
    });
    let numbers = numbers.collect::<Option<Vec<_>>>()?;
    if numbers.len() > most {
        return None;
    }
    if numbers.is_empty() {
        return Some(r#type.to_string());
    }
    let (first, rest) = r#type.split_once(' ').map_or((r#type, String::new()), |(first, rest)| (first, format!(" {rest}")));
    Some(format!("{first}({}){rest}", numbers.join(", ")))
}

/// `[FILTER (WHERE …)] [IGNORE NULLS | RESPECT NULLS] [OVER …]`
pub(super) fn clauses(cursor: &mut Cursor<'_>, call: &mut Function) -> Result<()> {
    if cursor.ahead(1).is_some_and(|token| token.is_symbol("(")) && cursor.accept("FILTER") {
        cursor.expect_symbol("(")?;
        cursor.expect("WHERE")?;
        call.filter = Some(Box::new(expression(cursor)?));
        cursor.expect_symbol(")")?;
    }
    if cursor.accept("IGNORE NULLS") {
        call.null_treatment = Some(NullTreatment::IgnoreNulls);
    } else if cursor.accept("RESPECT NULLS") {
        call.null_treatment = Some(NullTreatment::RespectNulls);
    }
    let over = cursor.is("OVER") && cursor.ahead(1).is_some_and(|token| token.is_symbol("(") || name::is_name(token));
    if over {
        cursor.advance();
        call.over = Some(window(cursor)?);
    } else if call.null_treatment.is_some() {
        return Err(cursor.mismatch_with("OVER"));
    }
    Ok(())
}

fn arguments(cursor: &mut Cursor<'_>) -> Result<FunctionArgumentList> {
    let mut list = FunctionArgumentList { duplicate_treatment: None, args: Vec::new(), clauses: Vec::new() };
    cursor.expect_symbol("(")?;
    if cursor.accept_symbol(")") {
        return Ok(list);
    }
    if cursor.accept_symbol("*") {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
        cursor.expect_symbol(")")?;
        return Ok(list);
    }
    let label =
        cursor.ahead(1).is_some_and(|token| token.is_symbol(".")) && cursor.ahead(2).is_some_and(|token| token.is_symbol("*"));
    if label {
        let name = ObjectName::from(vec![name::identifier(cursor)?]);
        cursor.expect_symbol(".")?;
        cursor.expect_symbol("*")?;
        cursor.expect_symbol(")")?;
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)));
        return Ok(list);
    }
    list.duplicate_treatment = quantifier(cursor);
    if list.duplicate_treatment.is_some() || !cursor.is("ORDER") {
        list.args.push(argument(cursor)?);
        while cursor.accept_symbol(",") {
            list.args.push(argument(cursor)?);
        }
    }
    if cursor.accept("ORDER BY") {
        list.clauses.push(FunctionArgumentClause::OrderBy(query::sort_items(cursor)?));
    }
    cursor.expect_symbol(")")?;
    Ok(list)
}

/// `DISTINCT` or `ALL`; the latter is a quantifier only where a value follows.
pub(super) fn quantifier(cursor: &mut Cursor<'_>) -> Option<DuplicateTreatment> {
    if cursor.accept("DISTINCT") {
        return Some(DuplicateTreatment::Distinct);
    }
    let value = cursor.ahead(1).is_some_and(|token| match token.kind {
        Kind::Word => {
            !name::is_reserved(token.text) || ["CAST", "CASE", "NULL", "TRUE", "FALSE"].iter().any(|word| token.is(word))
        }
        Kind::Symbol => false,
        _ => true,
    });
    (value && cursor.accept("ALL")).then_some(DuplicateTreatment::All)
}

/// `value` or `name => value`
fn argument(cursor: &mut Cursor<'_>) -> Result<FunctionArg> {
    cursor.offer("<identifier>");
    if cursor.ahead(1).is_some_and(|token| token.is_symbol("=>")) {
        let name = name::identifier(cursor)?;
        cursor.advance();
        let arg = FunctionArgExpr::Expr(expression(cursor)?);
        return Ok(FunctionArg::Named { name, arg, operator: FunctionArgOperator::RightArrow });
    }
    Ok(FunctionArg::Unnamed(FunctionArgExpr::Expr(expression(cursor)?)))
}

/// What follows OVER: a window's name, or a window in brackets.
pub(super) fn window(cursor: &mut Cursor<'_>) -> Result<WindowType> {
    if cursor.is_symbol("(") {
        return cursor.nested(specification).map(WindowType::WindowSpec);
    }
    name::identifier(cursor).map(WindowType::NamedWindow)
}

/// `([window] [PARTITION BY …] [ORDER BY …] [MEASURES …] [frame] [row pattern])`; a row pattern is the last key of the partition,
/// see [`pattern::of_window`].
pub(super) fn specification(cursor: &mut Cursor<'_>) -> Result<WindowSpec> {
    cursor.expect_symbol("(")?;
    let clauses = ["PARTITION BY", "ROWS", "RANGE", "GROUPS", "MEASURES", "AFTER MATCH", "INITIAL", "SEEK", "PATTERN"];
    let clause = clauses.iter().any(|word| cursor.sees(word));
    let window_name = if clause { None } else { name::accept(cursor) };
    let mut partition_by = if cursor.accept("PARTITION BY") { expressions(cursor)? } else { Vec::new() };
    let order_by = if cursor.accept("ORDER BY") { query::sort_items(cursor)? } else { Vec::new() };
    let measures = if cursor.accept("MEASURES") { Some(pattern::measures(cursor)?) } else { None };
    let window_frame = frame(cursor)?;
    let clauses = ["AFTER MATCH", "INITIAL", "SEEK", "PATTERN"];
    if measures.is_some() || clauses.iter().any(|phrase| cursor.sees(phrase)) {
        partition_by.push(pattern::of_window(cursor, measures.unwrap_or_default())?);
    }
    cursor.expect_symbol(")")?;
    Ok(WindowSpec { window_name, partition_by, order_by, window_frame })
}

/// `{ROWS | RANGE | GROUPS} {bound | BETWEEN bound AND bound}`, where there is one.
fn frame(cursor: &mut Cursor<'_>) -> Result<Option<WindowFrame>> {
    let units = [("ROWS", WindowFrameUnits::Rows), ("RANGE", WindowFrameUnits::Range), ("GROUPS", WindowFrameUnits::Groups)];
    let Some((_, units)) = units.into_iter().find(|(word, _)| cursor.accept(word)) else { return Ok(None) };
    if cursor.accept("BETWEEN") {
        let start_bound = bound(cursor)?;
        cursor.expect("AND")?;
        return Ok(Some(WindowFrame { units, start_bound, end_bound: Some(bound(cursor)?) }));
    }
    Ok(Some(WindowFrame { units, start_bound: bound(cursor)?, end_bound: None }))
}

fn bound(cursor: &mut Cursor<'_>) -> Result<WindowFrameBound> {
    if cursor.accept("UNBOUNDED PRECEDING") {
        return Ok(WindowFrameBound::Preceding(None));
    }
    if cursor.accept("UNBOUNDED FOLLOWING") {
        return Ok(WindowFrameBound::Following(None));
    }
    if cursor.accept("CURRENT ROW") {
        return Ok(WindowFrameBound::CurrentRow);
    }
    let offset = Some(Box::new(expression(cursor)?));
    if cursor.accept("PRECEDING") {
        Ok(WindowFrameBound::Preceding(offset))
    } else if cursor.accept("FOLLOWING") {
        Ok(WindowFrameBound::Following(offset))
    } else {
        Err(cursor.mismatch())
    }
}
