//! What every request to a store passes: the confinement, the bound on requests under way, the counters.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Location;
use super::confine::Confinement;
use super::failure::to_library;
use super::requests::{Counters, count};

/// A store behind the gate.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) store: Arc<dyn ObjectStore>,
    /// The root of the store.
    pub(super) bucket: Location,
    pub(super) confinement: Arc<Confinement>,
    pub(super) counters: Arc<Counters>,
    /// Requests under way at once; none for files.
    pub(super) permits: Option<Arc<Semaphore>>,
}

impl Gate {
    fn check(&self, path: &Path) -> Result<()> {
        self.confinement.check(&self.bucket.with_key(path.as_ref())).map_err(to_library)
    }

    fn check_write(&self, path: &Path) -> Result<()> {
        self.confinement.check_write(&self.bucket.with_key(path.as_ref())).map_err(to_library)
    }

    /// Waits for a turn. It is held until the answer begins, not until its body is read: a query may keep more bodies open
    /// than there are turns, and would wait for itself.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        match &self.permits {
            Some(permits) => permits.acquire().await.ok(),
            None => None,
        }
    }

    fn counted(&self, body: BoxStream<'static, Result<Bytes>>) -> BoxStream<'static, Result<Bytes>> {
        let counters = self.counters.clone();
        body.inspect_ok(move |chunk| counters.read(chunk.len())).boxed()
    }

    fn checked(&self, prefix: Option<&Path>) -> Result<()> {
        self.check(prefix.unwrap_or(&Path::ROOT))
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bucket.fmt(f)
    }
}

#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl ObjectStore for Gate {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.check_write(location)?;
        let _turn = self.turn().await;
        count(&self.counters.put);
        self.store.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.check_write(location)?;
        let _turn = self.turn().await;
        let upload = self.store.put_multipart_opts(location, options).await?;
        Ok(Box::new(GatedUpload { upload, counters: self.counters.clone(), permits: self.permits.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.check(location)?;
        let _turn = self.turn().await;
        count(if options.head { &self.counters.head } else { &self.counters.get });
        let mut result = self.store.get_opts(location, options).await?;
        if let GetResultPayload::Stream(body) = result.payload {
            result.payload = GetResultPayload::Stream(self.counted(body));
        }
        Ok(result)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        if self.permits.is_some() {
            // Near ranges become one request, each of which passes here by itself.
            return object_store::coalesce_ranges(
                ranges,
                |range| async move {
                    let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
                    self.get_opts(location, options).await?.bytes().await
                },
                object_store::OBJECT_STORE_COALESCE_DEFAULT,
            )
            .await;
        }
        self.check(location)?;
        count(&self.counters.get);
        let content = self.store.get_ranges(location, ranges).await?;
        self.counters.read(content.iter().map(Bytes::len).sum());
        Ok(content)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (confinement, bucket, counters) = (self.confinement.clone(), self.bucket.clone(), self.counters.clone());
        let checked = locations.map(move |location| {
            let location = location?;
            confinement.check_write(&bucket.with_key(location.as_ref())).map_err(to_library)?;
            count(&counters.delete);
            Ok(location)
        });
        self.store.delete_stream(checked.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.checked(prefix) {
            Ok(()) => self.store.list(prefix),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.checked(prefix) {
            Ok(()) => self.store.list_with_offset(prefix, offset),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.checked(prefix)?;
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.check(from)?;
        self.check_write(to)?;
        let _turn = self.turn().await;
        count(&self.counters.put);
        self.store.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.check_write(from)?;
        self.check_write(to)?;
        let _turn = self.turn().await;
        count(&self.counters.put);
        count(&self.counters.delete);
        self.store.rename_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct GatedUpload {
    upload: Box<dyn MultipartUpload>,
    counters: Arc<Counters>,
    permits: Option<Arc<Semaphore>>,
}

#[async_trait::async_trait]
impl MultipartUpload for GatedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        count(&self.counters.put);
        let (part, permits) = (self.upload.put_part(data), self.permits.clone());
        Box::pin(async move {
            let _turn = match &permits {
                Some(permits) => permits.acquire().await.ok(),
                None => None,
            };
            part.await
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.upload.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}
