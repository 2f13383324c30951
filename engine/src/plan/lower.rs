//! The one pass over a query's syntax tree before DataFusion plans it: what DataFusion plans in another way than Trino, or not at
//! all, becomes a call of a function of ours or a cast.
//!
//! | written | becomes | why |
//! |---|---|---|
//! | `1` | `CAST(1 AS integer)`, `bigint` where it is larger | DataFusion has bigint for all; see [`super::whole`] |
//! | `1.5`, where decimals are literals | `CAST('1.5' AS decimal(2, 1))` | DataFusion would read `1e0` as a decimal, too |
//! | `1e0` | `CAST('1e0' AS double)` | the same |
//! | `DECIMAL '1.20'`, `TIMESTAMP '2024-01-01 00:00:00.1'` | a cast to `decimal(3, 2)`, `timestamp(1)` | the text has the type |
//! | `CAST(x AS varchar(3))` | `"$cast"(x, 'varchar(3)')` | Arrow's type does not have the length |
//! | `INTERVAL '1' DAY` | `"$day_to_second"(86400000)`, `"$year_to_month"(…)` | intervals are milliseconds or months |
//! | `-x` | `"$negate"(x)` | checked, and for all types |
//! | `a IS DISTINCT FROM b` | an operator that [`crate::coerce`] plans | arrays and rows |
//! | `(a, b)`, `ROW(a, b)` | `"$row"(a, b)` | DataFusion takes names and literals only |
//! | `ARRAY[a, b]` | `"$array"(a, b)` | DataFusion forgets the query around it |
//! | `a[i]`, `f(x).a`, `x.bigint()` | operators that [`crate::coerce`] plans | arrays, rows and JSON |
//! | in a lambda `x.a` | `"$dereference"(x, 'a')` | DataFusion takes no parameters before the dot |
//! | `a \|\| b` | `concat(a, b)` | DataFusion skips NULL |
//! | `x AT TIME ZONE z` | `"$at_timezone"(x, z)` | DataFusion takes only literals |
//! | `EXTRACT(year FROM x)` | `"$extract_year"(x)` | Trino's meaning of it |
//! | `CURRENT_TIMESTAMP(6)` and the like | `CAST("$now"() AS timestamp(6) with time zone)` | the number is in the type |
//! | frames that DataFusion has not | an argument `"$frame"(…)` | see [`super::frame`] |
//! | `try(x)`, `listagg(x, s)` and other calls | | see [`super::calls`] |

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Position, Result, name};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, DataType, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, Interval, LambdaFunction, ObjectName, OneOrManyWithParens, Query, Select,
    SelectItem, SetExpr, Spanned, Subscript, TableFactor, TypedString, UnaryOperator, Value, VisitMut, VisitorMut, WindowType,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::{forms, whole};
use crate::coerce::json;
use crate::functions;
use crate::functions::json::model::Json;
use crate::properties::Properties;
use crate::types::{MAX_PRECISION, Type};

/// The operator that stands for `IS DISTINCT FROM`, and its opposite.
pub(crate) const IS_DISTINCT: &str = "IS DISTINCT FROM";
pub(crate) const IS_NOT_DISTINCT: &str = "IS NOT DISTINCT FROM";

/// More arguments than Java's methods take, of which two are the machinery's (Trino's `ExpressionAnalyzer`).
const MOST_ARGUMENTS: usize = 127;

/// Rewrites `query` in place.
///
/// Errors: `InvalidLiteral` with its position for a literal that is none of its type, `NumericOutOfRange` for decimals of more
/// than 38 digits.
pub(super) fn query(query: &mut Query, properties: &Properties) -> Result<()> {
    match query.visit(&mut Lower { properties, parameters: vec![], calls: 0, casts_told: vec![] }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

struct Lower<'a> {
    properties: &'a Properties,
    /// The parameters of the lambdas around, which DataFusion does not look for before a dot.
    parameters: Vec<Vec<String>>,
    /// The calls around.
    calls: usize,
    /// For each query around, whether its casts have names of their own: see [`forms::groups_by_casts`].
    casts_told: Vec<bool>,
}

impl VisitorMut for Lower<'_> {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if let Expr::Lambda(lambda) = expr {
            self.parameters.push(parameters(lambda));
        }
        self.calls += usize::from(matches!(expr, Expr::Function(_)));
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        if matches!(expr, Expr::Lambda(_)) {
            self.parameters.pop();
        }
        self.calls -= usize::from(matches!(expr, Expr::Function(_)));
        let start = expr.span().start;
        match self.lower(std::mem::replace(expr, Expr::Value(Value::Null.with_empty_span()))) {
            Ok(lowered) => {
                *expr = lowered;
                ControlFlow::Continue(())
            }
            Err(error) => ControlFlow::Break(placed(error, start)),
        }
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.casts_told.push(forms::groups_by_casts(&query.body));
        name_casts(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        self.casts_told.pop();
        whole::places_of_query(query);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        whole::places_of_select(select);
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        whole::share_of_sample(factor);
        ControlFlow::Continue(())
    }
}

