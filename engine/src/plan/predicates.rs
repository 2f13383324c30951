//! The predicates that the parser says as calls (`sql::trino::predicate`), in terms of plainer ones.
//!
//! | called | becomes |
//! |---|---|
//! | `"$unique"((q))` | `NOT EXISTS (SELECT 1 FROM (q) AS r (v) WHERE v = v GROUP BY v HAVING count(*) > 1)`: rows with a NULL are none's duplicates |
//! | `"$match"('SIMPLE', false, (q), a, b)` | `a IS NULL OR b IS NULL OR EXISTS (SELECT 1 FROM (q) AS r (x, y) WHERE x = a AND y = b)` |
//! | … `'PARTIAL'` | `a IS NULL AND b IS NULL OR EXISTS (… WHERE (a IS NULL OR x = a) AND (b IS NULL OR y = b))` |
//! | … `'FULL'` | `a IS NULL AND b IS NULL OR a IS NOT NULL AND b IS NOT NULL AND EXISTS (… WHERE x = a AND y = b)` |
//! | … `true` | `(SELECT count(*) …) = 1` in place of `EXISTS` |
//! | `"$overlaps"(a, b, c, d)` | the SQL standard's comparisons of the four, where a length is added to its start, and each period begins with its lesser end |

use catalog::{Error, Result};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, GroupByExpr,
    Ident, ObjectName, Query, SelectItem, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, UnaryOperator, Value,
};

use super::forms;
use super::lower::call;

/// The operator that plans the end of a period from its start and its end or length.
pub(crate) const PERIOD_END: &str = "PERIOD END";

/// What the table says, for one of these calls.
pub(super) fn rewritten(function: &Function) -> Result<Option<Expr>> {
    let [part] = function.name.0.as_slice() else { return Ok(None) };
    let name = part.as_ident().map(|ident| ident.value.as_str()).unwrap_or_default();
    if !matches!(name, "$unique" | "$match" | "$overlaps") {
        return Ok(None);
    }
    let mut arguments = arguments(function).into_iter();
    match (name, arguments.next(), arguments.next(), arguments.next()) {
        ("$unique", Some(Expr::Subquery(query)), ..) => unique(*query).map(Some),
        ("$match", Some(kind), Some(unique), Some(Expr::Subquery(query))) => {
            let unique = matches!(&unique, Expr::Value(value) if value.value == Value::Boolean(true));
            Ok(Some(matches(&kind.to_string(), unique, *query, &arguments.collect::<Vec<_>>())))
        }
        ("$overlaps", Some(start), Some(end), Some(other_start)) => match arguments.next() {
            Some(other_end) => Ok(Some(overlaps([start, end], [other_start, other_end]))),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn arguments(function: &Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = &function.args else { return vec![] };
    let values = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value.clone()),
        _ => None,
    });
    values.collect()
}

fn unique(mut query: Query) -> Result<Expr> {
    match forms::columns(&query) {
        0 => return Err(Error::not_supported("UNIQUE of a query with * is not supported; name the columns")),
        1 => {}
        _ => forms::as_row(&mut query),
    }
    let value = || Expr::Identifier(column(0));
    let mut select = forms::select(SelectItem::UnnamedExpr(number(1)), derived(query, 1));
    select.selection = Some(binary(value(), BinaryOperator::Eq, value()));
    select.group_by = GroupByExpr::Expressions(vec![value()], vec![]);
    select.having = Some(binary(count(), BinaryOperator::Gt, number(1)));
    let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(select))));
    Ok(Expr::Exists { subquery, negated: true })
}

