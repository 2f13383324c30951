//! The names of columns that are fields of rows: `SELECT payload.id FROM t` has a column `id`, as in Trino. DataFusion would call it by
//! the whole expression, and no query around could name it.

use std::collections::HashMap;

use catalog::name::fold;
use datafusion::sql::sqlparser::ast::{AccessExpr, Expr, Ident, ObjectName, Select, SelectItem};

use super::expand;

/// Gives fields among the columns of `select` their names, where no other column has the name. `outermost`: nobody refers to the
/// columns, so that beside a wildcard, which may bring the name, they are left.
pub(super) fn named(select: &mut Select, outermost: bool) {
    let wildcard = |item: &SelectItem| !matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
    if outermost && select.projection.iter().any(wildcard) {
        return;
    }
    let mut times: HashMap<String, usize> = HashMap::new();
    for item in &select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(expr) => last(expr),
            SelectItem::ExprWithAlias { alias, .. } => Some(alias),
            _ => None,
        };
        if let Some(name) = name {
            *times.entry(fold(&name.value)).or_default() += 1;
        }
    }
    let from = std::mem::take(&mut select.from);
    for item in &mut select.projection {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let is_column = match &*expr {
            Expr::Identifier(_) => true,
            Expr::CompoundIdentifier(path) => {
                let relation = ObjectName::from(path[..path.len() - 1].to_vec());
                from.iter().any(|from| expand::has(from, &relation))
            }
            _ => false,
        };
        let name = last(expr).filter(|name| !is_column && times.get(&fold(&name.value)) == Some(&1)).cloned();
        if let Some(alias) = name {
            let alias = Ident { value: fold(&alias.value), quote_style: Some('"'), ..alias };
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
        }
    }
    select.from = from;
}

/// The last name of a column or a field.
fn last(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(path) => path.last(),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last()? {
            AccessExpr::Dot(Expr::Identifier(name)) => Some(name),
            _ => None,
        },
        _ => None,
    }
}
