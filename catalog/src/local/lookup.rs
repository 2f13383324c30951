//! Finding partitions by predicate: one index is chosen, its ranges are read in order, a page at a time.
//!
//! The index is that of the joined key when the filter says something about the first keys, else that of the single key
//! about which it says most. Bounds of other keys are checked by the database too, and the whole filter on what comes back.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::partitions::{Descriptors, INDEXED};
use super::{record, tables};
use crate::catalog::{Page, PageRequest};
use crate::error::{Error, Result};
use crate::filter::PartitionFilter;
use crate::key::{self, Key};
use crate::predicate::{Predicate, Range};
use crate::table::Partition;

const PAGE: usize = 1000;

/// At most so many rows are read at once; the first read asks for no more than the page needs.
const READ: usize = 1000;

/// At most so many ranges are made of lists of values of several keys.
const RANGES: usize = 1000;

/// How the partitions of one filter are read.
#[derive(Debug, PartialEq)]
struct Plan {
    /// The key whose index is read; `None` is the index of all keys joined.
    index: Option<usize>,
    /// The parts of that index, in its order.
    ranges: Vec<Range>,
    /// What must hold for other keys; sufficient to rule a row out, not to let it pass.
    bounds: Vec<(usize, Range)>,
}

/// Where a page ended, in the order of the index: the value of its key (empty for the joined index), and the joined key.
#[derive(Debug, Clone, Default, PartialEq)]
struct Position {
    value: Vec<u8>,
    joined: Vec<u8>,
}

pub(super) async fn list(
    connection: &mut AnyConnection,
    database: &str,
    table: &str,
    filter: Option<&PartitionFilter>,
    page: PageRequest,
) -> Result<Page<Partition>> {
    let limit = page.limit(PAGE)?;
    let stored = tables::find(connection, database, table).await?;
    let types = key::types(&stored.table);
    let predicate = filter.map(|filter| Predicate::new(&stored.table, filter)).transpose()?;
    let plan = Plan::new(predicate.as_ref(), types.len());
    let mut position = page.token.as_deref().map(|token| plan.position(token)).transpose()?;
    let mut descriptors = Descriptors::new(stored.id);
    let mut items = Vec::new();
    let mut wanted = limit.saturating_add(1).min(READ);
    'ranges: for range in &plan.ranges {
        while plan.is_ahead(range, position.as_ref()) {
            let rows = plan.read(connection, stored.id, range, position.as_ref(), wanted).await?;
            for row in &rows {
                let partition: Partition = record::read(row.try_get(2)?)?;
                let key = Key::of(&stored.table, &types, &partition)?;
                let value = plan.index.and_then(|index| key.values.get(index)).cloned().unwrap_or_default();
                let passes = predicate.as_ref().is_none_or(|p| p.matches(&partition.values, &key.values) == Some(true));
                if passes && items.len() == limit {
                    items.push((Position::default(), partition));
                    break 'ranges;
                }
                position = Some(Position { value, joined: row.try_get(0)? });
                if passes {
                    let partition = descriptors.complete(connection, &stored, partition, row.try_get(1)?).await?;
                    items.push((position.clone().unwrap_or_default(), partition));
                }
            }
            if rows.len() < wanted {
                break;
            }
            wanted = READ;
        }
    }
    let page = Page::cut(items, limit, |(last, _)| plan.token(last));
    Ok(Page { items: page.items.into_iter().map(|(_, partition)| partition).collect(), next: page.next })
}

