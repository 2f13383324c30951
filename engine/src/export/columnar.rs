//! Parquet and Arrow IPC files: the Arrow writers of those formats, with the output's names and without dictionaries, which an
//! Arrow file cannot change from one batch to the next.

use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use catalog::{Error, ErrorKind, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{Export, unwritable};

/// A row group is closed when its encoded columns have this many bytes: what a reader can hold, and the bound of our memory.
const ROW_GROUP_BYTES: usize = 64 << 20;

pub(super) struct Parquet<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(names: &[String], schema: &SchemaRef, out: W) -> Result<Self> {
        let schema = output_schema(names, schema);
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(parquet_failed)?;
        Ok(Self { writer, schema })
    }
}

impl<W: Write + Send> Export for Parquet<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(&fit(batch, &self.schema)?).map_err(parquet_failed)?;
        if self.writer.in_progress_size() >= ROW_GROUP_BYTES {
            self.writer.flush().map_err(parquet_failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.writer.finish().map_err(parquet_failed)?;
        self.writer.inner_mut().flush().map_err(unwritable)
    }
}

pub(super) struct Arrow<W: Write> {
    writer: FileWriter<W>,
    schema: SchemaRef,
}

impl<W: Write + Send> Arrow<W> {
    pub(super) fn new(names: &[String], schema: &SchemaRef, out: W) -> Result<Self> {
        let schema = output_schema(names, schema);
        Ok(Self { writer: FileWriter::try_new(out, &schema).map_err(arrow_failed)?, schema })
    }
}

impl<W: Write + Send> Export for Arrow<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(&fit(batch, &self.schema)?).map_err(arrow_failed)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.writer.finish().map_err(arrow_failed)?;
        self.writer.get_mut().flush().map_err(unwritable)
    }
}

/// The output's names over the plan's types. Columns are nullable, because the plan's promise is not the file's business.
fn output_schema(names: &[String], schema: &SchemaRef) -> SchemaRef {
    let field = |(name, field): (&String, &Arc<Field>)| {
        let r#type = match field.data_type() {
            DataType::Dictionary(_, value) => value.as_ref().clone(),
            other => other.clone(),
        };
        Field::new(name, r#type, true)
    };
    Arc::new(Schema::new(names.iter().zip(schema.fields()).map(field).collect::<Vec<_>>()))
}

/// The batch under the file's schema.
fn fit(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |(column, field): (&Arc<dyn arrow::array::Array>, &Arc<Field>)| {
        if column.data_type() == field.data_type() { Ok(Arc::clone(column)) } else { cast(column, field.data_type()) }
    };
    let columns = batch.columns().iter().zip(schema.fields()).map(column).collect::<Result<Vec<_>, _>>().map_err(arrow_failed)?;
    let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &rows).map_err(arrow_failed)
}

fn arrow_failed(error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => unwritable(error),
        other => failed("an Arrow file", other),
    }
}

fn parquet_failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(error) => unwritable(*error),
            Err(other) => Error::new(ErrorKind::Internal, format!("the result could not be written: {other}")).caused_by(other),
        },
        other => failed("Parquet", other),
    }
}

fn failed(format: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::not_supported(format!("the result cannot be written as {format}: {error}; cast the column to another type"))
        .caused_by(error)
}
