//! A partition filter as Glue's `GetPartitions.Expression`, which has a grammar and a length of its own. What cannot be said
//! there is left out: the answer is then too long, never too short, and is filtered once more here.

use crate::filter::{Comparison, PartitionFilter};
use crate::key::KeyType;
use crate::table::{NULL_PARTITION, Table};

/// Glue's limit (model: `PredicateString`), in characters.
const LONGEST: usize = 2048;

/// The conjuncts that fit, joined by AND; `None` when nothing can be said.
pub(super) fn print(table: &Table, filter: &PartitionFilter) -> Option<String> {
    let mut said = String::new();
    for part in conjuncts(filter) {
        for text in [exact(table, part), hull(table, part)].into_iter().flatten() {
            if said.chars().count() + text.chars().count() + " AND ".len() <= LONGEST {
                if !said.is_empty() {
                    said.push_str(" AND ");
                }
                said.push_str(&text);
                break;
            }
        }
    }
    Some(said).filter(|said| !said.is_empty())
}

fn conjuncts(filter: &PartitionFilter) -> Vec<&PartitionFilter> {
    match filter {
        PartitionFilter::And(all) => all.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// The same filter, or nothing.
fn exact(table: &Table, filter: &PartitionFilter) -> Option<String> {
    let join = |filters: &[PartitionFilter], word| {
        let parts = filters.iter().map(|filter| exact(table, filter)).collect::<Option<Vec<_>>>()?;
        (!parts.is_empty()).then(|| format!("({})", parts.join(word)))
    };
    match filter {
        PartitionFilter::Compare { key, op, value } => Some(format!("{key} {} {}", operator(*op), literal(table, key, value)?)),
        PartitionFilter::In { key, values } => list(table, key, values, "IN"),
        PartitionFilter::Like { key, pattern } => Some(format!("{key} LIKE {}", quoted(pattern))),
        PartitionFilter::And(all) => join(all, " AND "),
        PartitionFilter::Or(any) => join(any, " OR "),
        PartitionFilter::Not(inner) => match &**inner {
            PartitionFilter::Compare { key, op, value } => {
                exact(table, &PartitionFilter::Compare { key: key.clone(), op: opposite(*op), value: value.clone() })
            }
            PartitionFilter::In { key, values } => list(table, key, values, "NOT IN"),
            PartitionFilter::Like { key, pattern } => Some(format!("{key} NOT LIKE {}", quoted(pattern))),
            PartitionFilter::And(_) | PartitionFilter::Or(_) | PartitionFilter::Not(_) => None,
        },
    }
}

/// For a list of values that is too long: from the first to the last.
fn hull(table: &Table, filter: &PartitionFilter) -> Option<String> {
    let PartitionFilter::In { key, values } = filter else { return None };
    let key_type = key_type(table, key)?;
    let first = values.iter().min_by_key(|value| key_type.encode(value))?;
    let last = values.iter().max_by_key(|value| key_type.encode(value))?;
    Some(format!("{key} >= {} AND {key} <= {}", literal(table, key, first)?, literal(table, key, last)?))
}

fn list(table: &Table, key: &str, values: &[String], word: &str) -> Option<String> {
    let values = values.iter().map(|value| literal(table, key, value)).collect::<Option<Vec<_>>>()?;
    (!values.is_empty()).then(|| format!("{key} {word} ({})", values.join(", ")))
}

fn key_type(table: &Table, key: &str) -> Option<KeyType> {
    table.partition_keys().iter().find(|column| column.name.eq_ignore_ascii_case(key)).map(KeyType::of)
}

/// Numbers stand bare, all else in quotes. NULL has no literal, and Glue knows no key of another type.
fn literal(table: &Table, key: &str, value: &str) -> Option<String> {
    match key_type(table, key)? {
        _ if value == NULL_PARTITION => None,
        KeyType::Integer | KeyType::Decimal => Some(value.to_owned()),
        KeyType::Date | KeyType::Timestamp | KeyType::Text => Some(quoted(value)),
        KeyType::Float | KeyType::Boolean => None,
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn operator(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "=",
        Comparison::NotEq => "<>",
        Comparison::Lt => "<",
        Comparison::LtEq => "<=",
        Comparison::Gt => ">",
        Comparison::GtEq => ">=",
    }
}

fn opposite(op: Comparison) -> Comparison {
    match op {
        Comparison::Eq => Comparison::NotEq,
        Comparison::NotEq => Comparison::Eq,
        Comparison::Lt => Comparison::GtEq,
        Comparison::LtEq => Comparison::Gt,
        Comparison::Gt => Comparison::LtEq,
        Comparison::GtEq => Comparison::Lt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Column;

    fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
        PartitionFilter::Compare { key: key.to_owned(), op, value: value.to_owned() }
    }

    fn printed(filter: &PartitionFilter) -> Option<String> {
        let keys = vec![Column::new("n", "int"), Column::new("s", "string"), Column::new("b", "boolean")];
        print(&Table { partition_keys: Some(keys), ..Table::default() }, filter)
    }

    #[test]
    fn filters_print_in_glues_grammar() {
        let (n, s) = (compare("n", Comparison::Gt, "9"), compare("s", Comparison::Eq, "it's"));
        let like = PartitionFilter::Like { key: "s".into(), pattern: "a%".into() };
        let list = PartitionFilter::In { key: "n".into(), values: vec!["1".into(), "2".into()] };
        for (filter, text) in [
            (n.clone(), Some("n > 9")),
            (s.clone(), Some("s = 'it''s'")),
            (PartitionFilter::Or(vec![n.clone(), s.clone()]), Some("(n > 9 OR s = 'it''s')")),
            (PartitionFilter::And(vec![n.clone(), like.clone()]), Some("n > 9 AND s LIKE 'a%'")),
            (PartitionFilter::Not(Box::new(list)), Some("n NOT IN (1, 2)")),
            (PartitionFilter::Not(Box::new(n.clone())), Some("n <= 9")),
            (PartitionFilter::Not(Box::new(like)), Some("s NOT LIKE 'a%'")),
            (compare("b", Comparison::Eq, "true"), None),
            (compare("s", Comparison::Eq, NULL_PARTITION), None),
            // A conjunct may be left out, an alternative may not.
            (PartitionFilter::And(vec![n.clone(), compare("b", Comparison::Eq, "true")]), Some("n > 9")),
            (PartitionFilter::Or(vec![n, compare("b", Comparison::Eq, "true")]), None),
        ] {
            assert_eq!(printed(&filter).as_deref(), text, "{filter:?}");
        }
    }

    #[test]
    fn long_lists_become_their_bounds() {
        let values = (0..1000).rev().map(|n| n.to_string()).collect();
        assert_eq!(printed(&PartitionFilter::In { key: "n".into(), values }).as_deref(), Some("n >= 0 AND n <= 999"));
    }
}
