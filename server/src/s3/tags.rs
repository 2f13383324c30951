//! Tags of objects.

use catalog::storage::Attributes;
use s3s::S3Result;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput, PutObjectTaggingInput,
    PutObjectTaggingOutput, Tag,
};

use super::door::Door;
use super::objects::current;
use super::rights::Wish;
use super::{attributes, failure};

pub(super) async fn get(door: &Door, input: GetObjectTaggingInput) -> S3Result<GetObjectTaggingOutput> {
    current(input.version_id.as_deref())?;
    door.may(&input.bucket, Wish::Read(&input.key))?;
    let opened = door.bucket(&input.bucket)?.open(&input.key).await.map_err(failure::of)?;
    let tags = opened.attributes().tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) });
    Ok(GetObjectTaggingOutput { tag_set: tags.collect(), version_id: None })
}

pub(super) async fn put(door: &Door, input: PutObjectTaggingInput) -> S3Result<PutObjectTaggingOutput> {
    current(input.version_id.as_deref())?;
    door.may(&input.bucket, Wish::Write(&input.key))?;
    let mut given = Attributes::default();
    for tag in input.tagging.tag_set {
        attributes::insert_tag(&mut given, tag.key.unwrap_or_default(), tag.value.unwrap_or_default())?;
    }
    let bucket = door.bucket(&input.bucket)?;
    bucket.change_attributes(&input.key, move |kept| kept.tags = given.tags).await.map_err(failure::of)?;
    Ok(PutObjectTaggingOutput::default())
}

pub(super) async fn delete(door: &Door, input: DeleteObjectTaggingInput) -> S3Result<DeleteObjectTaggingOutput> {
    current(input.version_id.as_deref())?;
    door.may(&input.bucket, Wish::Write(&input.key))?;
    let bucket = door.bucket(&input.bucket)?;
    bucket.change_attributes(&input.key, |kept| kept.tags.clear()).await.map_err(failure::of)?;
    Ok(DeleteObjectTaggingOutput::default())
}