fn matches(kind: &str, unique: bool, query: Query, fields: &[Expr]) -> Expr {
    let partial = kind.contains("PARTIAL");
    let equal = fields.iter().enumerate().map(|(at, field)| {
        let equal = binary(Expr::Identifier(column(at)), BinaryOperator::Eq, field.clone());
        if partial { nested(binary(is_null(field), BinaryOperator::Or, equal)) } else { equal }
    });
    let condition = all(equal, BinaryOperator::And);
    let item = if unique { count() } else { number(1) };
    let mut select = forms::select(SelectItem::UnnamedExpr(item), derived(query, fields.len()));
    select.selection = condition;
    let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(select))));
    let found = match unique {
        true => binary(Expr::Subquery(subquery), BinaryOperator::Eq, number(1)),
        false => Expr::Exists { subquery, negated: false },
    };
    let nulls = |op| all(fields.iter().map(is_null), op);
    let (without, found) = match kind.contains("SIMPLE") {
        true => (nulls(BinaryOperator::Or), found),
        false if partial => (nulls(BinaryOperator::And), found),
        false => {
            let there = all(fields.iter().map(|field| Expr::IsNotNull(Box::new(nested(field.clone())))), BinaryOperator::And);
            let found = there.map_or(found.clone(), |there| binary(there, BinaryOperator::And, found));
            (nulls(BinaryOperator::And), found)
        }
    };
    nested(without.map_or(found.clone(), |without| binary(nested(without), BinaryOperator::Or, found)))
}

/// `(S1 > S2 AND NOT (S1 >= T2 AND T1 >= T2)) OR (S2 > S1 AND NOT (S2 >= T1 AND T2 >= T1)) OR (S1 = S2 AND (T1 <> T2 OR T1 = T2))`
fn overlaps(one: [Expr; 2], other: [Expr; 2]) -> Expr {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, NotEq, Or};
    let ends = |[start, end]: [Expr; 2]| {
        let end = nested(binary(nested(start.clone()), BinaryOperator::Custom(PERIOD_END.to_string()), nested(end)));
        let turned = nested(binary(is_null(&start), Or, binary(end.clone(), Lt, nested(start.clone()))));
        let pick = |yes: &Expr, no: &Expr| case(turned.clone(), yes.clone(), no.clone());
        (pick(&end, &start), pick(&start, &end))
    };
    let ((s1, t1), (s2, t2)) = (ends(one), ends(other));
    let is = |left: &Expr, op: BinaryOperator, right: &Expr| nested(binary(left.clone(), op, right.clone()));
    let both = |left: Expr, right: Expr| nested(binary(left, And, right));
    let not = |expr: Expr| Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(expr) };
    let later = |s1: &Expr, t1: &Expr, s2: &Expr, t2: &Expr| both(is(s1, Gt, s2), not(both(is(s1, GtEq, t2), is(t1, GtEq, t2))));
    let same = both(is(&s1, Eq, &s2), nested(binary(is(&t1, NotEq, &t2), Or, is(&t1, Eq, &t2))));
    let either = binary(later(&s1, &t1, &s2, &t2), Or, later(&s2, &t2, &s1, &t1));
    nested(binary(either, Or, same))
}

fn case(condition: Expr, yes: Expr, no: Expr) -> Expr {
    use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result: yes }],
        else_result: Some(Box::new(no)),
    }
}

fn column(at: usize) -> Ident {
    Ident::with_quote('"', format!("$column_{at}"))
}

/// The query as a relation with names that nobody writes.
fn derived(query: Query, columns: usize) -> TableFactor {
    let columns = (0..columns).map(|at| TableAliasColumnDef { name: column(at), data_type: None }).collect();
    let alias = TableAlias { explicit: true, name: Ident::with_quote('"', "$rows"), columns, at: None };
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
}

fn count() -> Expr {
    let Expr::Function(mut function) = call("count", vec![]) else { return number(0) };
    function.name = ObjectName::from(vec![Ident::new("count")]);
    let args = vec![FunctionArg::Unnamed(FunctionArgExpr::Wildcard)];
    function.args = FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: vec![] });
    Expr::Function(function)
}

fn number(value: u32) -> Expr {
    Expr::Value(Value::Number(value.to_string(), false).with_empty_span())
}

fn is_null(expr: &Expr) -> Expr {
    Expr::IsNull(Box::new(nested(expr.clone())))
}

fn nested(expr: Expr) -> Expr {
    Expr::Nested(Box::new(expr))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn all(parts: impl Iterator<Item = Expr>, op: BinaryOperator) -> Option<Expr> {
    parts.reduce(|left, right| binary(left, op.clone(), right))
}