/// The error with its place in the text, where that is known and not told already.
pub(super) fn placed(error: Error, start: Location) -> Error {
    match error.position() {
        None if start.line > 0 => error.at(Position { line: start.line, column: start.column }),
        _ => error,
    }
}

/// The names of a lambda's parameters.
fn parameters(lambda: &LambdaFunction) -> Vec<String> {
    match &lambda.params {
        OneOrManyWithParens::One(parameter) => vec![name::fold(&parameter.name.value)],
        OneOrManyWithParens::Many(parameters) => parameters.iter().map(|parameter| name::fold(&parameter.name.value)).collect(),
    }
}

/// DataFusion gives a cast the name of what is cast, so that `SELECT CAST(x AS varchar) … ORDER BY x`, which computes both, would have two
/// columns of one name. It gets the one that Trino shows.
fn name_casts(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    if query.order_by.is_none() || select.distinct.is_some() {
        return;
    }
    for (at, item) in select.projection.iter_mut().enumerate() {
        if let SelectItem::UnnamedExpr(expr @ Expr::Cast { .. }) = item {
            let expr = std::mem::replace(expr, super::grouping::null());
            *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', format!("_col{at}")) };
        }
    }
}

/// `parameter.field.field`
fn fields(path: Vec<Ident>) -> Expr {
    let mut path = path.into_iter();
    let parameter = path.next().map_or_else(|| string(""), Expr::Identifier);
    path.fold(parameter, |row, field| call("$dereference", vec![row, string(&field.value)]))
}

