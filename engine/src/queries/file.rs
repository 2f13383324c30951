//! A query's result as the file that Athena leaves at the output location. The object appears when it is complete; a large one
//! is uploaded in parts, so that memory does not grow with the result.

use bytes::Bytes;
use catalog::storage::{Location, Storage};
use catalog::{Error, ErrorKind, Result};
use datafusion::arrow::array::RecordBatch;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt;

use super::rows::write_line;
use super::shape::{ResultColumn, ResultFile};
use crate::text::Text;

/// Larger results are uploaded in parts of this size. S3 wants parts of 5 MiB at least.
const PART: usize = 8 << 20;
/// Parts under way at once.
const PARTS: usize = 4;

/// A result that is being written.
pub(super) struct File {
    at: Location,
    out: BufWriter,
    form: ResultFile,
    rows: u64,
    bytes: u64,
    /// The upload is being completed, or is complete.
    ending: bool,
}

impl File {
    /// Begins the file; one with a header begins with it.
    ///
    /// Errors: `ObjectNotFound` for a bucket that is not there, `AccessDenied`.
    pub(super) async fn begin(storage: &Storage, at: &Location, form: ResultFile, columns: &[ResultColumn]) -> Result<Self> {
        let (_, store) = storage.object_store(at)?;
        let out = BufWriter::with_capacity(store, at.path()?, PART).with_max_concurrency(PARTS);
        let mut file = Self { at: at.clone(), out, form, rows: 0, bytes: 0, ending: false };
        if form == ResultFile::Csv {
            let mut header = String::new();
            for (index, column) in columns.iter().enumerate() {
                separate(index, &mut header);
                quote(&column.name, &mut header);
            }
            header.push('\n');
            file.put(header).await?;
        }
        Ok(file)
    }

    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let text = self.text(batch)?;
        self.rows += batch.num_rows() as u64;
        self.put(text).await
    }

    fn text(&self, batch: &RecordBatch) -> Result<String> {
        let columns = batch.columns().iter().map(|column| Text::new(column)).collect::<Result<Vec<_>>>()?;
        let mut out = String::new();
        let mut value = String::new();
        for row in 0..batch.num_rows() {
            if self.form == ResultFile::Text {
                // Lines are separated, not ended.
                if self.rows > 0 || row > 0 {
                    out.push('\n');
                }
                write_line(&columns, row, &mut out);
                continue;
            }
            for (index, column) in columns.iter().enumerate() {
                separate(index, &mut out);
                value.clear();
                if column.write(row, &mut value) {
                    quote(&value, &mut out);
                }
            }
            out.push('\n');
        }
        Ok(out)
    }

    async fn put(&mut self, text: String) -> Result<()> {
        self.bytes += text.len() as u64;
        self.out.put(Bytes::from(text)).await.map_err(|error| self.failed(error))
    }

    /// Completes the object; answers its rows, without the header, and its bytes.
    pub(super) async fn finish(&mut self) -> Result<(u64, u64)> {
        self.ending = true;
        self.out.shutdown().await.map_err(|error| self.failed(error))?;
        Ok((self.rows, self.bytes))
    }

    /// Gives the file up: what there is of it is removed. Parts that stay behind are the store's to expire.
    pub(super) async fn abort(mut self, storage: &Storage) {
        let removed = match self.ending {
            // The writer has handed the upload over by then, and panics when it is asked for it.
            true => storage.delete(&self.at).await,
            false => self.out.abort().await.map_err(|error| self.failed(error)),
        };
        if let Err(error) = removed {
            tracing::warn!(output = %self.at, "what was written of a result that failed could not be removed: {error}");
        }
    }

    fn failed(&self, error: impl std::error::Error + Send + Sync + 'static) -> Error {
        let message = format!("the result could not be written to {}: {error}", self.at);
        Error::new(ErrorKind::Unavailable, message).caused_by(error)
    }
}

fn separate(index: usize, line: &mut String) {
    if index > 0 {
        line.push(',');
    }
}

fn quote(text: &str, line: &mut String) {
    line.push('"');
    for (index, part) in text.split('"').enumerate() {
        line.push_str(if index > 0 { "\"\"" } else { "" });
        line.push_str(part);
    }
    line.push('"');
}
