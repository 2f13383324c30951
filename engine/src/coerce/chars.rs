//! Where a char meets a varchar. Before Trino's release 482 the varchar turned into a char, which is what [`common_super_type`] says;
//! since then the char turns into a varchar, without the blanks at its end. A session says which with
//! `legacy_varchar_to_char_coercion`; here chars become varchars before the other rules see them.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::{Case, InSubquery, ScalarFunction, SetComparison};
use datafusion::logical_expr::{Expr, ExprSchemable};

use super::expr::{cast, type_of};
use super::walk::{column_as, first_type};
use crate::cast::Strictness;
use crate::functions::wanted;
use crate::properties::Properties;
use crate::types::{MAX_CHAR, Type, common_super_type};

/// What a char and a varchar that meet become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meeting {
    Char,
    Varchar,
}

impl Meeting {
    pub(crate) fn of(properties: &Properties) -> Self {
        if properties.legacy_varchar_to_char_coercion { Self::Char } else { Self::Varchar }
    }

    pub(super) fn in_session(options: &ConfigOptions) -> Self {
        Self::of(&Properties::of(options))
    }

    /// As [`common_super_type`].
    pub(super) fn common(self, a: &Type, b: &Type) -> Option<Type> {
        match (self, a, b) {
            (Self::Varchar, Type::Char(width), Type::Varchar(length))
            | (Self::Varchar, Type::Varchar(length), Type::Char(width)) => {
                Some(Type::Varchar(length.map(|length| length.max(*width))))
            }
            _ => common_super_type(a, b),
        }
    }

    /// Two operands, each of its schema, of which the char is a varchar where the other is one.
    pub(super) fn pair(self, left: (Expr, &DFSchema), right: (Expr, &DFSchema)) -> Result<(Expr, Expr)> {
        if self == Self::Char {
            return Ok((left.0, right.0));
        }
        let types = [type_of(&left.0, left.1)?, type_of(&right.0, right.1)?];
        if !meet(&types) {
            return Ok((left.0, right.0));
        }
        Ok((as_varchar(left.0, left.1)?, as_varchar(right.0, right.1)?))
    }

    /// `expr` whose operands are varchars where a char among them meets one.
    pub(super) fn within(self, expr: Expr, schema: &DFSchema) -> Result<Expr> {
        if self == Self::Char {
            return literals_of(expr, schema);
        }
        match expr {
            Expr::BinaryExpr(_) | Expr::Between(_) | Expr::InList(_) => {
                let mut types = vec![];
                expr.apply_children(|operand| {
                    types.push(type_of(operand, schema)?);
                    Ok(TreeNodeRecursion::Continue)
                })?;
                if !meet(&types) {
                    return Ok(expr);
                }
                Ok(expr.map_children(|operand| as_varchar(operand, schema).map(Transformed::yes))?.data)
            }
            Expr::Case(case) => case_of(case, schema),
            Expr::ScalarFunction(function) => arguments(function, schema),
            Expr::InSubquery(InSubquery { expr, subquery, negated }) => {
                let types = [type_of(&expr, schema)?, first_type(&subquery)?];
                let subquery = if meet(&types) { column_as(subquery, &Type::VARCHAR)? } else { subquery };
                let expr = if meet(&types) { Box::new(as_varchar(*expr, schema)?) } else { expr };
                Ok(Expr::InSubquery(InSubquery { expr, subquery, negated }))
            }
            Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }) => {
                let types = [type_of(&expr, schema)?, first_type(&subquery)?];
                let subquery = if meet(&types) { column_as(subquery, &Type::VARCHAR)? } else { subquery };
                let expr = if meet(&types) { Box::new(as_varchar(*expr, schema)?) } else { expr };
                Ok(Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }))
            }
            other => Ok(other),
        }
    }
}

fn meet(types: &[Type]) -> bool {
    let has = |is: fn(&Type) -> bool| types.iter().any(is);
    has(|r#type| matches!(r#type, Type::Char(_))) && has(|r#type| matches!(r#type, Type::Varchar(_)))
}

/// `expr` whose literals are as wide as the chars that they are a result beside: an Arrow type does not say how long a text is, and a
/// char that holds any would be very wide.
fn literals_of(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    Ok(match expr {
        Expr::Case(mut case) => {
            let results = case.when_then_expr.iter_mut().map(|(_, then)| then.as_mut()).chain(case.else_expr.as_deref_mut());
            as_wide(results.collect(), schema)?;
            Expr::Case(case)
        }
        Expr::ScalarFunction(mut function) if function.name() == "coalesce" => {
            as_wide(function.args.iter_mut().collect(), schema)?;
            Expr::ScalarFunction(function)
        }
        other => other,
    })
}

fn as_wide(exprs: Vec<&mut Expr>, schema: &DFSchema) -> Result<()> {
    let mut width = None;
    for expr in &exprs {
        if let Type::Char(of_this) = type_of(expr, schema)? {
            width = width.max(Some(of_this));
        }
    }
    let Some(width) = width else { return Ok(()) };
    for expr in exprs {
        if let Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) = &*expr {
            let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX).min(MAX_CHAR);
            *expr = cast(std::mem::take(expr), &Type::VARCHAR, &Type::Char(width.max(length)), Strictness::Strict)?;
        }
    }
    Ok(())
}

fn as_varchar(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    match type_of(&expr, schema)? {
        char @ Type::Char(_) => cast(expr, &char, &Type::VARCHAR, Strictness::Strict),
        _ => Ok(expr),
    }
}

/// The value meets what it is compared with, and the results each other.
fn case_of(case: Case, schema: &DFSchema) -> Result<Expr> {
    let Case { mut expr, mut when_then_expr, mut else_expr } = case;
    let compared = expr.iter().chain(when_then_expr.iter().map(|(when, _)| when)).map(|expr| type_of(expr, schema));
    let compared = meet(&compared.collect::<Result<Vec<_>>>()?);
    let results = when_then_expr.iter().map(|(_, then)| then).chain(&else_expr).map(|expr| type_of(expr, schema));
    let results = meet(&results.collect::<Result<Vec<_>>>()?);
    for (when, then) in &mut when_then_expr {
        if compared {
            widen(when, schema)?;
        }
        if results {
            widen(then, schema)?;
        }
    }
    if let Some(expr) = expr.as_mut().filter(|_| compared) {
        widen(expr, schema)?;
    }
    if let Some(otherwise) = else_expr.as_mut().filter(|_| results) {
        widen(otherwise, schema)?;
    }
    Ok(Expr::Case(Case { expr, when_then_expr, else_expr }))
}

fn widen(expr: &mut Expr, schema: &DFSchema) -> Result<()> {
    *expr = as_varchar(std::mem::take(expr), schema)?;
    Ok(())
}

/// The arguments of a function that would make a char of a varchar.
fn arguments(function: ScalarFunction, schema: &DFSchema) -> Result<Expr> {
    let ScalarFunction { func, mut args } = function;
    let given = args.iter().map(|argument| argument.get_type(schema)).collect::<Result<Vec<_>>>()?;
    let narrows = |given: &DataType, wanted: &DataType| {
        matches!((Type::of(given), Type::of(wanted)), (Ok(Type::Varchar(_)), Ok(Type::Char(_))))
    };
    if wanted(&func, &given).is_some_and(|wanted| given.iter().zip(&wanted).any(|(given, wanted)| narrows(given, wanted))) {
        args = args.into_iter().map(|argument| as_varchar(argument, schema)).collect::<Result<_>>()?;
    }
    Ok(Expr::ScalarFunction(ScalarFunction { func, args }))
}
