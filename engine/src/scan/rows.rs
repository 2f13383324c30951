//! Reading row formats (JSON, CSV, logs): one open is a *bundle* of small objects, fetched many at a time and decoded as they
//! arrive, or one large object, decoded as a stream. The lake of a streaming pipeline is a hundred thousand one-record
//! objects, where the cost is the request and not the byte.

use std::io::Read;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use catalog::decode::{Compression, Decoder};
use catalog::storage::Storage;
use catalog::{Error, ErrorKind};
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener, FileSource};
use datafusion::physical_plan::metrics::Count;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use super::length::Length;
use super::snapshot::LakeFile;
use super::source::LakeSource;
use crate::error::into_datafusion;

/// Objects larger than this are decoded as a stream, alone in their bundle.
pub(crate) const LARGE: u64 = 32 << 20;

/// How much decompressed text goes to the decoder at a time.
const CHUNK: usize = 256 << 10;

/// The files of one open, with the values of their constant columns. Attached to a `PartitionedFile` as extension.
#[derive(Debug, Clone)]
pub(crate) struct Bundle(pub(crate) Arc<[BundledFile]>);

/// A file and the values of all constant columns of the table, in schema order.
#[derive(Debug, Clone)]
pub(crate) struct BundledFile {
    pub(crate) file: LakeFile,
    pub(crate) constants: Vec<ScalarValue>,
}

pub(crate) struct RowsOpener {
    source: LakeSource,
    /// The columns that files hold, as the decoder needs them.
    file_schema: SchemaRef,
    /// Wanted columns: indices into the table schema.
    wanted: Vec<usize>,
    output: SchemaRef,
    batch_size: usize,
    /// Bytes read, as they are stored.
    scanned: Count,
}

impl RowsOpener {
    pub(crate) fn new(source: &LakeSource, wanted: Vec<usize>, batch_size: usize, scanned: Count) -> Result<Self> {
        let schema = source.table_schema().file_schema();
        let data = schema.fields().len() - source.constants;
        let file_schema = Arc::new(Schema::new(schema.fields()[..data].to_vec()));
        let output = Arc::new(schema.project(&wanted)?);
        Ok(Self { source: source.clone(), file_schema, wanted, output, batch_size, scanned })
    }
}

impl FileOpener for RowsOpener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let Some(Bundle(files)) = file.extension::<Bundle>().cloned() else {
            return datafusion::common::internal_err!("a file of a row format came without its bundle");
        };
        let data: Vec<usize> = self.wanted.iter().copied().filter(|at| *at < self.file_schema.fields().len()).collect();
        let decoder =
            Decoder::new(&self.source.format, Arc::clone(&self.file_schema), &data, self.batch_size).map_err(into_datafusion)?;
        let reading = Reading {
            objects: objects(&self.source.storage, &files, self.scanned.clone()).fuse().boxed(),
            files,
            decoder,
            current: None,
            runs: vec![],
            wanted: self.wanted.clone(),
            data_columns: self.file_schema.fields().len(),
            output: Arc::clone(&self.output),
            batch_size: self.batch_size,
        };
        let batches = stream::try_unfold(reading, |mut reading| async move {
            let batch = reading.next().await.map_err(into_datafusion)?;
            Ok(batch.map(|batch| (batch, reading)))
        });
        Ok(async move { Ok(batches.boxed()) }.boxed())
    }
}