impl Plan {
    fn new(predicate: Option<&Predicate>, keys: usize) -> Self {
        let Some(predicate) = predicate else { return Self { index: None, ranges: vec![Range::all()], bounds: Vec::new() } };
        let of_key: Vec<Vec<Range>> = (0..keys).map(|key| predicate.ranges(key)).collect();
        let single = (1..keys.min(INDEXED)).filter(|key| of_key.get(*key).is_some_and(|ranges| !is_open(ranges)));
        let single = single.min_by_key(|key| of_key.get(*key).map_or(usize::MAX, |ranges| cost(ranges)));
        let first = of_key.first().map_or(usize::MAX, |ranges| cost(ranges));
        let index = single.filter(|key| of_key.get(*key).is_some_and(|ranges| cost(ranges) < first));
        let ranges = match index {
            Some(key) => of_key.get(key).cloned().unwrap_or_default(),
            None => joined(&of_key),
        };
        let bounds = of_key.iter().enumerate().take(INDEXED).filter(|(key, ranges)| Some(*key) != index && !is_open(ranges));
        let bounds = bounds.filter_map(|(key, ranges)| {
            let (first, last) = (ranges.first()?, ranges.last()?);
            Some((key, Range { low: first.low.clone(), high: last.high.clone() }))
        });
        Self { index, bounds: bounds.collect(), ranges }
    }

    /// The statement that reads a range from after `position` on, and what it binds after the table's number.
    fn statement<'a>(&'a self, range: &'a Range, position: Option<&'a Position>, limit: usize) -> (String, Vec<&'a [u8]>) {
        let column = self.index.map_or("key".to_owned(), |key| format!("k{key}"));
        let mut values: Vec<&[u8]> = Vec::new();
        let mut bind = |value| {
            values.push(value);
            format!("${}", values.len() + 1)
        };
        let mut sql =
            format!("SELECT key, descriptor, json FROM partitions WHERE table_id = $1 AND {column} < {}", bind(&range.high));
        let from = match (position.filter(|position| range.low <= *self.place(position)), self.index) {
            (None, _) => format!("{column} >= {}", bind(&range.low)),
            (Some(position), None) => format!("key > {}", bind(&position.joined)),
            (Some(position), Some(_)) => format!("({column}, key) > ({}, {})", bind(&position.value), bind(&position.joined)),
        };
        sql.push_str(&format!(" AND {from}"));
        for (key, bound) in &self.bounds {
            // COALESCE keeps the planner from reading this key's index instead, which is not in the order of the pages.
            let (low, high) = (bind(&bound.low), bind(&bound.high));
            sql.push_str(&format!(" AND COALESCE(k{key}, k{key}) >= {low} AND COALESCE(k{key}, k{key}) < {high}"));
        }
        sql.push_str(&match self.index {
            None => format!(" ORDER BY key LIMIT {limit}"),
            Some(_) => format!(" ORDER BY {column}, key LIMIT {limit}"),
        });
        (sql, values)
    }

    async fn read(
        &self,
        connection: &mut AnyConnection,
        table: i64,
        range: &Range,
        position: Option<&Position>,
        limit: usize,
    ) -> Result<Vec<AnyRow>> {
        let (sql, values) = self.statement(range, position, limit);
        let query = values.into_iter().fold(sqlx::query(AssertSqlSafe(sql)).bind(table), |query, value| query.bind(value));
        Ok(query.fetch_all(connection).await?)
    }

    fn place<'a>(&self, position: &'a Position) -> &'a Vec<u8> {
        if self.index.is_some() { &position.value } else { &position.joined }
    }

    fn is_ahead(&self, range: &Range, position: Option<&Position>) -> bool {
        range.low < range.high && position.is_none_or(|position| *self.place(position) < range.high)
    }

    /// `INDEX.VALUE.JOINED`, the bytes percent-encoded; INDEX is the key's number or `all`.
    fn token(&self, position: &Position) -> String {
        let bytes = |bytes| percent_encode(bytes, NON_ALPHANUMERIC).to_string();
        format!("{}.{}.{}", self.index_name(), bytes(&position.value), bytes(&position.joined))
    }

    fn position(&self, token: &str) -> Result<Position> {
        let mut parts = token.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(index), Some(value), Some(joined)) if index == self.index_name() => {
                Ok(Position { value: percent_decode_str(value).collect(), joined: percent_decode_str(joined).collect() })
            }
            _ => Err(Error::invalid(format!("page token '{token}' is not of this listing: begin without a token"))),
        }
    }

    fn index_name(&self) -> String {
        self.index.map_or("all".to_owned(), |key| key.to_string())
    }
}

