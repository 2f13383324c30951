//! `LIKE`, whose patterns Arrow reads with a backslash as the escape and Trino with none, or the one that ESCAPE says.

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable, Like, lit, not};

use super::compare::call;
use crate::functions::regexp::arrow_pattern;

/// `value LIKE pattern ESCAPE escape`, both being texts. With a constant pattern it stays DataFusion's own, which scans know; it
/// then has the backslash as its escape, which this function leaves as it is.
pub(super) fn like(negated: bool, value: Expr, pattern: Expr, escape: Option<char>, schema: &DFSchema) -> Result<Expr> {
    let text = match &pattern {
        Expr::Literal(literal, _) => literal.try_as_str().flatten().map(str::to_string),
        _ => None,
    };
    let escape = escape.map(String::from);
    let Some(text) = text else {
        let arguments = [value, pattern].into_iter().chain(escape.map(|escape| lit(ScalarValue::Utf8View(Some(escape)))));
        let found = call("$like", arguments.collect())?;
        return Ok(if negated { not(found) } else { found });
    };
    let text = ScalarValue::Utf8View(Some(arrow_pattern(&text, escape.as_deref())?));
    // The value is left as it is: scans know its column.
    let pattern = match value.get_type(schema)? {
        texts @ (DataType::Utf8 | DataType::LargeUtf8) => lit(text.cast_to(&texts)?),
        _ => lit(text),
    };
    Ok(Expr::Like(Like::new(negated, Box::new(value), Box::new(pattern), Some('\\'), false)))
}
