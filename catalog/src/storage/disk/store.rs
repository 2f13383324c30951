//! A tree of files as an [`ObjectStore`], for libraries. Keys that `object_store` cannot hold are not seen through it.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    Attributes, CopyMode, CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use super::{Condition, Disk, Upload};
use crate::storage::failure::to_library;
use crate::storage::{Object, meta, metas, prefix};

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.name)
    }
}

impl Disk {
    fn refuse_attributes(&self, attributes: &Attributes, operation: &str) -> Result<()> {
        match attributes.is_empty() {
            true => Ok(()),
            false => Err(object_store::Error::NotImplemented {
                operation: format!("{operation} with attributes"),
                implementer: self.to_string(),
            }),
        }
    }
}

#[async_trait::async_trait]
impl ObjectStore for Disk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.refuse_attributes(&options.attributes, "put")?;
        let condition = match options.mode {
            PutMode::Overwrite => Condition::None,
            PutMode::Create => Condition::Absent,
            PutMode::Update(version) => Condition::Etag(version.e_tag.unwrap_or_default()),
        };
        self.put(location.as_ref(), payload.into_iter().collect(), condition).await.map(written).map_err(to_library)
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.refuse_attributes(&options.attributes, "multipart upload")?;
        Ok(Box::new(self.upload(location.as_ref()).await.map_err(to_library)?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (disk, location) = (self.inner.clone(), location.clone());
        let read = move || {
            let opened = disk.open(location.as_ref()).map_err(to_library)?;
            let meta = meta(&opened.object)?;
            options.check_preconditions(&meta)?;
            let range = match &options.range {
                None => 0..meta.size,
                Some(range) => range
                    .as_range(meta.size)
                    .map_err(|error| object_store::Error::Generic { store: "file", source: Box::new(error) })?,
            };
            let body = match options.head {
                true => futures::stream::empty().boxed(),
                false => opened.stream_at_once(range.clone()).map_err(to_library)?.map_err(to_library).boxed(),
            };
            Ok(GetResult { payload: GetResultPayload::Stream(body), meta, range, attributes: Attributes::new() })
        };
        tokio::task::spawn_blocking(read).await?
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (disk, location, ranges) = (self.inner.clone(), location.clone(), ranges.to_vec());
        let read = move || {
            let mut opened = disk.open(location.as_ref())?;
            ranges.into_iter().map(|range| opened.read(range)).collect::<crate::Result<Vec<Bytes>>>()
        };
        tokio::task::spawn_blocking(read).await?.map_err(to_library)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let disk = self.clone();
        locations
            .and_then(move |location| {
                let disk = disk.clone();
                async move { disk.delete(location.as_ref()).await.map(|()| location).map_err(to_library) }
            })
            .boxed()
    }

    fn list(&self, prefix_path: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        metas(Disk::list(self, &prefix(prefix_path), ""))
    }

    fn list_with_offset(&self, prefix_path: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        metas(Disk::list(self, &prefix(prefix_path), offset.as_ref()))
    }

    async fn list_with_delimiter(&self, prefix_path: Option<&Path>) -> Result<ListResult> {
        self.list_folder(&prefix(prefix_path)).await.map_err(to_library)?.try_into()
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let condition = match options.mode {
            CopyMode::Overwrite => Condition::None,
            CopyMode::Create => Condition::Absent,
        };
        self.copy(from.as_ref(), to.as_ref(), condition).await.map(drop).map_err(to_library)
    }
}

#[async_trait::async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let part: BoxFuture<'static, _> = self.part(data.into_iter().collect());
        part.map(|written| written.map_err(to_library)).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        Upload::complete(self).await.map(written).map_err(to_library)
    }

    async fn abort(&mut self) -> Result<()> {
        Upload::abort(self).await.map_err(to_library)
    }
}

fn written(object: Object) -> PutResult {
    PutResult { e_tag: object.etag, version: None }
}
