//! What a query says of columns by their types or of all columns by a name, spelled out before it is planned:
//!
//! | written | becomes |
//! |---|---|
//! | `SELECT r.*`, `r.* AS (a, b)`, of a row | its fields, each by its place |
//! | `SELECT j.*`, of JSON | an accessor |
//! | `SELECT t.*`, of a table of a query around, or `t.* AS (a, b)` | the table's columns |
//! | `q UNION CORRESPONDING p` | selects of the columns that both have, in the order of the first |
//! | `q EXCEPT ALL p`, `q INTERSECT ALL p` | without ALL, of rows with the number that each has among those that are alike |
//!
//! Types and columns are those of a *probe*: a query of what is asked about and nothing else, which is planned and not run. Only
//! queries with such forms are probed.

use std::ops::ControlFlow;

use catalog::{Error, ErrorKind, Result, name};
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Cte, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind as Kind, SetExpr, SetOperator, SetQuantifier, TableAlias, TableAliasColumnDef,
    TableFactor, TableWithJoins, Value, VisitMut, VisitorMut, WildcardAdditionalOptions, With,
};

use super::forms;
use crate::coerce::json;
use crate::plan::relation::field_at;
use crate::types::Type;

/// Plans a query that is only asked for its columns.
pub(super) type Probe<'a> = dyn Fn(Query) -> Result<LogicalPlan> + 'a;

/// Rewrites `query` in place.
///
/// Errors: `TypeMismatch` for `.*` of what has no fields, `InvalidInput` for a wrong number of names, and those of probes.
pub(super) fn expanded(query: &mut Query, probe: &Probe<'_>) -> Result<()> {
    match query.visit(&mut Expand { probe, scopes: vec![], hidden: vec![] }) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// What is around.
enum Scope {
    /// A query with the common table expressions that can be seen in it.
    With {
        query: *const Query,
        bodies: Vec<*const Query>,
        ctes: Vec<Cte>,
        visible: usize,
        recursive: bool,
    },
    Select {
        from: Vec<TableWithJoins>,
    },
}

/// An expression and the name that it has, where it has one.
type Named = (Expr, Option<String>);

struct Expand<'a> {
    probe: &'a Probe<'a>,
    scopes: Vec<Scope>,
    /// The FROM of each select in whose derived table this is, and which that table does not see.
    hidden: Vec<Vec<TableWithJoins>>,
}