fn is_open(ranges: &[Range]) -> bool {
    matches!(ranges, [only] if only.is_open())
}

/// The fewer the better: values one by one, then ranges, then everything.
fn cost(ranges: &[Range]) -> usize {
    let points = ranges.iter().all(Range::is_point);
    if points {
        ranges.len()
    } else if is_open(ranges) {
        usize::MAX
    } else {
        usize::MAX / 2
    }
}

/// Ranges of the joined key: as long as keys are fixed to single values, the next key's ranges are joined to them.
fn joined(of_key: &[Vec<Range>]) -> Vec<Range> {
    let mut prefixes = vec![Vec::new()];
    for ranges in of_key {
        if is_open(ranges) || prefixes.len() * ranges.len() > RANGES {
            break;
        }
        let parts = || prefixes.iter().flat_map(|prefix| ranges.iter().map(move |range| (prefix, range)));
        if !ranges.iter().all(Range::is_point) {
            let join = |prefix: &Vec<u8>, end: &[u8]| [prefix, end].concat();
            return parts()
                .map(|(prefix, range)| Range { low: join(prefix, &range.low), high: join(prefix, &range.high) })
                .collect();
        }
        prefixes = parts().map(|(prefix, range)| [&**prefix, &*range.low].concat()).collect();
    }
    prefixes
        .into_iter()
        .map(|prefix| if prefix.is_empty() { Range::all() } else { Range { high: key::after(&prefix), low: prefix } })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Comparison;
    use crate::local::connect::Connections;
    use crate::local::schema;
    use crate::table::{Column, Table};

    fn compare(key: &str, op: Comparison, value: &str) -> PartitionFilter {
        PartitionFilter::Compare { key: key.to_owned(), op, value: value.to_owned() }
    }

    fn plan(filter: &PartitionFilter) -> Plan {
        let keys = vec![Column::new("region", "string"), Column::new("day", "date"), Column::new("hour", "int")];
        let table = Table { partition_keys: Some(keys), ..Table::default() };
        Plan::new(Some(&Predicate::new(&table, filter).unwrap()), 3)
    }

    /// What SQLite does: one search of one index, no scan and no sorting, whatever the filter and wherever the page begins.
    #[tokio::test]
    async fn every_read_is_a_search_of_one_index_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let connections = Connections::sqlite(&folder.path().join("catalog.db")).await.unwrap();
        schema::migrate(&connections).await.unwrap();
        let mut connection = connections.read().await.unwrap();
        let (region, day) = (compare("region", Comparison::Eq, "eu"), compare("day", Comparison::Eq, "2024-01-01"));
        let hour = compare("hour", Comparison::Gt, "9");
        for (filter, index) in [
            (region.clone(), "sqlite_autoindex_partitions_1 (table_id=? AND key>? AND key<?)"),
            (
                PartitionFilter::And(vec![region.clone(), hour.clone()]),
                "sqlite_autoindex_partitions_1 (table_id=? AND key>? AND key<?)",
            ),
            (PartitionFilter::And(vec![day, hour.clone()]), "partitions_k1 (table_id=? AND "),
            (hour.clone(), "partitions_k2 (table_id=? AND "),
            (PartitionFilter::Or(vec![region, hour]), "sqlite_autoindex_partitions_1 (table_id=? AND key>? AND key<?)"),
        ] {
            let plan = plan(&filter);
            let range = plan.ranges.first().unwrap();
            let position = Position { value: range.low.clone(), joined: range.low.clone() };
            for position in [None, Some(&position)] {
                let (sql, values) = plan.statement(range, position, 10);
                let query = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).bind(1_i64);
                let rows =
                    values.into_iter().fold(query, |query, value| query.bind(value)).fetch_all(&mut *connection).await.unwrap();
                let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
                let [step] = steps.as_slice() else { panic!("{filter:?}: {steps:?}") };
                assert!(step.starts_with(&format!("SEARCH partitions USING INDEX {index}")), "{filter:?}: {step}");
            }
        }
    }
}
