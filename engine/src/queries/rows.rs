//! Rows as Athena shows them: texts, NULL being none.

use std::ops::Range;

use catalog::Result;
use datafusion::arrow::array::RecordBatch;

use super::shape::RowForm;
use crate::text::Text;

/// One row: a text for each column, or one for all.
pub type Row = Vec<Option<String>>;

/// The rows of a range of a batch.
pub(super) fn rows(batch: &RecordBatch, range: Range<usize>, form: RowForm) -> Result<Vec<Row>> {
    let columns = batch.columns().iter().map(|column| Text::new(column)).collect::<Result<Vec<_>>>()?;
    let cell = |column: &Text<'_>, row| {
        let mut text = String::new();
        column.write(row, &mut text).then_some(text)
    };
    let cells = |row| match form {
        RowForm::Cells => columns.iter().map(|column| cell(column, row)).collect(),
        RowForm::Joined | RowForm::Lines => {
            let mut line = String::new();
            write_line(&columns, row, &mut line);
            vec![Some(line)]
        }
    };
    Ok(range.map(cells).collect())
}

/// Appends the fields of a row, separated by tabs.
pub(super) fn write_line(columns: &[Text<'_>], row: usize, line: &mut String) {
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            line.push('\t');
        }
        column.write(row, line);
    }
}
