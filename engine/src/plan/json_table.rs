//! `JSON_TABLE` as a subquery: a function makes the rows of JSON items that the paths lead to, joined as the plan says, and the
//! columns are what JSON_VALUE and JSON_QUERY take from those.
//!
//! `JSON_TABLE(j, 'lax $[*]' COLUMNS (n FOR ORDINALITY, a bigint PATH 'lax $.a'))` is
//! `LATERAL (SELECT CAST(i[2] AS bigint) AS n, "$json_value"(i[1], 'lax $.a', …) AS a FROM UNNEST("$json_rows"(j, …)) AS r (i))`:
//! each row has for each path the item and its number, NULL where the plan has none.

use catalog::{Error, ErrorKind, Result, name};
use datafusion::sql::sqlparser::ast::{
    AccessExpr, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, SelectItem, SetExpr,
    Subscript, TableAlias, TableAliasColumnDef, TableFactor, Value,
};

use super::forms;
use super::lower::call;
use crate::functions::json::{Plan, Rows};

/// A JSON_TABLE as a subquery; other factors are given back.
///
/// Errors: `InvalidInput` for a plan that is not of these paths, `UnsupportedSubquery` in default values.
pub(super) fn planned(factor: TableFactor) -> Result<TableFactor> {
    let TableFactor::TableFunction { expr: Expr::Function(function), alias } = factor else { return Ok(factor) };
    if called(&function) != "$json_table" {
        return Ok(TableFactor::TableFunction { expr: Expr::Function(function), alias });
    }
    let mut arguments = arguments(function).into_iter();
    let mut next = || arguments.next().ok_or_else(misused);
    let (input, path, path_name, on_error, plan, passing) = (next()?, next()?, next()?, next()?, next()?, next()?);
    let passing = match passing {
        Expr::Function(passing) => self::arguments(passing),
        _ => return Err(misused()),
    };
    let mut table =
        Table { paths: vec![text(&path).ok_or_else(misused)?], names: vec![text(&path_name)], passing, items: vec![] };
    let mut children = vec![];
    for column in arguments {
        children.extend(table.column(0, column)?);
    }
    let tree = Node { at: 0, children };
    let plan = match text(&plan) {
        Some(plan) => table.explicit(&tree, &plan)?,
        None => tree.default(true, true),
    };
    let rows = Rows { paths: table.paths, plan };
    let rows = serde_json::to_string(&rows).map_err(|error| Error::internal(format!("a plan cannot be written: {error}")))?;
    let rows = [input, on_error, string(&rows)].into_iter().chain(table.passing).collect();
    let unnested = TableFactor::UNNEST {
        alias: Some(TableAlias {
            explicit: true,
            name: Ident::with_quote('"', "$json"),
            columns: vec![TableAliasColumnDef { name: items(), data_type: None }],
            at: None,
        }),
        array_exprs: vec![call("$json_rows", rows)],
        with_offset: false,
        with_offset_alias: None,
        with_ordinality: false,
    };
    let mut select = forms::select(SelectItem::UnnamedExpr(string("")), unnested);
    select.projection = table.items;
    let subquery = Box::new(sql::query_of(SetExpr::Select(Box::new(select))));
    Ok(TableFactor::Derived { lateral: true, subquery, alias, sample: None })
}

fn misused() -> Error {
    Error::internal("JSON_TABLE has other arguments")
}

fn called(function: &Function) -> String {
    function.name.to_string().replace('"', "")
}

fn arguments(function: Function) -> Vec<Expr> {
    let FunctionArguments::List(list) = function.args else { return vec![] };
    let values = list.args.into_iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    });
    values.collect()
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => value.value.clone().into_string(),
        _ => None,
    }
}

fn string(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_string()).with_empty_span())
}

fn items() -> Ident {
    Ident::with_quote('"', "$items")
}

/// An element of a row's items, from 1.
fn element(at: usize) -> Expr {
    let index = Expr::Value(Value::Number(at.to_string(), false).with_empty_span());
    let access_chain = vec![AccessExpr::Subscript(Subscript::Index { index })];
    Expr::CompoundFieldAccess { root: Box::new(Expr::Identifier(items())), access_chain }
}

/// A path by its place, and those nested in it.
struct Node {
    at: usize,
    children: Vec<Node>,
}

impl Node {
    /// Children outer- or inner-joined to their parents, siblings united or crossed.
    fn default(&self, outer: bool, union: bool) -> Plan {
        let children = self.children.iter().map(|child| child.default(outer, union));
        let together = children.reduce(|left, right| Plan::Siblings { union, left: Box::new(left), right: Box::new(right) });
        match together {
            Some(child) => Plan::Parent { at: self.at, outer, child: Box::new(child) },
            None => Plan::Leaf(self.at),
        }
    }
}

struct Table {
    paths: Vec<String>,
    names: Vec<Option<String>>,
    passing: Vec<Expr>,
    items: Vec<SelectItem>,
}