impl VisitorMut for Expand<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        let this = &raw const *query;
        if let Some(Scope::With { bodies, visible, recursive, .. }) =
            self.scopes.iter_mut().rev().find(|scope| matches!(scope, Scope::With { .. }))
            && let Some(at) = bodies.iter().position(|body| std::ptr::eq(*body, this))
        {
            *visible = at + usize::from(*recursive);
        }
        if let Some(with) = &query.with {
            self.scopes.push(Scope::With {
                query: this,
                bodies: with.cte_tables.iter().map(|cte| &raw const *cte.query).collect(),
                ctes: with.cte_tables.iter().map(|cte| anchored(cte, with.recursive)).collect(),
                visible: 0,
                recursive: with.recursive,
            });
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        if let Err(error) = self.operations(&mut query.body) {
            return ControlFlow::Break(error);
        }
        let this = &raw const *query;
        if matches!(self.scopes.last(), Some(Scope::With { query, .. }) if std::ptr::eq(*query, this)) {
            self.scopes.pop();
        }
        if let Some(Scope::With { bodies, visible, .. }) =
            self.scopes.iter_mut().rev().find(|scope| matches!(scope, Scope::With { .. }))
            && let Some(at) = bodies.iter().position(|body| std::ptr::eq(*body, this))
        {
            *visible = at + 1;
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        if let Err(error) = self.select(select) {
            return ControlFlow::Break(error);
        }
        self.scopes.push(Scope::Select { from: select.from.clone() });
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<Error> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        if let TableFactor::Derived { lateral, .. } = factor
            && let Some(Scope::Select { from }) = self.scopes.last_mut()
        {
            let seen = if *lateral { before(from, factor) } else { vec![] };
            self.hidden.push(std::mem::replace(from, seen));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        if let TableFactor::Derived { .. } = factor
            && let Some(Scope::Select { from }) = self.scopes.last_mut()
        {
            *from = self.hidden.pop().unwrap_or_default();
        }
        ControlFlow::Continue(())
    }
}

/// The relations that stand before this one, which is what a lateral one sees.
fn before(from: &[TableWithJoins], factor: &TableFactor) -> Vec<TableWithJoins> {
    let mut seen = vec![];
    for table in from {
        if table.relation == *factor {
            break;
        }
        match table.joins.iter().position(|join| join.relation == *factor) {
            Some(at) => {
                let joins = table.joins.iter().take(at).cloned().collect();
                seen.push(TableWithJoins { relation: table.relation.clone(), joins });
                break;
            }
            None => seen.push(table.clone()),
        }
    }
    seen
}

/// A common table expression; of one that may refer to itself only the first part, which has its columns.
fn anchored(cte: &Cte, recursive: bool) -> Cte {
    let mut cte = cte.clone();
    if recursive && let SetExpr::SetOperation { left, .. } = cte.query.body.as_ref() {
        *cte.query.body = left.as_ref().clone();
    }
    cte
}

impl Expand<'_> {
    fn select(&mut self, select: &mut Select) -> Result<()> {
        let asked = |item: &SelectItem| match item {
            SelectItem::QualifiedWildcard(Kind::ObjectName(name), _) => !select.from.iter().any(|from| has(from, name)),
            SelectItem::QualifiedWildcard(Kind::Expr(_), _) | SelectItem::ExprWithAliases { .. } => true,
            _ => false,
        };
        if !select.projection.iter().any(asked) {
            return Ok(());
        }
        let mut items = vec![];
        for item in &select.projection {
            match item {
                item if !asked(item) => items.push(item.clone()),
                SelectItem::QualifiedWildcard(kind, _) => items.extend(self.members(kind, &select.from, None, items.len())?),
                SelectItem::ExprWithAliases { expr, aliases } => {
                    let kind = match members_of(expr) {
                        Some(Expr::Identifier(name)) => Kind::ObjectName(ObjectName::from(vec![name.clone()])),
                        Some(Expr::CompoundIdentifier(path)) => Kind::ObjectName(ObjectName::from(path.clone())),
                        Some(other) => Kind::Expr(other.clone()),
                        None => return Err(Error::not_supported("names for several columns of one expression")),
                    };
                    items.extend(self.members(&kind, &select.from, Some(aliases), items.len())?);
                }
                _ => {}
            }
        }
        select.projection = items;
        Ok(())
    }

    /// Set operations: CORRESPONDING, and those whose ALL counts rows.
    fn operations(&self, body: &mut SetExpr) -> Result<()> {
        let SetExpr::SetOperation { op, left, right, set_quantifier } = body else { return Ok(()) };
        self.operations(left)?;
        self.operations(right)?;
        let (quantifier, corresponding) = match *set_quantifier {
            SetQuantifier::AllByName => (SetQuantifier::All, true),
            SetQuantifier::DistinctByName => (SetQuantifier::Distinct, true),
            SetQuantifier::ByName => (SetQuantifier::None, true),
            other => (other, false),
        };
        *set_quantifier = quantifier;
        if corresponding {
            self.corresponding(left, right)?;
        }
        if quantifier == SetQuantifier::All && matches!(op, SetOperator::Except | SetOperator::Intersect) {
            self.counted(body)?;
        }
        Ok(())
    }

    /// `q EXCEPT ALL p`: rows that are alike are numbered on either side, and are different then.
    fn counted(&self, body: &mut SetExpr) -> Result<()> {
        let SetExpr::SetOperation { op, left, right, .. } = body else { return Ok(()) };
        let known = forms::columns(&sql::query_of(left.as_ref().clone()));
        let names: Vec<String> = match self.planned(sql::query_of(left.as_ref().clone())) {
            Ok(plan) => plan.schema().fields().iter().map(|field| field.name().clone()).collect(),
            // A query that uses others around it.
            Err(_) if known > 0 => (0..known).map(|at| format!("_col{at}")).collect(),
            Err(error) => return Err(error),
        };
        let column = |at: usize| Ident::with_quote('"', format!("$column_{at}"));
        let columns = || (0..names.len()).map(|at| Expr::Identifier(column(at)));
        let side = |side: &SetExpr| {
            let mut items: Vec<SelectItem> = columns().map(SelectItem::UnnamedExpr).collect();
            let number = forms::window("row_number", columns().collect(), vec![]);
            items.push(SelectItem::ExprWithAlias { expr: number, alias: Ident::with_quote('"', "$number") });
            let columns = (0..names.len()).map(|at| TableAliasColumnDef { name: column(at), data_type: None }).collect();
            let alias = TableAlias { explicit: true, name: Ident::with_quote('"', "$side"), columns, at: None };
            let subquery = Box::new(sql::query_of(side.clone()));
            let relation = TableFactor::Derived { lateral: false, subquery, alias: Some(alias), sample: None };
            Box::new(SetExpr::Select(Box::new(forms::select_from(items, relation))))
        };
        let numbered =
            SetExpr::SetOperation { op: *op, left: side(left), right: side(right), set_quantifier: SetQuantifier::None };
        let items = columns()
            .zip(&names)
            .map(|(expr, name)| SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name.as_str()) });
        let subquery = Box::new(sql::query_of(numbered));
        let relation = TableFactor::Derived { lateral: false, subquery, alias: None, sample: None };
        *body = SetExpr::Select(Box::new(forms::select_from(items.collect(), relation)));
        Ok(())
    }

    /// CORRESPONDING as selects of the columns that both sides have.
    fn corresponding(&self, left: &mut Box<SetExpr>, right: &mut Box<SetExpr>) -> Result<()> {
        let columns = |side: &SetExpr| -> Result<Vec<String>> {
            let plan = self.planned(sql::query_of(side.clone()))?;
            Ok(plan.schema().fields().iter().map(|field| field.name().clone()).collect())
        };
        let (one, other) = (columns(left)?, columns(right)?);
        let shared: Vec<&String> = one.iter().filter(|column| other.contains(column)).collect();
        if shared.is_empty() {
            let message = "the sides of CORRESPONDING have no column of the same name";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        for side in [left, right] {
            let items =
                shared.iter().map(|column| SelectItem::UnnamedExpr(Expr::Identifier(Ident::with_quote('"', column.as_str()))));
            let mut select = forms::select_of(items.collect());
            let subquery = Box::new(sql::query_of(side.as_ref().clone()));
            let relation = TableFactor::Derived { lateral: false, subquery, alias: None, sample: None };
            select.from = vec![TableWithJoins { relation, joins: vec![] }];
            **side = SetExpr::Select(Box::new(select));
        }
        Ok(())
    }

    /// The items that `kind.*` stands for, as the items from `place` on.
    fn members(&self, kind: &Kind, from: &[TableWithJoins], names: Option<&Vec<Ident>>, place: usize) -> Result<Vec<SelectItem>> {
        let value = match kind {
            Kind::ObjectName(object) => match self.relation(object, from)? {
                Some(columns) => return named(columns, names, place),
                None => column(object),
            },
            Kind::Expr(value) => value.clone(),
        };
        match self.type_of(&value, from)? {
            Type::Row(fields) => {
                let field = |(at, (name, _)): (usize, (Option<String>, Type))| (field_at(value.clone(), at), name);
                named(fields.into_iter().enumerate().map(field).collect(), names, place)
            }
            Type::Json => {
                let star = Expr::Value(Value::SingleQuotedString("*".to_string()).with_empty_span());
                let op = BinaryOperator::Custom(json::MEMBERS.to_string());
                let access = Expr::BinaryOp { left: Box::new(value), op, right: Box::new(star) };
                named(vec![(access, None)], names, place)
            }
            other => {
                Err(Error::new(ErrorKind::TypeMismatch, format!("SELECT * from expression of type {other}, which is not a row")))
            }
        }
    }

    /// The columns of a relation by that name, of this select or one around.
    fn relation(&self, object: &ObjectName, from: &[TableWithJoins]) -> Result<Option<Vec<Named>>> {
        let around = self.scopes.iter().rev().filter_map(|scope| match scope {
            Scope::Select { from } => Some(from.as_slice()),
            Scope::With { .. } => None,
        });
        let factor = std::iter::once(from).chain(around).flatten().flat_map(factors).find(|factor| is(factor, object));
        let Some(factor) = factor else { return Ok(None) };
        let plan = self.probed(vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())], factor.clone())?;
        let path: Vec<Ident> = object.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let columns = plan.schema().fields().iter().map(|field| {
            let column = Ident::with_quote('"', field.name());
            (
                Expr::CompoundIdentifier(path.iter().cloned().chain([column]).collect()),
                Some(forms::shown(field.name()).to_string()),
            )
        });
        Ok(Some(columns.collect()))
    }

    /// The type of a value in a select over `from`, or where it is of a select around, over that.
    fn type_of(&self, value: &Expr, from: &[TableWithJoins]) -> Result<Type> {
        let item = || vec![SelectItem::ExprWithAlias { expr: value.clone(), alias: Ident::with_quote('"', "$probed") }];
        let own = self.probed_over(item(), from.to_vec());
        let plan = own.or_else(|error| {
            let around = self.scopes.iter().filter_map(|scope| match scope {
                Scope::Select { from } => Some(from.clone()),
                Scope::With { .. } => None,
            });
            let mut all: Vec<TableWithJoins> = around.flatten().collect();
            if all.is_empty() {
                return Err(error);
            }
            let mut inner = forms::select_of(item());
            inner.from = from.to_vec();
            let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(inner))));
            let relation = TableFactor::Derived { lateral: true, subquery, alias: None, sample: None };
            all.push(TableWithJoins { relation, joins: vec![] });
            self.probed_over(vec![SelectItem::UnnamedExpr(Expr::Identifier(Ident::with_quote('"', "$probed")))], all)
        })?;
        if let LogicalPlan::Projection(projection) = &plan
            && projection.expr.first().is_some_and(json::is_access)
        {
            return Ok(Type::Json);
        }
        Type::of(plan.schema().field(0).data_type())
    }

    fn probed(&self, items: Vec<SelectItem>, relation: TableFactor) -> Result<LogicalPlan> {
        self.probed_over(items, vec![TableWithJoins { relation, joins: vec![] }])
    }

    fn probed_over(&self, items: Vec<SelectItem>, from: Vec<TableWithJoins>) -> Result<LogicalPlan> {
        let mut select = forms::select_of(items);
        select.from = from;
        self.planned(sql::query_of(SetExpr::Select(Box::new(select))))
    }

    /// Plans a query with the common table expressions that can be seen here.
    fn planned(&self, mut query: Query) -> Result<LogicalPlan> {
        let mut cte_tables: Vec<Cte> = vec![];
        for scope in &self.scopes {
            let Scope::With { ctes, visible, .. } = scope else { continue };
            for cte in ctes.iter().take(*visible) {
                cte_tables.retain(|known| known.alias.name.value != cte.alias.name.value);
                cte_tables.push(cte.clone());
            }
        }
        if !cte_tables.is_empty() {
            query.with = Some(With { with_token: AttachedToken::empty(), recursive: false, cte_tables });
        }
        (self.probe)(query)
    }
}

