//! The rows of `JSON_TABLE`: items that its paths lead to, joined as its plan says.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringViewBuilder};
use datafusion::common::{Result, internal_datafusion_err};
use serde::{Deserialize, Serialize};

use super::super::Json;
use super::super::language::{Item, Parameters, Path};
use super::query::{called, columns};
use super::{Asked, Wrong};
use crate::error::into_datafusion;
use crate::functions::columns::strings;
use crate::functions::{Call, Scalar};

pub(in super::super::super) const FUNCTIONS: &[Scalar] = &[Scalar {
    names: &["$json_rows"],
    description: "JSON_TABLE: for each row the items of its paths, as JSON text, each with its number after it",
    overloads: &[
        called("(ANY, varchar, varchar) -> array(array(varchar))", rows),
        called("(ANY, varchar, varchar, ANY...) -> array(array(varchar))", rows),
    ],
}];

/// The paths of a JSON_TABLE, that of the table first, and how their items are joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rows {
    pub(crate) paths: Vec<String>,
    pub(crate) plan: Plan,
}

/// How items are joined; a path is meant by its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Plan {
    Leaf(usize),
    /// The items of a path with those of what is nested in it; `outer` keeps items that have none.
    Parent {
        at: usize,
        outer: bool,
        child: Box<Plan>,
    },
    /// Paths nested in the same one: one after the other, or each row with each.
    Siblings {
        union: bool,
        left: Box<Plan>,
        right: Box<Plan>,
    },
}

/// A row: for each path the item's text and number.
type Row = Vec<Option<(String, usize)>>;

fn rows(call: &Call<'_>) -> Result<ArrayRef> {
    let columns = columns(call)?;
    let (on_error, table) = (strings(call, 1)?, strings(call, 2)?);
    let asked = Asked::new(call, &columns, 3)?;
    let mut parsed: Option<(String, Rows, Vec<Path>)> = None;
    let mut out = ListBuilder::new(ListBuilder::new(StringViewBuilder::new()));
    for row in 0..call.rows {
        let text = table.value(row);
        if parsed.as_ref().is_none_or(|(known, ..)| known != text) {
            let rows: Rows = serde_json::from_str(text).map_err(|error| internal_datafusion_err!("a plan is none: {error}"))?;
            let paths = rows.paths.iter().map(|path| Path::parse(path)).collect::<catalog::Result<Vec<_>>>();
            let paths = paths.map_err(into_datafusion)?;
            paths.iter().try_for_each(|path| asked.has_all(path, row))?;
            parsed = Some((text.to_string(), rows, paths));
        }
        let Some((_, table, paths)) = &parsed else { continue };
        let found = asked.given(row, |input, parameters| joined(&table.plan, paths, input, parameters));
        let found = match found {
            None => vec![],
            Some(Ok(rows)) => rows,
            Some(Err(wrong)) if on_error.value(row) == "ERROR" => return Err(wrong.error()),
            Some(Err(_)) => vec![],
        };
        for row in found {
            let items = out.values();
            for slot in row {
                match slot {
                    Some((item, number)) => {
                        items.values().append_value(item);
                        items.values().append_value(number.to_string());
                    }
                    None => {
                        items.values().append_null();
                        items.values().append_null();
                    }
                }
            }
            items.append(true);
        }
        out.append(true);
    }
    Ok(Arc::new(out.finish()))
}

fn joined(plan: &Plan, paths: &[Path], input: &Json<'_>, parameters: &Parameters<'_>) -> Result<Vec<Row>, Wrong> {
    match plan {
        Plan::Leaf(at) => {
            let items = items(&paths[*at], input, parameters)?;
            Ok(items.iter().enumerate().map(|(number, item)| row(paths.len(), *at, item, number)).collect())
        }
        Plan::Parent { at, outer, child } => {
            let mut rows = vec![];
            for (number, item) in items(&paths[*at], input, parameters)?.iter().enumerate() {
                let own = row(paths.len(), *at, item, number);
                let children = joined(child, paths, item, parameters)?;
                if children.is_empty() && *outer {
                    rows.push(own.clone());
                }
                rows.extend(children.into_iter().map(|child| both(&own, &child)));
            }
            Ok(rows)
        }
        Plan::Siblings { union, left, right } => {
            let (mut left, right) = (joined(left, paths, input, parameters)?, joined(right, paths, input, parameters)?);
            if *union {
                left.extend(right);
                return Ok(left);
            }
            Ok(left.iter().flat_map(|one| right.iter().map(|other| both(one, other))).collect())
        }
    }
}

fn items<'a>(path: &'a Path, input: &'a Json<'a>, parameters: &'a Parameters<'a>) -> Result<Vec<Json<'a>>, Wrong> {
    let items = path.follow(input, parameters).map_err(|failure| Wrong::Path(failure.0))?;
    Ok(items.iter().map(Item::to_json).collect())
}

fn row(paths: usize, at: usize, item: &Json<'_>, number: usize) -> Row {
    let mut text = String::new();
    item.write_in_order(&mut text);
    let mut row = vec![None; paths];
    row[at] = Some((text, number + 1));
    row
}

/// Two rows of different paths as one.
fn both(one: &Row, other: &Row) -> Row {
    one.iter().zip(other).map(|(one, other)| one.clone().or_else(|| other.clone())).collect()
}