impl Table {
    /// A column of the path at `at`, or a path nested in it.
    fn column(&mut self, at: usize, column: Expr) -> Result<Option<Node>> {
        let Expr::Function(column) = column else { return Err(misused()) };
        let kind = called(&column);
        let mut arguments = arguments(column).into_iter();
        if kind == "$nested" {
            let (path, path_name) = (arguments.next().ok_or_else(misused)?, arguments.next().ok_or_else(misused)?);
            let own = self.paths.len();
            self.paths.push(text(&path).ok_or_else(misused)?);
            self.names.push(text(&path_name));
            let mut children = vec![];
            for column in arguments {
                children.extend(self.column(own, column)?);
            }
            return Ok(Some(Node { at: own, children }));
        }
        let named = arguments.next().as_ref().and_then(text).ok_or_else(misused)?;
        let input = call("$json_input", vec![element(2 * at + 1), string("JSON")]);
        let rest: Vec<Expr> = arguments.collect();
        let expr = match (kind.as_str(), rest.as_slice()) {
            ("$ordinality", _) => Expr::Cast {
                kind: CastKind::Cast,
                expr: Box::new(element(2 * at + 2)),
                data_type: DataType::BigInt(None),
                array: false,
                format: None,
            },
            ("$value", [r#type, path, behaviours @ ..]) => {
                if behaviours.iter().any(forms::has_subquery) {
                    let message = "Subqueries are not supported in JSON_TABLE default expressions";
                    return Err(Error::new(ErrorKind::UnsupportedSubquery, message));
                }
                let leading = [input, path.clone(), r#type.clone()];
                let arguments = leading.into_iter().chain(behaviours.iter().cloned()).chain(self.passing.clone());
                call("$json_value", arguments.collect())
            }
            ("$query", [r#type, encoding, path, shape @ ..]) => {
                let leading = [input, path.clone(), r#type.clone(), encoding.clone()];
                call("$json_query", leading.into_iter().chain(shape.iter().cloned()).chain(self.passing.clone()).collect())
            }
            _ => return Err(misused()),
        };
        self.items.push(SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name::fold(&named)) });
        Ok(None)
    }

    /// The plan that is written.
    fn explicit(&self, tree: &Node, text: &str) -> Result<Plan> {
        let words = words(text);
        if words.first().is_some_and(|word| word.eq_ignore_ascii_case("DEFAULT")) {
            let has = |word: &str| words.iter().any(|one| one.eq_ignore_ascii_case(word));
            return Ok(tree.default(!has("INNER"), !has("CROSS")));
        }
        let mut words = words.into_iter().peekable();
        let plan = self.joined(&mut words)?;
        let mut used = vec![];
        places(&plan, &mut used);
        used.sort_unstable();
        if words.next().is_some() || used != (0..self.paths.len()).collect::<Vec<_>>() || !fits(tree, &plan) {
            return Err(wrong_plan());
        }
        Ok(plan)
    }

    fn joined(&self, words: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> Result<Plan> {
        let mut left = self.primary(words)?;
        loop {
            let Some(word) = words.next_if(|word| word != ")").map(|word| word.to_uppercase()) else { return Ok(left) };
            let right = Box::new(self.primary(words)?);
            left = match (word.as_str(), left) {
                ("OUTER" | "INNER", Plan::Leaf(at)) => Plan::Parent { at, outer: word == "OUTER", child: right },
                ("UNION" | "CROSS", left) => Plan::Siblings { union: word == "UNION", left: Box::new(left), right },
                _ => return Err(wrong_plan()),
            };
        }
    }

    fn primary(&self, words: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> Result<Plan> {
        match words.next().as_deref() {
            Some("(") => {
                let inner = self.joined(words)?;
                words.next_if(|word| word == ")").map(|_| inner).ok_or_else(wrong_plan)
            }
            Some(word) => {
                let named = word.trim_matches('"');
                let same = |known: &Option<String>| known.as_ref().is_some_and(|known| name::fold(known) == name::fold(named));
                self.names.iter().position(same).map(Plan::Leaf).ok_or_else(wrong_plan)
            }
            None => Err(wrong_plan()),
        }
    }
}

fn wrong_plan() -> Error {
    Error::invalid("JSON_TABLE plan should contain all JSON paths available at each level of nesting, by their names")
}

/// The words of a plan; names in quotes may have blanks.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![];
    let mut quoted: Option<String> = None;
    for word in text.split(' ') {
        match &mut quoted {
            Some(name) => {
                name.push(' ');
                name.push_str(word);
            }
            None => quoted = Some(word.to_string()),
        }
        let whole = quoted.as_ref().is_none_or(|name| !name.starts_with('"') || name.len() > 1 && name.ends_with('"'));
        if whole {
            words.extend(quoted.take());
        }
    }
    words.extend(quoted);
    words
}

fn places(plan: &Plan, found: &mut Vec<usize>) {
    match plan {
        Plan::Leaf(at) => found.push(*at),
        Plan::Parent { at, child, .. } => {
            found.push(*at);
            places(child, found);
        }
        Plan::Siblings { left, right, .. } => {
            places(left, found);
            places(right, found);
        }
    }
}

/// Whether each path is joined to the one that it is nested in.
fn fits(node: &Node, plan: &Plan) -> bool {
    let child = match plan {
        Plan::Leaf(at) => return *at == node.at && node.children.is_empty(),
        Plan::Parent { at, child, .. } if *at == node.at => child,
        _ => return false,
    };
    let mut siblings = vec![];
    fn flat<'a>(plan: &'a Plan, found: &mut Vec<&'a Plan>) {
        match plan {
            Plan::Siblings { left, right, .. } => {
                flat(left, found);
                flat(right, found);
            }
            other => found.push(other),
        }
    }
    flat(child, &mut siblings);
    siblings.len() == node.children.len() && node.children.iter().all(|child| siblings.iter().any(|plan| fits(child, plan)))
}
