//! Rows of a finished query as Trino's protocol has them: arrays of JSON values, in pages that are counted in bytes.

use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::RecordBatch;

use super::Queries;
use super::record::{Query, State};
use crate::text::json::{Form, Value};

/// Rows of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPage {
    /// `[[1,"a"],[2,"b"]]`
    pub rows: String,
    /// The number of the first row behind them.
    pub behind: u64,
}

impl Queries {
    /// The rows from number `from` on, until their JSON has `most` bytes; one row at least, where there is one.
    ///
    /// Errors: `Conflict` while it has not succeeded; `ObjectNotFound` when the result is not kept any more.
    pub async fn json_rows(&self, query: &Query, from: u64, most: usize) -> Result<JsonPage> {
        if query.state != State::Succeeded {
            return Err(Error::new(ErrorKind::Conflict, format!("the query is {}, it has no rows", query.state.name())));
        }
        if query.answer.as_ref().is_none_or(|answer| from >= answer.rows) {
            return Ok(JsonPage { rows: "[]".to_owned(), behind: from });
        }
        let page = self.0.spool.json(&query.id, from, most).await?;
        page.ok_or_else(|| {
            let why = format!("the result of query {} is not kept any more; run it again", query.id);
            Error::new(ErrorKind::ObjectNotFound, why)
        })
    }
}

/// The page that begins `skip` rows behind the start of `batches`, which is row number `from`.
pub(super) fn page(
    batches: impl Iterator<Item = Result<RecordBatch>>,
    mut skip: u64,
    from: u64,
    most: usize,
) -> Result<JsonPage> {
    let mut rows = String::from("[");
    let mut behind = from;
    'batches: for batch in batches {
        let batch = batch?;
        let count = batch.num_rows() as u64;
        if skip >= count {
            skip -= count;
            continue;
        }
        let columns = batch.columns().iter().map(|column| Value::new(column, Form::Trino)).collect::<Result<Vec<_>>>()?;
        for row in skip as usize..batch.num_rows() {
            if rows.len() >= most && behind > from {
                break 'batches;
            }
            rows.push_str(if behind > from { ",[" } else { "[" });
            for (index, column) in columns.iter().enumerate() {
                if index > 0 {
                    rows.push(',');
                }
                column.write(row, &mut rows);
            }
            rows.push(']');
            behind += 1;
        }
        skip = 0;
    }
    rows.push(']');
    Ok(JsonPage { rows, behind })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Int32Array, StringArray};

    use super::*;

    #[test]
    fn pages_end_by_bytes_and_begin_anywhere() {
        let batch = |from: i32| {
            let numbers = Int32Array::from_iter_values(from..from + 3);
            let texts = StringArray::from_iter(numbers.values().iter().map(|n| (n % 2 == 0).then(|| n.to_string())));
            RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef), ("s", Arc::new(texts))]).unwrap()
        };
        let page = |skip, from, most| {
            let page = page([batch(0), batch(3)].into_iter().map(Ok), skip, from, most).unwrap();
            (page.rows, page.behind)
        };
        let whole = r#"[[0,"0"],[1,null],[2,"2"],[3,null],[4,"4"],[5,null]]"#;
        assert_eq!(page(0, 0, 1000), (whole.to_string(), 6));
        assert_eq!(page(0, 0, 0), (r#"[[0,"0"]]"#.to_string(), 1));
        assert_eq!(page(2, 12, 12), (r#"[[2,"2"],[3,null]]"#.to_string(), 14));
        assert_eq!(page(6, 6, 12), ("[]".to_string(), 6));
    }
}
