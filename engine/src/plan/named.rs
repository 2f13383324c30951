//! Which columns of its tables a query can mean. Planning takes time for each column of each table, from the syntax tree to the
//! optimizer's last pass, and a query names few of them: a join of twenty tables has three hundred. So its tables have those columns
//! alone whose names are somewhere in its text, which may be too many and is never too few.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Join, JoinConstraint, JoinOperator, Query, Select, SelectItem,
    SetExpr, TableAlias, TableFactor, Visit, Visitor,
};

/// The text of a query in which all columns that it can mean are named.
#[derive(Debug)]
pub(crate) struct Named(String);

impl Named {
    /// None where the query may mean columns that it does not name: `*`, `TABLE t`, `t AS x(a, b)`, and relations that hand on
    /// all that they are made of.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        let unnamed = query.visit(&mut Unnamed).is_break();
        (!unnamed).then(|| Self(query.to_string().to_ascii_lowercase()))
    }

    /// Whether a column may be meant. A name that a text may say in another way always may.
    pub(crate) fn may_mean(&self, column: &str) -> bool {
        let plain = column.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        !plain || self.0.contains(&column.to_ascii_lowercase())
    }
}

/// Looks for what means columns without naming them.
struct Unnamed;

/// Goes on where there is nothing of the kind.
fn unless(unnamed: bool) -> ControlFlow<()> {
    if unnamed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

impl Visitor for Unnamed {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        unless(has_whole_table(&query.body))
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let item = |item: &SelectItem| !matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. });
        unless(select.projection.iter().any(item) || select.from.iter().flat_map(|from| &from.joins).any(is_natural))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let renames = |alias: &Option<TableAlias>| alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
        match factor {
            TableFactor::Table { alias, args, .. } => unless(args.is_some() || renames(alias)),
            TableFactor::NestedJoin { alias, table_with_joins } => {
                unless(renames(alias) || table_with_joins.joins.iter().any(is_natural))
            }
            TableFactor::Derived { .. } | TableFactor::UNNEST { .. } => unless(false),
            _ => unless(true),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let whole = |argument: &FunctionArg| {
            let (FunctionArg::Unnamed(value) | FunctionArg::Named { arg: value, .. } | FunctionArg::ExprNamed { arg: value, .. }) =
                argument;
            matches!(value, FunctionArgExpr::QualifiedWildcard(_))
        };
        unless(match expr {
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => true,
            Expr::Function(function) => match &function.args {
                FunctionArguments::List(list) => list.args.iter().any(whole),
                FunctionArguments::None | FunctionArguments::Subquery(_) => false,
            },
            _ => false,
        })
    }
}

/// `TABLE t`, of a set operation, too.
fn has_whole_table(body: &SetExpr) -> bool {
    match body {
        SetExpr::Table(_) => true,
        SetExpr::SetOperation { left, right, .. } => has_whole_table(left) || has_whole_table(right),
        _ => false,
    }
}

fn is_natural(join: &Join) -> bool {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)
    | JoinOperator::Right(constraint)
    | JoinOperator::RightOuter(constraint)
    | JoinOperator::FullOuter(constraint)
    | JoinOperator::CrossJoin(constraint)) = &join.join_operator
    else {
        return true;
    };
    matches!(constraint, JoinConstraint::Natural)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<Named> {
        let sql::Statement::Query(query) = sql::parse(text).unwrap() else { panic!("{text} is no query") };
        Named::of(&query)
    }

    #[test]
    fn a_text_names_its_columns() {
        let query = named("SELECT Price, count(*) FROM t JOIN u USING (day) WHERE \"Two Words\" = 'x' GROUP BY 1").unwrap();
        for (column, may) in
            [("price", true), ("DAY", true), ("two words", true), ("a\"b", true), ("größe", true), ("size", false)]
        {
            assert_eq!(query.may_mean(column), may, "{column}");
        }
    }

    #[test]
    fn what_means_columns_without_naming_them() {
        for text in [
            "SELECT * FROM t",
            "SELECT t.*, 1 FROM t",
            "SELECT a FROM t AS x (a, b)",
            "TABLE t",
            "SELECT a FROM t UNION TABLE u",
            "SELECT a FROM t WHERE a IN (SELECT * FROM u)",
            "SELECT a FROM t MATCH_RECOGNIZE (ORDER BY a ALL ROWS PER MATCH PATTERN (x) DEFINE x AS true)",
        ] {
            assert!(named(text).is_none(), "{text}");
        }
    }
}
