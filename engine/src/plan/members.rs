//! `row.*` in a select list ("SELECT: Select expressions"): DataFusion expands tables only, so that the row becomes one, of one
//! row: `SELECT r.* AS (a, b) FROM t` is `SELECT m.* FROM t, UNNEST(ARRAY[r]) AS m(a, b)`.

use std::ops::ControlFlow;

use catalog::{Error, Result};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Select, SelectItem,
    SelectItemQualifiedWildcardKind as Kind, Spanned, TableAlias, TableAliasColumnDef, TableFactor, TableWithJoins,
    WildcardAdditionalOptions, visit_expressions,
};

use super::lower::call;
use super::relation::using;
use crate::functions;
use crate::functions::library::AGGREGATE;

/// The parser's name for `row.* AS (names)`.
pub(crate) const MEMBERS: &str = "$members";

/// Puts tables in the place of the rows.
///
/// Errors: `NotSupported` for a row that is made of groups or windows, and where `*` beside it does not tell its tables.
pub(super) fn expand(select: &mut Select) -> Result<()> {
    let relations = relations(&select.from);
    if !select.projection.iter().any(|item| row(item, &relations).is_some()) {
        return Ok(());
    }
    own_tables(select, &relations)?;
    for at in 0..select.projection.len() {
        let Some((row, names)) = row(&select.projection[at], &relations) else { continue };
        if is_computed_late(&row) {
            let error = Error::not_supported("the fields of a row that aggregates or windows make are not supported as .*");
            return Err(super::lower::placed(error, row.span().start));
        }
        let name = Ident::with_quote('"', format!("{MEMBERS}_{at}"));
        let columns = names.into_iter().map(|name| TableAliasColumnDef { name, data_type: None }).collect();
        let relation = TableFactor::UNNEST {
            alias: Some(TableAlias { explicit: true, name: name.clone(), columns, at: None }),
            array_exprs: vec![call("$array", vec![row])],
            with_offset: false,
            with_offset_alias: None,
            with_ordinality: false,
        };
        select.from.push(TableWithJoins { relation, joins: vec![] });
        select.projection[at] = all_of(name);
    }
    Ok(())
}

/// The row of an item, with the names that its fields get.
fn row(item: &SelectItem, relations: &[String]) -> Option<(Expr, Vec<Ident>)> {
    match item {
        SelectItem::ExprWithAliases { expr: Expr::Function(function), aliases } => Some((member(function)?, aliases.clone())),
        SelectItem::QualifiedWildcard(Kind::Expr(expr), _) => Some((expr.clone(), vec![])),
        SelectItem::QualifiedWildcard(Kind::ObjectName(name), _) => {
            let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
            // `t.*` is a table, of whatever schema.
            if relations.contains(&catalog::name::fold(&parts.last()?.value)) {
                return None;
            }
            let expr = if parts.len() == 1 { Expr::Identifier(parts[0].clone()) } else { Expr::CompoundIdentifier(parts) };
            Some((expr, vec![]))
        }
        _ => None,
    }
}

fn member(function: &Function) -> Option<Expr> {
    match (&function.args, function.name.to_string().trim_matches('"')) {
        (FunctionArguments::List(list), MEMBERS) => match list.args.as_slice() {
            [FunctionArg::Unnamed(FunctionArgExpr::Expr(row))] => Some(row.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The names under which the tables of a FROM are known.
fn relations(from: &[TableWithJoins]) -> Vec<String> {
    let factors =
        from.iter().flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    factors.flat_map(names).collect()
}

fn names(factor: &TableFactor) -> Vec<String> {
    let alias = match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::MatchRecognize { alias, .. }
        | TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
        _ => None,
    };
    match (alias, factor) {
        (Some(alias), _) => vec![catalog::name::fold(&alias.name.value)],
        (None, TableFactor::Table { name, .. }) => {
            let last = name.0.last().and_then(|part| part.as_ident());
            last.map(|name| catalog::name::fold(&name.value)).into_iter().collect()
        }
        (None, TableFactor::NestedJoin { table_with_joins, .. }) => relations(std::slice::from_ref(table_with_joins)),
        _ => vec![],
    }
}

/// `*` means the tables that are there already, and not those of the rows.
fn own_tables(select: &mut Select, relations: &[String]) -> Result<()> {
    if !select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_))) {
        return Ok(());
    }
    let factors = select.from.iter().map(|from| 1 + from.joins.len()).sum::<usize>();
    let merged = select.from.iter().flat_map(|from| &from.joins).any(|join| using(&join.join_operator).is_some());
    if factors != relations.len() || merged {
        return Err(Error::not_supported("the fields of a row as .* beside a * over tables without names is not supported"));
    }
    let items = std::mem::take(&mut select.projection).into_iter().flat_map(|item| match item {
        SelectItem::Wildcard(_) => relations.iter().map(|name| all_of(Ident::with_quote('"', name))).collect(),
        other => vec![other],
    });
    select.projection = items.collect();
    Ok(())
}

fn all_of(relation: Ident) -> SelectItem {
    let kind = Kind::ObjectName(ObjectName::from(vec![relation]));
    SelectItem::QualifiedWildcard(kind, WildcardAdditionalOptions::default())
}

/// Whether a value is known only after the rows of FROM were put together.
fn is_computed_late(expr: &Expr) -> bool {
    let found = visit_expressions(expr, |part| match part {
        Expr::Function(function) if function.over.is_some() || is_aggregate(&function.name.to_string().to_lowercase()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

fn is_aggregate(name: &str) -> bool {
    functions::listed().any(|listed| listed.kind == AGGREGATE && listed.name == name)
}
