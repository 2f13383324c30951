//! The operations of S3 that the door has, each handed to where its work is done. Whatever is not here answers `NotImplemented`.

use std::sync::{Mutex, PoisonError};

use catalog::local::LocalCatalog;
use catalog::storage::{Disk, Lake, Location, Scheme};
use futures::{StreamExt as _, stream};
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::error::of_bucket;
use super::{list, object, upload};
use crate::aws::{ACCOUNT, Caller, Trailers};

/// Deletions of one request that are under way at once.
const DELETIONS: usize = 16;

/// The lake for one caller.
pub(super) struct Door {
    pub(super) lake: Lake,
    /// Keeps what objects have beside their bytes, and uploads under way.
    pub(super) home: LocalCatalog,
    pub(super) caller: Caller,
    /// Checksums that come behind the body.
    pub(super) trailers: Mutex<Option<Trailers>>,
}

impl Door {
    /// A bucket in which the caller may read this key, or list under this prefix.
    pub(super) fn readable(&self, bucket: &str, key: &str) -> S3Result<Disk> {
        let at = Location { scheme: Scheme::S3, bucket: bucket.to_owned(), key: key.to_owned() };
        self.caller.rights.location(&at).map_err(of_bucket)?;
        self.lake.bucket(bucket).map_err(of_bucket)
    }

    /// What comes behind the body, for the one who reads the body.
    pub(super) fn trailers(&self) -> Option<Trailers> {
        self.trailers.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A bucket in which the caller may write this key.
    pub(super) fn writable(&self, bucket: &str, key: &str) -> S3Result<Disk> {
        self.caller.rights.write().map_err(of_bucket)?;
        self.readable(bucket, key)
    }
}

fn done<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

#[async_trait::async_trait]
impl S3 for Door {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let buckets = self.lake.buckets().await.map_err(of_bucket)?;
        let visible = |bucket: &catalog::storage::Bucket| self.readable(&bucket.name, "").is_ok();
        let buckets = buckets.into_iter().filter(visible).map(|bucket| Bucket {
            creation_date: object::time(bucket.created),
            name: Some(bucket.name),
            ..Bucket::default()
        });
        let owner = Owner { display_name: None, id: Some(ACCOUNT.to_owned()) };
        done(ListBucketsOutput { buckets: Some(buckets.collect()), owner: Some(owner), ..ListBucketsOutput::default() })
    }

    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = request.input.bucket;
        self.caller.rights.write().map_err(of_bucket)?;
        let at = Location { scheme: Scheme::S3, bucket: bucket.clone(), key: String::new() };
        self.caller.rights.location(&at).map_err(of_bucket)?;
        match self.lake.create_bucket(&bucket).await {
            // In the oldest region it is no error to make one's own bucket again.
            Err(error) if error.kind() == catalog::ErrorKind::AlreadyExists && self.caller.region == "us-east-1" => {}
            made => made.map_err(of_bucket)?,
        }
        done(CreateBucketOutput { location: Some(format!("/{bucket}")) })
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        self.writable(&request.input.bucket, "")?;
        self.lake.delete_bucket(&request.input.bucket).await.map_err(of_bucket)?;
        done(DeleteBucketOutput::default())
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.readable(&request.input.bucket, "")?;
        done(HeadBucketOutput { bucket_region: Some(self.caller.region.clone()), ..HeadBucketOutput::default() })
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.readable(&request.input.bucket, "")?;
        let region = Some(&self.caller.region).filter(|region| *region != "us-east-1");
        let location_constraint = region.map(|region| BucketLocationConstraint::from(region.clone()));
        done(GetBucketLocationOutput { location_constraint })
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        self.readable(&request.input.bucket, "")?;
        done(GetBucketVersioningOutput::default())
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        done(list::second(self, request.input).await?)
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        done(list::first(self, request.input).await?)
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        done(object::put(self, request.input).await?)
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        done(object::get(self, request.input).await?)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        done(object::head(self, request.input).await?)
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        done(object::copy(self, request.input).await?)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        object::delete(self, &request.input.bucket, &request.input.key).await?;
        done(DeleteObjectOutput::default())
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = request.input;
        self.lake.bucket(&bucket).map_err(of_bucket)?;
        let quiet = delete.quiet.unwrap_or_default();
        let each = delete.objects.into_iter().map(|one| {
            let bucket = bucket.clone();
            async move { (object::delete(self, &bucket, &one.key).await, one.key) }
        });
        let gone: Vec<_> = stream::iter(each).buffered(DELETIONS).collect().await;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for (outcome, key) in gone {
            match outcome {
                Ok(()) => deleted.push(DeletedObject { key: Some(key), ..DeletedObject::default() }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(key),
                    message: error.message().map(str::to_owned),
                    version_id: None,
                }),
            }
        }
        let deleted = if quiet { None } else { Some(deleted) };
        done(DeleteObjectsOutput { deleted, errors: Some(errors), ..DeleteObjectsOutput::default() })
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        done(upload::create(self, request.input).await?)
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        done(upload::part(self, request.input).await?)
    }

    async fn upload_part_copy(&self, request: S3Request<UploadPartCopyInput>) -> S3Result<S3Response<UploadPartCopyOutput>> {
        done(upload::part_copy(self, request.input).await?)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        done(upload::complete(self, request.input).await?)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        upload::abort(self, request.input).await?;
        done(AbortMultipartUploadOutput::default())
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        done(upload::parts(self, request.input).await?)
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        done(upload::list(self, request.input).await?)
    }
}
