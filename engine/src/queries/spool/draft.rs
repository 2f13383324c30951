//! A result on its way into the spool: in memory until it is large, then in a file. A disk that is full costs the spool this
//! result and nothing more: pages then come from the result's own file.

use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::ipc::writer::FileWriter;
use uuid::Uuid;

use super::{ENTRY, Kind, Spool, SpoolFile};

/// Larger results are kept on disk.
const SMALL: usize = 1 << 20;

/// A result that is being filled.
pub(crate) struct Draft {
    spool: Spool,
    state: State,
    /// The numbers of the first rows behind each batch.
    ends: Vec<u64>,
    bytes: usize,
}

enum State {
    Memory(Vec<RecordBatch>),
    /// `None` while a thread writes.
    Disk(Option<Box<Open>>),
    /// Not kept: too large, or the disk is full.
    GivenUp,
}

struct Open {
    file: Arc<SpoolFile>,
    writer: FileWriter<BufWriter<File>>,
}

impl Draft {
    pub(super) fn new(spool: Spool) -> Self {
        Self { spool, state: State::Memory(Vec::new()), ends: Vec::new(), bytes: ENTRY }
    }

    pub(crate) async fn push(&mut self, batch: &RecordBatch) {
        if batch.num_rows() == 0 {
            return;
        }
        self.ends.push(self.ends.last().copied().unwrap_or(0) + batch.num_rows() as u64);
        self.bytes += batch.get_array_memory_size();
        if self.bytes as u64 > self.spool.0.limits.disk {
            self.state = State::GivenUp;
        }
        match std::mem::replace(&mut self.state, State::GivenUp) {
            State::Memory(mut batches) => {
                batches.push(batch.clone());
                if self.bytes <= SMALL.min(self.spool.0.limits.memory) {
                    self.state = State::Memory(batches);
                } else {
                    self.write(None, batches).await;
                }
            }
            State::Disk(Some(open)) => self.write(Some(*open), vec![batch.clone()]).await,
            State::Disk(None) | State::GivenUp => {}
        }
    }

    async fn write(&mut self, open: Option<Open>, batches: Vec<RecordBatch>) {
        let path = self.spool.0.folder.join(Uuid::new_v4().to_string());
        let written = tokio::task::spawn_blocking(move || {
            let mut open = match open {
                Some(open) => open,
                None => {
                    let schema =
                        batches.first().map(RecordBatch::schema).unwrap_or_else(|| Arc::new(arrow::datatypes::Schema::empty()));
                    let file = File::create(&path)?;
                    Open { file: Arc::new(SpoolFile(path)), writer: FileWriter::try_new_buffered(file, &schema)? }
                }
            };
            batches.iter().try_for_each(|batch| open.writer.write(batch))?;
            Ok::<_, ArrowError>(open)
        });
        self.state = match written.await {
            Ok(Ok(open)) => State::Disk(Some(Box::new(open))),
            Ok(Err(error)) => {
                tracing::warn!("a result is not kept for paging: {error}");
                State::GivenUp
            }
            Err(error) => {
                tracing::warn!("a result is not kept for paging: {error}");
                State::GivenUp
            }
        };
    }

    /// Whether the result cannot be kept.
    pub(crate) fn is_given_up(&self) -> bool {
        matches!(self.state, State::GivenUp)
    }

    /// Puts the complete result into the spool. Answers whether it is there.
    pub(crate) async fn keep(self, id: &str) -> bool {
        let Self { spool, state, ends, bytes } = self;
        match state {
            State::Memory(batches) => {
                spool.keep(id, Kind::Memory { batches: batches.into(), bytes });
                true
            }
            State::Disk(Some(open)) => {
                let Open { file, mut writer } = *open;
                let finished = tokio::task::spawn_blocking(move || writer.finish()).await;
                if let Ok(Ok(())) = finished {
                    let bytes = std::fs::metadata(&file.0).map_or(bytes as u64, |meta| meta.len());
                    spool.keep(id, Kind::Disk { file, ends: ends.into(), bytes });
                    return true;
                }
                false
            }
            State::Disk(None) | State::GivenUp => false,
        }
    }
}