impl Lower<'_> {
    fn lower(&self, expr: Expr) -> Result<Expr> {
        Ok(match expr {
            Expr::Value(value) => match &value.value {
                Value::Number(text, _) if text.contains(['e', 'E']) => cast(text, &Type::Double),
                Value::Number(text, _) if text.contains('.') && self.properties.decimal_literals => decimal(text)?,
                Value::Number(text, _) if text.contains('.') => cast(text, &Type::Double),
                Value::Number(text, _) => whole::number(text, false).unwrap_or(Expr::Value(value)),
                _ => Expr::Value(value),
            },
            Expr::Cast { kind, expr, data_type, format: None, array: false } => self.cast(kind, *expr, data_type),
            Expr::TypedString(literal) => self.typed(literal)?,
            Expr::Interval(literal) => interval(&literal)?,
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match whole::digits(&expr) {
                // The minus belongs to the number: the least bigint has no positive counterpart.
                Some(digits) => whole::number(digits, true).unwrap_or(Expr::UnaryOp { op: UnaryOperator::Minus, expr }),
                None => call("$negate", vec![*expr]),
            },
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => call("$plus", vec![*expr]),
            Expr::IsDistinctFrom(left, right) => operator(IS_DISTINCT, left, right),
            Expr::IsNotDistinctFrom(left, right) => operator(IS_NOT_DISTINCT, left, right),
            Expr::BinaryOp { op: BinaryOperator::StringConcat, left, right } => call("concat", vec![*left, *right]),
            Expr::Tuple(values) => call("$row", values),
            Expr::Array(array) => call("$array", array.elem),
            Expr::AtTimeZone { timestamp, time_zone } => call("$at_timezone", vec![*timestamp, *time_zone]),
            Expr::Extract { field, expr, .. } => extract(&field, *expr)?,
            Expr::Function(called) => function(called)?,
            Expr::CompoundFieldAccess { root, access_chain } => self.access(*root, access_chain)?,
            Expr::CompoundIdentifier(path) if self.is_parameter(&path[0]) => fields(path),
            other => other,
        })
    }

    /// A cast is a call where the length of its type matters, which Arrow does not know, and in the arguments of calls: DataFusion
    /// gives `sum(x)` and `sum(CAST(x AS double))` one name; so it is where two groups differ in their casts alone.
    fn cast(&self, kind: CastKind, expr: Expr, data_type: DataType) -> Expr {
        let name = sql::type_text(&data_type);
        let is_constant = matches!(expr, Expr::Value(_) | Expr::Cast { .. });
        // A text that is cast to varchar loses its length, and DataFusion would see nothing to do.
        let is_text = matches!(&expr, Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)));
        let loses_length = is_text && name.eq_ignore_ascii_case("varchar");
        let plain = self.calls == 0 && self.casts_told.last() != Some(&true);
        if (plain || is_constant) && !loses_length && !name.to_lowercase().contains("varchar(") {
            return Expr::Cast { kind, expr: Box::new(expr), data_type, format: None, array: false };
        }
        let function = if matches!(kind, CastKind::TryCast | CastKind::SafeCast) { "$try_cast" } else { "$cast" };
        call(function, vec![expr, string(&name)])
    }

    fn is_parameter(&self, ident: &Ident) -> bool {
        let name = name::fold(&ident.value);
        self.parameters.iter().flatten().any(|parameter| *parameter == name)
    }

    /// `t.a[i]` is the element of a column: names at the beginning are one, but those after a lambda's parameter.
    fn access(&self, root: Expr, mut chain: Vec<AccessExpr>) -> Result<Expr> {
        let Expr::Identifier(first) = &root else { return access(root, chain) };
        if self.is_parameter(first) {
            return access(root, chain);
        }
        let is_name = |step: &AccessExpr| matches!(step, AccessExpr::Dot(Expr::Identifier(_)));
        let rest = chain.split_off(chain.iter().take_while(|step| is_name(step)).count());
        if chain.is_empty() {
            return access(root, rest);
        }
        let names = chain.into_iter().filter_map(|step| match step {
            AccessExpr::Dot(Expr::Identifier(name)) => Some(name),
            _ => None,
        });
        access(Expr::CompoundIdentifier(std::iter::once(first.clone()).chain(names).collect()), rest)
    }

    /// `type 'text'`
    fn typed(&self, literal: TypedString) -> Result<Expr> {
        let TypedString { data_type, value, .. } = literal;
        let text = value.value.clone().into_string().unwrap_or_default();
        let name = sql::type_text(&data_type).to_lowercase();
        Ok(match name.as_str() {
            "decimal" | "numeric" | "dec" => decimal(text.trim())?,
            "date" | "time" | "timestamp" => {
                let clock = crate::cast::clock(self.properties)?;
                let (r#type, _) = crate::types::temporal::cast::literal(&name, &text, clock)?;
                cast(&text, &r#type)
            }
            // As long as its text.
            "char" => cast(&text, &Type::Char(u32::try_from(text.chars().count()).unwrap_or(u32::MAX).max(1))),
            "varbinary" => {
                Expr::Cast { kind: CastKind::Cast, expr: Box::new(string(&text)), data_type, array: false, format: None }
            }
            // The text is JSON, and not a text to be made JSON of.
            "json" if Json::parse(&text).is_none() => {
                return Err(Error::new(ErrorKind::InvalidLiteral, format!("'{text}' is not a valid JSON literal")));
            }
            "json" => call("json_parse", vec![string(&text)]),
            _ => {
                let r#type = Type::parse(&name)?;
                crate::cast::literal(&text, &r#type, self.properties)?;
                cast(&text, &r#type)
            }
        })
    }
}

/// A decimal with the precision and scale that its text has: `01.20` is a `decimal(4, 2)`.
fn decimal(text: &str) -> Result<Expr> {
    let digits = text.trim_start_matches(['+', '-']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(Error::new(ErrorKind::InvalidLiteral, format!("'{text}' is not a valid DECIMAL literal")));
    }
    // Zeros before the first digit do not count, the last one before the point does where nothing else is there.
    let significant = whole.trim_start_matches('0').len();
    let precision = (significant + fraction.len()).max(1);
    match (u8::try_from(precision), u8::try_from(fraction.len())) {
        (Ok(precision), Ok(scale)) if precision <= MAX_PRECISION => Ok(cast(text, &Type::Decimal(precision, scale))),
        _ => Err(Error::new(ErrorKind::InvalidLiteral, format!("'{text}' is not a valid DECIMAL literal"))),
    }
}

fn interval(literal: &Interval) -> Result<Expr> {
    use crate::types::temporal::interval::{Interval as Parsed, Unit, parse};
    let text = match literal.value.as_ref() {
        Expr::Value(value) => value.value.clone().into_string().unwrap_or_default(),
        other => other.to_string(),
    };
    let unit = |field: &DateTimeField| Unit::parse(&field.to_string());
    let from = literal.leading_field.as_ref().and_then(unit);
    // `DAY TO DAY` is no qualifier.
    let to = literal.last_field.as_ref().map_or(from, |field| unit(field).filter(|to| Some(*to) != from));
    let parsed = from.zip(to).and_then(|(from, to)| parse(&text, from, to));
    match parsed {
        Some(Parsed::Months(months)) => Ok(call("$year_to_month", vec![number(&months.to_string())])),
        Some(Parsed::Millis(millis)) => Ok(call("$day_to_second", vec![number(&millis.to_string())])),
        None => Err(Error::new(ErrorKind::InvalidLiteral, format!("'{text}' is not a valid INTERVAL literal"))),
    }
}

/// `EXTRACT(field FROM value)`
fn extract(field: &DateTimeField, value: Expr) -> Result<Expr> {
    const FIELDS: [(&str, &str); 17] = [
        ("YEAR", "$extract_year"),
        ("QUARTER", "$extract_quarter"),
        ("MONTH", "$extract_month"),
        ("WEEK", "$extract_week"),
        ("DAY", "$extract_day"),
        ("DAY_OF_MONTH", "$extract_day"),
        ("DAY_OF_WEEK", "$extract_day_of_week"),
        ("DOW", "$extract_day_of_week"),
        ("DAY_OF_YEAR", "$extract_day_of_year"),
        ("DOY", "$extract_day_of_year"),
        ("YEAR_OF_WEEK", "$extract_year_of_week"),
        ("YOW", "$extract_year_of_week"),
        ("HOUR", "$extract_hour"),
        ("MINUTE", "$extract_minute"),
        ("SECOND", "$extract_second"),
        ("TIMEZONE_HOUR", "$extract_timezone_hour"),
        ("TIMEZONE_MINUTE", "$extract_timezone_minute"),
    ];
    let name = field.to_string().to_uppercase();
    match FIELDS.iter().find(|(field, _)| *field == name) {
        Some((_, function)) => Ok(call(function, vec![value])),
        None => {
            let valid = FIELDS.map(|(field, _)| field).join(", ");
            let message = format!("Invalid EXTRACT field {name}, valid fields are: {valid}");
            Err(Error::new(ErrorKind::Syntax, message))
        }
    }
}

/// `CURRENT_TIMESTAMP(6)`, and what [`super::calls`] says of others.
fn function(mut function: Function) -> Result<Expr> {
    if let Some(WindowType::WindowSpec(window)) = &mut function.over {
        whole::frame(window);
    }
    let name = match function.name.0.as_slice() {
        [name] => name.to_string().to_lowercase(),
        _ => return Ok(Expr::Function(function)),
    };
    let FunctionArguments::List(list) = &function.args else { return Ok(super::calls::call(function)) };
    if list.args.len() > MOST_ARGUMENTS {
        let message = format!("Too many arguments for function call {name}()");
        return Err(Error::new(ErrorKind::TooManyArguments, message));
    }
    match (name.as_str(), list.args.as_slice()) {
        (
            "current_timestamp" | "localtimestamp" | "current_time" | "localtime",
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(digits))],
        ) if whole::digits(digits).is_some() => now(&name, whole::digits(digits).unwrap_or_default()),
        ("\"$item\"", _) => match function.args {
            FunctionArguments::List(list) => Ok(item(list.args)),
            _ => Ok(Expr::Function(function)),
        },
        _ if has_lambda(list) && !takes_lambdas(&name) => Err(no_lambdas(&name, list)),
        _ => Ok(super::calls::call(super::frame::framed(function))),
    }
}

fn has_lambda(list: &FunctionArgumentList) -> bool {
    list.args.iter().any(is_lambda)
}

fn is_lambda(argument: &FunctionArg) -> bool {
    matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(_))))
}