/// The bytes of one object as they come: the whole of a small one, the pieces of a large one.
enum Content {
    Whole(Bytes),
    Pieces(BoxStream<'static, catalog::Result<Bytes>>),
}

type Objects = BoxStream<'static, (usize, catalog::Result<Content>)>;

/// The contents of a bundle's files in order of arrival, with each file's index; what is read is counted.
fn objects(storage: &Storage, files: &Arc<[BundledFile]>, scanned: Count) -> Objects {
    match files.as_ref() {
        [] => stream::empty().boxed(),
        [one] if one.file.size > LARGE => {
            let raw = storage.stream(&one.file.location).inspect_ok(move |piece| scanned.add(piece.len()));
            let pieces = decompressed(raw.boxed());
            stream::once(async move { (0, Ok(Content::Pieces(pieces))) }).boxed()
        }
        [first, ..] => {
            let keys = files.iter().enumerate().map(|(at, f)| (at, f.file.location.key.clone())).collect();
            let contents = storage.get_many(&first.file.location, keys, None);
            let counted = contents.inspect(move |(_, bytes)| scanned.add(bytes.as_ref().map_or(0, Bytes::len)));
            counted.map(|(at, bytes)| (at, bytes.map(Content::Whole))).boxed()
        }
    }
}

/// A large object's stream, decompressed where its first bytes say that it is compressed. Decompressors pull, so they run on a
/// thread of their own; when the reader goes away the channel closes and the thread ends.
fn decompressed(mut raw: BoxStream<'static, catalog::Result<Bytes>>) -> BoxStream<'static, catalog::Result<Bytes>> {
    let opened = async move {
        let Some(first) = raw.try_next().await? else { return Ok(stream::empty().boxed()) };
        let compression = Compression::detect(&first);
        let whole = stream::once(async move { Ok(first) }).chain(raw).boxed();
        if matches!(compression, Compression::None) {
            return Ok(whole);
        }
        Ok::<_, Error>(inflate(compression, whole))
    };
    stream::once(opened).try_flatten().boxed()
}

fn inflate(
    compression: Compression,
    mut raw: BoxStream<'static, catalog::Result<Bytes>>,
) -> BoxStream<'static, catalog::Result<Bytes>> {
    let (raw_in, raw_out) = tokio::sync::mpsc::channel(4);
    let (text_in, text_out) = tokio::sync::mpsc::channel::<catalog::Result<Bytes>>(4);
    tokio::spawn(async move {
        while let Some(piece) = raw.next().await {
            if raw_in.send(piece).await.is_err() {
                break;
            }
        }
    });
    tokio::task::spawn_blocking(move || {
        let piped = Piped { pieces: raw_out, current: Bytes::new() };
        let outcome = compression.reader(piped).and_then(|mut reader| {
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = reader.read(&mut chunk).map_err(torn)?;
                chunk.truncate(read);
                if read == 0 || text_in.blocking_send(Ok(chunk.into())).is_err() {
                    return Ok(());
                }
            }
        });
        if let Err(error) = outcome {
            // The reader may be gone already; then nobody needs the error.
            drop(text_in.blocking_send(Err(error)));
        }
    });
    stream::unfold(text_out, |mut text| async move { text.recv().await.map(|piece| (piece, text)) }).boxed()
}

/// What a decompressor says of damaged input, or the store's own error passing through it.
fn torn(error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(ours) => ours,
        Err(error) => Error::bad_data(format!("the compressed content is damaged: {error}")).caused_by(error),
    }
}

/// The receiving end of a channel as `Read`, for a decompressor on its own thread.
struct Piped {
    pieces: tokio::sync::mpsc::Receiver<catalog::Result<Bytes>>,
    current: Bytes,
}

impl Read for Piped {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.current.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.current = piece.map_err(std::io::Error::other)?,
            }
        }
        let taken = into.len().min(self.current.len());
        self.current.copy_to_slice(&mut into[..taken]);
        Ok(taken)
    }
}

/// A small object that is being decoded.
struct Current {
    file: usize,
    rest: Rest,
}

enum Rest {
    Plain(Bytes),
    Compressed(Box<dyn Read + Send>),
    Pieces(BoxStream<'static, catalog::Result<Bytes>>),
}

/// The state of one open: what is fetched, decoded and not yet handed out.
struct Reading {
    files: Arc<[BundledFile]>,
    objects: Objects,
    decoder: Decoder,
    current: Option<Current>,
    /// Which file the rows not yet handed out came from: file and row count, in row order.
    runs: Vec<(usize, usize)>,
    wanted: Vec<usize>,
    data_columns: usize,
    output: SchemaRef,
    batch_size: usize,
}

impl Reading {
    /// The next batch, or `None` when every file is done.
    async fn next(&mut self) -> catalog::Result<Option<RecordBatch>> {
        while self.decoder.rows() < self.batch_size {
            if self.current.is_none() && !self.begin().await? {
                break;
            }
            self.advance().await?;
        }
        if self.decoder.rows() == 0 {
            return Ok(None);
        }
        self.flush().map(Some)
    }

