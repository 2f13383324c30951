//! What a command answers: text in named columns, in as many batches as it likes.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use catalog::{Error, Result};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};

/// A column of a command's answer. All of them are text; `type` is the name that Athena gives it, `string` or `varchar`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub r#type: &'static str,
}

/// A command's answer. Where Athena prints one text for a row of several columns (DESCRIBE), it is these cells joined by tabs.
pub struct Rows {
    pub columns: Vec<Column>,
    /// One `Utf8` column for each of `columns`; no batches where a statement answers nothing.
    pub batches: BoxStream<'static, Result<RecordBatch>>,
}

impl Rows {
    /// A statement that answers nothing.
    pub(crate) fn none() -> Self {
        Self { columns: Vec::new(), batches: stream::empty().boxed() }
    }

    /// Rows of one column of the type `string`.
    pub(crate) fn lines(name: &'static str, lines: impl IntoIterator<Item = String>) -> Self {
        Self::cells(&[name], "string", lines.into_iter().map(|line| [line]))
    }

    pub(crate) fn cells<const N: usize>(
        names: &[&'static str; N],
        r#type: &'static str,
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Self {
        let rows: Vec<[String; N]> = rows.into_iter().collect();
        Self::stream(names, r#type, stream::iter([Ok(rows)]))
    }

    /// Rows that come in pages; a page is a batch.
    pub(super) fn stream<const N: usize>(
        names: &[&'static str; N],
        r#type: &'static str,
        pages: impl Stream<Item = Result<Vec<[String; N]>>> + Send + 'static,
    ) -> Self {
        let columns = names.map(|name| Column { name, r#type }).to_vec();
        let schema = schema(&columns);
        Self { columns, batches: pages.and_then(move |page| std::future::ready(batch(&schema, page))).boxed() }
    }

    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        schema(&self.columns)
    }
}

fn schema(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|column| Field::new(column.name, DataType::Utf8, false)).collect::<Vec<_>>()))
}

fn batch<const N: usize>(schema: &SchemaRef, rows: Vec<[String; N]>) -> Result<RecordBatch> {
    let columns = (0..N).map(|column| {
        let values = rows.iter().filter_map(|row| row.get(column));
        Arc::new(StringArray::from_iter_values(values)) as ArrayRef
    });
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect(), &options)
        .map_err(|error| Error::internal(format!("the answer of a command: {error}")).caused_by(error))
}