/// Whether a function takes lambdas, or is not there at all, which is another error.
fn takes_lambdas(name: &str) -> bool {
    let mut overloads = functions::listed().filter(|listed| listed.name == name).peekable();
    name.starts_with('$') || overloads.peek().is_none() || overloads.any(|listed| listed.signature.contains("function("))
}

/// That a function takes no lambdas, in Trino's words; types of values are not known yet.
fn no_lambdas(name: &str, list: &FunctionArgumentList) -> Error {
    let given = list.args.iter().map(|argument| if is_lambda(argument) { "<function>" } else { "<value>" }.to_string());
    let overloads = functions::listed().filter(|listed| listed.name == name).map(|listed| listed.signature);
    functions::unexpected(name, &given.collect::<Vec<_>>(), overloads)
}

fn now(name: &str, digits: &str) -> Result<Expr> {
    let r#type = match name {
        "current_timestamp" => format!("timestamp({digits}) with time zone"),
        "localtimestamp" => format!("timestamp({digits})"),
        "current_time" => format!("time({digits}) with time zone"),
        _ => format!("time({digits})"),
    };
    Ok(cast_to(call("$now", vec![]), &Type::parse(&r#type)?))
}

/// `root[i].a[j]`, from the inside out: operators, since what they are is only known when the type of their operand is.
fn access(root: Expr, chain: Vec<AccessExpr>) -> Result<Expr> {
    let step = |name: &str, inner: Expr, step: Expr| operator(name, Box::new(inner), Box::new(step));
    chain.into_iter().try_fold(root, |inner, access| match access {
        AccessExpr::Subscript(Subscript::Index { index: Expr::Wildcard(_) }) => Ok(step(json::ELEMENTS, inner, string("*"))),
        AccessExpr::Subscript(Subscript::Index { mut index }) => {
            // The type of a row's field depends on the number, which DataFusion says of literals only.
            whole::as_written(&mut index);
            Ok(step(json::SUBSCRIPT, inner, index))
        }
        AccessExpr::Subscript(Subscript::Slice { .. }) => Err(Error::not_supported("a slice of an array; use slice(…)")),
        AccessExpr::Dot(Expr::Identifier(name)) => Ok(step(json::MEMBER, inner, string(&name.value))),
        AccessExpr::Dot(Expr::Value(name)) => Ok(step(json::MEMBER, inner, Expr::Value(name))),
        AccessExpr::Dot(other) => Err(Error::not_supported(format!("'{other}' after a dot"))),
    })
}

/// `"$item"(x, type, name, …)`
fn item(mut arguments: Vec<FunctionArg>) -> Expr {
    let rest = arguments.split_off(arguments.len().min(1));
    let values = |arguments: Vec<FunctionArg>| {
        arguments.into_iter().filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
            _ => None,
        })
    };
    let first = values(arguments).next().unwrap_or_else(super::grouping::null);
    operator(json::ITEM, Box::new(first), Box::new(call("$row", values(rest).collect())))
}

