//! When sibling folders hold the same kind of thing: Glue's rule of the partition threshold, same format and more than 70 % in
//! common, at most five different schemas (re:Post, "How does a Glue crawler detect the schema").

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Columns;
use super::inspected::{Inspected, Kind};
use super::shape::{Member, Shape};
use crate::name::fold;

/// At most so many different sets of columns, none a part of another, make one table.
pub(super) const MOST_SCHEMAS: usize = 5;

/// More than this many different sets are not compared; they are no one table.
const MOST_COMPARED: usize = 256;

/// What objects must have in common to be read as one table: the format, and for text how its fields are delimited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class(String);

impl Class {
    pub(super) fn of(inspected: &Inspected) -> Self {
        Self(match &inspected.kind {
            Kind::Csv(dialect) => format!("{} delimited by {:?}", inspected.classification, dialect.delimiter),
            _ => inspected.classification.clone(),
        })
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The columns of a folder or file, by folded name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schema(BTreeMap<String, Shape>);

impl Schema {
    pub(super) fn of(columns: &[Member]) -> Self {
        Self(Columns::fold(columns).into_iter().map(|(column, _)| (fold(&column.name), column.shape)).collect())
    }

    /// Whether more than 70 % of the wider one's columns are in both, with types that need not become text to agree.
    fn is_near(&self, other: &Self) -> bool {
        let shared = self.0.iter().filter(|(name, shape)| other.0.get(*name).is_some_and(|other| agree(shape, other))).count();
        let wider = self.0.len().max(other.0.len());
        shared * 10 > wider * 7
    }

    fn is_part_of(&self, other: &Self) -> bool {
        self.0.keys().all(|name| other.0.contains_key(name))
    }
}

fn agree(one: &Shape, other: &Shape) -> bool {
    let text = |shape: &Shape| *shape == Shape::String;
    matches!(one, Shape::Null)
        || matches!(other, Shape::Null)
        || text(one) == text(other) && text(one) == text(&one.clone().merge(other.clone()))
}

/// Why folders or files are not one table by the threshold; `None` when they are. `schemas` has one for each of them.
pub(super) fn difference(schemas: &[Schema]) -> Option<String> {
    let mut sets: BTreeMap<Vec<&str>, (usize, Vec<&Schema>)> = BTreeMap::new();
    for schema in schemas {
        let set = sets.entry(schema.0.keys().map(String::as_str).collect()).or_default();
        set.0 += 1;
        if !set.1.contains(&schema) {
            set.1.push(schema);
        }
    }
    if sets.len() > MOST_COMPARED {
        return Some(format!("they have {} different sets of columns", sets.len()));
    }
    // The most frequent set, the first of several; all others must be near it.
    let most = sets.values().map(|(count, _)| *count).max()?;
    let common = schemas
        .iter()
        .find(|schema| sets.get(&schema.0.keys().map(String::as_str).collect::<Vec<_>>()).is_some_and(|set| set.0 == most))?;
    if let Some(far) = sets.values().flat_map(|(_, schemas)| schemas).find(|schema| !schema.is_near(common)) {
        return Some(format!("({}) and ({}) share 70 % of their columns or less", names(common), names(far)));
    }
    let widest: BTreeSet<&Vec<&str>> = sets
        .iter()
        .filter(|(set, (_, schemas))| !sets.iter().any(|(other, (_, others))| other != *set && is_part(schemas, others)))
        .map(|(set, _)| set)
        .collect();
    (widest.len() > MOST_SCHEMAS)
        .then(|| format!("they have {} different sets of columns, and {MOST_SCHEMAS} are the most for one table", widest.len()))
}

fn is_part(one: &[&Schema], other: &[&Schema]) -> bool {
    one.first().zip(other.first()).is_some_and(|(one, other)| one.is_part_of(other))
}

/// The first few names of columns, for people.
fn names(schema: &Schema) -> String {
    let mut names: Vec<&str> = schema.0.keys().map(String::as_str).take(6).collect();
    if schema.0.len() > names.len() {
        names.push("…");
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &str) -> Schema {
        let member = |text: &str| match text.split_once(':') {
            Some((name, "string")) => Member::new(name, Shape::String),
            Some((name, "double")) => Member::new(name, Shape::Double),
            _ => Member::new(text, Shape::Int),
        };
        Schema::of(&columns.split(' ').map(member).collect::<Vec<_>>())
    }

    #[test]
    fn seventy_percent_of_the_wider_one() {
        for (schemas, one_table) in [
            (vec!["a b", "a b"], true),
            (vec!["a b c", "a b c d"], true),
            (vec!["a", "a b"], false),
            (vec!["id name email", "id customer total"], false),
            (vec!["a b c d e f g h i j", "a b c d e f g x y z"], false),
            (vec!["a b c d e f g h i j", "a b c d e f g h y z"], true),
            // Types that only text could hold are not shared, numbers are.
            (vec!["a", "a:string"], false),
            (vec!["a", "a:double"], true),
            (vec!["A", "a"], true),
        ] {
            let found = difference(&schemas.iter().map(|columns| schema(columns)).collect::<Vec<_>>());
            assert_eq!(found.is_none(), one_table, "{schemas:?}: {found:?}");
        }
    }

    #[test]
    fn at_most_five_schemas_that_are_not_parts_of_others() {
        let wide = "a b c d e f g h i j k l";
        let variants = |count: usize| (0..count).map(|i| schema(&format!("{wide} x{i}"))).collect::<Vec<_>>();
        assert_eq!(difference(&variants(5)), None);
        assert!(difference(&variants(6)).unwrap().contains("6 different sets"));
        // Columns that are sometimes missing make no schema of their own.
        let optional: Vec<Schema> = (0..8u8)
            .map(|i| {
                let last = (b'a'..b'l')
                    .filter(|letter| *letter != b'a' + i)
                    .map(|letter| (letter as char).to_string())
                    .collect::<Vec<_>>();
                schema(&last.join(" "))
            })
            .chain([schema("a b c d e f g h i j k")])
            .collect();
        assert_eq!(difference(&optional), None);
    }
}
