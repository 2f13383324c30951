//! What the user sees of a plan's columns: names as written, `_col0` for expressions without one (Trino), and hidden columns
//! kept out of `SELECT *`.

use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{
    self, ExcludeSelectItem, Expr, Ident, ObjectName, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, TableFactor,
    VisitMut, VisitorMut, WildcardAdditionalOptions,
};
use std::ops::ControlFlow;

use crate::scan::Hidden;

/// The output names of `query`, as many as `plan` has columns. Where the query has a wildcard, the plan's own names stand.
pub(crate) fn names(query: &ast::Query, plan: &LogicalPlan) -> Vec<String> {
    let planned = plan.schema().fields().iter().map(|field| super::forms::shown(field.name()).to_string());
    match select_items(query) {
        Some(items) if items.len() == plan.schema().fields().len() && !items.iter().any(is_wildcard) => {
            items.iter().enumerate().map(|(at, item)| written(item).unwrap_or_else(|| format!("_col{at}"))).collect()
        }
        _ => planned.collect(),
    }
}

/// What the first select of a query selects.
pub(crate) fn select_items(query: &ast::Query) -> Option<&[SelectItem]> {
    first_select(&query.body).map(|select| select.projection.as_slice())
}

/// The select whose items name a set operation's columns: the leftmost.
fn first_select(body: &SetExpr) -> Option<&ast::Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) | SelectItem::ExprWithAliases { .. })
}

fn written(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => Some(ident.value.clone()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path)) => path.last().map(|ident| ident.value.clone()),
        _ => None,
    }
}

/// Whether a query names one of these columns somewhere.
pub(crate) fn mentions(query: &ast::Query, names: &[&str]) -> bool {
    let named = |ident: Option<&Ident>| match ident.is_some_and(|ident| names.contains(&ident.value.as_str())) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let found = ast::visit_expressions(query, |expr| match expr {
        Expr::Identifier(ident) => named(Some(ident)),
        Expr::CompoundIdentifier(path) => named(path.last()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// The hidden columns that a query names.
pub(crate) fn hidden_columns(query: &ast::Query) -> Vec<Hidden> {
    let mut query = query.clone();
    let mut seen = Seen(vec![]);
    let _: ControlFlow<()> = query.visit(&mut seen);
    Hidden::ALL.into_iter().filter(|column| seen.0.contains(column)).collect()
}

struct Seen(Vec<Hidden>);

impl VisitorMut for Seen {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let last = match expr {
            Expr::Identifier(ident) => Some(&*ident),
            Expr::CompoundIdentifier(path) => path.last(),
            _ => None,
        };
        self.0.extend(last.and_then(|ident| Hidden::ALL.into_iter().find(|column| column.name() == ident.value)));
        ControlFlow::Continue(())
    }
}

/// Where a query names hidden columns, its tables have them; `*` over a table then leaves them out again.
pub(crate) fn hide_unnamed(mut query: ast::Query) -> ast::Query {
    let hidden = hidden_columns(&query);
    if !hidden.is_empty() {
        let _: ControlFlow<()> = query.visit(&mut Hide(hidden));
    }
    query
}

struct Hide(Vec<Hidden>);

impl Hide {
    fn exclude(&self, options: &mut WildcardAdditionalOptions) {
        if options.opt_exclude.is_none() && options.opt_except.is_none() {
            let names = self.0.iter().map(|column| ObjectName::from(vec![Ident::with_quote('"', column.name())]));
            options.opt_exclude = Some(ExcludeSelectItem::Multiple(names.collect()));
        }
    }
}

impl VisitorMut for Hide {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut ast::Select) -> ControlFlow<()> {
        let over_tables = select.from.iter().any(|from| {
            std::iter::once(&from.relation)
                .chain(from.joins.iter().map(|join| &join.relation))
                .any(|factor| matches!(factor, TableFactor::Table { .. }))
        });
        if over_tables {
            for item in &mut select.projection {
                match item {
                    SelectItem::Wildcard(options) => self.exclude(options),
                    SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(_), options) => {
                        self.exclude(options)
                    }
                    _ => {}
                }
            }
        }
        ControlFlow::Continue(())
    }
}
