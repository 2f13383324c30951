//! Which databases and tables a query's filters leave, as far as the filters name them: `=`, `IN`, `OR` and `AND` over
//! `schema_name`, `table_schema`, `table_schem` and `table_name`, `LIKE` without wildcards, also inside of `lower(…)`, for names in a catalog have no capitals.

use std::collections::BTreeSet;

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// Names; `None` is all of them.
type Names = Option<BTreeSet<String>>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) databases: Names,
    pub(crate) tables: Names,
}

impl Wanted {
    /// What all of `filters` leave, and perhaps more.
    pub(crate) fn by(filters: &[Expr]) -> Self {
        filters.iter().map(Self::of).fold(Self::default(), Self::and)
    }

    fn of(filter: &Expr) -> Self {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => Self::of(left).and(Self::of(right)),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => Self::of(left).or(Self::of(right)),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => match (column(left), text(right)) {
                (Some(column), Some(name)) => Self::one_of(column, BTreeSet::from([name])),
                _ => match (column(right), text(left)) {
                    (Some(column), Some(name)) => Self::one_of(column, BTreeSet::from([name])),
                    _ => Self::default(),
                },
            },
            Expr::Like(like) if !like.negated && !like.case_insensitive => {
                match (column(&like.expr), text(&like.pattern).and_then(|pattern| plain(&pattern, like.escape_char))) {
                    (Some(column), Some(name)) => Self::one_of(column, BTreeSet::from([name])),
                    _ => Self::default(),
                }
            }
            Expr::InList(list) if !list.negated => {
                let names = list.list.iter().map(text).collect::<Option<BTreeSet<_>>>();
                match (column(&list.expr), names) {
                    (Some(column), Some(names)) => Self::one_of(column, names),
                    _ => Self::default(),
                }
            }
            _ => Self::default(),
        }
    }

    fn one_of(column: &str, names: BTreeSet<String>) -> Self {
        match column {
            "schema_name" | "table_schema" | "table_schem" => Self { databases: Some(names), tables: None },
            "table_name" => Self { databases: None, tables: Some(names) },
            _ => Self::default(),
        }
    }

    fn and(self, other: Self) -> Self {
        let both = |left: Names, right: Names| match (left, right) {
            (Some(left), Some(right)) => Some(&left & &right),
            (left, right) => left.or(right),
        };
        Self { databases: both(self.databases, other.databases), tables: both(self.tables, other.tables) }
    }

    fn or(self, other: Self) -> Self {
        let either = |left: Names, right: Names| Some(&left? | &right?);
        Self { databases: either(self.databases, other.databases), tables: either(self.tables, other.tables) }
    }
}

/// The one text that a pattern of LIKE fits, if it is one: JDBC's drivers ask for names in this way.
fn plain(pattern: &str, escape: Option<char>) -> Option<String> {
    let mut characters = pattern.chars();
    let mut plain = String::new();
    while let Some(c) = characters.next() {
        match c {
            c if Some(c) == escape => plain.push(characters.next()?),
            '%' | '_' => return None,
            c => plain.push(c),
        }
    }
    Some(plain)
}

fn column(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Column(column) => Some(column.name()),
        Expr::Alias(alias) => column(&alias.expr),
        Expr::ScalarFunction(call) if call.name() == "lower" => match call.args.as_slice() {
            [argument] => column(argument),
            _ => None,
        },
        _ => None,
    }
}

fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Literal(ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text), _) => text.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::functions::expr_fn::lower;
    use datafusion::logical_expr::{col, lit};

    use super::*;

    fn wanted(filters: &[Expr]) -> (Option<String>, Option<String>) {
        let join = |names: Names| names.map(|names| names.into_iter().collect::<Vec<_>>().join(","));
        let Wanted { databases, tables } = Wanted::by(filters);
        (join(databases), join(tables))
    }

    #[test]
    fn filters_name_databases_and_tables() {
        let schema = || col("table_schema");
        let escaped = |pattern: &str| {
            let (expression, pattern) = (Box::new(schema()), Box::new(lit(pattern)));
            Expr::Like(datafusion::logical_expr::Like::new(false, expression, pattern, Some('$'), false))
        };
        let cases = [
            (vec![], None, None),
            (vec![schema().eq(lit("a"))], Some("a"), None),
            (vec![lit("a").eq(col("schema_name"))], Some("a"), None),
            (vec![lower(schema()).eq(lit("a")), col("table_name").eq(lit("t"))], Some("a"), Some("t")),
            (vec![schema().in_list(vec![lit("a"), lit("b")], false)], Some("a,b"), None),
            (vec![schema().in_list(vec![lit("a")], true)], None, None),
            (vec![schema().eq(lit("a")).or(schema().eq(lit("b")))], Some("a,b"), None),
            (vec![schema().eq(lit("a")).or(col("table_name").eq(lit("t")))], None, None),
            (vec![schema().eq(lit("a")).and(schema().eq(lit("b")))], Some(""), None),
            (vec![schema().eq(lit("a")), col("table_type").eq(lit("VIEW"))], Some("a"), None),
            (vec![schema().like(lit("ab"))], Some("ab"), None),
            (vec![escaped("a$_b")], Some("a_b"), None),
            (vec![escaped("a_b")], None, None),
            (vec![schema().not_eq(lit("a")), schema().like(lit("a%"))], None, None),
        ];
        for (filters, databases, tables) in cases {
            let expected = (databases.map(String::from), tables.map(String::from));
            assert_eq!(wanted(&filters), expected, "{filters:?}");
        }
    }
}