    /// Takes the next object that has arrived; `false` when there is none left. An object that vanished since the listing is
    /// gone: its rows are not there any more.
    async fn begin(&mut self) -> catalog::Result<bool> {
        while let Some((file, content)) = self.objects.next().await {
            let rest = match content {
                Err(error) if error.kind() == ErrorKind::ObjectNotFound => {
                    tracing::debug!(object = %self.files[file].file.location, "vanished between listing and reading");
                    continue;
                }
                Err(error) => return Err(error.within(&self.files[file].file.location)),
                Ok(Content::Pieces(pieces)) => Rest::Pieces(pieces),
                Ok(Content::Whole(bytes)) => match Compression::detect(&bytes) {
                    Compression::None => Rest::Plain(bytes),
                    packed => Rest::Compressed(packed.reader(bytes.reader()).map_err(|e| self.named(file, e))?),
                },
            };
            self.decoder.begin(&self.files[file].file.location.to_string())?;
            self.current = Some(Current { file, rest });
            return Ok(true);
        }
        Ok(false)
    }

    /// Decodes one more piece of the current object.
    async fn advance(&mut self) -> catalog::Result<()> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        let before = self.decoder.rows();
        let file = current.file;
        let more = match &mut current.rest {
            Rest::Plain(bytes) => {
                self.decoder.feed(&bytes.split_to(bytes.len().min(CHUNK)))?;
                !bytes.is_empty()
            }
            Rest::Compressed(reader) => {
                let mut chunk = vec![0; CHUNK];
                let read = reader.read(&mut chunk).map_err(|error| self.named(file, torn(error)))?;
                self.decoder.feed(&chunk[..read])?;
                read > 0
            }
            Rest::Pieces(pieces) => match pieces.try_next().await.map_err(|error| self.named(file, error))? {
                Some(piece) => {
                    self.decoder.feed(&piece)?;
                    true
                }
                None => false,
            },
        };
        if more {
            self.current = Some(current);
        } else {
            self.decoder.end()?;
        }
        let rows = self.decoder.rows() - before;
        match self.runs.last_mut() {
            Some((last, count)) if *last == file => *count += rows,
            _ if rows > 0 => self.runs.push((file, rows)),
            _ => {}
        }
        Ok(())
    }

    fn named(&self, file: usize, error: Error) -> Error {
        error.within(&self.files[file].file.location)
    }

    /// The decoded rows with the constant columns of the files they came from.
    fn flush(&mut self) -> catalog::Result<RecordBatch> {
        let data = self.decoder.flush()?;
        let runs = std::mem::take(&mut self.runs);
        let row_count = data.num_rows();
        let mut decoded = data.columns().iter();
        let columns = self
            .wanted
            .iter()
            .enumerate()
            .map(|(nth, at)| match at.checked_sub(self.data_columns) {
                None => {
                    let column = decoded.next().ok_or_else(|| Error::internal("the decoder left out a column"))?;
                    Ok(Length::of(&self.output.fields()[nth]).map_or_else(|| Arc::clone(column), |length| length.cut(column)))
                }
                Some(constant) => self.repeated(constant, &runs),
            })
            .collect::<catalog::Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(row_count));
        RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)
            .map_err(|error| Error::internal(format!("a decoded batch does not fit its schema: {error}")))
    }

    /// A constant column: one value per run, repeated for its rows.
    fn repeated(&self, constant: usize, runs: &[(usize, usize)]) -> catalog::Result<ArrayRef> {
        let values = runs.iter().map(|(file, _)| self.files[*file].constants[constant].clone());
        let indices: UInt32Array =
            runs.iter().enumerate().flat_map(|(run, (_, rows))| std::iter::repeat_n(run as u32, *rows)).collect();
        ScalarValue::iter_to_array(values)
            .and_then(|distinct| Ok(take(&distinct, &indices, None)?))
            .map_err(crate::error::from_datafusion)
    }
}
