//! A bucket of a remote S3 as an [`ObjectStore`]: Amazon's client of `object_store`, with our listings.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, RenameOptions, Result,
};
use tokio::sync::OnceCell;

use super::Client;
use super::list::Query;
use crate::storage::failure::to_library;
use crate::storage::{Folder, Listed, metas, prefix};

/// One bucket. Its region is found at the first request.
#[derive(Debug, Clone)]
pub(in crate::storage) struct Bucket {
    client: Arc<Client>,
    name: String,
    library: Arc<OnceCell<AmazonS3>>,
}

impl Bucket {
    pub(in crate::storage) fn new(client: Arc<Client>, name: &str) -> Self {
        Self { client, name: name.to_owned(), library: Arc::default() }
    }

    async fn library(&self) -> Result<&AmazonS3> {
        self.library.get_or_try_init(|| self.client.library(&self.name)).await.map_err(to_library)
    }

    /// Every object whose key begins with `prefix`, recursively.
    pub(in crate::storage) fn list_pages(&self, prefix: &str, after: &str) -> BoxStream<'static, crate::Result<Vec<Listed>>> {
        self.client.list(&self.name, Query { prefix: prefix.to_owned(), after: after.to_owned(), ..Query::default() })
    }

    /// One level of a listing.
    pub(in crate::storage) async fn list_folder(&self, prefix: &str) -> crate::Result<Folder> {
        self.client.list_folder(&self.name, prefix).await
    }

    /// The object of exactly this key, as a listing says it: that also works where reading is not allowed to ask for one object.
    pub(in crate::storage) async fn exact(&self, key: &str) -> crate::Result<Option<crate::storage::Object>> {
        // Of all keys that begin with it, the key itself sorts first.
        Ok(self.client.first(&self.name, key).await?.filter(|object| object.key == key))
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.library().await?.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.library().await?.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.library().await?.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.library().await?.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let bucket = self.clone();
        stream::once(async move { bucket.library().await.map(|library| library.delete_stream(locations)) }).try_flatten().boxed()
    }

    fn list(&self, prefix_path: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        metas(self.list_pages(&prefix(prefix_path), "")).map_ok(quoted).boxed()
    }

    fn list_with_offset(&self, prefix_path: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        metas(self.list_pages(&prefix(prefix_path), offset.as_ref())).map_ok(quoted).boxed()
    }

    async fn list_with_delimiter(&self, prefix_path: Option<&Path>) -> Result<ListResult> {
        let mut result: ListResult = self.list_folder(&prefix(prefix_path)).await.map_err(to_library)?.try_into()?;
        result.objects = result.objects.into_iter().map(quoted).collect();
        Ok(result)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.library().await?.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.library().await?.rename_opts(from, to, options).await
    }
}

/// The etag as HTTP writes it, which is how the library's other answers have it and conditions need it.
fn quoted(mut meta: ObjectMeta) -> ObjectMeta {
    meta.e_tag = meta.e_tag.map(|etag| format!("\"{etag}\""));
    meta
}
