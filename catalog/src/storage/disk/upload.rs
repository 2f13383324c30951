//! Large objects written in parts: each part goes straight to its place in the unfinished file.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;

use super::write::Unfinished;
use super::{Attributes, Condition, Disk, Inner};
use crate::storage::Object;
use crate::{Error, Result};

/// An object being written in parts. Dropped before it is complete it leaves nothing behind.
#[derive(Debug)]
pub struct Upload {
    parts: Arc<Parts>,
    /// Where the next part goes.
    end: u64,
}

#[derive(Debug)]
struct Parts {
    disk: Arc<Inner>,
    key: String,
    /// None once it is completed or given up.
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    unfinished: Unfinished,
    file: File,
    /// Bytes of the parts that are in the file.
    written: u64,
}

impl Disk {
    /// Begins an object that is written in parts.
    pub async fn upload(&self, key: &str) -> Result<Upload> {
        let (disk, key) = (self.inner.clone(), key.to_owned());
        self.blocking(move |_| {
            let (unfinished, file) = Unfinished::create(&disk, &key)?;
            let open = Mutex::new(Some(Open { unfinished, file, written: 0 }));
            Ok(Upload { parts: Arc::new(Parts { disk, key, open }), end: 0 })
        })
        .await
    }
}

impl Upload {
    /// Appends a part. Parts may be written at the same time; their order is that of the calls.
    pub fn part(&mut self, content: Vec<Bytes>) -> BoxFuture<'static, Result<()>> {
        let (parts, at) = (self.parts.clone(), self.end);
        self.end += content.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        Box::pin(blocking(move || parts.write(at, &content)))
    }

    /// Gives the object its name. Errors: a part is missing, because writing it failed or was not waited for.
    pub async fn complete(&mut self) -> Result<Object> {
        self.finish(Condition::None, None).await
    }

    /// Gives the object its name if the condition holds, with what is kept beside the content. Its content is on the disk before
    /// it has its name: a power cut leaves the old object or the new one.
    ///
    /// Errors: those of [`Self::complete`]; `AlreadyExists` and `Conflict` by the condition.
    pub async fn publish(&mut self, condition: Condition, attributes: Attributes) -> Result<Object> {
        self.finish(condition, Some(attributes)).await
    }

    async fn finish(&mut self, condition: Condition, attributes: Option<Attributes>) -> Result<Object> {
        let (parts, end) = (self.parts.clone(), self.end);
        blocking(move || {
            let Open { mut unfinished, file, written } = parts.open().take().ok_or_else(|| parts.ended())?;
            if written != end {
                return Err(Error::invalid(format!("{}{}: {written} of {end} bytes were written", parts.disk.name, parts.key)));
            }
            match &attributes {
                Some(attributes) => unfinished.publish_with(file, &condition, attributes),
                None => unfinished.publish(file, &condition),
            }
        })
        .await
    }

    /// Gives it up.
    pub async fn abort(&mut self) -> Result<()> {
        let parts = self.parts.clone();
        blocking(move || parts.open().take().map(drop).ok_or_else(|| parts.ended())).await
    }
}

impl Parts {
    /// A panic while it was held left at most an object that is never completed.
    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, at: u64, content: &[Bytes]) -> Result<()> {
        let mut open = self.open();
        let Open { file, written, .. } = open.as_mut().ok_or_else(|| self.ended())?;
        file.seek(SeekFrom::Start(at))
            .and_then(|_| content.iter().try_for_each(|chunk| file.write_all(chunk)))
            .map_err(|error| self.disk.failed(&self.key, "write", error))?;
        *written += content.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        Ok(())
    }

    fn ended(&self) -> Error {
        Error::invalid(format!("{}{}: this upload was completed or aborted already", self.disk.name, self.key))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::internal("a write was lost").caused_by(error))?
}
