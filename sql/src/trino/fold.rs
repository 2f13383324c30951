//! Folds quoted names to lower case: in Trino and Glue `"Symbol"` and `symbol` are one name, in the planner below they are
//! two. Names without quotes are folded by the planner, but only in ASCII, so that the others are folded here too.
//! The aliases of the outermost SELECT keep their case when quoted: they are the headings of the result.

use std::ops::ControlFlow;

use catalog::name;
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArguments, Ident, JoinConstraint, JoinOperator, NamedWindowExpr, ObjectName,
    ObjectNamePart, OneOrManyWithParens, OrderByKind, PivotValueSource, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins, VisitMut, VisitorMut, WindowType,
};

/// Folds all names in `query`.
pub(super) fn names(query: &mut Query) {
    let headings: Vec<Ident> = outermost(query).map(aliases).unwrap_or_default();
    // The visitor never breaks, so that there is no value to look at.
    let _ = query.visit(&mut Folder);
    restore(query, headings);
}

/// The SELECT whose aliases name the result's columns.
fn outermost(query: &mut Query) -> Option<&mut Select> {
    let mut body = query.body.as_mut();
    loop {
        body = match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::SetOperation { left, .. } => left,
            SetExpr::Query(query) => query.body.as_mut(),
            _ => return None,
        };
    }
}

fn aliases(select: &mut Select) -> Vec<Ident> {
    let quoted = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { alias, .. } if alias.quote_style == Some('"') => Some(alias.clone()),
        _ => None,
    });
    quoted.collect()
}

/// Puts the headings back, and makes the outermost ORDER BY speak of them as they are written.
fn restore(query: &mut Query, headings: Vec<Ident>) {
    if headings.is_empty() {
        return;
    }
    if let Some(select) = outermost(query) {
        for item in &mut select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item
                && let Some(heading) = headings.iter().find(|heading| heading.span == alias.span)
            {
                alias.value.clone_from(&heading.value);
            }
        }
    }
    if let Some(order) = &mut query.order_by
        && let OrderByKind::Expressions(expressions) = &mut order.kind
    {
        for expression in expressions {
            if let Expr::Identifier(ident) = &mut expression.expr
                && let Some(heading) = headings.iter().find(|heading| name::fold(&heading.value) == name::fold(&ident.value))
            {
                ident.value.clone_from(&heading.value);
                ident.quote_style = Some('"');
            }
        }
    }
}

struct Folder;

impl VisitorMut for Folder {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            alias(&mut cte.alias);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            match item {
                SelectItem::ExprWithAlias { alias, .. } => fold(alias),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => object(name),
                _ => {}
            }
        }
        select.from.iter_mut().for_each(joins);
        for window in &mut select.named_window {
            fold(&mut window.0);
            match &mut window.1 {
                NamedWindowExpr::NamedWindow(name) => fold(name),
                NamedWindowExpr::WindowSpec(spec) => spec.window_name.iter_mut().for_each(fold),
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<()> {
        object(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { alias: Some(name), .. }
            | TableFactor::Derived { alias: Some(name), .. }
            | TableFactor::TableFunction { alias: Some(name), .. }
            | TableFactor::UNNEST { alias: Some(name), .. }
            | TableFactor::NestedJoin { alias: Some(name), .. } => alias(name),
            TableFactor::Pivot { aggregate_functions, value_source, alias: named, .. } => {
                named.iter_mut().for_each(alias);
                let values = match value_source {
                    PivotValueSource::List(values) => values.as_mut_slice(),
                    _ => &mut [],
                };
                aggregate_functions.iter_mut().chain(values).filter_map(|item| item.alias.as_mut()).for_each(fold);
            }
            _ => {}
        }
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            joins(table_with_joins);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => fold(ident),
            Expr::CompoundIdentifier(parts) => parts.iter_mut().for_each(fold),
            Expr::Function(call) => function(call),
            Expr::Lambda(lambda) => match &mut lambda.params {
                OneOrManyWithParens::One(parameter) => fold(&mut parameter.name),
                OneOrManyWithParens::Many(parameters) => parameters.iter_mut().for_each(|parameter| fold(&mut parameter.name)),
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn fold(ident: &mut Ident) {
    // A string literal where a name stands is a location, and keeps its case.
    if ident.quote_style != Some('\'') && (ident.quote_style.is_some() || !ident.value.is_ascii()) {
        ident.value = name::fold(&ident.value);
    }
}

fn object(object: &mut ObjectName) {
    for part in &mut object.0 {
        if let ObjectNamePart::Identifier(ident) = part {
            fold(ident);
        }
    }
}

fn alias(alias: &mut TableAlias) {
    fold(&mut alias.name);
    alias.columns.iter_mut().for_each(|column| fold(&mut column.name));
}

fn function(call: &mut Function) {
    object(&mut call.name);
    if let FunctionArguments::List(list) = &mut call.args {
        for argument in &mut list.args {
            if let FunctionArg::Named { name, .. } = argument {
                fold(name);
            }
        }
    }
    match &mut call.over {
        Some(WindowType::NamedWindow(name)) => fold(name),
        Some(WindowType::WindowSpec(spec)) => spec.window_name.iter_mut().for_each(fold),
        None => {}
    }
}

/// The columns of `USING (…)`.
fn joins(table: &mut TableWithJoins) {
    for join in &mut table.joins {
        if let JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) = &mut join.join_operator
            && let JoinConstraint::Using(columns) = constraint
        {
            columns.iter_mut().for_each(object);
        }
    }
}