fn operator(name: &str, left: Box<Expr>, right: Box<Expr>) -> Expr {
    Expr::BinaryOp { left, op: BinaryOperator::Custom(name.to_string()), right }
}

fn cast(text: &str, to: &Type) -> Expr {
    cast_to(string(text), to)
}

fn cast_to(value: Expr, to: &Type) -> Expr {
    let name = ObjectName::from(vec![Ident::with_quote('"', to.to_string())]);
    let data_type = DataType::Custom(name, vec![]);
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(value), data_type, array: false, format: None }
}

fn string(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_string()).with_empty_span())
}

fn number(text: &str) -> Expr {
    Expr::Value(Value::Number(text.to_string(), false).with_empty_span())
}

/// A call of a function.
pub(crate) fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))).collect();
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::with_quote('"', name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: vec![] }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// Types in the syntax tree as DataFusion's planner asks for them.
#[derive(Debug)]
pub(super) struct Types;

impl datafusion::logical_expr::planner::TypePlanner for Types {
    fn plan_type_field(&self, sql_type: &DataType) -> datafusion::common::Result<Option<arrow::datatypes::FieldRef>> {
        let r#type = Type::parse(&sql::type_text(sql_type)).map_err(crate::error::into_datafusion)?;
        Ok(Some(std::sync::Arc::new(arrow::datatypes::Field::new("", r#type.arrow(), true))))
    }
}
