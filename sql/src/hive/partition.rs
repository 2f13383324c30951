//! Partitions: `(key = value, …)` names one, `(key < value, …)` selects some.

use catalog::{Comparison, ErrorKind, PartitionFilter, Result};

use crate::cursor::Cursor;
use crate::statement::PartitionSpec;

/// `(key = value, …)`, each key once.
pub(super) fn spec(cursor: &mut Cursor<'_>) -> Result<PartitionSpec> {
    let mut spec = PartitionSpec::new();
    cursor.list(|cursor| {
        let start = cursor.offset();
        let key = cursor.name()?;
        cursor.expect_symbol("=")?;
        let value = value(cursor)?;
        if spec.iter().any(|(other, _)| *other == key) {
            return Err(cursor.error_at(start, ErrorKind::InvalidInput, format!("partition key '{key}' is given twice")));
        }
        spec.push((key, value));
        Ok(())
    })?;
    Ok(spec)
}

/// `PARTITION (…)` where there may be one.
pub(super) fn optional(cursor: &mut Cursor<'_>) -> Result<Option<PartitionSpec>> {
    if cursor.accept("PARTITION") { spec(cursor).map(Some) } else { Ok(None) }
}

/// `(key op value, …)`: all of the comparisons hold.
pub(super) fn filter(cursor: &mut Cursor<'_>) -> Result<PartitionFilter> {
    let mut comparisons = cursor.list(|cursor| {
        let key = cursor.name()?;
        let op = comparison(cursor)?;
        Ok(PartitionFilter::Compare { key, op, value: value(cursor)? })
    })?;
    Ok(if comparisons.len() == 1 { comparisons.remove(0) } else { PartitionFilter::And(comparisons) })
}

fn comparison(cursor: &mut Cursor<'_>) -> Result<Comparison> {
    let operators = [
        ("=", Comparison::Eq),
        ("<", Comparison::Lt),
        ("<=", Comparison::LtEq),
        (">", Comparison::Gt),
        (">=", Comparison::GtEq),
        ("<>", Comparison::NotEq),
        ("!=", Comparison::NotEq),
    ];
    match operators.into_iter().find(|(symbol, _)| cursor.accept_symbol(symbol)) {
        Some((_, comparison)) => Ok(comparison),
        None => Err(cursor.mismatch()),
    }
}

/// A constant as text: a string, a number as written, or `DATE '…'` and `TIMESTAMP '…'`.
fn value(cursor: &mut Cursor<'_>) -> Result<String> {
    if cursor.accept("DATE") || cursor.accept("TIMESTAMP") {
        return cursor.string();
    }
    match cursor.accept_number() {
        Some(number) => Ok(number),
        None => cursor.string(),
    }
}
