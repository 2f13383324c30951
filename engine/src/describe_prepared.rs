//! DESCRIBE INPUT and DESCRIBE OUTPUT: what a prepared statement takes and what it answers, in Trino's columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringViewArray};
use catalog::Result;
use datafusion::sql::sqlparser::ast::{Expr, SelectItem, Value};
use sql::Statement;

use crate::engine::{Answer, Engine, Session};
use crate::plan;
use crate::types::Type;

/// Position and type of each `?`: the type that it is cast to, else `unknown`.
pub(crate) fn input(statement: &Statement) -> Result<Answer> {
    let types: Vec<String> = sql::parameters(statement)
        .into_iter()
        .map(|cast| cast.map_or_else(|| "unknown".to_string(), |data_type| sql::type_text(&data_type)))
        .collect();
    let positions = Int64Array::from_iter_values((0..).take(types.len()));
    Answer::of(vec![("Position", Arc::new(positions)), ("Type", texts(types))])
}

/// The columns that a prepared query answers with. From which table one comes is not told.
pub(crate) async fn output(engine: &Engine, session: &Session, statement: Statement) -> Result<Answer> {
    let nulls = (0..sql::places(&statement)).map(|_| Expr::Value(Value::Null.with_empty_span())).collect();
    let (columns, aliased) = match sql::bind(statement, nulls)? {
        Statement::Query(query) => {
            let columns = engine.describe(session, &query).await?;
            let items = plan::select_items(&query).filter(|items| items.len() == columns.len());
            let alias = |at: usize| matches!(items.and_then(|items| items.get(at)), Some(SelectItem::ExprWithAlias { .. }));
            let aliased: Vec<bool> = (0..columns.len()).map(alias).collect();
            (columns, aliased)
        }
        _ => (Vec::new(), Vec::new()),
    };
    let types: Vec<&Type> = columns.iter().map(|column| &column.r#type).collect();
    let nothing = || texts(vec![String::new(); types.len()]);
    Answer::of(vec![
        ("Column Name", texts(columns.iter().map(|column| column.name.clone()).collect())),
        ("Catalog", nothing()),
        ("Schema", nothing()),
        ("Table", nothing()),
        ("Type", texts(types.iter().map(|r#type| r#type.display_name()).collect())),
        ("Type Size", Arc::new(Int64Array::from_iter_values(types.iter().copied().map(size)))),
        ("Aliased", Arc::new(BooleanArray::from(aliased))),
    ])
}

fn texts(values: Vec<String>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

/// Bytes of a value in Trino's memory, 0 where they depend on the value (`FixedWidthType.getFixedSize`).
fn size(r#type: &Type) -> i64 {
    match r#type {
        Type::Boolean | Type::Tinyint | Type::Unknown => 1,
        Type::Smallint => 2,
        Type::Integer | Type::Real | Type::Date | Type::YearMonth => 4,
        Type::Bigint | Type::Double | Type::DayTime | Type::Time(_) => 8,
        Type::Decimal(precision, _) if *precision <= 18 => 8,
        Type::Decimal(..) | Type::Uuid | Type::IpAddress => 16,
        Type::TimeTz(digits) if *digits <= 9 => 8,
        Type::Timestamp(digits) if *digits <= 6 => 8,
        Type::TimestampTz(digits) if *digits <= 3 => 8,
        Type::TimeTz(_) | Type::Timestamp(_) | Type::TimestampTz(_) => 12,
        _ => 0,
    }
}
