//! Buckets: made, removed, listed; and what S3 answers about settings that nobody has made.

use axum::http::StatusCode;
use catalog::ErrorKind;
use s3s::dto::{
    Bucket, BucketLocationConstraint, CreateBucketInput, CreateBucketOutput, GetBucketAclOutput, GetBucketLocationOutput, Grant,
    Grantee, HeadBucketOutput, ListBucketsInput, ListBucketsOutput, Permission, Type,
};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::door::Door;
use super::rights::Wish;
use super::{failure, list, time};

/// The region that S3 has no name for in a bucket's location.
const FIRST_REGION: &str = "us-east-1";

pub(super) async fn create(door: &Door, input: CreateBucketInput) -> S3Result<CreateBucketOutput> {
    door.may(&input.bucket, Wish::Manage)?;
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(failure::not_implemented("locking of objects"));
    }
    match door.lake.create_bucket(&input.bucket).await {
        Ok(()) => {}
        // In its first region S3 lets a bucket be made by its owner again.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && door.caller.region == FIRST_REGION => {}
        Err(error) => return Err(failure::of_bucket(error)),
    }
    Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
}

pub(super) async fn delete(door: &Door, bucket: &str) -> S3Result<()> {
    door.may(bucket, Wish::Manage)?;
    door.lake.delete_bucket(bucket).await.map_err(failure::of_bucket)
}

/// Errors: `NoSuchBucket`, `AccessDenied`.
pub(super) fn see(door: &Door, bucket: &str) -> S3Result<()> {
    door.may(bucket, Wish::See)?;
    door.bucket(bucket).map(drop)
}

/// The bucket is wherever the caller thinks that it is, so that no client is sent elsewhere.
pub(super) fn head(door: &Door, bucket: &str) -> S3Result<HeadBucketOutput> {
    see(door, bucket)?;
    Ok(HeadBucketOutput { bucket_region: Some(door.caller.region.clone()), ..HeadBucketOutput::default() })
}

pub(super) fn location(door: &Door, bucket: &str) -> S3Result<GetBucketLocationOutput> {
    see(door, bucket)?;
    let region = Some(door.caller.region.clone()).filter(|region| region != FIRST_REGION);
    Ok(GetBucketLocationOutput { location_constraint: region.map(BucketLocationConstraint::from) })
}

pub(super) async fn all(door: &Door, input: ListBucketsInput) -> S3Result<ListBucketsOutput> {
    let mut buckets = door.lake.buckets().await.map_err(failure::of)?;
    let (prefix, after) = (input.prefix.clone().unwrap_or_default(), input.continuation_token.unwrap_or_default());
    buckets.retain(|bucket| bucket.name.starts_with(&prefix) && bucket.name > after && door.may(&bucket.name, Wish::See).is_ok());
    let limit = input.max_buckets.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0).unwrap_or(10_000);
    let more = buckets.len() > limit;
    buckets.truncate(limit);
    let next = buckets.last().filter(|_| more).map(|last| last.name.clone());
    let said = buckets.into_iter().map(|bucket| Bucket {
        name: Some(bucket.name),
        creation_date: Some(time::stamp(bucket.created)),
        ..Bucket::default()
    });
    Ok(ListBucketsOutput {
        buckets: Some(said.collect()),
        owner: Some(list::owner()),
        continuation_token: next,
        prefix: input.prefix,
    })
}

/// Everything belongs to its owner, who may do everything.
pub(super) fn acl() -> GetBucketAclOutput {
    let owner = list::owner();
    let grantee = Grantee {
        id: owner.id.clone(),
        type_: Type::from_static(Type::CANONICAL_USER),
        display_name: None,
        email_address: None,
        uri: None,
    };
    let grant = Grant { grantee: Some(grantee), permission: Some(Permission::from_static(Permission::FULL_CONTROL)) };
    GetBucketAclOutput { grants: Some(vec![grant]), owner: Some(owner) }
}

/// What S3 says of a setting that a bucket does not have; the bucket itself must be there.
pub(super) fn unset(door: &Door, bucket: &str, code: &'static str) -> S3Error {
    match see(door, bucket) {
        Err(error) => error,
        Ok(()) => {
            let known = S3ErrorCode::from_bytes(code.as_bytes()).filter(|code| code.status_code().is_some());
            let message = "the bucket has no such setting";
            match known {
                Some(known) => S3Error::with_message(known, message),
                None => failure::custom(code, StatusCode::NOT_FOUND, message),
            }
        }
    }
}
