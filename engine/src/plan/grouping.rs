//! What a select is grouped by, where DataFusion does not plan it as it is written ("SELECT: GROUP BY clause").
//!
//! | written | planned |
//! |---|---|
//! | `AUTO` | the items of the select without an aggregate |
//! | `ROLLUP (a, (b, c))`, `CUBE (a, (b, c))` | `GROUPING SETS` of the same sets |
//! | `DISTINCT …` | `GROUPING SETS` of all sets, each once; where that is one set, its expressions |

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result};
use datafusion::sql::sqlparser::ast::{Expr, GroupByExpr, Ident, Select, SelectItem, Value, visit_expressions};

use super::forms::Aggregates;

/// Trino's limit (`max_grouping_sets`).
const MOST_SETS: usize = 2048;

type Set = Vec<Expr>;

/// Rewrites the select's GROUP BY.
///
/// Errors: `NotSupported` for AUTO beside `*`, `LimitExceeded` for too many grouping sets.
pub(super) fn planned(select: &mut Select, aggregates: &Aggregates<'_>) -> Result<()> {
    let GroupByExpr::Expressions(elements, _) = &select.group_by else { return Ok(()) };
    let tuples = |sets: &[Set]| sets.iter().any(|set| set.len() > 1);
    let plain = |element: &Expr| match element {
        Expr::Rollup(sets) | Expr::Cube(sets) => !tuples(sets),
        element => !is_mark(element, "$auto") && !is_mark(element, "$distinct"),
    };
    if elements.iter().all(plain) {
        return Ok(());
    }
    let distinct = elements.iter().any(|element| is_mark(element, "$distinct"));
    let mut planned = vec![];
    for element in elements.iter().filter(|element| !is_mark(element, "$distinct")) {
        match element {
            element if is_mark(element, "$auto") => planned.extend(auto(&select.projection, aggregates)?),
            Expr::Rollup(sets) if tuples(sets) => planned.push(Expr::GroupingSets(rollup(sets))),
            Expr::Cube(sets) if tuples(sets) => planned.push(Expr::GroupingSets(cube(sets)?)),
            other => planned.push(other.clone()),
        }
    }
    if distinct && planned.iter().any(|element| matches!(element, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_))) {
        planned = once(&planned)?;
    }
    select.group_by = GroupByExpr::Expressions(planned, vec![]);
    Ok(())
}

fn is_mark(expr: &Expr, name: &str) -> bool {
    let Expr::Function(function) = expr else { return false };
    matches!(function.name.0.as_slice(), [part] if part.as_ident().is_some_and(|ident| ident.value == name))
}

fn auto(items: &[SelectItem], aggregates: &Aggregates<'_>) -> Result<Vec<Expr>> {
    let mut keys: Vec<Expr> = vec![];
    for item in items {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else {
            return Err(Error::not_supported("GROUP BY AUTO of a select with * is not supported; name the columns"));
        };
        let constant = matches!(expr, Expr::Value(_));
        if !constant && !aggregates.within(expr) && !keys.contains(expr) {
            keys.push(expr.clone());
        }
    }
    Ok(keys)
}

fn rollup(sets: &[Set]) -> Vec<Set> {
    (0..=sets.len()).rev().map(|length| sets[..length].concat()).collect()
}

fn cube(sets: &[Set]) -> Result<Vec<Set>> {
    if sets.len() > MOST_SETS.ilog2() as usize {
        return Err(too_many());
    }
    let chosen =
        |mask: usize| sets.iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1).flat_map(|(_, set)| set.clone());
    Ok((0..1_usize << sets.len()).rev().map(|mask| chosen(mask).collect()).collect())
}

fn too_many() -> Error {
    Error::new(ErrorKind::LimitExceeded, format!("GROUP BY has more than {MOST_SETS} grouping sets"))
}

/// All combinations of the elements' sets, each once.
fn once(elements: &[Expr]) -> Result<Vec<Expr>> {
    let mut combined: Vec<Set> = vec![vec![]];
    for element in elements {
        let sets = match element {
            Expr::Rollup(sets) => rollup(sets),
            Expr::Cube(sets) => cube(sets)?,
            Expr::GroupingSets(sets) => sets.clone(),
            other => vec![vec![other.clone()]],
        };
        if combined.len().saturating_mul(sets.len()) > MOST_SETS {
            return Err(too_many());
        }
        combined = combined.iter().flat_map(|one| sets.iter().map(|other| [one.as_slice(), other].concat())).collect();
    }
    let mut seen: Vec<Set> = vec![];
    for set in combined {
        let mut keys: Set = vec![];
        for key in set {
            if !keys.iter().any(|known| same(known, &key)) {
                keys.push(key);
            }
        }
        let known = seen
            .iter()
            .any(|known| known.len() == keys.len() && keys.iter().all(|key| known.iter().any(|other| same(key, other))));
        if !known {
            seen.push(keys);
        }
    }
    Ok(match seen.as_slice() {
        [one] if !one.is_empty() => one.clone(),
        _ => vec![Expr::GroupingSets(seen)],
    })
}

/// Whether two keys are one: `a` and `t.a` are the same column, or one of them would be ambiguous.
fn same(one: &Expr, other: &Expr) -> bool {
    let is = |name: &Ident, path: &[Ident]| {
        path.last().is_some_and(|last| catalog::name::fold(&last.value) == catalog::name::fold(&name.value))
    };
    match (one, other) {
        (Expr::Identifier(name), Expr::CompoundIdentifier(path)) | (Expr::CompoundIdentifier(path), Expr::Identifier(name)) => {
            is(name, path)
        }
        (Expr::Identifier(one), Expr::Identifier(other)) => is(one, std::slice::from_ref(other)),
        (Expr::Nested(one), other) | (other, Expr::Nested(one)) => same(one, other),
        _ => one == other,
    }
}

impl Aggregates<'_> {
    /// Whether an expression has an aggregate or a window function in it, those of its subqueries left out.
    pub(super) fn within(&self, expr: &Expr) -> bool {
        let mut depth = expr.clone();
        super::forms::without_subqueries(&mut depth);
        let found = visit_expressions(&depth, |part| match part {
            Expr::Function(function) if self.is(function) || function.over.is_some() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        found.is_break()
    }
}

/// A NULL in the place of something that was taken out.
pub(crate) fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}
