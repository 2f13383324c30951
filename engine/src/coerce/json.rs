//! `a[i]`, `r.m` and `x.bigint()`, which are subscripts, members and functions, and the path of an accessor where their operand
//! is JSON ("JSON functions and operators: simplified accessor"): `j.a[0].b` is
//! `JSON_QUERY(j, 'lax $.a[0].b' WITH CONDITIONAL ARRAY WRAPPER)` as `"$json_access"(j, path)`, `j.a.bigint()` is
//! `JSON_VALUE(j, 'lax $.a' RETURNING bigint)`.

use catalog::{Error, ErrorKind};
use datafusion::arrow::datatypes::Field;
use datafusion::common::{Column, DFSchema, Result, ScalarValue, TableReference};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::PlannerResult;
use datafusion::logical_expr::{Expr, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::compare::call;
use super::expr::type_of;
use crate::error::into_datafusion;
use crate::types::Type;

/// The operators that stand for these forms in the syntax tree.
pub(crate) const SUBSCRIPT: &str = "[]";
pub(crate) const ELEMENTS: &str = "[*]";
pub(crate) const MEMBER: &str = ".";
pub(crate) const MEMBERS: &str = ".*";
/// To its right is a row: the type, the method's name, and its arguments.
pub(crate) const ITEM: &str = ".()";

const ACCESS: &str = "$json_access";

/// Plans one of these forms; `None` for any other operator.
pub(super) fn operator(op: &BinaryOperator, left: &Expr, right: &Expr, schema: &DFSchema) -> Result<Option<Expr>> {
    let BinaryOperator::Custom(name) = op else { return Ok(None) };
    let accessed = accessed(left, schema);
    let step = match (name.as_str(), &accessed) {
        (ITEM, _) => return item(left, accessed, right).map(Some),
        (SUBSCRIPT, None) => return call("$subscript", vec![left.clone(), right.clone()]).map(Some),
        (MEMBER, None) => return call("$dereference", vec![left.clone(), right.clone()]).map(Some),
        (ELEMENTS | MEMBERS, None) => {
            let message = format!("{name} is only of JSON and rows");
            return Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, message)));
        }
        (SUBSCRIPT, _) => format!("[{}]", index(right)?),
        (MEMBER, _) => member(text(right).unwrap_or_default()),
        (ELEMENTS | MEMBERS, _) => name.clone(),
        _ => return Ok(None),
    };
    let Some((json, path)) = accessed else { return Ok(None) };
    call(ACCESS, vec![json, lit(format!("{path}{step}"))]).map(Some)
}

/// `column.a.b` where the column is JSON.
pub(super) fn identifier(
    field: &Field,
    qualifier: Option<&TableReference>,
    names: &[String],
) -> Result<PlannerResult<Vec<Expr>>> {
    if !Type::of(field.data_type()).is_ok_and(|r#type| r#type == Type::Json) {
        return Ok(PlannerResult::Original(vec![]));
    }
    let column = Expr::Column(Column::new(qualifier.cloned(), field.name()));
    let path: String = std::iter::once("lax $".to_string()).chain(names.iter().map(|name| member(name))).collect();
    Ok(PlannerResult::Planned(call(ACCESS, vec![column, lit(path)])?))
}

/// Whether this is an accessor, whose value is text and whose members are JSON's.
pub(crate) fn is_access(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(alias) => is_access(&alias.expr),
        Expr::ScalarFunction(function) => function.func.name() == ACCESS,
        _ => false,
    }
}

/// What a path is followed in, and the path so far; `None` where the value is no JSON.
fn accessed(value: &Expr, schema: &DFSchema) -> Option<(Expr, String)> {
    if let Expr::ScalarFunction(ScalarFunction { func, args }) = value
        && func.name() == ACCESS
        && let [json, path] = args.as_slice()
    {
        return Some((json.clone(), text(path)?.to_string()));
    }
    let json = matches!(type_of(value, schema), Ok(Type::Json));
    json.then(|| (value.clone(), "lax $".to_string()))
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

fn member(name: &str) -> String {
    format!(".\"{}\"", name.replace('"', "\"\""))
}

fn index(expr: &Expr) -> Result<i64> {
    match expr {
        Expr::Literal(value, _) => match value.cast_to(&arrow::datatypes::DataType::Int64) {
            Ok(ScalarValue::Int64(Some(index))) => Ok(index),
            _ => Err(into_datafusion(Error::new(ErrorKind::TypeMismatch, "the index of JSON is a whole number"))),
        },
        _ => Err(into_datafusion(Error::not_supported("an index of JSON that is no literal; use JSON_QUERY with PASSING"))),
    }
}

/// A method of what stands before it.
fn item(value: &Expr, accessed: Option<(Expr, String)>, right: &Expr) -> Result<Expr> {
    let Expr::ScalarFunction(ScalarFunction { args, .. }) = right else { return Err(misused()) };
    let [r#type, name, arguments @ ..] = args.as_slice() else { return Err(misused()) };
    let (r#type, name) = (text(r#type).ok_or_else(misused)?, text(name).ok_or_else(misused)?);
    let Some((json, path)) = accessed else {
        let arguments = std::iter::once(value.clone()).chain(arguments.iter().cloned()).collect();
        return call(name, arguments);
    };
    let to = Type::parse(r#type).map_err(into_datafusion)?;
    let null = || lit(ScalarValue::Utf8View(None));
    let typed = lit(ScalarValue::try_from(&to.arrow())?);
    call("$json_value", vec![json, lit(path), typed, lit("NULL"), null(), lit("NULL"), null()])
}

fn misused() -> datafusion::common::DataFusionError {
    into_datafusion(Error::internal("a method of JSON has a type and a name"))
}