fn factors(from: &TableWithJoins) -> impl Iterator<Item = &TableFactor> {
    let mut found = vec![];
    for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
        match factor {
            TableFactor::NestedJoin { table_with_joins, alias: None } => found.extend(factors(table_with_joins)),
            factor => found.push(factor),
        }
    }
    found.into_iter()
}

/// Whether a relation of FROM has that name.
pub(super) fn has(from: &TableWithJoins, object: &ObjectName) -> bool {
    factors(from).any(|factor| is(factor, object))
}

/// Whether a relation has that name.
fn is(factor: &TableFactor, object: &ObjectName) -> bool {
    let fold = |object: &ObjectName| -> Vec<String> {
        object.0.iter().filter_map(|part| part.as_ident()).map(|ident| name::fold(&ident.value)).collect()
    };
    let asked = fold(object);
    let alias = match factor {
        TableFactor::Table { name, alias: None, .. } => return fold(name).ends_with(&asked),
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::NestedJoin { alias, .. }
        | TableFactor::Pivot { alias, .. }
        | TableFactor::MatchRecognize { alias, .. } => alias,
        _ => return false,
    };
    alias.as_ref().is_some_and(|alias| asked == [name::fold(&alias.name.value)])
}

fn column(object: &ObjectName) -> Expr {
    let mut path: Vec<Ident> = object.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
    if path.len() == 1 { Expr::Identifier(path.remove(0)) } else { Expr::CompoundIdentifier(path) }
}

/// The row of `"$members"(row)`.
fn members_of(expr: &Expr) -> Option<&Expr> {
    let Expr::Function(Function { name, args: FunctionArguments::List(list), .. }) = expr else { return None };
    if name.to_string() != "\"$members\"" {
        return None;
    }
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(row))] => Some(row),
        _ => None,
    }
}

fn named(columns: Vec<(Expr, Option<String>)>, names: Option<&Vec<Ident>>, place: usize) -> Result<Vec<SelectItem>> {
    if let Some(names) = names
        && names.len() != columns.len()
    {
        let message = format!("Column alias list has {} entries but relation has {} columns", names.len(), columns.len());
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let item = |(at, (expr, name)): (usize, (Expr, Option<String>))| {
        let alias = match (names, name) {
            (Some(names), _) => names[at].clone(),
            (None, Some(name)) => Ident::with_quote('"', name),
            (None, None) => Ident::with_quote('"', format!("_col{}", place + at)),
        };
        SelectItem::ExprWithAlias { expr, alias }
    };
    Ok(columns.into_iter().enumerate().map(item).collect())
}
