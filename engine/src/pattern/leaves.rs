//! What DEFINE and MEASURES take from the rows of a match. Each navigation, classifier and aggregate in them becomes a column, a
//! *leaf*, and what is left is an ordinary expression over such columns, computed from one row of leaves.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DFSchemaRef, ScalarValue};
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, ExprSchemable, lit};
use datafusion::sql::sqlparser::ast::{
    self, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, VisitMut, VisitorMut,
};

use super::navigation::Navigation;
use super::nullable::nullable;
use super::program::{Label, found};
use crate::error::from_datafusion;
use crate::types::Type;

/// The virtual columns that arguments of aggregates may use.
pub(super) const CLASSIFIER: &str = "$classifier";
pub(super) const NUMBER: &str = "$match_number";
const LEAF: &str = "$leaf_";

/// Where a leaf's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(super) enum Leaf {
    /// Its own column of the input, at a row.
    Value(Navigation),
    /// The variable of a row.
    Classifier(Navigation),
    /// The match's number.
    Number,
    /// An aggregate over rows of the match.
    Aggregate(Aggregated),
}

/// The rows that an aggregate is of, and its place among the aggregates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Hash)]
pub(super) struct Aggregated {
    pub(super) labels: Vec<Label>,
    pub(super) complete: bool,
    pub(super) at: usize,
}

/// The leaves of one MATCH_RECOGNIZE, as they are found.
pub(super) struct Leaves<'a> {
    pub(super) context: &'a mut dyn RelationPlannerContext,
    /// The table's columns and the virtual ones.
    pub(super) schema: DFSchemaRef,
    /// Names of variables and of subsets, each with the variables it stands for.
    pub(super) names: Vec<(String, Vec<Label>)>,
    pub(super) leaves: Vec<Leaf>,
    /// What the leaves' columns hold before a match: of leaves that are values, those.
    pub(super) columns: Vec<Expr>,
    pub(super) aggregates: Vec<Expr>,
}

impl Leaves<'_> {
    /// Plans an expression of DEFINE or MEASURES over leaves.
    pub(super) fn plan(&mut self, mut expr: ast::Expr) -> Result<Expr> {
        self.lower(&mut expr, &Navigation::default())?;
        let schema = self.leaf_schema()?;
        self.context.sql_to_expr(expr, &schema).map_err(from_datafusion)
    }

    /// A leaf of a number for each row of the table: its place.
    pub(super) fn number(&mut self, expr: ast::Expr) -> Result<usize> {
        let schema = DFSchemaRef::clone(&self.schema);
        let value = self.context.sql_to_expr(expr, &schema).map_err(from_datafusion)?;
        let value = value.cast_to(&DataType::Int64, &schema).map_err(from_datafusion)?;
        self.columns.push(nullable(value).alias(format!("{LEAF}{}", self.leaves.len())));
        self.leaves.push(Leaf::Value(Navigation::default()));
        Ok(self.leaves.len() - 1)
    }

    /// The columns of all leaves that are there.
    fn leaf_schema(&self) -> Result<DFSchema> {
        let fields = self.columns.iter().map(|column| column.to_field(&self.schema).map(|(_, field)| (None, field)));
        let fields = fields.collect::<datafusion::common::Result<Vec<_>>>().map_err(from_datafusion)?;
        DFSchema::new_with_metadata(fields, Default::default()).map_err(from_datafusion)
    }

    fn lower(&mut self, expr: &mut ast::Expr, navigation: &Navigation) -> Result<()> {
        match expr.visit(&mut Lower { leaves: self, navigation: navigation.clone() }) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(()),
        }
    }

    /// What stands for `expr`, when it is one of the pattern's own forms or a column.
    fn special(&mut self, expr: &ast::Expr, navigation: &Navigation) -> Result<Option<ast::Expr>> {
        match expr {
            ast::Expr::Identifier(name) if name.value.starts_with(LEAF) => Ok(None),
            ast::Expr::Identifier(_) | ast::Expr::CompoundIdentifier(_) => self.value(expr.clone(), navigation).map(Some),
            ast::Expr::Function(function) => self.call(function, navigation),
            _ => Ok(None),
        }
    }

    fn call(&mut self, function: &Function, navigation: &Navigation) -> Result<Option<ast::Expr>> {
        let name = function.name.to_string().replace('"', "").to_lowercase();
        let arguments = arguments(function);
        match name.as_str() {
            "first" | "last" => {
                let skip = usize::try_from(offset(&arguments, 0)?).unwrap_or_default();
                self.navigated(arguments, &Navigation { first: name == "first", skip, ..navigation.clone() }).map(Some)
            }
            "prev" | "next" => {
                let by = offset(&arguments, 1)?;
                let by = if name == "prev" { -by } else { by };
                self.navigated(arguments, &Navigation { by, ..navigation.clone() }).map(Some)
            }
            "$final" | "$running" => {
                let complete = Navigation { complete: name == "$final", ..navigation.clone() };
                let Some(mut inner) = arguments.into_iter().next() else { return Err(misused(&name)) };
                self.lower(&mut inner, &complete)?;
                Ok(Some(inner))
            }
            "classifier" => {
                let labels = match arguments.first() {
                    Some(ast::Expr::Identifier(name)) => self.labels(name).ok_or_else(|| misused("classifier"))?,
                    Some(_) => return Err(misused("classifier")),
                    None => vec![],
                };
                let text = ScalarValue::try_from(&Type::VARCHAR.arrow()).map_err(from_datafusion)?;
                self.leaf(Leaf::Classifier(Navigation { labels, ..navigation.clone() }), lit(text)).map(Some)
            }
            "match_number" => self.leaf(Leaf::Number, lit(ScalarValue::Int64(None))).map(Some),
            _ if function.over.is_none() && self.context.context_provider().get_aggregate_meta(&name).is_some() => {
                self.aggregate(function.clone(), navigation.complete).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What a navigation function is of: one leaf where that is of rows alone, else its parts are navigated to each.
    fn navigated(&mut self, arguments: Vec<ast::Expr>, navigation: &Navigation) -> Result<ast::Expr> {
        let Some(mut inner) = arguments.into_iter().next() else { return Err(misused("navigation")) };
        if has_own_call(&inner) {
            self.lower(&mut inner, navigation)?;
            return Ok(inner);
        }
        self.value(inner, navigation)
    }

    /// A leaf of an expression over one row.
    fn value(&mut self, mut expr: ast::Expr, navigation: &Navigation) -> Result<ast::Expr> {
        let labels = self.unlabelled(&mut expr)?;
        let schema = DFSchemaRef::clone(&self.schema);
        let value = self.context.sql_to_expr(expr, &schema).map_err(from_datafusion)?;
        self.leaf(Leaf::Value(Navigation { labels, ..navigation.clone() }), value)
    }

    fn aggregate(&mut self, mut function: Function, complete: bool) -> Result<ast::Expr> {
        let mut labels = vec![];
        if let FunctionArguments::List(list) = &mut function.args {
            for argument in &mut list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) = argument {
                    let name = name.0.last().and_then(|part| part.as_ident()).ok_or_else(|| misused("count"))?;
                    labels = self.labels(name).ok_or_else(|| misused("count"))?;
                    *argument = FunctionArg::Unnamed(FunctionArgExpr::Wildcard);
                }
            }
        }
        let mut call = ast::Expr::Function(function);
        let named = self.unlabelled(&mut call)?;
        if !named.is_empty() {
            labels = named;
        }
        let schema = DFSchemaRef::clone(&self.schema);
        let call = self.context.sql_to_expr(call, &schema).map_err(from_datafusion)?;
        let r#type = call.get_type(&schema).map_err(from_datafusion)?;
        let value = lit(ScalarValue::try_from(&r#type).map_err(from_datafusion)?);
        let at = self.aggregates.iter().position(|aggregate| *aggregate == call).unwrap_or_else(|| {
            self.aggregates.push(call);
            self.aggregates.len() - 1
        });
        self.leaf(Leaf::Aggregate(Aggregated { labels, complete, at }), value)
    }

    /// Takes the variables off an expression's columns (`A.x` is `x`), and what aggregates may call into columns; gives the
    /// variables.
    ///
    /// Errors: `InvalidInput` when there are several.
    fn unlabelled(&self, expr: &mut ast::Expr) -> Result<Vec<Label>> {
        let mut unlabel = Unlabel { names: &self.names, found: None };
        match expr.visit(&mut unlabel) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok(unlabel.found.unwrap_or_default()),
        }
    }

    fn labels(&self, name: &Ident) -> Option<Vec<Label>> {
        labels(&self.names, name)
    }

    fn leaf(&mut self, leaf: Leaf, value: Expr) -> Result<ast::Expr> {
        let value = nullable(value);
        let same =
            |(known, column): (&Leaf, &Expr)| *known == leaf && matches!(column, Expr::Alias(alias) if *alias.expr == value);
        let at = match self.leaves.iter().zip(&self.columns).position(same) {
            Some(at) => at,
            None => {
                let name = format!("{LEAF}{}", self.leaves.len());
                self.columns.push(value.alias(name));
                self.leaves.push(leaf);
                self.leaves.len() - 1
            }
        };
        Ok(ast::Expr::Identifier(Ident::with_quote('"', format!("{LEAF}{at}"))))
    }
}

fn labels(names: &[(String, Vec<Label>)], name: &Ident) -> Option<Vec<Label>> {
    found(names.iter().map(|(name, _)| name.as_str()), name).map(|at| names[at].1.clone())
}

struct Lower<'a, 'b> {
    leaves: &'a mut Leaves<'b>,
    navigation: Navigation,
}

impl VisitorMut for Lower<'_, '_> {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<Error> {
        match self.leaves.special(expr, &self.navigation) {
            Ok(Some(lowered)) => {
                *expr = lowered;
                ControlFlow::Continue(())
            }
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

struct Unlabel<'a> {
    names: &'a [(String, Vec<Label>)],
    found: Option<Vec<Label>>,
}

impl Unlabel<'_> {
    fn found(&mut self, labels: Vec<Label>) -> ControlFlow<Error> {
        match self.found.replace(labels.clone()) {
            Some(before) if before != labels => {
                let message = "all columns of a navigation or an aggregate must be of the same pattern variable";
                ControlFlow::Break(Error::new(ErrorKind::InvalidInput, message))
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

impl VisitorMut for Unlabel<'_> {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<Error> {
        match expr {
            ast::Expr::CompoundIdentifier(path) => {
                let Some(labels) = path.first().and_then(|first| labels(self.names, first)) else {
                    return ControlFlow::Continue(());
                };
                path.remove(0);
                if let [name] = path.as_slice() {
                    *expr = ast::Expr::Identifier(name.clone());
                }
                self.found(labels)
            }
            ast::Expr::Function(function) if is_named(function, "classifier") => {
                let labels = match arguments(function).first() {
                    Some(ast::Expr::Identifier(name)) => labels(self.names, name),
                    _ => None,
                };
                *expr = ast::Expr::Identifier(Ident::with_quote('"', CLASSIFIER));
                labels.map_or(ControlFlow::Continue(()), |labels| self.found(labels))
            }
            ast::Expr::Function(function) if is_named(function, "match_number") => {
                *expr = ast::Expr::Identifier(Ident::with_quote('"', NUMBER));
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}

fn is_named(function: &Function, name: &str) -> bool {
    let ObjectName(parts) = &function.name;
    matches!(parts.as_slice(), [part] if part.as_ident().is_some_and(|ident| ident.value.eq_ignore_ascii_case(name)))
}

/// Whether a part of the expression is not of one row alone.
fn has_own_call(expr: &ast::Expr) -> bool {
    const OWN: [&str; 8] = ["first", "last", "prev", "next", "classifier", "match_number", "$final", "$running"];
    let mut expr = expr.clone();
    let mut seen = Seen(false);
    let _: ControlFlow<()> = expr.visit(&mut seen);
    return seen.0;

    struct Seen(bool);
    impl VisitorMut for Seen {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<()> {
            if let ast::Expr::Function(function) = expr {
                self.0 |= OWN.iter().any(|name| is_named(function, name));
            }
            ControlFlow::Continue(())
        }
    }
}

fn arguments(function: &Function) -> Vec<ast::Expr> {
    let FunctionArguments::List(list) = &function.args else { return vec![] };
    let values = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value.clone()),
        _ => None,
    });
    values.collect()
}

/// The second argument of a navigation function.
fn offset(arguments: &[ast::Expr], default: i64) -> Result<i64> {
    match arguments.get(1) {
        None => Ok(default),
        Some(offset) => match crate::plan::digits(offset) {
            Some(digits) => digits.parse().map_err(|_| misused("navigation")),
            None => {
                let message = "the offset of a navigation function must be a number that is not negative";
                Err(Error::new(ErrorKind::InvalidInput, message))
            }
        },
    }
}

fn misused(name: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("{name} in MATCH_RECOGNIZE does not take these arguments"))
}
